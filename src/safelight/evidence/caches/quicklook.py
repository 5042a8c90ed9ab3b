"""macOS's QuickLook thumbnails: `index.sqlite` says which file each is of, `thumbnails.data` beside it has the pixels.

The database is read as a copy in memory, never in place; a time limit ends a query that does not.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.documents.pdf_pictures import RGB, Colours, Raster, png
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.mail.letter import clean_path, say
from safelight.evidence.neighbour import neighbour
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sqlite.reader import SqliteReader
from safelight.evidence.stream import StreamSource

_LARGEST = 512 << 20
_SECONDS = 60.0
_TALLEST = 1 << 14
_QUERY = (
    "SELECT f.folder, f.file_name, t.width, t.height, t.bitsperpixel, t.bytesperrow, "
    "t.bitmapdata_location, t.bitmapdata_length FROM thumbnails t LEFT JOIN files f ON f.rowid = t.file_id "
    "ORDER BY t.bitmapdata_location"
)


class QuickLookReader:
    """Thumbnails of files that Finder showed, on any volume."""

    name = "quicklook"
    order = 45
    formats = frozenset(("sqlite",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By the columns that its table has."""
        return b"bitmapdata_location" in head

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the thumbnails as PNG, named as the files they are of, then what else lies in the database.

        Raises EvidenceError.
        """
        failed: EvidenceError | None = None
        try:
            yield from self._thumbnails(source, limits)
        except GuardError:
            raise
        except EvidenceError as error:
            failed = error
        yield from SqliteReader().walk(source, limits)
        if failed is not None:
            raise failed

    def _thumbnails(self, source: Source, limits: Limits) -> Iterator[Node]:
        meter = Meter.of(limits, source)
        pixels = neighbour(source, limits, "thumbnails.data", part=True)
        if pixels is None:
            raise EvidenceError(
                "the thumbnails' pixels are not there: no file thumbnails.data beside the index"
            )
        try:
            for row in _rows(source):
                meter.entry()
                yield _node(row, pixels, meter)
        finally:
            pixels.close()


def _rows(source: Source) -> Iterator[tuple[Any, ...]]:
    if source.size > _LARGEST:
        raise EvidenceError(f"its index is larger than {_LARGEST >> 20} MiB")
    data = bytearray(source.read_at(0, source.size))
    data[18:20] = b"\1\1"  # a copy in memory has no write-ahead log
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(bytes(data))
        del data
        connection.execute("PRAGMA trusted_schema = OFF")
        until = time.monotonic() + _SECONDS
        connection.set_progress_handler(lambda: int(time.monotonic() > until), 100_000)
        yield from connection.execute(_QUERY)
    except sqlite3.Error as error:
        raise EvidenceError(f"its index cannot be read: {error}") from error
    finally:
        connection.close()


def _node(row: tuple[Any, ...], pixels: Source, meter: Meter) -> Node:
    folder, name = (part if isinstance(part, str) else "" for part in row[:2])
    numbers = [part if isinstance(part, int) else 0 for part in row[2:]]
    width, height, depth, stride, at, length = numbers
    path = f"{folder}/{name}" if name else f"thumbnail at {at}"
    node = Node(clean_path(path) + b".png", Kind.FILE, address={"offset": at}, layer="member")
    node.note = say(f"thumbnail of {path}" if name else "thumbnail of a file that the index no longer names")
    if depth != 32 or not 0 < width <= _TALLEST or not 0 < height <= _TALLEST or stride < 4 * width:
        node.error = "its pixels are laid out in a way that is not known"
    elif at < 0 or length < stride * height or at + stride * height > pixels.size:
        node.error = "its pixels lie beyond the end of thumbnails.data"
    else:
        node.open = partial(_open, pixels, width, height, stride, at, meter)
    return node


def _open(pixels: Source, width: int, height: int, stride: int, at: int, meter: Meter) -> Source:
    shape = Raster(width, height, 8, Colours(3, RGB))

    def rows() -> Iterator[bytes]:
        for number in range(height):
            row = pixels.read_at(at + number * stride, 4 * width)
            out = bytearray(3 * width)
            out[0::3], out[1::3], out[2::3] = row[2::4], row[1::4], row[0::4]  # blue, green, red, opacity
            yield bytes(out)

    return StreamSource(meter.guarded(png(shape, rows, None), lambda: stride * height), None)
