"""Where a benchmark ran: what a reader needs to compare figures, and nothing that names the machine's owner."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from sqlite3 import sqlite_version
from typing import Any

from benchmarks.redis_server import PROGRAM

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("nightgrid", "numba", "llvmlite", "numpy", "polars", "duckdb", "pyarrow", "redis", "pytest-benchmark")


def machine() -> dict[str, Any]:
    """Processor, cores, memory, kernel, Python and package versions."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": _memory_gib(),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: found for name in PACKAGES if (found := _version(name))} | _programs(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def source() -> dict[str, Any]:
    """The commit that was measured, whether files differed from it, and when."""
    found: dict[str, Any] = {"measured": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ")}
    commit = _git("rev-parse", "--short=12", "HEAD")
    if commit:
        found |= {"commit": commit, "changed_files": bool(_git("status", "--porcelain", "--", "src", "benchmarks"))}
    return found


def _git(*words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "")
    widest = next((name for flag, name in ((" avx512f ", "AVX-512"), (" avx2 ", "AVX2")) if flag in f"{flags} "), "")
    return ", ".join(filter(None, [names[0] if names else platform.machine(), widest]))


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _programs() -> dict[str, str]:
    """Versions of what is no package: SQLite, and a redis-server if there is one."""
    found = {"sqlite": sqlite_version}
    try:
        words = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return found
    versions = [word.removeprefix("v=") for word in words if word.startswith("v=")]
    return found | {PROGRAM: versions[0] if versions else "unknown"}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
