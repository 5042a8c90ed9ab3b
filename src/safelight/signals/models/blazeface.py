"""Convert BlazeFace "back" (MediaPipe, TensorFlow Lite) to ONNX, for any input size that 32 divides.

Weights are stored as 16-bit floats behind DEQUANTIZE steps and become float32. Depthwise kernels turn from
(1, h, w, c) to (c, 1, h, w). The first layers have 24 channels; eight that are always zero are added, because
onnxruntime's fast layout wants a multiple of 16 (a tenth less time, the same numbers). `SAME` padding stays
what it is (`SAME_UPPER`); the outputs go back to channels-last before they are flattened to one row an anchor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper

from safelight.errors import FormatError
from safelight.signals.models.flatbuffer import Graph, Operator, read_graph
from safelight.signals.models.onnx_file import initializer, onnx_file

_NARROW, _WIDE = 24, 32


def convert_blazeface(tflite: bytes) -> bytes:
    """ONNX: `image` (n, 3, h, w) float32 in -1..1 → `boxes` (n, anchors, 16), `scores` (n, anchors, 1).

    Raises:
        FormatError: the file is not the network it should be.
    """
    graph = read_graph(tflite)
    made = _Conversion(graph)
    for step in graph.operators:
        made.add(step)
    outputs = [
        helper.make_tensor_value_info(
            made.name(number), TensorProto.FLOAT, ["n", "anchors", graph.shapes[number][2]]
        )
        for number in graph.outputs
    ]
    image = helper.make_tensor_value_info(made.name(graph.inputs[0]), TensorProto.FLOAT, ["n", 3, "h", "w"])
    return onnx_file("blazeface-back", made.nodes, [image], outputs, made.weights)


def _width(channels: int) -> int:
    return _WIDE if channels == _NARROW else channels


def _widened(values: NDArray[Any], axes: Sequence[int]) -> NDArray[np.float32]:
    """Zero channels at the end of the axes that have the narrow layers' number of them."""
    more = [(0, _width(size) - size if axis in axes else 0) for axis, size in enumerate(values.shape)]
    return np.pad(values.astype(np.float32), more)


class _Conversion:
    """Nodes and weights so far, and which tensors hold weights."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []
        self._constants = dict(graph.constants)

    def name(self, number: int) -> str:
        """The ONNX name of a tensor."""
        named = dict(
            zip((*self.graph.inputs, *self.graph.outputs), ("image", "boxes", "scores"), strict=True)
        )
        return named.get(number, f"t{number}")

    def add(self, step: Operator) -> None:
        """Add one operator."""
        match step.kind:
            case "DEQUANTIZE":
                self._constants[step.outputs[0]] = self._constants[step.inputs[0]]
            case "CONV_2D" | "DEPTHWISE_CONV_2D":
                self._convolution(step)
            case "MAX_POOL_2D":
                self._node(
                    "MaxPool", step, kernel_shape=step.window, strides=step.strides, auto_pad="SAME_UPPER"
                )
            case "ADD":
                self._node("Add", step)
            case "RELU":
                self._node("Relu", step)
            case "PAD":
                self._channels(step)
            case "RESHAPE":
                self._rows(step)
            case "CONCATENATION":
                self._node("Concat", step, axis=1)
            case kind:
                raise FormatError(f"BlazeFace has no {kind}")

    def _convolution(self, step: Operator) -> None:
        source, kernel, bias = step.inputs
        values = self._constants[kernel]
        depthwise = step.kind == "DEPTHWISE_CONV_2D"
        # Kernels are stored (out, h, w, in), depthwise ones (1, h, w, channels).
        turned = values.transpose(3, 0, 1, 2) if depthwise else values.transpose(0, 3, 1, 2)
        turned = _widened(turned, (0,) if depthwise else (0, 1))
        names = [
            self.name(source),
            self._weight(f"w{kernel}", turned),
            self._weight(f"b{bias}", _widened(self._constants[bias], (0,))),
        ]
        self.nodes.append(
            helper.make_node(
                "Conv",
                names,
                [self.name(step.outputs[0])],
                kernel_shape=turned.shape[2:],
                strides=step.strides,
                group=turned.shape[0] if depthwise else 1,
                auto_pad="SAME_UPPER" if step.same else "VALID",
            )
        )

    def _channels(self, step: Operator) -> None:
        """PAD is used here to add empty channels, the last axis of the stored layout."""
        before_after = self._constants[step.inputs[1]]
        if before_after[:3].any() or before_after[3][0]:
            raise FormatError("BlazeFace adds channels at the end only")
        have, want = (_width(self.graph.shapes[number][3]) for number in (step.inputs[0], step.outputs[0]))
        pads = self._weight(f"p{step.outputs[0]}", np.array([0, 0, 0, 0, 0, want - have, 0, 0], np.int64))
        self.nodes.append(
            helper.make_node("Pad", [self.name(step.inputs[0]), pads], [self.name(step.outputs[0])])
        )

    def _rows(self, step: Operator) -> None:
        source, target = self.name(step.inputs[0]), self.name(step.outputs[0])
        shape = self._weight(f"s{target}", np.array([0, -1, self.graph.shapes[step.outputs[0]][2]], np.int64))
        self.nodes.append(helper.make_node("Transpose", [source], [f"{target}_last"], perm=(0, 2, 3, 1)))
        self.nodes.append(helper.make_node("Reshape", [f"{target}_last", shape], [target]))

    def _node(self, kind: str, step: Operator, **attributes: Any) -> None:
        names = [self.name(number) for number in step.inputs]
        self.nodes.append(helper.make_node(kind, names, [self.name(step.outputs[0])], **attributes))

    def _weight(self, name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        self.weights.append(initializer(name, values))
        return name
