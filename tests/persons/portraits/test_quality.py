"""Quality: each part falls as its fault grows, and no faster or slower than what is lost for comparing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from safelight.persons.portraits import quality
from safelight.persons.portraits.quality import POOR, Quality, measure
from safelight.signals.align import Chips
from safelight.signals.locate import LocatedFace
from tests.signals.pictures import scene

BEST = Quality(*[1.0] * 11)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these chips show is no face: whether something covers it is asked in `test_covered.py`."""
    monkeypatch.setattr(quality, "covered", lambda chip: (-9.0, -9.0, -9.0))


def face(chip: Image.Image, *, pixels: int = 100, frontal: float = 1.0, check: float = 1.0) -> LocatedFace:
    rgb = np.asarray(chip.convert("RGB"))
    return LocatedFace((0, 0, 1, 1), 1.0, check, 0, pixels, Chips(rgb, rgb[:64, :64], frontal))


def chip() -> Image.Image:
    """Not a face: the parts that look at pixels look at nothing of a face but its light and detail, which is lines."""
    drawn = np.asarray(scene(3, 150, 150)).astype(np.int16) // 2 + 50
    drawn[::10] += 30
    drawn[:, ::10] -= 30
    return Image.fromarray(np.clip(drawn, 0, 255).astype(np.uint8))


FAULTS: dict[str, Callable[[float], LocatedFace]] = {
    "size": lambda much: face(chip(), pixels=round(60 - 50 * much)),
    "sharpness": lambda much: face(chip().filter(ImageFilter.GaussianBlur(6 * much))),
    "exposure": lambda much: face(ImageEnhance.Brightness(chip()).enhance(1 - 0.97 * much)),
    "contrast": lambda much: face(ImageEnhance.Contrast(chip()).enhance(1 - 0.98 * much)),
    "pose": lambda much: face(chip(), frontal=0.9 - 0.6 * much),
    "certainty": lambda much: face(chip(), check=1 - 0.5 * much),
    "noise": lambda much: face(noisy(60 * much)),
}


def noisy(strength: float) -> Image.Image:
    grain = np.random.default_rng(1).normal(0, 1, (150, 150, 1)) * strength
    return Image.fromarray(np.clip(np.asarray(chip()) + grain, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("part", FAULTS)
def test_a_growing_fault_is_seen_in_its_part_and_in_the_figure(part: str) -> None:
    seen = [measure(FAULTS[part](much)) for much in (0.0, 0.25, 0.5, 0.75, 1.0)]
    values = [getattr(one, part) for one in seen]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.9 and values[-1] < 0.1
    figures = [one.figure for one in seen]
    assert figures == sorted(figures, reverse=True) and figures[-1] < POOR


def test_too_much_light_is_a_fault_too() -> None:
    assert measure(face(Image.new("RGB", (150, 150), (246, 246, 246)))).exposure < 0.1


def test_less_light_is_not_taken_for_blur() -> None:
    bright, dim = measure(face(chip())), measure(face(ImageEnhance.Brightness(chip()).enhance(0.3)))
    assert dim.sharpness == pytest.approx(bright.sharpness, abs=0.1)


def test_the_worst_part_counts_most() -> None:
    good = BEST
    assert good.figure == pytest.approx(1)
    assert replace(good, pose=0.1).figure < replace(good, pose=0.6, size=0.6, sharpness=0.6).figure


def test_advice_names_every_part_that_is_poor_and_no_other() -> None:
    assert BEST.advice == ()
    advice = replace(BEST, size=0.1, pose=0.2).advice
    assert [one.split(":")[0] for one in advice] == ["the face is very small", "the face is turned away"]


def test_a_cover_is_poor_as_soon_as_it_is_likelier_than_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "covered", lambda chip: (-9.0, 0.01, -9.0))
    seen = measure(face(chip()))
    assert seen.figure < POOR
    (advice,) = seen.advice
    assert "cover mouth and nose" in advice and "another photograph would help" in advice


def test_a_coarsely_saved_file_is_poor_where_the_face_is_small_and_not_where_it_is_large() -> None:
    quality_10 = 5.0
    small, large = (measure(face(chip(), pixels=pixels), quality_10) for pixels in (56, 300))
    assert small.figure < POOR and "ask for the original file" in "".join(small.advice)
    assert large.compression == 1 and large.advice == ()
