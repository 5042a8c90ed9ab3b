"""Hostile free space: what it costs is bounded, and what the bound leaves out is said."""

from __future__ import annotations

import struct
import time

import pytest

from safelight.evidence.carving import search
from tests.evidence import images
from tests.evidence.carving import made
from tests.evidence.carving.made import found, noise


def _seconds(medium: bytes) -> float:
    begun = time.process_time()
    for node in found(medium):
        assert node.error
    return time.process_time() - begun


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


JPEG_HEAD = made.jpeg(1)[:700]
FARMS = {
    "heads of JPEGs": made.jpeg(1)[:512],
    "heads that claim a long segment": (b"\xff\xd8" + _segment(0xE1, b"Exif\0\0" + bytes(60_000)))[:512],
    "chunks of half a gigabyte": b"\x89PNG\r\n\x1a\n"
    + made.saved(images.picture(1, 64, 64), "PNG")[8:33]
    + struct.pack(">I4s", 500 << 20, b"IDAT").ljust(479, b"\1"),
    "boxes of 16 GiB": (b"\0\0\0\x18ftypisom" + bytes(12) + struct.pack(">I4sQ", 1, b"mdat", 16 << 30)).ljust(
        512, b"\2"
    ),
    "archives with endless members": (
        struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 8, 8, 0, 0, 0, 0, 0, 1, 0) + b"a" + bytes(400)
    ).ljust(512, b"\0"),
    "documents without end": b"%PDF-1.4\n".ljust(512, b" "),
    "pictures of sub-blocks": (b"GIF89a" + b"\x10\0\x10\0\0\0\0" + b"!\xfe" + b"\xff" * 400).ljust(
        512, b"\xff"
    ),
}


@pytest.mark.parametrize("farm", FARMS)
def test_a_farm_of_heads_costs_in_proportion_to_its_size(farm: str) -> None:
    unit = FARMS[farm]
    assert len(unit) == 512
    small, large = _seconds(unit * 3_000), _seconds(unit * 12_000)
    assert large < 10 * small + 2.0


def test_twenty_thousand_heads_of_pictures_end() -> None:
    assert _seconds(made.jpeg(1)[:512] * 20_000) < 20


def test_what_the_bound_leaves_out_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_START", 1 << 20)
    monkeypatch.setattr(search, "_RATE", 0)
    (said,) = [node for node in found(FARMS["heads of JPEGs"] * 5_000) if node.open is None]
    assert said.error is not None
    assert int(said.error.split()[0].replace(",", "")) > 3_000
    assert "were not followed" in said.error
    assert said.address["offset"] > 0


def test_a_progressive_picture_of_many_scans_and_blocks_is_given_up() -> None:
    quantiser = _segment(0xDB, bytes(1) + b"\1" * 64)
    frame = _segment(0xC2, struct.pack(">BHHB", 8, 16_000, 16_000, 1) + b"\1\x11\0")
    table = _segment(0xC4, b"\x10" + bytes((1,)) + bytes(15) + b"\xe0")
    scan = _segment(0xDA, b"\1\1\0\1\x3f\x00") + b"\0\0\0"
    picture = b"\xff\xd8" + quantiser + frame + table + scan * 2_000
    assert _seconds((picture + bytes(-len(picture) % 512)) * 20) < 20


def test_one_mebibyte_of_noise_after_another_costs_the_same() -> None:
    assert found(noise(4_096)) == []
