"""Amounts in the middle of a pipeline for the rows of a cube: what masks need beside the prices.

Each is the price by a pipeline that ends earlier, so blocks work it out as they do prices: without its taxes a price is
the net amount; ended before the free nights, and rounded down, it tells every spend that is reached.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nightgrid.engine.prices.cube import Cube
from nightgrid.money import RoundingMode
from nightgrid.native.program import mark_amounts as edge
from nightgrid.native.program import mark_blocks as mb
from nightgrid.native.program import row_blocks as by_block
from nightgrid.native.program import terms_of_rules as term
from nightgrid.native.program.mark_amounts import Amounts
from nightgrid.pricing.program import Program
from nightgrid.search.price_blocks import fill_cube
from nightgrid.search.price_version import PriceVersion

Words = NDArray[np.int64]
NO_AMOUNTS: Final = np.zeros((0, 0, 0, 0), np.int64)


def note_amounts(program: Program, points: int, groups: Words) -> None:
    """Note in groups (group, MARKED_FIELDS) which amounts decide on their rules, and which of them are left to others:
    those whose amounts may leave the numbers of blocks and lines, points under the policy `night`, which each night
    pays by itself, and the bounds of a stay, which act where they move its amount.
    """
    terms = program.terms
    for group in groups:
        found, edges, moved = 0, 0, False
        stage = int(group[by_block.G_STAGE])
        while terms[stage] != term.STAGE_END:
            code, first = int(terms[stage]), stage + term.S_FIRST
            moved = moved or bool(code == term.STAGE_BOUND and terms[first])
            if code == term.STAGE_POINTS and terms[first] and points:
                found, edges = found | 1 << edge.OF_TOTAL, edges + 1
            elif code in (term.STAGE_FREE, term.STAGE_TAX):
                rules = terms[first + 1 : first + 1 + terms[first]]
                if code == term.STAGE_FREE and (terms[rules + term.F_SPEND] > 0).any():
                    found, edges = found | 1 << edge.OF_BEFORE, edges + len(rules)
                elif code == term.STAGE_TAX:
                    within = (terms[rules + term.T_FROM] > 0) | (terms[rules + term.T_TO] >= 0)
                    found, edges = found | bool(within.any()) << edge.OF_NET, edges + int(within.sum())
            stage = int(terms[stage + term.S_NEXT])
        unsure = bool(program.long_stages) or (program.by_night and found >> edge.OF_TOTAL & 1)
        group[mb.G_AMOUNTS] = found
        group[mb.G_LEFT] = moved or (bool(found) and (bool(unsure) or edges > edge.EDGES_MAX))


def amounts_of(
    cube: Cube, products: NDArray[np.int32], first: int, rows: Words, groups: Words, columns: Words,
    prices: NDArray[np.signedinteger], pool: ThreadPoolExecutor, threads: int,
) -> Amounts:  # fmt: skip
    """The amounts that groups ask for, of the tiers in some columns: arrays in the shape of the prices (arrival, stay,
    tier, product), filled where somebody looks.
    """
    found: list[Words] = []
    for of in (edge.OF_NET, edge.OF_BEFORE):
        asks = (groups[:, mb.G_AMOUNTS] >> of & 1 == 1) & (groups[:, mb.G_LEFT] == 0)
        places = rows[np.repeat(asks, groups[:, by_block.G_ROWS]), mb.R_PLACE]
        if not places.size:
            found.append(NO_AMOUNTS)
            continue
        asked = cube.asked(products[places], first)._replace(
            version=_ended(cube.version, of), tiers=cube.tiers[columns]
        )
        out = np.empty((*prices.shape[:2], len(columns), len(places)), np.int64)
        fill_cube(asked, out, pool=pool if threads > 1 else None, threads=threads)
        whole = np.zeros(prices.shape, np.int64)
        whole[:, :, columns[:, None], places] = out
        found.append(whole)
    if not groups[:, mb.G_AMOUNTS].any():
        return Amounts(NO_AMOUNTS, *found)
    return Amounts(np.ascontiguousarray(prices, np.int64), *found)


def _ended(version: PriceVersion, of: int) -> PriceVersion:
    """A version whose pipelines end before the taxes, or before the free nights."""
    program = version.compiled.program
    if program is None:
        return version
    terms = np.append(program.terms, [list(RoundingMode).index(RoundingMode.FLOOR), 1, 0]).astype(np.int64)
    for stage in program.sets.stage.tolist():
        chain = [stage]
        while terms[chain[-1]] != term.STAGE_END:
            chain.append(int(terms[chain[-1] + term.S_NEXT]))
        for at in chain[:-1]:
            if terms[at] == term.STAGE_TAX:
                terms[at + term.S_FIRST] = 0
            elif terms[at] == term.STAGE_FREE and of == edge.OF_BEFORE and terms[at + term.S_FIRST]:
                terms[at + term.S_FIRST], terms[at + term.S_SLOT] = 0, -1
                terms[at + term.S_ROUNDING], terms[at + term.S_NEXT] = len(program.terms), chain[-1]
    by_night = program.by_night and of == edge.OF_NET
    flags = program.flags.copy()
    flags[0] = by_night
    ended = replace(program, terms=terms, by_night=by_night, flags=flags)
    return replace(version, compiled=replace(version.compiled, program=ended))
