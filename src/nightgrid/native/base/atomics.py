"""Words that several threads (later: processes) change: every access goes through these intrinsics.

numba has no atomics for the CPU (its issue 2988), and LLVM hoists plain loads out of loops, so a plain
read of a shared word may never see a change. All words are int64, aligned to 8 bytes; `words` is a one-dimensional
C-contiguous int64 array and the caller has checked `index`. Loads acquire, stores release, changes do both.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from nightgrid.native.base.jit import kernel


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    if array_type.dtype not in (types.int64, types.uint64) or array_type.layout != "C" or array_type.ndim != 1:
        raise TypeError(f"atomic words must be a C-contiguous int64 vector, not {array_type}")
    return builder.gep(context.make_array(array_type)(context, builder, array).data, [index])


@intrinsic
def load_word(typing_context, words, index):
    """Atomic load of `words[index]`."""

    def generate(context, builder, signature, args):
        return builder.load_atomic(_pointer(context, builder, signature.args[0], args[0], args[1]), "acquire", 8)

    return types.int64(words, types.intp), generate


@intrinsic
def store_word(typing_context, words, index, value):
    """Atomic store of `value` to `words[index]`."""

    def generate(context, builder, signature, args):
        builder.store_atomic(args[2], _pointer(context, builder, signature.args[0], args[0], args[1]), "release", 8)
        return context.get_dummy_value()

    return types.void(words, types.intp, types.int64), generate


@intrinsic
def swap_word(typing_context, words, index, expected, value):
    """Compare and swap: set `words[index]` to `value` if it is `expected`; True if it was."""

    def generate(context, builder, signature, args):
        pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
        result = builder.cmpxchg(pointer, args[2], args[3], "acq_rel", "acquire")
        return builder.extract_value(result, 1)

    return types.boolean(words, types.intp, types.int64, types.int64), generate


def _read_modify_write(operation):
    def typed(typing_context, words, index, value):
        def generate(context, builder, signature, args):
            pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
            return builder.atomic_rmw(operation, pointer, args[2], "acq_rel")

        return types.int64(words, types.intp, types.int64), generate

    return intrinsic(typed)


#: `add_word(words, index, value)` and the others return the word as it was before.
add_word = _read_modify_write("add")
and_word = _read_modify_write("and")
or_word = _read_modify_write("or")
#: Set the word to the smaller of itself and the value.
lower_word = _read_modify_write("min")


def _prefetch(locality, writing=0):
    def typed(typing_context, array, index):
        def generate(context, builder, signature, args):
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            pointer = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(8).as_pointer())
            word = ir.IntType(32)
            name = "llvm.prefetch.p0" if str(pointer.type) == "ptr" else "llvm.prefetch.p0i8"
            function = builder.module.globals.get(name)
            if function is None:
                function_type = ir.FunctionType(ir.VoidType(), [pointer.type, word, word, word])
                function = ir.Function(builder.module, function_type, name)
            builder.call(function, [pointer, word(writing), word(locality), word(1)])
            return context.get_dummy_value()

        return types.void(array, types.intp), generate

    return intrinsic(typed)


#: Ask for the cache line of `array[index]` (flat index of a C-contiguous array). Never faults. Into the first cache,
#: for what is read next; or into the second one, for what is needed some hundred nanoseconds from now: the first cache
#: waits for few lines at a time (24 where this was measured), and with nine lines a hold that alone was a third of the
#: time.
prefetch_reading = _prefetch(3)
prefetch_item = _prefetch(2)
#: The same as `prefetch_reading`, and takes the line from other cores, for words that are locked next: a line that is
#: only shared has to be taken from them while the locked instruction waits.
prefetch_writing = _prefetch(3, 1)


@intrinsic
def fence(typing_context):
    """No load that stands before it is done after one that stands behind it. No instruction on x86."""

    def generate(context, builder, signature, args):
        builder.fence("acquire")
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def full_fence(typing_context):
    """All that this thread stored, past the caches too (`marked.stream_line`), is there before what it does next."""

    def generate(context, builder, signature, args):
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def pause(typing_context):
    """Tell the CPU that this is a spin loop; nothing on machines other than x86."""

    def generate(context, builder, signature, args):
        if builder.module.triple.startswith(("x86_64", "i386", "i686")):
            function_type = ir.FunctionType(ir.VoidType(), [])
            function = builder.module.globals.get("llvm.x86.sse2.pause")
            if function is None:
                function = ir.Function(builder.module, function_type, "llvm.x86.sse2.pause")
            builder.call(function, [])
        return context.get_dummy_value()

    return types.void(), generate


_yield_processor = types.ExternalFunction("sched_yield", types.int32())
_SPINS_BEFORE_YIELD = 64


@kernel
def acquire(words, index):
    """Take the lock word `words[index]` (0 free, 1 taken). Spins briefly, then gives up its time slice.

    Critical sections are well under a microsecond, so waiting in the kernel would cost more than the section. Who waits
    only reads: a swap that fails takes the cache line away from the owner, who often writes to it (Rudolph and Segall,
    1984: test and test-and-set). The order in which locks may be taken is stated once, in `native/store/layout.py`.
    """
    spins = 0
    while not swap_word(words, index, 0, 1):
        while load_word(words, index) != 0:
            spins += 1
            if spins < _SPINS_BEFORE_YIELD:
                pause()
            else:
                _yield_processor()


@kernel
def acquire_unless(words, index, busy):
    """Take the lock word `words[index]` as `acquire`, but do not wait while `words[busy]` is set: True if taken."""
    spins = 0
    while not swap_word(words, index, 0, 1):
        while load_word(words, index) != 0:
            if load_word(words, busy) != 0:
                return False
            spins += 1
            if spins < _SPINS_BEFORE_YIELD:
                pause()
            else:
                _yield_processor()
    return True


@kernel
def release(words, index):
    """Give the lock word `words[index]` back. The caller holds it."""
    store_word(words, index, 0)
