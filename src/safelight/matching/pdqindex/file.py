"""The file of an index: a head that says what it is of and what lies where, then the tables, memory-mapped.

| bytes | what |
| --- | --- |
| 0–7 | `SLPDQIX` and the version, one byte |
| 8–11 | length of the head's JSON, little-endian |
| 12–43 | SHA-256 of the JSON |
| 44– | JSON: count of codes, SHA-256 of the codes, widths of the bands, sections as `[offset, size, SHA-256]` |
| from 32 KiB | for each band its offsets and its entries, each from a multiple of 4,096 bytes |
"""

from __future__ import annotations

import hashlib
import mmap
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.errors import DamagedIndexError
from safelight.matching.pdqindex.layout import ENTRY_BYTES, Layout, layout_for
from safelight.matching.pdqindex.tables import PADDING, Band, Codes, Tables, build_bands

_MAGIC: Final = b"SLPDQIX\x01"
_HEAD: Final = 32 << 10
_ALIGNED: Final = 4096
_JSON_AT: Final = 44


@dataclass(frozen=True, slots=True)
class Mapped:
    """The tables of a file, and what their digests must be."""

    tables: Tables
    path: Path
    source: str
    view: memoryview
    sections: tuple[tuple[int, int, str], ...]

    def verify(self, threads: int) -> None:
        """Read every table and compare its digest. Raises DamagedIndexError."""

        def is_right(section: tuple[int, int, str]) -> bool:
            start, size, digest = section
            return hashlib.sha256(self.view[start : start + size]).hexdigest() == digest

        with ThreadPoolExecutor(threads) as pool:
            if not all(pool.map(is_right, self.sections)):
                raise DamagedIndexError(f"The PDQ index {self.path.name} was altered or is damaged.")


def write_index(path: Path, codes: Codes, source: str, kernels: Kernels, threads: int) -> None:
    """Write the index of `(n, 32) uint8` codes, whole or not at all; `source` is the SHA-256 of the codes, in hex.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    layout = layout_for(len(codes))
    places, end = _places(layout, len(codes))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.truncate(handle, end)
        with ThreadPoolExecutor(threads) as pool:
            digests: list[str] = []
            for number, band in enumerate(build_bands(codes, layout, kernels, threads)):
                parts = [band.offsets.view(np.uint8).data, band.entries.data]
                for part, (start, _) in zip(parts, places[2 * number :], strict=False):
                    _write_all(handle, part, start)
                digests += pool.map(lambda part: hashlib.sha256(part).hexdigest(), parts)
        sections = [[*place, digest] for place, digest in zip(places, digests, strict=True)]
        said = {"count": len(codes), "source": source, "widths": layout.widths, "sections": sections}
        head = orjson.dumps(said)
        assert _JSON_AT + len(head) <= _HEAD
        whole = _MAGIC + len(head).to_bytes(4, "little") + hashlib.sha256(head).digest() + head
        _write_all(handle, memoryview(whole), 0)
        os.fsync(handle)
        temporary.replace(path)
    except BaseException:  # an interrupt too: no half file is left
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def map_tables(path: Path, count: int, source: str) -> Mapped:
    """Map a file of `count` codes with the SHA-256 `source`. Raises DamagedIndexError where it is not one, whole."""
    try:
        with path.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            head = _head(opened.read(_HEAD))
            layout, sections = layout_for(count), head["sections"]
            places, end = _places(layout, count)
            if head["count"] != count or head["source"] != source or tuple(head["widths"]) != layout.widths:
                raise DamagedIndexError(f"The PDQ index {path.name} is of other codes.")
            if size != end or [tuple(one[:2]) for one in sections] != places:
                raise DamagedIndexError(f"The PDQ index {path.name} is not whole.")
            mapped = mmap.mmap(opened.fileno(), end, access=mmap.ACCESS_READ)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedIndexError(f"There is no PDQ index in {path.name}.") from error
    arrays = [
        np.frombuffer(mapped, dtype, length // np.dtype(dtype).itemsize, start)
        for (start, length), dtype in zip(places, _dtypes(layout), strict=True)
    ]
    bands = tuple(Band(arrays[at], arrays[at + 1]) for at in range(0, len(arrays), 2))
    checked = tuple((int(start), int(length), str(digest)) for start, length, digest in sections)
    return Mapped(Tables(layout, bands), path, source, memoryview(mapped), checked)


def _head(raw: bytes) -> dict[str, Any]:
    """The head's JSON. Raises ValueError where it is none."""
    length = int.from_bytes(raw[8:12], "little")
    said = raw[_JSON_AT : _JSON_AT + length]
    if raw[:8] != _MAGIC or hashlib.sha256(said).digest() != raw[12:_JSON_AT]:
        raise ValueError("no head of an index")
    found: dict[str, Any] = orjson.loads(said)
    return found


def _places(layout: Layout, count: int) -> tuple[list[tuple[int, int]], int]:
    """Where each section begins and its bytes; and where the file ends."""
    at, places = _HEAD, []
    for offsets in layout.offset_counts():
        for size in (4 * offsets, ENTRY_BYTES * count + PADDING):
            places.append((at, size))
            at += -(-size // _ALIGNED) * _ALIGNED
    return places, at


def _dtypes(layout: Layout) -> list[str]:
    return ["<u4", "u1"] * len(layout.bands)


def _write_all(handle: int, data: memoryview, at: int) -> None:
    while data:
        written = os.pwrite(handle, data, at)
        data, at = data[written:], at + written
