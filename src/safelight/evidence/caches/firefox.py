"""Firefox's cache (`cache2/entries`): the body first, what is known of it behind (netwerk/cache2/CacheFileMetadata.h).

A file is named by forty digits and begins with whatever was fetched, so that it is known by its end: the last four
bytes say where the description begins. The body is a member of its own: its digest is that of what was fetched.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.caches import http
from safelight.evidence.found import HEAD_BYTES
from safelight.evidence.guards import Meter
from safelight.evidence.protocol import Limits, Node, Source

_NAME = re.compile(r"[0-9A-F]{40}")
_CHUNK = 256 << 10
_LONGEST = 1 << 20
_TAIL = 64 << 10
"""Bytes at the end of a file in which a description that breaks off is looked for."""
_FIELDS = struct.Struct(">7I")
_CUT = re.compile(rb"\0\0\0[\1-\4].{20}(....)(?:....)?([ -9;-~]*:https?://[!-~]+)", re.DOTALL)
"""A description of which the end is missing: its version, the length of its key, its key."""
_ALTERNATIVE = re.compile(rb"^\d+;(\d+),")


class FirefoxReader:
    """One entry: the body of an answer, with the address it came from."""

    name = "firefox"
    order = 43  # before the readers of what may have been fetched: an archive is opened as the member it is

    def detect(self, head: bytes, source: Source) -> bool:
        """By the description at its end; a large file and a cut description are looked at where the name fits."""
        if len(head) < 40 or (len(head) >= HEAD_BYTES and not _NAME.fullmatch(source.name)):
            return False
        tail = head[-4:] if len(head) == source.size else source.read_at(source.size - 4, 4)
        size = int.from_bytes(tail, "big")
        is_possible = size <= source.size - 40 and source.size - size <= _LONGEST
        if is_possible and _description(source, size) is not None:
            return True
        return _NAME.fullmatch(source.name) is not None and _cut(source) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the body, also where a part of the description is missing. Raises EvidenceError."""
        meter = Meter.of(limits, source)
        meter.entry()
        size = int.from_bytes(source.read_at(source.size - 4, 4), "big")
        found = _description(source, size) if size <= source.size - 40 else None
        if found is None:
            yield from _without_end(source, meter)
            return
        key, fetched, elements = found
        if alternative := _ALTERNATIVE.match(elements.get(b"alt-data", b"")):
            size = min(size, int(alternative[1]))
        if size:
            headers = http.headers_of(elements.get(b"response-head", b""))
            stamp = stamps.utc_seconds(fetched, "firefox") if fetched else None
            yield http.node(source, 0, size, http.address_of(key), headers, meter, fetched=stamp)


def _description(source: Source, size: int) -> tuple[bytes, int, dict[bytes, bytes]] | None:
    """The key, the time of the last change (seconds since 1970), the elements; None where it is none."""
    start = size + 4 + 2 * -(-size // _CHUNK)
    data = source.read_at(start, source.size - 4 - start) if start < source.size else b""
    if len(data) < 32:
        return None
    version, _, _, changed, _, _, length = _FIELDS.unpack_from(data)
    at = 28 if version == 1 else 32
    key = data[at : at + length]
    if (
        not 1 <= version <= 4
        or not 0 < length < 1 << 16
        or data[at + length : at + length + 1] != b"\0"
        or b":" not in key
    ):
        return None
    parts = data[at + length + 1 :].split(b"\0")
    return key, changed, dict(zip(parts[::2], parts[1::2], strict=False))


def _cut(source: Source) -> tuple[int, bytes] | None:
    """The length of the body and the key, by a description whose end is missing; None where there is none.

    It begins where the body and its check sums end, which says how long the body is.
    """
    start = max(0, source.size - _TAIL)
    data = source.read_at(start, source.size - start)
    for found in _CUT.finditer(data):
        chunks = (start + found.start() - 4) // (_CHUNK + 2)
        for size in (start + found.start() - 4 - 2 * number for number in (chunks, chunks + 1)):
            if size > 0 and size + 4 + 2 * -(-size // _CHUNK) == start + found.start():
                return size, found[2][: int.from_bytes(found[1], "big")]
    return None


def _without_end(source: Source, meter: Meter) -> Iterator[Node]:
    found = _cut(source)
    if found is None:
        raise EvidenceError("the description of the cache entry is damaged")
    size, key = found
    node = http.node(source, 0, size, http.address_of(key), {}, meter)
    node.error = "the end of the cache entry is missing: whether its body is packed is not known"
    yield node
