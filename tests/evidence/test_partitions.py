"""MBR and GPT: numbers as Linux gives them, damaged tables, chains that bite their tail."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence.gpt import GptReader
from safelight.evidence.hybrid import HybridReader
from safelight.evidence.mbr import MbrReader
from safelight.evidence.protocol import Kind, Limits, Node, Reader
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from safelight.model import State
from tests.evidence import images


def _walk(reader: Reader, disk: bytes) -> list[Node]:
    source = BytesSource(bytes(disk))
    assert reader.detect(source.data[:65536], source)
    return images.all_of(reader.walk(source, Limits()))


def _partitions(found: list[Node]) -> dict[str, tuple[int, int | None]]:
    return {n.name.decode(): (n.address["offset"] // 512, n.size) for n in found if n.layer == "partition"}


def test_primary_and_logical_partitions_have_the_numbers_linux_gives() -> None:
    disk = images.mbr(4096, [(0x83, 64, 100), (0x07, 200, 100)], [(401, 50), (501, 60), (601, 70)])
    found = _walk(MbrReader(), disk)
    assert _partitions(found) == {
        "p1": (64, 51_200),
        "p2": (200, 51_200),
        "p5": (401, 25_600),
        "p6": (501, 30_720),
        "p7": (601, 35_840),
    }
    assert not [node for node in found if node.kind is Kind.FINDING]


def test_the_partitions_are_those_of_sleuthkit(tmp_path: Path) -> None:
    image = tmp_path / "disk.img"
    image.write_bytes(images.mbr(4096, [(0x83, 64, 100)], [(401, 50), (501, 60)]))
    lines = images.run("mmls", "-a", image).decode().splitlines()
    rows = [line.split() for line in lines if "Linux" in line]
    theirs = [(int(row[2]), int(row[4]) * 512) for row in rows]
    assert list(_partitions(_walk(MbrReader(), image.read_bytes())).values()) == theirs


def test_an_empty_line_in_the_table_keeps_the_numbers_of_the_others() -> None:
    disk = images.mbr(1024, [(0x83, 64, 100), (0, 0, 0), (0x07, 200, 100)])
    assert list(_partitions(_walk(MbrReader(), disk))) == ["p1", "p3"]


def test_an_extended_partition_that_leads_to_itself_ends_in_a_finding() -> None:
    disk = images.mbr(4096, [], [(401, 50)])
    disk[400 * 512 + 462 : 400 * 512 + 478] = images.mbr_entry(0x05, 0, 100)
    disk[446:462] = images.mbr_entry(0x0F, 400, 3000)
    found = _walk(MbrReader(), bytes(disk))
    assert _partitions(found) == {"p5": (401, 25_600)}
    assert "never ends" in (found[0].error or "")


def test_a_partition_that_reaches_beyond_the_medium_is_cut_and_said() -> None:
    (node,) = [n for n in _walk(MbrReader(), images.mbr(1024, [(0x83, 64, 1 << 31)])) if n.name == b"p1"]
    assert node.size == (1024 - 64) * 512
    assert node.error is not None
    assert "claims" in node.error


def test_a_file_system_without_a_table_is_not_a_partition_table() -> None:
    for image in (images.fat(16), images.ntfs(), images.ext(), images.exfat(), images.iso()):
        head = image.read_bytes()
        source = BytesSource(head)
        assert not MbrReader().detect(head[:65536], source), image.name
        assert not GptReader().detect(head[:65536], source), image.name


@pytest.mark.parametrize("sector", [512, 4096])
def test_gpt_partitions_are_numbered_in_the_order_of_the_table(sector: int) -> None:
    found = _walk(GptReader(), images.gpt(2048, [(100, 50), (200, 60)], sector))
    offsets = {node.name: (node.address["offset"], node.size) for node in found if node.layer == "partition"}
    assert offsets == {b"p1": (100 * sector, 50 * sector), b"p2": (200 * sector, 60 * sector)}
    assert not [node for node in found if node.kind is Kind.FINDING]


def test_the_backup_takes_the_place_of_a_damaged_table() -> None:
    disk = images.gpt(2048, [(100, 50)])
    disk[512 + 40 : 512 + 80] = bytes(40)
    found = _walk(GptReader(), disk)
    assert list(_partitions(found)) == ["p1"]
    assert "first GUID partition table" in (found[0].error or "")


def test_a_wiped_first_table_is_found_through_the_protective_entry() -> None:
    disk = images.gpt(2048, [(100, 50)])
    disk[512 : 34 * 512] = bytes(33 * 512)
    assert list(_partitions(_walk(GptReader(), disk))) == ["p1"]


def test_pictures_between_partitions_are_carved_those_inside_are_not() -> None:
    disk = images.gpt(2048, [(100, 50), (1000, 60)])
    disk[500 * 512 : 500 * 512 + len(images.jpeg(1))] = images.jpeg(1)
    disk[110 * 512 : 110 * 512 + len(images.jpeg(3, 64, 48))] = images.jpeg(3, 64, 48)
    carved = [node for node in _walk(GptReader(), disk) if node.state is State.CARVED]
    assert [(node.address, images.content(node)) for node in carved] == [
        ({"offset": 256_000}, images.jpeg(1))
    ]


def test_a_table_of_impossible_entries_is_an_evidence_error() -> None:
    disk = images.gpt(2048, [(100, 50)])
    for base in (512, 2047 * 512):
        struct.pack_into("<II", disk, base + 80, 1 << 30, 1 << 30)
    with pytest.raises(EvidenceError, match="no GUID partition table"):
        _walk(GptReader(), disk)


@settings(max_examples=150, deadline=None)
@given(st.integers(440, 1100), st.binary(min_size=1, max_size=64), st.booleans())
def test_any_damage_of_a_table_ends(offset: int, damage: bytes, guid: bool) -> None:
    disk = images.gpt(512, [(64, 32)]) if guid else images.mbr(512, [(0x83, 64, 32)], [(129, 16), (161, 16)])
    disk[offset : offset + len(damage)] = damage
    source = BytesSource(bytes(disk))
    for reader in (GptReader(), MbrReader()):
        try:
            if reader.detect(source.data[:65536], source):
                assert len(list(reader.walk(source, Limits(carve=False)))) < 1_000
        except EvidenceError:
            pass


def test_the_public_image_has_its_two_partitions(shared: Path) -> None:
    found = images.nodes(MbrReader(), shared / "evidence" / "tsk_volume_system.raw")
    assert _partitions(found) == {"p1": (1, 179_200), "p5": (352, 1_294_336)}


def _hybrid(table: str) -> bytes:
    """An ISO 9660 whose partition table has the ISO itself, and an ext4 file system behind it as number 2."""
    iso, ext = images.iso("-R").read_bytes(), images.ext().read_bytes()
    start = -(-len(iso) // (1 << 20)) * 2048 + 2048
    size = start + len(ext) // 512 + 2048
    lines = [(64, len(iso) // 512 - 64), (start, len(ext) // 512)]
    tables = {"gpt": (32_768, images.gpt(size, lines))}
    tables["mbr"] = (512, images.mbr(size, [(0x17, 0, len(iso) // 512), (0x83, *lines[1])]))
    head, disk = tables[table]
    disk[head : len(iso)] = iso[head:]
    disk[start * 512 : start * 512 + len(ext)] = ext
    behind = (start - 1024) * 512
    disk[behind : behind + len(images.jpeg(9))] = images.jpeg(9)
    return bytes(disk)


@pytest.mark.parametrize("table", ["mbr", "gpt"])
def test_partitions_behind_an_iso_are_read_beside_it(table: str, tmp_path: Path) -> None:
    (tmp_path / "stick.dd").write_bytes(_hybrid(table))
    files = {found.path: found for found in walk(tmp_path / "stick.dd") if found.kind is Kind.FILE}
    assert {"stick.dd//Pictures/one.jpg", "stick.dd//p2/Pictures/one.jpg"} <= files.keys()
    (carved,) = (one.place for one in files.values() if one.place.trail[1].startswith(b"carved/"))
    assert carved.size == len(images.jpeg(9))


def test_an_iso_that_ends_with_its_medium_is_no_hybrid() -> None:
    image = images.iso("-R").read_bytes()
    assert not HybridReader().detect(image[:65536], BytesSource(image))
