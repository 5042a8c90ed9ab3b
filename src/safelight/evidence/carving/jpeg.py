"""Follow a JPEG through its markers and its entropy-coded data (ITU-T T.81) to the end-of-image marker.

Where numba is installed, baseline and progressive data is decoded as far as bits go (`jpeg_kernel.py`), so
that it shows where another file's data begins. Without it, and for arithmetic coding, lossless pictures and
such without a stated height, only markers are followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safelight.evidence.carving.compiled import is_compiled
from safelight.evidence.carving.jpeg_kernel import (
    BROKEN,
    BYTE,
    DONE,
    FAULT,
    STATE,
    sequential,
)
from safelight.evidence.carving.jpeg_progressive import SHORT, progressive
from safelight.evidence.carving.jpeg_tables import Frame, Ints, Scan, Tables, read_frame, read_scan
from safelight.evidence.protocol import Source

Levels = npt.NDArray[np.int32]
_SMALL, _LARGE = 1 << 16, 1 << 20
_LOOSE = 512
"""Bytes between the data of a scan and the next marker that some encoders leave."""
_MOST_LEVELS = 1 << 22
_MOST_WORK = 1 << 26
_NEVER = 1 << 62
_BREAK = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")  # a marker that ends entropy-coded data
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEGMENTS = _FRAMES | {0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE} | frozenset(range(0xE0, 0xF0))
_RESTARTS = range(0xD0, 0xD8)


@dataclass(slots=True)
class ScanPoint:
    """A walk as it stood where the data of a scan begins: enough to decode that scan again."""

    position: int
    scan: Scan
    frame: Frame
    tables: Tables
    largest: Ints
    restart: int
    scans: int
    known: Ints | None


class JpegWalk:
    """Follows the JPEG that begins with byte 0 of `source`, not beyond `limit`.

    After `run`: `end` is its size, or 0 where it breaks off at `fault`, in a segment that begins at `segment`
    or in the scan `point` (None: in a segment). `content` is the bytes of entropy-coded data that were sound.
    """

    def __init__(self, source: Source, limit: int) -> None:
        self._source = source
        self.limit = min(limit, source.size)
        self.frame: Frame | None = None
        self.tables = Tables()
        self.restart = 0
        self.scans = 0
        self.known: Ints | None = None
        self.levels: Levels = np.zeros(0, np.int32)
        self.end = 0
        self.fault = 0
        self.segment = 2
        self.first_data = 0
        self.content = 0
        self.work = 0
        """Blocks that were noted anew for the scans of a progressive picture."""
        self.points: list[ScanPoint] = []
        self.point: ScanPoint | None = None
        self.strict = False
        """Does nothing but a marker count after the last MCU? (For pieces that are tried.)"""

    def run(self, position: int = 2) -> bool:
        """Follow markers from `position` on; False where it is no JPEG at all, or breaks off."""
        source, limit = self._source, self.limit
        while True:
            self.segment = position
            self.point = None
            head = source.read_at(position, 4)
            if len(head) < 2 or position + len(head) > limit or head[0] != 0xFF:
                return self._breaks(min(position, limit))
            marker = head[1]
            if marker == 0xFF:
                position += 1
                continue
            if marker == 0xD9 and self.content:
                self.end = position + 2
                return True
            length = int.from_bytes(head[2:4], "big")
            if marker not in _SEGMENTS or length < 2 or len(head) < 4:
                return self._breaks(position)
            if not self._segment(marker, position + 4, length - 2):
                return self._breaks(position)
            position += 2 + length
            if marker == 0xDA:
                after = self._scan(position)
                if after is None:
                    return False
                position = after

    def resumed(self, source: Source, point: ScanPoint, levels: Levels) -> JpegWalk:
        """The same picture in another source, which goes on elsewhere from an MCU of a scan on: then `run_from`."""
        walk = JpegWalk(source, source.size)
        walk.frame, walk.tables, walk.restart = point.frame, point.tables, point.restart
        walk.scans, walk.known = point.scans, None if point.known is None else point.known.copy()
        walk.levels, walk.first_data, walk.strict = levels, self.first_data, True
        return walk

    def run_from(self, point: ScanPoint, state: Ints) -> bool:
        """Decode the rest of a scan from `state`, whose position counts from the picture's first byte; go on."""
        after = self._decode(point, state)
        return after is not None and self.run(after)

    def _breaks(self, fault: int) -> bool:
        self.fault = fault
        return False

    def _segment(self, marker: int, at: int, length: int) -> bool:
        """Take in what a segment says; False where that is impossible."""
        if marker in _FRAMES:
            if self.frame is not None:
                return False
            self.frame = read_frame(marker, self._source.read_at(at, length) if length < 32 else b"")
            return self.frame is not None
        if marker in (0xC4, 0xDB):
            body = self._source.read_at(at, length)
            if len(body) < length or at + length > self.limit:
                return False
            if self.points:
                self.tables = self.tables.copy()
            return self.tables.huffman(body) if marker == 0xC4 else self.tables.quantiser(body)
        if marker == 0xDD:
            if length != 2:
                return False
            self.restart = int.from_bytes(self._source.read_at(at, 2), "big")
        return True

    def _scan(self, position: int) -> int | None:
        """Go through the data of one scan; None where it breaks off."""
        frame = self.frame
        length = int.from_bytes(self._source.read_at(self.segment + 2, 2), "big") - 2
        body = self._source.read_at(self.segment + 4, length)
        scan = None if frame is None or len(body) < length else read_scan(frame, self.tables, body)
        if frame is None or scan is None:
            self.fault = self.segment
            return None
        self.first_data = self.first_data or position
        self.scans += 1
        if not frame.is_decoded or not is_compiled():
            after = _data_end(self._source, position, self.limit)
            self.content += after - position
            return after
        if frame.is_progressive:
            self.work += frame.blocks
            if self.work > _MOST_WORK:
                self.fault = self.segment
                return None
        if frame.is_progressive and self.known is None:
            self.known = np.zeros(frame.blocks, np.int64)
        if scan.has_levels:
            count = scan.total * len(scan.components)
            self.levels = np.zeros(count if count <= _MOST_LEVELS else 0, np.int32)
        known = None if self.known is None else self.known.copy()
        largest = self.tables.largest(frame)
        point = ScanPoint(position, scan, frame, self.tables, largest, self.restart, self.scans, known)
        self.points = [*self.points[-1:], point]
        state = np.zeros(STATE, np.int64)
        state[BYTE] = position
        return self._decode(point, state)

    def _decode(self, point: ScanPoint, state: Ints) -> int | None:
        """Decode from `state` to the end of the scan; None where it breaks off."""
        base = begin = int(state[BYTE])
        state[BYTE] = 0
        step = _SMALL
        while True:
            data = self._source.read_at(base, min(step, self.limit - base))
            ended = decode(point, data, len(data), state, self.levels, self.known)
            at = base + int(state[BYTE])
            if ended == DONE:
                self.content += at - begin
                return self._after(at)
            if ended == BROKEN or at + len(data) - int(state[BYTE]) >= self.limit or not data:
                self.fault = min(base + int(state[FAULT]), self.limit)
                break
            if at == base and step == _LARGE:
                self.fault = at
                break
            base, step = at, _LARGE
            state[BYTE] = 0
        self.content += max(0, at - begin)
        self.point = point
        return None

    def _after(self, position: int) -> int:
        """Where the marker after a scan stands; a last restart marker and some stray bytes are passed over."""
        data = self._source.read_at(position, 1 if self.strict else _LOOSE)
        if self.strict or data[:1] == b"\xff":
            head = self._source.read_at(position, 2)
            return position + 2 if len(head) == 2 and head[0] == 0xFF and head[1] in _RESTARTS else position
        found = _BREAK.search(data)
        return position + found.end() - 2 if found else position


def decode(
    point: ScanPoint,
    data: bytes,
    end: int,
    state: Ints,
    levels: Levels,
    known: Ints | None,
) -> int:
    """Decode `data` up to `end` as the scan at `point` says, from `state` on; returns how it ended."""
    scan, tables = point.scan, point.tables
    end = min(end, len(data))  # compiled code does not see where an array ends
    bytes_ = np.frombuffer(data, np.uint8)
    shared = (bytes_, end, -1, -1, _NEVER, scan.total, point.restart, scan.blocks)
    huffman = (tables.look, tables.most, tables.offsets, tables.symbols, point.largest)
    if known is None:
        return int(sequential(*shared, *huffman, state, levels))
    band = np.array(scan.band, np.int64)
    log = np.zeros(SHORT, np.int64)
    return int(progressive(*shared, scan.place, band, *huffman, state, levels, known, log))


def _data_end(source: Source, position: int, limit: int) -> int:
    """Return where the next marker other than a restart stands."""
    while position < limit:
        data = source.read_at(position, min(_SMALL, limit - position))
        found = _BREAK.search(data)
        if found:
            return position + found.end() - 2
        if len(data) < 2:
            break
        position += len(data) - (1 if data[-1] == 0xFF else 0)
    return limit
