# nightgrid: everything a developer types. `make` alone prints the list.
#
# The first `make demo` or `make test` makes its own .venv from constraints.txt; later runs start at once.
# Variables: PYTHON=python3.12 (which Python makes .venv), NIGHTGRID_DATA=folder (real input data for the tests),
#            ONLY=name and QUICK=1 (for bench), ARGS="-k holds -x" (handed to pytest).
# All paths are relative, so that the checkout may stand in a folder with spaces in its name.

.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
STAMP := .venv/made-here

# A copied or moved checkout brings a .venv whose scripts still lead to the old place. Its stamp says so, and it is made anew.
$(shell [ ! -e $(STAMP) ] || [ "$$(cat $(STAMP))" = "$$(pwd -P)" ] || mv -f $(STAMP) .venv/made-elsewhere)

.PHONY: help env demo test lint type bench crash figures fuzz clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

env: $(STAMP) ## make .venv (once; again when pyproject.toml or constraints.txt change)
	@echo "nightgrid: .venv is up to date"

$(STAMP): pyproject.toml constraints.txt
	@PYTHON="$(PYTHON)" sh .ci/make_env
	@pwd -P > $(STAMP)

demo: $(STAMP) ## the main job on a chain of 10,000 hotels, with pictures and a report in out/demo
	@$(BIN)/nightgrid demo --out out/demo

# All three judges speak in one run. mypy works beside the others, because it needs one core and half a minute, and has the
# last word: a line or two under the summary of pytest.
test: $(STAMP) ## ruff, mypy and pytest (reads NIGHTGRID_DATA; ARGS="-k holds" narrows)
	@faults=""; \
	$(MAKE) type >.venv/type.log 2>&1 & type=$$!; \
	$(MAKE) lint || faults="$$faults lint"; \
	echo "nightgrid: pytest"; \
	$(BIN)/python -m pytest -q -n auto --dist loadfile --durations=10 --durations-min=1 $(ARGS) || faults="$$faults pytest"; \
	wait $$type || faults="$$faults type"; cat .venv/type.log; \
	if [ -n "$$faults" ]; then echo "nightgrid: failed:$$faults" >&2; exit 1; fi

lint: $(STAMP) ## ruff
	@echo "nightgrid: ruff"; $(BIN)/python -m ruff check .

type: $(STAMP) ## mypy --strict over src
	@echo "nightgrid: mypy"; $(BIN)/python -m mypy

crash: $(STAMP) ## stop every operation at every step, explain 20,000 histories of threads, seed bugs into kernels; WHAT="only=steps"
	@$(BIN)/python -m tests.crash $(WHAT)

bench: $(STAMP) ## all benchmarks; ONLY=name for one, QUICK=1 for small sizes
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only "$(ONLY)") $(if $(QUICK),--quick)

figures: $(STAMP) ## the figures of README.md and docs/performance.md, from benchmarks/results
	@$(BIN)/python -m benchmarks.figures

fuzz: $(STAMP) ## 120,000 generated rule books: each is read or refused with its mistakes; COUNT=n, SEED=text
	@$(BIN)/python -m tests.fuzz $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed "$(SEED)")

clean: ## remove what was made, except .venv
	@rm -rf out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks
	@find . -path ./.venv -prune -o -path ./.git -prune -o -type d -name __pycache__ -exec rm -rf {} +
	@echo "nightgrid: clean (.venv stays; remove it with rm -r .venv)"
