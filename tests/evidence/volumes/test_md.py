"""Linux RAID 1, built from the kernel's layout: *unverified against a real member*, as md wants the kernel's driver."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.walk import walk
from tests.evidence import images

QUICK = Limits(carve=False)
BEGIN = 2048


def member(path: Path, at: int, level: int, devices: int = 2, keep: int | None = None) -> Path:
    content = images.ext().read_bytes()
    sectors = len(content) // 512
    block = struct.pack("<IIII16s32sQ", 0xA92B4EFC, 1, 0, 0, b"u" * 16, b"nas:0", 1_700_000_000)
    block += struct.pack("<iIQII", level, 0, sectors, 0, devices)
    block = block.ljust(128, b"\0") + struct.pack("<QQQ", BEGIN, sectors, at // 512)
    data = bytearray(BEGIN * 512) + content
    data[at : at + len(block)] = block
    path.write_bytes(bytes(data)[:keep])
    return path


@pytest.mark.parametrize("at", [0, 4096], ids=["1.1", "1.2"])
def test_a_mirror_holds_the_whole_volume(at: int, tmp_path: Path) -> None:
    found = list(walk(member(tmp_path / "x.img", at, 1), limits=QUICK))
    notes = [one.node.note for one in found if one.kind is Kind.NOTE]
    assert len(notes) == 1 and "RAID 1 “nas:0” of 2 devices" in (notes[0] or "")
    one = next(one for one in found if one.path == "x.img//Pictures/one.jpg")
    assert one.node.size == len(images.TREE["Pictures/one.jpg"])


def test_a_member_of_another_level_is_named(tmp_path: Path) -> None:
    found = list(walk(member(tmp_path / "x.img", 4096, 5, 3), limits=QUICK))
    assert [one.kind for one in found] == [Kind.FINDING] and "Linux RAID" in (found[0].error or "")


def test_a_member_that_is_cut_off_says_so(tmp_path: Path) -> None:
    found = list(walk(member(tmp_path / "x.img", 4096, 1, keep=10 << 20), limits=QUICK))
    assert any("the member holds" in (one.error or "") for one in found)
