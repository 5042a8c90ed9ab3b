"""What is listed as a deleted file is not carved again: ext4 by debugfs and by the kernel, FAT, NTFS."""

from __future__ import annotations

import io
import os
import random
import subprocess
import tarfile
from functools import cache
from pathlib import Path

import pytest

from safelight.demo.ntfs_delete import delete_files
from safelight.evidence.carve import carve
from safelight.evidence.carving.recovered import Recovered
from safelight.evidence.ext import ExtReader
from safelight.evidence.fat import FatReader
from safelight.evidence.ntfs import NtfsReader
from safelight.evidence.protocol import Node, Reader
from safelight.evidence.source import BytesSource
from safelight.model import State
from tests.evidence import images
from tests.evidence.carving import made

WHOLE = images.jpeg(41, 640, 480)
CUT = images.jpeg(42, 640, 480)[:30_000]
TRAILED = images.jpeg(43, 640, 480) + random.Random(1).randbytes(5_000)


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("in.jpg")
        info.size = len(WHOLE)
        archive.addfile(info, io.BytesIO(WHOLE))
    return out.getvalue()


FILES = {
    "whole.jpg": WHOLE,
    "cut.jpg": CUT,
    "trailed.jpg": TRAILED,
    "a.tar": _tar(),
    "a.png": images.png(3),
    "a.mp4": images.mp4(6),
}


def _folder(name: str, files: dict[str, bytes]) -> Path:
    return images.written(images.folder() / name, files, 1_700_000_000)


def _debugfs(image: Path, lines: list[str]) -> None:
    images.run("debugfs", "-w", "-f", "-", image, data="\n".join(lines).encode())


@cache
def _ext() -> Path:
    image = images.blank("recovered-ext.img", 32)
    images.run("mkfs.ext4", "-q", "-F", "-d", _folder("recovered-tree", FILES), image)
    _debugfs(image, [f"rm {name}" for name in FILES])
    return image


@cache
def _in_pieces() -> Path:
    """The files in holes of 12 KiB between others, as debugfs lays them there."""
    noise = random.Random(2)
    fill = {f"f{number:03}": noise.randbytes(12_000) for number in range(200)}
    image = images.blank("recovered-pieces.img", 8)
    tree = _folder("recovered-fill", fill)
    images.run("mkfs.ext4", "-q", "-F", "-b", "1024", "-O", "^has_journal", "-d", tree, image)
    rest = _folder("recovered-rest", {"rest": noise.randbytes(3_500_000)} | FILES)
    _debugfs(image, [f"write {rest}/rest rest", *(f"rm f{number:03}" for number in range(1, 200, 2))])
    _debugfs(image, [f"write {rest}/{name} {name}" for name in FILES])
    _debugfs(image, [f"rm {name}" for name in FILES])
    return image


def _told(reader: Reader, image: Path) -> tuple[dict[str, bytes], list[Node]]:
    nodes = images.nodes(reader, image)
    deleted = {
        node.name.decode(): images.content(node)
        for node in nodes
        if node.state is State.DELETED and node.open
    }
    return deleted, [node for node in nodes if node.state is State.CARVED]


def _notes(carved: list[Node]) -> set[str]:
    return {node.note or f"{node.name!r} is told again" for node in carved}


OF_TRAILED = f"the same bytes are the first {len(TRAILED) - 5_000:,} of the deleted file trailed.jpg"
OF_TAR = "the same bytes lie in the deleted file a.tar, from its byte 512 on"


def test_deleted_files_of_ext4_are_told_once_and_what_lies_in_them_says_where() -> None:
    deleted, carved = _told(ExtReader(), _ext())
    assert deleted == FILES
    assert _notes(carved) == {OF_TRAILED, OF_TAR}
    assert images.content(next(node for node in carved if node.note == OF_TAR)) == WHOLE


def test_deleted_files_of_ext4_that_lie_in_pieces_are_told_once() -> None:
    deleted, carved = _told(ExtReader(), _in_pieces())
    assert {name: deleted[name] for name in FILES} == FILES
    (inner,) = carved
    assert (images.content(inner), inner.note) == (WHOLE, OF_TAR)
    assert (inner.error or "").startswith("put together from ")


def test_the_same_on_fat_whose_deleted_files_are_where_they_begin() -> None:
    image = images.blank("recovered-fat.img", 16)
    images.run("mkfs.fat", "-F", "16", "-s", "4", image)
    tree = _folder("recovered-fat-tree", FILES)
    for name in FILES:
        images.run("mcopy", "-i", image, tree / name, "::/")
        images.run("mcopy", "-i", image, tree / "cut.jpg", f"::/{name}.kept")
    for name in FILES:
        images.run("mdel", "-i", image, f"::/{name}")
    deleted, carved = _told(FatReader(), image)
    assert sorted(deleted.values()) == sorted(FILES.values())
    assert _notes(carved) == {OF_TRAILED.replace("trailed", "_railed"), OF_TAR.replace("a.tar", "_.tar")}


def test_the_same_on_ntfs() -> None:
    image = images.blank("recovered-ntfs.img", 16)
    images.run("mkntfs", "-F", "-Q", "-q", image)
    tree = _folder("recovered-ntfs-tree", FILES)
    for name in FILES:
        images.run("ntfscp", image, tree / name, name)
    delete_files(image, list(FILES))
    deleted, carved = _told(NtfsReader(), image)
    assert {name: data for name, data in deleted.items() if data} == FILES
    assert _notes(carved) == {OF_TRAILED, OF_TAR}


def _mounted(image: Path, folder: Path) -> bool:
    if os.geteuid() != 0:
        return False
    done = subprocess.run(["mount", "-o", "loop", image, folder], capture_output=True)
    return done.returncode == 0


def test_what_the_kernel_deleted_is_carved_once(tmp_path: Path) -> None:
    image = images.blank("recovered-kernel.img", 32)
    images.run("mkfs.ext4", "-q", "-F", image)
    if not _mounted(image, tmp_path):
        pytest.skip("mounting needs root and a loop device")
    try:
        for name, data in FILES.items():
            (tmp_path / name).write_bytes(data)
        os.sync()
        for name in FILES:
            (tmp_path / name).unlink()
    finally:
        subprocess.run(["umount", tmp_path], check=True)
    deleted, carved = _told(ExtReader(), image)
    assert deleted == {}
    found = [images.content(node) for node in carved if node.error is None]
    assert sorted(found) == sorted((WHOLE, WHOLE, TRAILED[:-5_000], FILES["a.png"], FILES["a.mp4"]))
    assert {node.note for node in carved} == {None}


# --- what a later file has left in the blocks of a deleted one --------------------------------------------


def test_a_later_file_in_the_blocks_of_a_deleted_one_is_carved_and_says_so() -> None:
    later = made.jpeg(7)
    old = Recovered()
    old.note(b"old.bin", 400_000, [(0, 400_000, 0)])
    (node,) = carve(BytesSource(later.ljust(400_000, b"\xa5")), [(0, 400_000)], old)
    assert images.content(node) == later
    assert node.note == f"the same bytes are the first {len(later):,} of the deleted file old.bin"


def test_a_file_of_which_others_have_taken_blocks_leaves_nothing_out() -> None:
    data = made.padded(made.jpeg(7))
    for is_whole, carved in ((True, 0), (False, 1)):
        old = Recovered()
        old.note(b"old.jpg", len(made.jpeg(7)), [(0, len(data), 0)], is_whole=is_whole)
        assert len(list(carve(BytesSource(data), [(0, len(data))], old))) == carved


def test_a_find_that_goes_on_behind_a_deleted_file_only_begins_in_it() -> None:
    data = made.padded(made.jpeg(7))
    old = Recovered()
    old.note(b"old.txt", 5_000, [(0, 8_192, 0)])
    (node,) = carve(BytesSource(data), [(0, len(data))], old)
    assert node.note == "begins in the deleted file old.txt, at its byte 0"


def test_holes_and_runs_in_disorder_are_no_harm() -> None:
    old = Recovered()
    old.note(b"holed", 20_000, [(8_192, 4_096, 12_288), (0, 4_096, 0)])
    assert (old.pieces(0), old.pieces(0, 5_000), old.pieces(0, 12_300)) == (
        [(0, 4_096)],
        [],
        [(8_204, 4_084)],
    )
    assert old.place([(0, 4_096)]) == "the same bytes are the first 4,096 of the deleted file holed"
    assert old.place([(0, 4_097)]) == "begins in the deleted file holed, at its byte 0"
    assert old.place([(8_200, 10)]) == "the same bytes lie in the deleted file holed, from its byte 12,296 on"
    assert old.place([(16_384, 1)]) is None


def test_a_hundred_thousand_files_that_claim_the_same_blocks_take_no_time() -> None:
    data = made.padded(made.jpeg(7))
    old = Recovered()
    for number in range(100_000):
        old.note(b"%d" % number, len(data), [(0, len(data), 0)])
    assert len(list(carve(BytesSource(data * 20), [(0, 20 * len(data))], old))) == 20


# --- files in each other's way ----------------------------------------------------------------------------


def test_small_blocks_do_not_shorten_the_way_around_other_files() -> None:
    split = images.png(3)
    between = b"".join(made.padded(made.jpeg(seed), 512) for seed in range(60, 70))
    assert len(between) > 1_024 * 512
    at = len(split) // 3 // 512 * 512
    data = split[:at] + between + made.padded(split[at:], 512)
    whole = [images.content(node) for node in carve(BytesSource(data), [(0, len(data))], unit=512)]
    assert split in whole
    assert len(whole) == 11


def test_a_bmp_that_another_one_interrupts_is_put_together_around_it() -> None:
    first, second = (made.saved(images.picture(seed, 200, 150), "BMP") for seed in (1, 2))
    at = 16 * made.BLOCK
    data = first[:at] + made.padded(second) + made.padded(first[at:])
    found = {images.content(node): node.error for node in carve(BytesSource(data), [(0, len(data))])}
    assert found.keys() == {first, second}
    assert found[second] is None
    assert (found[first] or "").startswith("unsure, as its content cannot be checked: put together")
