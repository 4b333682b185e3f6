"""Promotions that name each other: names that nothing has, and pairs that can never be as they are written."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final

from nightgrid.pricing.fields import Problem, plain, shown
from nightgrid.pricing.model.judging import each_known, known
from nightgrid.pricing.model.promotions import BY_NIGHT, Promotion
from nightgrid.pricing.model.tables import BookTables

#: Among at most so many names a similar one is looked for, at most so many times.
_SUGGESTED_AMONG_MAX: Final = 1_000
_SUGGESTIONS_MAX: Final = 20
#: The keys in which a promotion names others.
_NAMING: Final = ("excludes", "requires", *BY_NIGHT)


def promotion_problems(book: BookTables) -> Iterator[Problem]:
    """Names that stand there twice or nowhere, what can never be there beside what it requires, and circles."""
    named = list(each_known(book.promotion, "name"))
    by_name = {promotion.name: promotion for _, promotion in reversed(named)}
    first = {promotion.name: position for position, promotion in reversed(named)}
    suggestions = _SUGGESTIONS_MAX if len(by_name) <= _SUGGESTED_AMONG_MAX else 0
    for position, promotion in named:
        if first[promotion.name] < position:
            fix = "give each promotion its own name: excludes and requires, and the guest's invoice, go by it"
            problem = f"promotion {shown(promotion.name)} stands there before"
            yield Problem(("promotion", position, "name"), problem, fix)
    for position, promotion in each_known(book.promotion):
        at = ("promotion", position)
        own = getattr(promotion, "name", None)
        for key in _NAMING:
            for number, name in each_known(getattr(promotion, key, ())):
                if name == own:
                    yield Problem((*at, key, number), f"promotion {shown(name)} {key} itself", "take it out")
                elif name not in by_name:
                    close = difflib.get_close_matches(name, by_name, 1) if suggestions > 0 else []
                    suggestions -= 1
                    fix = (
                        f"did you mean {shown(close[0])}? It is written so"
                        if close
                        else "use the name of a promotion of this book"
                    )
                    yield Problem((*at, key, number), f"there is no promotion {shown(name)}", fix)
        for key in ("requires", "requires_by_night"):
            for number, name in each_known(getattr(promotion, key, ())):
                reason = never_together(promotion, by_name[name]) if name != own and name in by_name else ""
                if reason:
                    problem = f"promotion {shown(name)} is required and can never be there: {reason}"
                    yield Problem((*at, key, number), problem, "take one of the two out")
    yield from _by_night_problems(book, by_name)


def _by_night_problems(book: BookTables, by_name: dict[str, Promotion]) -> Iterator[Problem]:
    """Pairs by night of which nobody knows the nights: those that only prices tell, and circles."""
    for position, promotion in each_known(book.promotion, "name", *BY_NIGHT):
        for key in BY_NIGHT:
            for number, name in each_known(getattr(promotion, key)):
                other = by_name.get(name)
                if other is not None and not getattr(other, "tells_nights", True):
                    problem = f"on which nights promotion {shown(name)} acts only the prices tell"
                    fix = f"write {key.removesuffix('_by_night')}, or let it act on nights that the stay tells"
                    yield Problem(("promotion", position, key, number), problem, fix)
    places = {name: at for at, name in reversed([(at, each.name) for at, each in each_known(book.promotion, "name")])}
    looks = {name: [each for key in BY_NIGHT for each in known(getattr(by_name[name], key, ()))] for name in places}
    for circle in _circles(looks):
        first = by_name[circle[0]]
        key = next(key for key in BY_NIGHT if circle[1] in known(getattr(first, key, ())))
        problem = f"their nights are told in a circle: {' by '.join(map(plain, circle))}"
        yield Problem(("promotion", places[circle[0]], key), problem, "take one of them out")


def _circles(looks: dict[str, list[str]]) -> Iterator[list[str]]:
    """Circles of names, the first one of each again at its end: of those that share names perhaps one. looks: name ->
    names. O(all of them): each is gone through once, by depth.
    """
    is_open: dict[str, bool] = {}
    for start, first in looks.items():
        path: list[str] = []
        waiting = [(start, iter(first))] if start not in is_open else []
        while waiting:
            name, others = waiting[-1]
            if name not in is_open:
                is_open[name] = True
                path.append(name)
            other = next(others, None)
            if other is None:
                is_open[path.pop()] = False
                waiting.pop()
            elif other not in is_open and other in looks:
                waiting.append((other, iter(looks[other])))
            elif is_open.get(other) and other != name:
                yield [*path[path.index(other) :], other]


def never_together(one: Promotion, other: Promotion) -> str:
    """Why two promotions are never given together, as far as their nights do not part them, "" where they may be:
    classes, lanes, excludes. Those of which one gives way to the other share no night.
    """
    pair = (one, other)
    if len(known(pair, "name", "excludes", "excludes_by_night", "lane", "stacking_class")) < len(pair):
        return ""  # what could not be read may be what keeps them together
    if other.name in known(one.excludes_by_night) or one.name in known(other.excludes_by_night):
        return ""
    if other.name in known(one.excludes) or one.name in known(other.excludes):
        return "one excludes the other"
    if one.lane is not None and one.lane == other.lane:
        return f"both are in lane {shown(one.lane)}"
    classes = {one.stacking_class, other.stacking_class}
    if "none" in classes:
        return 'class "none" combines with nothing'
    if len(classes) == 1 and "any" not in classes:
        return f"both are of class {shown(one.stacking_class)}"
    return ""
