"""The figures in the documents are those of benchmarks/results/published.json, to the letter."""

from __future__ import annotations

import json

import pytest

from benchmarks import figures


@pytest.mark.parametrize("name", figures.DOCUMENTS)
def test_the_figures_come_from_the_published_results(name: str) -> None:
    path = figures.ROOT / name
    if not path.exists() and name == "README.md":
        pytest.skip("README.md is not written yet")
    text = path.read_text(encoding="utf-8")
    results = json.loads(figures.PUBLISHED.read_text(encoding="utf-8"))

    assert text == figures.with_block(text, figures.DOCUMENTS[name](results)), "run `make figures`"


def test_published_results_are_of_a_full_run() -> None:
    results = json.loads(figures.PUBLISHED.read_text(encoding="utf-8"))

    assert results["quick"] is False
    assert not results["missing"]
    assert results["figures"]["search"]["ratio"].keys() >= {"numpy", "numpy_our_layout", "polars", "duckdb"}
