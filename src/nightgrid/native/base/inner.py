"""How kernels that only other kernels call are compiled: no machine code of their own.

numba compiles every function twice over: to machine code that Python could call, and as code for its callers to inline.
Three quarters of our kernels are never called from Python, so the first half is wasted; leaving it out halves the time
to compile (hold: 28 s of CPU to 15). What callers get is optimised again, as a whole, in the kernel that Python calls.

numba has no option for this. Its pipeline may be given by the decorator, so nothing of the host's own numba functions
changes. With a numba whose insides are unknown, `usable()` is False and inner kernels are compiled like any other.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding
from numba.core import codegen, compiler, compiler_machinery, config, typed_passes

from nightgrid.native.base.kept import KernelCache

#: The numba releases whose insides this was tried with.
_TRIED = ("0.68.",)


def usable(version: str) -> bool:
    """Whether inner kernels can be compiled without machine code by this release of numba."""
    return version.startswith(_TRIED)


class _Library(codegen.JITCodeLibrary):  # type: ignore[misc]
    """Code to be linked into others: optimised a little, because its callers optimise it again, and never emitted."""

    def _optimize_final_module(self) -> None:
        # Loops stay as they are: one that is unrolled here is no longer vectorised well where it is called.
        tuning = binding.create_pipeline_tuning_options(speed_level=2)
        tuning.loop_unrolling = tuning.loop_interleaving = False
        tuning.loop_vectorization = tuning.slp_vectorization = False
        builder = binding.create_pass_builder(self._codegen._tm, tuning)  # noqa: SLF001
        manager = builder.getModulePassManager()
        manager.add_loop_rotate_pass()
        manager.add_instruction_combine_pass()
        manager.add_jump_threading_pass()
        if config.LLVM_REFPRUNE_PASS:
            manager.add_refprune_pass(codegen._parse_refprune_flags())  # noqa: SLF001
        manager.run(self._final_module, builder)

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def bitcode(self) -> bytes:
        """The code as LLVM keeps it between two programs."""
        return bytes(self._final_module.as_bitcode())

    @classmethod
    def of_bitcode(cls, context: Any, name: str, code: bytes) -> _Library:
        """The library of an earlier process."""
        library = cls(context.codegen(), name)
        library._final_module = binding.parse_bitcode(code)
        library._finalize_final_module()
        return library


class _Key:
    """Stands where numba expects the function pointer of a compiled kernel; it is only a key of its tables."""


@compiler_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(typed_passes.NativeLowering):  # type: ignore[misc]
    """Lower to a `_Library`, and stop before machine code."""

    _name = "nightgrid_inner_lowering"

    def run_pass(self, state: Any) -> bool:
        state.library = _Library(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        lowered = state["cr"]
        key = _Key()
        state.targetctx.insert_user_function(key, lowered.fndesc, [state.library])
        state["cr"] = lowered._replace(cfunc=key)
        return True


@compiler_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class _LoweringApart(_Lowering):
    """The same; callers call the function and do not take its code in."""

    _name = "nightgrid_apart_lowering"

    def run_pass(self, state: Any) -> bool:
        super().run_pass(state)
        module = state.library._final_module  # noqa: SLF001 - numba has no option against inlining by LLVM
        module.get_function(state["cr"].fndesc.llvm_func_name).add_function_attribute("noinline")
        return True


class InnerCompiler(compiler.CompilerBase):  # type: ignore[misc]
    """numba's usual pipeline, with `_Lowering` at its end."""

    lowering: Any = _Lowering

    def define_pipelines(self) -> list[Any]:
        """The passes of one function."""
        manager = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
        manager.passes = [
            (self.lowering if each is typed_passes.NativeLowering else each, text) for each, text in manager.passes
        ]
        manager.finalize()
        return [manager]


class ApartCompiler(InnerCompiler):
    """The same with `_LoweringApart`."""

    lowering = _LoweringApart


class InnerCache(KernelCache):
    """What of an inner kernel is kept between processes: its bitcode and what its callers need to know."""

    def reduced(self, result: Any) -> Any:
        """A compiled kernel as what can be pickled."""
        result.fndesc.typemap = result.fndesc.calltypes = None  # as numba does: they cannot be pickled
        return result.library.name, result.library.bitcode(), result.fndesc, result.signature, result.environment

    def rebuilt(self, context: Any, payload: Any) -> Any:
        """The compiled kernel again."""
        name, code, description, signature, environment = payload
        return compiler.compile_result(
            target_context=context,
            typing_context=context.typing_context,
            library=_Library.of_bitcode(context, name, code),
            environment=environment,
            entry_point=_Key(),
            fndesc=description,
            signature=signature,
            objectmode=False,
            lifted=(),
            type_annotation="",
            typing_error=None,
            call_helper=None,
            metadata=None,
            reload_init=[],
            referenced_envs=[],
        )


def keep_from_python(dispatcher: Any) -> None:
    """A call of an inner kernel from Python raises TypeError; without this it would jump to where no code is."""

    def add_overload(result: Any) -> None:
        dispatcher.overloads[tuple(result.signature.args)] = result

    def refuse(*args: Any, **kws: Any) -> Any:
        name = dispatcher.py_func.__qualname__
        raise TypeError(f"{name} is called by other kernels only; list it in base/registry.py to call it from Python")

    dispatcher.add_overload = add_overload
    dispatcher._compile_for_args = refuse  # noqa: SLF001 - what numba calls when it finds no machine code
