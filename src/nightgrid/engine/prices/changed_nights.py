"""Nights whose price changed: by house fill since a log sequence number, or by the rules since an older version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nightgrid.engine.base import checked_lsn
from nightgrid.engine.edge.hold_frames import dates_of
from nightgrid.engine.prices.changed_prices import ChangedPriceMixin
from nightgrid.errors import InputError
from nightgrid.native.program import live_block as lv
from nightgrid.search.live import LivePrices, depends_on_fill
from nightgrid.search.night_values import night_values
from nightgrid.search.price_version import PriceVersion
from nightgrid.search.reach import reached_nights

Words = NDArray[np.int64]
#: Cells that are priced at once.
_CELLS = 1_000_000
#: Columns of a changed cell.
_PRODUCT, _NIGHT, _LEAD, _OLD, _NEW, _OLD_FILL, _NEW_FILL, _LSN = range(8)


class ChangedNightMixin(ChangedPriceMixin):
    """Cells of the price matrices that are not what they were."""

    def changed_nights(
        self, since: int | str, *, nights: tuple[date | str, date | str] | None = None, **where: Any
    ) -> pl.DataFrame:
        """Nights whose price changed: after a log sequence number (`lsn`) by house fill, or since an older version (its
        digest) by rules and data, at house fill now. O(nights that a sale or a changed rule reached).

        Columns: hotel_id, room_type_id, plan_id, night, lead_days (the price is that of bookings from so many days
        before on, up to the next band), old_minor and new_minor (the night after its last stage, half up where the book
        does not round nights; null = too large, or none for one adult), currency, cause ("house fill" or "rules"),
        old_fill_bp and new_fill_bp (basis points), lsn of the latest change (null for rules). Read `lsn` of the engine
        before, and give it next time. `nights` (first, last) inclusive; `where` as `Catalog.hotels_where` takes it.
        InputError names the oldest lsn that can be given; VersionGoneError once the version is not kept.
        """
        version = self._priced()
        begin, end = self._night_range(*(nights if nights is not None else (None, None)))
        window = range(self.first_night + begin, self.first_night + end + 1)
        given = {name: value for name, value in where.items() if value is not None}
        hotels = np.zeros(self.catalog.n_hotels, np.bool_)
        hotels[self.catalog.hotels_where(**given) if given else slice(None)] = True
        if isinstance(since, str):
            cells = list(self._by_rules(self._today_of(since), version, hotels, window))
        else:
            cells = list(self._by_fill(version, checked_lsn(since, self._inventory.lsn), hotels, window))
        found = np.concatenate([np.empty((0, 8), np.int64), *cells])
        return self._nights_frame(version, found, "rules" if isinstance(since, str) else "house fill")

    def _by_fill(self, version: PriceVersion, lsn: int, hotels: NDArray[np.bool_], window: range) -> Iterator[Words]:
        live = version.live
        if live is None:
            if depends_on_fill(version.compiled.program):
                raise InputError(
                    "since is a log sequence number, and this rule book has too many bands of lead days, or too large "
                    "prices, to tell what house fill changed; give the digest of a version"
                )
            return
        self._inventory.sweep(self._now_ms())
        entries = _latest(_entries(live, lsn))
        kept = hotels[entries[:, lv.E_HOTEL]] & (entries[:, lv.E_NIGHT] >= window.start)
        entries = entries[kept & (entries[:, lv.E_NIGHT] < window.stop)]
        of_hotel = np.argsort(self._product_hotel, kind="stable")
        first = np.searchsorted(self._product_hotel[of_hotel], np.arange(self.catalog.n_hotels + 1))
        leads = live.leads
        for entry in np.array_split(entries, max(1, len(entries) // 10_000)):
            count = np.diff(first)[entry[:, lv.E_HOTEL]]
            line = np.repeat(np.arange(len(entry)), count)
            inside = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
            cells = np.zeros((len(line), 8), np.int64)
            cells[:, _PRODUCT] = of_hotel[first[entry[line, lv.E_HOTEL]] + inside]
            cells[:, _NIGHT] = entry[line, lv.E_NIGHT] - version.first_night
            cells[:, _OLD_FILL], cells[:, _NEW_FILL] = entry[line, lv.E_OLD], entry[line, lv.E_NEW]
            cells[:, _LSN] = entry[line, lv.E_LSN]
            yield _that_differ(version, version, cells, leads)

    def _by_rules(
        self, old: PriceVersion, new: PriceVersion, hotels: NDArray[np.bool_], window: range
    ) -> Iterator[Words]:
        fill_bp = self._fill_for(old, new)
        reached = reached_nights(old.compiled, new.compiled) & hotels[self._product_hotel][:, None]
        reached[:, : window.start - new.first_night] = False
        reached[:, window.stop - new.first_night :] = False
        leads = tuple(sorted({0, *_leads(old), *_leads(new)}))
        product, night = np.nonzero(reached)
        for place in range(0, len(product), _CELLS // len(leads)):
            part = slice(place, place + _CELLS // len(leads))
            cells = np.zeros((len(product[part]), 8), np.int64)
            cells[:, _PRODUCT], cells[:, _NIGHT], cells[:, _LSN] = product[part], night[part], -1
            if fill_bp is not None:
                fill = fill_bp[self._product_hotel[product[part]], night[part]]
                cells[:, _OLD_FILL] = cells[:, _NEW_FILL] = fill
            yield _that_differ(old, new, cells, leads)

    @property
    def _product_hotel(self) -> NDArray[np.int32]:
        catalog = self.catalog
        return np.asarray(catalog.row_hotel[catalog.product_row])

    def _nights_frame(self, version: PriceVersion, cells: Words, cause: str) -> pl.DataFrame:
        catalog = self.catalog
        cells = cells[np.lexsort((cells[:, _LEAD], cells[:, _NIGHT], cells[:, _PRODUCT]))]
        product = cells[:, _PRODUCT]
        row = catalog.product_row[product]
        currency = catalog.hotel_currency[catalog.row_hotel[row]]
        minor = [pl.Series(cells[:, column]).set(pl.Series(cells[:, column] < 0), None) for column in (_OLD, _NEW)]
        lsn = pl.Series(cells[:, _LSN])
        return pl.DataFrame(
            {
                **self._name_columns.rows(row),
                "plan_id": pl.Series(catalog.plan_ids, dtype=pl.String).gather(product),
                "night": dates_of(cells[:, _NIGHT] + version.first_night),
                "lead_days": cells[:, _LEAD].astype(np.int16),
                "old_minor": minor[0],
                "new_minor": minor[1],
                "currency": pl.Series(catalog.currencies, dtype=pl.String).gather(currency),
                "cause": pl.Series([cause], dtype=pl.String).gather(np.zeros(len(cells), np.int64)),
                "old_fill_bp": cells[:, _OLD_FILL].astype(np.int16),
                "new_fill_bp": cells[:, _NEW_FILL].astype(np.int16),
                "lsn": lsn.set(lsn < 0, None),
            }
        )


def _leads(version: PriceVersion) -> tuple[int, ...]:
    program = version.compiled.program
    return () if program is None else program.leads


def _entries(live: LivePrices, lsn: int) -> Words:
    """Changes of fill after an lsn in order; InputError once the feed has passed over some."""
    live.refresh()
    entries, complete_since = live.changes()
    if lsn < complete_since:
        raise InputError(
            f"since is {lsn}; changes by house fill are known after {complete_since} only: of the current price "
            "version, and of so many nights. Read all prices anew, or ask more often"
        )
    return entries[entries[:, lv.E_LSN] > lsn]


def _latest(entries: Words) -> Words:
    """One line for each night of a hotel: its fill before the first change, and after the last."""
    order = np.lexsort((entries[:, lv.E_NUMBER], entries[:, lv.E_NIGHT], entries[:, lv.E_HOTEL]))
    entries = entries[order]
    same = (np.diff(entries[:, [lv.E_HOTEL, lv.E_NIGHT]], axis=0) == 0).all(axis=1)
    first = np.flatnonzero(np.concatenate([[True], ~same])[: len(entries)])
    found = entries[np.append(first[1:], len(entries)) - 1] if len(entries) else entries
    found[:, lv.E_OLD] = entries[first, lv.E_OLD]
    return found


def _that_differ(old: PriceVersion, new: PriceVersion, cells: Words, leads: tuple[int, ...]) -> Words:
    """Cells in every band of lead days, priced by both versions: those whose price differs, in minor units."""
    cells = np.repeat(cells, len(leads), axis=0)
    cells[:, _LEAD] = np.tile(np.array(leads, np.int64), len(cells) // len(leads))
    place = (cells[:, _PRODUCT], cells[:, _NIGHT], cells[:, _LEAD])
    was = night_values(old, *place, cells[:, _OLD_FILL])
    now = night_values(new, *place, cells[:, _NEW_FILL])
    scales = old.compiled.night_scale, new.compiled.night_scale
    if scales[0] == scales[1]:
        differ = was != now
    else:
        both = zip(was.tolist(), now.tolist(), strict=True)  # exact: a product of the two may not fit a word
        differ = np.array([a * scales[1] != b * scales[0] for a, b in both], np.bool_)
    some: Words = cells[differ]
    for column, values, scale in ((_OLD, was[differ], scales[0]), (_NEW, now[differ], scales[1])):
        some[:, column] = np.where(values < 0, -1, (2 * values + scale) // (2 * scale))
    return some
