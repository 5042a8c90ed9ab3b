"""ISO 9660, HFS+, APFS and XFS against what was put in or, for the public images, against sleuthkit."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.apfs import ApfsReader
from safelight.evidence.hfs import HfsReader
from safelight.evidence.iso9660 import Iso9660Reader
from safelight.evidence.protocol import Kind, Limits, Reader
from safelight.evidence.source import BytesSource, FileSource
from safelight.evidence.xfs import XfsReader
from safelight.model import State
from tests.evidence import images

_SHOW = """
import sys
from pathlib import Path
from safelight.evidence.iso9660 import Iso9660Reader
from tests.evidence import images
for node in images.nodes(Iso9660Reader(), Path(sys.argv[1])):
    print(node.name, node.times.modified)
"""


@pytest.mark.parametrize("options", [("-r",), ("-J",), ("-r", "-J")])
def test_iso_files_have_their_path_and_content(options: tuple[str, ...]) -> None:
    found = images.nodes(Iso9660Reader(), images.iso(*options))
    assert images.files(found) == images.TREE


def test_rock_ridge_links_are_links() -> None:
    found = images.nodes(Iso9660Reader(), images.iso("-r"))
    (link,) = (node for node in found if node.kind is Kind.LINK)
    assert (link.name, link.target, link.open) == (b"link", b"Pictures/one.jpg", None)


def test_an_iso_without_folders_is_a_finding_and_no_deadlock() -> None:
    """TSK waits for itself for ever where the root folder has the number of its folder of orphans."""
    data = bytearray(images.iso("-r").read_bytes())
    data[16 * 2048 + 132 : 16 * 2048 + 140] = bytes(8)  # size of the path table
    found = images.all_of(Iso9660Reader().walk(BytesSource(bytes(data)), Limits()))
    assert found[0].error == "the file system has no inodes"
    assert images.TREE["Pictures/one.jpg"] in [images.content(node) for node in found[1:]]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_iso_times_carry_their_own_offset_whatever_the_zone(zone: str) -> None:
    environment = {**os.environ, "TZ": zone}
    command = [sys.executable, "-c", _SHOW, str(images.iso("-r"))]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    line = next(line for line in shown.splitlines() if line.startswith("b'large.bin'"))
    assert line.endswith("Timestamp(value='2023-11-14T22:13:20', source='iso9660:recording', zone='+00:00')")


def test_iso_listing_is_the_one_of_sleuthkit(shared: Path) -> None:
    image = shared / "evidence" / "iso9660.raw"
    found = images.files(images.nodes(Iso9660Reader(), image))
    listed = images.fls(image)
    assert {path: images.run("icat", image, inode) for path, inode in listed.items()} == found


def test_hfs_listing_is_the_one_of_sleuthkit(shared: Path) -> None:
    image = shared / "evidence" / "hfsplus.raw"
    found = images.files(images.nodes(HfsReader(), image))
    listed = images.fls(image)
    assert {path: images.run("icat", image, inode) for path, inode in listed.items()} == found


def test_hfs_resource_forks_are_streams(shared: Path) -> None:
    found = images.nodes(HfsReader(), shared / "evidence" / "hfsplus.raw")
    (fork,) = (node for node in found if node.layer == "stream")
    assert (fork.name, images.content(fork)) == (b"a_directory/a_resourcefork:RSRC", b"My resource fork\n")


def test_hfs_free_blocks_are_those_of_the_volume_header(shared: Path) -> None:
    from safelight.evidence import hfs, tsk

    source = FileSource(shared / "evidence" / "hfsplus.raw")
    allocation = hfs._allocation(tsk.open_file_system(source, tsk.HFS), source)
    assert allocation is not None
    free = sum(length for _, length in allocation.free()) // allocation.unit
    assert free == int.from_bytes(source.read_at(1024 + 48, 4), "big")
    source.close()


def test_apfs_files_links_and_forks(shared: Path) -> None:
    found = images.nodes(ApfsReader(), shared / "evidence" / "apfs.raw")
    by_name = {node.name: node for node in found}
    assert by_name[b"a_link"].target == b"a_directory/another_file"
    assert (
        images.content(by_name[b"a_directory/a_resourcefork:com.apple.ResourceFork"]) == b"My resource fork\n"
    )
    hfs = images.files(images.nodes(HfsReader(), shared / "evidence" / "hfsplus.raw"))
    ours = images.files(found)
    for name in ("passwords.txt", "a_directory/a_file", "a_directory/another_file"):
        assert ours[name] == hfs[name]


def test_apfs_times_are_utc(shared: Path) -> None:
    found = images.nodes(ApfsReader(), shared / "evidence" / "apfs.raw")
    times = next(node.times for node in found if node.name == b"passwords.txt")
    assert times.modified is not None
    assert (times.modified.value[:19], times.modified.zone) == ("2022-01-14T07:19:41", "utc")


def _xfs(name: str, files: dict[str, bytes]) -> Path:
    """XFS made of a prototype; a deleted one cannot be made without mounting."""
    lines = ["/", "0 0", "d--755 0 0"]
    for number, (path, data) in enumerate(files.items()):
        plain = images.folder() / f"{name}-{number}"
        plain.write_bytes(data)
        lines.append(f"{path} ---644 0 0 {plain}")
    lines += ["link l--777 0 0 some/where", "$"]
    prototype = images.folder() / f"{name}.proto"
    prototype.write_text("\n".join(lines) + "\n")
    image = images.blank(f"{name}.xfs", 320)
    images.run("mkfs.xfs", "-q", "-f", "-p", prototype, image)
    return image


def test_xfs_files_and_links() -> None:
    files = {
        "small.txt": b"text\n",
        "one.jpg": images.jpeg(1),
        "large.bin": random.Random(1).randbytes(3_000_000),
    }
    found = images.nodes(XfsReader(), _xfs("plain", files), Limits(carve=False))
    assert images.files(found) == files
    assert next(node for node in found if node.kind is Kind.LINK).target == b"some/where"


def test_xfs_names_that_are_not_unicode_are_listed_and_said() -> None:
    image = _xfs("names", {"replace-me.txt": b"text\n"})
    with image.open("r+b") as file:
        at = file.read(1 << 20).index(b"replace-me.txt")
        file.seek(at)
        file.write(b"\xff")
    found = images.nodes(XfsReader(), image, Limits(carve=False))
    odd = next(node for node in found if node.error and "UTF-8" in node.error)
    assert images.content(odd) == b"text\n"


def test_an_xfs_that_is_cut_short_is_said() -> None:
    image = _xfs("short", {"small.txt": b"text\n"})
    os.truncate(image, 318 << 20)
    found = images.nodes(XfsReader(), image, Limits(carve=False))
    assert "what lies beyond is missing" in (found[0].error or "")
    assert images.files(found) == {"small.txt": b"text\n"}


def test_xfs_free_space_is_carved() -> None:
    image = _xfs("carve", {"one.jpg": images.jpeg(1)})
    with image.open("r+b") as file:
        file.seek(200 << 20)
        file.write(images.jpeg(2))
    carved = [node for node in images.nodes(XfsReader(), image) if node.state is State.CARVED]
    assert [images.content(node) for node in carved] == [images.jpeg(2)]


@pytest.mark.parametrize(
    ("reader", "name"),
    [(ApfsReader(), "apfs.raw"), (HfsReader(), "hfsplus.raw"), (Iso9660Reader(), "iso9660.raw")],
)
def test_images_cut_short_or_overwritten_end_in_findings(reader: Reader, name: str, shared: Path) -> None:
    whole = (shared / "evidence" / name).read_bytes()
    noise = random.Random(2).randbytes(len(whole))
    middle = len(whole) // 10
    for data in (
        whole[: len(whole) * 6 // 10],
        whole[:middle] + noise[middle:],
        whole[:70_000],
        whole[:40_000],
    ):
        try:
            for node in images.all_of(reader.walk(BytesSource(data), Limits())):
                if node.open is not None:
                    try:
                        images.content(node)
                    except EvidenceError:
                        continue
        except EvidenceError:
            pass


_JOLIET = [b"LARGE.BIN", "large.bin".encode("utf-16-be")]


@pytest.mark.parametrize(
    ("options", "names"), [((), [b"LARGE.BIN"]), (("-R",), [b"LARGE.BIN"]), (("-J",), _JOLIET)]
)
def test_an_iso_file_of_several_extents_is_one_file(options: tuple[str, ...], names: list[bytes]) -> None:
    """As every file of more than 4 GiB is. Here the records of a small one are changed to say so."""
    data = bytearray(images.iso(*options).read_bytes())
    for name in names:
        at = data.find(name, 17 * 2048) - 33
        length, end = data[at], (at // 2048 + 1) * 2048
        record, first = bytes(data[at : at + length]), 100 * 2048
        sector, size = struct.unpack_from("<I4xI", record, 2)
        halves = [bytearray(record), bytearray(record)]
        for half, begin, held, flag in zip(
            halves, (sector, sector + 100), (first, size - first), (0x80, 0), strict=True
        ):
            half[2:18] = (
                struct.pack("<I", begin)
                + struct.pack(">I", begin)
                + struct.pack("<I", held)
                + struct.pack(">I", held)
            )
            half[25] |= flag
        data[at:end] = (halves[0] + halves[1] + data[at + length : end])[: end - at]
    found = images.all_of(Iso9660Reader().walk(BytesSource(bytes(data)), Limits()))
    (large,) = (node for node in found if node.name.lower() == b"large.bin")
    assert (large.size, large.error) == (1_500_000, None)
    assert images.content(large) == images.TREE["large.bin"]
