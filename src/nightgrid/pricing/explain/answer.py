"""An explanation as its caller sees it: lines, amounts, reasons; as text, and as plain values for JSON."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from nightgrid.catalog import Catalog
from nightgrid.nights import WEEKDAYS, to_date
from nightgrid.pricing.explain.evaluate import Made
from nightgrid.pricing.explain.facts import Asked
from nightgrid.pricing.explain.lines import SUMS, Line
from nightgrid.pricing.explain.notes import rule_notes
from nightgrid.pricing.explain.remarks import RuleNote
from nightgrid.pricing.explain.stacking import PricedSet
from nightgrid.pricing.explain.words import amount_text, money, spoken

#: Fields of a quote that an explanation works out anew.
TOLD: Final = ("net_minor", "taxes_minor", "total_minor", "payable_minor", "points_used", "applied")
#: Sets of promotions that the text shows; `sets` has all of them.
_SETS_SHOWN_MAX = 8


@dataclass(frozen=True)
class Explanation:
    """The price of one room's stay with its lines and reasons. Amounts are minor units of `currency`.

    The amounts of the lines add up to net_minor before the taxes, to total_minor = net_minor + taxes_minor after them,
    and to payable_minor = total_minor - what points pay. `nights_minor` add up to total_minor. Taxes that are inside
    the price already are in included_taxes_minor and not in taxes_minor. `lines`, `nights_minor`, `sets` and `rules`
    are written when they are first read.
    """

    asked: Asked
    currency: str
    digest: str  # of the rule book
    lines: tuple[Line, ...]
    nights_minor: tuple[int, ...]
    net_minor: int
    taxes_minor: int
    included_taxes_minor: int
    total_minor: int
    payable_minor: int
    points_used: int
    applied: tuple[int, ...]  # positions in the file of the promotions given, in the order of the file
    sets: tuple[PricedSet, ...]  # of promotions that were compared, the one that the policy prefers first
    _made: Made = field(repr=False, compare=False)
    _catalog: Catalog = field(repr=False, compare=False)
    others: Explanation | None = None  # each room beside the first, where a coupon acts once an order

    @classmethod
    def made(cls, fields: dict[str, Any]) -> Explanation:
        """An explanation from its fields, which it keeps, without a call for each of them. Lines, nights and
        sets are not among them: they are written when somebody reads them.
        """
        found = object.__new__(cls)
        _keep(found, fields)
        return found

    if not TYPE_CHECKING:  # for a checker they are fields as all others

        def __getattr__(self, name: str) -> object:
            if name not in _WHEN_READ:
                raise AttributeError(f"an explanation has no {name!r}")
            found = self.__dict__[name] = getattr(self._made, name)()
            return found

    def beside(self, others: Explanation) -> Explanation:
        """The same explanation, of the first room of an order whose other rooms cost what `others` says."""
        return replace(self, others=others)

    @property
    def rules(self) -> tuple[RuleNote, ...]:
        """Every rule of the book by kind and in file order: whether it changed this price, and why or why not."""
        kept = self.__dict__
        found: tuple[RuleNote, ...] | None = kept.get("_rules")  # a cached_property takes a lock, which takes as long
        if found is None:
            found = kept["_rules"] = tuple(rule_notes(self._made.considered))
        return found

    @property
    def matched(self) -> tuple[RuleNote, ...]:
        """The rules that changed this price."""
        return tuple([note for note in self.rules if note.applied])

    @property
    def unmatched(self) -> tuple[RuleNote, ...]:
        """The rules that did not change this price."""
        return tuple([note for note in self.rules if not note.applied])

    def differences(self, rooms: int, told: tuple[object, ...]) -> list[str]:
        """Where a quote for some rooms differs; `told` holds its fields `TOLD`. The lines are for one room; points pay
        once, of the price of all rooms. None is agreement.
        """
        paid = self._made.considered.paid
        if rooms == 1:
            net_minor, taxes_minor, total_minor = self.net_minor, self.taxes_minor, self.total_minor
        else:
            rest = self if self.others is None else self.others
            net_minor = self.net_minor + rest.net_minor * (rooms - 1)
            taxes_minor = self.taxes_minor + rest.taxes_minor * (rooms - 1)
            total_minor = self.total_minor + rest.total_minor * (rooms - 1)
            if paid.offer is not None:
                paid = paid.offer.paid(net_minor + taxes_minor if paid.offer.after_taxes else net_minor)
        own = (net_minor, taxes_minor, total_minor, total_minor - paid.minor, paid.points, self.applied)
        if own == told:
            return []
        every = zip(TOLD, own, told, strict=True)
        return [f"{name}: explained {ours}, quoted {theirs}" for name, ours, theirs in every if ours != theirs]

    @property
    def choice(self) -> str:
        """Which sets of promotions were compared, with the amount after each; "" where there was nothing to choose."""
        if len(self.sets) < 2:
            return ""
        stacking = self._made.considered.rules.source.book.stacking
        wanted = "lowest" if stacking.policy == "guest" else "highest"
        shown = [
            f"{' + '.join(each.names) or 'none'} {amount_text(each.amount, self.currency)}"
            for each in self.sets[:_SETS_SHOWN_MAX]
        ]
        rest = len(self.sets) - len(shown)
        return f"promotions, {wanted} of: {', '.join(shown)}{f' and {rest} more sets' if rest else ''}"

    def render(self) -> list[str]:
        """The explanation as lines of text: what was asked, the amounts, the nights, the rules that did not apply."""
        texts = [f"{self.asked.title(self._catalog)}: {money(self.payable_minor, self.currency)}"]
        rows = [(_label(line), self._number(line.amount), self._number(line.running)) for line in self.lines]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for line, (label, amount, running) in zip(self.lines, rows, strict=True):
            shown = "" if line.stage in SUMS else amount
            texts.append(f"  {label:<{widths[0]}}  {shown:>{widths[1]}}  {running:>{widths[2]}}")
        if self.others is not None:
            texts.append(f"  each other room, {self._without()}: {money(self.others.total_minor, self.currency)}")
        texts.append(f"  nights as printed: {', '.join(map(self._number, self.nights_minor))}")
        if self.choice:
            texts.append(f"  {self.choice}")
        texts += [f"  not applied: {note}" for note in self.unmatched]
        return texts

    def _without(self) -> str:
        """What the first room has, and the others have not."""
        used = () if self.others is None else sorted(self.asked.asking.coupons - self.others.asked.asking.coupons)
        return f"without coupon {', '.join(used)}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON. Exact amounts that are no whole minor units are text: "1850/3"."""
        catalog, asked = self._catalog, self.asked
        row = int(catalog.product_row[asked.product_index])
        sold = self._made.considered.rules
        return {
            "hotel_id": catalog.hotel_ids[int(catalog.row_hotel[row])],
            "room_type_id": catalog.room_type_ids[row],
            "plan_id": catalog.plan_ids[asked.product_index],
            "sold_plan_id": sold.plan,
            "arrival": to_date(asked.arrival).isoformat(),
            "nights": asked.nights,
            "lead_days": asked.lead_days,
            "tier": asked.tier,
            "asking": _asking(asked),
            "currency": self.currency,
            "book_digest": self.digest,
            "net_minor": self.net_minor,
            "taxes_minor": self.taxes_minor,
            "included_taxes_minor": self.included_taxes_minor,
            "total_minor": self.total_minor,
            "payable_minor": self.payable_minor,
            "points_used": self.points_used,
            "other_rooms_minor": None if self.others is None else self.others.total_minor,
            "nights_minor": list(self.nights_minor),
            "lines": [_line(line) for line in self.lines],
            "promotions": {
                "applied": list(self.applied),
                "sets": [
                    {"positions": list(each.positions), "names": list(each.names), "amount": _exact(each.amount)}
                    for each in self.sets
                ],
            },
            "rules": [
                {"kind": note.kind, "position": note.position, "name": note.name, "applied": note.applied,
                 "reason": note.reason}
                for note in self.rules
            ],
        }  # fmt: skip

    def _number(self, amount: Fraction | int) -> str:
        return amount_text(amount, self.currency)


#: Gives an explanation its fields.
_keep: Final[Any] = Explanation.__dict__["__dict__"].__set__
_WHEN_READ: Final = ("lines", "nights_minor", "sets")


def _asking(asked: Asked) -> dict[str, Any]:
    asking = asked.asking
    return {
        "adults": asking.adults,
        "children": list(asking.children),
        "channel": asking.channel,
        "country": asking.country,
        "device": asking.device,
        "language": asking.language,
        "coupons": sorted(asking.coupons),
        "points": asking.points,
        "packages": list(asking.packages),
        "fill_bp": None if asking.fill_bp is None else list(asking.fill_bp),
        "booking_time": asking.booking_time,
        "rooms_left": asking.rooms_left,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "stage": line.stage,
        "night": None if line.night is None else line.night.isoformat(),
        "rule": line.rule,
        "detail": line.detail,
        "base": _exact(line.base),
        "factor": None if line.factor is None else str(line.factor),
        "amount": _exact(line.amount),
        "running": _exact(line.running),
    }


def _exact(amount: Fraction) -> int | str:
    return amount.numerator if amount.denominator == 1 else str(amount)


def _label(line: Line) -> str:
    """`2026-10-02 Fri  season "Golden Week" +35 %`."""
    night = f"{line.night} {WEEKDAYS[line.night.weekday()].capitalize()}  " if line.night else ""
    rule = f' "{line.rule}"' if line.rule else ""
    return f"{night}{spoken(line.stage)}{rule} {line.detail}".rstrip()
