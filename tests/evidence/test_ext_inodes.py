"""What is taken from ext's inode tables at once is what The Sleuth Kit tells of each inode, whatever they hold."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence import ext, ext_inodes
from safelight.evidence.ext import ExtReader
from safelight.evidence.ext_inodes import Inodes
from safelight.evidence.protocol import Kind, Limits, Node
from safelight.evidence.source import BytesSource, FileSource
from safelight.evidence.tsk import TskFile, TskRun
from tests.evidence import images

LIMITS = Limits(carve=False)
MOST = 1 << 20


@cache
def image(version: int = 4) -> bytes:
    return images.ext(version).read_bytes()


def listing(data: bytes) -> list[tuple[object, ...]]:
    """All that is told of each entry, and the first megabyte of its content or why it cannot be read."""
    found: list[tuple[object, ...]] = []
    for node in ExtReader().walk(BytesSource(data), LIMITS):
        told: bytes | str | None = None
        if node.open is not None:
            try:
                told = node.open().read_at(0, MOST)
            except EvidenceError as error:
                told = str(error)
        found.append((node.name, node.kind, node.state, node.size, node.times, node.error, node.target, told))
    return found


def one_at_a_time(data: bytes) -> list[tuple[object, ...]]:
    """The same where TSK is asked for every time and every byte."""
    with patch.object(ext_inodes, "_agree", lambda _page, _meta: False):
        return listing(data)


def files(data: bytes) -> list[Node]:
    return [node for node in ExtReader().walk(BytesSource(data), LIMITS) if node.open is not None]


@pytest.mark.parametrize("version", [2, 3, 4])
def test_the_listing_is_the_one_of_tsk_asked_inode_by_inode(version: int) -> None:
    assert listing(image(version)) == one_at_a_time(image(version))


def test_nearly_all_files_of_ext4_are_read_from_where_they_lie() -> None:
    opened = [node.open() for node in files(image()) if node.open is not None and node.size]
    assert sum(isinstance(content, TskRun) for content in opened) > len(opened) // 2
    assert any(isinstance(content, TskFile) for content in opened)  # the sparse one


def test_the_listing_does_not_depend_on_how_many_pages_are_kept() -> None:
    with patch.object(ext_inodes, "_KEPT", 1), patch.object(ext_inodes, "_PAGE", 10):
        assert listing(image()) == one_at_a_time(image())


@settings(max_examples=30, deadline=timedelta(seconds=10))
@given(
    st.lists(
        st.tuples(st.integers(11, 60), st.integers(0, 159), st.integers(0, 255)), min_size=1, max_size=12
    )
)
def test_whatever_an_inode_holds_tsk_says_the_same(changes: list[tuple[int, int, int]]) -> None:
    data = bytearray(image())
    tables = ext._inode_tables(BytesSource(bytes(data)))
    for inode, at, value in changes:
        data[tables.start(0) + (inode - 1) * tables.inode_size + at] = value
    assert listing(bytes(data)) == one_at_a_time(bytes(data))


@settings(max_examples=30, deadline=timedelta(seconds=10))
@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 255)), min_size=1, max_size=4))
def test_whatever_the_groups_are_said_to_be_tsk_says_the_same(changes: list[tuple[int, int]]) -> None:
    data = bytearray(image())
    block_size = ext.superblock(BytesSource(bytes(data))).block_size
    for at, value in changes:
        data[max(2048, block_size) + at] = value
    assert listing(bytes(data)) == one_at_a_time(bytes(data))


class Failing(BytesSource):
    """A medium that fails, from some moment on, where less than `least` bytes are asked for."""

    __slots__ = ("least",)

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.least = 0

    def read_at(self, offset: int, length: int) -> bytes:
        if length < self.least:
            raise EvidenceError(f"cannot be read at offset {offset:,}: Input/output error")
        return super().read_at(offset, length)


def test_what_cannot_be_read_in_one_piece_is_read_by_tsk() -> None:
    source = Failing(image())
    found = [node for node in ExtReader().walk(source, LIMITS) if node.name == b"Pictures/one.jpg"]
    source.least = 1 << 16
    assert [images.content(node) for node in found] == [images.TREE["Pictures/one.jpg"]]


def test_what_cannot_be_read_at_all_is_said_as_tsk_says_it() -> None:
    source = Failing(image())
    opened = [node.open() for node in ExtReader().walk(source, LIMITS) if node.open is not None]
    source.least = 1 << 30
    said = set()
    for content in opened:
        try:
            content.read_at(0, MOST)  # TSK keeps the last 2 MiB it has read
        except EvidenceError as error:
            said.add((type(content), str(error).partition("image")[0]))
    assert said == {
        (TskRun, "cannot be read at offset 0: the "),
        (TskFile, "cannot be read at offset 0: the "),
    }


def test_a_file_that_was_closed_is_not_read() -> None:
    content = next(opened for node in files(image()) if isinstance(opened := node.open(), TskRun))  # type: ignore[misc]
    content.close()
    with pytest.raises(EvidenceError, match="closed"):
        content.read_at(0, 1)


def test_a_file_knows_its_siblings() -> None:
    node = next(node for node in files(image()) if node.name == b"Pictures/one.jpg")
    assert node.open is not None
    content = node.open()
    assert isinstance(content, TskRun)
    assert content.name == "one.jpg"
    beside = content.sibling("one.jpg")
    assert beside is not None
    assert beside.read_at(0, MOST) == content.read_at(0, MOST) == images.TREE["Pictures/one.jpg"]
    assert content.sibling("none.jpg") is None


def test_what_lies_behind_the_end_of_the_volume_is_left_to_tsk() -> None:
    data = image()
    cut = data[: len(data) // 3]
    assert listing(cut) == one_at_a_time(cut)
    assert any(node.kind is Kind.FINDING for node in ExtReader().walk(BytesSource(cut), LIMITS))


def test_a_table_that_cannot_be_read_leaves_no_times() -> None:
    def tables() -> ext_inodes.Tables:
        raise EvidenceError("gone")

    source = FileSource(images.ext())
    inodes = Inodes(source, tables)
    with patch.object(ext, "Inodes", lambda _source, _tables: inodes):
        node = next(node for node in ExtReader().walk(source, LIMITS) if node.name == b"small.txt")
    assert node.times.modified is None
    assert node.open is not None
    assert node.open().read_at(0, MOST) == images.TREE["small.txt"]
    source.close()
