"""Which verb applies to a hold in which state, and what is answered where it does not: the life cycle as one table.

held -> booked -> checked in -> checked out       held -> released | expired
booked -> cancelled | no show
"""

from __future__ import annotations

from typing import Final

from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.outcomes import Outcome

VERB_CONFIRM: Final = 0
VERB_RELEASE: Final = 1
VERB_CANCEL: Final = 2
VERB_EXTEND: Final = 3
VERB_CHECK_IN: Final = 4
VERB_CHECK_OUT: Final = 5
VERB_NO_SHOW: Final = 6
VERB_DEPART: Final = 7
VERB_AMEND: Final = 8

_OK = int(Outcome.OK)
_EXISTS = int(Outcome.EXISTS)
_ALREADY_CONFIRMED = int(Outcome.ALREADY_CONFIRMED)
_ALREADY_RELEASED = int(Outcome.ALREADY_RELEASED)
_ALREADY_CANCELLED = int(Outcome.ALREADY_CANCELLED)
_EXPIRED = int(Outcome.EXPIRED)
_NOT_CONFIRMED = int(Outcome.NOT_CONFIRMED)
_ALREADY_CHECKED_IN = int(Outcome.ALREADY_CHECKED_IN)
_ALREADY_CHECKED_OUT = int(Outcome.ALREADY_CHECKED_OUT)
_ALREADY_NO_SHOW = int(Outcome.ALREADY_NO_SHOW)
_NOT_CHECKED_IN = int(Outcome.NOT_CHECKED_IN)


@kernel
def state_code(state):
    """What a state is called where a verb cannot change it any more."""
    if state == at.STATE_HELD:
        return _NOT_CONFIRMED
    if state == at.STATE_RELEASED:
        return _ALREADY_RELEASED
    if state == at.STATE_CANCELLED:
        return _ALREADY_CANCELLED
    if state == at.STATE_EXPIRED:
        return _EXPIRED
    if state == at.STATE_CHECKED_IN:
        return _ALREADY_CHECKED_IN
    if state == at.STATE_CHECKED_OUT:
        return _ALREADY_CHECKED_OUT
    return _ALREADY_NO_SHOW if state == at.STATE_NO_SHOW else _ALREADY_CONFIRMED


@kernel
def _done_by(verb):
    """The state that a verb leads to, -1 if it leads to none of its own."""
    if verb == VERB_CONFIRM:
        return at.STATE_BOOKED
    if verb == VERB_RELEASE:
        return at.STATE_RELEASED
    if verb == VERB_CANCEL:
        return at.STATE_CANCELLED
    if verb == VERB_CHECK_IN:
        return at.STATE_CHECKED_IN
    if verb == VERB_CHECK_OUT:
        return at.STATE_CHECKED_OUT
    return at.STATE_NO_SHOW if verb == VERB_NO_SHOW else -1


@kernel
def applies(state, verb):
    """True if a verb changes a hold in a live state."""
    if state == at.STATE_HELD:
        return verb == VERB_CONFIRM or verb == VERB_RELEASE or verb == VERB_EXTEND or verb == VERB_AMEND
    if state == at.STATE_BOOKED:
        return (
            verb == VERB_CANCEL
            or verb == VERB_CHECK_IN
            or verb == VERB_NO_SHOW
            or verb == VERB_DEPART
            or verb == VERB_AMEND
        )
    if state == at.STATE_CHECKED_IN:
        return verb == VERB_CHECK_OUT or verb == VERB_DEPART or verb == VERB_AMEND
    return False


@kernel
def verb_code(state, verb, ended):
    """What a verb answers for a hold in a state: OK if it applies, else why not. `ended`: it takes no rooms now."""
    if not ended and applies(state, verb):
        return _OK
    if state == _done_by(verb):
        return _EXISTS
    if state == at.STATE_BOOKED and verb == VERB_CHECK_OUT:
        return _NOT_CHECKED_IN
    of_a_hold = verb == VERB_CONFIRM or verb == VERB_RELEASE or verb == VERB_EXTEND
    stays = state == at.STATE_CHECKED_IN or state == at.STATE_CHECKED_OUT or state == at.STATE_NO_SHOW
    if of_a_hold and (stays or state == at.STATE_BOOKED):
        return _ALREADY_CONFIRMED
    return state_code(state)
