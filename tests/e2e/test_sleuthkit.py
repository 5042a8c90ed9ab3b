"""`scan` and `export files` give the right files with the right digests: compared with Debian's sleuthkit.

Each public disk image, and an E01 made here, is scanned by the installed command and listed by `mmls`, `fls`
and `icat`: on the original where sleuthkit reads it, else on a raw copy. What may differ stands below, with
the reason. Archives and file systems that sleuthkit does not know are in `test_containers.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e import unpacked
from tests.e2e.scanned import Row, scan
from tests.e2e.sleuthkit import Entry, Image
from tests.evidence import images

pytestmark = pytest.mark.xdist_group("sleuthkit")

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
Opened = Callable[[Path, Path], Image]
SNAPSHOT = re.compile(r"s[0-9]+/")
"""What lies in a shadow copy, which sleuthkit does not open (`tests/evidence/volumes` does)."""


def original(image: Path, folder: Path) -> Image:
    return Image(image)


def segments(*names: str) -> Opened:
    return lambda image, folder: Image(image, *(image.with_name(name) for name in names))


def as_it_is(format: str) -> Opened:
    return lambda image, folder: Image(image, format=format)


def converted(format: str) -> Opened:
    return lambda image, folder: Image(unpacked.raw(image, folder, format), format="raw")


DISKS: dict[str, Opened] = {
    "ext2.E01": original,
    "ext2.split.E01": segments("ext2.split.E02"),
    "ext2.splitraw.000": segments("ext2.splitraw.001"),
    "ext2.qcow2": converted("qcow2"),
    "ext2.vhd": as_it_is("vhd"),
    "ext2.vmdk": as_it_is("vmdk"),
    "hfsplus.raw": original,
    "hfsplus_zlib.dmg": converted("dmg"),
    "image.vhd": as_it_is("vhd"),
    "iso9660.raw": original,
    "tsk_volume_system.raw": original,
    "vsstest.qcow2": converted("qcow2"),
    "windows_volume.qcow2": converted("qcow2"),
}
"""How sleuthkit is given each disk image that it can list."""


class Difference(NamedTuple):
    """What one side lists or reads and the other does not, by the path behind the image's name, and why."""

    paths: re.Pattern[str]
    why: str


NOT_READ = (
    Difference(
        re.compile(r"(.*/)?\$BadClus:\$Bad"),
        "NTFS keeps bad clusters as a sparse stream as long as the volume: listed, a volume of zeros not read",
    ),
    Difference(
        re.compile(r"(.*/)?[^/]* \(Volume Label Entry\)"),
        "the label of a FAT volume is an entry without content: listed as special, not as an empty file",
    ),
)
"""Regular files for sleuthkit, special for Safelight."""
FORKS = Difference(
    re.compile(r".*:RSRC"),
    "HFS+ resource forks are attributes that `fls` does not list; `icat` reads them by their attribute's type",
)
_FORK = "4353"  # TSK_FS_ATTR_TYPE_HFS_RSRC
MADE_UP = Difference(
    re.compile(r"(.*/)?\$OrphanFiles|(.*/)?\$(MBR|FAT1|FAT2)"),
    "sleuthkit's own: a folder for files without a name (a folder for Safelight too), and regions of a FAT volume",
)
NO_CONTENT = (
    "a deleted name whose inode is unknown, wiped (ext3, ext4) or another file's by now: a reason, no content"
)


def own_disk() -> Path:
    """A disk with ext4, FAT16, NTFS and exFAT made by their tools; files deleted, records and blocks used again."""
    ext = images.edit(images.ext(4), "reused-ext4.img")
    small = images.tree() / "small.txt"
    images.run("debugfs", "-w", "-R", f"write {small} taken.txt", ext)  # takes the inode of a deleted file
    fat = images.edit(images.fat(16), "reused-fat16.img")
    images.run("mcopy", "-i", fat, small, "::/Videos/taken.txt")  # takes a cluster of a deleted file
    volumes = [ext, fat, images.ntfs(), images.exfat()]
    gap = 2048
    starts, end = [], gap
    for volume in volumes:
        starts.append(end)
        end += volume.stat().st_size // 512 + gap
    lengths = [volume.stat().st_size // 512 for volume in volumes]
    primary = [(0x83, starts[0], lengths[0]), (0x06, starts[1], lengths[1])]
    disk = images.mbr(end, primary, list(zip(starts[2:], lengths[2:], strict=True)))
    for volume, start in zip(volumes, starts, strict=True):
        disk[start * 512 : (start * 512) + volume.stat().st_size] = volume.read_bytes()
    made = images.folder() / "own.img"
    made.write_bytes(disk)
    return made


@dataclass(frozen=True, slots=True)
class Compared:
    """One image as both sides see it."""

    name: str
    image: Image
    entries: list[Entry]
    """What `fls` lists of every partition, without what it makes up."""
    blank: list[str]
    """Partitions in which it knows no file system."""
    rows: list[Row]
    """What Safelight lists of the file systems: not what lies in archives there, what was carved, findings."""
    exhibit: dict[str, object]

    def listed(self, kind: str) -> dict[str, Row]:
        return {row.path: row for row in self.rows if row.kind == kind and row.state == "allocated"}

    def of_sleuthkit(self, kind: str) -> dict[str, Entry]:
        return {one.place: one for one in self.entries if one.kind == kind and not one.deleted}


@pytest.fixture(scope="module", params=["own.E01", *DISKS])
def compared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    name: str = request.param
    folder = tmp_path_factory.mktemp("image")
    if name == "own.E01":
        first = images.e01("fast", "2MiB", image=own_disk())
        rest = sorted(path for path in first.parent.glob(f"{first.stem}.E*") if path != first)
        scanned, image, name = scan(folder, first), Image(first, *rest), first.name
    else:
        evidence: Path = request.getfixturevalue("evidence")
        scanned, image = request.getfixturevalue("public"), DISKS[name](evidence / name, folder)
    partitions = image.partitions()
    listings = {partition: image.entries(partition) for partition in partitions}
    entries = [one for listing in listings.values() for one in listing or () if one.kind not in "vV"]
    assert entries, "sleuthkit lists nothing: there is nothing to compare with"
    rows = [
        row
        for row in scanned.rows[name]
        if row.kind not in ("finding", "note")
        and row.state in ("allocated", "deleted")
        and not SNAPSHOT.match(row.path)
    ]
    return Compared(
        name,
        image,
        entries,
        [partition.name for partition, listing in listings.items() if listing is None],
        [row for row in rows if not MADE_UP.paths.fullmatch(row.path)],
        scanned.exhibits[name],
    )


def test_every_allocated_file_is_there_with_its_digest(compared: Compared) -> None:
    special = compared.listed("special")
    expected = {}
    for path, entry in compared.of_sleuthkit("r").items():
        if any(one.paths.fullmatch(path) for one in NOT_READ):
            assert path in special
        else:
            expected[path] = compared.image.sha256(entry)
    found = {path: row for path, row in compared.listed("file").items() if not FORKS.paths.fullmatch(path)}
    assert {path: row.sha256 for path, row in found.items()} == expected
    assert not [row for row in found.values() if row.error]


def test_every_resource_fork_is_the_one_that_icat_reads(compared: Compared) -> None:
    entries = compared.of_sleuthkit("r")
    for path, row in compared.listed("file").items():
        if FORKS.paths.fullmatch(path):
            owner = entries[path.removesuffix(":RSRC")]
            assert row.sha256 == compared.image.sha256(owner, f"{owner.inode}-{_FORK}")


@pytest.mark.parametrize(("kind", "letter"), [("folder", "d"), ("link", "l")])
def test_folders_and_links_are_the_same(compared: Compared, kind: str, letter: str) -> None:
    assert compared.listed(kind).keys() == compared.of_sleuthkit(letter).keys()


def test_every_deleted_name_is_there_and_its_content_as_far_as_it_is_left(compared: Compared) -> None:
    found = {(row.path, row.inode): row for row in compared.rows if row.state == "deleted"}
    expected = {(one.place, one.inode.partition("-")[0]): one for one in compared.entries if one.deleted}
    assert found.keys() == expected.keys()
    for key, entry in expected.items():
        row = found[key]
        sha256 = compared.image.sha256(entry)
        if entry.reused or not sha256 or not entry.size:
            assert row.sha256 in ("", EMPTY) and (row.error or row.sha256), NO_CONTENT
        else:
            assert row.sha256 == sha256


def test_partitions_without_a_file_system_hold_nothing(compared: Compared) -> None:
    for name in compared.blank:
        assert not [row for row in compared.rows if row.path.startswith(f"{name}/")]


def test_the_medium_is_the_one_that_sleuthkit_reads(compared: Compared) -> None:
    assert compared.exhibit["sha256"] == compared.image.medium()
    assert compared.exhibit["verified"] is (True if compared.name.endswith("E01") else None)
