"""Plain lists of hex digests, one a line: MD5, SHA-1 and SHA-256 by their length, mixed if need be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safelight.errors import FormatError
from safelight.hashsets.digests import (
    WIDTH,
    algorithm_named,
    algorithm_of_length,
    meaning_of_64_digits,
)
from safelight.hashsets.protocol import Block, DigestBlock, ReadOptions, Record, Rejected
from safelight.hashsets.source import CHUNK, LONGEST_LINE, open_source, readable_head

_INVALID: Final = 255
_NIBBLE: Final[NDArray[np.uint8]] = np.full(256, _INVALID, np.uint8)
for _value, _digit in enumerate(b"0123456789abcdef"):
    _NIBBLE[_digit] = _NIBBLE[bytes([_digit]).upper()[0]] = _value

# A digest alone, in quotes, or as `sha256sum` writes it: two spaces (or a space and `*`), then a file name.
_LINE: Final = re.compile(rb"""["']?([0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32})["']?(?: [ *].*)?""")


def decode_hex(
    text: NDArray[np.uint8], starts: NDArray[np.int64], width: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Decode the `2 * width` hex digits that begin at each of `starts` in `text`.

    Returns:
        `(n, width) uint8` digests, and which of the n are hexadecimal throughout.
    """
    letters = np.lib.stride_tricks.sliding_window_view(text, 2 * width)[starts]
    digits = _NIBBLE[letters]
    good: NDArray[np.bool_] = digits.max(axis=1) != _INVALID
    digests = (digits[:, 0::2] << np.uint8(4)) | (digits[:, 1::2] & np.uint8(15))
    return digests, good


class HexList:
    """`d41d8cd98f00b204e9800998ecf8427e`, one digest a line; `#` begins a comment."""

    name = "hex"
    order = 70

    def detect(self, head: bytes, path: Path) -> bool:
        """Is the first line that is no comment a digest, alone or as `sha256sum` writes it?"""
        lines = _meaningful(readable_head(head))
        if lines and algorithm_named(lines[0].decode("ascii", "replace")):
            lines = lines[1:]
        return bool(lines) and _LINE.fullmatch(lines[0]) is not None

    def read(self, path: Path, options: ReadOptions) -> Iterator[Block]:
        """Yield a `DigestBlock` for each kind of digest in each MiB, and what was refused."""
        with open_source(path, options) as stream:
            block, line = stream.read(CHUNK), 1
            newline = b"\r" if b"\r" in block and b"\n" not in block else b"\n"
            reader = _Lines(newline, *_declared(block, path))
            carry = b""
            while block:
                block = carry + block
                cut = block.rfind(newline) + 1
                carry = block[cut:]
                if len(carry) > LONGEST_LINE:
                    raise FormatError(
                        f"Line {line + block.count(newline)} is longer than 1 MiB.",
                        "This is not a list of digests.",
                    )
                if cut:
                    yield from reader.blocks(block[:cut], line)
                    line += block.count(newline)
                block = stream.read(CHUNK)
            if carry:
                yield from reader.blocks(carry + newline, line)


def _meaningful(head: bytes) -> list[bytes]:
    """The lines of a head that are neither blank nor comments, without the last, perhaps cut one."""
    lines = head.replace(b"\r", b"\n").split(b"\n")
    whole = lines[:-1] if len(lines) > 1 and len(head) >= 1 << 16 else lines
    return [text for line in whole if (text := line.strip()) and not text.startswith(b"#")]


def _declared(head: bytes, path: Path) -> tuple[tuple[str, ...], bool]:
    """What 64 digits mean in this file, and whether its first line is a header that names a digest."""
    lines = _meaningful(head[: 1 << 16])
    header = algorithm_named(lines[0].decode("ascii", "replace")) if lines else None
    if header in ("pdq", "sha256"):
        return (header,), True
    found = (_LINE.fullmatch(line) for line in lines)
    samples = [bytes.fromhex(match[1].decode()) for match in found if match and len(match[1]) == 64]
    if "pdq" in path.name.lower():
        return ("pdq",), header is not None
    return meaning_of_64_digits(samples[:1000]), header is not None


class _Lines:
    """Turns whole lines into blocks; knows what 64 digits mean here."""

    def __init__(self, newline: bytes, long: tuple[str, ...], header: bool) -> None:
        self._newline, self._long, self._header = newline[0], long, header

    def blocks(self, block: bytes, line: int) -> Iterator[Block]:
        """Blocks of whole lines; `line` is the number of the first."""
        text = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(text == self._newline)
        starts = np.concatenate([[0], ends[:-1] + 1])
        lengths = ends - starts
        lengths -= (lengths > 0) & (text[ends - 1] == ord("\r"))
        left = lengths > 0
        for digits in (32, 40, 64):
            at = np.flatnonzero(lengths == digits)
            if not at.size:
                continue
            digests, good = decode_hex(text, starts[at], digits // 2)
            left[at[good]] = False
            if good.any():
                yield self._digests(digits, digests[good].tobytes())
        yield from self._others(block, line, np.flatnonzero(left), starts, lengths)

    def _others(
        self,
        block: bytes,
        line: int,
        left: NDArray[np.int64],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int64],
    ) -> Iterator[Block]:
        """Lines that are not simply a digest: comments, quotes, file names after it, rubbish."""
        packed: dict[int, list[bytes]] = {}
        refused: list[Record | Rejected] = []
        for row in left:
            text = block[starts[row] : starts[row] + lengths[row]].strip()
            if not text or text.startswith(b"#"):
                continue
            if match := _LINE.fullmatch(text):
                packed.setdefault(len(match[1]), []).append(match[1])
            elif self._header:
                self._header = False
            else:
                refused.append(Rejected(line + int(row), _why(text)))
        for digits, found in packed.items():
            yield self._digests(digits, bytes.fromhex(b"".join(found).decode()))
        if refused:
            yield refused

    def _digests(self, digits: int, packed: bytes) -> Block:
        """A block of digests of so many digits; records where 64 digits have two meanings."""
        width = digits // 2
        algorithms = self._long if digits == 64 else (str(algorithm_of_length(digits)),)
        if len(algorithms) == 1:
            return DigestBlock(algorithms[0], packed, len(packed) // width)
        rows = (packed[at : at + width] for at in range(0, len(packed), width))
        return [Record(None, dict.fromkeys(algorithms, row)) for row in rows]


def _why(text: bytes) -> str:
    """Why a line is not a digest, without repeating what a hostile line holds."""
    if len(text) in (32, 40, 64):
        return f"{len(text)} characters, but not hexadecimal"
    md5, sha1, sha256 = (2 * WIDTH[name] for name in ("md5", "sha1", "sha256"))
    return f"{len(text)} characters, a digest has {md5}, {sha1} or {sha256}"
