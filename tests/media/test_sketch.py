"""A sketch of a JPEG: luma alone, large progressive files without the scans of detail, and damage still seen."""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from safelight.errors import FormatError
from safelight.media.jpeg import JpegPicture
from safelight.media.jpeg_scans import coarse, layout, thinned
from safelight.media.open import open_media
from safelight.media.picture import luma_of
from tests.signals.pictures import encoded, scene


def sketched(data: bytes) -> JpegPicture:
    (picture,) = open_media(data, sketch="grey").pictures
    assert isinstance(picture, JpegPicture)
    return picture


def off(picture: JpegPicture, data: bytes) -> float:
    """How far the sketch lies from the luma of the whole file at the same size, on average."""
    sketch = picture.sketch(256)
    (whole,) = open_media(data).pictures
    return float(np.abs(sketch.astype(int) - luma_of(whole.rgb(256))).mean())


@pytest.mark.parametrize("size", [(300, 260), (1100, 790), (1700, 1300), (2300, 2100)])
def test_a_baseline_sketch_is_the_luma_of_the_picture(size: tuple[int, int]) -> None:
    data = encoded(scene(1, *size))
    picture = sketched(data)
    assert picture.sketch(256).ndim == 2
    assert min(picture.sketch(256).shape) >= 256
    assert off(picture, data) < 1


@pytest.mark.parametrize("size", [(1100, 790), (1700, 1300), (2300, 2100)])
def test_a_progressive_file_is_read_as_far_as_its_coarse_scans(size: tuple[int, int]) -> None:
    data = encoded(scene(2, *size), progressive=True)
    picture = sketched(data)
    short = coarse(data, layout(data), picture.scale(256))
    assert short is not None
    assert len(short) < len(data) / 2
    assert picture.damaged is None
    assert off(picture, data) < 3


def test_small_progressive_files_and_baseline_ones_are_not_cut() -> None:
    small, baseline = encoded(scene(2, 700, 600), progressive=True), encoded(scene(2, 900, 800))
    assert off(sketched(small), small) < 1
    assert coarse(baseline, layout(baseline), 2) is None


def test_scans_are_told_by_what_they_hold() -> None:
    found = layout(encoded(scene(2), progressive=True))
    assert (found.progressive, found.ended, found.components) == (True, True, (1, 2, 3))
    assert (found.scans[0].components, found.scans[0].first, found.scans[0].last) == ((1, 2, 3), 0, 0)
    assert any(scan.refines for scan in found.scans)
    assert found.scans[-1].end == len(encoded(scene(2), progressive=True)) - 2


def test_a_progressive_file_whose_end_is_missing_is_called_damaged() -> None:
    data = encoded(scene(2, 1100, 790), progressive=True)
    for kept in (len(data) // 8, len(data) // 2, len(data) - 20):
        assert sketched(data[:kept]).damaged == "the end is missing"


def test_a_broken_coarse_scan_is_seen() -> None:
    data = bytearray(encoded(scene(2, 1100, 790), progressive=True))
    start = layout(bytes(data)).scans[0].end - 4000
    data[start : start + 60] = bytes(range(60))
    assert sketched(bytes(data)).damaged is not None


def test_files_that_other_programs_made_are_read_alike(tmp_path: Path) -> None:
    """Scripts of scans differ between encoders."""
    if shutil.which("cjpeg") is None or shutil.which("jpegtran") is None:
        pytest.skip("libjpeg-turbo-progs is not installed")
    image = scene(4, 1300, 1000)
    image.save(tmp_path / "a.ppm")
    (tmp_path / "dc_first").write_text(
        "0: 0-0, 0, 0;\n1 2: 0-0, 0, 0;\n0: 1-2, 0, 2;\n0: 3-63, 0, 2;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n"
        "0: 1-63, 2, 1;\n0: 1-63, 1, 0;\n"
    )
    for options in (
        ["-progressive"],
        ["-progressive", "-sample", "1x1"],
        ["-scans", str(tmp_path / "dc_first")],
        ["-progressive", "-grayscale"],
        ["-progressive", "-restart", "1"],
        ["-progressive", "-rgb"],
    ):
        data = subprocess.run(
            ["cjpeg", *options, str(tmp_path / "a.ppm")], capture_output=True, check=True
        ).stdout
        picture = sketched(data)
        assert picture.damaged is None, options
        assert off(picture, data) < 3, options


def test_what_was_decoded_already_is_not_decoded_again() -> None:
    (picture,) = open_media(encoded(scene(1, 1100, 900))).pictures
    assert isinstance(picture, JpegPicture)
    assert picture.sketch(256) is picture.rgb(512)
    small, colour = (
        sketched(encoded(scene(1, 1100, 900))),
        open_media(encoded(scene(1, 1100, 900)), sketch="colour").pictures[0],
    )
    assert small.sketch(256) is small.sketch(256)
    assert isinstance(colour, JpegPicture)
    assert colour.sketch(256, colour=True).shape == (450, 550, 3)


def test_cmyk_goes_through_pillow() -> None:
    data = encoded(scene(1, 900, 800).convert("CMYK"))
    assert sketched(data).sketch(256).ndim == 3


def test_a_file_of_too_many_scans_is_refused_here_too() -> None:
    data = encoded(scene(2), progressive=True)
    last = data.rindex(b"\xff\xda")
    with pytest.raises(FormatError, match="500 scans"):
        open_media(data[:last] + data[last:-2] * 600 + data[-2:], sketch="grey")


@pytest.mark.parametrize("end", range(2, 700, 7))
def test_cut_headers_are_walked_without_harm(end: int) -> None:
    data = encoded(scene(2), progressive=True)
    found = layout(data[:end])
    assert not found.ended
    assert coarse(data[:end], found, 8) is None


def in_colour(data: bytes) -> JpegPicture:
    (picture,) = open_media(data).pictures
    assert isinstance(picture, JpegPicture)
    return picture


@pytest.mark.parametrize(("size", "scale", "most"), [((1300, 1100), 2, 0.75), ((2300, 2100), 4, 0.5)])
def test_a_small_picture_in_colour_is_decoded_without_the_last_bits_of_detail(
    size: tuple[int, int], scale: int, most: float
) -> None:
    data = encoded(scene(2, *size), progressive=True, quality=85)
    picture = in_colour(data)
    short = thinned(data, layout(data), scale)
    assert short is not None
    assert len(short) < most * len(data)
    kept = layout(short).scans
    assert {scan.components for scan in kept} == {(1, 2, 3), (1,), (2,), (3,)}
    assert all(scan.components != (1,) or not scan.refines or scan.bit for scan in kept)
    with Image.open(BytesIO(data)) as image:
        image.draft("RGB", (size[0] // scale, size[1] // scale))
        whole = np.asarray(image.convert("RGB")).astype(int)
    assert picture.damaged is None
    assert picture.scale(512) == scale
    assert np.abs(picture.rgb(512) - whole).mean() < 2.5
    assert np.array_equal(picture.rgb(), np.asarray(Image.open(BytesIO(data))))


def test_at_full_size_and_of_baseline_or_cut_files_nothing_is_left_out() -> None:
    progressive, baseline = encoded(scene(2, 900, 800), progressive=True), encoded(scene(2, 900, 800))
    assert thinned(progressive, layout(progressive), 1) is None
    assert thinned(baseline, layout(baseline), 4) is None
    assert thinned(progressive[:-2], layout(progressive[:-2]), 4) is None


def test_damage_in_what_is_kept_is_seen_in_colour_too() -> None:
    data = bytearray(encoded(scene(2, 1300, 1100), progressive=True))
    start = layout(bytes(data)).scans[0].end - 4000
    data[start : start + 60] = bytes(range(60))
    assert in_colour(bytes(data)).damaged is not None


def test_scans_of_other_scripts_are_left_out_only_where_they_refine_the_luma(tmp_path: Path) -> None:
    if shutil.which("cjpeg") is None:
        pytest.skip("libjpeg-turbo-progs is not installed")
    scene(4, 1300, 1100).save(tmp_path / "a.ppm")
    (tmp_path / "deep").write_text(
        "0 1 2: 0-0, 0, 0;\n0: 1-63, 0, 3;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n"
        "0: 1-63, 3, 2;\n0: 1-63, 2, 1;\n0: 1-63, 1, 0;\n"
    )
    data = subprocess.run(
        ["cjpeg", "-scans", str(tmp_path / "deep"), str(tmp_path / "a.ppm")], capture_output=True, check=True
    ).stdout
    for scale, bits in ((2, [3, 2, 1]), (4, [3, 2])):
        short = thinned(data, layout(data), scale)
        assert short is not None
        luma = [scan.bit for scan in layout(short).scans if scan.components == (1,)]
        assert luma == bits
    assert in_colour(data).damaged is None
