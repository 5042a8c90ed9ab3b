"""Ex01, built from the published layout: *unverified against an image of EnCase's own*, which no tool here writes.

libewf 20260924 reads what is written here (zlib) as the same bytes."""

from __future__ import annotations

import bz2
import hashlib
import random
import struct
import zlib
from pathlib import Path

import pytest

from safelight.evidence.ex01 import Ex01Reader, next_segment
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import FileSource
from safelight.evidence.walk import walk
from safelight.model import LOCKED
from tests.evidence import images

CHUNK = 64 * 512
SET = bytes(range(16))


class Segment:
    """One segment file as it is written: sections one after the other, each described behind its data."""

    def __init__(self, number: int, method: int) -> None:
        self.data = bytearray(b"EVF2\x0d\x0a\x81\0" + struct.pack("<BBHI", 2, 1, method, number) + SET)
        self.previous = 0

    def section(self, kind: int, body: bytes = b"", flags: int = 0) -> None:
        body += bytes(-len(body) % 16)
        self.data += body
        descriptor = struct.pack("<IIQQII", kind, flags, self.previous, len(body), 64, 0) + bytes(16 + 12)
        self.previous = len(self.data)
        self.data += descriptor + struct.pack("<I", zlib.adler32(descriptor))


def text(tags: str, values: str) -> bytes:
    raw = b"\xff\xfe" + f"1\nmain\n{tags}\n{values}\n\n".encode("utf-16-le")
    return zlib.compress(raw)


def checked(body: bytes) -> bytes:
    body += struct.pack("<I", zlib.adler32(body))
    return body + bytes(-len(body) % 16)


def write(folder: Path, medium: bytes, method: int = 1, segments: int = 1, flags: int = 0) -> Path:
    """An Ex01 of `medium`; every other chunk that would not shrink is stored, chunks of one pattern are not at all."""
    pieces = [medium[at : at + CHUNK].ljust(CHUNK, b"\0") for at in range(0, len(medium), CHUNK)]
    each = -(-len(pieces) // segments)
    for number in range(1, segments + 1):
        segment = Segment(number, method)
        sectors = len(medium) // 512
        segment.section(1, text("sn\tmd\tts\tbp\tph", f"\tdisk\t{sectors}\t512\t1"), flags)
        segment.section(2, text("nm\ttb\tcp\tsb", f"x\t{len(pieces)}\t{method}\t64"))
        data, entries, begin = b"", b"", len(segment.data)
        mine = pieces[(number - 1) * each : number * each]
        for piece in mine:
            packed = bz2.compress(piece) if method == 2 else zlib.compress(piece)
            if piece == piece[:8] * (CHUNK // 8):
                entries += piece[:8] + struct.pack("<II", 0, 5)
                continue
            stored = piece + struct.pack("<I", zlib.adler32(piece))
            body, how = (packed, 1) if len(packed) < len(stored) else (stored, 2)
            entries += struct.pack("<QII", begin + len(data), len(body), how)
            data += body + bytes(-len(body) % 16)
        segment.section(3, data)
        head = struct.pack("<QI4x", (number - 1) * each, len(mine))
        segment.section(4, checked(head) + checked(entries))
        if number == segments:
            segment.section(5, checked(struct.pack("<I12x", 1)) + checked(struct.pack("<QI4x", 7, 2)))
            segment.section(8, checked(hashlib.md5(medium).digest()))
            segment.section(9, checked(hashlib.sha1(medium).digest()))
            segment.section(15)
        else:
            segment.section(13)
        (folder / f"disk.Ex{number:02}").write_bytes(segment.data)
    return folder / "disk.Ex01"


def read(path: Path) -> tuple[bytes, list[str], dict[str, str]]:
    source = FileSource(path)
    assert Ex01Reader().detect(source.read_at(0, 1 << 16), source)
    data, findings, digests = b"", [], {}
    for node in Ex01Reader().walk(source, Limits()):
        if node.kind is Kind.LAYER:
            data, digests = images.content(node), node.digests
        else:
            findings.append(node.error or "")
    source.close()
    return data, findings, digests


@pytest.mark.parametrize("method", [1, 2], ids=["zlib", "bzip2"])
@pytest.mark.parametrize("segments", [1, 3])
def test_the_medium_comes_out_with_its_digests(method: int, segments: int, tmp_path: Path) -> None:
    medium = images.ext().read_bytes()
    data, findings, digests = read(write(tmp_path, medium, method, segments))
    assert data == medium
    assert findings == ["2 sectors from 7 on could not be read at acquisition"]
    assert digests == {"md5": hashlib.md5(medium).hexdigest(), "sha1": hashlib.sha1(medium).hexdigest()}


def test_files_are_found_inside(tmp_path: Path) -> None:
    path = write(tmp_path, images.ext().read_bytes())
    found = {one.path for one in walk(path, limits=Limits(carve=False))}
    assert "disk.Ex01//Pictures/one.jpg" in found


def test_a_medium_that_ends_within_a_chunk(tmp_path: Path) -> None:
    medium = random.Random(1).randbytes(100 * 512)
    data, _, _ = read(write(tmp_path, medium))
    assert data == medium


def test_a_damaged_chunk_is_zeros_and_said(tmp_path: Path) -> None:
    medium = random.Random(2).randbytes(4 * CHUNK)
    path = write(tmp_path, medium)
    raw = bytearray(path.read_bytes())
    at = raw.index(medium[CHUNK : CHUNK + 64])
    raw[at] ^= 1
    path.write_bytes(raw)
    data, findings, _ = read(path)
    assert data == medium[:CHUNK] + bytes(CHUNK) + medium[2 * CHUNK :]
    assert any("bytes 32,768 to 65,536 are damaged" in finding for finding in findings)


def test_a_missing_segment_is_said(tmp_path: Path) -> None:
    medium = random.Random(3).randbytes(9 * CHUNK)
    path = write(tmp_path, medium, segments=3)
    (tmp_path / "disk.Ex03").unlink()
    data, findings, _ = read(path)
    assert data == medium[: 6 * CHUNK]
    assert any("segment 3 (disk.Ex03) is missing" in finding for finding in findings)


@pytest.mark.parametrize("keep", [0.2, 0.7, 0.99])
def test_a_truncated_one_says_so(keep: float, tmp_path: Path) -> None:
    path = write(tmp_path, random.Random(4).randbytes(9 * CHUNK))
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * keep)])
    assert any(one.error for one in walk(path, limits=Limits(carve=False)))


def test_an_encrypted_one_asks_for_its_key(tmp_path: Path) -> None:
    path = write(tmp_path, bytes(CHUNK), flags=2)
    errors = [one.error for one in walk(path) if one.error]
    assert len(errors) == 1 and LOCKED in errors[0]


def test_names_of_segments_go_on_as_the_format_says() -> None:
    for name, following in (("a.Ex99", "a.ExAA"), ("a.ExAZ", "a.ExBA"), ("a.ExZZ", "a.EyAA"), ("a.EzZZ", "")):
        assert next_segment(name) == following
