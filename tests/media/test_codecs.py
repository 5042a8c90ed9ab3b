"""Codings that are rarer than those cameras write: each decodes to what another program makes of it."""

from __future__ import annotations

import shutil
import struct
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done
from safelight.errors import FormatError
from safelight.evidence.walk import walk
from safelight.media.jbig2 import Jbig2Decoder, segments, stated_page
from safelight.media.open import open_media, prepare
from safelight.media.protocol import Pixels
from tests.media.test_in_jail import Decode
from tests.media.test_media import scene

prepare()

MAGICK = shutil.which("convert-im6") or ""
needs = {
    name: pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
    for name in ("cjpeg", "djpeg", "convert-im6", "opj_compress", "opj_decompress", "jbig2dec", "pdfimages")
}
PICTURE = scene(320, 240, seed=3)


def run(*command: object) -> None:
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


def source(folder: Path, mode: str = "RGB") -> Path:
    path = folder / ("in.pgm" if mode == "L" else "in.ppm")
    PICTURE.convert(mode).save(path)
    return path


def seen_by(folder: Path, *command: object) -> Pixels:
    """What another program makes of a file, as RGB."""
    run(*command, folder / "seen.ppm")
    with Image.open(folder / "seen.ppm") as image:
        return np.asarray(image.convert("RGB"))


def shown(data: bytes) -> Pixels:
    opened = open_media(data)
    assert opened.pictures[0].damaged is None
    return opened.pictures[0].rgb()


def off(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@needs["cjpeg"]
@needs["djpeg"]
@pytest.mark.parametrize("options", [(), ("-progressive",), ("-grayscale",), ("-restart", "1")])
def test_arithmetic_coding_of_jpeg_is_read(options: tuple[str, ...], tmp_path: Path) -> None:
    made = tmp_path / "a.jpg"
    run("cjpeg", "-arithmetic", *options, "-outfile", made, source(tmp_path))
    assert b"\xff\xc9" in made.read_bytes() or b"\xff\xca" in made.read_bytes()
    run("djpeg", "-outfile", tmp_path / "seen.ppm", made)
    with Image.open(tmp_path / "seen.ppm") as image:
        assert off(shown(made.read_bytes()), np.asarray(image.convert("RGB"))) < 1


@needs["convert-im6"]
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cmyk.jpg", ("-colorspace", "CMYK")),
        ("cmyk.tif", ("-colorspace", "CMYK")),
        ("rgb16.png", ("-depth", "16", "-define", "png:bit-depth=16")),
        ("rgb16.tif", ("-depth", "16", "-compress", "none")),
        ("lzw16.tif", ("-depth", "16", "-compress", "lzw")),
        ("big-endian16.tif", ("-depth", "16", "-define", "tiff:endian=msb", "-compress", "zip")),
        ("rgba16.tif", ("-alpha", "set", "-depth", "16")),
        ("grey16.tif", ("-colorspace", "gray", "-depth", "16")),
        ("grey12.tif", ("-colorspace", "gray", "-depth", "12")),
        ("fax4.tif", ("-monochrome", "-compress", "Group4")),
        ("fax3.tif", ("-monochrome", "-compress", "Fax")),
        ("fax-lsb.tif", ("-monochrome", "-compress", "Group4", "-define", "tiff:fill-order=lsb")),
        ("lzma.tif", ("-compress", "LZMA")),
        ("zstd.tif", ("-compress", "zstd")),
    ],
)
def test_deep_and_printed_and_faxed_pictures_show_what_imagemagick_shows(
    name: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    made = tmp_path / name
    run(MAGICK, source(tmp_path), *options, made)
    seen = seen_by(tmp_path, MAGICK, made, "-colorspace", "sRGB", "-alpha", "off", "-depth", "8")
    assert off(shown(made.read_bytes()), seen) < 1.5


@needs["opj_compress"]
@pytest.mark.parametrize("suffix", ["jp2", "j2k"])
def test_jpeg_2000_is_read_with_and_without_boxes(suffix: str, tmp_path: Path) -> None:
    made = tmp_path / f"a.{suffix}"
    run("opj_compress", "-i", source(tmp_path), "-o", made)
    assert off(shown(made.read_bytes()), np.asarray(PICTURE)) == 0


@needs["opj_compress"]
@needs["opj_decompress"]
@pytest.mark.parametrize("bits", [12, 16])
def test_the_brightest_values_of_deep_jpeg_2000_stay_bright(bits: int, tmp_path: Path) -> None:
    most = (1 << bits) - 1
    ramp = np.linspace(0, most, 320).astype(">u2")
    pixels = np.repeat(np.tile(ramp, (64, 1))[..., None], 3, axis=2)
    (tmp_path / "in.ppm").write_bytes(b"P6\n320 64\n%d\n" % most + pixels.tobytes())
    run("opj_compress", "-i", tmp_path / "in.ppm", "-o", tmp_path / "a.jp2")
    found = shown((tmp_path / "a.jp2").read_bytes())
    assert np.array_equal(found[..., 0], (pixels[..., 0] >> (bits - 8)).astype(np.uint8))


def test_these_decode_in_the_jail_too() -> None:
    import imagecodecs

    deep = imagecodecs.jpeg2k_encode(np.full((48, 64, 3), 60_000, np.uint16), level=0)
    with PoolEngine(1) as engine:
        outcomes = list(engine.map(Decode(), [[SMALL], [bytes(deep)]]))
    assert all(isinstance(one, Done) and "error" not in one.results[0] for one in outcomes), outcomes
    assert len(outcomes) == 2


def segment(number: int, kind: int, page: int, body: bytes) -> bytes:
    return struct.pack(">IBBBI", number, kind, 0, page, len(body)) + body


def jbig2_page(image: Image.Image = PICTURE, height: int | None = None) -> bytes:
    """The segments of a page: its one region is coded as a fax (T.88, 6.2.6), which libtiff writes."""
    made = BytesIO()
    image.convert("1").save(made, "TIFF", compression="group4")
    with Image.open(BytesIO(made.getvalue())) as opened:
        tags = opened.tag_v2  # type: ignore[attr-defined]
        (offset,), (length,) = tags[273], tags[279]
    fax = made.getvalue()[offset : offset + length]
    width, full = image.size
    page = struct.pack(">IIIIBH", width, full if height is None else height, 0, 0, 0, 0x8000 if height else 0)
    region = struct.pack(">IIIIBB", width, full, 0, 0, 0, 1) + fax
    return segment(0, 48, 1, page) + segment(1, 38, 1, region)


def jbig2_file(body: bytes) -> bytes:
    head = b"\x97JB2\r\n\x1a\n\x01" + struct.pack(">I", 1)
    return head + body + segment(9, 49, 1, b"") + segment(10, 51, 0, b"")


@needs["jbig2dec"]
def test_jbig2_shows_what_jbig2dec_shows(tmp_path: Path) -> None:
    data = jbig2_file(jbig2_page())
    (tmp_path / "a.jb2").write_bytes(data)
    run("jbig2dec", "-t", "png", "-o", tmp_path / "seen.png", tmp_path / "a.jb2")
    with Image.open(tmp_path / "seen.png") as image:
        assert np.array_equal(shown(data), np.asarray(image.convert("RGB")))


def test_a_jbig2_page_whose_height_its_stripes_tell() -> None:
    body = jbig2_page(height=0xFFFFFFFF) + segment(2, 50, 1, struct.pack(">I", 239))
    assert stated_page(jbig2_file(body))[:2] == (320, 240)


def test_a_jbig2_page_of_absurd_size_is_refused_before_it_is_decoded() -> None:
    page = struct.pack(">IIIIBH", 1 << 30, 1 << 30, 0, 0, 0, 0)
    with pytest.raises(FormatError, match="more than are decoded"):
        open_media(jbig2_file(segment(0, 48, 1, page)))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_jbig2_is_an_error_or_a_picture(data: st.DataObject) -> None:
    whole = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(10, len(whole)))])
    assert len(list(segments(cut, 13))) < 100
    try:
        (picture,) = Jbig2Decoder().decode(cut, "jbig2")
    except FormatError:
        return
    assert picture.rgb().ndim == 3


SMALL = jbig2_file(jbig2_page(scene(64, 48)))


def pdf(page: bytes, shared: bytes | None) -> bytes:
    """A PDF with one JBIG2 picture, its segments shared out as scanners do it."""
    parameters = b"/DecodeParms<</JBIG2Globals 6 0 R>>" if shared is not None else b""
    head = b"<</Type/XObject/Subtype/Image/Width 320/Height 240/ColorSpace/DeviceGray/BitsPerComponent 1"
    drawn = b"q 320 0 0 240 0 0 cm /I Do Q"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 320 240]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>",
        head + b"/Filter/JBIG2Decode%b/Length %d>>stream\n%b\nendstream" % (parameters, len(page), page),
        b"<</Length %d>>stream\n%b\nendstream" % (len(drawn), drawn),
        b"<</Length %d>>stream\n%b\nendstream" % (len(shared or b""), shared or b""),
    ]
    made, places = b"%PDF-1.5\n", []
    for number, one in enumerate(objects, 1):
        places.append(b"%010d 00000 n \n" % len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    index = b"xref\n0 7\n0000000000 65535 f \n" + b"".join(places)
    return made + index + b"trailer\n<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(made)


@needs["pdfimages"]
@pytest.mark.parametrize("with_shared", [False, True])
def test_jbig2_in_a_pdf_shows_what_poppler_shows(with_shared: bool, tmp_path: Path) -> None:
    body = jbig2_page()

    data = pdf(body, segment(7, 62, 0, b"\x20\0\0\0\0\0\0\0")) if with_shared else pdf(body, None)

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.pdf").write_bytes(data)
    run("pdfimages", "-png", tmp_path / "in" / "a.pdf", tmp_path / "seen")
    (member,) = [one.read_all(1 << 20) for one in walk(tmp_path / "in") if one.path.endswith(".jb2")]
    with Image.open(tmp_path / "seen-000.png") as image:
        assert np.array_equal(shown(member), np.asarray(image.convert("RGB")))
