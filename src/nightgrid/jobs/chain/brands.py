"""The generated chain's brands and room types. All names are invented."""

from __future__ import annotations

from typing import Final, NamedTuple

LEVELS: Final = ("economy", "midscale", "upscale", "luxury")


class Brand(NamedTuple):
    """A brand: its level (position in LEVELS), weight within the level, and a standard room in Chinese yuan."""

    name: str
    group: str
    level: int
    weight: int
    price_yuan: int
    resorts_only: bool = False


class RoomTemplate(NamedTuple):
    """A kind of room: price in per mille of the standard room, share of the house, rank by level (0 comes first)."""

    code: str
    name: str
    guests_max: int
    price_permille: int
    share: int
    ranks: tuple[int, int, int, int]


BRANDS: Final = (
    Brand("Paper Lantern", "Lantern Road", 0, 50, 185),
    Brand("Sparrow Inn", "Lantern Road", 0, 35, 165),
    Brand("Day Ferry", "Northern Pine", 0, 15, 205),
    Brand("Plum Gate", "Lantern Road", 1, 40, 310),
    Brand("Tea Courtyard", "Lantern Road", 1, 25, 345),
    Brand("Copper Tram", "Northern Pine", 1, 20, 380),
    Brand("Harbour Lane", "Stone Harbour", 1, 15, 410),
    Brand("Heron Park", "Stone Harbour", 2, 40, 620),
    Brand("Stone Terrace", "Stone Harbour", 2, 30, 700),
    Brand("Maple Quay", "Northern Pine", 2, 30, 660),
    Brand("Palm Lagoon", "Stone Harbour", 2, 120, 880, resorts_only=True),
    Brand("House of Cranes", "Stone Harbour", 3, 60, 1480),
    Brand("Ninth Cloud", "Northern Pine", 3, 40, 1850),
)
#: Hotels by level in per mille: in Chinese cities, in cities elsewhere, in resorts.
LEVEL_MIX: Final = {"CN": (460, 370, 145, 25), "other": (260, 440, 240, 60), "resort": (160, 330, 370, 140)}
#: Stars and rating (of 5) in tenths, and the typical size of a house in rooms.
LEVEL_STARS: Final = (20, 30, 40, 50)
LEVEL_RATING: Final = (42, 44, 46, 48)
LEVEL_ROOMS: Final = (44, 52, 92, 110)

ROOM_TEMPLATES: Final = (
    RoomTemplate("SGL", "Single", 1, 820, 10, (4, 7, 12, 13)),
    RoomTemplate("STD", "Standard Queen", 2, 1000, 34, (0, 0, 3, 12)),
    RoomTemplate("TWN", "Standard Twin", 2, 1030, 30, (1, 1, 4, 11)),
    RoomTemplate("DLX", "Deluxe King", 2, 1220, 22, (2, 2, 0, 0)),
    RoomTemplate("DLT", "Deluxe Twin", 2, 1250, 18, (5, 3, 1, 1)),
    RoomTemplate("BIZ", "Business King", 2, 1320, 12, (7, 4, 2, 4)),
    RoomTemplate("TRP", "Triple", 3, 1380, 8, (3, 6, 9, 10)),
    RoomTemplate("FAM", "Family", 4, 1560, 8, (6, 5, 6, 6)),
    RoomTemplate("CLB", "Club King", 2, 1680, 8, (11, 10, 5, 3)),
    RoomTemplate("JST", "Junior Suite", 3, 1950, 5, (8, 8, 7, 2)),
    RoomTemplate("STE", "Suite", 3, 2500, 3, (9, 9, 8, 5)),
    RoomTemplate("FMS", "Family Suite", 5, 2750, 3, (10, 11, 10, 7)),
    RoomTemplate("VIL", "Villa", 6, 4200, 2, (12, 12, 11, 8)),
    RoomTemplate("PRS", "Presidential Suite", 4, 6500, 1, (13, 13, 13, 9)),
)
#: Price of the second plan, prepaid and not refundable, in per mille of the first.
SAVER_PERMILLE: Final = 880
#: Second halves of hotel names.
LANDMARKS: Final = (
    "Railway Station", "Riverside", "Museum", "University", "Old Market", "North Gate", "Park", "Exhibition Centre",
    "Drum Tower", "Lakeside", "Garden", "Central", "Hospital", "Stadium", "Opera", "Airport Road",
)  # fmt: skip
