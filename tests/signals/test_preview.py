"""A preview that shows something else than its picture is told; one of the same picture, edited, is not."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from safelight.media.open import open_media, prepare
from safelight.signals.preview import PreviewSignal, PreviewValue, differing, likeness, shown_instead
from safelight.signals.shape import check
from tests.evidence.test_embedded_media import mpf, with_thumbnail
from tests.media.test_media import encoded, scene

prepare()

Edit = Callable[[Image.Image], Image.Image]

EDITS: dict[str, Edit] = {
    "as it was": lambda image: image,
    "turned": lambda image: image.rotate(90, expand=True),
    "mirrored": ImageOps.mirror,
    "grey": lambda image: ImageOps.grayscale(image).convert("RGB"),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.6),
    "more contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.5),
    "half as large": lambda image: image.reduce(2),
}


def small(image: Image.Image, bars: bool = False) -> bytes:
    """As cameras write it: 160 × 120, with black bars where the shapes differ."""
    fitted = ImageOps.pad(image, (160, 120), color="black") if bars else ImageOps.contain(image, (160, 160))
    return encoded("JPEG", fitted, quality=70)


def compared(data: bytes) -> list[PreviewValue]:
    (one,) = PreviewSignal().compute([open_media(data).pictures])
    value: list[PreviewValue] = one.value
    check(PreviewSignal.shape, value)
    return value


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("bars", [False, True])
def test_a_preview_of_the_same_picture_is_the_same_after_everyday_edits(edit: str, bars: bool) -> None:
    before = scene(900, 400)
    data = with_thumbnail(encoded("JPEG", EDITS[edit](before), quality=85), small(before, bars))
    (value,) = compared(data)
    assert not value["differs"] and value["likeness"] > 0.8
    assert differing(open_media(data).pictures) == []


def test_a_preview_of_another_picture_is_told_and_handed_to_models_and_lists() -> None:
    other = small(scene(640, 480, seed=4))
    data = with_thumbnail(encoded("JPEG", scene(640, 480)), other)
    assert compared(data) == [
        {
            "sha256": sha256(other).hexdigest(),
            "likeness": pytest.approx(compared(data)[0]["likeness"]),
            "differs": True,
        }
    ]
    (picture,) = differing(open_media(data).pictures)
    assert (picture.width, picture.height, picture.position) == (160, 120, None)


def test_a_preview_from_before_a_crop_is_told() -> None:
    before = scene(900, 600)
    (value,) = compared(with_thumbnail(encoded("JPEG", before.crop((0, 0, 450, 300))), small(before)))
    assert value["differs"]


def test_large_previews_of_an_index_are_compared_too() -> None:
    data = mpf(encoded("JPEG", scene(640, 480)), (0x010002, encoded("JPEG", scene(320, 240, seed=8))))
    assert [value["differs"] for value in compared(data)] == [True]


def test_without_a_preview_there_is_nothing_to_compare() -> None:
    (one,) = PreviewSignal().compute([open_media(encoded("JPEG")).pictures])
    assert one.value is None and one.absent == "not applicable: there is no preview in it"


def test_flat_pictures_are_not_compared() -> None:
    flat = np.full((60, 80), 128, np.uint8)
    assert likeness(flat, np.asarray(scene(80, 60).convert("L"))) is None


def test_a_picture_that_is_broken_is_shown_by_its_preview() -> None:
    whole = encoded("JPEG", scene(640, 480))
    data = with_thumbnail(whole, small(scene(640, 480)))
    broken = data[: data.rindex(b"\xff\xc0")] + bytes(200)
    instead = shown_instead(broken, "the header is missing")
    assert instead is not None and instead.width == 160
    assert instead.damaged == "only its embedded preview can be shown: the header is missing"
    assert shown_instead(whole[:300], "cut") is None


def test_photographs_of_others_are_told_and_their_own_edits_are_not(shared: Path) -> None:
    paths = sorted((shared / "faces").glob("*/*.jp*g"))[:6]
    pictures = [Image.open(path).convert("RGB") for path in paths]
    previews = [small(one) for one in pictures]
    for at, one in enumerate(pictures):
        for other, preview in enumerate(previews):
            made = BytesIO()
            ImageEnhance.Color(one).enhance(0.3).save(made, "JPEG", quality=40)
            (value,) = compared(with_thumbnail(made.getvalue(), preview))
            assert value["differs"] == (at != other)


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_a_thumbnail_that_exiftool_put_in_is_told(tmp_path: Path) -> None:
    (tmp_path / "in.jpg").write_bytes(encoded("JPEG", scene(640, 480)))
    (tmp_path / "other.jpg").write_bytes(small(scene(640, 480, seed=3)))
    command = [
        "exiftool",
        f"-ThumbnailImage<={tmp_path / 'other.jpg'}",
        tmp_path / "in.jpg",
        "-o",
        tmp_path / "out.jpg",
    ]
    subprocess.run(command, check=True, capture_output=True)
    assert compared((tmp_path / "out.jpg").read_bytes())[0]["differs"]
