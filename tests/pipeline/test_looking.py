"""What a worker answers is held against what was asked: hostile media may have taken it over."""

from __future__ import annotations

from typing import Any

import pytest

from safelight.engine.protocol import TaskLimits
from safelight.pipeline.looking import Look

TASK = Look(("exif", "explicit", "faces", "pdq", "templates"), TaskLimits(1 << 30, 10))
FACE = {
    "box": [0.1, 0.1, 0.2, 0.2], "score": 0.9, "check": 0.9, "turn": 0, "pixels": 80,
    "below_18": 0.1, "age": [1 / 81] * 81, "position": None,
}  # fmt: skip
CODE = "0f" * 32
HASHED: dict[str, Any] = {
    "hash": CODE, "quality": 80, "position": None, "mirrored": [CODE] * 3,
    "trimmed": {"hash": CODE, "quality": 80, "mirrored": None},
}  # fmt: skip
GOOD: dict[str, Any] = {
    "pdq": [HASHED],
    "explicit": {"score": 0.5, "position": 1.5},
    "faces": [FACE],
    "templates": [{"box": [0, 0, 1, 1], "template": "A" * 683 + "=", "position": None}],
    "exif": {"make": "Maker", "latitude": 52.5, "longitude": 13.4, "orientation": 6, "thumbnail": True},
}
LIES: list[tuple[str, Any]] = [
    ("pdq", "0f" * 32),
    ("pdq", [{**HASHED, "hash": "zz" * 32}]),
    ("pdq", [{**HASHED, "quality": 80.5}]),
    ("pdq", [{**HASHED, "quality": 1 << 70}]),
    ("pdq", [{**HASHED, "mirrored": [CODE] * 4}]),
    ("pdq", [{**HASHED, "mirrored": [CODE[:-1]] * 3}]),
    ("pdq", [{**HASHED, "trimmed": HASHED}]),
    ("pdq", [{**HASHED, "trimmed": {}}]),
    ("explicit", 0.5),
    ("explicit", {"score": float("nan"), "position": None}),
    ("explicit", {"score": 7.0, "position": None}),
    ("explicit", {"score": "0.5", "position": None}),
    ("explicit", {"position": None}),
    ("faces", [{**FACE, "box": [1, 2]}]),
    ("faces", [{**FACE, "below_18": None}]),
    ("faces", [{**FACE, "name": "somebody"}]),
    ("faces", {"0": FACE}),
    ("templates", [{"box": [0, 0, 1, 1], "template": "AAAA", "position": None}]),
    ("exif", {"latitude": "52.5"}),
    ("exif", {"latitude": float("inf")}),
    ("exif", {"make": {"nested": 1}}),
    ("exif", {"make": "x" * 100_000}),
    ("exif", {"unheard-of": 1}),
    ("audio", {}),
]


def answer(name: str, value: Any, absent: Any = None) -> dict[str, Any]:
    return {"sha256": bytes(32), "format": "png", "signals": [[name, "1", value, absent]]}


@pytest.mark.parametrize("name", GOOD)
def test_every_signal_of_the_right_shape_is_taken(name: str) -> None:
    (signal,) = TASK.decode(answer(name, GOOD[name])).signals
    assert (signal.value, signal.absent) == (GOOD[name], None)


@pytest.mark.parametrize(("name", "value"), LIES)
def test_a_value_of_another_shape_is_refused(name: str, value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        TASK.decode(answer(name, value))


@pytest.mark.parametrize("absent", [None, "", 5])
def test_a_signal_is_there_or_says_why_not(absent: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        TASK.decode(answer("pdq", None, absent))
    assert TASK.decode(answer("pdq", None, "not computed: no frame")).signals[0].value is None
