"""Names that only the index of an NTFS folder still holds: taken out of it as Windows does, on a volume of mkntfs."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.evidence import ntfs_index
from safelight.evidence.ntfs import NtfsReader
from safelight.evidence.protocol import Kind, Limits, Node
from safelight.model import State
from tests.evidence import images

LIMITS = Limits(carve=False)
COUNT = 60


def name_of(number: int, extension: str = "jpg") -> str:
    return f"a rather long name of a picture {number:03}.{extension}"


@cache
def volume() -> bytes:
    """A folder whose names fill several blocks of its index."""
    folder = images.folder() / "index"
    (folder / "tree" / "pics").mkdir(parents=True)
    for number in range(COUNT):
        (folder / "tree" / "pics" / name_of(number)).write_bytes(b"x" * (2_000 + number))
        (folder / "tree" / "pics" / name_of(number, "log")).write_bytes(b"y")
    image = folder / "n.img"
    with image.open("wb") as file:
        file.truncate(8 << 20)
    images.run("mkntfs", "-q", "-F", image)
    images.run("wimlib-imagex", "capture", folder / "tree", folder / "t.wim", "--no-acls")
    images.run("wimlib-imagex", "apply", folder / "t.wim", image)
    return image.read_bytes()


def blocks(data: bytes | bytearray) -> list[tuple[int, list[int]]]:
    """Offset of each block of an index, and of each of its entries, the last one (an end mark) included."""
    found = []
    at = data.find(b"INDX")
    while at >= 0:
        start, used = struct.unpack_from("<II", data, at + 24)
        entry, entries = at + 24 + start, []
        while entry < at + 24 + used:
            entries.append(entry)
            length, _, flags = struct.unpack_from("<HHH", data, entry + 8)
            if flags & 2 or not length:
                break
            entry += length
        found.append((at, entries))
        at = data.find(b"INDX", at + 4)
    return found


def entry_name(data: bytes | bytearray, entry: int) -> str:
    return bytes(data[entry + 82 : entry + 82 + 2 * data[entry + 80]]).decode("utf-16-le", "replace")


def record_of(data: bytes | bytearray, entry: int) -> int:
    start = struct.unpack_from("<Q", data, 0x30)[0] * data[13] * 512
    return int(start + 1024 * int.from_bytes(data[entry : entry + 6], "little"))


def with_names_left() -> tuple[bytes, set[str]]:
    """The last three entries of each block are taken out, and their records given to files of other names."""
    data = bytearray(volume())
    gone = set()
    for block, entries in blocks(data):
        taken = [one for one in entries[-4:-1] if "long name" in entry_name(data, one)]
        if len(taken) < 3 or len(entries) < 8:
            continue
        for entry in taken:
            name, record = entry_name(data, entry), record_of(data, entry)
            gone.add(name)
            if name.endswith(".jpg"):  # as Windows notes it sooner or later; ntfs-3g's library does not
                struct.pack_into("<Q", data, entry + 16 + 48, 2_000 + int(name[-7:-4]))
            at = data.find(name.encode("utf-16-le"), record, record + 1024)
            data[at : at + 2] = b"z\0"
            struct.pack_into("<H", data, record + 16, struct.unpack_from("<H", data, record + 16)[0] + 1)
        mark, first = entries[-1], taken[0]
        data[first : first + 16] = data[mark : mark + 16]
        struct.pack_into(
            "<I", data, block + 28, first + struct.unpack_from("<H", data, mark + 8)[0] - block - 24
        )
    assert len(gone) > 8
    return bytes(data), gone


def walked(data: bytes, folder: Path) -> list[Node]:
    (folder / "n.img").write_bytes(data)
    return images.nodes(NtfsReader(), folder / "n.img", LIMITS)


def left(found: list[Node]) -> dict[str, Node]:
    return {
        one.name.decode().removeprefix("pics/"): one
        for one in found
        if one.error is not None and one.error.startswith("deleted, renamed")
    }


def test_names_that_only_the_index_holds_are_listed_with_times_and_size(tmp_path: Path) -> None:
    data, gone = with_names_left()
    found = left(walked(data, tmp_path))
    assert set(found) == {name for name in gone if name.endswith(".jpg")}
    for name, node in found.items():
        assert (node.state, node.kind, node.open) == (State.DELETED, Kind.FILE, None)
        assert node.times.modified is not None and node.times.modified.source == "ntfs:$FILE_NAME"
        assert node.size == 2_000 + int(name[-7:-4])


def test_sleuthkit_does_not_list_them(tmp_path: Path) -> None:
    data, gone = with_names_left()
    (tmp_path / "n.img").write_bytes(data)
    listed = images.run("fls", "-r", "-p", tmp_path / "n.img").decode()
    assert not any(name in listed for name in gone)


def test_an_index_that_holds_nothing_else_gives_no_name(tmp_path: Path) -> None:
    assert not left(walked(volume(), tmp_path))


def test_the_names_of_a_free_block_are_all_left() -> None:
    made, in_use = ntfs_index._restored(INDEX, b"\1")
    _, free = ntfs_index._restored(INDEX, b"\0")
    names = {name for _, name in ntfs_index._entries(made, free, NUMBER)}
    assert len(names) > 8
    assert {name for _, name in ntfs_index._entries(made, in_use, NUMBER)} < names


def test_more_names_than_are_listed_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ntfs_index, "_MOST_NAMES", 2)
    found = walked(with_names_left()[0], tmp_path)
    assert len(left(found)) == 2
    (said,) = [one.error for one in found if one.kind is Kind.FINDING]
    assert said == "more than 2 names are left in the folder's index: those behind are not listed"


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_no_bytes_make_it_fail(data: st.DataObject) -> None:
    index = bytearray(INDEX)
    for _ in range(data.draw(st.integers(1, 12))):
        index[data.draw(st.integers(0, len(index) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(index[: data.draw(st.integers(0, len(index)))])
    made, parts = ntfs_index._restored(cut, data.draw(st.sampled_from([b"", b"\0", b"\xff"])))
    assert len(made) == len(cut)
    for at, name in ntfs_index._entries(made, parts, NUMBER):
        assert ntfs_index._node(made, at, name).name == name


def _index() -> tuple[bytes, bytes]:
    data = volume()
    block, entries = next(one for one in blocks(data) if "long name" in entry_name(data, one[1][0]))
    return data[block : block + 4096], data[entries[0] + 16 : entries[0] + 24]


INDEX, NUMBER = _index()
