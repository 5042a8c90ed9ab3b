"""Cut WebP and HEIC: real rows from the top, grey below, nothing invented; what cannot be shown says so."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from safelight.errors import FormatError
from safelight.media.cut import filled
from safelight.media.open import open_media, prepare
from tests.media.test_media import encoded, scene

prepare()

KINDS: dict[str, tuple[str, dict[str, object]]] = {
    "webp": ("WEBP", {}),
    "webp low": ("WEBP", {"quality": 30}),
    "webp lossless": ("WEBP", {"lossless": True, "method": 0}),
    "heic": ("HEIF", {}),
}


def made(kind: str) -> bytes:
    """A picture with detail everywhere, so that each row takes its part of the file."""
    noise = np.random.default_rng(1).integers(-20, 20, (300, 400, 3))
    pixels = np.clip(np.asarray(scene(400, 300)).astype(int) + noise, 0, 255).astype(np.uint8)
    format, options = KINDS[kind]
    return encoded(format, Image.fromarray(pixels), **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keep", [0.5, 0.9, 0.999])
def test_what_is_shown_of_a_cut_picture_is_what_the_whole_one_shows(kind: str, keep: float) -> None:
    data = made(kind)
    whole = open_media(data).pictures[0].rgb().astype(int)
    (picture,) = open_media(data[: int(len(data) * keep)]).pictures
    assert picture.damaged == "the end is missing"
    pixels = picture.rgb().astype(int)
    assert pixels.shape == whole.shape
    missing = (pixels == 128).all(axis=(1, 2))
    shown = len(pixels) - int(np.argmin(missing[::-1])) if missing[-1] else len(pixels)
    assert shown >= 300 * (keep - 0.4)
    assert np.abs(pixels[:shown] - whole[:shown]).mean(axis=(1, 2)).max() < 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_cut_is_a_picture_of_real_rows_or_a_clear_error(kind: str) -> None:
    data = made(kind)
    whole = open_media(data).pictures[0].rgb().astype(int)
    for size in range(0, len(data), len(data) // 23):
        try:
            pixels = open_media(data[:size]).pictures[0].rgb().astype(int)
        except FormatError:
            continue
        wrong = np.abs(pixels - whole).mean(axis=(1, 2)) > 3
        assert (pixels[wrong] == 128).all()


def test_a_cut_avif_is_an_error() -> None:
    data = encoded("AVIF")
    with pytest.raises(FormatError):
        open_media(data[: len(data) // 2])


def test_a_size_that_lies_is_not_filled_in() -> None:
    data = made("webp")
    lying = data[:4] + b"\xff\xff\xff\xff" + data[8:1000]
    assert filled(lying, "webp") is lying
    with pytest.raises(FormatError):
        open_media(lying)
