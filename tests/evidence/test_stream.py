"""Streams as sources: every position can be had again, nothing lies in clear on a disk, damage is said."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence import stream
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.protocol import Limits
from safelight.evidence.source import BytesSource, FileSource, SliceSource, SourceFile
from safelight.evidence.stream import StreamSource
from safelight.evidence.tape import SourceTape, StreamTape

DATA = random.Random(4).randbytes(3 << 20) + b"the end"


def pieces(data: bytes = DATA, size: int = 70_001) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep one mebibyte in memory, so that a small stream spills."""
    monkeypatch.setattr(stream, "IN_MEMORY", 1 << 20)


@pytest.mark.usefixtures("tiny")
def test_every_position_can_be_had_again_in_any_order() -> None:
    source = StreamSource(pieces(), len(DATA))
    order = random.Random(1)
    for _ in range(200):
        offset, length = order.randrange(len(DATA) + 10), order.randrange(1, 2 << 20)
        assert source.read_at(offset, length) == DATA[offset : offset + length]
    assert source.size == len(DATA)
    assert source.damage is None
    source.close()


@pytest.mark.usefixtures("tiny")
def test_what_is_spilled_is_not_in_clear() -> None:
    marked = b"a name that must not lie on a disk. " * 150_000
    source = StreamSource(pieces(marked), None)
    deleted = [fd for fd in Path("/proc/self/fd").iterdir() if is_deleted(fd)]
    spilled = [fd.read_bytes() for fd in deleted]
    assert sum(map(len, spilled)) > 3 << 20
    assert not any(b"a name that" in content for content in spilled)
    assert source.read_at(0, len(marked)) == marked
    source.close()


def is_deleted(fd: Path) -> bool:
    try:
        return str(fd.readlink()).endswith(" (deleted)")
    except OSError:
        return False


def test_a_stream_that_breaks_gives_what_came_before() -> None:
    def broken() -> Iterator[bytes]:
        yield b"whole"
        raise EOFError("the compressed data end early")

    source = StreamSource(broken(), 100)
    assert source.read_at(0, 100) == b"whole"
    assert source.size == 5
    assert source.damage == "the compressed data end early (after 5 bytes)"


def test_a_stated_size_that_is_wrong_is_said_and_mended() -> None:
    for stated in (3, 7):
        source = StreamSource(iter([b"whole"]), stated)
        assert source.read_at(0, 100) == b"whole"
        assert source.size == 5
        assert source.damage == f"has 5 bytes where {stated} are stated"


def test_a_disk_without_room_is_a_finding(tiny: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: StreamSource, piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StreamSource, "_spill", full)
    source = StreamSource(pieces(), None)
    assert source.size == 1 << 20
    assert source.read_at(0, 1 << 20) == DATA[: 1 << 20]
    assert source.damage is not None and "no room" in source.damage


@pytest.mark.parametrize(
    ("limits", "guard"),
    [
        (Limits(member_bytes=1 << 20), "member_bytes"),
        (Limits(total_bytes=1 << 20), "total_bytes"),
        (Limits(seconds=-1.0), "seconds"),
    ],
)
def test_a_guard_cuts_and_is_named(limits: Limits, guard: str) -> None:
    meter = Meter(limits, 100)
    source = StreamSource(meter.guarded(pieces(), lambda: 100), None)
    assert source.size < len(DATA)
    assert source.damage is not None and f"“{guard}”" in source.damage


def test_an_archive_counts_for_those_around_it() -> None:
    outer = Meter(Limits(members=3), 100)
    inner = Meter(Limits(members=3, meter=outer), 100)
    outer.entry()
    inner.entry()
    inner.entry()
    with pytest.raises(GuardError, match="members"):
        inner.entry()
    with pytest.raises(GuardError, match="members"):
        outer.entry()


@given(st.lists(st.integers(1, 4000), max_size=30), st.integers(1, 5000))
@settings(deadline=None)
def test_a_tape_gives_the_same_over_a_stream_and_over_a_source(steps: list[int], size: int) -> None:
    data = DATA[:30_000]
    streamed, sliced = StreamTape(pieces(data, size)), SourceTape(BytesSource(data))
    for number, step in enumerate(steps):
        if number % 3 == 0:
            assert streamed.take(step) == sliced.take(step)
        elif number % 3 == 1:
            one, other = streamed.content(step), sliced.content(step)
            assert one.read_at(0, step) == other.read_at(0, step)
            target = streamed.position
            sliced.move_to(target)
        else:
            streamed.move_to(streamed.position + step)
            sliced.move_to(min(sliced.position + step, len(data)))
        assert streamed.position == sliced.position


def test_a_file_is_opened_for_reading_only(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"evidence")
    os.utime(path, (1, 1))
    source = FileSource(path)
    flags = int(Path(f"/proc/self/fdinfo/{source._fd}").read_text().split("flags:\t")[1].split()[0], 8)
    assert flags & os.O_ACCMODE == os.O_RDONLY
    assert source.read_at(2, 100) == b"idence"
    assert source.read_at(-1, 5) == source.read_at(99, 5) == b""
    source.close()
    source.close()
    assert path.stat().st_atime == 1


def test_siblings_are_plain_files_of_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("in/a.001", "in/a.002", "secret"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "in" / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "in" / "pipe")
    source = FileSource(tmp_path / "in" / "a.001")
    assert source.name == "a.001"
    beside = source.sibling("a.002")
    assert beside is not None and beside.read_at(0, 99) == b"in/a.002"
    beside.close()
    for name in ("", ".", "..", "../secret", "link", "pipe", "not there", "a\0b", str(tmp_path / "secret")):
        assert source.sibling(name) is None
    source.close()


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "nothing", Path("/dev/zero")):
        with pytest.raises(EvidenceError):
            FileSource(path, device=True)


@given(
    st.integers(-3, 60), st.integers(-3, 60), st.lists(st.tuples(st.integers(-5, 60), st.integers(-1, 60)))
)
def test_a_slice_as_a_file_reads_like_bytes(start: int, size: int, reads: list[tuple[int, int]]) -> None:
    import io

    data = bytes(range(50))
    part = data[max(0, start) : max(0, start) + max(0, size)]
    file, like = SourceFile(SliceSource(BytesSource(data), start, size)), io.BytesIO(part)
    assert file.get_size() == len(part)
    for offset, length in reads:
        if offset >= 0:
            assert file.seek(offset) == like.seek(offset)
        buffer, other = bytearray(7), bytearray(7)
        assert file.readinto(buffer) == like.readinto(other)
        assert buffer == other
        assert file.read(length) == like.read(length)
        assert file.tell() == like.tell()
