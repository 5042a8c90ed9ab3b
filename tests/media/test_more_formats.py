"""JPEG XL, camera RAW and pictures that move: decoded, bounded, and in the jail as outside."""

from __future__ import annotations

import shutil
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
from safelight.media.exif import exif_of_picture
from safelight.media.film import NoPictureError
from safelight.media.jxl import stated_dimensions
from safelight.media.open import open_media, prepare
from safelight.media.thumbnail import CELL, stand_in
from tests.media import raws
from tests.media.films import film, moving
from tests.media.test_in_jail import Decode
from tests.media.test_media import encoded, scene

prepare()

needs_cjxl = pytest.mark.skipif(shutil.which("cjxl") is None, reason="cjxl (libjxl-tools) is not installed")
needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def jxl(folder: Path, image: Image.Image, *options: str, suffix: str = "png") -> bytes:
    source, made = folder / f"a.{suffix}", folder / "a.jxl"
    image.save(source)
    subprocess.run(["cjxl", source, made, *options], check=True, capture_output=True)
    return made.read_bytes()


@needs_cjxl
@pytest.mark.parametrize(
    "options",
    [("-d", "0", "-e", "3"), ("-d", "1"), ("--container=1", "-d", "0", "-e", "1"), ("-p", "-d", "1")],
)
@pytest.mark.parametrize("size", [(320, 200), (256, 256), (333, 77), (701, 503), (8, 8)])
def test_jpeg_xl_shows_what_was_encoded(
    tmp_path: Path, size: tuple[int, int], options: tuple[str, ...]
) -> None:
    data = jxl(tmp_path, scene(*size), *options)
    assert stated_dimensions(data) == size
    opened = open_media(data)
    assert opened.format == "jxl" and opened.kind == "image"
    difference = np.abs(opened.pictures[0].rgb().astype(int) - np.asarray(scene(*size)).astype(int))
    assert difference.max() == 0 if "0" in options else difference.mean() < 12 or size == (8, 8)


@needs_cjxl
@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "I;16"])
def test_jpeg_xl_of_other_modes_is_brought_to_eight_bit_rgb(tmp_path: Path, mode: str) -> None:
    grey = np.asarray(scene(64, 48).convert("L"))
    image = Image.fromarray(grey.astype(np.uint16) << 8) if mode == "I;16" else scene(64, 48).convert(mode)
    pixels = open_media(jxl(tmp_path, image, "-d", "0")).pictures[0].rgb()
    expected = grey if mode != "RGBA" else np.asarray(scene(64, 48))[..., 0]
    assert np.abs(pixels[..., 0].astype(int) - expected.astype(int)).max() <= 1


@needs_cjxl
def test_a_jpeg_packed_into_jpeg_xl_is_the_jpeg(tmp_path: Path) -> None:
    data = jxl(tmp_path, scene(320, 200), suffix="jpg")
    reference = np.asarray(Image.open(tmp_path / "a.jpg").convert("RGB")).astype(int)
    assert np.abs(open_media(data).pictures[0].rgb().astype(int) - reference).mean() < 2


@needs_cjxl
@pytest.mark.parametrize("keep", [3, 12, 60, 200])
def test_a_cut_jpeg_xl_is_a_clear_error(tmp_path: Path, keep: int) -> None:
    data = jxl(tmp_path, scene(320, 200), "--container=1")[:keep]
    with pytest.raises(FormatError):
        open_media(data)


def test_a_jpeg_xl_of_absurd_size_is_refused_before_it_is_decoded() -> None:
    width_and_height = (1 << 30) - 1
    bits = 0 | 3 << 1 | width_and_height << 3 | 0 << 33 | 3 << 36 | width_and_height << 38
    with pytest.raises(FormatError, match="more than are decoded"):
        open_media(b"\xff\x0a" + bits.to_bytes(16, "little"))


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_gives_frames_from_the_first_to_the_last(format: str) -> None:
    data = moving(format)
    opened = open_media(data)
    assert opened.kind == "image" and len(opened.pictures) == 12  # each shows something else
    positions = [picture.position for picture in opened.pictures]
    assert positions[0] is None and positions[1:] == sorted(positions[1:], key=lambda at: at or 0)
    assert positions[-1] == pytest.approx(1.1, abs=0.01)
    with Image.open(BytesIO(data)) as image:
        image.seek(11)
        last = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(opened.pictures[-1].rgb().astype(int) - last).mean() < 8


def test_a_long_animation_is_sampled_over_its_length() -> None:
    positions = [picture.position or 0 for picture in open_media(drifting(16)).pictures]
    assert len(positions) == 9 and positions[-1] == pytest.approx(1.5)
    assert max(np.diff(positions)) < 0.5


def drifting(frames: int, other: int | None = None) -> bytes:
    """A GIF of frames that look much alike, 100 ms each; that of the number `other` is another picture."""
    ground = scene(240, 120, seed=3).convert("L")
    images = [ground.crop((number, 0, 160 + number, 120)) for number in range(frames)]
    if other is not None:
        images[other] = scene(160, 120, seed=4).convert("L")
    made = BytesIO()
    images[0].save(made, "GIF", save_all=True, append_images=images[1:], duration=100, loop=0)
    return made.getvalue()


@pytest.mark.parametrize("other", [1, 37, 58])
def test_one_other_picture_in_a_long_animation_is_not_passed_over(other: int) -> None:
    opened = open_media(drifting(60, other))
    assert len(opened.pictures) < 9 + 24
    (shown,) = [one for one in opened.pictures if one.position == pytest.approx(other / 10)]
    expected = np.asarray(scene(160, 120, seed=4).convert("L").convert("RGB")).astype(int)
    assert np.abs(shown.rgb().astype(int) - expected).mean() < 12


def test_an_animation_of_other_pictures_only_is_shown_up_to_a_limit() -> None:
    opened = open_media(moving("GIF", 60))
    assert 24 < len(opened.pictures) <= 9 + 24
    film_ = opened.pictures[0].film
    assert film_ is not None and len(list(film_.frames())) == 60


def test_the_contact_sheet_of_many_frames_goes_from_the_first_to_the_last() -> None:
    opened = open_media(moving("GIF", 24))
    with Image.open(BytesIO(stand_in(opened.pictures))) as sheet:
        last = np.asarray(sheet.convert("RGB"))[-96:, -CELL:].astype(int)
    expected = np.asarray(Image.fromarray(opened.pictures[-1].rgb()).resize((CELL, 96))).astype(int)
    assert np.abs(last - expected).mean() < 12


def test_an_animation_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safelight.media.animation._MOST_FRAMES", 5)
    opened = open_media(moving("GIF"))
    assert [picture.position for picture in opened.pictures][-1] == pytest.approx(0.4)
    found = opened.pictures[0].film
    assert found is not None and len(list(found.frames())) == 5
    assert found.problem == "not looked at beyond frame 5"


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_a_cut_animation_shows_what_there_is(format: str) -> None:
    data = moving(format)
    try:
        opened = open_media(data[: len(data) // 2])
    except FormatError:
        return
    assert 1 <= len(opened.pictures) <= 9


def test_a_camera_raw_shows_its_largest_preview_and_keeps_what_it_states() -> None:
    preview = encoded("JPEG", scene(600, 400), quality=90)
    data = raws.dng(preview, raws.lossless())
    opened = open_media(data)
    (picture,) = opened.pictures
    assert (opened.format, picture.width, picture.height, picture.orientation) == ("raw", 600, 400, 6)
    assert np.abs(picture.rgb().astype(int) - np.asarray(scene(600, 400)).astype(int)).mean() < 4
    assert exif_of_picture(picture.data)["model"] == "Acme R1"


@needs_exiftool
def test_exiftool_finds_the_same_preview(tmp_path: Path) -> None:
    preview = encoded("JPEG", scene(600, 400), quality=90)
    file = tmp_path / "a.dng"
    file.write_bytes(raws.dng(preview, raws.lossless()))
    found = [
        subprocess.run(["exiftool", "-b", f"-{tag}", file], capture_output=True, check=False).stdout
        for tag in ("PreviewImage", "JpgFromRaw")
    ]
    assert preview in found


@pytest.mark.parametrize(
    "build", [raws.rw2, raws.raf, lambda preview: raws.cr3(preview, encoded("JPEG", scene(160, 120)))]
)
def test_other_makers_previews_are_found(build: object) -> None:
    preview = encoded("JPEG", scene(600, 400), quality=90)
    opened = open_media(build(preview))  # type: ignore[operator]
    assert (opened.format, opened.pictures[0].width) == ("raw", 600)


def test_a_raw_without_a_preview_is_a_clear_error() -> None:
    with pytest.raises(FormatError, match="no preview"):
        open_media(raws.cr3(b"", b""))


def test_a_plain_tiff_is_no_camera_raw() -> None:
    assert open_media(encoded("TIFF")).format == "tiff"


def test_a_film_is_kept_as_a_sheet_of_nine_frames() -> None:
    opened = open_media(film("mp4", seconds=6))
    assert len(opened.pictures) == 9
    with Image.open(BytesIO(stand_in(opened.pictures))) as sheet:
        assert sheet.size == (3 * CELL, 3 * CELL * 240 // 320)
        left = np.asarray(sheet.crop((0, 0, CELL, 96))).astype(int)
    first = np.asarray(Image.fromarray(opened.pictures[0].rgb()).resize((CELL, 96))).astype(int)
    assert np.abs(left - first).mean() < 12


def test_frames_of_different_shapes_share_a_sheet() -> None:
    pictures = [open_media(encoded("PNG", scene(*size))).pictures[0] for size in ((300, 100), (100, 300))]
    with Image.open(BytesIO(stand_in(pictures))) as sheet:
        assert sheet.size == (2 * CELL, CELL)


@needs_cjxl
@needs_exiftool
def test_what_a_jpeg_xl_states_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.jxl").write_bytes(jxl(tmp_path, scene(64, 48), "--container=1"))
    command = [
        "exiftool",
        "-Make=Acme",
        "-Model=X1",
        "-DateTimeOriginal=2024:05:01 12:30:00",
        tmp_path / "a.jxl",
    ]
    subprocess.run(command, check=True, capture_output=True)
    facts = exif_of_picture((tmp_path / "a.jxl").read_bytes())
    assert (facts["make"], facts["model"], facts["taken"]) == ("Acme", "X1", "2024-05-01T12:30:00")


def test_what_fujifilm_states_is_read_from_its_preview() -> None:
    exif = Image.Exif()
    exif[0x0110] = "X-T0"
    facts = exif_of_picture(raws.raf(encoded("JPEG", scene(300, 200), exif=exif)))
    assert facts["model"] == "X-T0"


@settings(max_examples=40, deadline=None)
@given(
    format=st.sampled_from(["mp4", "avi", "webm", "GIF", "WEBP", "dng", "raf", "cr3"]),
    flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=8),
    keep=st.floats(0.05, 1),
)
def test_broken_films_animations_and_raws_give_what_they_have(
    format: str, flips: list[tuple[float, int]], keep: float
) -> None:
    preview = encoded("JPEG", scene(300, 200))
    whole = {
        "mp4": lambda: film("mp4", seconds=1),
        "avi": lambda: film("avi", seconds=1),
        "webm": lambda: film("webm", seconds=1),
        "dng": lambda: raws.dng(preview, raws.lossless()),
        "raf": lambda: raws.raf(preview),
        "cr3": lambda: raws.cr3(preview, preview),
    }
    data = bytearray(whole[format]() if format in whole else moving(format))
    for where, value in flips:
        data[int(where * len(data))] = value
    try:
        opened = open_media(bytes(data[: int(keep * len(data))]))
    except FormatError:
        return
    first = opened.pictures[0]
    assert first.rgb(64).ndim == 3 and len(opened.pictures) <= 9 + 24
    for frame in first.film.frames() if first.film is not None else ():
        assert frame.luma.ndim == 2 and frame.position >= 0


@needs_ffmpeg
@pytest.mark.parametrize("name", ["sound.mp4", "sound.ogg", "sound.mkv", "sound.wmv"])
def test_sound_alone_is_no_failure(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", file]
    subprocess.run(command, check=True)
    with pytest.raises(NoPictureError, match="sound only"):
        open_media(file.read_bytes())


@needs_ffmpeg
@pytest.mark.parametrize(
    "name", ["a.mp4", "a.mov", "a.mkv", "a.webm", "a.avi", "a.mpg", "a.ts", "a.flv", "a.wmv", "a.3gp"]
)
def test_films_that_ffmpeg_writes_give_nine_frames(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    size = "352x288" if name.endswith("3gp") else "320x240"
    source = f"testsrc=size={size}:rate=25:duration=3"
    options = ["-c:v", "h263"] if name.endswith("3gp") else []
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *options, file], check=True)
    opened = open_media(file.read_bytes())
    assert opened.kind == "video" and 7 <= len(opened.pictures) <= 9
    first = opened.pictures[0].film
    assert first is not None and len(list(first.frames())) >= 70


@needs_cjxl
def test_what_is_new_decodes_in_the_jail(tmp_path: Path) -> None:
    preview = encoded("JPEG", scene(600, 400))
    made = {f"{name} moving": moving(name) for name in ("GIF", "WEBP", "PNG", "AVIF")}
    made |= {
        "jxl": jxl(tmp_path, scene(64, 48)),
        "jxl 16": jxl(tmp_path, scene(64, 48).convert("L"), "-d", "0"),
    }
    made |= {
        "dng": raws.dng(preview, raws.lossless()),
        "raf": raws.raf(preview),
        "film": film("mp4", seconds=1),
    }
    made |= {f"half of {name}": data[: len(data) // 2] for name, data in made.items()}
    names = list(made)
    outcomes: dict[str, object] = {}
    with PoolEngine(1) as engine:
        for outcome in engine.map(Decode(), [[made[name]] for name in names]):
            assert isinstance(outcome, Done), outcome
            outcomes[names[[made[name] for name in names].index(outcome.items[0])]] = outcome.results[0]
    for name in names:
        if not name.startswith("half"):
            seen = outcomes[name]
            assert isinstance(seen, dict) and seen.get("error") is None and seen["damaged"] is None, (
                name,
                seen,
            )


def test_a_larger_film_with_few_key_frames_is_shown_by_nine_frames_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("safelight.media.video._SMALL_CLIP", 12_000_000)
    pictures = open_media(film("mp4", seconds=20, rate=10, gop=70)).pictures
    positions = [picture.position or 0.0 for picture in pictures]
    assert len(positions) == 9 and positions == sorted(set(positions))
    assert positions[0] == 0 and positions[-1] > 13
