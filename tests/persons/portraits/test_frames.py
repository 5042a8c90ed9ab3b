"""Faces of a photograph are numbered as `--face` counts them; what a worker sends is checked."""

from __future__ import annotations

from typing import Any

import pytest

from safelight.engine.protocol import TaskLimits
from safelight.persons.portraits.describe import PhotoJob
from safelight.persons.portraits.frames import FindFrames
from tests.signals.pictures import encoded, public, scene

TASK = FindFrames(TaskLimits(3 << 30, 60.0))
SENT: dict[str, Any] = {
    "picture": b"\xff\xd8...", "size": [640, 480], "frames": [[[0.1, 0.2, 0.3, 0.4], 80, 0, False]]
}  # fmt: skip


def test_faces_are_counted_from_the_left() -> None:
    (path,) = public("faces/_probes", "kit_with_rose.jpg")
    (sent,) = TASK([PhotoJob(0, path.read_bytes())])
    seen = TASK.decode(sent)
    assert [one.doubtful for one in seen.frames] == [False, False]
    assert seen.frames[0].box[0] < seen.frames[1].box[0]
    assert max(seen.size) <= 1280


def test_a_picture_of_nobody_has_no_frames_and_no_picture_is_said() -> None:
    nobody, nothing = (
        TASK.decode(one) for one in TASK([PhotoJob(0, encoded(scene(2))), PhotoJob(1, b"no picture")])
    )
    assert (nobody.frames, nobody.error) == ((), None)
    assert nothing.error


def test_a_frame_never_reaches_out_of_the_picture() -> None:
    seen = TASK.decode({**SENT, "frames": [[[-0.1, 0.9, 0.3, 0.4], 80, 0, False]]})
    assert seen.frames[0].box == pytest.approx((0.0, 0.9, 0.2, 0.1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"picture": b"<svg>"},
        {"picture": b"\xff\xd8" * (5 << 20)},
        {"size": [0, 480]},
        {"size": [100_000, 480]},
        {"frames": [[[0, 0, float("nan"), 1], 80, 0, False]]},
        {"frames": [[[0, 0, 1], 80, 0, False]]},
        {"frames": [[[0, 0, 1, 1], "many", 0, False]]},
    ],
)
def test_a_worker_that_lies_is_not_believed(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        TASK.decode({**SENT, **wrong})
