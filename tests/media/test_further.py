"""Pictures beside the first one of a file: of HEIC and AVIF, of icons, of sequences and JPEG XL animations."""

from __future__ import annotations

import shutil
import struct
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done
from safelight.media.heif_items import items_of
from safelight.media.open import open_media, prepare
from safelight.media.protocol import Picture
from tests.media.films import moving
from tests.media.test_in_jail import Decode
from tests.media.test_media import encoded, scene

prepare()

needs = {
    name: pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
    for name in ("heif-enc", "cjxl", "ffmpeg", "icotool", "png2icns")
}
SCENES = [scene(320, 240, seed=seed) for seed in range(3)]


def shows(picture: Picture, image: Image.Image) -> bool:
    """Is it this scene? Others differ by 60 and more."""
    pixels = picture.rgb()
    other = np.asarray(image.convert("RGB").resize(pixels.shape[1::-1])).astype(int)
    return float(np.abs(pixels.astype(int) - other).mean()) < 12


def scenes(folder: Path, *seeds: int) -> list[Path]:
    for seed in seeds:
        scene(320, 240, seed=seed).save(folder / f"{seed}.png")
    return [folder / f"{seed}.png" for seed in seeds]


def heif_enc(folder: Path, *options: object, suffix: str = "heic") -> bytes:
    made = folder / f"made.{suffix}"
    subprocess.run(["heif-enc", *map(str, options), "-o", made], check=True, capture_output=True)
    return made.read_bytes()


def two_with_thumbnail() -> bytes:
    """Two pictures and a thumbnail of the first one, by libheif."""
    file = pillow_heif.from_pillow(SCENES[0])
    file.info["thumbnails"] = [128]
    file.add_from_pillow(SCENES[1])
    made = BytesIO()
    file.save(made, quality=80)
    return made.getvalue()


@needs["heif-enc"]
@pytest.mark.parametrize(("suffix", "option"), [("heic", "-q80"), ("avif", "-A")])
def test_every_picture_of_a_heic_and_an_avif_is_looked_at(suffix: str, option: str, tmp_path: Path) -> None:
    data = heif_enc(tmp_path, option, *scenes(tmp_path, 0, 1, 2), suffix=suffix)
    opened = open_media(data)
    assert (opened.kind, opened.format, opened.pictures[0].damaged) == ("image", suffix, None)
    assert len(opened.pictures) == 3
    assert all(shows(picture, image) for picture, image in zip(opened.pictures, SCENES, strict=True))


@needs["heif-enc"]
@pytest.mark.parametrize(("suffix", "option"), [("heic", "-q80"), ("avif", "-A")])
def test_a_hidden_picture_is_looked_at_too(suffix: str, option: str, tmp_path: Path) -> None:
    data = bytearray(heif_enc(tmp_path, option, *scenes(tmp_path, 0, 1), suffix=suffix))
    items = items_of(bytes(data))
    assert items is not None
    data[items.further[0].entry + 3] |= 1
    if suffix == "heic":
        assert len(pillow_heif.open_heif(bytes(data))) == 1
    found = open_media(bytes(data)).pictures
    assert [shows(found[0], SCENES[0]), shows(found[1], SCENES[1])] == [True, True]


@needs["heif-enc"]
def test_alpha_is_no_picture_and_an_unknown_auxiliary_picture_is(tmp_path: Path) -> None:
    image = SCENES[0].convert("RGBA")
    image.putalpha(SCENES[1].convert("L"))
    image.save(tmp_path / "a.png")
    data = heif_enc(tmp_path, tmp_path / "a.png")
    assert len(open_media(data).pictures) == 1
    at = data.index(b"auxid:1")
    found = open_media(data[:at] + b"auxid:9" + data[at + 7 :]).pictures
    assert len(found) == 2
    assert shows(found[1], SCENES[1].convert("L"))


def test_a_thumbnail_is_taken_only_where_it_shows_something_else() -> None:
    data = two_with_thumbnail()
    items = items_of(data)
    assert items is not None and len(items.further) == len(items.thumbnails) == 1
    assert [shows(one, image) for one, image in zip(open_media(data).pictures, SCENES, strict=False)] == [
        True
    ] * 2
    thumbnail, other = items.thumbnails[0].number, items.further[0].number
    link = b"thmb" + struct.pack(">H", thumbnail)
    stale = data.replace(link, b"thmb" + struct.pack(">H", other))
    assert stale != data
    found = open_media(stale).pictures
    assert [len(found), shows(found[1], SCENES[0]), shows(found[2], SCENES[1])] == [3, True, True]


def test_more_pictures_than_are_looked_at_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    file = pillow_heif.from_pillow(scene(64, 64, seed=0))
    for seed in range(1, 6):
        file.add_from_pillow(scene(64, 64, seed=seed))
    made = BytesIO()
    file.save(made)
    monkeypatch.setattr("safelight.media.further.MOST", 3)
    found = open_media(made.getvalue()).pictures
    assert len(found) == 4
    assert found[0].damaged == "not looked at beyond 4 pictures in it"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_boxes_are_as_good_as_absent(data: st.DataObject) -> None:
    whole = bytearray(TWO)
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, min(len(whole), 1200) - 1))] = data.draw(st.integers(0, 255))
    items_of(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


TWO = two_with_thumbnail()


def sequence(folder: Path, brand: str = "hevc") -> bytes:
    """A sequence of HEVC pictures by ffmpeg, as a phone names it: its handler is `pict`."""
    made = folder / "a.mp4"
    command = (
        "ffmpeg -v error -y -f lavfi -i testsrc=size=320x240:rate=10:duration=3 -c:v libx265 -tag:v hvc1"
    )
    subprocess.run(
        [*command.split(), "-x265-params", "log-level=none", "-brand", brand, "-f", "mp4", made], check=True
    )
    data = made.read_bytes()
    at = data.index(b"hdlr")
    return data[:at] + data[at:].replace(b"vide", b"pict", 1)


@needs["ffmpeg"]
@pytest.mark.parametrize("brand", ["hevc", "msf1"])
def test_a_sequence_of_pictures_is_a_film(brand: str, tmp_path: Path) -> None:
    opened = open_media(sequence(tmp_path, brand))
    assert (opened.kind, opened.format, len(opened.pictures)) == ("video", "heic", 9)
    film = opened.pictures[0].film
    assert film is not None and len(list(film.frames())) == 30 and film.problem is None


@needs["ffmpeg"]
def test_a_picture_with_a_sequence_beside_it_is_both(tmp_path: Path) -> None:
    still, moves = TWO, sequence(tmp_path)
    body = moves[int.from_bytes(moves[:4], "big") :]
    at = body.index(b"stco") + 8
    shift = len(still) + len(body) - len(moves)
    moved = bytearray(body)
    (count,) = struct.unpack_from(">I", body, at)
    for number in range(count):
        (offset,) = struct.unpack_from(">I", body, at + 4 + 4 * number)
        struct.pack_into(">I", moved, at + 4 + 4 * number, offset + shift)
    opened = open_media(still + bytes(moved))
    assert (opened.kind, len(opened.pictures)) == ("image", 11)
    assert shows(opened.pictures[0], SCENES[0])
    film = opened.pictures[0].film
    assert film is not None and len(list(film.frames())) == 30


def icon(folder: Path, *images: Image.Image) -> bytes:
    """An ICO of bitmaps and PNGs by icotool."""
    command: list[object] = ["icotool", "-c", "-o", folder / "a.ico"]
    for number, image in enumerate(images):
        image.convert("RGBA").save(folder / f"{number}.png")
        command += ["-r", folder / f"{number}.png"] if image.width >= 256 else [folder / f"{number}.png"]
    subprocess.run(list(map(str, command)), check=True)
    return (folder / "a.ico").read_bytes()


@needs["icotool"]
def test_an_icon_in_several_sizes_is_one_picture_and_another_picture_in_it_is_shown(tmp_path: Path) -> None:
    large = scene(256, 256, seed=1)
    sizes = [large.resize((side, side)) for side in (128, 64, 32)]
    assert len(open_media(icon(tmp_path, large, *sizes)).pictures) == 1
    other = scene(128, 128, seed=2)
    found = open_media(icon(tmp_path, large, other, *sizes)).pictures
    assert len(found) == 2 and shows(found[0], large) and shows(found[1], other)


def test_a_large_picture_behind_a_small_entry_of_an_icon_is_found() -> None:
    hidden = encoded("PNG", scene(640, 480, seed=2))
    plain = encoded("ICO", scene(64, 64, seed=1), sizes=[(64, 64)])
    size, offset = struct.unpack_from("<II", plain, 14)
    content = plain[offset : offset + size]
    head = struct.pack("<HHH", 0, 1, 2)
    head += struct.pack("<BBBBHHII", 64, 64, 0, 0, 1, 32, size, 38)
    head += struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(hidden), 38 + size)
    found = open_media(head + content + hidden).pictures
    assert len(found) == 2 and shows(found[1], scene(640, 480, seed=2))


@needs["png2icns"]
def test_apples_icons_are_pictures(tmp_path: Path) -> None:
    for side, seed in ((512, 1), (256, 1), (128, 2)):
        scene(512, 512, seed=seed).resize((side, side)).convert("RGBA").save(tmp_path / f"{side}.png")
    files = [tmp_path / f"{side}.png" for side in (512, 256, 128)]
    subprocess.run(["png2icns", tmp_path / "a.icns", *files], check=True, capture_output=True)
    opened = open_media((tmp_path / "a.icns").read_bytes())
    assert opened.format == "icns" and shows(opened.pictures[0], scene(512, 512, seed=1))


def test_another_picture_in_apples_icon_is_shown() -> None:
    chunks = b""
    for kind, side, seed in ((b"ic09", 512, 1), (b"ic08", 256, 2), (b"ic07", 128, 1)):
        data = encoded("PNG", scene(512, 512, seed=seed).resize((side, side)))
        chunks += kind + struct.pack(">I", len(data) + 8) + data
    found = open_media(b"icns" + struct.pack(">I", len(chunks) + 8) + chunks).pictures
    assert len(found) == 2 and shows(found[1], scene(512, 512, seed=2))


def animated(folder: Path, format: str, frames: int = 12) -> bytes:
    source, made = folder / f"a.{format.lower()}", folder / "a.jxl"
    source.write_bytes(moving(format, frames))
    subprocess.run(["cjxl", source, made, "-d", "0", "-e", "1"], check=True, capture_output=True)
    return made.read_bytes()


@needs["cjxl"]
@pytest.mark.parametrize("format", ["GIF", "PNG"])
def test_a_jpeg_xl_animation_gives_frames_from_the_first_to_the_last(format: str, tmp_path: Path) -> None:
    opened = open_media(animated(tmp_path, format))
    assert opened.kind == "image" and len(opened.pictures) == 12
    with Image.open(BytesIO(moving(format))) as image:
        for shown, number in ((opened.pictures[0], 0), (opened.pictures[-1], 11)):
            image.seek(number)
            expected = np.asarray(image.convert("RGB")).astype(int)
            assert np.abs(shown.rgb().astype(int) - expected).mean() < 2
    film = opened.pictures[0].film
    assert film is not None and len(list(film.frames())) == 12 and film.problem is None


@needs["cjxl"]
def test_a_jpeg_xl_animation_that_is_too_large_shows_its_first_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.media.jxl._MOST_BYTES", 100_000)
    opened = open_media(animated(tmp_path, "PNG"))
    film = opened.pictures[0].film
    assert len(opened.pictures) == 9
    assert film is not None and len(list(film.frames())) == 9
    assert film.problem == "not looked at beyond frame 9 of 12: together they are too large"


@needs["cjxl"]
def test_a_cut_jpeg_xl_animation_shows_what_there_is(tmp_path: Path) -> None:
    data = animated(tmp_path, "PNG")
    found = open_media(data[: len(data) // 2]).pictures
    assert 1 < len(found) < 9
    assert found[0].film is not None and list(found[0].film.frames()) and found[0].film.problem is not None


@needs["heif-enc"]
@needs["cjxl"]
@needs["ffmpeg"]
def test_all_of_these_decode_in_the_jail_too(tmp_path: Path) -> None:
    files = [
        heif_enc(tmp_path, "-A", *scenes(tmp_path, 0, 1), suffix="avif"),
        TWO,
        sequence(tmp_path),
        animated(tmp_path, "PNG"),
    ]
    engine = PoolEngine(1)
    try:
        seen = [
            outcome.results
            for outcome in engine.map(Decode(), [[one] for one in files])
            if isinstance(outcome, Done)
        ]
    finally:
        engine.close()
    assert len(seen) == len(files)
    assert all("error" not in one[0] and one[0]["damaged"] is None for one in seen)
