"""Large files of ext3, which TSK would need minutes or hours to map: the right bytes at once, holes and damage too."""

from __future__ import annotations

import os
import random
import struct
import time
from functools import cache
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.ext_blocks import BlockMapped
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from tests.evidence import images

QUICK = Limits(carve=False)
PIECES = {0: 5_000, 300_000: 2_000, (66 << 20) + 77: 3_000, (70 << 20) - 4_000: 4_000}
"""Where a file of 70 MiB has bytes: in blocks of 1 KiB, more than two levels of tables can map."""


def _piece(at: int) -> bytes:
    return random.Random(at).randbytes(PIECES[at])


@cache
def volume() -> Path:
    """ext3 in blocks of 1 KiB with a large file of holes, and a small one beside it."""
    root = images.folder() / "ext-large"
    root.mkdir()
    (root / "small.jpg").write_bytes(images.jpeg(1))
    with (root / "large.bin").open("wb") as file:
        for at in PIECES:
            file.seek(at)
            file.write(_piece(at))
    image = images.blank("ext-large.img", 24)
    images.run("mkfs.ext3", "-q", "-F", "-b", "1024", "-N", "64", "-d", root, image)
    return image


def _inode(image: Path, name: str) -> int:
    """Where an inode lies in the image."""
    said = images.run("debugfs", "-R", f"imap {name}", image).decode()
    block, offset = said.split("located at block ")[1].split(", offset ")
    return int(block) * 1024 + int(offset.strip(), 16)


def _content(image: Path) -> dict[str, bytes]:
    found = {}
    for one in walk(image, limits=QUICK):
        if one.kind is Kind.FILE and one.readable:
            found[one.path.partition("//")[2]] = b"".join(one.chunks())
    return found


def test_a_large_file_is_read_at_once_with_its_holes() -> None:
    begun = time.monotonic()
    found = _content(volume())
    assert time.monotonic() - begun < 20  # TSK alone has not done it in five minutes
    large = found["large.bin"]
    assert len(large) == 70 << 20
    assert {at: large[at : at + size] for at, size in PIECES.items()} == {at: _piece(at) for at in PIECES}
    assert len(large) - large.count(0) <= sum(PIECES.values())
    assert found["small.jpg"] == images.jpeg(1)


def test_what_debugfs_reads_is_what_is_read(tmp_path: Path) -> None:
    out = tmp_path / "large.bin"
    images.run("debugfs", "-R", f"dump /large.bin {out}", volume())
    assert out.read_bytes() == _content(volume())["large.bin"]


def test_a_folder_whose_size_lost_a_bit_is_listed_all_the_same() -> None:
    image = images.edit(volume(), "ext-large-folder.img")
    at = _inode(image, "/")
    with image.open("r+b") as file:
        file.seek(at + 4)
        size = int.from_bytes(file.read(4), "little")
        file.seek(at + 4)
        file.write((size | 1 << 31).to_bytes(4, "little"))
    assert _content(image)["small.jpg"] == images.jpeg(1)


def test_a_file_that_claims_more_than_the_medium_is_not_read() -> None:
    image = images.edit(volume(), "ext-large-claims.img")
    at = _inode(image, "/large.bin")
    with image.open("r+b") as file:
        file.seek(at + 108)
        file.write((1 << 20).to_bytes(4, "little"))
    found = {one.path.partition("//")[2]: one for one in walk(image, limits=QUICK)}
    assert "more than the medium it lies on" in (found["large.bin"].error or "")


def test_tables_that_lead_nowhere_are_said() -> None:
    numbers = struct.unpack("<15I", struct.pack("<15I", *range(1, 13), 3, 9_999, 4))
    import numpy as np

    medium = BytesSource(os.urandom(16 << 10))
    file = BlockMapped(medium, 1024, 70 << 20, np.array(numbers, np.uint32))
    assert file.read_at(0, 3_000) == medium.read_at(1_024, 3_000)
    with pytest.raises(EvidenceError, match="beyond the end of the volume"):
        file.read_at(300 << 10, 10)
    assert file.read_at(70 << 20, 10) == b""


def test_a_loop_of_tables_ends() -> None:
    import numpy as np

    table = struct.pack("<I", 1) * 256
    medium = BytesSource(bytes(1024) + table)
    file = BlockMapped(medium, 1024, 1 << 30, np.array([1] * 15, np.uint32))
    assert file.read_at((1 << 30) - 1024, 1024) == table
