"""What a worker may say, and that nothing else is believed."""

from __future__ import annotations

import math
import pickle
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.engine import wire
from safelight.errors import FormatError

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(values)
def test_what_is_sent_arrives(value: Any) -> None:
    assert wire.decode(wire.encode(value)) == value


@given(st.binary(max_size=200))
def test_noise_is_refused_or_plain(data: bytes) -> None:
    try:
        value = wire.decode(data)
    except FormatError:
        return
    assert isinstance(value, type(None) | bool | int | float | str | bytes | list | dict)


@given(values, st.data())
def test_a_cut_message_is_refused(value: Any, data: st.DataObject) -> None:
    whole = wire.encode(value)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(FormatError):
        wire.decode(whole[:cut])


def test_tuples_arrive_as_lists_and_nan_stays_nan() -> None:
    assert wire.decode(wire.encode({"box": (0.5, 1.0), "none": ()})) == {"box": [0.5, 1.0], "none": []}
    assert math.isnan(wire.decode(wire.encode([math.nan]))[0])
    assert wire.decode(wire.encode(np.float64(0.5))) == 0.5


@pytest.mark.parametrize("value", [object(), {1: 2}, {1}, np.zeros(3), np.uint8(3), 1j])
def test_only_plain_data_is_sent(value: Any) -> None:
    with pytest.raises(TypeError):
        wire.encode(value)


@pytest.mark.parametrize("value", [2**63, "\ud800"])
def test_what_does_not_fit_is_said(value: Any) -> None:
    with pytest.raises(ValueError):
        wire.encode(value)


def test_depth_is_limited_on_both_sides() -> None:
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ValueError, match="deep"):
        wire.encode(deep)
    with pytest.raises(FormatError, match="deep"):
        wire.decode(b"l\x01\0\0\0" * 100_000)


def test_a_promise_of_many_values_builds_nothing() -> None:
    with pytest.raises(FormatError, match="too many"):
        wire.decode(b"l" + struct.pack("<I", 2**32 - 1))
    with pytest.raises(FormatError, match="too many"):
        wire.decode(b"l\x10\x27\0\0" + b"l\x10\x27\0\0" * 10_000)


def test_a_pickle_is_not_an_answer() -> None:
    with pytest.raises(FormatError):
        wire.decode(pickle.dumps([1, 2, 3]))
