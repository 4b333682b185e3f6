"""The rule by which a key is found in the index of keys: slow, on paper, for one entry at a time.

The index is a list of lines of eight entries. A key is at home in the line that the upper half of its hash names,
modulo the lines of which its segment has its own; a segment's lines are those with its number modulo the segments. It
stands in its home, or in a later line of the segment if no line before that has an empty entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

EMPTY = 0
GONE = -1 << 32
LINE = 8


def _signed(word: int) -> int:
    return (word + 2**63) % 2**64 - 2**63


def key_hash(high: int, low: int) -> int:
    """splitmix64's finaliser of both words of a key, as a signed word."""
    word = ((high * 0x9E3779B97F4A7C15) ^ low) % 2**64
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    word = (word ^ word >> 27) * 0x94D049BB133111EB % 2**64
    return _signed(word ^ word >> 31)


def entry_of(high: int, low: int, slot: int) -> int:
    """What stands in the index for a key whose hold is in a slot."""
    return (key_hash(high, low) >> 32 << 32) + slot + 1


def path(entry: int, segments: int, lines_of: Callable[[int], int]) -> list[int]:
    """Lines in which a search for an entry looks, in order. lines_of(segment): lines that its segment counts with."""
    half = entry >> 32
    segment = half % segments
    lines = lines_of(segment)
    return [(half + step * segments) % lines for step in range(lines // segments)]


def faults(entries: Sequence[int], keys: dict[int, tuple[int, int]], segments: int, lines_of: Callable[[int], int]):
    """What is wrong with an index. keys: the key (two words) of every slot that has one."""
    wanted = {entry_of(*key, slot): slot for slot, key in keys.items()}
    there = [entry for entry in entries if entry & 0xFFFFFFFF]
    said = [f"{entry:#x} stands there {there.count(entry)} times" for entry in set(there) if there.count(entry) > 1]
    said += [f"{entry:#x} names slot {(entry & 0xFFFFFFFF) - 1}, not its key" for entry in set(there) - set(wanted)]
    for entry, slot in wanted.items():
        for line in path(entry, segments, lines_of):
            of_it = entries[line * LINE : (line + 1) * LINE]
            if entry in of_it:
                break
            if EMPTY in of_it:
                said.append(f"the key of slot {slot} is not found")
                break
        else:
            said.append(f"the key of slot {slot} is nowhere")
    return said


def recount(entries: Sequence[int], keys: dict[int, tuple[int, int]], segments: int, lines_of: Callable[[int], int]):
    """(slots whose key a search does not find; places of entries that no search for a slot's key ends at)."""
    found = {}
    for slot, key in keys.items():
        entry = entry_of(*key, slot)
        for line in path(entry, segments, lines_of):
            of_it = entries[line * LINE : (line + 1) * LINE]
            if entry in of_it:
                found[slot] = line * LINE + of_it.index(entry)
                break
            if EMPTY in of_it:
                break
    filled = {place for place, entry in enumerate(entries) if entry & 0xFFFFFFFF}
    return set(keys) - set(found), filled - set(found.values())
