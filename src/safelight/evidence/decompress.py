"""Decompressors as streams of pieces: bounded output a step, and whatever a damaged stream still gives.

Each function takes a `Feed` (compressed bytes in order), yields decompressed pieces of at most 1 MiB, and
leaves the feed behind the last byte it used. Damage raises zlib.error, lzma.LZMAError, OSError, ValueError
or EOFError, after everything before it was yielded.
"""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from safelight.evidence.protocol import Source

OUT = 1 << 20
IN = 1 << 16
MEMORY = 768 << 20
"""What an LZMA dictionary may ask for: `xz -9` needs 65 MiB, the largest that 7-Zip offers by name 256 MiB."""


class Feed:
    """Compressed bytes in order, from `offset` up to `end` (None: the end of the source)."""

    __slots__ = ("_back", "_end", "_source", "position")

    def __init__(self, source: Source, offset: int = 0, end: int | None = None) -> None:
        self._source = source
        self._end = source.size if end is None else min(end, source.size)
        self._back = b""
        self.position = offset

    def take(self, length: int = IN) -> bytes:
        """Return the next bytes, at most `length`; empty at the end."""
        if self._back:
            data, self._back = self._back[:length], self._back[length:]
        else:
            data = self._source.read_at(self.position, min(length, self._end - self.position))
        self.position += len(data)
        return data

    def exactly(self, length: int) -> bytes:
        """Return `length` bytes. Raises EOFError."""
        data = self.take(length)
        while len(data) < length:
            more = self.take(length - len(data))
            if not more:
                raise EOFError("it ends early")
            data += more
        return data

    def back(self, data: bytes) -> None:
        """Give back what was taken and not used."""
        self._back = data + self._back
        self.position -= len(data)


class Piped(Feed):
    """What one step gives, as the next step's input."""

    __slots__ = ("_pieces",)

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._back = b""
        self.position = 0

    def take(self, length: int = IN) -> bytes:
        """Return the next bytes, at most `length`; empty at the end."""
        if not self._back:
            self._back = next(self._pieces, b"")
        data, self._back = self._back[:length], self._back[length:]
        self.position += len(data)
        return data


class Decoder(Protocol):
    """What `bz2`, `lzma` and `zstd` decompressors have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


Unpack = Callable[[Feed], Iterator[bytes]]


def stored(feed: Feed) -> Iterator[bytes]:
    """Pass on what is not compressed."""
    while data := feed.take(OUT):
        yield data


def inflate(feed: Feed) -> Iterator[bytes]:
    """Raw deflate (RFC 1951)."""
    decoder = zlib.decompressobj(-zlib.MAX_WBITS)
    while not decoder.eof:
        data = feed.take()
        last = not data
        while True:
            before = decoder.copy()
            try:
                out = decoder.decompress(data, OUT)
            except zlib.error:
                yield from _rescue(before, data)
                raise
            if out:
                yield out
            data = decoder.unconsumed_tail
            if decoder.eof or (not data and len(out) < OUT):
                break
        if last and not decoder.eof:
            raise EOFError("the compressed data end early")
    feed.back(decoder.unused_data)


def _rescue(decoder: Any, data: bytes) -> Iterator[bytes]:
    """Yield what comes out of `data` before the byte at which decoding fails."""
    step = len(data)
    while step and data:
        before = decoder.copy()
        try:
            out = decoder.decompress(data[:step])
        except zlib.error:
            decoder, step = before, step // 2
            continue
        data = data[step:]
        if out:
            yield out


def bunzip(feed: Feed) -> Iterator[bytes]:
    """One bzip2 stream."""
    return _decode(bz2.BZ2Decompressor(), feed)


def unxz(feed: Feed) -> Iterator[bytes]:
    """One .xz stream."""
    return _decode(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY), feed)


def unlzma(feed: Feed) -> Iterator[bytes]:
    """One .lzma ("alone") stream."""
    return _decode(lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MEMORY), feed)


def unlzma_raw(*, lc: int, lp: int, pb: int, dictionary: int) -> Unpack:
    """Raw LZMA with these properties, as in ZIP. Raises ValueError where the dictionary is too large."""
    if dictionary > MEMORY:
        raise ValueError(f"its dictionary of {dictionary:,} bytes is too large")
    chain = [{"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": max(4096, dictionary)}]

    def unpack(feed: Feed) -> Iterator[bytes]:
        decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)
        while not decoder.eof and (data := feed.take()):
            while not decoder.eof and (out := decoder.decompress(data, OUT)):
                data = b""
                yield out
        if not decoder.eof:  # without an end mark it ends with its input
            return
        feed.back(decoder.unused_data)

    return unpack


def unzstd(feed: Feed) -> Iterator[bytes]:
    """One Zstandard frame, of a window up to 128 MiB."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    decoder = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 27})
    try:
        yield from _decode(decoder, feed)
    except zstd.ZstdError as error:
        raise ValueError(f"the compressed data are damaged: {error}") from error


def inflate64(feed: Feed) -> Iterator[bytes]:
    """Raw Deflate64, which Windows writes for large files."""
    from inflate64 import Inflater

    decoder = Inflater()
    while not decoder.eof:
        data = feed.take(IN // 16)  # its output a step cannot be bounded otherwise
        if not data:
            raise EOFError("the compressed data end early")
        if out := decoder.inflate(data):
            yield out


def _decode(decoder: Decoder, feed: Feed) -> Iterator[bytes]:
    while not decoder.eof:
        data = feed.take() if decoder.needs_input else b""
        if not data and decoder.needs_input:
            raise EOFError("the compressed data end early")
        if out := decoder.decompress(data, OUT):
            yield out
    feed.back(decoder.unused_data)
