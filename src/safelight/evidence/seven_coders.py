"""The methods of a 7z folder as one stream of pieces: LZMA, LZMA2, filters, bzip2, Deflate, Zstandard, AES, plain.

Every step's output is bounded, and Python's own modules do the work. PPMd is left out: the package for it
crashes the process on damaged data; BCJ2, with its four streams, nothing that we use can undo.
"""

from __future__ import annotations

import lzma
from collections.abc import Callable, Iterator
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence import decompress
from safelight.evidence.decompress import MEMORY, OUT, Decoder, Feed, Piped
from safelight.evidence.encrypted.seven_aes import MakeKey, decrypted, settings
from safelight.evidence.protocol import Source
from safelight.evidence.seven_header import Coder, Folder

_AES = b"\x06\xf1\x07\x01"
_PLAIN, _LZMA, _LZMA2, _DELTA = b"\0", b"\3\1\1", b"\x21", b"\3"
_FILTERS = {
    b"\3\3\1\3": lzma.FILTER_X86, b"\4": lzma.FILTER_X86,
    b"\3\3\2\5": lzma.FILTER_POWERPC, b"\5": lzma.FILTER_POWERPC,
    b"\3\3\4\1": lzma.FILTER_IA64, b"\6": lzma.FILTER_IA64,
    b"\3\3\5\1": lzma.FILTER_ARM, b"\7": lzma.FILTER_ARM,
    b"\3\3\7\1": lzma.FILTER_ARMTHUMB, b"\x08": lzma.FILTER_ARMTHUMB,
    b"\3\3\x08\5": lzma.FILTER_SPARC, b"\x09": lzma.FILTER_SPARC,
}  # fmt: skip
_UNPACK: dict[bytes, decompress.Unpack] = {
    b"\4\1\x08": decompress.inflate,
    b"\4\1\x09": decompress.inflate64,
    b"\4\2\2": decompress.bunzip,
    b"\4\xf7\x11\1": decompress.unzstd,
}
_NAMES = {
    b"\3\4\1": "PPMd",
    b"\3\3\1\x1b": "BCJ2",
    b"\4\xf7\x11\2": "Brotli",
    b"\4\xf7\x11\4": "LZ4",
    b"\x0a": "ARM64",
}
_CHUNK = 1 << 16
"""The most that one stored chunk of LZMA2 holds."""


def is_encrypted(folder: Folder) -> bool:
    """Is one of its methods AES?"""
    return any(coder.method == _AES for coder in folder.coders)


def proves_itself(folder: Folder) -> bool:
    """Would decoding fail where a key is wrong: is one of its methods a compression?"""
    plain = (_AES, _PLAIN)
    return any(
        coder.method not in plain
        and (coder.method == _LZMA or coder.method[:1] not in (_DELTA, b"\x0a", b"\x0b"))
        for coder in folder.coders
    )


def unpack(
    source: Source, folder: Folder, make_key: MakeKey | None = None
) -> tuple[Iterator[bytes], Callable[[], int]]:
    """Return the pieces that come out, and a function that says how many packed bytes were used.

    `make_key` gives the keys of what is encrypted, right or wrong.
    Raises EvidenceError where a method is not supported; the pieces raise what `stream.BROKEN` names.
    """
    feed = Feed(source, folder.offset, folder.offset + folder.packed_size)
    pieces: Iterator[bytes] = decompress.stored(feed)
    for coder, size in _chain(folder):
        pieces = _limited(_step(coder, pieces, size, make_key), size)
    return pieces, lambda: feed.position - folder.offset


def _chain(folder: Folder) -> Iterator[tuple[Coder, int]]:
    """The coders in the order of decoding, each with the size of what it gives."""
    if any(coder.ins != 1 or coder.outs != 1 for coder in folder.coders):
        name = next(
            (_NAMES[coder.method] for coder in folder.coders if coder.method in _NAMES), "of many streams"
        )
        raise EvidenceError(f"cannot be decompressed: the method {name} is not supported")
    feeds = {stream_out: stream_in for stream_in, stream_out in folder.bonds}
    at: int | None = folder.packed[0]
    for _ in folder.coders:
        if at is None or at >= len(folder.coders):
            raise EvidenceError("cannot be decompressed: its methods are not connected")
        yield folder.coders[at], folder.sizes[at]
        at = feeds.get(at)


def _step(coder: Coder, pieces: Iterator[bytes], size: int, make_key: MakeKey | None) -> Iterator[bytes]:
    method, properties = coder.method, coder.properties
    if method == _AES and make_key is not None:
        stated = settings(properties)
        return decrypted(pieces, stated, make_key(stated.power, stated.salt))
    if method == _PLAIN:
        return pieces
    if method in _UNPACK:
        return _UNPACK[method](Piped(pieces))
    if method == _LZMA and len(properties) == 5 and properties[0] < 225:
        rest, dictionary = properties[0] // 9, int.from_bytes(properties[1:], "little")
        lzma1 = {"id": lzma.FILTER_LZMA1, "lc": properties[0] % 9, "lp": rest % 5, "pb": rest // 5}
        return _lzma([lzma1 | {"dict_size": _bounded(dictionary)}], Piped(pieces))
    if method == _LZMA2 and len(properties) == 1 and properties[0] <= 40:
        bits = properties[0]
        dictionary = (2 | bits & 1) << bits // 2 + 11 if bits < 40 else (1 << 32) - 1
        return _lzma([{"id": lzma.FILTER_LZMA2, "dict_size": _bounded(dictionary)}], Piped(pieces))
    if method in _FILTERS:
        return _filtered({"id": _FILTERS[method]}, pieces)
    if method == _DELTA and len(properties) == 1:
        return _filtered({"id": lzma.FILTER_DELTA, "dist": properties[0] + 1}, pieces)
    name = _NAMES.get(method) or f"0x{method.hex()}"
    raise EvidenceError(f"cannot be decompressed: the method {name} is not supported")


def _bounded(dictionary: int) -> int:
    if dictionary > MEMORY * 2:
        raise EvidenceError(f"cannot be decompressed: its dictionary of {dictionary:,} bytes is too large")
    return max(4096, dictionary)


def _limited(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Pass on `size` bytes: LZMA has no end mark here."""
    while size > 0:
        piece = next(pieces, b"")
        if not piece:
            raise EOFError("the packed data end early")
        yield piece[:size]
        size -= len(piece)


def _lzma(filters: list[dict[str, Any]], feed: Feed) -> Iterator[bytes]:
    decoder: Decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    data = b""
    while not decoder.eof:
        if decoder.needs_input and not (data := feed.take()):
            return
        out = decoder.decompress(data, OUT)
        data = b""
        if out:
            yield out


def _filtered(filter: dict[str, Any], pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Undo a filter alone: liblzma has filters only before LZMA2, so it is given stored chunks of that."""
    decoder = lzma.LZMADecompressor(
        lzma.FORMAT_RAW, filters=[filter, {"id": lzma.FILTER_LZMA2, "dict_size": _CHUNK}]
    )
    mark = b"\1"
    for piece in pieces:
        for at in range(0, len(piece), _CHUNK):
            data = piece[at : at + _CHUNK]
            if out := decoder.decompress(mark + (len(data) - 1).to_bytes(2, "big") + data):
                yield out
            mark = b"\2"
    if out := decoder.decompress(b"\0"):
        yield out
