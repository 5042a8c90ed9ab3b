"""Follow a ZIP (APPNOTE 6.3) through its members to its directory: OOXML, ODF, EPUB, APK and JAR too."""

from __future__ import annotations

import struct
import zlib

from safelight.evidence.carving.shape import LEAST, LONGEST_DOCUMENT, Shape, broken
from safelight.evidence.protocol import Source

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR, _DESCRIPTOR = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
_EXTRA = b"PK\x06\x08"
_STEP = 1 << 16
_MOST_OUT, _RATIO = 64 << 20, 100
_METHODS = frozenset((0, 1, 6, 8, 9, 12, 14, 93, 95, 98, 99))
_STREAMED, _ENCRYPTED = 0x08, 0x01
_FULL = 0xFFFFFFFF
_BY_FOLDER = {b"word/": "docx", b"xl/": "xlsx", b"ppt/": "pptx", b"visio/": "vsdx"}
_BY_TYPE = {b"text": "odt", b"spreadsheet": "ods", b"presentation": "odp", b"graphics": "odg"}
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument."


def zip_(source: Source, start: int, most: int) -> Shape | None:
    """Walk members, directory and end record, whose numbers must agree; None where there is no whole member."""
    limit = min(source.size, start + min(LONGEST_DOCUMENT, most))
    position, members, suffix, wrong = start, 0, "", -1
    while position + 30 <= limit and source.read_at(position, 4) == _LOCAL:
        head = source.read_at(position, 30)
        after = _member(source, position, head, limit)
        if after is None:
            break
        if wrong < 0 and not _is_sound(source, position, head, after):
            wrong = position
        name = source.read_at(position + 30, min(64, int.from_bytes(head[26:28], "little")))
        suffix = suffix or _suffix(source, position, head, name)
        members += 1
        position = after
    if not members:
        return None
    end = _directory(source, position, start, members, limit)
    if wrong >= 0:
        size = (end or position) - start
        said = f"damaged: a member is not what it should be, from byte {wrong - start:,} on"
        return Shape(size, suffix or "zip", said, solid=False) if wrong > start else None
    if end is not None:
        return Shape(end - start, suffix or "zip")
    return broken(position - start, suffix or "zip") if position - start >= LEAST else None


def _member(source: Source, position: int, head: bytes, limit: int) -> int | None:
    """Return where a member ends, or None where it does not end well."""
    version, flags, method = struct.unpack_from("<HHH", head, 4)
    packed, size, name, extra = struct.unpack_from("<IIHH", head, 18)
    if version & 0xFF > 63 or method not in _METHODS or not name or name > 4_096:
        return None
    data = position + 30 + name + extra
    if packed == _FULL or size == _FULL:
        packed = _long_size(source.read_at(position + 30 + name, extra))
    if flags & _STREAMED and not packed:
        inflated = _inflated(source, data, limit) if method == 8 else None
        if inflated is None:
            return None
        after, found = inflated
        if int.from_bytes(source.read_at(after, 8).removeprefix(_DESCRIPTOR)[:4], "little") != found:
            return None
        return _descriptor(source, after, after - data)
    after = data + packed
    if after + 4 > limit:
        return None
    if flags & _STREAMED:
        return _descriptor(source, after, packed)
    return after if _is_record(source.read_at(_after_signature(source, after), 4)) else None


def _after_signature(source: Source, position: int) -> int:
    """Pass over an APK's signing block (Android, APK Signature Scheme v2), which lies before the directory."""
    size = int.from_bytes(source.read_at(position, 8), "little")
    if 24 <= size < 1 << 26 and source.read_at(position + size - 8, 16) == b"APK Sig Block 42":
        return position + 8 + size
    return position


def _is_sound(source: Source, position: int, head: bytes, after: int) -> bool:
    """Has the content of a member the CRC that it states? Only of stored and deflated ones, not of encrypted."""
    flags, method = struct.unpack_from("<HH", head, 6)
    crc, packed, size, name, extra = struct.unpack_from("<IIIHH", head, 14)
    if flags & (_ENCRYPTED | _STREAMED) or method not in (0, 8) or _FULL in (packed, size):
        return True
    data = position + 30 + name + extra
    if method == 0:
        found = 0
        for done in range(0, packed, _STEP):
            found = zlib.crc32(source.read_at(data + done, min(_STEP, packed - done)), found)
        return found == int(crc)
    result = _inflated(source, data, data + packed)
    return result is not None and result == (data + packed, crc)


def _is_record(mark: bytes) -> bool:
    return mark in (_LOCAL, _CENTRAL, _EXTRA)


def _long_size(extra: bytes) -> int:
    """The compressed size in the ZIP64 extra field (4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1 and length >= 16 and at + 20 <= len(extra):
            return int(struct.unpack_from("<Q", extra, at + 12)[0])
        at += 4 + length
    return 1 << 62


def _inflated(source: Source, position: int, limit: int) -> tuple[int, int] | None:
    """Return where a deflate stream ends, and the CRC of what came out; None where it does not end well."""
    inflate = zlib.decompressobj(-15)
    out = crc = taken = 0
    while position < limit:
        data = source.read_at(position, min(_STEP, limit - position))
        begun = len(data)
        taken += begun
        while data:
            try:
                given = inflate.decompress(data, 1 << 20)
            except zlib.error:
                return None
            crc = zlib.crc32(given, crc)
            out += len(given)
            if inflate.eof:
                return position + begun - len(inflate.unused_data), crc
            data = inflate.unconsumed_tail
            if out > _MOST_OUT + _RATIO * taken:
                return None
        if not begun:
            return None
        position += begun
    return None


def _descriptor(source: Source, position: int, packed: int) -> int | None:
    """Pass over a data descriptor (4.3.9): with or without its mark, sizes of four or eight bytes."""
    data = source.read_at(position, 28)
    at = 4 if data[:4] == _DESCRIPTOR else 0
    for width in (4, 8):
        stated = int.from_bytes(data[at + 4 : at + 4 + width], "little")
        after = at + 4 + 2 * width
        if stated == packed and _is_record(data[after : after + 4]):
            return position + after
    return None


def _directory(source: Source, position: int, start: int, members: int, limit: int) -> int | None:
    """Return where the end record ends, if the directory lists what was found."""
    begun = position = _after_signature(source, position)
    entries = 0
    while position + 46 <= limit and source.read_at(position, 4) == _CENTRAL:
        name, extra, comment = struct.unpack_from("<HHH", source.read_at(position, 46), 28)
        position += 46 + name + extra + comment
        entries += 1
    if not entries or entries > members:
        return None
    size = position - begun
    if source.read_at(position, 4) == _END64:
        position += 12 + int.from_bytes(source.read_at(position + 4, 8), "little")
        if source.read_at(position, 4) != _LOCATOR:
            return None
        position += 20
    end = source.read_at(position, 22)
    if len(end) < 22 or end[:4] != _END:
        return None
    count, stated, offset, comment = struct.unpack_from("<HIIH", end, 10)
    if count not in (entries, 0xFFFF) or stated not in (size, _FULL) or offset not in (begun - start, _FULL):
        return None
    return position + 22 + comment if position + 22 + comment <= limit else None


def _suffix(source: Source, position: int, head: bytes, name: bytes) -> str:
    """What kind of document a member gives away; empty where it does not."""
    for folder, suffix in _BY_FOLDER.items():
        if name.startswith(folder):
            return suffix
    if name.startswith(b"mimetype") and head[26:28] == b"\x08\x00":
        extra = int.from_bytes(head[28:30], "little")
        kind = source.read_at(position + 38 + extra, 64)
        if kind.startswith(b"application/epub"):
            return "epub"
        if kind.startswith(_OPEN_DOCUMENT):
            return next((s for k, s in _BY_TYPE.items() if kind[len(_OPEN_DOCUMENT) :].startswith(k)), "")
    return {b"AndroidManifest.xml": "apk", b"META-INF/MANIFEST.MF": "jar"}.get(name, "")
