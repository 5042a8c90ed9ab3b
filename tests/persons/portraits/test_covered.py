"""Covers painted on photographs of public adults are seen, each in its own part; bare faces are bare."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image, ImageDraw

from safelight.media.open import open_media
from safelight.media.protocol import Pixels
from safelight.persons.portraits import find
from safelight.persons.portraits.covered import PARTS, covered
from tests.signals.pictures import public

Paint = Callable[[ImageDraw.ImageDraw], object]
BLUE = (150, 190, 220)
COVERS: dict[str, tuple[str, Paint]] = {
    "dark glasses": ("eyes", lambda on: on.polygon([(22, 40), (128, 40), (124, 68), (26, 68)], fill=(15, 15, 18))),
    "a mask": ("mouth", lambda on: on.polygon([(25, 82), (75, 76), (125, 82), (115, 150), (35, 150)], fill=BLUE)),
    "a scarf over one side": ("side", lambda on: on.rectangle((76, 0, 150, 150), fill=(60, 80, 60))),
}  # fmt: skip


@pytest.fixture(scope="module")
def chips() -> list[Pixels]:
    return list(_chips())


def _chips() -> Iterator[Pixels]:
    """One face of each photograph that shows one person."""
    for path in public("faces"):
        found = find.portrait_faces(open_media(path.read_bytes()).pictures[0])
        if len(found) == 1:
            yield found[0].within.chips.template


def painted(chip: Pixels, paint: Paint) -> Pixels:
    image = Image.fromarray(chip)
    paint(ImageDraw.Draw(image))
    return np.asarray(image)


@pytest.mark.parametrize("cover", COVERS)
def test_a_cover_is_seen_in_its_part(chips: list[Pixels], cover: str) -> None:
    part, paint = COVERS[cover]
    odds = [covered(painted(chip, paint))[PARTS.index(part)] for chip in chips]
    assert sum(one > 0 for one in odds) >= 0.8 * len(odds), np.round(odds, 1)


def test_a_bare_face_is_not_taken_for_covered(chips: list[Pixels]) -> None:
    assert len(chips) > 8
    assert max(max(covered(chip)) for chip in chips) < 0


def test_a_mirrored_face_is_judged_alike(chips: list[Pixels]) -> None:
    for chip in chips:
        assert covered(np.ascontiguousarray(chip[:, ::-1])) == pytest.approx(covered(chip), abs=0.01)


def test_a_chip_without_anything_on_it_is_measured() -> None:
    assert all(np.isfinite(covered(np.zeros((150, 150, 3), np.uint8))))
