"""Orientation: as Pillow turns pictures, and quiet on damaged bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from safelight.signals.orientation import orientation, turned, upright

from .pictures import PillowPicture, encoded, scene


def tagged(number: int, format: str) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif[0x0112] = number
    lossless = {"lossless": True} if format == "WEBP" else {}
    return encoded(scene(1, 60, 40), format, exif=exif, **lossless)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("number", range(1, 9))
def test_pictures_are_turned_as_pillow_turns_them(number: int, format: str) -> None:
    picture = PillowPicture(tagged(number, format))
    assert orientation(picture.data, picture.format) == number
    plain = Image.fromarray(picture.rgb())
    plain.getexif()[0x0112] = number
    assert np.array_equal(upright(picture), np.asarray(ImageOps.exif_transpose(plain)))


@given(st.sampled_from(["jpeg", "png", "webp", "gif"]), st.binary(max_size=300), st.integers(0, 200))
def test_no_bytes_can_make_it_fail(format: str, tail: bytes, keep: int) -> None:
    heads = {"jpeg": tagged(6, "JPEG"), "png": tagged(6, "PNG"), "webp": tagged(6, "WEBP"), "gif": b"GIF89a"}
    assert orientation(heads[format][:keep] + tail, format) in range(1, 9)


def test_a_number_out_of_range_changes_nothing() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert np.array_equal(turned(pixels, 77), pixels)
