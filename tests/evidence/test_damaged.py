"""Media whose first sectors are damaged: read through the copies they keep, else said and carved; never silent."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.describe import describe
from safelight.evidence.mbr import MbrReader
from safelight.evidence.protocol import Kind
from safelight.evidence.scope import Scope
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from safelight.model import State
from tests.evidence import images

KEPT = {path: data for path, data in images.TREE.items() if path not in images.DELETED}


def damaged(image: Path, name: str, start: int, length: int, filler: Callable[[int], bytes] = bytes) -> Path:
    """A copy of an image with `length` bytes from `start` on overwritten."""
    copy = images.edit(image, name)
    with copy.open("r+b") as file:
        file.seek(start)
        file.write(filler(length))
    return copy


def looked_into(path: Path) -> tuple[dict[str, bytes], list[str], dict[int, bytes]]:
    """Allocated content by path in the innermost container, what was said, carved content by offset."""
    files, said, carved = {}, [], {}
    for found in walk(path):
        if found.kind is Kind.PAUSE:
            continue
        if found.kind is Kind.FINDING:
            said.append(found.error or "")
        elif found.place.state is State.CARVED:
            carved[found.place.address["offset"]] = b"".join(found.chunks())
        elif found.kind is Kind.FILE and found.readable and len(found.place.trail) > 1:
            with contextlib.suppress(EvidenceError):
                files[found.place.trail[-1].decode("utf-8", "surrogateescape")] = b"".join(found.chunks())
    return files, said, carved


@pytest.fixture(scope="module")
def large_ext() -> Path:
    """ext4 of three groups with `TREE` (a copy of the superblock lies in the second)."""
    image = images.blank("ext4-groups.img", 24)
    images.run("mkfs.ext4", "-q", "-F", "-b", "1024", "-d", images.tree(), image)
    return image


@pytest.mark.parametrize(
    ("which", "length", "filler", "says"),
    [
        ("fat32", 512, bytes, "the boot sector (FAT32)"),
        ("fat32", 512, random.Random(1).randbytes, "the boot sector (FAT32)"),
        ("ntfs", 512, bytes, "the boot sector (NTFS)"),
        ("ntfs", 4096, random.Random(1).randbytes, "the boot sector (NTFS)"),
        ("ext", 2048, random.Random(1).randbytes, "the superblock (ext)"),
        ("ext", 4096, bytes, "the superblock (ext)"),
    ],
)
def test_a_damaged_first_sector_is_replaced_by_its_copy(
    which: str, length: int, filler: Callable[[int], bytes], says: str, large_ext: Path
) -> None:
    image = {"fat32": lambda: images.fat(32), "ntfs": images.ntfs_whole, "ext": lambda: large_ext}[which]()
    files, said, _ = looked_into(damaged(image, f"{which}-damaged.img", 0, length, filler))
    assert {path: files.get(path) for path in KEPT} == KEPT
    assert said[0] == f"{says} is damaged; its copy is used"


def test_exfat_is_read_by_its_second_boot_region() -> None:
    files, said, _ = looked_into(damaged(images.exfat(), "exfat-damaged.img", 0, 512))
    assert files["kept.jpg"] == images.jpeg(1)
    assert said[0].startswith("the boot sector (exFAT) is damaged")


def test_a_table_is_found_by_its_copy_though_nothing_protects_it(tmp_path: Path) -> None:
    disk = images.gpt(4096, [(100, 50), (1000, 60)])
    disk[: 34 * 512] = bytes(34 * 512)
    (tmp_path / "disk.dd").write_bytes(disk)
    _, said, _ = looked_into(tmp_path / "disk.dd")
    assert "first GUID partition table is missing" in said[0]


def test_one_odd_status_byte_does_not_hide_a_partition_table() -> None:
    disk = images.mbr(4096, [(0x83, 64, 100), (0x07, 200, 100)])
    disk[446] = 0x01
    assert MbrReader().detect(bytes(disk[:65536]), BytesSource(bytes(disk)))


def test_code_where_a_table_might_be_is_none() -> None:
    text = b"\r\nA disk read error occurred\0\r\nBOOTMGR is compressed\0\r\nPress Ctrl+Alt+Del"
    sector = (bytes(440) + text)[:510].ljust(510, b"\0") + b"\x55\xaa"
    disk = sector + bytes(1 << 20)
    assert not MbrReader().detect(disk[:65536], BytesSource(disk))


@pytest.mark.parametrize("name", ["disk.dd", "disk.unknown"])
def test_an_exhibit_without_a_table_is_said_and_carved(name: str, tmp_path: Path) -> None:
    disk = images.mbr(16_384, [(0x83, 64, 10_000)])
    disk[512_000 : 512_000 + len(images.jpeg(1))] = images.jpeg(1)
    disk[:512] = bytes(512)
    (tmp_path / name).write_bytes(disk)
    _, said, carved = looked_into(tmp_path / name)
    assert said == ["no file system that is known here"]
    assert carved == {512_000: images.jpeg(1)}
    assert describe(tmp_path / name).kind == "disk image"
    found = [one for one in walk(tmp_path / name, scope=Scope.parse(["*.jpg"])) if one.kind is Kind.FILE]
    assert [one.path for one in found if one.examined] == [name, f"{name}//carved/offset-000000512000.jpg"]


def test_a_file_in_a_folder_that_is_named_like_an_image_is_carved_too(tmp_path: Path) -> None:
    disk = bytes(4096) + images.jpeg(1)
    for name in ("stick.dd", "video.dat"):
        (tmp_path / name).write_bytes(disk.ljust(2 << 20, b"\0"))
    found = [(one.path, one.kind) for one in walk(tmp_path)]
    assert found == [
        ("stick.dd", Kind.FILE),
        ("stick.dd", Kind.FINDING),
        ("stick.dd//carved/offset-000000004096.jpg", Kind.FILE),
        ("video.dat", Kind.FILE),
    ]


def test_what_is_no_medium_or_blank_is_not_complained_about(tmp_path: Path) -> None:
    contents = {
        "notes.txt": b"words and more\n" * (1 << 19),
        "blank.dd": bytes(8 << 20),
        "small.bin": b"\0" * 99,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        assert [one.path for one in walk(tmp_path / name)] == [name]


@pytest.mark.parametrize("which", ["ext", "fat", "ntfs", "exfat", "hfs", "apfs", "iso"])
def test_a_medium_that_is_shorter_than_its_file_system_states_is_said(
    which: str, shared: Path, tmp_path: Path
) -> None:
    """Also where no file lies in what is missing."""
    image = {
        "ext": images.ext,
        "fat": lambda: images.fat(16),
        "ntfs": images.ntfs_whole,
        "exfat": images.exfat,
        "hfs": lambda: shared / "evidence" / "hfsplus.raw",
        "apfs": lambda: shared / "evidence" / "apfs.raw",
        "iso": images.iso,
    }[which]()
    assert not [said for said in looked_into(image)[1] if "missing" in said]
    whole = image.read_bytes()
    size = len(whole) - (1 << 20)
    (tmp_path / "cut.dd").write_bytes(whole[:size])
    _, said, _ = looked_into(tmp_path / "cut.dd")
    assert any(f"there are {size:,}: what lies beyond is missing" in one for one in said), said


def test_a_disk_that_ends_before_the_copy_of_its_table_is_said(tmp_path: Path) -> None:
    disk = images.gpt(16_384, [(100, 50)])
    (tmp_path / "cut.dd").write_bytes(disk[: 4 << 20])
    _, said, _ = looked_into(tmp_path / "cut.dd")
    assert said[0] == (
        "the GUID partition table is of a medium of 8,388,608 bytes, there are 4,194,304: what lies beyond is missing"
    )
