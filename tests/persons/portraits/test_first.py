"""The first look, on a photograph of a public adult; nothing is claimed of children."""

from __future__ import annotations

import numpy as np
import pytest

from safelight.persons.portraits.first import LOOKS, at_first_sight
from safelight.signals.detect import FaceFinder
from tests.persons.portraits.test_find import found, portrait
from tests.signals.pictures import encoded


def test_a_large_face_is_found_with_one_look_at_few_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    image = portrait()
    looks: list[int] = []
    find = FaceFinder.find

    def counted(self: FaceFinder, rgb, threshold=0.3, long_side=384):  # type: ignore[no-untyped-def]
        looks.append(long_side)
        return find(self, rgb, threshold, long_side)

    found(encoded(image, "PNG"))
    monkeypatch.setattr(FaceFinder, "find", counted)
    assert len(found(encoded(image, "PNG"))) == 1
    assert looks == [LOOKS[0][0]]


def test_where_nobody_is_sure_the_first_look_settles_nothing() -> None:
    assert at_first_sight(np.zeros((480, 640, 3), np.uint8)) == []
