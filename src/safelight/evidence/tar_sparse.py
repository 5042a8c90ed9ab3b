"""Files with holes in a tar, in all four ways that GNU tar has written them, given back with their holes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from safelight.evidence.tape import Tape

_BLOCK = 512
_LONGEST = 1 << 20
"""The longest map of holes that is believed, in bytes."""
_ZEROS = bytes(1 << 20)

Runs = list[tuple[int, int]]
"""Offset and length of each run that is stored."""


def is_sparse(type: bytes, pax: Mapping[bytes, bytes], repeated: Sequence[bytes]) -> bool:
    """Does the member's header say that it has holes?"""
    return type == b"S" or bool(repeated) or b"GNU.sparse.map" in pax or b"GNU.sparse.major" in pax


def sparse(
    tape: Tape, header: bytes, pax: Mapping[bytes, bytes], repeated: Sequence[bytes]
) -> tuple[Iterator[bytes], int, int]:
    """Return the content's pieces, its size, and where on the tape what is stored begins.

    Raises ValueError or KeyError where the map of holes is damaged.
    """
    if header[156:157] == b"S":
        runs, size = _in_headers(tape, header)
    elif b"GNU.sparse.major" in pax:
        runs, size = _before_the_data(tape), int(pax[b"GNU.sparse.realsize"])
    else:
        numbers = pax[b"GNU.sparse.map"].split(b",") if b"GNU.sparse.map" in pax else repeated
        runs, size = _pairs([int(one) for one in numbers]), int(pax[b"GNU.sparse.size"])
    end = 0
    for offset, length in [*runs, (size, 0)]:
        if offset < end or length < 0:
            raise ValueError("its map is damaged")
        end = offset + length
    return _unfold(tape, runs, size), size, tape.position


def _unfold(tape: Tape, runs: Runs, size: int) -> Iterator[bytes]:
    position = 0
    for offset, length in [*runs, (size, 0)]:
        while position < offset:
            hole = min(offset - position, len(_ZEROS))
            yield _ZEROS[:hole]
            position += hole
        for piece in tape.pieces(length):
            yield piece
            position += len(piece)
        if position < offset + length:
            return  # the archive ends here


def _in_headers(tape: Tape, header: bytes) -> tuple[Runs, int]:
    """The old GNU format: four runs in the header, 21 in each block that follows."""
    numbers = [_octal(header[at : at + 12]) for at in range(386, 386 + 96, 12)]
    more = header[482]
    while more:
        block = tape.take(_BLOCK)
        if len(block) < _BLOCK or len(numbers) * 12 > _LONGEST:
            raise ValueError("its map is damaged")
        numbers += [_octal(block[at : at + 12]) for at in range(0, 504, 12)]
        more = block[504]
    return _pairs(numbers), _octal(header[483:495])


def _before_the_data(tape: Tape) -> Runs:
    """Version 1.0: decimal numbers, one a line, padded to a block: how many runs, then each run."""
    text = tape.take(_BLOCK)
    while True:
        lines = text.split(b"\n")[:-1]
        if lines and len(lines) > 2 * int(lines[0]):
            return _pairs([int(line) for line in lines[1 : 2 * int(lines[0]) + 1]])
        block = tape.take(_BLOCK)
        if not block or len(text) > _LONGEST:
            raise ValueError("its map is damaged")
        text += block


def _octal(data: bytes) -> int:
    if data[:1] == b"\x80":
        return int.from_bytes(data[1:], "big")
    return int(data.strip(b" \0") or b"0", 8)


def _pairs(numbers: list[int]) -> Runs:
    return [run for run in zip(numbers[::2], numbers[1::2], strict=False) if run[1]]
