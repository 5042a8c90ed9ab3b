"""The LZW of `compress` (`.Z`), decoded piece by piece at bounded memory.

After compress 4.2.4: codes of 9 to 16 bits, least significant bit first, in groups of eight; a group ends early
where the width of codes changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from safelight.evidence.decompress import OUT, Feed

_CLEAR = 256
_TAIL = 512
"""The longest string that an entry holds by itself; longer ones go on from another entry, so that 65,536 entries
take some 20 MB at most, whatever the stream says."""


class _Table:
    """Strings by code: a tail, and the code of what comes before it (-1: nothing)."""

    def __init__(self, has_clear: bool) -> None:
        self._first_free = _CLEAR + 1 if has_clear else _CLEAR
        self.tails: list[bytes] = []
        self.before: list[int] = []
        self.clear()

    def clear(self) -> None:
        """Only the single bytes are left."""
        self.tails = [bytes((value,)) for value in range(256)] + [b""] * (self._first_free - 256)
        self.before = [-1] * self._first_free

    def string(self, code: int) -> bytes:
        """What a code stands for."""
        if self.before[code] < 0:
            return self.tails[code]
        parts = []
        while code >= 0:
            parts.append(self.tails[code])
            code = self.before[code]
        return b"".join(reversed(parts))

    def add(self, code: int, byte: bytes) -> None:
        """A new entry: the string of `code` and one more byte."""
        tail = self.tails[code]
        if len(tail) < _TAIL:
            self.tails.append(tail + byte)
            self.before.append(self.before[code])
        else:
            self.tails.append(byte)
            self.before.append(code)


def unlzw(feed: Feed) -> Iterator[bytes]:
    """Decode one `.Z` stream, which goes on to the end. Raises ValueError or EOFError on damage."""
    flags = feed.exactly(3)[2]
    most = flags & 31
    if not 9 <= most <= 16:
        raise ValueError(f"its codes have up to {most} bits, which `compress` does not write")
    has_clear = bool(flags & 0x80)
    table, width, previous = _Table(has_clear), 9, -1
    out = bytearray()
    buffer, at, at_end = b"", 0, False
    while True:
        if len(buffer) - at < 16 and not at_end:
            more = feed.take()
            at_end = not more
            buffer, at = buffer[at:] + more, 0
            continue
        group = buffer[at : at + width]
        codes = len(group) * 8 // width
        if not codes:
            break
        at += width
        bits, mask = int.from_bytes(group, "little"), (1 << width) - 1
        for number in range(codes):
            code = bits >> number * width & mask
            if code == _CLEAR and has_clear:
                table.clear()
                width, previous = 9, -1
                break
            known = len(table.tails)
            if code < known:
                string = table.string(code)
            elif code == known and previous >= 0:
                string = table.string(previous)
                string += string[:1]
            else:
                if out:
                    yield bytes(out)
                raise ValueError("the compressed data are damaged: a code that stands for nothing")
            out += string
            if len(out) >= OUT:
                yield bytes(out)
                out.clear()
            if previous >= 0 and known < 1 << most:
                table.add(previous, string[:1])
                known += 1
            previous = code
            if known >= 1 << width and width < most:
                width += 1
                break
    if out:
        yield bytes(out)
