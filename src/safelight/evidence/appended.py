"""Where a picture ends, and what lies behind its end: films, archives, other pictures, vendors' trailers.

Only heads, markers and boxes are read, but for a JPEG whose last bytes are an end-of-image marker: whether that is its
own end shows only in a search for another start, at memory speed.

Sources: W3C PNG; GIF89a; RIFF; ISO/IEC 14496-12; Google's Motion Photo format 1.0 and its forerunner, MicroVideo;
Samsung's trailer (SEFH … SEFT) as ExifTool's documentation describes it.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from safelight.evidence.inner_jpeg import START, Header, Span, end_of_jpeg
from safelight.evidence.protocol import Source

LEAST: Final = 64
"""Fewer bytes behind a picture are padding."""
_TAIL: Final = 512
_SEARCHED: Final = 256 << 20
"""JPEGs up to this size are searched for a second start; of larger ones the last part."""
_PIECE: Final = 8 << 20
_MOST_CHUNKS: Final = 100_000
_MOST_RECORDS: Final = 256
_LEAST_WEBP: Final = 12
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_MICRO_VIDEO: Final = re.compile(rb'MicroVideoOffset(?:="|>)(\d{1,10})')
_MOTION_ITEM: Final = re.compile(
    rb'(?:Semantic="MotionPhoto"[^<>]{0,400}?Length="(\d{1,10})"|Length="(\d{1,10})"[^<>]{0,400}?Semantic="MotionPhoto")'
)
_VENDORS_END: Final = (b"SEFT", b"QDIOBS", b"cameraalbum!", b"cbipcbbl")
"""What short trailers end with: of Samsung, Casio, Vivo, and of Photo Mechanic."""
_VENDORS_START: Final = (b"vivo{", b"CANON OPTIONAL DATA\0")
_MOST_OF_VENDORS: Final = 4096


@dataclass(frozen=True, slots=True)
class Tail:
    """What lies behind the end of a picture."""

    end: int
    """Offset where the picture ends."""
    film: Span | None
    rest: Sequence[Span]
    """What no vendor's trailer, film or padding accounts for."""


def tail_of_jpeg(source: Source, head: Header, named: Sequence[Span]) -> Tail | None:
    """What lies behind a JPEG; None where nothing does. `named` are pictures that its own index accounts for."""
    film = _stated_film(source, head)
    if film is None and not named and _ends_plainly(source) and not _starts_again(source, head.scan):
        return None
    end = end_of_jpeg(source)
    if end is None or source.size - end < LEAST:
        return None
    vendor, of_vendor = _samsung(source, end)
    film = film or of_vendor or _film_at(source, end)
    known = [span for span in (*named, film, vendor) if span is not None]
    rest = [span for span in gaps(end, source.size, known) if not is_padding(source, span)]
    return Tail(end, film, rest)


def tail_of(source: Source, format: str) -> Tail | None:
    """The same for PNG, GIF, WebP, and HEIC or AVIF, whose boxes may hold a film."""
    end = _ENDS[format](source)
    if end is None:
        return None
    film = _film_box(source) if format in ("heic", "avif") else None
    rest: list[Span] = []
    if source.size - end >= LEAST:
        vendor, of_vendor = _samsung(source, end)
        film = film or of_vendor or _film_at(source, end)
        known = [span for span in (film, vendor) if span is not None]
        rest = [span for span in gaps(end, source.size, known) if not is_padding(source, span)]
    return Tail(end, film, rest) if film or rest else None


def gaps(start: int, end: int, known: Sequence[Span]) -> list[Span]:
    """The parts of `start`..`end` of at least `LEAST` bytes that none of the spans covers."""
    found, at = [], start
    for offset, length in sorted(known):
        if offset - at >= LEAST:
            found.append((at, offset - at))
        at = max(at, offset + length)
    if end - at >= LEAST:
        found.append((at, end - at))
    return found


def is_padding(source: Source, span: Span) -> bool:
    """Is it one byte over and over, or a trailer of a phone that is known to say nothing of the picture?"""
    offset, length = span
    if length < _MOST_OF_VENDORS:
        data = source.read_at(offset, length)
        if data.endswith(_VENDORS_END) or data.startswith(_VENDORS_START):
            return True
    first = source.read_at(offset, 1)
    done = 0
    while done < length:
        data = source.read_at(offset + done, min(_PIECE, length - done))
        if not data or data.strip(first):
            return False
        done += len(data)
    return True


def _ends_plainly(source: Source) -> bool:
    return source.read_at(max(0, source.size - _TAIL), _TAIL).rstrip(b"\0").endswith(b"\xff\xd9")


def _starts_again(source: Source, at: int) -> bool:
    """Is there another start of a JPEG behind the first scan? Entropy-coded data never holds one."""
    at = max(at, source.size - _SEARCHED)
    while at < source.size:
        data = source.read_at(at, _PIECE)
        if _holds(data, START):
            return True
        if len(data) < _PIECE:
            return False
        at += len(data) - len(START) + 1
    return False


@cache
def _memmem() -> Callable[..., Any] | None:
    """The C library's search: several times as fast here as `bytes.find`; None where there is none."""
    found = getattr(ctypes.CDLL(None), "memmem", None)
    if found is not None:
        found.restype = ctypes.c_void_p
        found.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    return found


def _holds(data: bytes, wanted: bytes) -> bool:
    search = _memmem()
    if search is None:
        return wanted in data
    return search(data, len(data), wanted, len(wanted)) is not None


def _stated_film(source: Source, head: Header) -> Span | None:
    """The film that the XMP of a motion photo says lies at the end of the file."""
    for marker, at, length in head.segments:
        if marker != 0xE1 or source.read_at(at, len(_XMP)) != _XMP:
            continue
        text = source.read_at(at, length)
        found = _MICRO_VIDEO.search(text) or _MOTION_ITEM.search(text)
        if found is None:
            return None
        size = int(next(group for group in found.groups() if group))
        span = (source.size - size, size)
        return span if 0 < size < source.size and _is_film(source, span[0]) else None
    return None


def _film_at(source: Source, end: int) -> Span | None:
    """A film that begins right behind the picture, padding aside; as far as its boxes go."""
    head = source.read_at(end, LEAST + 12)
    at = head.find(b"ftyp")
    if at < 4 or not _is_film(source, end + at - 4):
        return None
    start = end + at - 4
    return start, _end_of_boxes(source, start) - start


def _is_film(source: Source, at: int) -> bool:
    head = source.read_at(at, 12)
    return head[4:8] == b"ftyp" and 8 <= int.from_bytes(head[:4], "big") <= 1024


def _film_box(source: Source) -> Span | None:
    """The box `mpvd` at the top of a HEIC that is a motion photo."""
    at = 0
    for _ in range(_MOST_RECORDS):
        head = source.read_at(at, 16)
        size, start = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:
            size, start = int.from_bytes(head[8:16], "big"), at + 16
        if head[4:8] == b"mpvd":
            end = at + size if size else source.size
            return (start, end - start) if end <= source.size and _is_film(source, start) else None
        if size < 8 or len(head) < 8:
            return None
        at += size
    return None


def _samsung(source: Source, end: int) -> tuple[Span | None, Span | None]:
    """Samsung's trailer at the end of a file, and the film that it holds."""
    foot = source.read_at(source.size - 8, 8)
    if foot[4:] != b"SEFT":
        return None, None
    length = int.from_bytes(foot[:4], "little")
    start = source.size - 8 - length
    index = source.read_at(start, min(length, 12 + 12 * _MOST_RECORDS))
    if start < end or index[:4] != b"SEFH":
        return None, None
    first, film = start, None
    for number in range(min(int.from_bytes(index[8:12], "little"), _MOST_RECORDS)):
        entry = index[12 + 12 * number : 24 + 12 * number]
        back, size = int.from_bytes(entry[4:8], "little"), int.from_bytes(entry[8:12], "little")
        if len(entry) < 12 or not end <= start - back or back < size or size < 8:
            continue
        first = min(first, start - back)
        record = source.read_at(start - back, 128)
        content = 8 + int.from_bytes(record[4:8], "little")
        if (
            record[8:24] == b"MotionPhoto_Data"
            and content < size
            and _is_film(source, start - back + content)
        ):
            film = (start - back + content, size - content)
    return (first, source.size - first), film


def _end_of_png(source: Source) -> int | None:
    at = 8
    for _ in range(_MOST_CHUNKS):
        head = source.read_at(at, 8)
        if len(head) < 8:
            return None
        at += 12 + int.from_bytes(head[:4], "big")
        if head[4:] == b"IEND":
            return at
    return None


def _end_of_gif(source: Source) -> int | None:
    """Only where the last byte is no trailer of its own: its blocks are small and many."""
    if source.read_at(max(0, source.size - _TAIL), _TAIL).rstrip(b"\0").endswith(b"\x3b"):
        return None
    data, at = source.read_at(0, _PIECE), 13
    if len(data) < 13:
        return None
    at += 3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0
    while at + 10 < len(data):
        kind = data[at]
        if kind == 0x3B:
            return at + 1
        if kind == 0x2C:
            at += 10 + (3 << (data[at + 9] & 7) + 1 if data[at + 9] & 0x80 else 0) + 1
        elif kind == 0x21:
            at += 2
        else:
            return None
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return at + 1 if at < len(data) and data[at] == 0x3B else None


def _end_of_webp(source: Source) -> int | None:
    size = int.from_bytes(source.read_at(4, 4), "little")
    return None if size < _LEAST_WEBP else min(8 + size + size % 2, source.size)


def _end_of_heif(source: Source) -> int | None:
    return min(_end_of_boxes(source, 0), source.size)


_BOX: Final = re.compile(rb"[a-zA-Z0-9 ]{4}")


def _end_of_boxes(source: Source, start: int) -> int:
    """Where the last box (ISO 14496-12, 4.2) ends that follows on the first; another file's `ftyp` is none of it."""
    at = start
    for _ in range(_MOST_CHUNKS):
        head = source.read_at(at, 16)
        size = int.from_bytes(head[:4], "big")
        if len(head) < 8 or not _BOX.fullmatch(head[4:8]) or (head[4:8] == b"ftyp" and at > start):
            break
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        elif size == 0:
            return source.size
        if size < 8 or at + size > source.size:
            break
        at += size
    return at if at > start else source.size


_ENDS: Final[dict[str, Callable[[Source], int | None]]] = {
    "png": _end_of_png,
    "gif": _end_of_gif,
    "webp": _end_of_webp,
    "heic": _end_of_heif,
    "avif": _end_of_heif,
}
