"""Networks that an agency might add, made here: what they put out follows from what goes in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from safelight.signals.models.onnx_file import initializer, onnx_file

CARD = """
name = "{name}"
file = "{name}.onnx"
sha256 = "{sha256}"
purpose = "A test"
input = "as the table says"
output = "as the table says"
training_data = "none: it averages"
licence = "{licence}"
measured = ["nothing"]
by_group = "not measured"
limits = ["it knows no face from another"]
forbidden_uses = ["any"]
origin = "made by a test"
{table}
"""


def averaging(side: int, batch: int | str = "n") -> bytes:
    """A square image in sixteen parts, the mean of each channel of each: 48 numbers."""
    window = side // 4
    nodes = [
        helper.make_node(
            "AveragePool", ["image"], ["p"], kernel_shape=(window, window), strides=(window, window)
        ),
        helper.make_node("Flatten", ["p"], ["features"]),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, side, side])
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, [batch, 48])
    return onnx_file("averaging", nodes, [image], [features], [])


def yunet(points: list[tuple[float, float]], side: int = 64) -> bytes:
    """A detector with YuNet's input and outputs that always sees one face, its points at these shares of the input."""
    cell, across = (side // 16) ** 2 // 2 + side // 32, side // 16
    weights, outputs = [], []
    for kind, last in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
        for stride in (8, 16, 32):
            values = np.zeros((1, (side // stride) ** 2, last), np.float32)
            if stride == 16 and kind in ("cls", "obj"):
                values[0, cell] = 1
            if stride == 16 and kind == "kps":
                places = np.array(points) * side / 16 - [cell % across, cell // across]
                values[0, cell] = places.ravel()
            weights.append(initializer(f"w_{kind}_{stride}", values))
            outputs.append(helper.make_tensor_value_info(f"{kind}_{stride}", TensorProto.FLOAT, values.shape))
    nodes = [helper.make_node("ReduceMax", ["image"], ["top"], keepdims=0)]
    nodes.append(helper.make_node("Mul", ["top", "zero"], ["nothing"]))
    weights.append(initializer("zero", np.zeros((), np.float32)))
    nodes += [helper.make_node("Add", [f"w_{one.name}", "nothing"], [one.name]) for one in outputs]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])
    return onnx_file("yunet-like", nodes, [image], outputs, weights)


def put(folder: Path, name: str, data: bytes, table: str, licence: str = "Apache-2.0") -> Path:
    """A model and its card in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.onnx").write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / f"{name}.toml"
    path.write_text(CARD.format(name=name, sha256=sha256, licence=licence, table=table), "utf-8")
    return path
