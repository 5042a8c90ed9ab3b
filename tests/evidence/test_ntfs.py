"""NTFS against what was put in, against sleuthkit, and in the states that deletion leaves behind."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from safelight.evidence import tsk
from safelight.evidence.ntfs import NtfsReader
from safelight.evidence.protocol import Kind, Limits, Node
from safelight.evidence.source import BytesSource, FileSource
from safelight.model import State
from tests.evidence import images

KEPT = {path: data for path, data in images.TREE.items() if path not in images.DELETED}
RECORD = 1024


def _record(image: Path, inode: int) -> int:
    """Where an MFT record lies in a fresh volume (its MFT is in one piece)."""
    with image.open("rb") as file:
        boot = file.read(64)
    cluster = struct.unpack_from("<H", boot, 11)[0] * boot[13]
    return int.from_bytes(boot[48:56], "little") * cluster + inode * RECORD


def _inode(image: Path, path: str) -> int:
    return int(images.fls(image)[path].split("-")[0])


def _patch(image: Path, offset: int, data: bytes) -> None:
    with image.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def _named(found: list[Node], name: str) -> Node:
    return next(node for node in found if node.name == name.encode())


def test_every_file_has_its_path_and_content() -> None:
    found = images.files(images.nodes(NtfsReader(), images.ntfs()))
    assert {path: found[path] for path in KEPT} == KEPT


def test_the_listing_and_the_digests_are_those_of_sleuthkit() -> None:
    found = images.nodes(NtfsReader(), images.ntfs())
    ours = {n.name.decode(): n for n in found if n.kind is Kind.FILE and n.state is State.ALLOCATED}
    listed = images.fls(images.ntfs())
    del listed["$BadClus:$Bad"]
    assert ours.keys() == listed.keys()
    for path, inode in listed.items():
        assert images.content(ours[path]) == images.run("icat", images.ntfs(), inode), path


def test_alternate_data_streams_are_files_of_their_own() -> None:
    found = images.nodes(NtfsReader(), images.ntfs())
    for name, data in images.NTFS_STREAMS.items():
        node = _named(found, name)
        assert (node.layer, images.content(node)) == ("stream", data)


def test_the_list_of_bad_clusters_is_not_read_as_a_volume_of_zeros() -> None:
    node = _named(images.nodes(NtfsReader(), images.ntfs()), "$BadClus:$Bad")
    assert (node.kind, node.open, node.error) == (Kind.SPECIAL, None, None)


def test_times_are_utc_from_the_standard_information() -> None:
    times = _named(images.nodes(NtfsReader(), images.ntfs()), "small.txt").times
    assert times.created is not None
    assert (times.created.source, times.created.zone) == ("ntfs:$STANDARD_INFORMATION", "utc")


def test_files_deleted_by_windows_are_read() -> None:
    found = images.nodes(NtfsReader(), images.ntfs())
    for path in images.DELETED:
        node = _named(found, path)
        assert (node.state, images.content(node)) == (State.DELETED, images.TREE[path])


@pytest.mark.parametrize("step", [0, 1])
def test_a_cleared_flag_with_the_index_entry_kept_is_a_deleted_file(step: int) -> None:
    """Whether the sequence number of the record has moved on or not."""
    image = images.edit(images.ntfs_whole(), f"flag{step}.img")
    record = _record(image, _inode(image, "Pictures/gone.jpg"))
    with image.open("rb") as file:
        file.seek(record + 16)
        sequence = int.from_bytes(file.read(2), "little")
    _patch(image, record + 16, struct.pack("<H", sequence + step))
    _patch(image, record + 22, b"\0\0")
    node = _named(images.nodes(NtfsReader(), image), "Pictures/gone.jpg")
    assert (node.state, images.content(node)) == (State.DELETED, images.TREE["Pictures/gone.jpg"])


def test_a_record_that_no_name_leads_to_is_an_orphan() -> None:
    image = images.edit(images.ntfs_whole(), "orphan.img")
    inode = _inode(image, "Pictures/lost.jpg")
    with image.open("rb") as file:
        file.seek(_record(image, inode))
        record = bytearray(file.read(RECORD))
    struct.pack_into("<H", record, 22, 0)
    record[44:48] = (20).to_bytes(4, "little")
    name_at = record.index("lost.jpg".encode("utf-16-le")) - 66
    record[name_at : name_at + 8] = (19).to_bytes(6, "little") + b"\x63\0"  # a parent that never was
    _patch(image, _record(image, 20), bytes(record))
    found = images.nodes(NtfsReader(), image)
    orphan = next(n for n in found if n.address.get("inode") == 20)
    assert orphan.state is State.DELETED
    assert orphan.name.startswith(b"$OrphanFiles/")
    assert images.content(orphan) == images.TREE["Pictures/lost.jpg"]
    assert orphan.error is not None  # the other record still has its clusters
    assert "in use" in orphan.error


def test_a_deleted_name_whose_record_has_a_new_owner_has_no_content() -> None:
    """The entry in the index's slack leads to a record in use with a later sequence number."""
    image = images.edit(images.ntfs_whole(), "reused.img")
    record = _record(image, _inode(image, "Pictures/gone.jpg"))
    _patch(image, record + 16, struct.pack("<H", 9))
    node = _named(images.nodes(NtfsReader(), image), "Pictures/gone.jpg")
    assert node.open is None
    assert node.error


def test_clusters_that_are_in_use_again_are_said() -> None:
    image = images.edit(images.ntfs(), "again.img")
    inode = _named(images.nodes(NtfsReader(), image), "Pictures/gone.jpg").address["inode"]
    byte, bit = divmod(_first_run(image, inode), 8)
    where = _first_run(image, 6) * 4096 + byte  # $Bitmap
    _patch(image, where, bytes([image.read_bytes()[where] | 1 << bit]))
    node = _named(images.nodes(NtfsReader(), image), "Pictures/gone.jpg")
    assert node.open is not None
    assert node.error is not None
    assert node.error.startswith("4,096 of its")


def _first_run(image: Path, inode: int) -> int:
    """The first cluster of a file's content."""
    source = FileSource(image)
    file = tsk.open_file_system(source, tsk.NTFS).open_meta(inode=inode)
    runs = [run.addr for attribute in file if int(attribute.info.type) == 128 for run in attribute]
    source.close()
    return int(runs[0])


def test_carving_finds_what_no_record_leads_to() -> None:
    image = images.edit(images.ntfs(), "wiped.img")
    found = images.nodes(NtfsReader(), image)
    for path in images.DELETED:
        _patch(image, _record(image, _named(found, path).address["inode"]), bytes(RECORD))
    carved = {images.content(n) for n in images.nodes(NtfsReader(), image) if n.state is State.CARVED}
    assert carved == {images.TREE[path] for path in images.DELETED}


def test_nothing_is_carved_when_it_is_not_wanted() -> None:
    assert not [
        n for n in images.nodes(NtfsReader(), images.ntfs(), Limits(carve=False)) if n.state is State.CARVED
    ]


def test_compressed_files_are_read() -> None:
    image = images.blank("compressed.img", 16)
    images.run("mkntfs", "-F", "-Q", "-q", "-C", image)
    plain = images.folder() / "plain"
    plain.write_bytes(b"the same line again and again\n" * 20_000)
    images.run("ntfscp", image, plain, "plain.txt")
    assert images.files(images.nodes(NtfsReader(), image))["plain.txt"] == plain.read_bytes()


def test_the_boot_file_is_not_taken_for_a_volume() -> None:
    boot = images.files(images.nodes(NtfsReader(), images.ntfs()))["$Boot"]
    assert not NtfsReader().detect(boot, BytesSource(boot))


def test_a_shadow_copy_is_read_as_a_file_and_said_to_hold_more() -> None:
    service = "{3808876b-c176-4e48-b7ae-04046e6cc752}"
    store = f"System Volume Information/{{600f0b69-5bdf-11e3-9d6c-005056c00008}}{service}"
    root = images.folder() / "shadowed"
    for path in (store, f"System Volume Information/{service}"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"older blocks")
    image, wim = images.blank("shadowed.img", 16), images.folder() / "shadowed.wim"
    config = images.folder() / "everything.ini"
    config.write_text("[ExclusionList]\n")
    images.run("mkntfs", "-F", "-Q", "-q", image)
    images.run("wimlib-imagex", "capture", root, wim, "--compress=none", f"--config={config}")
    images.run("wimlib-imagex", "apply", wim, "1", image)
    found = images.nodes(NtfsReader(), image)
    said = [(node.name.decode(), node.error) for node in found if node.kind is Kind.FINDING]
    assert [name for name, _ in said] == [store] and "shadow copy" in (said[0][1] or "")
    assert images.content(_named(found, store)) == b"older blocks"
