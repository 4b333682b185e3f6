"""What-if over the chain: every price of two versions side by side, tile by tile, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Unpack

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nightgrid.asking import Asking, QuestionWhere, of_length
from nightgrid.catalog import Catalog
from nightgrid.counts import plain_int
from nightgrid.engine.edge.comparison import BROKEN, Comparison, Guard, GuardError
from nightgrid.engine.prices.bulk_prices import BulkPriceMixin
from nightgrid.engine.prices.cube import Cube
from nightgrid.engine.prices.repricing import batches
from nightgrid.engine.prices.versions import Book, VersionMixin
from nightgrid.errors import InputError, NightgridError
from nightgrid.limits import ROOMS_LEFT_MAX
from nightgrid.nights import to_ordinal
from nightgrid.pricing.explain import explain
from nightgrid.search.hotel_clocks import at_hotel
from nightgrid.search.price_version import PriceVersion

STAYS: Final = (1, 2, 7)
_EPOCH = to_ordinal("1970-01-01")
_CAUSES: Final = 1_000
_SHOWN: Final = 10
_COUNTS: Final = ("prices", "changed", "up", "down", "broken", "old_minor", "new_minor")


@dataclass(slots=True)
class Tile:
    """Changed prices of a pair of batches, columns of one length."""

    product: NDArray[np.int64]
    arrival: NDArray[np.int64]  # days since 1970
    nights: NDArray[np.int64]
    tier: NDArray[np.int64]  # position among the tiers compared
    old: NDArray[np.int64]
    new: NDArray[np.int64]
    broken: NDArray[np.int8]

    def take(self, chosen: NDArray[Any]) -> Tile:
        """Some lines."""
        return Tile(*(getattr(self, name)[chosen] for name in Tile.__slots__))

    def order(self) -> NDArray[np.int64]:
        """Lines that break the guard first, then the largest relative change, then by place."""
        size = np.abs(self.new - self.old) / np.maximum(self.old, 1)
        keys = (self.tier, self.nights, self.arrival, self.product, -size, self.broken == 0)
        return np.lexsort(keys)


class Tally:
    """What a comparison adds up while tiles pass."""

    def __init__(self, catalog: Catalog, guard: Guard, rows_max: int) -> None:
        self.guard = guard
        self.rows_max = rows_max
        self.hotel = catalog.row_hotel[catalog.product_row].astype(np.int64)
        self.minima = guard.minima(catalog.currencies)[catalog.hotel_currency[self.hotel]]
        self.counts = np.zeros((len(_COUNTS), catalog.n_hotels), np.int64)
        self.low = np.zeros(catalog.n_hotels)
        self.high = np.zeros(catalog.n_hotels)
        self.kept: list[Tile] = []
        self._kept_rows = 0

    def add(self, old: pa.RecordBatch, new: pa.RecordBatch) -> Tile:
        """Count a pair of batches with the same keys; the changed prices."""
        product = old["product_index"].to_numpy().astype(np.int64)
        before, after = (prices_of(batch) for batch in (old, new))
        sold = (before >= 0) & (after >= 0)
        hotel = self.hotel[product]
        nights = old["nights"].to_numpy().astype(np.int64)
        code = self.guard.broken(before, after, nights, self.minima[product])
        changed = np.flatnonzero(sold & (before != after))
        size = len(self.low)
        self.counts[0] += np.bincount(hotel[sold], minlength=size)
        tile = Tile(
            product[changed],
            old["arrival"].cast(pa.int32()).to_numpy().astype(np.int64)[changed],
            nights[changed],
            old["tier"].indices.to_numpy().astype(np.int64)[changed],
            before[changed],
            after[changed],
            code[changed],
        )
        where = hotel[changed]
        up = tile.new > tile.old
        for line, chosen in ((1, up | ~up), (2, up), (3, ~up), (4, tile.broken > 0)):
            self.counts[line] += np.bincount(where[chosen], minlength=size)
        np.add.at(self.counts[5], where, tile.old)
        np.add.at(self.counts[6], where, tile.new)
        percent = (tile.new - tile.old) / np.maximum(tile.old, 1) * 100
        np.minimum.at(self.low, where, percent)
        np.maximum.at(self.high, where, percent)
        self._keep(tile)
        return tile

    def _keep(self, tile: Tile) -> None:
        """Remember the first lines of all in their order, never many more than are asked for."""
        if not len(tile.product):
            return
        self.kept.append(tile.take(tile.order()[: self.rows_max]))
        self._kept_rows += len(self.kept[-1].product)
        if self._kept_rows > 4 * self.rows_max + 100_000:
            self.kept = [self.first()]
            self._kept_rows = len(self.kept[0].product)

    def first(self) -> Tile:
        """The first lines of all."""
        if not self.kept:
            none = np.empty(0, np.int64)
            return Tile(none, none, none, none, none, none, np.empty(0, np.int8))
        whole = Tile(*(np.concatenate([getattr(tile, name) for tile in self.kept]) for name in Tile.__slots__))
        return whole.take(whole.order()[: self.rows_max])


def prices_of(batch: pa.RecordBatch) -> NDArray[np.int64]:
    """Prices as int64, -1 where not on sale."""
    prices = batch["price_minor"]
    filled = prices.fill_null(-1) if prices.null_count else prices
    found: NDArray[np.int64] = filled.to_numpy().astype(np.int64)
    return found


def tile_frame(catalog: Catalog, tile: Tile, tiers: Sequence[str]) -> pl.DataFrame:
    """Changed prices by name."""
    row = catalog.product_row[tile.product]
    hotel = catalog.row_hotel[row]
    names = pl.Series([None, *BROKEN.values()], dtype=pl.String)
    percent = (tile.new - tile.old) / np.maximum(tile.old, 1) * 100
    return pl.DataFrame(
        {
            "hotel_id": pl.Series(catalog.hotel_ids, dtype=pl.String).gather(hotel),
            "room_type_id": pl.Series(catalog.room_type_ids, dtype=pl.String).gather(row),
            "plan_id": pl.Series(catalog.plan_ids, dtype=pl.String).gather(tile.product),
            "arrival": pl.Series(tile.arrival.astype(np.int32)).cast(pl.Date),
            "nights": tile.nights.astype(np.int16),
            "tier": pl.Series(list(tiers), dtype=pl.String).gather(tile.tier),
            "currency": pl.Series(catalog.currencies, dtype=pl.String).gather(catalog.hotel_currency[hotel]),
            "old_minor": tile.old,
            "new_minor": tile.new,
            "change_percent": np.round(percent, 2),
            "broken": names.gather(tile.broken),
        }
    )


class CompareMixin(BulkPriceMixin, VersionMixin):
    """Two price versions side by side."""

    def compare(
        self,
        book: Book,
        *,
        against: str | None = None,
        stays: Sequence[int] = STAYS,
        tiers: Sequence[str] | None = None,
        arrivals: tuple[date | str, date | str] | None = None,
        guard: Guard | None = None,
        rows_max: int = 10_000,
        causes_max: int = _CAUSES,
        parquet: str | Path | None = None,
        progress: Callable[[int, int], None] | None = None,
        **asked: Unpack[QuestionWhere],
    ) -> Comparison:
        """What would change if a book were published now: every price of products × arrivals × stays × tiers, with it
        and with the current version (or a kept one, `against` its digest). Nothing is published.

        `asked` is the guest's question and the part of the chain, as in `reprice`; `guard` says which changes are too
        large; the answer keeps at most `rows_max` changed prices and explains the first `causes_max` (half a
        millisecond each); `parquet` names a file that gets all of them, without causes;
        `progress(done, all)` counts prices. A tier that only one of the books has is left out and noted. Errors as
        `publish` and `reprice`. O(prices), in bounded memory.
        """
        if type(rows_max := plain_int(rows_max)) is not int or rows_max < 1:
            raise InputError(f"rows_max is {rows_max!r}; give 1 or more")
        if type(causes_max := plain_int(causes_max)) is not int or causes_max < 0:
            raise InputError(f"causes_max is {causes_max!r}; give 0 or more")
        with self._publishing:
            self._switch_locked(self._now_ms())
            new = self._compile(book)
            old = self._priced() if against is None else self._today_of(against)
        return self._compared(old, new, (stays, tiers, arrivals, asked), guard, rows_max, parquet, progress, causes_max)

    def _check_guard(self, prices: PriceVersion, guard: Guard, parties: Iterable[int] = ()) -> None:
        """GuardError if a price of a version that is to be published breaks a guard: of the room as it is priced,
        and of parties of so many adults; each with all numbers of rooms left from which on other rules hold.
        """
        old = self._priced()
        programs = [each.compiled.program for each in (old, prices)]
        edges = {edge for program in programs if program is not None for edge in program.room_edges}
        lefts: list[QuestionWhere] = [{"rooms_left": left} for left in sorted({0, *edges}) if left <= ROOMS_LEFT_MAX]
        rooms: list[QuestionWhere] = [{}]
        rooms += [{"adults": party} for party in parties]
        for words in (party | left for party in rooms for left in (lefts if edges else [{}])):
            found = self._compared(old, prices, (STAYS, None, None, words), guard, _SHOWN)
            if found.ok:
                continue
            where = "".join(f", {name} = {value}" for name, value in words.items())
            count = f"{found.broken:,} of {found.prices:,} prices{where}"
            lines = "\n".join(f"  {line}" for line in found.sentences(_SHOWN))
            raise GuardError(
                f"{prices.compiled.book.book.name}: the guard is broken by {count}; nothing was published. Correct the "
                f"book or the data, or give a wider guard. The worst:\n{lines}",
                found,
            )

    def _compared(
        self,
        old: PriceVersion,
        new: PriceVersion,
        asked: tuple[Any, ...],
        guard: Guard | None,
        rows_max: int,
        parquet: str | Path | None = None,
        progress: Callable[[int, int], None] | None = None,
        causes_max: int = _CAUSES,
    ) -> Comparison:
        stays, tiers, arrivals, words = asked
        common = [tier for tier in old.tiers if tier in new.tiers]
        wanted = common if tiers is None else list(tiers)
        missing = [tier for tier in dict.fromkeys((*old.tiers, *new.tiers)) if tier not in common]
        notes = [f"tier {tier} is in one of the two books only and was not compared" for tier in missing]
        cube = self._cube(stays, None, arrivals, words)
        cube = replace(cube, fill_bp=self._fill_for(old, new))
        pair = [
            replace(
                self._as_in(each, cube, words),
                tiers=np.array([each.tier_index(tier) for tier in wanted], np.int64),
            )
            for each in (old, new)
        ]
        tally = Tally(self.catalog, Guard() if guard is None else guard, rows_max)
        self._pass(pair, tally, list(old.tiers), parquet, progress)
        shown = tile_frame(self.catalog, tally.first(), old.tiers)
        booked = (cube.calendar_today + cube.first_night)[self.catalog.hotel_calendar].tolist()
        causes = self._causes(pair, tally.first(), booked, causes_max)
        shown = shown.with_columns(pl.Series("cause", causes + [None] * (len(shown) - len(causes)), dtype=pl.String))
        counts = dict(zip(_COUNTS, tally.counts, strict=True))
        return Comparison(
            old_version=old.digest,
            new_version=new.digest,
            prices=int(counts["prices"].sum()),
            changed=int(counts["changed"].sum()),
            broken=int(counts["broken"].sum()),
            changes=shown,
            by_hotel=_by_hotel(self.catalog, counts, tally),
            notes=tuple(notes),
        )

    def _pass(
        self,
        pair: list[Cube],
        tally: Tally,
        tiers: list[str],
        parquet: str | Path | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Let all tiles pass; the changed prices go to a file where one is named."""
        old, new = pair
        schema = tile_frame(self.catalog, tally.first(), tiers).to_arrow().schema
        writer = None if parquet is None else pq.ParquetWriter(parquet, schema, compression="zstd")
        done = 0
        try:
            for before, after in zip(batches(old, old.arrivals), batches(new, new.arrivals), strict=True):
                tile = tally.add(before, after)
                if writer is not None and len(tile.product):
                    writer.write_table(tile_frame(self.catalog, tile, tiers).to_arrow().cast(schema))
                done += before.num_rows
                if progress is not None:
                    progress(done, old.prices)
        finally:
            if writer is not None:
                writer.close()

    def _today_of(self, digest: str) -> PriceVersion:
        """A kept version's book and data for today's window and catalogue."""
        entry = self._kept(digest)
        if entry is self._shelf.current:
            return self._priced()
        made_for = (entry.compiled.first_night, entry.compiled.n_nights)
        if entry.catalog is self.catalog and made_for == (self.first_night, self.n_nights):
            return self._prices_of(entry)
        book = entry.compiled.book
        return self._folded(self._compiled(book, self.catalog, self.first_night, entry.compiled.data))

    def _causes(self, pair: list[Cube], tile: Tile, booked: list[int], most: int) -> list[str]:
        """In words the rules that differ between the two versions, of the first lines."""
        hotels = self.catalog.row_hotel[self.catalog.product_row]
        old_tiers = pair[0].version.tiers
        causes = []
        fill = pair[0].fill_bp
        for line in range(min(most, len(tile.product))):
            product, arrival = int(tile.product[line]), int(tile.arrival[line]) + _EPOCH
            stay = (arrival, int(tile.nights[line]), arrival - booked[int(hotels[product])])
            asked = [at_hotel(of_length(cube.asking, stay[1]), self.catalog, int(hotels[product])) for cube in pair]
            if asked[0].fill_bp is None and fill is not None:  # the prices are those of the house as it is now
                first = arrival - pair[0].version.first_night
                filled = tuple(fill[int(hotels[product]), first : first + stay[1]].tolist())
                asked = [asking.with_fill(filled) for asking in asked]
            tier = old_tiers[int(tile.tier[line])]
            try:
                told = [
                    _applied(cube.version, product, *stay, tier, asking)
                    for cube, asking in zip(pair, asked, strict=True)
                ]
            except NightgridError as error:
                causes.append(f"not explained: {error}")
                continue
            gone = [f"no more {rule}" for rule in told[0] if rule not in told[1]]
            new = [f"now {rule}" for rule in told[1] if rule not in told[0]]
            causes.append("; ".join([*gone, *new]) or "rounding or base price")
        return causes


def _applied(
    version: PriceVersion, product: int, arrival: int, nights: int, lead_days: int, tier: str, asking: Asking
) -> list[str]:
    """The rules that made a price, in words, each once."""
    explained = explain(version.compiled, version.catalog, product, arrival, nights, lead_days, tier, asking)
    lines = [f"{line.stage} {line.rule!r} {line.detail}".strip() for line in explained.lines if line.rule]
    return list(dict.fromkeys(lines))


def _by_hotel(catalog: Catalog, counts: dict[str, NDArray[np.int64]], tally: Tally) -> pl.DataFrame:
    """Every hotel of which a price was compared."""
    hotels = np.flatnonzero(counts["prices"])
    texts = {name: getattr(catalog, name) for name in ("region", "brand", "group", "city")}
    return pl.DataFrame(
        {
            "hotel_id": [catalog.hotel_ids[hotel] for hotel in hotels],
            **{name: [values[hotel] for hotel in hotels] for name, values in texts.items()},
            "currency": [catalog.currencies[int(catalog.hotel_currency[hotel])] for hotel in hotels],
            **{name: values[hotels] for name, values in counts.items()},
            "lowest_percent": np.round(tally.low[hotels], 2),
            "highest_percent": np.round(tally.high[hotels], 2),
        },
        schema_overrides={"hotel_id": pl.String, "currency": pl.String} | dict.fromkeys(texts, pl.String),
    )
