"""The inner loops as machine code: compiled once by `prepare` and kept, so that no query waits for a compiler.

numba compiles `kernels.py`, LLVM writes an object file of a few kilobytes, and that is all that is loaded later:
without numba, in some milliseconds, by any number of processes, from a folder that need not be writable. The file's
name says what it was made from and for which processor; another processor or version compiles its own. Where nothing
can be compiled, NumPy compares instead (`flat.py`), slowly and with the same answers.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from platformdirs import user_cache_path

from safelight import logs

_TAKES: Final = {
    "count_keys": 5,
    "place_entries": 7,
    "keys_of": 4,
    "search_band": 17,
    "compare_all": 10,
    "differences": 8,
}
"""The functions, and how many `uint64` each takes."""
_PREFIX: Final = "safelight_"
_DIGEST: Final = 32
_SOURCES: Final = ("kernels.py", "probes.py", "room.py", "instructions.py", "compiled.py")
_lock = threading.Lock()
_made: list[Kernels | None] = []


@dataclass(frozen=True, slots=True)
class Kernels:
    """The functions of `kernels.py`; each takes integers and addresses, lets other threads run, and returns one."""

    count_keys: Callable[..., int]
    place_entries: Callable[..., int]
    keys_of: Callable[..., int]
    search_band: Callable[..., int]
    compare_all: Callable[..., int]
    differences: Callable[..., int]


def kernels(*, compile: bool) -> Kernels | None:
    """The compiled functions; None where they are not prepared and `compile` is false, or cannot be compiled.

    Compiling takes some seconds: ask for it where the work would take longer.
    """
    with _lock:
        if _made:
            return _made[0]
        found = _kept()
        if found is None and compile:
            found = _load(made) if (made := _object()) is not None and _keep(made) else None
        if found is not None or compile:
            _made.append(found)
        return found


def prepare() -> str | None:
    """Compile and keep the functions for this processor; called at set-up, harmless again.

    Returns why that cannot be, and None where they are there.
    """
    if kernels(compile=True) is None:
        return "the loops of the PDQ index cannot be compiled here; NumPy is used, which is slow"
    return None


def prepared() -> bool:
    """Are they there for this processor? Then no query waits for a compiler."""
    return kernels(compile=False) is not None


def _folders() -> tuple[Path, Path]:
    """Where the object file is looked for, and where it is kept: the first that can be written."""
    return Path(__file__).with_name("__pycache__"), user_cache_path("safelight") / "pdqindex"


@cache
def _name() -> str:
    """The file's name: a digest of what the code is made from and for which processor."""
    import llvmlite.binding as llvm

    parts = [llvm.get_process_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    parts += [f"{name} {version(name)}" for name in ("numba", "llvmlite")]
    sources = [Path(__file__).with_name(name).read_bytes() for name in _SOURCES]
    digest = hashlib.sha256(b"\n".join(["\n".join(parts).encode(), *sources]))
    return f"kernels-{digest.hexdigest()[:24]}.o"


def _kept() -> Kernels | None:
    """What an earlier `prepare` has kept, if it is whole."""
    try:
        name = _name()
    except (ImportError, PackageNotFoundError, OSError) as error:
        logs.warning("pdq index not compiled", cause=type(error).__name__)
        return None
    for folder in _folders():
        try:
            data = (folder / name).read_bytes()
        except OSError:
            continue
        if data[:_DIGEST] == hashlib.sha256(data[_DIGEST:]).digest():
            return _load(data[_DIGEST:])
    return None


def _keep(made: bytes) -> bool:
    """Keep an object file for later processes, whole or not at all; it is used now either way."""
    for folder in _folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder, prefix=".kernels.")
        except OSError:
            continue
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(hashlib.sha256(made).digest() + made)
            temporary.chmod(0o644)
            temporary.replace(folder / _name())
        except OSError:
            temporary.unlink(missing_ok=True)
            continue
        return True
    return True


def _object() -> bytes | None:
    """Compile the functions into one object file; None where that fails, which is logged."""
    try:
        import llvmlite.binding as llvm
        import numba
        from numba import types

        from safelight.matching.pdqindex.kernels import FUNCTIONS

        machine = _machine(llvm)
        whole = llvm.parse_assembly("")
        for name, function in FUNCTIONS.items():
            signature = types.uint64(*[types.uint64] * _TAKES[name])
            compiled = numba.cfunc(signature, error_model="numpy")(function)
            module = llvm.parse_assembly(compiled.inspect_llvm())
            for one in list(module.functions):
                if one.name == compiled.native_name:
                    # The way in from C, which reports errors to Python: unused, since there are none.
                    one.linkage = "internal"
                elif f"cfunc.{one.name}" == compiled.native_name:
                    one.name = _PREFIX + name
            whole.link_in(module)
        passes = llvm.create_new_module_pass_manager()
        passes.add_global_dead_code_eliminate_pass()
        passes.run(whole, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))
        missing = [
            one.name for one in whole.functions if one.is_declaration and not one.name.startswith("llvm.")
        ]
        if missing:
            raise RuntimeError(f"the compiled code asks for {', '.join(missing)}")
        emitted: bytes = machine.emit_object(whole)
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        logs.warning("pdq index not compiled", cause=type(error).__name__)
        return None
    return emitted


def _machine(llvm: Any) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, reloc="pic"
    )


def _load(made: bytes) -> Kernels | None:
    """Make an object file callable."""
    try:
        import llvmlite.binding as llvm

        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine(llvm))
        engine.add_object_file(llvm.ObjectFileRef.from_data(made))
        engine.finalize_object()
        return Kernels(**{name: _callable(engine, name, takes) for name, takes in _TAKES.items()})
    except (ImportError, RuntimeError, OSError) as error:
        logs.warning("pdq index not loaded", cause=type(error).__name__)
        return None


def _callable(engine: Any, name: str, takes: int) -> Callable[..., int]:
    """A function of the object file: its result comes through a pointer, its errors (it has none) through another."""
    word = ctypes.c_uint64
    kind = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.POINTER(word), ctypes.c_void_p, *[word] * takes)
    address = engine.get_function_address(_PREFIX + name)
    if not address:
        raise RuntimeError(f"{name} is not in the compiled file")
    function = kind(address)

    def call(*arguments: int) -> int:
        result = word(0)
        if status := function(ctypes.byref(result), None, *arguments):
            raise RuntimeError(f"{name} ended with status {status}")
        return result.value

    call.engine = engine  # type: ignore[attr-defined]  # the code lives as long as its engine
    return call
