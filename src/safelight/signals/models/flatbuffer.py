"""Read just enough of a TensorFlow Lite file (a flatbuffer) to convert a network: tensors and operators.

Source: the TensorFlow Lite schema (schema.fbs, version 3); field numbers below are its own.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from safelight.errors import FormatError

_OPERATORS = {
    0: "ADD",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    17: "MAX_POOL_2D",
    19: "RELU",
    22: "RESHAPE",
    34: "PAD",
}
_TYPES: Mapping[int, str] = {0: "<f4", 1: "<f2", 2: "<i4"}


@dataclass(frozen=True, slots=True)
class Operator:
    """One step: its kind, the numbers of its tensors, and what convolutions and pools need beside them."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    same: bool
    """Padding as TensorFlow's `SAME`; else `VALID`."""
    strides: tuple[int, int]
    """Rows, columns."""
    window: tuple[int, int]
    """Rows, columns, of a pool."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A network: operators in order, tensors by number; `constants` holds those that have data."""

    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    constants: Mapping[int, NDArray[np.float32] | NDArray[np.int32]]


def read_graph(data: bytes) -> Graph:
    """Read the first subgraph of a `.tflite` file.

    Raises:
        FormatError: it is none, or uses an operator or type that is not known here.
    """
    if data[4:8] != b"TFL3":
        raise FormatError("this is not a TensorFlow Lite file")
    try:
        return _graph(_Table(data, _uint(data, 0)), data)
    except (struct.error, IndexError, KeyError, ValueError) as error:
        raise FormatError(f"the TensorFlow Lite file cannot be read: {error!r}") from error


def _graph(model: _Table, data: bytes) -> Graph:
    codes = [max(code.byte(0), code.number(3)) for code in model.tables(1)]
    buffers = model.tables(4)
    subgraph = model.tables(2)[0]
    shapes: list[tuple[int, ...]] = []
    constants: dict[int, NDArray[np.float32] | NDArray[np.int32]] = {}
    for number, tensor in enumerate(subgraph.tables(0)):
        shape = tensor.ints(0)
        shapes.append(shape)
        start, length = buffers[tensor.number(2)].vector(0)
        if length:
            values = np.frombuffer(data[start : start + length], _TYPES[tensor.byte(1)])
            whole = values.dtype.kind == "i"
            constants[number] = (values.astype(np.int32) if whole else values.astype(np.float32)).reshape(
                shape
            )
    operators = tuple(_operator(step, codes) for step in subgraph.tables(3))
    return Graph(operators, subgraph.ints(1), subgraph.ints(2), tuple(shapes), constants)


def _operator(step: _Table, codes: Sequence[int]) -> Operator:
    """Fields 0 to 4 of the options are the same for convolutions and pools: padding, strides, window."""
    kind = _OPERATORS[codes[step.number(0)]]
    options = step.table(4)
    convolves = "CONV" in kind
    if options is None or not (convolves or "POOL" in kind):
        return Operator(kind, step.ints(1), step.ints(2), False, (1, 1), (1, 1))
    fused = options.byte({"CONV_2D": 3, "DEPTHWISE_CONV_2D": 4, "MAX_POOL_2D": 5}[kind])
    if fused:
        raise ValueError(f"{kind} with a fused activation")
    window = (1, 1) if convolves else (options.number(4), options.number(3))
    strides = (options.number(2), options.number(1))
    return Operator(kind, step.ints(1), step.ints(2), options.byte(0) == 0, strides, window)


class _Table:
    """A flatbuffer table at `at`; fields that are not stored read as 0 or empty."""

    __slots__ = ("_at", "_data", "_fields")

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        layout = at - struct.unpack_from("<i", data, at)[0]
        size = struct.unpack_from("<H", data, layout)[0]
        self._fields = struct.unpack_from(f"<{(size - 4) // 2}H", data, layout + 4)

    def _field(self, number: int) -> int:
        offset = self._fields[number] if number < len(self._fields) else 0
        return self._at + offset if offset else 0

    def byte(self, number: int) -> int:
        at = self._field(number)
        return self._data[at] if at else 0

    def number(self, field: int) -> int:
        at = self._field(field)
        return _uint(self._data, at) if at else 0

    def vector(self, number: int) -> tuple[int, int]:
        """Start and length of a vector."""
        at = self._field(number)
        if not at:
            return 0, 0
        start = at + _uint(self._data, at)
        return start + 4, _uint(self._data, start)

    def ints(self, number: int) -> tuple[int, ...]:
        start, length = self.vector(number)
        return struct.unpack_from(f"<{length}i", self._data, start) if length else ()

    def tables(self, number: int) -> list[_Table]:
        start, length = self.vector(number)
        places = range(start, start + 4 * length, 4)
        return [_Table(self._data, place + _uint(self._data, place)) for place in places]

    def table(self, number: int) -> _Table | None:
        at = self._field(number)
        return _Table(self._data, at + _uint(self._data, at)) if at else None


def _uint(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])
