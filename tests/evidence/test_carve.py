"""Carving: whole files found whole, broken ones said to be, nothing found in noise, nothing found twice."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from safelight.errors import EvidenceError
from safelight.evidence.allocation import Allocation, complement
from safelight.evidence.carve import Ranges, carve
from safelight.evidence.carving.recovered import Recovered
from safelight.evidence.protocol import Node
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from safelight.model import State
from tests.evidence import images

NOISE = random.Random(9).randbytes(400 * 512)
FORMS = {"jpg": images.jpeg(1), "png": images.png(3), "mp4": images.mp4(6)}


def _carve(
    data: bytes,
    ranges: list[tuple[int, int]] | None = None,
    recovered: Recovered | None = None,
) -> list[Node]:
    return list(carve(BytesSource(data), ranges or [(0, len(data))], recovered))


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


@pytest.mark.parametrize("suffix", FORMS)
def test_a_whole_file_is_found_where_it_lies(suffix: str) -> None:
    (node,) = _carve(NOISE + _padded(FORMS[suffix]) + NOISE)
    assert (node.name, node.state, node.address) == (
        f"carved/offset-000000204800.{suffix}".encode(),
        State.CARVED,
        {"offset": 204_800},
    )
    assert (images.content(node), node.error) == (FORMS[suffix], None)


def test_progressive_pictures_and_embedded_thumbnails_are_followed_to_their_own_end() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "x"
    picture = images.picture(1)
    thumbnail = images.jpeg(2, 64, 48)
    segment = b"\xff\xe1" + (len(thumbnail) + 8).to_bytes(2, "big") + b"Exif\0\0" + thumbnail
    picture.save(out, "JPEG", quality=90, progressive=True)
    data = out.getvalue()
    data = data[:2] + segment + data[2:]
    assert [images.content(node) for node in _carve(_padded(data) + NOISE)] == [data]


def test_restart_markers_and_fill_bytes_are_part_of_the_picture() -> None:
    out = io.BytesIO()
    images.picture(1).save(out, "JPEG", restart_marker_blocks=4)
    assert b"\xff\xd3" in out.getvalue()
    assert [images.content(node) for node in _carve(out.getvalue())] == [out.getvalue()]


def test_many_files_side_by_side_are_found_in_order() -> None:
    pieces = [images.jpeg(seed) for seed in range(20, 40)]
    found = _carve(b"".join(map(_padded, pieces)))
    assert [images.content(node) for node in found] == pieces


def test_noise_and_zeros_hold_nothing() -> None:
    assert _carve(random.Random(3).randbytes(16 << 20)) == []
    assert _carve(bytes(8 << 20)) == []


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_picture_that_breaks_off_is_kept_and_says_so(suffix: str) -> None:
    data = FORMS[suffix]
    half = len(data) * 2 // 3 // 512 * 512
    (node,) = _carve(data[:half] + NOISE)
    assert node.error is not None
    assert node.error.startswith("breaks off")
    assert half - 512 <= (node.size or 0) <= half + (1 << 16)  # a PNG's chunk is not shorter than it says
    assert data.startswith(images.content(node)[: half - 512])


def test_a_video_that_breaks_off_is_kept_where_its_index_comes_first() -> None:
    (node,) = _carve(images.mp4(6, index_first=True)[:40_960])
    assert (node.size, (node.error or "")[:10]) == (40_960, "breaks off")
    assert _carve(images.mp4(6)[:40_960]) == []


def test_a_head_with_hardly_any_content_is_not_worth_keeping() -> None:
    assert _carve(images.jpeg(1)[:1024] + NOISE) == []


def test_a_file_laid_around_an_allocated_one_is_found_whole() -> None:
    data = images.jpeg(2, 640, 480)
    cut = len(data) // 2 // 512 * 512
    disk = NOISE + data[:cut] + NOISE[:8192] + _padded(data[cut:]) + NOISE
    ranges = [(0, len(NOISE) + cut), (len(NOISE) + cut + 8192, len(disk))]
    (node,) = _carve(disk, ranges)
    assert images.content(node) == data
    assert node.address == {"offset": len(NOISE)}


def test_what_is_listed_already_is_left_out() -> None:
    data = _padded(images.jpeg(1)) + _padded(images.jpeg(2))
    second = len(_padded(images.jpeg(1)))
    listed = Recovered()
    for name, size, at in (
        (b"a", 7, 0),
        (b"b", len(images.jpeg(1)), 0),
        (b"c", len(images.jpeg(2)) + 1, second),
    ):
        listed.note(name, size, [(at, -(-size // 512) * 512, 0)])
    assert [n.address["offset"] for n in _carve(data, recovered=listed)] == [second]


def test_allocated_ranges_are_never_read() -> None:
    class Guarded(BytesSource):
        def read_at(self, offset: int, length: int) -> bytes:
            assert offset + length <= 512_000 or offset >= 1_024_000
            return super().read_at(offset, length)

    source = Guarded(images.jpeg(1) * 100)
    list(carve(source, [(0, 512_000), (1_024_000, source.size - 1_024_000)]))


def test_a_place_that_cannot_be_read_is_a_finding_and_the_search_goes_on() -> None:
    class Broken(BytesSource):
        def read_at(self, offset: int, length: int) -> bytes:
            if offset < 4 << 20:
                raise EvidenceError("bad sector")
            return super().read_at(offset, length)

    found = list(carve(Broken(bytes(4 << 20) + images.jpeg(1)), [(0, 16 << 20)]))
    assert [node.error for node in found] == ["free space cannot be searched: bad sector", None]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(FORMS)), st.integers(0, 4_000), st.binary(min_size=1, max_size=40))
def test_any_damage_ends_and_what_is_found_lies_inside(suffix: str, offset: int, damage: bytes) -> None:
    data = bytearray(FORMS[suffix])
    data[offset : offset + len(damage)] = damage
    for node in _carve(bytes(data)):
        assert len(images.content(node)) == node.size
        assert node.address["offset"] + (node.size or 0) <= len(data)


@given(st.lists(st.booleans(), min_size=1, max_size=300), st.integers(1, 8).map(lambda n: n * 512))
def test_free_runs_are_exactly_the_clear_bits(used: list[bool], unit: int) -> None:
    import numpy as np

    allocation = Allocation(np.packbits(np.array(used), bitorder="little"), len(used), unit, 100)
    covered = [False] * len(used)
    for offset, length in allocation.free():
        for block in range((offset - 100) // unit, (offset - 100 + length) // unit):
            covered[block] = True
    assert covered == [not bit for bit in used]
    assert allocation.used(100, unit * len(used)) == sum(used) * unit


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 30)), max_size=12))
def test_the_complement_is_what_no_run_covers(runs: list[tuple[int, int]]) -> None:
    covered = {byte for offset, length in runs for byte in range(offset, offset + length)}
    rest = {byte for offset, length in complement(runs, 100) for byte in range(offset, offset + length)}
    assert rest == set(range(100)) - covered


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 30)), max_size=6),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_ranges_read_like_the_joined_bytes(ranges: list[tuple[int, int]], offset: int, length: int) -> None:
    data = bytes(range(100))
    joined = b"".join(data[start : start + size] for start, size in ranges)
    source = Ranges(BytesSource(data), ranges)
    assert source.size == len(joined)
    assert source.read_at(offset, length) == joined[offset : offset + length]


def test_a_partition_that_nobody_can_list_is_carved_as_a_whole(tmp_path: Path) -> None:
    disk = images.mbr(2048, [(0x83, 64, 1900)])
    disk[64 * 512 : 64 * 512 + len(NOISE)] = NOISE
    at = 64 * 512 + len(NOISE)
    disk[at : at + len(images.jpeg(1))] = images.jpeg(1)
    (tmp_path / "disk.img").write_bytes(disk)
    found = [(one.path, one.error) for one in walk(tmp_path / "disk.img")]
    noise = "it begins like noise: if it is encrypted, a password or key is needed"
    assert found == [
        ("disk.img//p1/carved/offset-000000204800.jpg", None),
        ("disk.img//p1", f"no file system that is known here; {noise}"),
    ]
