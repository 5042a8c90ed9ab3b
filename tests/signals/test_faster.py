"""Networks that are rewritten as they are loaded compute the same."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from safelight.signals.models import session
from safelight.signals.models.faster import faster
from safelight.signals.models.registry import model_bytes
from safelight.signals.models.session import Network


def plain(model: bytes, monkeypatch: pytest.MonkeyPatch) -> Network:
    with monkeypatch.context() as as_it_is:
        as_it_is.setattr(session, "faster", lambda one: one)
        return Network(model)


def made(channels: int = 3, *, also_shown: bool = False, weights: np.ndarray | None = None) -> bytes:
    """A convolution, a PReLU with slopes of both signs, and the greatest of each four."""
    rng = np.random.default_rng(3)
    kernel = rng.normal(size=(8, channels, 3, 3)).astype(np.float32) if weights is None else weights
    values = {
        "kernel": kernel,
        "bias": rng.normal(size=8).astype(np.float32),
        "slopes": rng.normal(size=(8, 1, 1)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["x", "kernel", "bias"], ["a"], kernel_shape=[3, 3], strides=[2, 2]),
        helper.make_node("PRelu", ["a", "slopes"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["y"], kernel_shape=[2, 2]),
    ]
    outputs = ["y", "a"] if also_shown else ["y"]
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", channels, 20, 20])],
        [helper.make_tensor_value_info(one, TensorProto.FLOAT, None) for one in outputs],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


def operators(model: bytes) -> list[str]:
    return [node.op_type for node in ModelProto.FromString(model).graph.node]


@pytest.mark.parametrize(
    ("name", "shape"), [("face-check", (5, 3, 48, 48)), ("apparent-age", (2, 3, 64, 64))]
)
def test_outputs_stay_the_same_bit_for_bit(
    name: str, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_bytes(name)
    assert faster(model) != model
    images = np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)
    for one, other in zip(plain(model, monkeypatch)(images), Network(model)(images), strict=True):
        assert np.array_equal(one, other)


def test_no_denormal_weight_is_left() -> None:
    for weights in ModelProto.FromString(faster(model_bytes("apparent-age"))).graph.initializer:
        values = np.abs(numpy_helper.to_array(weights))
        if values.dtype == np.float32:
            assert not ((values > 0) & (values < np.finfo(np.float32).tiny)).any()


def test_the_first_prelu_becomes_convolutions_and_computes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    model = made()
    assert operators(faster(model)) == ["Conv", "Relu", "Conv", "MaxPool"]
    images = np.random.default_rng(2).normal(size=(3, 3, 20, 20)).astype(np.float32)
    assert np.array_equal(plain(model, monkeypatch)(images)[0], Network(model)(images)[0])


def test_a_prelu_is_left_where_its_convolution_is_used_elsewhere_or_has_many_channels() -> None:
    for model in (made(also_shown=True), made(channels=16)):
        assert faster(model) == model


def test_what_has_nothing_to_rewrite_or_is_no_network_stays_as_it_is() -> None:
    model = model_bytes("face-finder")
    for data in (model, b"", b"\xff" * 100, b"no network"):
        assert faster(data) is data


def test_weights_that_a_file_states_wrongly_are_left_to_the_runtime() -> None:
    model = ModelProto.FromString(made())
    model.graph.initializer[0].raw_data += b"\1\2"
    data = model.SerializeToString()
    assert faster(data) is data
