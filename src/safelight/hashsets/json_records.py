"""Cut a large JSON document into the objects of one of its arrays, at bounded memory.

A VICS set is one object of several GB whose `value` holds the records. The document is scanned for its
structure (strings, brackets, depth) a MiB at a time, and each record is parsed on its own: a record that
is broken costs itself only, and neither depth nor size of a hostile one can cost more than its limit.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson

from safelight.errors import FormatError
from safelight.hashsets.source import CHUNK

LARGEST_RECORD: Final = 16 << 20
"""Bytes of one record; a larger one is refused and passed over."""

DEEPEST: Final = 1 << 20
"""Nesting at which a document is given up; a record nested beyond 200 is refused on its own."""

_STEP: Final = np.zeros(256, np.int8)
_STEP[list(b"{[")] = 1
_STEP[list(b"}]")] = -1
_QUOTE: Final = ord('"')
_CLOSER: Final = {ord("{"): ord("}"), ord("["): ord("]")}


@dataclass(slots=True)
class _Scan:
    """What the scanner remembers between chunks."""

    record_depth: int
    depth: int = 0
    in_string: int = 0
    number: int = 0
    held: bytearray = field(default_factory=bytearray)
    open_at: int | None = None
    """Where in `held` the present record began."""
    oversize: bool = False
    wanted: list[bool] = field(default_factory=list)
    """For each open level down to the records: does it lead to them?"""
    closers: bytearray = field(default_factory=bytearray)
    """For each of the same levels, the bracket that must close it."""
    found: bool = False
    """Has the array been seen?"""


def json_records(stream: io.BufferedReader, path: tuple[str, ...]) -> Iterator[tuple[int, Any, str]]:
    """Yield `(number, object, "")`, or `(number, None, why)` for an element that cannot be used.

    `path` says which array: `("value",)` for `{"value": [record, …]}`, `("value", "Media")` for
    `{"value": [{"Media": [record, …]}, …]}`. Numbers count from 1 over the whole document.

    Raises:
        FormatError: the document ends in the middle, or its brackets do not match.
    """
    scan = _Scan(record_depth=2 * len(path) + 1)
    odd = b""
    while chunk := stream.read(CHUNK):
        chunk = odd + chunk
        odd = b"\\" if _odd_backslashes(chunk) else b""
        if odd:
            chunk = chunk[:-1]
        yield from _scan_chunk(scan, chunk, path)
    if scan.depth or scan.in_string:
        raise FormatError(
            f"The document ends in the middle, after record {scan.number}.",
            "Get the file again; it is cut off.",
        )
    if bytes(scan.held).strip(b" \t\r\n\0"):
        raise FormatError("Something follows the end of the document.", "Is this one JSON document?")
    if not scan.found:
        raise FormatError(f"The document has no array named {path[0]}.", "Is this the right format?")


def _odd_backslashes(chunk: bytes) -> bool:
    """Does the chunk end within an escape, so that its last backslash belongs to the next byte?"""
    return (len(chunk) - len(chunk.rstrip(b"\\"))) % 2 == 1


def _scan_chunk(scan: _Scan, chunk: bytes, path: tuple[str, ...]) -> Iterator[tuple[int, Any, str]]:
    """Advance over one chunk, which does not end within an escape."""
    base = len(scan.held)
    scan.held += chunk
    if b"\\" in chunk:
        chunk = chunk.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    text = np.frombuffer(chunk, np.uint8)
    inside = (np.cumsum(text == _QUOTE, dtype=np.uint8) + scan.in_string) & 1
    steps = _STEP[text]
    steps[inside.astype(bool)] = 0
    at = np.flatnonzero(steps)
    depths = scan.depth + np.cumsum(steps[at], dtype=np.int64)
    scan.in_string = int(inside[-1]) if inside.size else scan.in_string
    if at.size:
        if depths.min() < 0:
            raise FormatError(
                f"A bracket closes what was never opened, after record {scan.number}.", "The JSON is broken."
            )
        if depths.max() > DEEPEST:
            raise FormatError(
                f"Nested {DEEPEST} levels deep after record {scan.number}.", "The JSON is hostile."
            )
        scan.depth = int(depths[-1])
    level = np.maximum(depths, depths - steps[at])
    done = 0
    for position in at[level <= scan.record_depth]:
        where = base + int(position)
        byte = scan.held[where]
        if byte in b"{[":
            yield from _opens(scan, done, where, byte, path)
            if scan.open_at is None:
                done = where + 1
        else:
            yield from _closes(scan, done, where, byte)
            done = where + 1
    _forget(scan, done)


def _opens(
    scan: _Scan, done: int, where: int, byte: int, path: tuple[str, ...]
) -> Iterator[tuple[int, Any, str]]:
    """A shallow bracket opens: remember what kind of level it begins, or where a record begins."""
    before = bytes(scan.held[done:where])
    level = len(scan.wanted)
    scan.closers.append(_CLOSER[byte])
    in_wanted_array = level % 2 == 0 and level > 0 and scan.wanted[-1]
    if level == scan.record_depth - 1 and in_wanted_array:
        yield from _between(scan, before)
        scan.open_at, scan.oversize = where, False
        scan.wanted.append(True)
    elif level % 2 == 0:
        scan.wanted.append(byte == ord("{") and (level == 0 or in_wanted_array))
    else:
        key = f'"{path[level // 2]}"'.encode()
        head = before.rstrip()
        named = head.endswith(b":") and head[:-1].rstrip().endswith(key)
        wanted = scan.wanted[-1] and byte == ord("[") and named
        scan.found |= wanted
        scan.wanted.append(wanted)


def _closes(scan: _Scan, done: int, where: int, byte: int) -> Iterator[tuple[int, Any, str]]:
    """A shallow bracket closes: hand out the record that ends here, or what stood loose in the array."""
    if scan.closers.pop() != byte:
        raise FormatError(
            f"A bracket is closed by one of another kind, after record {scan.number}.", "The JSON is broken."
        )
    ends_array = scan.wanted.pop() and len(scan.wanted) == scan.record_depth - 2
    if scan.open_at is not None and len(scan.wanted) == scan.record_depth - 1:
        scan.number += 1
        if scan.oversize:
            yield scan.number, None, f"larger than {LARGEST_RECORD >> 20} MiB"
        else:
            yield _parsed(scan.number, bytes(scan.held[scan.open_at : where + 1]))
        scan.open_at = None
    elif ends_array and byte == ord("]"):
        yield from _between(scan, bytes(scan.held[done:where]))


def _between(scan: _Scan, gap: bytes) -> Iterator[tuple[int, Any, str]]:
    """What stands between two records: a comma; anything else is an element that is no record."""
    if rest := gap.strip(b", \t\r\n"):
        for _ in range(rest.count(b",") + 1):
            scan.number += 1
            yield scan.number, None, "not an object"


def _forget(scan: _Scan, done: int) -> None:
    """Keep only what the next chunk needs: the present record, or the key before the next bracket."""
    if scan.open_at is not None:
        if len(scan.held) - scan.open_at > LARGEST_RECORD:
            scan.oversize = True
            del scan.held[:]
            scan.open_at = 0
        else:
            del scan.held[: scan.open_at]
            scan.open_at = 0
    else:
        keep = max(done, len(scan.held) - 4096)
        del scan.held[:keep]


def _parsed(number: int, raw: bytes) -> tuple[int, Any, str]:
    """Parse one record; what strict JSON refuses (bytes that are not UTF-8, raw tabs) is read leniently."""
    try:
        value = _loads(raw)
    except RecursionError:
        return number, None, "nested too deeply"
    except ValueError as error:
        return number, None, f"not JSON: {str(error).split(':')[0]}"
    return (number, value, "") if isinstance(value, dict) else (number, None, "not an object")


def _loads(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return json.loads(raw.decode("utf-8", "replace"), strict=False)
