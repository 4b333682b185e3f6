"""What every picture shares: matplotlib loaded late, one look, one way to a PNG file.

matplotlib is an extra: it costs most of a second to import and nothing but pictures needs it.
Figures are drawn on the Agg canvas directly (no pyplot, no global state, no display).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from nightgrid.errors import NightgridError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1f2430"
FAINT = "#6b7280"
RULE = "#d7dbe2"
PAPER = "#ffffff"
#: Okabe and Ito's palette: told apart with every common form of colour blindness.
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
#: ColorBrewer's yellow-green-blue: light to dark in even steps, safe for colour-blind readers.
COLOUR_MAP = "YlGnBu"


class PicturesMissingError(NightgridError, ImportError):
    """matplotlib is not installed, so no picture can be drawn."""


def require_matplotlib() -> None:
    """PicturesMissingError (naming the extra) unless matplotlib can be imported."""
    try:
        import matplotlib as _  # noqa: F401
    except ImportError as cause:
        raise PicturesMissingError(
            "pictures need matplotlib, which is not installed; run: pip install 'nightgrid[pictures]'"
        ) from cause


def new_figure(width_inches: float, height_inches: float) -> Figure:
    """An empty white figure bound to the Agg canvas."""
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inches, height_inches), facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def write_png(figure: Figure, path: str | os.PathLike[str], dots_per_inch: int = 110) -> Path:
    """Save the figure, making the folder if needed; returns the path."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=dots_per_inch, facecolor=PAPER, format="png", metadata={"Software": "nightgrid"})
    return target


def headline(figure: Figure, title: str, subtitle: str, left: float = 0.06) -> None:
    """Title and subtitle, left-aligned, at a fixed distance from the top edge whatever the height."""
    height_inches = figure.get_size_inches()[1]
    figure.text(left, 1 - 0.30 / height_inches, title, fontsize=15, weight="bold", color=INK, va="center")
    figure.text(left, 1 - 0.60 / height_inches, subtitle, fontsize=10, color=FAINT, va="center")


def ink_on(colour: Sequence[float]) -> str:
    """Dark or white ink, whichever contrasts more with an RGB cell (WCAG 2 relative luminance)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (float(part) for part in colour[:3])]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # INK has luminance 0.017: (L + .05) / .067 against 1.05 / (L + .05)
    return INK if (luminance + 0.05) ** 2 > 1.05 * 0.067 else PAPER


def plain_axes(axes: Axes) -> None:
    """Only the bottom spine and faint rules: the data is the loudest thing in the picture."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    axes.tick_params(colors=FAINT, labelsize=9, length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_axisbelow(True)


def month_ticks(axes: Axes, nights: Sequence[date]) -> None:
    """Label the x axis (0-based night positions) at first days of months; at most about 14 labels."""
    firsts = [(i, night) for i, night in enumerate(nights) if night.day == 1]
    step = max(1, -(-len(firsts) // 14))
    shown = [item for item in firsts if (item[1].month - 1) % step == 0] if step in (1, 2, 3, 4, 6) else firsts[::step]
    axes.set_xticks([i for i, _ in shown])
    with_year = [k == 0 or night.month == 1 for k, (_, night) in enumerate(shown)]
    labels = [night.strftime("%b\n%Y" if year else "%b") for (_, night), year in zip(shown, with_year, strict=True)]
    axes.set_xticklabels(labels)
