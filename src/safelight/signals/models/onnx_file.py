"""Write an ONNX file whose bytes depend on the network alone, so that its SHA-256 can be pinned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

_OPSET = 13
_IR_VERSION = 8


def initializer(name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> TensorProto:
    """A weight."""
    return numpy_helper.from_array(np.ascontiguousarray(values), name)


def onnx_file(
    name: str,
    nodes: Sequence[NodeProto],
    inputs: Sequence[ValueInfoProto],
    outputs: Sequence[ValueInfoProto],
    weights: Sequence[TensorProto],
) -> bytes:
    """The bytes of a model; nothing of the machine, the time or the library's version is in them."""
    graph = helper.make_graph(nodes, name, inputs, outputs, weights)
    model: ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = _IR_VERSION
    model.producer_name = "safelight"
    data: bytes = model.SerializeToString(deterministic=True)
    return data
