"""ext2, ext3 and ext4 against what was put in, and against sleuthkit."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence.ext import ExtReader
from safelight.evidence.filesystem import Dialect
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import BytesSource, FileSource
from safelight.model import State
from tests.evidence import images

KEPT = {path: data for path, data in images.TREE.items() if path not in images.DELETED}


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_file_has_its_path_and_content(version: int) -> None:
    found = images.files(images.nodes(ExtReader(), images.ext(version)))
    assert {path: found[path] for path in KEPT} == KEPT


def test_the_listing_is_the_one_of_sleuthkit() -> None:
    found = images.nodes(ExtReader(), images.ext())
    listed = images.fls(images.ext())
    ours = {
        n.name.decode("utf-8", "surrogateescape"): str(n.address["inode"])
        for n in found
        if n.open and n.state is State.ALLOCATED
    }
    plain = {path: inode for path, inode in listed.items() if "\udcff" not in path and "^" not in path}
    assert plain.items() <= ours.items()
    assert len(listed) == len(ours)


def test_names_are_kept_byte_for_byte() -> None:
    names = {node.name for node in images.nodes(ExtReader(), images.ext())}
    assert {b"not-utf8-\xff\xfe", b"new\nline", b"n" * 244} <= names


def test_sparse_files_are_read_with_their_holes() -> None:
    assert (
        images.files(images.nodes(ExtReader(), images.ext()))["sparse"]
        == b"start" + bytes((1 << 20) - 5) + b"end"
    )


def test_links_are_listed_with_their_target_and_pipes_as_special() -> None:
    found = {node.name: node for node in images.nodes(ExtReader(), images.ext())}
    assert (found[b"link"].kind, found[b"link"].target, found[b"link"].open) == (
        Kind.LINK,
        b"Pictures/one.jpg",
        None,
    )
    assert (found[b"pipe"].kind, found[b"pipe"].open) == (Kind.SPECIAL, None)


def test_times_are_utc_with_their_fraction_and_source() -> None:
    node = next(n for n in images.nodes(ExtReader(), images.ext()) if n.name == b"small.txt")
    assert node.times.modified is not None
    assert node.times.modified.value.startswith("2023-11-14T22:13:20")
    assert (node.times.modified.source, node.times.modified.zone) == ("ext:inode", "utc")
    assert node.times.created is not None


def test_deleted_files_that_the_inode_still_leads_to_are_read() -> None:
    found = images.nodes(ExtReader(), images.ext())
    deleted = {node.name: node for node in found if node.state is State.DELETED}
    for path in images.DELETED:
        assert images.content(deleted[path.encode()]) == images.TREE[path]


def test_a_cleared_inode_leaves_a_name_and_carving_finds_the_content() -> None:
    image = images.edit(images.ext(), "cleared.img")
    listing = images.nodes(ExtReader(), images.ext())
    inode = next(n.address["inode"] for n in listing if n.name == b"Pictures/gone.jpg")
    images.run("debugfs", "-w", "-R", f"clri <{inode}>", image)
    found = images.nodes(ExtReader(), image)
    gone = next(node for node in found if node.name == b"Pictures/gone.jpg")
    assert (gone.state, gone.open) == (State.DELETED, None)
    assert gone.error
    carved = [images.content(node) for node in found if node.state is State.CARVED]
    assert images.TREE["Pictures/gone.jpg"] in carved


def test_what_is_listed_as_deleted_is_not_carved_again() -> None:
    assert not [n for n in images.nodes(ExtReader(), images.ext()) if n.state is State.CARVED]


def test_blocks_that_a_new_file_has_taken_are_said() -> None:
    image = images.edit(images.ext(2), "taken.img")
    source = FileSource(image)
    node = next(n for n in ExtReader().walk(source, Limits()) if n.name == b"Pictures/gone.jpg")
    source.close()
    # The bitmap says that all blocks are used: what the file system would say after it gave them away.
    images.run("debugfs", "-w", "-R", f"setb {_first_block(image, node.address['inode'])} 3", image)
    again = next(n for n in images.nodes(ExtReader(), image) if n.name == b"Pictures/gone.jpg")
    assert again.error is not None
    assert "3,072 of its" in again.error


def _first_block(image: Path, inode: int) -> int:
    return int(images.run("debugfs", "-R", f"blocks <{inode}>", image).split()[0])


@pytest.mark.parametrize(
    "features",
    [
        ("-O", "^flex_bg,^uninit_bg"),
        ("-O", "meta_bg,^resize_inode"),
        ("-b", "1024"),
        ("-O", "^64bit"),
    ],
)
def test_used_blocks_are_known_whatever_the_layout(features: tuple[str, ...]) -> None:
    image = images.ext(4, *features)
    source = FileSource(image)
    allocation = _allocation(source)
    free = sum(length for _, length in allocation.free())
    source.close()
    stated = images.run("dumpe2fs", "-h", image).decode()
    numbers = {line.split(":")[0]: line.split(":")[1].strip() for line in stated.splitlines() if ":" in line}
    assert free == int(numbers["Free blocks"]) * int(numbers["Block size"])


def _allocation(source: FileSource):  # type: ignore[no-untyped-def]
    from safelight.evidence import ext, tsk

    allocation = ext._allocation(tsk.open_file_system(source, tsk.EXT), source)
    assert allocation is not None
    return allocation


def test_an_image_cut_short_yields_what_is_there_and_findings() -> None:
    image = images.edit(images.ext(), "cut.img")
    with image.open("r+b") as file:
        file.truncate(image.stat().st_size // 8)
    found = images.nodes(ExtReader(), image)
    assert any(node.name == b"small.txt" for node in found)


def test_a_lying_size_is_not_read() -> None:
    image = images.edit(images.ext(), "lying.img")
    images.run("debugfs", "-w", "-R", "sif small.txt size 0x0fffffffffff", image)
    node = next(n for n in images.nodes(ExtReader(), image) if n.name == b"small.txt")
    assert node.open is None
    assert node.error is not None
    assert "claims" in node.error


def test_a_folder_that_holds_itself_is_entered_once() -> None:
    image = images.edit(images.ext(), "loop.img")
    images.run("debugfs", "-w", "-R", "ln Pictures Pictures/again", image)
    names = [node.name for node in images.nodes(ExtReader(), image)]
    assert b"Pictures/again" in names
    assert b"Pictures/again/again" not in names


def test_a_layout_that_does_not_open_is_a_finding_and_is_carved_as_a_whole() -> None:
    found = images.nodes(ExtReader(), images.ext(4, "-O", "bigalloc"))
    assert found[0].kind is Kind.FINDING
    assert {images.TREE["Pictures/one.jpg"], images.TREE["Videos/clip.mp4"]} <= {
        images.content(n) for n in found[1:]
    }


def test_files_of_a_folder_that_cannot_be_listed_are_found_by_their_inodes() -> None:
    image = images.edit(images.ext(), "unlisted.img")
    listing = {node.name: node.address.get("inode") for node in images.nodes(ExtReader(), image)}
    _lead_nowhere(image, listing[b"Pictures"] or 0)
    found = images.nodes(ExtReader(), image)
    assert any(node.kind is Kind.FINDING and node.name == b"Pictures" for node in found)
    names = {path: data for path, data in images.files(found).items() if path.startswith("$Unreached/")}
    picture = f"$Unreached/inode-{listing[b'Pictures/one.jpg']}"
    below = f"$Unreached/inode-{listing[b'Pictures/deep']}/er/three.png"
    assert names[picture] == images.TREE["Pictures/one.jpg"]
    assert names[below] == images.TREE["Pictures/deep/er/three.png"]


def test_an_absurd_superblock_is_a_finding_and_not_given_to_the_library() -> None:
    image = images.edit(images.ext(), "absurd.img")
    with image.open("r+b") as file:
        file.seek(1024 + 20)  # s_first_data_block
        file.write((2_734_686_209).to_bytes(4, "little"))
    found = images.nodes(ExtReader(), image)
    assert found[0].error == "the superblock has an impossible layout"
    assert images.TREE["Pictures/one.jpg"] in [images.content(node) for node in found[1:]]


@settings(max_examples=40, deadline=timedelta(seconds=5))
@given(st.lists(st.tuples(st.integers(0, 1023), st.integers(0, 255)), min_size=1, max_size=20))
def test_any_damage_of_a_superblock_ends_soon(changes: list[tuple[int, int]]) -> None:
    data = bytearray(_first_megabyte())
    for offset, value in changes:
        data[1024 + offset] = value
    for node in ExtReader().walk(BytesSource(bytes(data)), Limits(carve=False)):
        if node.open is not None and (node.size or 0) < 1 << 24:
            with contextlib.suppress(EvidenceError):
                images.content(node)


@cache
def _first_megabyte() -> bytes:
    return images.ext().read_bytes()[: 1 << 20]


def test_dialect_defaults_to_no_allocation() -> None:
    assert Dialect("EXT_DETECT", lambda _entry, _meta: None).allocation(None, None) is None  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize("version", [2, 4])
def test_what_the_kernel_removed_with_its_folder_is_listed_as_sleuthkit_does(version: int) -> None:
    """The kernel clears size and blocks of a removed folder, and TSK's library then lists no orphan at all."""
    image = images.edit(images.ext(version), f"removed-{version}.img")
    numbers = {node.name: node.address.get("inode", 0) for node in images.nodes(ExtReader(), image)}
    lines = [
        "rm /Videos/clip.mp4",
        "rmdir /Videos",
        "rm /Pictures/deep/er/three.png",
        "rmdir /Pictures/deep/er",
    ]
    images.run(
        "debugfs", "-w", "-f", "-", image, data="\n".join([*lines, "rmdir /Pictures/deep", ""]).encode()
    )
    for path in (b"Videos", b"Videos/clip.mp4", b"Pictures/deep/er", b"Pictures/deep"):
        _clear_as_the_kernel_does(image, numbers[path])
    found = images.nodes(ExtReader(), image)
    orphans = {node.name: node for node in found if node.name.startswith(b"$OrphanFiles/")}
    listed = [line.partition(b"\t")[2] for line in images.run("fls", "-r", "-p", image).splitlines()]
    assert sorted(orphans) == sorted(path for path in listed if path.startswith(b"$OrphanFiles/"))
    assert {node.state for node in orphans.values()} == {State.DELETED}
    clip = orphans[b"$OrphanFiles/OrphanFile-%d" % numbers[b"Videos/clip.mp4"]]
    assert (clip.kind, clip.size, clip.open) == (Kind.FILE, 0, None)
    three = orphans[b"$OrphanFiles/OrphanFile-%d" % numbers[b"Pictures/deep/er/three.png"]]
    assert images.content(three) == images.TREE["Pictures/deep/er/three.png"]
    assert not [node for node in found if node.kind is Kind.FINDING]
    assert not [node for node in found if node.name.startswith(b"$Unreached")]


def _lead_nowhere(image: Path, inode: int) -> None:
    """Let the first extent of an inode (20 bytes into `i_block`, at byte 40) lie beyond the medium."""
    where = images.run("debugfs", "-R", f"imap <{inode}>", image).decode()
    block, offset = where.split("located at block ")[1].split(", offset ")
    with image.open("r+b") as file:
        file.seek(int(block) * 1024 + int(offset, 16) + 40 + 12 + 8)
        file.write((0x7FFFFFF0).to_bytes(4, "little"))


def _clear_as_the_kernel_does(image: Path, inode: int) -> None:
    where = images.run("debugfs", "-R", f"imap <{inode}>", image).decode()
    block, offset = where.split("located at block ")[1].split(", offset ")
    with image.open("r+b") as file:
        at = int(block) * 1024 + int(offset, 16)
        file.seek(at + 32)
        extents = int.from_bytes(file.read(4), "little") & 0x80000
        for position, data in (
            (4, bytes(4)),
            (26, bytes(6)),
            (40, bytes(60)),
        ):  # size, links and blocks, where
            file.seek(at + position)
            file.write(data)
        if extents:
            file.seek(at + 40)
            file.write(bytes.fromhex("0af3000004000000"))


def test_inodes_of_the_file_systems_own_are_not_files_that_nothing_reached() -> None:
    image = images.edit(images.ext(), "unlisted-own.img")
    listing = {node.name: node.address.get("inode") for node in images.nodes(ExtReader(), image)}
    _lead_nowhere(image, listing[b"Pictures"] or 0)
    found = images.nodes(ExtReader(), image)
    below = [node.address["inode"] for node in found if node.name.startswith(b"$Unreached/")]
    assert below
    assert min(below) > 10


_YEARS = {"1901": 0, "1969": 0, "1970": 0, "2037": 0, "2038": 1, "2106": 1, "2107": 1, "2174": 2, "2400": 3}
"""Year, and the bits that ext4 keeps beside the 32 of the seconds."""


@pytest.mark.parametrize("inode_size", [128, 256])
def test_times_of_any_year_are_those_of_the_kernel(inode_size: int) -> None:
    root = images.folder() / f"years-{inode_size}"
    root.mkdir()
    image = images.blank(f"years-{inode_size}.img", 8)
    moments = {year: int(datetime.fromisoformat(f"{year}-12-31T12:00:00Z").timestamp()) for year in _YEARS}
    for year in _YEARS:
        (root / year).touch()
    images.run("mkfs.ext4", "-q", "-F", "-O", "^metadata_csum", "-I", str(inode_size), "-d", root, image)
    lines = ""
    for year, epoch in _YEARS.items():
        lines += f"sif /{year} mtime 0x{moments[year] & 0xFFFFFFFF:x}\n"
        if inode_size > 128:
            lines += f"sif /{year} mtime_extra {epoch + (500_000_000 << 2)}\n"
    images.run("debugfs", "-w", "-f", "-", image, data=lines.encode())
    found = {node.name.decode(): node.times for node in images.nodes(ExtReader(), image)}
    for year, epoch in _YEARS.items():
        modified = found[year].modified
        assert modified is not None
        if inode_size > 128:
            assert modified.value == f"{year}-12-31T12:00:00.500000Z", year
        else:  # which has no room for the bits: what lies beyond 2038 is read as the kernel does
            signed = moments[year] - (epoch << 32)
            read = datetime(1970, 1, 1) + timedelta(seconds=signed)
            assert modified.value.startswith(read.isoformat()), year
        assert found[year].changed is None or found[year].changed.value > "2020"  # type: ignore[union-attr]
