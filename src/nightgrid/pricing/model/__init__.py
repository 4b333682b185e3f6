"""What an author writes: the rule book. One model for TOML, JSON and Python; every meaning is in docs/rules.md.

The classes hold the author's form: names, percents, dates. `compile.py` turns it into dense tables, `explain/` into
sentences. All objects are immutable. `load_book` in parse.py is the door that reports all mistakes at once.
"""

from nightgrid.pricing.checks import book_problems
from nightgrid.pricing.model.book import RuleBook
from nightgrid.pricing.model.extras import Brackets, Package, Points, PointsRate, Tax, TaxRounding
from nightgrid.pricing.model.judging import Part
from nightgrid.pricing.model.nights import Bounds, Demand, Derived, Season
from nightgrid.pricing.model.parts import (
    SCOPE_KEYS,
    Applies,
    DateRange,
    FreeNightsOffer,
    HourWindow,
    LeadWindow,
    Limits,
    NightsWindow,
    OfferConditions,
    RoomsWindow,
    Rule,
    Weekday,
    Where,
    days_of,
    read_holiday,
)
from nightgrid.pricing.model.pipeline import (
    NIGHT_STAGES,
    PERCENT_STAGES,
    STAGE_KINDS,
    STAY_STAGES,
    Pipeline,
    Policy,
    Rounding,
    RoundTo,
    Stage,
)
from nightgrid.pricing.model.promotions import (
    DISCOUNT_KINDS,
    NightPercent,
    NthNight,
    Promotion,
    Stacking,
    Threshold,
)
from nightgrid.pricing.model.stay_bounds import StayBounds
from nightgrid.pricing.model.stay_prices import LengthPrice, StayPrices
from nightgrid.pricing.model.stays import (
    TIER_CHANGES,
    ChildBand,
    CurvePoint,
    ExtraGuests,
    FreeNights,
    LeadBand,
    LeadTime,
    LengthBand,
    LengthOfStay,
    MemberTier,
)
from nightgrid.pricing.model.tables import BEST_OF_KINDS, PUBLIC_TIER, RULE_KINDS, RULES_MAX, DatedRate, Header

__all__ = [
    "BEST_OF_KINDS", "DISCOUNT_KINDS", "NIGHT_STAGES", "PERCENT_STAGES", "PUBLIC_TIER", "RULES_MAX", "RULE_KINDS",
    "SCOPE_KEYS", "STAGE_KINDS", "STAY_STAGES", "TIER_CHANGES",
    "Applies", "Bounds", "Brackets", "ChildBand", "CurvePoint", "DateRange", "DatedRate", "Demand", "Derived",
    "ExtraGuests", "FreeNights", "FreeNightsOffer", "Header", "HourWindow", "LeadBand", "LeadTime", "LeadWindow",
    "LengthBand", "LengthOfStay", "LengthPrice", "Limits", "MemberTier", "NightPercent", "NightsWindow", "NthNight",
    "OfferConditions", "Package", "Part", "Pipeline", "Points", "PointsRate", "Policy", "Promotion", "RoomsWindow",
    "RoundTo", "Rounding", "Rule", "RuleBook", "Season", "Stacking", "Stage", "StayBounds", "StayPrices", "Tax",
    "TaxRounding", "Threshold", "Weekday", "Where",
    "book_problems", "days_of", "read_holiday",
]  # fmt: skip
