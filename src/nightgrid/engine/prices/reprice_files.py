"""The cube as partitioned Parquet: a file a month, whole or not there; a job that was cut short goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nightgrid.clock import stopwatch_seconds
from nightgrid.engine.edge.answers import RepriceReport
from nightgrid.engine.edge.plain_papers import plain
from nightgrid.engine.prices.cube import Cube
from nightgrid.engine.prices.repricing import batches, schema_of
from nightgrid.nights import to_date


def _months(cube: Cube) -> list[tuple[str, range]]:
    """(yyyy-mm, window indexes) of the arrival months of a cube."""
    months: dict[str, list[int]] = {}
    for arrival in cube.arrivals:
        months.setdefault(to_date(cube.first_night + arrival).strftime("%Y-%m"), []).append(arrival)
    return [(month, range(nights[0], nights[-1] + 1)) for month, nights in months.items()]


#: Batches of some arrivals, some of them only in part.
Batches = Callable[[range], Iterator[pa.RecordBatch]]


def _write_month(cube: Cube, path: Path, arrivals: range, tables: Batches, wrote: Callable[[int, int], None]) -> None:
    """One month to one file, under a temporary name until it is whole. `wrote(prices written, prices looked at)`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".partial")
    with pq.ParquetWriter(
        temporary,
        schema_of(cube),
        compression="lz4",
        use_dictionary=["arrival", "nights", "tier"],  # long runs
        column_encoding={"product_index": "DELTA_BINARY_PACKED", "price_minor": "BYTE_STREAM_SPLIT"},
        write_statistics=["arrival", "nights"],
    ) as writer:
        looked = 0
        for batch in tables(arrivals):
            writer.write_batch(batch)
            looked += batch.num_rows
            wrote(batch.num_rows, batch.num_rows)
        wrote(0, len(arrivals) * cube.prices // len(cube.arrivals) - looked)
    temporary.replace(path)


def _prices_digest(cube: Cube) -> str:
    """Digest of everything in the tables that the cube's prices come from, 16 hex digits. O(bytes of the tables).

    The same book gives other prices where the catalogue or the window changed, so its digest alone says too little.
    """
    digest = blake2b(digest_size=8)
    program = cube.version.compiled.program
    more = () if program is None else (program.terms, program.scales, program.set_of_product, *program.nights)
    tables = cube.version.tables
    if cube.fill_bp is not None:  # the sums follow the grid; what the cube has is a fill of its own
        tables = tables._replace(sums=cube.fill_bp, word_sums=cube.fill_bp)
    for array in (cube.products, cube.lanes, *tables, *more):
        digest.update(str((array.dtype, array.shape)).encode())
        digest.update(np.ascontiguousarray(array).data.cast("B"))
    return digest.hexdigest()


def _manifest(cube: Cube) -> dict[str, object]:
    """What makes two repricing jobs the same: a finished month of the same job need not be written again."""
    return {
        "prices": _prices_digest(cube),
        "price_version": cube.version.digest,
        "first_arrival": to_date(cube.first_night + cube.arrivals.start).isoformat(),
        "last_arrival": to_date(cube.first_night + cube.arrivals.stop - 1).isoformat(),
        "today": cube.calendar_today.tolist(),
        "stays": cube.stays.tolist(),
        "tiers": [cube.version.tiers[tier] for tier in cube.tiers],
        "products": len(cube.products),
        "asking": plain(cube.asking),
    }


def reprice_to(
    cube: Cube,
    folder: Path,
    progress: Callable[[int, int], None] | None,
    workers: int,
    changed: Batches | None = None,
    since: str = "",
) -> RepriceReport:
    """Write the cube to `folder/arrival_month=yyyy-mm/prices.parquet`, months side by side; resumes an interrupted job.
    `changed`: only these of its prices, that changed since a version.

    `progress(prices done, prices in all)` is called after each batch. A month that a finished job of the same
    version and shape left is kept. Memory: about 100 MB per worker. OSError from the file system leaves only whole
    months behind.
    """
    started = stopwatch_seconds()
    folder.mkdir(parents=True, exist_ok=True)
    manifest_path = folder / "_job.json"
    manifest = _manifest(cube) | ({"since": since} if since else {})
    known = json.loads(manifest_path.read_text()) if manifest_path.exists() else None
    jobs = [(folder / f"arrival_month={month}" / "prices.parquet", arrivals) for month, arrivals in _months(cube)]
    if known != manifest:
        # The name of the new job comes last: a job that is cut short here leaves no month that would pass for its own.
        for stale in folder.glob("arrival_month=*/prices.parquet"):
            stale.unlink()
        temporary = manifest_path.with_suffix(".partial")
        temporary.write_text(json.dumps(manifest, indent=1) + "\n")
        temporary.replace(manifest_path)
    todo = [(path, arrivals) for path, arrivals in jobs if not path.exists()]
    done = cube.prices - sum(len(arrivals) for _, arrivals in todo) * (cube.prices // max(1, len(cube.arrivals)))

    written = 0

    def wrote(prices: int, looked_at: int) -> None:
        nonlocal done, written
        done += looked_at
        written += prices
        if progress is not None:
            progress(done, cube.prices)

    with ThreadPoolExecutor(max_workers=workers) as pool:
        tables = partial(batches, cube) if changed is None else changed
        futures = [pool.submit(_write_month, cube, path, arrivals, tables, wrote) for path, arrivals in todo]
        for future in as_completed(futures):
            future.result()
    return RepriceReport(
        folder=folder,
        files=[path for path, _ in jobs],
        prices=cube.prices if changed is None else written,
        bytes=sum(path.stat().st_size for path, _ in jobs),
        seconds=stopwatch_seconds() - started,
        skipped_files=len(jobs) - len(todo),
        price_version=cube.version.digest,
    )
