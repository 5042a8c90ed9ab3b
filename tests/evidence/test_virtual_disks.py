"""qcow2, VMDK, VHD, VHDX, VDI, Parallels and DMG: the medium is the one that qemu-img was given."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence.dmg import DmgReader
from safelight.evidence.parallels import ParallelsReader
from safelight.evidence.protocol import Kind, Limits, Node, Reader
from safelight.evidence.qcow2 import Qcow2Reader
from safelight.evidence.source import BytesSource, FileSource
from safelight.evidence.vdi import VdiReader
from safelight.evidence.vhd import VhdReader
from safelight.evidence.vhdx import VhdxReader
from safelight.evidence.vmdk import VmdkReader
from safelight.evidence.walk import walk
from tests.evidence import images

CASES: list[tuple[Reader, str, str, bool]] = [
    (Qcow2Reader(), "qcow2", "", False),
    (Qcow2Reader(), "qcow2", "", True),
    (Qcow2Reader(), "qcow2", "compression_type=zstd", True),
    (Qcow2Reader(), "qcow2", "compat=0.10,cluster_size=4096", True),
    (VmdkReader(), "vmdk", "subformat=monolithicSparse", False),
    (VmdkReader(), "vmdk", "subformat=streamOptimized", False),
    (VmdkReader(), "vmdk", "subformat=monolithicFlat", False),
    (VmdkReader(), "vmdk", "subformat=twoGbMaxExtentSparse", False),
    (VmdkReader(), "vmdk", "subformat=twoGbMaxExtentFlat", False),
    (VhdReader(), "vpc", "subformat=dynamic,force_size", False),
    (VhdReader(), "vpc", "subformat=fixed,force_size", False),
    (VhdxReader(), "vhdx", "", False),
    (VdiReader(), "vdi", "", False),
    (ParallelsReader(), "parallels", "", False),
]


def _medium(found: list[Node]) -> Node:
    (node,) = (node for node in found if node.kind is Kind.LAYER)
    assert (node.name, node.layer) == (b"", "medium")
    return node


@pytest.mark.parametrize(("reader", "format", "options", "compressed"), CASES)
def test_the_medium_is_the_one_that_was_converted(
    reader: Reader, format: str, options: str, compressed: bool
) -> None:
    found = images.nodes(reader, images.converted(format, options, compressed))
    assert images.content(_medium(found)) == images.ext().read_bytes()
    assert len(found) == 1


@pytest.mark.parametrize(("reader", "format", "options", "compressed"), CASES)
def test_an_image_cut_short_is_an_evidence_error_or_a_shorter_medium(
    reader: Reader, format: str, options: str, compressed: bool
) -> None:
    whole = images.converted(format, options, compressed).read_bytes()
    for share in (0.0001, 0.3, 0.9):
        source = BytesSource(whole[: int(len(whole) * share)])
        try:
            for node in reader.walk(source, Limits()):
                if node.open is not None:
                    images.content(node)
        except EvidenceError:
            pass


def test_a_qcow2_reads_what_it_lacks_from_its_backing_file() -> None:
    below = images.converted("qcow2")
    above = images.folder() / "above.qcow2"
    images.run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", below.name, above)
    found = images.nodes(Qcow2Reader(), above)
    assert images.content(_medium(found)) == images.ext().read_bytes()
    assert len(found) == 1


def test_a_qcow2_without_its_backing_file_says_so() -> None:
    alone = images.folder() / "alone"
    alone.mkdir(exist_ok=True)
    image = alone / "above.qcow2"
    images.run("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", "gone.raw", image, "1M")
    found = images.nodes(Qcow2Reader(), image)
    assert found[0].kind is Kind.FINDING
    assert images.content(_medium(found)) == bytes(1 << 20)


def test_an_encrypted_qcow2_says_so() -> None:
    image = bytearray(images.converted("qcow2").read_bytes())
    struct.pack_into(">I", image, 32, 2)
    with pytest.raises(EvidenceError, match="encrypted"):
        list(Qcow2Reader().walk(BytesSource(bytes(image)), Limits()))


def test_a_qcow2_that_claims_more_than_its_tables_hold_is_refused() -> None:
    image = bytearray(images.converted("qcow2").read_bytes())
    struct.pack_into(">Q", image, 24, 1 << 60)
    with pytest.raises(EvidenceError, match="claims"):
        list(Qcow2Reader().walk(BytesSource(bytes(image)), Limits()))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 600),
    st.binary(min_size=1, max_size=16),
    st.sampled_from(["qcow2", "vdi", "parallels", "vpc"]),
)
def test_any_damage_of_a_header_ends_in_bytes_or_an_evidence_error(
    offset: int, damage: bytes, format: str
) -> None:
    readers = {"qcow2": Qcow2Reader(), "vdi": VdiReader(), "parallels": ParallelsReader(), "vpc": VhdReader()}
    reader = readers[format]
    image = bytearray(images.converted(format).read_bytes())
    image[offset : offset + len(damage)] = damage
    try:
        for node in reader.walk(BytesSource(bytes(image)), Limits()):
            if node.open is not None:
                opened = node.open()
                opened.read_at(0, 1 << 20)
                opened.read_at(opened.size - 4096, 4096)
                opened.close()
    except EvidenceError:
        pass


def test_an_extent_that_is_not_beside_the_descriptor_is_named() -> None:
    image = images.converted("vmdk", "subformat=monolithicFlat")
    with pytest.raises(EvidenceError, match="is not beside it"):
        list(VmdkReader().walk(BytesSource(image.read_bytes()), Limits()))


def test_an_image_that_a_parallels_descriptor_misses_is_named(tmp_path: Path) -> None:
    (tmp_path / "DiskDescriptor.xml").write_bytes(
        b"<?xml version='1.0'?>\n<Parallels_disk_image Version='1.0'><Image><File>x.0.hds</File></Image>"
        b"<Image><File>C:\\disks\\x.1.hds</File></Image></Parallels_disk_image>"
    )
    shutil.copyfile(images.converted("parallels"), tmp_path / "x.0.hds")
    found = list(walk(tmp_path))
    assert [one.error for one in found if one.kind is Kind.FINDING] == [
        "the disk image x.1.hds that it describes is not beside it"
    ]
    assert {"DiskDescriptor.xml", "x.0.hds", "x.0.hds//small.txt"} <= {one.path for one in found}


def test_files_of_other_kinds_are_not_taken_for_virtual_disks() -> None:
    for data in (b"", bytes(70_000), images.jpeg(1), images.ext().read_bytes()[:100_000]):
        source = BytesSource(data)
        for reader in (
            Qcow2Reader(),
            VmdkReader(),
            VhdReader(),
            VhdxReader(),
            VdiReader(),
            ParallelsReader(),
            DmgReader(),
        ):
            assert not reader.detect(data[:65536], source)


def test_the_public_images_hold_what_qemu_says(shared: Path) -> None:
    for reader, name in (
        (Qcow2Reader(), "ext2.qcow2"),
        (Qcow2Reader(), "windows_volume.qcow2"),
        (VmdkReader(), "ext2.vmdk"),
        (VhdReader(), "ext2.vhd"),
        (DmgReader(), "hfsplus_zlib.dmg"),
    ):
        image = shared / "evidence" / name
        plain = images.folder() / "plain.raw"
        images.run("qemu-img", "convert", "-O", "raw", image, plain)
        assert images.content(_medium(images.nodes(reader, image))) == plain.read_bytes(), name


def test_a_differential_vhd_is_read_with_its_parent_and_refused_without(shared: Path) -> None:
    evidence = shared / "evidence"
    whole = images.content(_medium(images.nodes(VhdReader(), evidence / "image-differential.vhd")))
    assert len(whole) == 104_448
    source = FileSource(evidence / "fat-differential.vhd")
    with pytest.raises(EvidenceError, match=r"fat-parent\.vhd"):
        list(VhdReader().walk(source, Limits()))
    source.close()


def _differential(parent: Path, sectors: dict[int, bytes]) -> bytes:
    """A differential VHD over a dynamic `parent`, with `sectors` of its first block written."""
    whole = bytearray(parent.read_bytes())
    footer = bytearray(whole[:512])
    footer[60:64] = (4).to_bytes(4, "big")
    identifier = bytes(footer[68:84])
    footer[68:84] = b"child".ljust(16, b"\0")
    header = bytearray(whole[512:1536])
    header[16:24] = (1536).to_bytes(8, "big")
    header[40:56] = identifier
    header[64:576] = f"C:\\vm\\{parent.name}".encode("utf-16-be").ljust(512, b"\0")
    blocks, size = struct.unpack_from(">II", header, 28)
    table = b"\xff" * 4 * blocks
    table += bytes(-len(table) % 512)
    first = (1536 + len(table)) // 512
    table = first.to_bytes(4, "big") + table[4:]
    bitmap = bytearray(-(-size // 512 // 8 // 512) * 512)
    content = bytearray(size)
    for sector, data in sectors.items():
        bitmap[sector // 8] |= 0x80 >> sector % 8
        content[sector * 512 : sector * 512 + 512] = data
    return bytes(footer + header) + table + bytes(bitmap) + bytes(content) + bytes(footer)


def test_a_differential_vhd_gives_its_own_sectors_and_its_parents_others() -> None:
    parent = images.converted("vpc", "subformat=dynamic,force_size")
    changes = {0: b"A" * 512, 1: b"B" * 512, 9: b"C" * 512, 4000: b"D" * 512}
    child = images.folder() / "child.vhd"
    child.write_bytes(_differential(parent, changes))
    expected = bytearray(images.ext().read_bytes())
    for sector, data in changes.items():
        expected[sector * 512 : sector * 512 + 512] = data
    assert images.content(_medium(images.nodes(VhdReader(), child))) == bytes(expected)


def test_a_parent_of_the_right_name_that_is_another_image_is_refused() -> None:
    parent = images.converted("vpc", "subformat=dynamic,force_size")
    alone = images.folder() / "other-parent"
    alone.mkdir(exist_ok=True)
    (alone / "child.vhd").write_bytes(_differential(parent, {0: bytes(512)}))
    other = bytearray(parent.read_bytes())
    other[-512 + 68] ^= 0xFF
    (alone / parent.name).write_bytes(other)
    source = FileSource(alone / "child.vhd")
    with pytest.raises(EvidenceError, match="is not the image"):
        list(VhdReader().walk(source, Limits()))
    source.close()


def test_a_qcow2_that_builds_on_itself_says_so() -> None:
    image = images.folder() / "itself" / "x.qcow2"
    image.parent.mkdir(exist_ok=True)
    images.run("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", "x.qcow2", image, "1M")
    with pytest.raises(EvidenceError, match="build on each other"):
        images.nodes(Qcow2Reader(), image)


@pytest.mark.parametrize("keep", [0x3100, 0x2000, 0x300])
def test_a_qcow2_whose_tables_are_cut_off_is_not_taken_for_blank(keep: int) -> None:
    whole = images.converted("qcow2", "cluster_size=4096", compressed=True).read_bytes()
    image = images.folder() / f"no-tables-{keep}.qcow2"
    image.write_bytes(whole[:keep])
    errors = [one.error for one in walk(image) if one.error]
    assert any("beyond its end" in error for error in errors)
