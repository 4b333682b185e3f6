"""What LLVM cannot know, as which steps are rare, and what numba has no word for, as the bits of a word."""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic


@intrinsic
def stay_apart(typing_context):
    """At the top of a kernel: its machine code is not put into its callers, because it is rarely needed there.

    LLVM puts small steps, and all that are called from one place, into their callers and then computes ahead what it
    can. In the loop of `hold_many` the rare ways of a hold took a third of the time, without being gone.
    """

    def generate(context, builder, signature, args):
        attributes = builder.function.attributes
        attributes.discard("alwaysinline")  # numba hands the option of an inlined caller on to what it calls
        attributes.add("noinline")
        attributes.add("cold")
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def first_bit(typing_context, word):
    """Position of the lowest bit that is set in an int64; 64 for zero."""

    def generate(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), generate


@intrinsic
def bit_count(typing_context, word):
    """How many bits of an int64 are set."""

    def generate(context, builder, signature, args):
        return builder.ctpop(args[0])

    return types.int64(types.int64), generate
