"""The filters of PDF streams (ISO 32000-1, 7.4) as streams of pieces: Flate, LZW, ASCII-85, hexadecimal, run length."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator

from safelight.evidence.protocol import Source

_IN = 1 << 16
_OUT = 1 << 20
_NOT_HEX = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF>"))
_NOT_85 = bytes(set(range(256)) - set(range(0x21, 0x76)) - set(b"z~"))

Filter = Callable[[Iterator[bytes]], Iterator[bytes]]


def pieces(source: Source, start: int, end: int) -> Iterator[bytes]:
    """Yield a range of the source in order."""
    while start < end:
        data = source.read_at(start, min(_IN, end - start))
        if not data:
            return
        yield data
        start += len(data)


def flate(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """zlib streams; what comes out before the damage is given. Raises zlib.error, EOFError."""
    decoder = zlib.decompressobj()
    for chunk in chunks:
        data = chunk
        while data and not decoder.eof:
            out = decoder.decompress(data, _OUT)
            if out:
                yield out
            data = decoder.unconsumed_tail
        if decoder.eof:
            return
    if rest := decoder.flush():
        yield rest
    raise EOFError("the compressed data end early")


def ascii_hex(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Hexadecimal digits up to `>`."""
    rest = b""
    for chunk in chunks:
        digits, end, _ = (rest + chunk.translate(None, _NOT_HEX)).partition(b">")
        whole = len(digits) // 2 * 2
        yield bytes.fromhex(digits[:whole].decode("ascii"))
        rest = digits[whole:]
        if end:
            break
    if rest:
        yield bytes.fromhex(rest.decode("ascii") + "0")


def ascii_85(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """ASCII-85 up to `~>`. Raises ValueError."""
    import base64

    rest = b""
    for chunk in chunks:
        text, end, _ = (rest + chunk.translate(None, _NOT_85)).partition(b"~")
        whole, letters = 0, 0
        for match in re.finditer(rb"z|[^z]{1,5}", text):
            letters = match.end()
            if match[0] == b"z" or len(match[0]) == 5:
                whole = letters
        out = base64.a85decode(text[:whole])
        if out:
            yield out
        rest = text[whole:]
        if end:
            break
    if len(rest) > 1:
        yield base64.a85decode(rest)


def run_length(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Runs and literals, ended by 128."""
    rest = b""
    for chunk in chunks:
        data, at, out = rest + chunk, 0, bytearray()
        while at < len(data):
            length = data[at]
            if length == 128:
                yield bytes(out)
                return
            size = 1 if length > 128 else length + 1
            if at + 1 + size > len(data):
                break
            piece = data[at + 1 : at + 1 + size]
            out += piece * (257 - length) if length > 128 else piece
            at += 1 + size
        rest = data[at:]
        yield bytes(out)


def lzw(early: int) -> Filter:
    """LZW of 9 to 12 bits, most significant first; `early` is 1 where codes grow one sooner. Raises ValueError."""

    def unpack(chunks: Iterator[bytes]) -> Iterator[bytes]:
        table: list[bytes] = [bytes((value,)) for value in range(256)] + [b"", b""]
        width, bits, held, last, out = 9, 0, 0, b"", bytearray()
        for chunk in chunks:
            for byte in chunk:
                bits, held = (bits << 8 | byte) & 0xFFFFFF, held + 8
                if held < width:
                    continue
                held -= width
                code = bits >> held & (1 << width) - 1
                if code == 257:
                    yield bytes(out)
                    return
                if code == 256:
                    del table[258:]
                    width, last = 9, b""
                    continue
                if code < len(table):
                    entry = table[code]
                elif code == len(table) and last:
                    entry = last + last[:1]
                else:
                    yield bytes(out)
                    raise ValueError("its LZW data are damaged")
                out += entry
                if last and len(table) < 4096:
                    table.append(last + entry[:1])
                last = entry
                if len(table) + early >= 1 << width and width < 12:
                    width += 1
            yield bytes(out)
            out.clear()

    return unpack
