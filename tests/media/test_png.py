"""Large plain PNGs give Pillow's pixels; everything else, and all damage, is left to Pillow."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from safelight.errors import FormatError
from safelight.evidence.carving.compiled import is_compiled
from safelight.media.open import open_media
from safelight.media.png import plain_pixels
from safelight.media.png_lines import unfiltered
from tests.signals.pictures import encoded, scene

pytestmark = pytest.mark.skipif(not is_compiled(), reason="numba is not installed")
KINDS = {1: 0, 3: 2, 4: 6}
"""Colour types by channels."""


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(lines: np.ndarray, channels: int, *, before: bytes = b"", packed: bytes | None = None) -> bytes:
    """A PNG of filtered lines `(h, 1 + channels * w)`."""
    height, width = lines.shape[0], (lines.shape[1] - 1) // channels
    header = struct.pack(">IIBBBBB", width, height, 8, KINDS[channels], 0, 0, 0)
    body = zlib.compress(lines.tobytes(), 1) if packed is None else packed
    half = len(body) // 2
    parts = chunk(b"IDAT", body[:half]) + chunk(b"IDAT", body[half:])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + parts + chunk(b"IEND", b"")


def noise(width: int, height: int, channels: int, seed: int = 1) -> np.ndarray:
    """Lines of random bytes, each with one of the five filters: every such file is valid."""
    rng = np.random.default_rng(seed)
    lines = rng.integers(0, 256, (height, 1 + channels * width), dtype=np.uint8)
    lines[:, 0] = rng.integers(0, 5, height)
    return lines


def by_pillow(data: bytes) -> np.ndarray:
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(512, 512), (1, 262_144), (262_144, 1), (601, 997)])
def test_every_filter_gives_the_pixels_of_pillow(channels: int, size: tuple[int, int]) -> None:
    data = png(noise(*size, channels), channels)
    pixels = plain_pixels(data)
    assert pixels is not None
    assert np.array_equal(pixels, by_pillow(data))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_loop_does_as_plain_python_what_it_does_compiled(channels: int) -> None:
    lines = noise(7, 40, channels)
    out, again = np.zeros((2, 41, 7 * channels), np.uint8)
    assert unfiltered(lines, out, channels) == 40
    assert unfiltered.py_func(lines, again, channels) == 40  # type: ignore[attr-defined]
    assert np.array_equal(out, again)
    small = by_pillow(png(lines, channels))
    shown = out[1:].reshape(40, 7, channels)
    assert np.array_equal(np.repeat(shown, 3, 2) if channels == 1 else shown[..., :3], small)


def test_files_that_other_programs_made_are_read_alike(tmp_path: Path) -> None:
    scene(3, 900, 700).save(tmp_path / "a.bmp")
    commands = [
        ["convert", "a.bmp", "-define", f"png:compression-filter={number}", f"c{number}.png"]
        for number in range(6)
    ]
    commands += [["convert", "a.bmp", "-colorspace", "gray", "-define", "png:color-type=0", "g.png"]]
    commands += [["convert", "a.bmp", "-alpha", "set", "-define", "png:color-type=6", "r.png"]]
    commands += [["ffmpeg", "-v", "error", "-i", "a.bmp", "-pred", "mixed", "f.png"]]
    made = [command for command in commands if shutil.which(command[0])]
    if not made:
        pytest.skip("neither ImageMagick nor ffmpeg is installed")
    for command in made:
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        data = (tmp_path / command[-1]).read_bytes()
        pixels = plain_pixels(data)
        assert pixels is not None, command
        assert np.array_equal(pixels, by_pillow(data)), command


def test_what_is_not_plain_is_left_to_pillow() -> None:
    image = scene(1, 640, 480)
    lines = noise(512, 512, 3)
    wrong = lines.copy()
    wrong[300, 0] = 5
    stored = zlib.compress(lines.tobytes(), 1)
    text = chunk(b"tEXt", b"a\0b")
    for data in (
        encoded(image.resize((320, 240)), "PNG"),
        encoded(image.quantize(16), "PNG"),
        encoded(Image.fromarray(np.zeros((600, 600), np.uint16)), "PNG"),
        encoded(image, "PNG", save_all=True, append_images=[image.rotate(5)]),
        png(wrong, 3),
        png(lines, 3, before=text[:-1] + b"?"),
        png(lines[:-1], 3).replace(struct.pack(">II", 512, 511), struct.pack(">II", 512, 512)),
        png(lines, 3, packed=stored[:-1] + bytes([stored[-1] ^ 1])),
        png(lines, 3, packed=zlib.compress(lines.tobytes() + b"more", 1)),
        png(lines, 3)[:-12],
        png(lines, 3)[:-12] + chunk(b"IDAT", b"") + text + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n" + bytes(40),
    ):
        assert plain_pixels(data) is None


def test_a_plain_one_is_decoded_whole_and_a_cut_one_is_called_damaged() -> None:
    data = encoded(scene(2, 900, 700), "PNG")
    (picture,) = open_media(data).pictures
    assert picture.damaged is None
    assert np.array_equal(picture.rgb(), by_pillow(data))
    (cut,) = open_media(data[: len(data) // 2]).pictures
    assert cut.damaged is not None
    assert np.array_equal(cut.rgb()[:200], picture.rgb()[:200])


def test_a_small_file_that_claims_to_be_large_takes_no_more_than_it_says() -> None:
    lying = png(noise(4, 4, 3), 3).replace(struct.pack(">II", 4, 4), struct.pack(">II", 7000, 7000))
    assert plain_pixels(lying) is None
    huge = png(noise(4, 4, 3), 3).replace(struct.pack(">II", 4, 4), struct.pack(">II", 90_000, 90_000))
    assert plain_pixels(huge) is None
    with pytest.raises(FormatError):
        open_media(huge)


@pytest.mark.parametrize("seed", range(40))
def test_bytes_changed_at_random_never_give_other_pixels_than_pillow(seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(png(noise(512, 512, 1), 1, before=chunk(b"tEXt", b"Title\0a")))
    for at in rng.integers(8, 120 if seed % 2 else len(data), rng.integers(1, 4)):
        data[at] ^= 1 << int(rng.integers(8))
    pixels = plain_pixels(bytes(data))
    if pixels is not None:
        assert np.array_equal(pixels, by_pillow(bytes(data)))
