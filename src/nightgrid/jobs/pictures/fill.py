"""House fill as pictures: a chain by region and night, and a replayed hotel through its years.

House fill is the share of rooms sold or held, in basis points (10,000 = full).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nightgrid.errors import InputError
from nightgrid.jobs.pictures.canvas import (
    COLOUR_MAP,
    FAINT,
    INK,
    LINES,
    RULE,
    headline,
    month_ticks,
    new_figure,
    plain_axes,
    write_png,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FULL_BP = 10_000


@dataclass(frozen=True, slots=True)
class HouseNights:
    """One house through a window of nights: rooms there are, rooms sold, arrivals refused.

    name : what to call it; capacity, sold, refused : int64[n_nights] rooms (refused by arrival night).
    """

    name: str
    capacity: npt.NDArray[np.int64]
    sold: npt.NDArray[np.int64]
    refused: npt.NDArray[np.int64]


def house_fill(
    path: str | os.PathLike[str],
    nights: Sequence[date],
    chain_bp: npt.NDArray[np.int64],
    group_names: Sequence[str],
    group_bp: npt.NDArray[np.int64],
    *,
    title: str,
    subtitle: str = "",
) -> Path:
    """Draw the chain's fill by night as a line, and every group's (region's) as a heat map below.

    chain_bp : int64[n_nights] basis points; group_bp : int64[n_groups, n_nights] basis points, in the
    order of `group_names`. InputError where the shapes disagree. Returns the path written.
    """
    if chain_bp.shape != (len(nights),) or group_bp.shape != (len(group_names), len(nights)) or not group_names:
        raise InputError(
            f"house_fill got {len(nights)} nights, chain {chain_bp.shape} and groups {group_bp.shape} for "
            f"{len(group_names)} names; give one value a night, and one row a name"
        )
    rows = len(group_names)
    height_inches = 3.75 + 0.30 * rows
    figure = new_figure(14, height_inches)
    line_height = 1.35
    line = figure.add_axes((0.13, 1 - (0.95 + line_height) / height_inches, 0.80, line_height / height_inches))
    heat_top = 0.95 + line_height + 0.25
    heat_height = height_inches - heat_top - 0.75
    heat = figure.add_axes((0.13, 0.75 / height_inches, 0.80, heat_height / height_inches))

    days = np.arange(len(nights))
    line.fill_between(days, chain_bp / 100, color=LINES[0], alpha=0.16, linewidth=0)
    line.plot(days, chain_bp / 100, color=LINES[0], linewidth=1.3)
    plain_axes(line)
    line.set_xlim(-0.5, len(nights) - 0.5)
    line.set_ylim(0, 100)
    line.set_yticks([0, 50, 100], ["0 %", "50 %", "100 %"])
    line.set_xticks([])
    mean = f"chain\nmean {chain_bp.mean() / 100:.0f} %"
    line.text(1.005, 0.5, mean, transform=line.transAxes, color=LINES[0], va="center")

    low, high = _scale(group_bp)
    image = heat.imshow(group_bp / 100, aspect="auto", cmap=COLOUR_MAP, vmin=low, vmax=high, interpolation="nearest")
    heat.set_yticks(range(rows), group_names)
    month_ticks(heat, nights)
    heat.tick_params(length=0, labelsize=9, colors=INK)
    heat.hlines(np.arange(rows - 1) + 0.5, -0.5, len(nights) - 0.5, color="white", linewidth=1.2)
    for side in heat.spines.values():
        side.set_visible(False)
    means = group_bp.mean(axis=1) / 100
    for row, mean in enumerate(means):
        heat.text(len(nights) * 1.005, row, f"{mean:.0f} %", va="center", fontsize=9, color=FAINT)
    bar_axes = figure.add_axes((0.73, 0.22 / height_inches, 0.20, 0.11 / height_inches))
    bar = figure.colorbar(image, cax=bar_axes, orientation="horizontal")
    bar.outline.set_visible(False)
    bar.set_ticks([low, high], labels=[f"{low:.0f} % full", f"{high:.0f} %"])
    bar.ax.tick_params(length=0, labelsize=8, colors=FAINT, pad=2)
    headline(figure, title, subtitle, left=0.03)
    return write_png(figure, path)


def _scale(fill_bp: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Colour limits in percent, widened to tens so that two pictures are easy to compare."""
    low = float(np.floor(fill_bp.min() / 1000) * 10)
    high = float(np.ceil(fill_bp.max() / 1000) * 10)
    return low, max(high, low + 10)


def replay_fill(
    path: str | os.PathLike[str],
    nights: Sequence[date],
    houses: Sequence[HouseNights],
    *,
    title: str,
    subtitle: str = "",
) -> Path:
    """Draw, house by house, the fill of every night with its 7-night mean, and the arrivals refused.

    InputError if there is no house or no night. Returns the path written.
    """
    if not houses or not nights:
        raise InputError(f"replay_fill got {len(houses)} houses and {len(nights)} nights; give at least one of each")
    shown = houses[:6]
    height_inches = 1.0 + 2.55 * len(shown) + 0.45
    figure = new_figure(14, height_inches)
    for k, house in enumerate(shown):
        top = 1.05 + 2.55 * k
        axes = figure.add_axes((0.055, 1 - (top + 2.0) / height_inches, 0.80, 2.0 / height_inches))
        _draw_house(axes, nights, house, LINES[k % len(LINES)])
        if k < len(shown) - 1:
            axes.set_xticklabels([])
    headline(figure, title, subtitle, left=0.03)
    return write_png(figure, path)


def _draw_house(axes: Axes, nights: Sequence[date], house: HouseNights, colour: str) -> None:
    days = np.arange(len(nights))
    fill = _FULL_BP * house.sold // np.maximum(house.capacity, 1) / 100
    axes.fill_between(days, fill, step="mid", color=colour, alpha=0.28, linewidth=0)
    axes.plot(days, _seven_night_mean(fill), color=colour, linewidth=1.5)
    plain_axes(axes)
    axes.set_xlim(-0.5, len(nights) - 0.5)
    axes.set_ylim(0, 135)
    axes.set_yticks([0, 50, 100], ["0 %", "50 %", "100 %"])
    axes.axhline(100, color=INK, linewidth=0.9)
    month_ticks(axes, nights)
    refused = house.refused
    if refused.any():
        bars = 100 + 30 * refused / refused.max()
        axes.vlines(days[refused > 0], 103, np.maximum(bars[refused > 0], 104.5), color=INK, linewidth=0.8)
    axes.hlines(102, -0.5, len(nights) - 0.5, color=RULE, linewidth=0.5)
    words = [
        (0.92, house.name, {"color": colour, "weight": "bold", "fontsize": 11}),
        (0.74, f"{int(house.capacity.max()):,} rooms", {"color": INK, "fontsize": 9}),
        (0.62, f"mean fill {fill.mean():.1f} %", {"color": INK, "fontsize": 9}),
        (0.50, f"{int((house.sold >= house.capacity).sum()):,} nights full", {"color": INK, "fontsize": 9}),
        (0.38, f"{int(refused.sum()):,} bookings refused", {"color": INK, "fontsize": 9}),
        (0.24, f"dark ticks: refused, by arrival\nnight (tallest {refused.max():,})", {"color": FAINT, "fontsize": 8}),
    ]
    for height, text, style in words:
        axes.text(1.012, height, text, transform=axes.transAxes, va="top", **style)  # type: ignore[arg-type]


def _seven_night_mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Centred mean over seven nights; shorter at both ends, so no night is invented."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.minimum(np.arange(len(values)) + 4, len(values))
    starts = np.maximum(np.arange(len(values)) - 3, 0)
    means: npt.NDArray[np.float64] = (sums[ends] - sums[starts]) / (ends - starts)
    return means
