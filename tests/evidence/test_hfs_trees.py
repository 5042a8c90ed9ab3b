"""A catalogue of HFS+ that leads in a circle is said to, and what lies in the volume is carved."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.hfs_trees import check
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk

NODE, TOTAL = 512, 8
LEAF, INDEX = b"\xff", b"\0"


def node(kind: bytes, height: int, following: int = 0, *records: bytes) -> bytes:
    body, places = b"", []
    for record in records:
        places.append(14 + len(body))
        body += record
    places.append(14 + len(body))
    head = struct.pack(">II", following, 0) + kind + bytes((height,)) + struct.pack(">H2x", len(records))
    tail = b"".join(struct.pack(">H", place) for place in reversed(places))
    return (head + body).ljust(NODE - len(tail), b"\0") + tail


def pointer(child: int) -> bytes:
    return struct.pack(">H6sI", 6, b"\0\0\0\2\0\0", child)


def volume(*nodes: bytes, root: int = 1, first: int = 2) -> BytesSource:
    """A volume header and a catalogue of these nodes, the first of which is number 1."""
    header = bytearray(512)
    header[:4] = b"H+\0\4"
    header[40:44] = NODE.to_bytes(4, "big")
    header[288:296] = struct.pack(">II", 4, TOTAL)
    tree = node(b"\1", 0)[:14] + struct.pack(">HIIIIHH", 2, root, 4, first, first, NODE, 10)
    data = bytes(1024) + bytes(header) + bytes(512) + tree.ljust(NODE, b"\0") + b"".join(nodes)
    return BytesSource(data.ljust(64 * NODE, b"\0"))


def test_a_tree_is_a_tree() -> None:
    check(volume(node(INDEX, 2, 0, pointer(2), pointer(3)), node(LEAF, 1, 3), node(LEAF, 1, 0)))
    check(BytesSource(bytes(1536)))
    check(BytesSource(b""))


@pytest.mark.parametrize(
    "nodes",
    [
        (node(INDEX, 2, 0, pointer(2)), node(LEAF, 1, 2)),
        (node(INDEX, 2, 0, pointer(2), pointer(3)), node(LEAF, 1, 3), node(LEAF, 1, 2)),
        (node(INDEX, 2, 0, pointer(1)), node(LEAF, 1, 0)),
        (node(INDEX, 2, 0, pointer(2)), node(INDEX, 1, 0, pointer(1))),
        (node(INDEX, 2, 0, pointer(2)), node(LEAF, 1, 1)),
    ],
)
def test_circles_are_said(nodes: tuple[bytes, ...]) -> None:
    with pytest.raises(EvidenceError, match="the catalogue leads in a circle"):
        check(volume(*nodes))


def test_of_a_public_volume_whose_leaves_follow_themselves_what_can_be_is_carved(
    shared: Path, tmp_path: Path
) -> None:
    data = bytearray((shared / "evidence" / "hfsplus.raw").read_bytes())
    (block,) = struct.unpack_from(">I", data, 1024 + 40)
    start, count = struct.unpack_from(">II", data, 1024 + 272 + 16)
    begin = start * block
    (size,) = struct.unpack_from(">H", data, begin + 32)
    check(BytesSource(bytes(data)))
    for at in range(begin, begin + count * block, size):
        if data[at + 8] == 0xFF:
            data[at : at + 4] = ((at - begin) // size).to_bytes(4, "big")
    (tmp_path / "x.img").write_bytes(data)
    errors = [one.error for one in walk(tmp_path / "x.img") if one.error]
    assert any("the catalogue leads in a circle" in error for error in errors)
