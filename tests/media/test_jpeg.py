"""JPEG: scans are counted as libjpeg reads them, and what simplejpeg refuses goes to Pillow."""

from __future__ import annotations

import time

import numpy as np
import pytest

from safelight.errors import FormatError
from safelight.media.jpeg import JpegDecoder
from safelight.media.open import open_media
from tests.media.test_media import encoded, scene

MANY = b"\xff\xda\x00\x02" * 2000
"""What looks like two thousand scans."""


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def decoded(data: bytes) -> np.ndarray:
    (picture,) = JpegDecoder().decode(data, "jpeg")
    assert picture.damaged is None
    return picture.rgb()


@pytest.mark.parametrize("kind", ["baseline", "progressive", "restarts"])
def test_what_is_no_scan_of_the_picture_does_not_count(kind: str) -> None:
    options = {"baseline": {}, "progressive": {"progressive": True}, "restarts": {"restart_marker_blocks": 1}}
    plain = encoded("JPEG", **options[kind])
    thumbnail = segment(0xE2, MANY) + segment(0xFE, plain[:30_000])
    reference = decoded(plain)
    assert np.array_equal(decoded(plain + MANY), reference)
    assert np.array_equal(decoded(plain + plain * 50), reference)
    assert np.array_equal(decoded(plain[:2] + thumbnail + plain[2:]), reference)


def test_a_large_film_behind_the_picture_is_not_walked() -> None:
    film = np.random.default_rng(1).bytes(1 << 20) * 45
    started = time.process_time()
    decoded(encoded("JPEG") + film)
    assert time.process_time() - started < 2


def test_a_cut_picture_before_other_bytes_is_still_shown() -> None:
    data = encoded("JPEG")
    (picture,) = JpegDecoder().decode(data[: len(data) // 2] + bytes(1000), "jpeg")
    assert picture.rgb().shape == (480, 640, 3)


def test_thousands_of_scans_are_refused_wherever_they_begin() -> None:
    data = encoded("JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    bomb = data[:last] + data[last:-2] * 600 + data[-2:]
    started = time.process_time()
    for one in (bomb, bomb[:2] + segment(0xE1, b"\xff\xd9") + bomb[2:], bomb[:-2]):
        with pytest.raises(FormatError, match="500 scans"):
            open_media(one)
    assert time.process_time() - started < 1


def test_a_file_of_nothing_but_segments_is_given_up() -> None:
    started = time.process_time()
    with pytest.raises(FormatError, match="segments"):
        open_media(b"\xff\xd8" + segment(0xE0, b"") * 5_000_000)
    assert time.process_time() - started < 2


def test_a_sampling_that_simplejpeg_cannot_name_goes_to_pillow() -> None:
    data = bytearray(encoded("JPEG", scene(64, 64), subsampling=0))
    data[data.index(b"\xff\xc0") + 11] = 0x31
    at = data.index(b"\xff\xdb")
    data[at:at] = (
        b"\0\0"  # a warning beside it: simplejpeg then looks the sampling up, and raises KeyError(-1)
    )
    (picture,) = open_media(bytes(data)).pictures
    assert picture.rgb().shape == (64, 64, 3)
