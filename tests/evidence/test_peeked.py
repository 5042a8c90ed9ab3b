"""What readers see while they are asked: the bytes of the file itself, of which little is read twice."""

from __future__ import annotations

import random

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.peeked import TAIL, Peeked
from safelight.evidence.protocol import Source
from safelight.evidence.source import BytesSource

HEAD = 1 << 16


class Counted:
    """A file that notes what is read of it, cannot be read at some places, and may turn out shorter."""

    name = "counted.bin"

    def __init__(self, data: bytes, bad: range = range(0), claims: int | None = None) -> None:
        self.data, self.bad = data, bad
        self.size = len(data) if claims is None else claims
        self.reads: list[tuple[int, int]] = []

    def read_at(self, offset: int, length: int) -> bytes:
        self.reads.append((offset, length))
        if max(offset, self.bad.start) < min(offset + length, self.bad.stop):
            raise EvidenceError("a bad sector")
        if offset + length >= len(self.data):
            self.size = len(self.data)
        return self.data[offset : offset + length]

    def sibling(self, name: str) -> Source | None:
        return BytesSource(name.encode())

    def close(self) -> None:
        raise AssertionError("it is its owner's to close")


def peeked(file: Counted) -> Peeked:
    seen = Peeked(file, file.data[:HEAD])
    file.reads.clear()
    return seen


@pytest.mark.parametrize("size", [0, 1, 511, 4096, HEAD - 1, HEAD, HEAD + 1, HEAD + TAIL, 3 * HEAD + 17])
def test_every_read_gives_what_the_file_itself_gives(size: int) -> None:
    rng = random.Random(size)
    data = rng.randbytes(size)
    seen, whole = peeked(Counted(data)), BytesSource(data)
    places = [0, 1, HEAD - 1, HEAD, size - TAIL - 1, size - TAIL, size - 512, size - 1, size, size + 9, -1]
    for offset in places + [rng.randrange(size + 1) for _ in range(50)]:
        for length in (0, 1, 4, 512, TAIL, HEAD, size, -1):
            assert seen.read_at(offset, length) == whole.read_at(offset, length), (offset, length)


def test_of_a_small_file_nothing_is_read_again() -> None:
    file = Counted(bytes(range(256)) * 100)
    seen = peeked(file)
    assert seen.read_at(file.size - 4, 4) == b"\xfc\xfd\xfe\xff"
    assert file.reads == []


def test_the_end_of_a_large_file_is_read_once() -> None:
    file = Counted(random.Random(1).randbytes(5 * HEAD))
    seen = peeked(file)
    for length in (512, 22, TAIL, 1):
        assert seen.read_at(file.size - length, length) == file.data[-length:]
    assert file.reads == [(file.size - TAIL, TAIL)]


def test_a_bad_sector_before_the_end_does_not_spoil_the_end() -> None:
    data = random.Random(2).randbytes(3 * HEAD)
    file = Counted(data, bad=range(len(data) - TAIL, len(data) - TAIL + 512))
    seen = peeked(file)
    assert seen.read_at(len(data) - 512, 512) == data[-512:]
    with pytest.raises(EvidenceError, match="bad sector"):
        seen.read_at(len(data) - TAIL, 16)


def test_a_stream_that_claimed_more_than_it_has_is_seen_as_long_as_it_is() -> None:
    data = random.Random(3).randbytes(2 * HEAD)
    file = Counted(data, claims=3 * HEAD)
    seen = peeked(file)
    assert seen.read_at(3 * HEAD - 512, 512) == b""
    assert seen.size == len(data)
    assert seen.read_at(seen.size - 4, 4) == data[-4:]


def test_name_and_neighbours_are_those_of_the_file_and_it_stays_open() -> None:
    seen = peeked(Counted(b"abc"))
    assert seen.name == "counted.bin"
    beside = seen.sibling("other.bin")
    assert beside is not None
    assert beside.read_at(0, 9) == b"other.bin"
    seen.close()
