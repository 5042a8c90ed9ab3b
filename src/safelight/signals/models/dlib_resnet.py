"""Convert dlib's face descriptor network (`dlib_face_recognition_resnet_model_v1.dat`) to ONNX.

The file is dlib's own serialisation. Integers are a control byte (low four bits: how many bytes; 0x80:
negative) and little-endian bytes; a float is two integers, mantissa · 2^exponent; a string is its length and
its bytes; a tensor is version 2, four dimensions, then raw little-endian float32. Layers stand from input to
output and say their name first.

Every convolution has a bias and an affine layer behind it, which are folded into it, and so is the input's
scaling into the first. In the last two down-blocks the main branch is smaller than the pooled shortcut
(3 against 4, 1 against 2 pixels): both are padded with zeros to the larger, at bottom, right and last channels.

Source: D. King, dlib (dnn/core.h, dnn/layers.h) and dlib-models, public domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper

from safelight.errors import FormatError
from safelight.signals.models.onnx_file import initializer, onnx_file

_NAMES = (b"con_4", b"affine_", b"relu_", b"max_pool_2", b"avg_pool_2", b"add_prev_", b"fc_2")
_NAME = re.compile(b"|".join(re.escape(bytes((1, len(name))) + name) for name in _NAMES))
_INPUT = b"input_rgb_image_sized"
_SIDE = 150
_SCALE = 256.0


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer as it is stored: its name, its weights (flat), and the integers behind them."""

    name: str
    weights: NDArray[np.float32]
    numbers: tuple[int, ...]


def convert_dlib_resnet(dat: bytes) -> bytes:
    """ONNX: `chip` (n, 3, 150, 150) float32 RGB 0..255 → `descriptor` (n, 128) float32.

    Raises:
        FormatError: the file is not the network it should be.
    """
    try:
        means, layers = _read(dat)
    except (IndexError, ValueError) as error:
        raise FormatError(f"this is not dlib's face descriptor network: {error!r}") from error
    made = _Conversion(means)
    for layer in layers:
        made.add(layer)
    chip = helper.make_tensor_value_info("chip", TensorProto.FLOAT, ["n", 3, _SIDE, _SIDE])
    descriptor = helper.make_tensor_value_info("descriptor", TensorProto.FLOAT, ["n", 128])
    return onnx_file("dlib-face-descriptor", made.nodes, [chip], [descriptor], made.weights)


def _read(data: bytes) -> tuple[list[float], list[_Layer]]:
    """The three channel means of the input, and the layers."""
    reader = _Reader(data)
    reader.at = data.index(_INPUT) + len(_INPUT)
    means = [reader.float() for _ in range(3)]
    if (reader.integer(), reader.integer()) != (_SIDE, _SIDE):
        raise ValueError("chips of another size")
    return means, list(_layers(reader))


def _layers(reader: _Reader) -> Iterator[_Layer]:
    while (name := reader.next_name()) is not None:
        numbers: list[int] = []
        if name == b"fc_2":
            numbers += [reader.integer(), reader.integer()]
        weights = reader.tensor() if name in (b"con_4", b"affine_", b"fc_2") else np.empty(0, np.float32)
        if name == b"con_4" or name.endswith(b"pool_2"):
            # con: filters, rows, columns, strides, padding; pool: rows, columns, strides, padding.
            numbers += [reader.integer() for _ in range(7 if name == b"con_4" else 6)]
        yield _Layer(name.decode(), weights, tuple(numbers))


class _Reader:
    """A place in the file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def integer(self) -> int:
        control = self._data[self.at]
        end = self.at + 1 + (control & 15)
        value = int.from_bytes(self._data[self.at + 1 : end], "little")
        self.at = end
        return -value if control & 0x80 else value

    def float(self) -> float:
        mantissa = self.integer()
        return float(mantissa * 2.0 ** self.integer())

    def tensor(self) -> NDArray[np.float32]:
        if self.integer() != 2:
            raise ValueError("a tensor of another version")
        count = 1
        for _ in range(4):
            count *= self.integer()
        values = np.frombuffer(self._data, "<f4", count, self.at)
        self.at += 4 * count
        return values.astype(np.float32)

    def next_name(self) -> bytes | None:
        """Move behind the next layer's name. Only a name behind its own length counts."""
        found = _NAME.search(self._data, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0][2:]


@dataclass(frozen=True, slots=True)
class _Flow:
    """An output: its name, channels, and side in pixels."""

    name: str
    channels: int
    side: int


class _Conversion:
    """The network so far: what flows now, where the block began, the main branch behind a pooled shortcut."""

    def __init__(self, means: list[float]) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []
        self._means = means
        self._flow = _Flow("chip", 3, _SIDE)
        self._block = self._flow
        self._main: _Flow | None = None
        self._previous = _Layer("", np.empty(0, np.float32), ())

    def add(self, layer: _Layer) -> None:
        """Add one layer. A block is relu(con, affine, relu, con, affine + shortcut)."""
        match layer.name:
            case "con_4":
                pass  # waits for its affine layer, which is folded into it
            case "affine_":
                self._convolution(self._previous, layer)
            case "relu_":
                self._flow = self._node("Relu", [self._flow.name], self._flow.channels, self._flow.side)
                if self._previous.name == "add_prev_":
                    self._block = self._flow
            case "max_pool_2":
                self._flow = self._block = self._pool("MaxPool", self._flow, layer)
            case "avg_pool_2" if layer.numbers[0] == 0:
                self._flow = self._node("GlobalAveragePool", [self._flow.name], self._flow.channels, 1)
            case "avg_pool_2":
                self._main = self._flow
                self._flow = self._pool("AveragePool", self._block, layer)
            case "add_prev_":
                self._sum(self._flow, self._main or self._block)
                self._main = None
            case _:
                self._fully_connected(layer)
        self._previous = layer

    def _convolution(self, layer: _Layer, affine: _Layer) -> None:
        filters, rows, columns, stride, _, padding, _ = layer.numbers
        kernel = layer.weights[:-filters].reshape(filters, -1, rows, columns).astype(np.float64)
        gain, offset = affine.weights.reshape(2, filters).astype(np.float64)
        bias = layer.weights[-filters:] * gain + offset
        kernel = kernel * gain[:, None, None, None]
        if self._flow.name == "chip":
            kernel = kernel / _SCALE
            weighted = kernel * np.array(self._means)[None, :, None, None]
            # fsum is exact in any order: the bytes of the file do not depend on the processor.
            bias = bias - np.array([fsum(one.ravel().tolist()) for one in weighted])
        inputs = [
            self._flow.name,
            self._weight("kernel", kernel.astype(np.float32)),
            self._weight("bias", bias.astype(np.float32)),
        ]
        side = (self._flow.side + 2 * padding - rows) // stride + 1
        self._flow = self._node(
            "Conv",
            inputs,
            filters,
            side,
            kernel_shape=(rows, columns),
            strides=(stride, stride),
            pads=(padding,) * 4,
        )

    def _pool(self, kind: str, flow: _Flow, layer: _Layer) -> _Flow:
        rows, columns, stride, _, _, _ = layer.numbers
        side = (flow.side - rows) // stride + 1
        window = {"kernel_shape": (rows, columns), "strides": (stride, stride)}
        return self._node(kind, [flow.name], flow.channels, side, **window)

    def _sum(self, one: _Flow, other: _Flow) -> None:
        channels, side = max(one.channels, other.channels), max(one.side, other.side)
        terms = [self._padded(flow, channels, side) for flow in (one, other)]
        self._flow = self._node("Add", terms, channels, side)

    def _padded(self, flow: _Flow, channels: int, side: int) -> str:
        more = side - flow.side
        if (flow.channels, more) == (channels, 0):
            return flow.name
        pads = self._weight("pads", np.array([0, 0, 0, 0, 0, channels - flow.channels, more, more], np.int64))
        return self._node("Pad", [flow.name, pads], channels, side).name

    def _fully_connected(self, layer: _Layer) -> None:
        outputs, inputs = layer.numbers
        flat = self._node("Flatten", [self._flow.name], inputs, 1)
        weights = self._weight("fc", layer.weights.reshape(inputs, outputs))
        self.nodes.append(helper.make_node("MatMul", [flat.name, weights], ["descriptor"]))

    def _weight(self, kind: str, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        name = f"{kind}{len(self.weights)}"
        self.weights.append(initializer(name, values))
        return name

    def _node(self, kind: str, inputs: list[str], channels: int, side: int, **attributes: Any) -> _Flow:
        flow = _Flow(f"t{len(self.nodes)}", channels, side)
        self.nodes.append(helper.make_node(kind, inputs, [flow.name], **attributes))
        return flow
