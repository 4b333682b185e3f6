"""What a slot says, kept until a change of several of its words is published: who dies between them tears nothing.

A change writes the slot, then publishes. Where one word changes, a slot that somebody died in says what was before or
what comes after. Where several do, all that they may change are written down first, and the note is taken away once the
change is published. `settle.settle_slots` finds the notes of the dead: where the ring has no later record of the hold,
the change was not published, and the slot becomes what it was. A hotel has room for one note, used under its lock; the
lines of a cart have one each, used under the counter lock that every cart holds.
"""

from __future__ import annotations

from typing import Final

from nightgrid.native.base.atomics import store_word
from nightgrid.native.base.jit import kernel
from nightgrid.native.store import layout as at
from nightgrid.native.store import steps
from nightgrid.native.store.views import images_of, quotes_of, slots_of

#: Which word of the slot each word of an image is.
_WORDS: Final = (
    (at.I_LSN, at.W_LSN),
    (at.I_STATE, at.W_STATE),
    (at.I_PLACE, at.W_PLACE),
    (at.I_STAY, at.W_STAY),
    (at.I_DEADLINE_MS, at.W_DEADLINE_MS),
    (at.I_PREVIOUS, at.W_PREVIOUS),
    (at.I_VALUE, at.W_VALUE),
    (at.I_SCOPE, at.W_SCOPE),
)


@kernel
def image_of_line(store, line):
    """The image of a line of a cart; that of a hotel is the hotel's index."""
    return store[at.H_HOTELS] + line


@kernel
def keep_image(store, image, slot):
    """Note what a slot says; the caller has the lock of the image and of the slot's hotel."""
    images = images_of(store)
    slots = slots_of(store)
    quotes = quotes_of(store)
    base = image * at.I_WORDS
    for of_image, of_slot in _WORDS:
        images[base + of_image] = slots[slot * at.W_WORDS + of_slot]
    images[base + at.I_QUOTE] = quotes[slot * at.B_WORDS + at.B_QUOTE]
    images[base + at.I_VERSION] = quotes[slot * at.B_WORDS + at.B_VERSION]
    steps.step(store, steps.POINT_SLOT)
    store_word(images, base + at.I_SLOT, slot + 1)
    steps.step(store, steps.POINT_SLOT)


@kernel
def drop_image(store, image):
    """The change is published: its slot says what it says."""
    store_word(images_of(store), image * at.I_WORDS + at.I_SLOT, 0)


@kernel
def restore_image(store, image):
    """Make the slot of an image what it was; True if it was anything else. The list that it stands in is not mended."""
    images = images_of(store)
    slots = slots_of(store)
    quotes = quotes_of(store)
    base = image * at.I_WORDS
    slot = images[base + at.I_SLOT] - 1
    ended = images[base + at.I_STATE] & at.STATE_ENDED != 0
    differs = False
    for of_image, of_slot in _WORDS:
        if of_slot != at.W_PREVIOUS or ended:  # of a live slot it is a link
            word = slots[slot * at.W_WORDS + of_slot]
            differs = differs or word != images[base + of_image]
            store_word(slots, slot * at.W_WORDS + of_slot, images[base + of_image])
    quotes[slot * at.B_WORDS + at.B_QUOTE] = images[base + at.I_QUOTE]
    quotes[slot * at.B_WORDS + at.B_VERSION] = images[base + at.I_VERSION]
    return differs
