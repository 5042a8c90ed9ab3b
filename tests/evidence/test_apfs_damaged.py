"""Snapshots of APFS whose list or superblock is damaged or lies: said, bounded, and the live volume is listed."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence.apfs import ApfsReader
from safelight.evidence.apfs_snapshots import ApfsSnapshotReader
from safelight.evidence.apfs_superblock import checksum, superblock
from safelight.evidence.apfs_tree import MOST, read_snapshots
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import BytesSource
from tests.evidence import images
from tests.evidence.apfs_image import BLOCK, LIST, Image, Records, node
from tests.evidence.apfs_made import NAMES, Made, State, listed, made

LIVE = {"changed.txt", "passwords.txt", "a_directory/a_file"}


@pytest.fixture
def volume(shared: Path) -> Made:
    return made(Image(bytearray((shared / "evidence" / "apfs.raw").read_bytes())))


def seen(image: Image | bytes) -> tuple[set[str], list[str]]:
    """The paths of all files, those of snapshots below `s1`, and what was said to be wrong."""
    source = BytesSource(image if isinstance(image, bytes) else bytes(image.data))
    paths, said = set(), []
    try:
        for one in images.all_of(ApfsReader().walk(source, Limits(carve=False))):
            if one.kind is Kind.FILE:
                paths.add(one.name.decode())
            elif one.kind is Kind.FINDING:
                said.append(one.error or "")
            elif one.kind is Kind.LAYER and one.open is not None:
                try:
                    for inner in ApfsSnapshotReader().walk(one.open(), Limits(carve=False)):
                        if inner.kind is Kind.FINDING:
                            said.append(inner.error or "")
                        elif inner.kind is Kind.FILE:
                            paths.add(f"{one.name.decode()}/{inner.name.decode()}")
                except EvidenceError as error:
                    said.append(str(error))
    except EvidenceError as error:
        said.append(str(error))
    return paths, said


class Counting(BytesSource):
    """Counts how often it is read."""

    reads = 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.reads += 1
        return super().read_at(offset, length)


def relisted(volume: Made, change: Callable[[State, int], tuple[State, int]]) -> None:
    """Write the list of snapshots anew, with another state or superblock of each."""
    taken = []
    for xid, state, block, extents in volume.taken:
        state, block = change(state, block)
        taken.append((xid, state, block, extents))
    image = volume.image
    image.put(image.list, node(image.list, image.now, LIST, listed(taken)))


def test_the_checksum_is_the_one_that_macos_and_mkapfs_write(shared: Path) -> None:
    data = (shared / "evidence" / "apfs.raw").read_bytes()
    blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
    found = [block for block in blocks if superblock(block) is not None]
    assert len(found) == 3
    for block in found:
        assert checksum(block) == block[:8] != bytes(8)


def test_a_whole_one_says_nothing(volume: Made) -> None:
    paths, said = seen(volume.image)
    assert paths > LIVE | {"s2/changed.txt", "s2/gone.jpg"} and not said


def test_a_list_that_leads_back_into_itself_ends(volume: Made) -> None:
    image = volume.image
    leaf = image.add(lambda at: image.block(image.list))
    entries = [(struct.pack("<Q", 1 << 60 | key), struct.pack("<Q", image.list)) for key in range(60)]
    inner = image.add(lambda at: node(at, image.now, LIST, entries, level=2, root=False))
    entries = [(struct.pack("<Q", 1 << 60 | key), struct.pack("<Q", (inner, leaf)[key])) for key in (0, 1)]
    image.put(image.list, node(image.list, image.now, LIST, entries, level=3))
    begin = time.perf_counter()
    paths, said = seen(image)
    assert time.perf_counter() - begin < 5
    assert paths > LIVE | {"s2/gone.jpg"}
    assert said == [
        f"the list of the snapshots is damaged: block {inner:,} of their list: it leads back into itself"
    ]


def test_a_list_that_claims_more_than_it_has_is_read_as_far_as_it_goes(volume: Made) -> None:
    volume.image.change(volume.image.list, (36, "<I", 0xFFFFFFFF))
    paths, said = seen(volume.image)
    assert paths > LIVE | {"s2/gone.jpg"}
    assert "claims 4,294,967,295 entries and has room for 8" in said[0]


def test_a_list_with_a_flipped_bit_is_read_and_said(volume: Made) -> None:
    image = volume.image
    at = image.list * BLOCK + image.block(image.list).index(NAMES[1].encode())
    image.data[at] ^= 1
    paths, said = seen(image)
    assert paths > LIVE | {"s2/gone.jpg"}
    assert len(said) == 1 and "does not match its checksum" in said[0]


def test_a_list_that_is_gone_is_said(volume: Made) -> None:
    volume.image.put(volume.image.list, bytes(BLOCK))
    paths, said = seen(volume.image)
    assert paths > LIVE and not any(path.startswith("s") for path in paths)
    assert "it is no part of a list of snapshots" in said[0]
    assert said[1] == "2 snapshots are stated, 0 are found"


def test_a_list_beyond_the_end_is_said(volume: Made) -> None:
    volume.image.change(volume.image.volume, (0x98, "<Q", 1 << 40))
    paths, said = seen(volume.image)
    assert paths > LIVE and "it lies beyond the end" in said[0]


def test_a_list_of_more_blocks_than_are_believed_is_cut(volume: Made) -> None:
    image = volume.image
    leaves: Records = []
    for place in range(6):
        children = [
            (struct.pack("<Q", 1 << 60 | key), struct.pack("<Q", 10_000 * (place + 1) + key))
            for key in range(160)
        ]
        at = image.add(lambda at, children=children: node(at, image.now, LIST, children, level=1, root=False))
        leaves.append((struct.pack("<Q", 1 << 60 | place), struct.pack("<Q", at)))
    for place in range(6, 100):
        leaves.append((struct.pack("<Q", 1 << 60 | place), struct.pack("<Q", 90_000 + place)))
    image.put(image.list, node(image.list, image.now, LIST, leaves, level=2))
    source = Counting(bytes(image.data))
    found = read_snapshots(source, image.list, BLOCK)
    assert source.reads == 1_024
    assert not found.found and len(found.problems) == 9 and found.problems[-1].endswith("more of the kind")
    paths, _ = seen(image)
    assert paths > LIVE


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (89, "its superblock is not where the list says"),
        (1 << 50, "its superblock is not where the list says"),
    ],
)
def test_a_superblock_that_is_elsewhere_is_said(block: int, why: str, volume: Made) -> None:
    relisted(volume, lambda state, at: (state, block if state.name == NAMES[1] else at))
    paths, said = seen(volume.image)
    assert paths > LIVE | {"s1/changed.txt"} and "s2/gone.jpg" not in paths
    assert len(said) == 1 and why in said[0] and said[0].startswith(f"snapshot 2 “{NAMES[1]}” of 2023-11-14")


def test_a_superblock_of_another_volume_is_not_taken(volume: Made) -> None:
    block = volume.taken[1][2]
    volume.image.change(block, (0xF0, "<Q", 7))
    _, said = seen(volume.image)
    assert len(said) == 1 and "is that of another volume" in said[0]


def test_a_superblock_with_a_flipped_bit_is_used_and_said(volume: Made) -> None:
    volume.image.data[volume.taken[1][2] * BLOCK + 0x300] ^= 1
    paths, said = seen(volume.image)
    assert paths > LIVE | {"s2/gone.jpg"}
    assert len(said) == 1 and "its superblock does not match its checksum" in said[0]


def test_what_a_dataless_snapshot_gives_is_not_trusted(volume: Made) -> None:
    relisted(volume, lambda state, at: (State(state.catalog, name=state.name, time=state.time, flags=1), at))
    paths, said = seen(volume.image)
    assert "s2/gone.jpg" in paths
    assert len(said) == 2 and all("given up the content" in one for one in said)


def test_of_thousands_of_snapshots_the_newest_are_read(volume: Made) -> None:
    image, many = volume.image, 2_000
    catalog = volume.taken[1][1].catalog
    _, _, block, extents = volume.taken[1]
    # all of them numbers before that of the second, so that each is the volume as of the first
    taken = [
        (xid, State(catalog, name=f"n{xid}", time=xid * 10**15), block, extents) for xid in range(1, many + 1)
    ]
    entries = [entry for entry in listed(taken) if entry[0][7] >> 4 == 1]
    leaves: Records = []
    for at in range(0, many, 40):
        part = entries[at : at + 40]
        leaf = image.add(lambda at, part=part: node(at, image.now, LIST, part, root=False))
        leaves.append((part[0][0], struct.pack("<Q", leaf)))
    image.put(
        image.list, node(image.list, image.now, LIST, leaves, level=1, total=many, nodes=len(leaves) + 1)
    )
    image.change(image.volume, (0xD8, "<Q", many))
    begin = time.perf_counter()
    found = images.all_of(ApfsReader().walk(BytesSource(bytes(image.data)), Limits(carve=False)))
    assert time.perf_counter() - begin < 10
    assert {one.name.decode() for one in found if one.kind is Kind.FILE} > LIVE
    layers = [one.name for one in found if one.kind is Kind.LAYER]
    assert len(layers) == MOST and (layers[0], layers[-1]) == (b"s2000", b"s1489")
    (said,) = [one.error or "" for one in found if one.kind is Kind.FINDING]
    assert said.startswith(
        "2,000 snapshots, of which the newest 512 are read; not “n1488” of 2017-02-25T05:20:00Z, “n1487”"
    )
    assert said.endswith("and 1,480 more")


@pytest.mark.parametrize("size", [0, 16, 512, 1 << 31])
def test_no_block_of_another_size_is_read(size: int, volume: Made) -> None:
    source = Counting(bytes(volume.image.data))
    found = read_snapshots(source, volume.image.list, size)
    assert found.problems == [f"blocks of {size:,} bytes are not believed"] and not source.reads


def test_a_placethat_is_wrong_is_said(volume: Made) -> None:
    volume.image.change(volume.image.volume, (0xD8, "<Q", 1 << 63))
    paths, said = seen(volume.image)
    assert "s2/gone.jpg" in paths
    assert said == ["9,223,372,036,854,775,808 snapshots are stated, 2 are found"]


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=BLOCK - 56, max_size=BLOCK - 56), st.integers(0, 7), st.integers(0, 90))
def test_no_list_makes_the_reader_fail(body: bytes, flags: int, count: int) -> None:
    head = bytes(24) + struct.pack("<IIHHIHHQQ", 0x40000002, 0x10, flags, 0, count, 0, count * 8, 0, 0)
    found = read_snapshots(BytesSource((head + body)[:BLOCK] * 2), 1, BLOCK)
    assert found.problems
    assert len(found.found) <= count


def test_flipped_bits_and_cut_images_end_in_findings(volume: Made) -> None:
    rng, image = random.Random(3), volume.image
    whole = bytes(image.data)
    blocks = [image.list, image.volume, image.map, image.tree, *(one[2] for one in volume.taken)]
    for _ in range(120):
        data = bytearray(whole)
        at = rng.choice(blocks) * BLOCK
        for _ in range(rng.randrange(1, 5)):
            data[at + rng.randrange(8, 0x200)] ^= 1 << rng.randrange(8)
        if rng.random() < 0.8:
            data[at : at + 8] = checksum(data[at : at + BLOCK])
        paths, said = seen(bytes(data))
        assert paths or said
    for size in range(BLOCK, 130 * BLOCK, 7 * BLOCK + 64):
        _, said = seen(whole[:size])
        assert said
