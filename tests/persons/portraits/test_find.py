"""Faces of portraits, on photographs of public adults and what becomes of such; nothing is claimed of children."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageOps

from safelight.media.open import open_media
from safelight.persons.portraits.dlib_ import DlibMirrored
from safelight.persons.portraits.find import PATCH_SIDE, PortraitFace, portrait_faces
from safelight.persons.protocol import Floats
from tests.signals.pictures import encoded, public, scene

Change = Callable[[Image.Image], bytes]
STRANGERS = 0.93
"""Between two photographs of one adult the cosine is hardly ever less, between strangers hardly ever more than .89."""


@pytest.fixture(scope="module")
def embedder() -> DlibMirrored:
    made = DlibMirrored()
    made.prepare()
    return made


@cache
def portrait() -> Image.Image:
    paths = [path for path in public("faces/obama") if path.name == "obama.jpg"]
    if not paths:
        pytest.skip("the public photographs are not there")
    return ImageOps.exif_transpose(Image.open(paths[0])).convert("RGB")


def found(data: bytes) -> list[PortraitFace]:
    return portrait_faces(open_media(data).pictures[0])


def described(embedder: DlibMirrored, faces: list[PortraitFace]) -> Floats:
    return embedder.describe([(face.patch, face.within) for face in faces])


def face_of(image: Image.Image) -> tuple[int, int, int, int]:
    """The face with nothing around it: left, top, right, bottom."""
    (face,) = found(encoded(image, "PNG"))
    left, top, across, down = face.box
    sides = (
        left * image.width,
        top * image.height,
        (left + across) * image.width,
        (top + down) * image.height,
    )
    return tuple(round(side) for side in sides)  # type: ignore[return-value]


def far_away(image: Image.Image) -> bytes:
    """A face of 40 pixels in a picture of 12 megapixels."""
    left, _, right, _ = face_of(image)
    scale = 40 / (right - left)
    small = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    wide = Image.new("RGB", (4000, 3000), (120, 125, 118))
    wide.paste(small, (1300, 800))
    return encoded(wide, "JPEG", quality=90)


def tight(image: Image.Image) -> bytes:
    return encoded(image.crop(face_of(image)).resize((48, 48)), "PNG")


def tilted(degrees: int) -> Change:
    return lambda image: encoded(image.rotate(degrees, Image.Resampling.BICUBIC, expand=True), "PNG")


def sixteen_bits(image: Image.Image) -> bytes:
    return encoded(Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257), "PNG")


def in_the_dark(image: Image.Image) -> bytes:
    return encoded(image.point(lambda value: value // 8), "PNG")


CHANGES: dict[str, Change] = {
    "far away in a large photograph": far_away,
    "48 pixels and nothing around it": tight,
    "tilted by 20": tilted(20),
    "tilted by 45": tilted(45),
    "upside down and tilted": tilted(210),
    "on its side": tilted(90),
    "grey": lambda image: encoded(image.convert("L"), "PNG"),
    "16 bits a pixel": sixteen_bits,
    "CMYK": lambda image: encoded(image.convert("CMYK"), "JPEG", quality=90),
    "transparent PNG": lambda image: encoded(image.convert("RGBA"), "PNG"),
    "mirrored": lambda image: encoded(ImageOps.mirror(image), "PNG"),
    "JPEG of quality 10": lambda image: encoded(image, "JPEG", quality=10),
    "in the dark": in_the_dark,
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_face_is_found_and_described_as_before(change: str, embedder: DlibMirrored) -> None:
    before = described(embedder, found(encoded(portrait(), "PNG")))
    faces = found(CHANGES[change](portrait()))
    assert [face.confirmed for face in faces] == [True]
    assert float(described(embedder, faces)[0] @ before[0]) > STRANGERS


@pytest.mark.parametrize("number", [2, 4, 5, 7])
def test_mirrored_by_exif_is_turned_upright(number: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = number
    stored = {2: "FLIP_LEFT_RIGHT", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 7: "TRANSVERSE"}[number]
    image = portrait().transpose(Image.Transpose[stored])
    (face,) = found(encoded(image, "JPEG", quality=95, exif=exif))
    assert face.turn == 0


@pytest.mark.parametrize(("turned", "turn"), [(0, 0), (90, 270), (30, 330), (-20, 20)])
def test_the_turn_and_the_box_are_those_of_the_photograph(turned: int, turn: int) -> None:
    image = portrait().rotate(turned, Image.Resampling.BICUBIC, expand=True)
    (face,) = found(encoded(image, "PNG"))
    assert abs((face.turn - turn + 180) % 360 - 180) < 12
    left, top, across, down = face.box
    assert 0 < left < left + across < 1 and 0 < top < top + down < 1
    assert max(face.patch.shape) <= PATCH_SIDE


def test_boxes_that_hold_no_face_are_not_counted() -> None:
    pictures = [path for path in public("faces") if path.name in ("biden2.jpg", "img1.jpg")]
    assert [len(found(path.read_bytes())) for path in pictures] == [1] * len(pictures)


def test_everybody_in_a_photograph_is_counted_from_the_left() -> None:
    for path in public("faces/_probes"):
        if path.name == "kit_with_rose.jpg":
            one, other = found(path.read_bytes())
            assert one.box[0] < other.box[0]


@pytest.mark.parametrize("seed", range(3))
def test_where_there_is_nobody_no_face_is_sure(seed: int) -> None:
    assert not any(face.confirmed for face in found(encoded(scene(seed))))


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (16, 16)])
def test_slivers_hold_no_face_and_do_no_harm(size: tuple[int, int]) -> None:
    assert found(encoded(scene(1, *size), "PNG")) == []
