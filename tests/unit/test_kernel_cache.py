"""Compiled kernels on disk: found again, never stale, never half written, and compiled by one process only."""

from __future__ import annotations

import fcntl
import os
import threading

import numba
import pytest

from nightgrid.native.base import cache
from nightgrid.native.base.kept import KernelCache


def double(number):
    return 2 * number


def dispatcher(folder):
    """`double`, compiled when it is first called, kept in a folder."""
    made = numba.njit(double)
    made._cache = KernelCache(double, folder)
    return made


def hits(made):
    return sum(made.stats.cache_hits.values())


def test_a_later_process_finds_it(tmp_path) -> None:
    first, second = dispatcher(tmp_path), dispatcher(tmp_path)

    assert first(21) == second(21) == 42
    assert (hits(first), hits(second)) == (0, 1)
    assert len(list(tmp_path.glob("double.*.kernel"))) == 1


def test_each_signature_has_a_file_of_its_own(tmp_path) -> None:
    first = dispatcher(tmp_path)
    first(21), first(2.5)
    second = dispatcher(tmp_path)

    assert (second(2.5), second(21)) == (5.0, 42)
    assert hits(second) == len(list(tmp_path.glob("*.kernel"))) == 2


@pytest.mark.parametrize("content", [b"", b"\x80", b"not a pickle", None], ids=["empty", "short", "other", "half"])
def test_a_spoilt_file_is_compiled_again(tmp_path, content) -> None:
    dispatcher(tmp_path)(1)
    (path,) = tmp_path.glob("*.kernel")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if content is None else content)
    second, third = dispatcher(tmp_path), dispatcher(tmp_path)

    assert (second(4), hits(second)) == (8, 0)
    assert (third(4), hits(third)) == (8, 1)


def test_where_nothing_can_be_written_it_is_compiled_all_the_same(tmp_path) -> None:
    made = dispatcher(tmp_path / "is" / "not" / "there")

    assert made(3) == 6


def test_who_comes_second_waits_for_the_first(tmp_path) -> None:
    dispatcher(tmp_path)(1)
    (path,) = tmp_path.glob("*.kernel")
    content = path.read_bytes()
    path.unlink()
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)  # another process compiles it

    def finish() -> None:
        path.write_bytes(content)
        os.close(lock)

    timer = threading.Timer(0.3, finish)
    timer.start()
    made = dispatcher(tmp_path)
    timer.join(0)

    assert made(5) == 10
    assert hits(made) == 1


def test_a_process_that_died_keeps_nobody_waiting(tmp_path) -> None:
    dispatcher(tmp_path)(1)
    (path,) = tmp_path.glob("*.kernel")
    path.unlink()
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    threading.Timer(0.2, os.close, [lock]).start()  # the system does this for the dead; no file was written
    made = dispatcher(tmp_path)

    assert made(5) == 10
    assert hits(made) == 0
    assert path.exists()


def test_flush_removes_the_files_of_one_kernel(tmp_path) -> None:
    made = dispatcher(tmp_path)
    made(1)
    (tmp_path / "triple.0.kernel").write_bytes(b"")
    made._cache.flush()

    assert [path.name for path in tmp_path.glob("*.kernel")] == ["triple.0.kernel"]


def test_machine_code_depends_on_every_source_it_can_come_from() -> None:
    names = {path.stem for path in cache.sources_of("nightgrid.native.holds.holds")}

    assert {"holds", "admit", "selling", "layout", "outcomes", "limits", "jit", "inner"} <= names
    assert not names & {"prices", "search", "reprice"}


def test_an_edited_source_starts_an_empty_folder(tmp_path, monkeypatch) -> None:
    sources = {"a": "from nightgrid.native import (\n    b,\n)\n", "b": "import nightgrid.native.c\n", "c": ""}
    (tmp_path / "native").mkdir()
    for name, text in sources.items():
        (tmp_path / "native" / f"{name}.py").write_text(text)
    monkeypatch.setattr(cache, "_PACKAGE", tmp_path)

    def digest() -> str:
        for memory in (cache._path_of, cache._imports, cache._source_digest):
            memory.cache_clear()
        return cache.module_digest("nightgrid.native.a")

    try:
        before = digest()
        assert digest() == before
        (tmp_path / "native" / "c.py").write_text("X = 1\n")
        assert digest() != before
    finally:
        monkeypatch.undo()
        digest()
