"""Reading the ring of records while others write it: a record is copied, and looked at again."""

from __future__ import annotations

from nightgrid.native.base.atomics import fence, load_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store.views import records_of


@kernel
def copied(store, lsn, record):
    """Copy a record of the ring: record (D_WORDS) int64 [out]; False where the ring has passed over it."""
    records = records_of(store)
    base = ((lsn - 1) & (store[at.H_RECORDS] - 1)) * at.D_WORDS
    if load_word(records, base + at.D_LSN) != lsn:
        return False
    for word in range(at.D_WORDS):
        record[word] = records[base + word]
    fence()
    return load_word(records, base + at.D_LSN) == lsn


@kernel
def moves_nothing(kind):
    """Whether after a record of a kind as many rooms are free as before, on every night."""
    restricts = kind == at.RECORD_RESTRICTIONS or kind == at.RECORD_RESTRICTIONS_RELOAD
    return restricts or kind == at.RECORD_EXTEND or kind == at.RECORD_CHECK_IN or kind == at.RECORD_REQUEST


@kernel
def says_before(kind):
    """Whether a record of a kind says where the stay was before (D_OLD_PLACE, D_OLD_STAY)."""
    moving = kind == at.RECORD_CONFIRM or kind == at.RECORD_CHECK_OUT or kind == at.RECORD_NO_SHOW
    return moving or kind == at.RECORD_DEPART or kind == at.RECORD_AMEND
