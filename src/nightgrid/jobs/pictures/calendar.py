"""The price calendar of one hotel as a picture: every arrival date, its price, its colour.

Rows are months and columns are weekdays (Monday to Sunday, repeated), so weekends line up in
columns and seasons in rows. A cell carries the day of the month and the price in major units.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nightgrid.errors import InputError
from nightgrid.jobs.pictures.canvas import COLOUR_MAP, FAINT, INK, headline, ink_on, new_figure, write_png
from nightgrid.money import exponent, format_minor

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize

_COLUMNS = 37  # six weeks less five days: the longest month that starts on a Sunday
_INITIALS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_EMPTY = (0.906, 0.910, 0.925)


def price_calendar(
    path: str | os.PathLike[str],
    arrivals: Sequence[date],
    prices_minor: Sequence[int | None],
    currency: str,
    *,
    title: str,
    subtitle: str = "",
) -> Path:
    """Draw prices by arrival date as months x weekdays; None = nothing to sell that date.

    `arrivals` and `prices_minor` (minor units of `currency`) have one entry per date, at most a few
    years. InputError if the lengths differ or there is no date. Returns the path written.
    """
    if len(arrivals) != len(prices_minor) or not arrivals:
        raise InputError(
            f"price_calendar got {len(arrivals)} arrivals and {len(prices_minor)} prices; "
            "give one price (or None) for each arrival, and at least one"
        )
    months = _months(min(arrivals), max(arrivals))
    known = [price for price in prices_minor if price is not None]
    low, high = (min(known), max(known)) if known else (0, 1)
    height_inches = 1.35 + 0.36 * len(months) + 0.55
    figure = new_figure(16.5, height_inches)
    bottom, top = 0.62 / height_inches, 1 - 1.12 / height_inches
    axes = figure.add_axes((0.06, bottom, 0.925, top - bottom))

    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    colours, scale = colormaps[COLOUR_MAP], Normalize(low, max(high, low + 1))
    _draw_cells(axes, dict(zip(arrivals, prices_minor, strict=True)), months, colours, scale, currency)
    _frame(axes, months)
    headline(figure, title, subtitle)
    if known:
        _legend(figure.add_axes((0.06, 0.30 / height_inches, 0.22, 0.13 / height_inches)), colours, low, high, currency)
    figure.text(
        0.985,
        0.28 / height_inches,
        f"prices in {currency}; grey with a dash = no arrival that date",
        fontsize=9,
        color=FAINT,
        ha="right",
    )
    return write_png(figure, path)


def _months(first: date, last: date) -> list[date]:
    months = [first.replace(day=1)]
    while (following := (months[-1] + timedelta(days=32)).replace(day=1)) <= last:
        months.append(following)
    return months


def _draw_cells(
    axes: Axes,
    price_of: dict[date, int | None],
    months: Sequence[date],
    colours: Colormap,
    scale: Normalize,
    currency: str,
) -> None:
    """One rectangle and two texts per date."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    unit = 10 ** exponent(currency)
    shown = [price for price in price_of.values() if price is not None]
    size = 8.5 if max(shown, default=0) // unit < 100_000 else 6.5
    cells, faces = [], []
    for night, price in price_of.items():
        first = night.replace(day=1)
        row = (night.year - months[0].year) * 12 + night.month - months[0].month
        column = first.weekday() + night.day - 1
        cells.append(Rectangle((column + 0.03, row + 0.04), 0.94, 0.92))
        colour = (*_EMPTY, 1.0) if price is None else colours(scale(price))
        faces.append(colour)
        ink = FAINT if price is None else ink_on(colour)
        words = "–" if price is None else _short(price, unit)
        axes.text(column + 0.5, row + 0.62, words, ha="center", va="center", fontsize=size, color=ink)
        axes.text(column + 0.08, row + 0.22, str(night.day), ha="left", va="center", fontsize=5, color=ink, alpha=0.75)
    axes.add_collection(PatchCollection(cells, facecolors=faces, edgecolors="none"))


def _short(price_minor: int, unit: int) -> str:
    """Whole major units, half up; one decimal with k from a million on."""
    whole = (2 * price_minor + unit) // (2 * unit)
    return f"{whole}" if whole < 1_000_000 else f"{whole / 1000:.0f}k"


def _frame(axes: Axes, months: Sequence[date]) -> None:
    axes.set_xlim(0, _COLUMNS)
    axes.set_ylim(len(months), 0)
    axes.set_yticks([row + 0.5 for row in range(len(months))])
    axes.set_yticklabels([month.strftime("%b %Y") for month in months])
    axes.set_xticks([column + 0.5 for column in range(_COLUMNS)])
    axes.set_xticklabels([_INITIALS[column % 7] for column in range(_COLUMNS)])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=9, colors=INK)
    for column, label in enumerate(axes.get_xticklabels()):
        label.set_color(INK if column % 7 >= 4 else FAINT)
        label.set_fontweight("bold" if column % 7 >= 4 else "normal")
    for side in axes.spines.values():
        side.set_visible(False)


def _legend(axes: Axes, colours: Colormap, low: int, high: int, currency: str) -> None:
    """A thin colour bar with its two ends written out."""
    axes.imshow([[step / 99 for step in range(100)]], aspect="auto", cmap=colours, extent=(0, 1, 0, 1))
    axes.set_xticks([0, 1])
    axes.set_xticklabels([format_minor(low, currency), format_minor(high, currency)])
    axes.set_yticks([])
    axes.tick_params(length=0, labelsize=8, colors=FAINT, pad=2)
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[1].set_horizontalalignment("right")
    for side in axes.spines.values():
        side.set_visible(False)
