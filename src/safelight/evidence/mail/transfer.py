"""Transfer encodings of mail as streams: base64, quoted-printable, uuencode; lenient, as mailers are."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator

from safelight.errors import EvidenceError
from safelight.evidence.decompress import Feed
from safelight.evidence.guards import Meter
from safelight.evidence.protocol import Source
from safelight.evidence.source import SliceSource
from safelight.evidence.stream import StreamSource

_STEP = 1 << 18
_LINE = 1 << 20
"""The longest line that is put together; what goes on beyond it is decoded as if it began anew."""
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET))
_RUN = re.compile(rb"[^=]*=+")

Decode = Callable[[Feed], Iterator[bytes]]


def base64(feed: Feed) -> Iterator[bytes]:
    """Decode base64; foreign bytes are passed over, padding may stand in the middle. Raises EvidenceError."""
    rest = b""
    while data := feed.take(_STEP):
        data = rest + data.translate(None, _NOT_BASE64)
        done = 0
        if b"=" in data:
            for run in _RUN.finditer(data):
                if run.end() == len(data) and len(run[0]) % 4:
                    break  # the padding may go on in the next step
                yield _quads(run[0].rstrip(b"="))
                done = run.end()
        whole = data.find(b"=", done)
        whole = len(data) if whole < 0 else whole
        whole = done + (whole - done) // 4 * 4
        if whole > done:
            yield binascii.a2b_base64(data[done:whole])
        rest = data[whole:]
    letters = rest.rstrip(b"=")
    if letters:
        yield _quads(letters)
    if len(letters) % 4 == 1:
        raise EvidenceError("its base64 text breaks off")


def _quads(letters: bytes) -> bytes:
    """Decode letters without padding; a single one left over says nothing."""
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def quoted_printable(feed: Feed) -> Iterator[bytes]:
    """Decode quoted-printable, whole lines at a time."""
    rest = b""
    while data := feed.take(_STEP):
        data = rest + data
        end = data.rfind(b"\n") + 1
        if not end and len(data) < _LINE:
            rest = data
            continue
        end = end or len(data)
        yield binascii.a2b_qp(data[:end])
        rest = data[end:]
    if rest:
        yield binascii.a2b_qp(rest)


def uuencoded(feed: Feed) -> Iterator[bytes]:
    """Decode the lines between `begin` and `end`. Raises EvidenceError where a line is none."""
    rest, out = b"", bytearray()
    while data := feed.take(_STEP):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            out += _uu_line(line.rstrip(b"\r"))
        if len(rest) > 4096:
            raise EvidenceError("its uuencoded text breaks off")
        yield bytes(out)
        out.clear()
    if rest.strip():
        yield _uu_line(rest.rstrip(b"\r"))


def _uu_line(line: bytes) -> bytes:
    if not line or line in (b"end", b"`", b" "):
        return b""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        length = ((line[0] - 32) & 63) * 4 // 3 + 5  # some encoders pad lines with what is none of them
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error as error:
            raise EvidenceError("its uuencoded text breaks off") from error


_DECODERS: dict[str, Decode] = {
    "base64": base64,
    "quoted-printable": quoted_printable,
    "x-uuencode": uuencoded,
    "uuencode": uuencoded,
}


def opened(source: Source, start: int, end: int, encoding: str, meter: Meter) -> Source:
    """Open a part of a message, decoded; one that is not encoded is a part of the source."""
    decode = _DECODERS.get(encoding)
    if decode is None:
        return SliceSource(source, start, end - start)
    return stream(source, start, end, decode, meter)


def stream(source: Source, start: int, end: int, decode: Decode, meter: Meter) -> StreamSource:
    """Open what `decode` makes of a range of the source, counted by the guards."""
    feed = Feed(source, start, end)
    return StreamSource(meter.guarded(decode(feed), lambda: feed.position - start), None)
