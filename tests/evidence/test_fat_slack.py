"""What stands behind the end of a FAT or exFAT folder is told as deleted, and read; the folder's own files are not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from safelight.evidence.fat import FatReader
from safelight.evidence.protocol import Kind, Node
from safelight.model import State
from tests.evidence import images

NAMES = [f"a long name {number}.jpg" for number in range(24)]
BEHIND = "stands behind the mark that ends its folder"


@cache
def _made(bits: int) -> Path:
    """mtools's FAT with a folder of 24 files, which goes on in another cluster, and a folder with a file among them."""
    image = images.blank(f"end-{bits}.img", {12: 4, 16: 16, 32: 40}[bits])
    images.run("mkfs.fat", "-F", str(bits), *(["-s", "1"] if bits != 12 else []), image)
    tree = images.written(
        images.folder() / f"end-{bits}", {name: name.encode() * 100 for name in NAMES}, 1_700_000_000
    )
    images.run("mmd", "-i", image, "::/D")
    for name in NAMES[:20]:
        images.run("mcopy", "-i", image, tree / name, "::/D/")
    images.run("mmd", "-i", image, "::/D/in between")
    images.run("mcopy", "-i", image, tree / NAMES[0], "::/D/in between/")
    for name in NAMES[20:]:
        images.run("mcopy", "-i", image, tree / name, "::/D/")
    images.run("mdel", "-i", image, f"::/D/{NAMES[23]}")
    return image


def _ended(bits: int, name: bytes) -> Path:
    """The same with zeros, which are the end, in the place of the entries of this short name."""
    image = images.edit(_made(bits), f"end-{bits}-{name.decode().strip()}.img")
    data = bytearray(image.read_bytes())
    last = data.index(name)
    at = last
    while data[at - 32 + 11] == 0x0F:  # the parts of its long name
        at -= 32
    data[at : last + 32] = bytes(last + 32 - at)
    image.write_bytes(data)
    return image


def _told(image: Path) -> dict[str, Node]:
    found = images.nodes(FatReader(), image)
    return {n.name.decode(): n for n in found if n.name.startswith(b"D/") and n.state is not State.CARVED}


@pytest.mark.parametrize("bits", [12, 16, 32])
def test_a_folder_that_is_as_it_was_made_has_nothing_behind_its_end(bits: int) -> None:
    states = {name: node.state for name, node in _told(_made(bits)).items()}
    assert [name for name, state in states.items() if state is State.DELETED] == [f"D/{NAMES[23]}"]


@pytest.mark.parametrize("bits", [12, 16, 32])
def test_files_behind_the_end_are_told_as_deleted_and_read(bits: int) -> None:
    found = _told(_ended(bits, b"ALONGN~5JPG"))
    assert f"D/{NAMES[4]}" not in found
    for number, name in enumerate(NAMES[:23]):
        if number == 4:
            continue
        node = found[f"D/{name}"]
        is_behind = number > 4
        assert (node.state is State.DELETED) is is_behind, name
        assert ((node.error or "").startswith(BEHIND)) is is_behind
        assert images.content(node) == name.encode() * 100
    assert BEHIND not in (found[f"D/{NAMES[23]}"].error or "")  # it is deleted anyway


def test_what_lies_in_a_folder_behind_the_end_is_listed_too() -> None:
    found = _told(_ended(16, b"ALONG~15JPG"))
    folder, inner = found["D/in between"], found[f"D/in between/{NAMES[0]}"]
    assert (folder.kind, folder.state, folder.error) == (Kind.FOLDER, State.DELETED, None)
    assert (folder.note or "").startswith(BEHIND)
    assert inner.state is State.DELETED
    assert "may be another file's by now" in (inner.error or "")
    assert images.content(inner) == NAMES[0].encode() * 100


def test_entries_of_exfat_behind_the_end_are_told_as_deleted() -> None:
    image = images.edit(images.exfat(), "end-exfat.img")
    plain = {node.name: node.state for node in images.nodes(FatReader(), image) if node.kind is Kind.FILE}
    assert plain[b"kept.jpg"] is State.ALLOCATED
    data = bytearray(image.read_bytes())
    at = data.index("kept.jpg".encode("utf-16-le")) - 2 - 64  # the entry of the file; those of name follow
    data[at - 32] = 0  # before it stands one of the volume's own
    image.write_bytes(data)
    (node,) = [one for one in images.nodes(FatReader(), image) if one.name == b"kept.jpg"]
    assert node.state is State.DELETED
    assert (node.error or "").startswith(BEHIND)
    assert images.content(node) == images.jpeg(1)


@pytest.mark.parametrize("bits", [12, 16])
def test_the_root_of_a_small_fat_has_an_end_too(bits: int) -> None:
    image = images.blank(f"end-root-{bits}.img", 4 if bits == 12 else 16)
    images.run("mkfs.fat", "-F", str(bits), image)
    tree = images.written(images.folder() / f"end-root-{bits}", {"A.TXT": b"a", "B.TXT": b"b"}, 1_700_000_000)
    for name in ("A.TXT", "B.TXT"):
        images.run("mcopy", "-i", image, tree / name, "::/")
    data = bytearray(image.read_bytes())
    data[data.index(b"A       TXT")] = 0
    image.write_bytes(data)
    found = {node.name: node for node in images.nodes(FatReader(), image)}
    assert b"A.TXT" not in found
    assert (found[b"B.TXT"].state, images.content(found[b"B.TXT"])) == (State.DELETED, b"b")
