"""Single instructions for the loops of the PDQ index: reading and writing at an address, prefetching, counting bits.

Each is LLVM code that numba puts where it is called. Addresses and numbers are `uint64`. Imports numba (`kernels.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_BITS64: Final = ir.IntType(64)


def _loading(bits: int) -> Callable[..., Any]:
    """A function that reads an unsigned number of `bits` bits, little-endian, at an address of any alignment."""
    narrow = ir.IntType(bits)

    def typing(_context: Any, _address: Any) -> Any:
        def code(_codegen: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], narrow.as_pointer())
            loaded = builder.load(pointer, align=1)
            return loaded if bits == 64 else builder.zext(loaded, _BITS64)

        return types.uint64(types.uint64), code

    return typing


def _storing(bits: int) -> Callable[..., Any]:
    narrow = ir.IntType(bits)

    def typing(_context: Any, _address: Any, _value: Any) -> Any:
        def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], narrow.as_pointer())
            value = arguments[1] if bits == 64 else builder.trunc(arguments[1], narrow)
            builder.store(value, pointer, align=1)
            return context.get_dummy_value()

        return types.void(types.uint64, types.uint64), code

    return typing


def _prefetching(_context: Any, _address: Any) -> Any:
    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
        i32 = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, i32, i32, i32])
        function = builder.module.globals.get("llvm.prefetch.p0") or ir.Function(
            builder.module, kind, "llvm.prefetch.p0"
        )
        builder.call(function, [pointer, i32(0), i32(3), i32(1)])  # to read, near, data
        return context.get_dummy_value()

    return types.void(types.uint64), code


def _word(_context: Any, _base: Any, _index: Any) -> Any:
    def code(_codegen: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        # Base and index apart, so that LLVM sees a loop over an array, and makes vector instructions of it.
        base = builder.inttoptr(arguments[0], _BITS64.as_pointer())
        return builder.load(builder.gep(base, [arguments[1]], source_etype=_BITS64), align=8)

    return types.uint64(types.uint64, types.uint64), code


def _counting(_context: Any, _word: Any) -> Any:
    def code(_codegen: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code


def _swapping(_context: Any, _word: Any) -> Any:
    def code(_codegen: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bswap(arguments[0])

    return types.uint64(types.uint64), code


load8: Any = intrinsic(_loading(8))
load32: Any = intrinsic(_loading(32))
load64: Any = intrinsic(_loading(64))
store16: Any = intrinsic(_storing(16))
store32: Any = intrinsic(_storing(32))
store64: Any = intrinsic(_storing(64))
prefetch: Any = intrinsic(_prefetching)
popcount: Any = intrinsic(_counting)
word_of: Any = intrinsic(_word)
swapped: Any = intrinsic(_swapping)
