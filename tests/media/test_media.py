"""Decoders: by content, damaged ones as far as they go, bombs refused, the same pixels as the reference."""

from __future__ import annotations

import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.errors import FormatError
from safelight.media.exif import exif_of_picture
from safelight.media.open import open_media, prepare
from safelight.media.thumbnail import SIDE, thumbnail

prepare()


def scene(width: int = 640, height: int = 480, seed: int = 1) -> Image.Image:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def encoded(format: str, image: Image.Image | None = None, **options: object) -> bytes:
    made = BytesIO()
    (image or scene()).save(made, format, **options)  # type: ignore[arg-type]
    return made.getvalue()


@pytest.mark.parametrize(
    ("format", "name"),
    [
        ("JPEG", "jpeg"), ("PNG", "png"), ("GIF", "gif"), ("WEBP", "webp"), ("BMP", "bmp"), ("TIFF", "tiff"),
        ("HEIF", "heic"), ("AVIF", "avif"), ("ICO", "ico"), ("JPEG2000", "jp2"),
    ],
)  # fmt: skip
def test_every_format_is_known_by_its_content_and_decoded(format: str, name: str) -> None:
    image = scene(240, 160) if format == "ICO" else scene()
    opened = open_media(encoded(format, image))
    (picture,) = opened.pictures
    assert (opened.format, picture.damaged) == (name, None)
    assert picture.rgb().shape == (picture.height, picture.width, 3)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_pixels_at_full_size_are_those_of_pillow(format: str) -> None:
    data = encoded(format)
    reference = np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(open_media(data).pictures[0].rgb().astype(int) - reference).max() <= (
        1 if format == "JPEG" else 0
    )


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_smaller_decode_keeps_the_shorter_side_and_rounds_up(format: str) -> None:
    picture = open_media(encoded(format, scene(1601, 1203))).pictures[0]
    assert picture.rgb(300).shape == (301, 401, 3)
    assert picture.luma(300).shape == (301, 401)
    assert picture.rgb(5000).shape == (1203, 1601, 3)


@pytest.mark.parametrize(("format", "keep"), [("JPEG", 0.5), ("JPEG", 0.9), ("PNG", 0.5)])
def test_half_a_picture_is_shown_as_far_as_it_goes_and_marked(format: str, keep: float) -> None:
    data = encoded(format)
    picture = open_media(data[: int(len(data) * keep)]).pictures[0]
    assert picture.damaged
    whole = open_media(data).pictures[0].rgb().astype(int)
    top = picture.rgb()[: picture.height // 8].astype(int)
    assert np.abs(top - whole[: picture.height // 8]).mean() < 4


def test_a_picture_of_absurd_size_is_refused_before_it_is_decoded() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    header = (100_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(FormatError, match="pixels"):
        open_media(bomb)


def test_a_file_that_is_no_picture_says_so() -> None:
    with pytest.raises(FormatError):
        open_media(b"nothing at all")
    with pytest.raises(FormatError):
        open_media(b"\xff\xd8\xff\xe0" + bytes(200))


@settings(max_examples=60, deadline=None)
@given(
    at=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 7)), max_size=6),
    format=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"]),
)
def test_broken_bytes_give_a_picture_or_a_clear_error(
    at: float, flips: list[tuple[float, int]], format: str
) -> None:
    data = bytearray(encoded(format, scene(120, 90)))
    for where, bit in flips:
        data[int(where * len(data))] ^= 1 << bit
    try:
        opened = open_media(bytes(data[: int(at * len(data))]))
    except FormatError:
        return
    assert all(picture.rgb(64).ndim == 3 for picture in opened.pictures)


def clip(seconds: int = 6, format: str = "mp4") -> bytes:
    import av

    made = BytesIO()
    with av.open(made, "w", format=format) as container:
        stream = container.add_stream("mpeg4" if format in ("mp4", "avi", "matroska") else "libvpx", rate=5)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.gop_size = 5
        for number in range(seconds * 5):
            frame = av.VideoFrame.from_ndarray(
                np.full((120, 160, 3), number * 8 % 256, np.uint8), format="rgb24"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return made.getvalue()


@pytest.mark.parametrize("format", ["mp4", "avi", "matroska", "webm"])
def test_a_video_gives_a_few_frames_spread_over_it(format: str) -> None:
    opened = open_media(clip(format=format))
    assert 3 <= len(opened.pictures) <= 9
    positions = [picture.position for picture in opened.pictures]
    assert positions == sorted(positions, key=lambda position: position or 0.0)
    assert (positions[-1] or 0) > 2
    assert opened.pictures[0].rgb().shape == (120, 160, 3)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.8])
def test_a_cut_video_is_a_clear_error_or_marked(keep: float) -> None:
    data = clip(format="avi")
    try:
        opened = open_media(data[: int(len(data) * keep)])
    except FormatError:
        return
    assert opened.pictures


def test_exif_gives_camera_place_and_local_time() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Acme", "Acme X1"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:01 12:30:00"
    exif.get_ifd(0x8769)[0xA431] = "SN-17"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (52.0, 31.0, 12.0), "W", (13.0, 24.0, 18.0)
    facts = exif_of_picture(encoded("JPEG", exif=exif))
    assert facts["make"] == "Acme" and facts["model"] == "Acme X1" and facts["serial"] == "SN-17"
    assert facts["taken"] == "2024-05-01T12:30:00"
    assert facts["latitude"] == pytest.approx(52.52) and facts["longitude"] == pytest.approx(-13.405)


@settings(max_examples=80, deadline=None)
@given(block=st.binary(max_size=400))
def test_wild_exif_is_no_exif(block: bytes) -> None:
    data = encoded("JPEG", scene(32, 32))
    body = b"Exif\0\0II*\0\x08\0\0\0" + block
    wild = data[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + data[2:]
    facts = exif_of_picture(wild)
    assert all(isinstance(value, str | int | float | bool) for value in facts.values())


def test_a_thumbnail_is_small_and_keeps_the_shape() -> None:
    with Image.open(BytesIO(thumbnail(open_media(encoded("JPEG", scene(1600, 400))).pictures[0]))) as image:
        assert image.size == (SIDE, SIDE // 4)
