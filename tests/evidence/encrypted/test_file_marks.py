"""Files that a file system marks as encrypted: read as they lie there, and said to be ciphertext."""

from __future__ import annotations

from pathlib import Path

from safelight.evidence import tsk
from safelight.evidence.ext import ExtReader
from safelight.evidence.ntfs import NtfsReader
from safelight.evidence.protocol import Kind, Limits, Node
from safelight.evidence.source import FileSource
from safelight.model import State
from tests.evidence import images
from tests.evidence.encrypted.made import needs, seen
from tests.evidence.images import folder, run

NO_CARVING = Limits(carve=False)


def named(found: list[Node], name: str) -> Node:
    return next(node for node in found if node.name == name.encode())


def marked(image: Path, path: str, stream: str = "") -> None:
    """Set the flag of encryption in a content's attribute, as Windows does (offset 12 of its header, bit 14)."""
    source = FileSource(image)
    fs = tsk.open_file_system(source, tsk.NTFS)
    inode = int(images.fls(image)[path].split("-")[0])
    source.close()
    data = bytearray(image.read_bytes())
    cluster = int.from_bytes(data[11:13], "little") * data[13]
    record = int.from_bytes(data[48:56], "little") * cluster + inode * 1024
    at = record + int.from_bytes(data[record + 20 : record + 22], "little")
    while data[at : at + 4] != b"\xff\xff\xff\xff":
        kind, length = (int.from_bytes(data[at + low : at + low + 4], "little") for low in (0, 4))
        start = at + int.from_bytes(data[at + 10 : at + 12], "little")
        name = data[start : start + 2 * data[at + 9]].decode("utf-16-le")
        if kind == 128 and name == stream:
            data[at + 13] |= 0x40
            image.write_bytes(data)
            return
        at += length
    raise AssertionError(f"{path} has no such content ({fs})")


@needs("mkntfs", "wimlib-imagex", "ntfscp", "fls")
def test_files_of_efs_are_read_as_they_lie_there_and_said_to_be_ciphertext() -> None:
    image = images.edit(images.ntfs_whole(), "efs.img")
    marked(image, "Pictures/one.jpg")
    marked(image, "small.txt:secret", "secret")
    found = images.nodes(NtfsReader(), image, NO_CARVING)
    for name in ("Pictures/one.jpg", "small.txt:secret"):
        node = named(found, name)
        assert "encrypted by Windows (EFS)" in (node.error or "") and node.open is not None
    assert images.content(named(found, "Pictures/one.jpg")) == images.TREE["Pictures/one.jpg"]
    assert named(found, "small.txt").error is None
    assert sum("EFS" in (node.error or "") for node in found) == 2


@needs("mkntfs", "wimlib-imagex", "ntfscp", "fls")
def test_a_deleted_file_of_efs_is_said_to_be_one_too() -> None:
    image = images.edit(images.ntfs_whole(), "efs-deleted.img")
    path = images.DELETED[0]
    marked(image, path)
    images.delete_files(image, [path])
    node = named(images.nodes(NtfsReader(), image, NO_CARVING), path)
    assert node.state is State.DELETED and "encrypted by Windows (EFS)" in (node.error or "")


@needs("mkfs.ext4", "debugfs")
def test_files_and_folders_of_fscrypt_are_said_to_be_ciphertext() -> None:
    image = folder() / "fscrypt.img"
    with image.open("wb") as file:
        file.truncate(24 << 20)
    run("mkfs.ext4", "-q", "-O", "encrypt", "-d", images.tree(), image)
    lines = "sif /Pictures i_flags 0x80800\nsif /Pictures/one.jpg i_flags 0x80800\n"
    run("debugfs", "-w", "-f", "-", image, data=lines.encode())
    found = images.nodes(ExtReader(), image, NO_CARVING)
    node, parent = named(found, "Pictures/one.jpg"), named(found, "Pictures")
    assert "encrypted by the file system (fscrypt)" in (node.error or "")
    assert images.content(node) == images.TREE["Pictures/one.jpg"]
    assert parent.kind is Kind.FOLDER and parent.error is None and "fscrypt" in (parent.note or "")
    assert sum("fscrypt" in f"{node.error}{node.note}" for node in found) == 2


@needs("mkfs.ext4", "debugfs")
def test_small_inodes_are_looked_at_too() -> None:
    image = folder() / "fscrypt-small.img"
    with image.open("wb") as file:
        file.truncate(24 << 20)
    run("mkfs.ext4", "-q", "-I", "128", "-d", images.tree(), image)
    run("debugfs", "-w", "-f", "-", image, data=b"sif /Pictures/one.jpg i_flags 0x80800\n")
    found = images.nodes(ExtReader(), image, NO_CARVING)
    assert [node.name for node in found if "fscrypt" in (node.error or "")] == [b"Pictures/one.jpg"]


@needs("mkfs.f2fs")
def test_f2fs_that_may_encrypt_is_named_so() -> None:
    image = folder() / "f2fs.img"
    for options, shown in ((("-O", "encrypt"), True), ((), False)):
        with image.open("wb") as file:
            file.truncate(64 << 20)
        run("mkfs.f2fs", "-q", "-f", *options, image)
        (said,) = seen(image).errors
        assert said.startswith("an F2FS file system") and ("fscrypt" in said) is shown
