"""What comes back from the worker: checked as hostile, and who of several faces a photograph is of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from safelight.engine.protocol import TaskLimits
from safelight.persons.portraits.describe import Describe, PhotoJob, Portrait
from tests.signals.pictures import encoded, scene

TASK = Describe("dlib-mirrored", TaskLimits(3 << 30, 60.0))


def entry(left: float, pixels: int, *, doubtful: bool = False) -> dict[str, Any]:
    template = np.eye(1, 128, dtype="<f4").tobytes()
    return {
        "box": [left, 0.1, 0.1, 0.1], "pixels": pixels, "turn": 0, "score": 0.9, "quality": [1.0] * 11,
        "template": template, "crop": b"", "doubtful": doubtful,
    }  # fmt: skip


def portrait(*faces: dict[str, Any]) -> Portrait:
    return TASK.decode({"number": 0, "faces": list(faces)})


def test_one_face_is_the_subject() -> None:
    assert portrait(entry(0.1, 40)).subject == 1


def test_of_two_who_stand_together_somebody_must_say_which() -> None:
    assert portrait(entry(0.1, 200), entry(0.5, 80)).subject is None


def test_who_passes_far_behind_does_not_make_a_portrait_ambiguous() -> None:
    seen = portrait(entry(0.1, 30), entry(0.5, 300), entry(0.8, 90))
    assert (seen.subject, len(seen.faces)) == (2, 3)


def test_what_may_be_no_face_is_nobody_until_somebody_looked() -> None:
    seen = portrait(entry(0.1, 40, doubtful=True))
    assert (seen.faces, seen.subject) == ((), None)
    assert seen.doubtful is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"box": [0, 0, float("nan"), 1]},
        {"box": [0, 0, 1]},
        {"template": b"\0" * 512},
        {"template": b""},
        {"pixels": -1},
        {"turn": "90"},
        {"quality": [1.0] * 10},
    ],
)
def test_a_worker_that_lies_is_not_believed(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        portrait({**entry(0.1, 40), **wrong})


def test_a_picture_of_nobody_and_no_picture_are_told_apart() -> None:
    TASK.prepare()
    nobody, nothing = (
        TASK.decode(one) for one in TASK([PhotoJob(0, encoded(scene(2))), PhotoJob(1, b"no picture")])
    )
    assert (nobody.faces, nobody.error) == ((), None)
    assert nothing.error
