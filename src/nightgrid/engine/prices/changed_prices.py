"""What changed in price since a version: the feed that a channel needs, and repricing of nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Unpack

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from nightgrid.asking import QuestionWhere
from nightgrid.engine.edge.answers import RepriceReport
from nightgrid.engine.edge.names import checked_flag
from nightgrid.engine.prices.bulk_prices import checked_threads
from nightgrid.engine.prices.comparing import CompareMixin, prices_of
from nightgrid.engine.prices.cube import Cube
from nightgrid.engine.prices.reprice_files import reprice_to
from nightgrid.engine.prices.repricing import batches
from nightgrid.errors import InputError
from nightgrid.nights import to_ordinal
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.reach import reached_nights, reached_stays

_EPOCH = to_ordinal("1970-01-01")
#: Columns of a run of arrivals: product, tier, nights, first arrival, last arrival (days since 1970), price (-1 none).
_RUN = 6
_DEFAULT_STAYS = range(1, 15)


def _runs(columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Changed prices as runs of arrivals of equal price: (run, _RUN). columns (price, _RUN), one arrival or a run a
    line, without overlap.
    """
    if not len(columns):
        return columns
    columns = columns[np.lexsort((columns[:, 3], columns[:, 2], columns[:, 1], columns[:, 0]))]
    same = (columns[1:, [0, 1, 2, 5]] == columns[:-1, [0, 1, 2, 5]]).all(axis=1)
    same &= columns[1:, 3] == columns[:-1, 4] + 1
    start = np.flatnonzero(np.concatenate([[True], ~same]))
    found = columns[start].copy()
    found[:, 4] = columns[np.append(start[1:], len(columns)) - 1, 4]
    return found


def _reached(cube: Cube, old: PriceVersion) -> Cube:
    """The part of a cube in which all prices lie that another version, of the same catalogue and window, has
    otherwise.
    """
    books = (old.compiled, cube.version.compiled)
    nights, stays = reached_nights(*books)[cube.products], reached_stays(*books)[cube.products]
    kept = np.flatnonzero(stays | nights.any(axis=1))
    first, stop = cube.arrivals.start, cube.arrivals.stop
    if not stays.any():
        some = np.flatnonzero(nights.any(axis=0))
        longest = int(cube.stays.max())
        first = max(first, int(some.min(initial=stop)) - longest + 1)
        stop = min(stop, int(some.max(initial=-1)) + 1)
    lanes = np.ascontiguousarray(cube.lanes[kept])
    return replace(cube, products=cube.products[kept], lanes=lanes, arrivals=range(first, max(first, stop)))


class ChangedPriceMixin(CompareMixin):
    """Prices that differ between a kept version and the current one."""

    def changed_prices(
        self,
        since: str,
        *,
        stays: Sequence[int] = (1,),
        tiers: Sequence[str] | None = None,
        arrivals: tuple[date | str, date | str] | None = None,
        **asked: Unpack[QuestionWhere],
    ) -> pl.DataFrame:
        """Prices that are not what they were in an older version (its digest), as ranges of arrivals of equal price, to
        push to a channel: hotel_id, room_type_id, plan_id, tier, nights, first_arrival, last_arrival (inclusive),
        price_minor (null = not on sale any more), currency.

        Nights that entered the window since and plans that were added since count as changed. Both versions are asked
        as of today and at house fill now: what only the passing of days (lead time) or sales changed is no change of a
        version. `tiers` defaults to the first of the book. VersionGoneError once the version is not kept; other
        arguments and errors as `reprice`. O(prices of the products that a changed rule reaches, from the first to the
        last of its nights), in memory O(changed ranges).
        """
        runs = np.empty((0, _RUN), np.int64)
        cube = self._cube(stays, self._priced().tiers[:1] if tiers is None else tiers, arrivals, asked)
        waiting = [runs]
        before, cube = self._pair(since, cube, asked)
        for batch, changed in self._changed(since, before, cube, cube.arrivals):
            lines = np.flatnonzero(changed)
            product, nights, tier, arrival = (
                column[lines]
                for column in (
                    batch["product_index"].to_numpy(),
                    batch["nights"].to_numpy(),
                    batch["tier"].indices.to_numpy(),
                    batch["arrival"].cast(pa.int32()).to_numpy(),
                )
            )
            columns = (product, tier, nights, arrival, arrival, prices_of(batch)[lines])
            waiting.append(_runs(np.stack([column.astype(np.int64) for column in columns], axis=1)))
        return self._runs_frame(_runs(np.concatenate(waiting)), cube.version.tiers)

    def _runs_frame(self, runs: NDArray[np.int64], tiers: Sequence[str]) -> pl.DataFrame:
        catalog = self.catalog
        product = runs[:, 0]
        row = catalog.product_row[product]
        hotel = catalog.row_hotel[row]
        price = pl.Series(runs[:, 5].copy())
        dates = [pl.Series(runs[:, column].astype(np.int32)).cast(pl.Date) for column in (3, 4)]
        return pl.DataFrame(
            {
                "hotel_id": pl.Series(catalog.hotel_ids, dtype=pl.String).gather(hotel),
                "room_type_id": pl.Series(catalog.room_type_ids, dtype=pl.String).gather(row),
                "plan_id": pl.Series(catalog.plan_ids, dtype=pl.String).gather(product),
                "tier": pl.Series(list(tiers), dtype=pl.String).gather(runs[:, 1]),
                "nights": runs[:, 2].astype(np.int16),
                "first_arrival": dates[0],
                "last_arrival": dates[1],
                "price_minor": price.set(price < 0, None),
                "currency": pl.Series(catalog.currencies, dtype=pl.String).gather(catalog.hotel_currency[hotel]),
            }
        )

    def reprice(
        self,
        *,
        stays: Sequence[int] = _DEFAULT_STAYS,
        tiers: Sequence[str] | None = None,
        arrivals: tuple[date | str, date | str] | None = None,
        threads: int | None = None,
        since: str | None = None,
        masks: bool = False,
        **asked: Unpack[QuestionWhere],
    ) -> Iterator[pa.RecordBatch]:
        """Every price of products × arrivals × stay lengths × tiers, as a stream of record batches in bounded memory.

        `asked` is the guest's question as in `quote`, and which part of the chain as `Catalog.hotels_where` takes it
        (region, city, brand, hotel_ids, ...); `fill_bp` has the nights of the longest stay, of which shorter ones take
        the first. Columns: arrival, nights, tier, product_index, price_minor (null = not on sale: before today, beyond
        the window, or too many guests). Availability plays no part; house fill is that of the instant of the call.
        `since`, the digest of an older version: only prices that are not what they were in it, as in
        `changed_prices`. `masks`: columns rule_set, applied_rules and refused as in `quote_many`.
        """
        cube = self._cube(stays, tiers, arrivals, asked)
        count = checked_threads(threads)
        marked = checked_flag("masks", masks)
        if since is None:
            return batches(replace(cube, marked=marked), cube.arrivals, count)
        before, cube = self._pair(since, cube, asked)
        return self._only_changed(since, before, replace(cube, marked=marked), cube.arrivals, count)

    def reprice_to(
        self,
        folder: str | Path,
        *,
        stays: Sequence[int] = _DEFAULT_STAYS,
        tiers: Sequence[str] | None = None,
        arrivals: tuple[date | str, date | str] | None = None,
        progress: Callable[[int, int], None] | None = None,
        workers: int = 2,
        since: str | None = None,
        **asked: Unpack[QuestionWhere],
    ) -> RepriceReport:
        """`reprice`, with its arguments, into Parquet files partitioned by arrival month; resumes a job that was
        interrupted (of a book with demand, as long as house fill is the same).

        A file `products.parquet` beside them names the product indexes. `progress(done, all)` counts prices. With
        `since` only prices that changed are written and counted in the answer, and a file of a month may be empty.
        """
        cube = self._cube(stays, tiers, arrivals, asked)
        changed = None
        if since is not None:
            before, cube = self._pair(since, cube, asked)
            changed = partial(self._only_changed, since, before, cube)
        report = reprice_to(cube, Path(folder), progress, workers, changed, since or "")
        products = self.catalog.products_frame().with_row_index("product_index")
        products[cube.products.tolist()].write_parquet(Path(folder) / "products.parquet")
        return report

    def _only_changed(
        self, since: str, before: Cube, cube: Cube, arrivals: range, threads: int = 1
    ) -> Iterator[pa.RecordBatch]:
        for batch, changed in self._changed(since, before, cube, arrivals, threads):
            if changed.any():
                yield batch.filter(pa.array(changed))

    def _pair(self, since: str, cube: Cube, asked: QuestionWhere) -> tuple[Cube, Cube]:
        """A cube in another version, and that part of it in the current one in which all prices lie that changed."""
        entry = self._kept(since)
        old = self._today_of(since)
        names = [cube.version.tiers[tier] for tier in cube.tiers]
        missing = [name for name in names if name not in old.tiers]
        if missing:
            raise InputError(
                f"tier {', '.join(missing)} is not in version {since}; name the tiers of both: "
                f"tiers={[name for name in names if name in old.tiers]}"
            )
        if cube.fill_bp is None:
            cube = replace(cube, fill_bp=self._fill_for(old))
        made_for = (entry.compiled.first_night, entry.compiled.n_nights)
        if entry.catalog is cube.version.catalog and made_for == (cube.first_night, cube.version.n_nights):
            cube = _reached(cube, old)
        tiers = np.array([old.tier_index(name) for name in names], np.int64)
        return replace(self._as_in(old, cube, asked), tiers=tiers), cube

    def _changed(
        self, since: str, before: Cube, cube: Cube, arrivals: range, threads: int = 1
    ) -> Iterator[tuple[pa.RecordBatch, NDArray[np.bool_]]]:
        """Batches of the current version, and which of their prices changed since another."""
        entry = self._kept(since)
        old_end = entry.compiled.first_night + entry.compiled.n_nights - _EPOCH
        both = (batches(each, arrivals, threads) for each in (before, cube))
        for was, now in zip(*both, strict=True):
            new_prices = prices_of(now)
            changed = prices_of(was) != new_prices
            departure = now["arrival"].cast(pa.int32()).to_numpy() + now["nights"].to_numpy().astype(np.int32)
            added = (departure > old_end) | (now["product_index"].to_numpy() >= entry.catalog.n_products)
            yield now, changed | (added & (new_prices >= 0))
