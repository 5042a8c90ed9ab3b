"""FAT12, FAT16, FAT32 and exFAT: content, deleted entries, and times that no time zone has touched."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence import fat
from safelight.evidence.fat import FatReader
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import FileSource
from safelight.evidence.walk import walk
from safelight.model import State, Timestamp
from tests.evidence import images

KEPT = {path: data for path, data in images.TREE.items() if path not in images.DELETED}
_SHOW = """
import sys
from pathlib import Path
from safelight.evidence.fat import FatReader
from tests.evidence import images
for node in images.nodes(FatReader(), Path(sys.argv[1])):
    print(node.name, node.times)
"""


@pytest.mark.parametrize("bits", [12, 16, 32])
def test_every_file_has_its_path_and_content(bits: int) -> None:
    assert images.files(images.nodes(FatReader(), images.fat(bits))) == KEPT


@pytest.mark.parametrize("bits", [12, 16, 32])
def test_deleted_files_are_read_without_the_first_letter_of_their_name(bits: int) -> None:
    found = images.nodes(FatReader(), images.fat(bits))
    deleted = {node.name: node for node in found if node.state is State.DELETED and node.open}
    assert images.content(deleted[b"Pictures/_ost.jpg"]) == images.TREE["Pictures/lost.jpg"]
    assert images.content(deleted[b"Pictures/_one.jpg"]) == images.TREE["Pictures/gone.jpg"]


@pytest.mark.parametrize("bits", [12, 16, 32])
def test_the_listing_is_the_one_of_sleuthkit(bits: int) -> None:
    found = images.nodes(FatReader(), images.fat(bits))
    ours = {
        n.name.decode(): str(n.address["inode"])
        for n in found
        if n.kind is Kind.FILE and n.state is State.ALLOCATED
    }
    listed = {path: inode for path, inode in images.fls(images.fat(bits)).items() if "Label" not in path}
    assert ours == listed


@pytest.mark.parametrize("bits", [12, 16, 32])
def test_used_clusters_are_known(bits: int) -> None:
    source = FileSource(images.fat(bits))
    volume = fat.layout(source.read_at(0, 512), source.size)
    assert volume is not None
    allocation = fat._file_table(source, volume)
    source.close()
    free = sum(length for _, length in allocation.free()) // volume.cluster
    stated = images.run("minfo", "-i", images.fat(bits), "::").decode()
    if bits == 32:
        assert free == int(stated.split("free clusters=")[1].split()[0])
    used = sum(-(-len(data) // volume.cluster) for data in KEPT.values())
    folders = allocation.blocks - free - used
    assert 4 <= folders <= 6  # Pictures, deep, er, Videos, Ünï cödé, and the root of FAT32


def test_labels_and_tables_are_listed_but_never_opened() -> None:
    special = {n.name: n for n in images.nodes(FatReader(), images.fat(32)) if n.kind is Kind.SPECIAL}
    assert {b"$MBR", b"$FAT1", b"$FAT2", b"LABEL       (Volume Label Entry)"} <= special.keys()
    assert not any(node.open for node in special.values())


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Australia/Lord_Howe"])
def test_local_times_stay_as_they_are_written_whatever_the_zone(zone: str, tmp_path: Path) -> None:
    image = images.edit(images.fat(16), f"zone-{zone.replace('/', '-')}.img")
    _stamp(image, b"SMALL   TXT", day=(2024 - 1980) << 9 | 3 << 5 | 10, time=2 << 11 | 30 << 5 | 4)
    # 02:30 on 10 March 2024 does not exist in New York: TSK would show 03:30.
    command = [sys.executable, "-c", _SHOW, str(image)]
    shown = subprocess.run(
        command, env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True
    ).stdout
    line = next(line for line in shown.splitlines() if line.startswith("b'small.txt'"))
    assert "modified=Timestamp(value='2024-03-10T02:30:08', source='fat', zone='local')" in line
    assert "accessed=Timestamp(value='2024-03-10', source='fat', zone='local')" in line
    assert "created=Timestamp(value='2024-03-10T02:30:09.50', source='fat', zone='local')" in line


def _stamp(image: Path, short: bytes, day: int, time: int) -> None:
    data = bytearray(image.read_bytes())
    at = data.index(short)
    data[at + 13] = 150
    for field, value in ((14, time), (16, day), (18, day), (22, time), (24, day)):
        data[at + field : at + field + 2] = value.to_bytes(2, "little")
    image.write_bytes(data)


def test_exfat_files_deleted_ones_and_their_zone() -> None:
    found = {node.name: node for node in images.nodes(FatReader(), images.exfat())}
    kept, gone = found[b"kept.jpg"], found[b"gone.jpg"]
    assert images.content(kept) == images.jpeg(1)
    assert (gone.state, images.content(gone)) == (State.DELETED, images.jpeg(4))
    assert kept.times.created == Timestamp("2024-07-01T23:30:08.50", "exfat", "+02:00")
    assert kept.times.modified == Timestamp("2024-07-01T23:30:09.50", "exfat", "+02:00")


def test_exfat_carving_leaves_out_what_is_allocated_or_listed() -> None:
    assert not [n for n in images.nodes(FatReader(), images.exfat()) if n.state is State.CARVED]


def test_carving_finds_what_no_entry_leads_to() -> None:
    image = images.edit(images.fat(32), "no-entry.img")
    data = bytearray(image.read_bytes())
    for name in (b"\xe5OST    JPG", b"\xe5ONE    JPG"):
        at = data.index(name)
        data[at : at + 32] = bytes(32)
    image.write_bytes(data)
    carved = {images.content(n) for n in images.nodes(FatReader(), image) if n.state is State.CARVED}
    assert carved == {images.TREE[path] for path in images.DELETED}


def test_a_partition_table_is_not_a_volume() -> None:
    assert fat.layout(bytes(images.mbr(64, [(0x83, 8, 32)])[:512]), 64 * 512) is None


def test_a_boot_sector_with_impossible_numbers_is_not_a_volume() -> None:
    head = bytearray(images.fat(16).read_bytes()[:512])
    for field in (11, 13, 14, 16):
        broken = bytearray(head)
        broken[field : field + 2] = b"\xff\xff"
        assert fat.layout(bytes(broken), 1 << 20) is None or field == 14


def test_garbage_after_the_boot_sector_ends_in_findings() -> None:
    image = images.edit(images.fat(16), "garbage.img")
    with image.open("r+b") as file:
        file.seek(512)
        file.write(os.urandom(2 << 20))
    source = FileSource(image)
    assert all(node.name or node.error for node in images.all_of(FatReader().walk(source, Limits())))
    source.close()


def test_a_deleted_file_whose_clusters_are_taken_says_so_however_little_is_read() -> None:
    image = images.edit(images.fat(16), "taken.img")
    found = images.nodes(FatReader(), image)
    lost = next(node for node in found if node.name == b"Pictures/_ost.jpg")
    source = FileSource(image)
    volume = fat.layout(source.read_at(0, 512), source.size)
    assert volume is not None
    where = image.read_bytes().index(images.TREE["Pictures/lost.jpg"])
    first = (where - volume.data) // volume.cluster + 2
    with image.open("r+b") as file:
        for cluster in (first, first + 1):
            for table in (0, 1):
                file.seek(volume.tables + table * volume.table_size + 2 * cluster)
                file.write(b"\xff\xff")
    again = next(one for one in walk(image) if one.readable and one.place.address == lost.address)
    with contextlib.suppress(EvidenceError):
        list(again.chunks())
    assert "ends after 512 of" in (again.error or "")
    assert "are marked as in use and may be another file's by now" in (again.error or "")
