"""A cut animation, icon or TIFF says so, wherever it was cut; a whole one says nothing."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.errors import FormatError
from safelight.media.ends import is_short
from safelight.media.open import open_media, prepare

prepare()

STEP = 64


def noise(width: int, height: int, seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def several(format: str, **options: object) -> bytes:
    """Four pictures in one file of Pillow's."""
    made = BytesIO()
    first, *others = (noise(48, 32, seed) for seed in range(4))
    first.save(made, format, save_all=True, append_images=others, **options)
    return made.getvalue()


def icon(format: str, **options: object) -> bytes:
    made = BytesIO()
    noise(64, 64, 9).convert("RGBA").save(made, format, **options)
    return made.getvalue()


BY_PILLOW: dict[str, Callable[[], bytes]] = {
    "gif": lambda: several("GIF", duration=100),
    "apng": lambda: several("PNG", duration=100),
    "png": lambda: icon("PNG"),
    "tiff": lambda: several("TIFF"),
    "tiff, packed": lambda: several("TIFF", compression="tiff_lzw"),
    "big tiff": lambda: several("TIFF", big_tiff=True),
    "ico": lambda: icon("ICO", sizes=[(16, 16), (32, 32), (64, 64)]),
    "ico of bitmaps": lambda: icon("ICO", sizes=[(16, 16), (48, 48)], bitmap_format="bmp"),
    "icns": lambda: icon("ICNS"),
}


def told(data: bytes) -> str | None:
    """What is said of a picture that is not whole: damage, or that it cannot be shown at all."""
    try:
        return open_media(data).pictures[0].damaged
    except FormatError as error:
        return str(error)


def silent_cuts(data: bytes, most: int = 400) -> list[int]:
    """Where a file can be cut without a word: at every 64th byte, of a large one at so many of these."""
    step = STEP * max(1, len(data) // (STEP * most))
    return [size for size in range(0, len(data), step) if told(data[:size]) is None]


@pytest.mark.parametrize("kind", BY_PILLOW)
def test_a_file_of_pillow_that_is_cut_anywhere_says_so(kind: str) -> None:
    data = BY_PILLOW[kind]()
    assert told(data) is None
    assert silent_cuts(data, most=40 if kind == "icns" else 400) == []


BY_OTHERS: dict[str, tuple[str, ...]] = {
    "a.gif": ("ffmpeg", "-v", "error", "-framerate", "5", "-i", "f%d.png", "a.gif"),
    "b.png": ("ffmpeg", "-v", "error", "-framerate", "5", "-i", "f%d.png", "-f", "apng", "b.png"),
    "c.png": ("apngasm", "c.png", "f0.png", "f1.png", "f2.png"),
    "d.gif": ("convert", "f0.png", "f1.png", "f2.png", "d.gif"),
    "e.tif": ("convert", "f0.png", "f1.png", "f2.png", "e.tif"),
    "f.tif": ("tiffcp", "-c", "zip", "pages.tif", "f.tif"),
    "g.tif": ("tiffcp", "-t", "-w", "16", "-l", "16", "pages.tif", "g.tif"),
    "h.tif": ("tiffcp", "-8", "pages.tif", "h.tif"),
    "i.ico": ("icotool", "-c", "-o", "i.ico", "s16.png", "s32.png", "s48.png"),
    "j.ico": ("icotool", "-c", "-o", "j.ico", "-r", "s48.png", "s16.png"),
    "k.icns": ("png2icns", "k.icns", "s16.png", "s32.png", "s48.png"),
}


@pytest.mark.parametrize("name", BY_OTHERS)
def test_a_file_of_another_program_that_is_cut_anywhere_says_so(name: str, tmp_path: Path) -> None:
    command = BY_OTHERS[name]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    for number in range(3):
        noise(48, 32, number).save(tmp_path / f"f{number}.png")
    for side in (16, 32, 48):
        noise(side, side, side).convert("RGBA").save(tmp_path / f"s{side}.png")
    (tmp_path / "pages.tif").write_bytes(several("TIFF"))
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    data = (tmp_path / name).read_bytes()
    assert told(data) is None
    assert silent_cuts(data, most=200) == []


def test_what_a_cut_animation_shows_is_still_shown() -> None:
    data = several("GIF", duration=100)
    cut = open_media(data[: len(data) * 3 // 4]).pictures
    assert len(cut) == 3 and cut[0].damaged == "the end is missing"
    film = cut[0].film
    assert film is not None and len(list(film.frames())) == 3


def test_an_animation_of_more_frames_than_are_looked_at_says_so() -> None:
    made = BytesIO()
    frames = [Image.new("L", (4, 4), 255 * (number % 2)) for number in range(1_001)]
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:], duration=10)
    assert told(made.getvalue()) == "not looked at beyond frame 1000"


@pytest.mark.parametrize("behind", [b"\0", b"<script>alert(1)</script>", bytes(500)])
@pytest.mark.parametrize("kind", ["gif", "apng", "tiff", "ico", "icns"])
def test_what_is_appended_behind_the_end_is_no_cut(kind: str, behind: bytes) -> None:
    assert told(BY_PILLOW[kind]() + behind) is None


def test_directories_that_lead_back_to_each_other_and_lying_counts_end() -> None:
    loop = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHIII", 1, 256, 3, 1, 5, 8)
    assert not is_short(loop, "tiff")
    many = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 0xFFFF) + bytes(64)
    assert not is_short(many, "tiff")
    assert is_short(b"\0\0\1\0\xff\xff" + bytes(64), "ico")
    endless = b"GIF89a" + bytes(7) + b"!\xf9" + b"\1\0" * 3_000_000
    assert not is_short(endless, "gif"), "given up, in bounded time"


@given(st.sampled_from(["gif", "png", "tiff", "ico", "icns"]), st.binary(max_size=400), st.booleans())
@settings(max_examples=300, deadline=None)
def test_whatever_the_bytes_are_there_is_an_answer(format: str, data: bytes, is_big: bool) -> None:
    heads = {"tiff": b"MM\0\x2b\0\x08\0\0" if is_big else b"II*\0\x08\0\0\0", "gif": b"GIF89a"}
    assert is_short(heads.get(format, b"") + data, format) in (True, False)
