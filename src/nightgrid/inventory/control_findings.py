"""What is wrong with the counts of the selling controls, in sentences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nightgrid.inventory.inventory import Inventory
from nightgrid.native.store import layout as at
from nightgrid.native.upkeep import audit_controls as audit

_FINDINGS_MAX = 1000
_TEXTS = {
    audit.FINDING_CAP: ("cap", "{found} rooms count for a cap, live holds have {wanted}"),
    audit.FINDING_QUOTA: ("cap", "{found} rooms count for a quota, live holds and what it keeps make {wanted}"),
    audit.FINDING_BLOCK: ("block", "{found} rooms count as picked up, live holds have {wanted}"),
    audit.FINDING_COUNTER: ("counter", "{found} units are used, there should be {wanted}"),
    audit.FINDING_OPEN_HOLDS: ("open_holds", "{found} open holds are counted, there are {wanted}"),
    audit.FINDING_CONTROLS: ("control", "it is noted wrong whether the room type has selling controls"),
}
_OF_COUNTERS = (audit.FINDING_COUNTER, audit.FINDING_OPEN_HOLDS)


@dataclass(frozen=True, slots=True)
class CellFinding:
    """One thing that is wrong: its kind, row and night (ordinal, 0 = none), and a sentence.

    row is -1 where a whole hotel is meant, or, with hotel -1 too, the whole store; subject is the control or counter
    that is meant, -1 = none.
    """

    kind: str
    row: int
    night: int
    text: str
    hotel: int = -1
    subject: int = -1


class ControlAudit:
    """The recount of the selling controls. Made while every hotel is locked, read afterwards."""

    def __init__(self, inventory: Inventory) -> None:
        used, counted = inventory.count_controls()
        out = np.zeros((_FINDINGS_MAX, 5), np.int64)
        count = audit.audit_controls(inventory.table, used, counted, inventory.n_channels, out)
        self._found = out[: min(count, _FINDINGS_MAX)].tolist()
        self._controls = inventory.control_words()
        self._window = inventory.window

    @property
    def is_right(self) -> bool:
        """True if nothing differs."""
        return not self._found

    def findings(self) -> list[CellFinding]:
        """What differs, at most about a thousand findings; of a control its first room type or its hotel is named."""
        result = []
        for kind, subject, column, found, wanted in self._found:
            name, text = _TEXTS[kind]
            sentence = text.format(found=found, wanted=wanted)
            if kind in _OF_COUNTERS:
                result.append(CellFinding(name, -1, 0, sentence, subject=subject))
            elif kind == audit.FINDING_CONTROLS:
                result.append(CellFinding(name, subject, 0, sentence))
            else:
                owner = int(self._controls[subject, at.T_OWNER])
                of_hotel = bool(self._controls[subject, at.T_LEVEL])
                row, hotel = (-1, owner) if of_hotel else (owner, -1)
                result.append(CellFinding(name, row, self._window.night_of(column), sentence, hotel, subject))
        return result
