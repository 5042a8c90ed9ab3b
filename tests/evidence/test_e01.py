"""E01: every compression, many segments, stored digests, and each way to be damaged."""

from __future__ import annotations

import hashlib
import shutil
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence.e01 import E01Reader
from safelight.evidence.ewf import next_segment, parse
from safelight.evidence.ewf_medium import E01Medium
from safelight.evidence.protocol import Kind, Limits, Node
from safelight.evidence.source import BytesSource, FileSource
from tests.evidence import images


def _medium(found: list[Node]) -> Node:
    return next(node for node in found if node.kind is Kind.LAYER)


def _findings(found: list[Node]) -> list[str]:
    return [node.error or "" for node in found if node.kind is Kind.FINDING]


def _walk(image: Path) -> tuple[bytes, list[str], Node]:
    """Read the medium while the reader waits, as the walk does: (content, all findings, the medium's node)."""
    source = FileSource(image)
    data, findings, medium = b"", [], None
    for node in E01Reader().walk(source, Limits()):
        if node.kind is Kind.LAYER:
            medium, data = node, images.content(node)
        else:
            findings.append(node.error or "")
    source.close()
    assert medium is not None
    return data, findings, medium


def _sections(image: Path) -> list[tuple[str, int, int]]:
    """(kind, offset, size) of each section of one segment."""
    data = image.read_bytes()
    offset, found = 13, []
    while True:
        kind, after, size = struct.unpack_from("<16sQQ", data, offset)
        found.append((kind.rstrip(b"\0").decode(), offset, size))
        if after <= offset:
            return found
        offset = after


def _copy(image: Path, name: str) -> Path:
    """A copy of an E01 with all its segments, to be damaged."""
    for path in image.parent.glob(image.stem + ".*"):
        shutil.copyfile(path, image.parent / (name + path.suffix))
    return image.parent / (name + image.suffix)


def _overwrite(image: Path, offset: int, data: bytes) -> None:
    with image.open("r+b") as file:
        file.seek(offset)
        file.write(data)


@pytest.mark.parametrize("compression", ["none", "empty-block", "fast", "best"])
def test_the_medium_is_the_one_that_was_acquired(compression: str) -> None:
    data, findings, medium = _walk(images.e01(compression))
    assert data == images.ext().read_bytes()
    assert findings == []
    assert medium.size == len(data)


@pytest.mark.parametrize(
    "kind", ["encase1", "encase2", "encase4", "encase5", "ewf", "ftk", "linen5", "smart"]
)
def test_what_other_tools_write_is_read(kind: str) -> None:
    data, findings, _ = _walk(images.e01("fast", "100MiB", kind))
    assert (data == images.ext().read_bytes(), findings) == (True, [])


def test_stored_digests_are_handed_on() -> None:
    _, _, medium = _walk(images.e01())
    data = images.ext().read_bytes()
    assert medium.digests == {"md5": hashlib.md5(data).hexdigest(), "sha1": hashlib.sha1(data).hexdigest()}


def test_many_segments_are_joined() -> None:
    image = images.e01("none", "1MiB")
    assert (image.parent / (image.stem + ".E12")).exists()
    data, findings, _ = _walk(image)
    assert (data == images.ext().read_bytes(), findings) == (True, [])


def test_reads_at_odd_places_agree_with_the_medium() -> None:
    plain = images.ext().read_bytes()
    source = FileSource(images.e01("fast", "1MiB"))
    medium = _medium(list(E01Reader().walk(source, Limits())))
    assert medium.open is not None
    opened = medium.open()
    for offset, length in (
        (0, 1),
        (32767, 2),
        (100_000, 70_000),
        (len(plain) - 5, 100),
        (len(plain), 10),
        (-1, 5),
    ):
        assert opened.read_at(offset, length) == (plain[offset : offset + length] if offset >= 0 else b"")
    opened.close()
    source.close()


@pytest.mark.parametrize(
    ("name", "following"),
    [
        ("x.E01", "x.E02"),
        ("x.E09", "x.E10"),
        ("x.E99", "x.EAA"),
        ("x.EAZ", "x.EBA"),
        ("x.EZZ", "x.FAA"),
        ("x.e99", "x.eaa"),
        ("a.b.s01", "a.b.s02"),
        ("x.ZZZ", ""),
        ("x.raw1", ""),
    ],
)
def test_segments_follow_each_other(name: str, following: str) -> None:
    assert next_segment(name) == following


def test_a_later_segment_alone_is_not_an_image() -> None:
    source = FileSource(images.e01("none", "1MiB").with_suffix(".E02"))
    assert not E01Reader().detect(source.read_at(0, 65536), source)
    source.close()


def test_a_damaged_chunk_is_read_as_zeros_and_said() -> None:
    image = _copy(images.e01("none"), "chunk")
    _, offset, _ = next(s for s in _sections(image) if s[0] == "sectors")
    _overwrite(image, offset + 76 + 2 * (32768 + 4) + 100, b"damage")
    data, findings, _ = _walk(image)
    plain = images.ext().read_bytes()
    assert data == plain[:65536] + bytes(32768) + plain[98304:]
    reason = "bytes 65,536 to 98,304 are damaged (chunk: its checksum is wrong) and read as zeros"
    assert findings == [f"the medium: {reason}"]


def test_an_opened_medium_says_what_it_met_damaged() -> None:
    image = _copy(images.e01("none"), "said")
    _, offset, _ = next(s for s in _sections(image) if s[0] == "sectors")
    _overwrite(image, offset + 76 + 100, b"damage")
    source = FileSource(image)
    medium = E01Medium(source, parse(source))
    assert medium.damage is None
    medium.read_at(40_000, 10)
    assert medium.damage is None
    medium.read_at(0, 10)
    assert medium.damage == "bytes 0 to 32,768 are damaged (chunk: its checksum is wrong) and read as zeros"
    medium.close()
    source.close()


def test_a_damaged_compressed_chunk_is_read_as_zeros_and_said() -> None:
    image = _copy(images.e01("fast"), "zlib")
    _, offset, size = next(s for s in _sections(image) if s[0] == "sectors")
    _overwrite(image, offset + size // 2, bytes(64))
    data, findings, _ = _walk(image)
    assert len(data) == images.ext().stat().st_size
    assert data != images.ext().read_bytes()
    assert len(findings) == 1


def test_the_second_table_takes_the_place_of_a_damaged_first_one() -> None:
    image = _copy(images.e01("fast"), "table")
    _, offset, _ = next(s for s in _sections(image) if s[0] == "table")
    _overwrite(image, offset + 76 + 24 + 40, b"\xff" * 40)
    data, findings, _ = _walk(image)
    assert (data == images.ext().read_bytes(), findings) == (True, [])


def test_a_missing_segment_is_said_and_the_rest_is_read() -> None:
    image = _copy(images.e01("none", "1MiB"), "missing")
    image.with_suffix(".E03").unlink()
    data, findings, _ = _walk(image)
    assert data == images.ext().read_bytes()[: len(data)]
    assert len(data) > 1 << 20
    assert "segment 3 (missing.E03) is missing" in findings[0]


def test_an_image_cut_short_gives_what_its_tables_lead_to() -> None:
    image = _copy(images.e01("none", "1MiB"), "short")
    segment = image.with_suffix(".E04")
    with segment.open("r+b") as file:
        file.truncate(segment.stat().st_size * 6 // 10)
    data, findings, _ = _walk(image)
    assert data == images.ext().read_bytes()[: len(data)]
    assert any("cut off" in finding for finding in findings)


def test_one_file_cut_short_has_no_table_and_is_an_error() -> None:
    image = _copy(images.e01("none"), "cut")
    with image.open("r+b") as file:
        file.truncate(2 << 20)
    with pytest.raises(EvidenceError, match="no readable volume section or chunk table"):
        images.nodes(E01Reader(), image)


def test_sections_in_a_circle_end() -> None:
    image = _copy(images.e01("fast"), "circle")
    _, offset, size = next(s for s in _sections(image) if s[0] == "table2")
    section = struct.pack("<16sQQ40x", b"table2", 13, size)
    _overwrite(image, offset, section + struct.pack("<I", zlib.adler32(section)))
    _, findings, _ = _walk(image)
    assert "circle" in findings[0]


def test_a_lying_size_is_refused() -> None:
    image = _copy(images.e01("fast"), "lying")
    _, offset, _ = next(s for s in _sections(image) if s[0] == "volume")
    data = bytearray(image.read_bytes()[offset + 76 : offset + 76 + 1052])
    struct.pack_into("<IIIQ", data, 4, 1 << 31, 32768, 1024, 1 << 50)
    struct.pack_into("<I", data, 1048, zlib.adler32(bytes(data[:1048])))
    _overwrite(image, offset + 76, bytes(data))
    with pytest.raises(EvidenceError, match="claims"):
        images.nodes(E01Reader(), image)


@pytest.mark.parametrize("magic", [b"EVF2\x0d\x0a\x81\x00", b"LVF\x09\x0d\x0a\xff\x00"])
def test_relatives_that_are_not_read_are_named(magic: bytes) -> None:
    source = BytesSource(magic + bytes(100))
    assert E01Reader().detect(source.data, source)
    with pytest.raises(EvidenceError, match="is not read"):
        list(E01Reader().walk(source, Limits()))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30_000), st.binary(min_size=1, max_size=80))
def test_any_damage_ends_in_bytes_or_an_evidence_error(offset: int, damage: bytes) -> None:
    data = bytearray(_small())
    data[offset : offset + len(damage)] = damage
    source = BytesSource(bytes(data))
    try:
        for node in E01Reader().walk(source, Limits()):
            if node.open is not None and (node.size or 0) < 1 << 24:
                images.content(node)
    except EvidenceError:
        pass


def _small() -> bytes:
    """An E01 of 256 KiB in one segment."""
    plain = images.folder() / "small.raw"
    if not plain.exists():
        plain.write_bytes(images.ext().read_bytes()[: 1 << 18])
    return images.e01("fast", "100MiB", "encase6", plain).read_bytes()


def test_the_public_images_agree_with_their_stored_digest(shared: Path) -> None:
    for name in ("ext2.E01", "ext2.split.E01"):
        data, findings, medium = _walk(shared / "evidence" / name)
        assert findings == []
        assert medium.digests == {"md5": images.md5(data)}
