"""What the markers of a JPEG say of the data that follows: frame, scan, Huffman and quantisation tables.

Everything is checked as ITU-T T.81, annex B states it; what does not hold gives None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from safelight.evidence.carving.jpeg_kernel import LOOK

Ints = npt.NDArray[np.int64]
MOST_BLOCKS = 1 << 23
"""Blocks of 8 × 8 of a picture that is decoded: some 350 million pixels, of a progressive one half of it. Of larger
ones only markers are followed."""
_TABLES = 8  # DC 0 to 3, AC 4 to 7
_LARGEST = 1_536
"""An AC coefficient of 8-bit samples is below 1,024; encoders round, so half as much again is allowed."""


@dataclass(slots=True)
class Frame:
    """The picture: samples in a row and rows, components as (id, across, down, quantisation table)."""

    marker: int
    bits: int
    width: int
    height: int
    components: tuple[tuple[int, int, int, int], ...]
    across: int = 0
    down: int = 0
    mcus: tuple[int, int] = (0, 0)
    strides: tuple[int, ...] = ()
    """Blocks in a row of each component, padded to whole MCUs."""
    bases: tuple[int, ...] = ()
    blocks: int = 0

    def row(self, scan: Scan) -> int:
        """MCUs in a row of a scan."""
        return self.mcus[0] if len(scan.components) > 1 else int(scan.place[2])

    @property
    def is_progressive(self) -> bool:
        """Is it SOF2?"""
        return self.marker == 0xC2

    @property
    def is_decoded(self) -> bool:
        """Huffman-coded and not lossless, with a stated height, and of a size that can be followed?"""
        most = MOST_BLOCKS // 2 if self.is_progressive else MOST_BLOCKS
        return self.marker in (0xC0, 0xC1, 0xC2) and self.height > 0 and 0 < self.blocks <= most


@dataclass(slots=True)
class Scan:
    """One scan: components (index into the frame, DC table, AC table) and what part of the coefficients."""

    components: tuple[tuple[int, int, int], ...]
    band: tuple[int, int, int, int]
    total: int = 0
    blocks: Ints = field(default_factory=lambda: np.zeros((0, 4), np.int64))
    place: Ints = field(default_factory=lambda: np.zeros(3, np.int64))

    @property
    def has_levels(self) -> bool:
        """Does it carry the first bits of the DC?"""
        return self.band[0] == 0 and self.band[2] == 0


class Tables:
    """Huffman and quantisation tables as they stand at a scan."""

    def __init__(self) -> None:
        self.look = np.zeros((_TABLES, 1 << LOOK), np.int64)
        self.most = np.full((_TABLES, 18), -1, np.int64)
        self.offsets = np.zeros((_TABLES, 18), np.int64)
        self.symbols = np.zeros((_TABLES, 256), np.int64)
        self.defined = 0
        self._stated: dict[int, bytes] = {}
        """Tables that were read and not laid out yet: most of what begins like a picture never comes to a scan."""
        self.quantisers: dict[int, list[int]] = {}

    def copy(self) -> Tables:
        """The same tables, to be changed apart."""
        made = Tables.__new__(Tables)
        made.look, made.most = self.look.copy(), self.most.copy()
        made.offsets, made.symbols = self.offsets.copy(), self.symbols.copy()
        made.defined, made.quantisers = self.defined, dict(self.quantisers)
        made._stated = dict(self._stated)
        return made

    def huffman(self, body: bytes) -> bool:
        """Take the tables of a DHT segment; False where they are impossible."""
        at = 0
        while at < len(body):
            if at + 17 > len(body):
                return False
            kind, number = body[at] >> 4, body[at] & 15
            counts = body[at + 1 : at + 17]
            total = sum(counts)
            if kind > 1 or number > 3 or total > 256 or at + 17 + total > len(body) or not total:
                return False
            code = 0
            for length, count in enumerate(counts, 1):
                code += count
                if code > 1 << length:
                    return False
                code <<= 1
            self._stated[kind * 4 + number] = body[at : at + 17 + total]
            self.defined |= 1 << (kind * 4 + number)
            at += 17 + total
        return at == len(body)

    def lay_out(self) -> None:
        """Make the tables that were read since the last time."""
        for table, body in self._stated.items():
            made = _laid_out(body, table >= 4)
            self.look[table], self.most[table], self.offsets[table], self.symbols[table] = made
        self._stated = {}

    def quantiser(self, body: bytes) -> bool:
        """Take the tables of a DQT segment; False where they are impossible."""
        at = 0
        while at < len(body):
            wide, number = body[at] >> 4, body[at] & 15
            length = 128 if wide else 64
            values = body[at + 1 : at + 1 + length]
            if wide > 1 or number > 3 or len(values) < length:
                return False
            step = 2 if wide else 1
            self.quantisers[number] = [
                int.from_bytes(values[n : n + step], "big") for n in range(0, length, step)
            ]
            if not all(self.quantisers[number]):
                return False
            at += 1 + length
        return True

    def largest(self, frame: Frame) -> Ints:
        """The most bits that each coefficient of each component can have; [c, 0] is the largest DC itself."""
        most = np.full((4, 64), 15, np.int64)
        most[:, 0] = 1 << 20
        scale = 1 << (frame.bits - 8)
        for index, (_, _, _, number) in enumerate(frame.components):
            steps = self.quantisers.get(number)
            if steps is not None:
                most[index] = _most_bits(tuple(steps), scale)
        return most


@lru_cache(maxsize=256)
def _laid_out(body: bytes, is_ac: bool) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the rows of `look`, `most`, `offsets` and `symbols` of one table; most pictures have the same ones."""
    counts, values = body[1:17], body[17:]
    look, most = np.zeros(1 << LOOK, np.int64), np.full(18, -1, np.int64)
    offsets, symbols = np.zeros(18, np.int64), np.zeros(256, np.int64)
    symbols[: len(values)] = np.frombuffer(values, np.uint8)
    code = index = 0
    for length, count in enumerate(counts, 1):
        if count:
            offsets[length] = index - code
            for symbol in values[index : index + count] if length <= LOOK else b"":
                size = symbol & 15 if is_ac else symbol
                if size <= 15:
                    first = code << (LOOK - length)
                    look[first : first + (1 << (LOOK - length))] = (length + size) | symbol << 8
                code += 1
            if length > LOOK:
                code += count
            index += count
            most[length] = code - 1
        code <<= 1
    return look, most, offsets, symbols


@lru_cache(maxsize=256)
def _most_bits(steps: tuple[int, ...], scale: int) -> Ints:
    """Return what `Tables.largest` has of a component with these quantisers."""
    most = np.array([(_LARGEST * scale // step).bit_length() for step in steps], np.int64)
    most[0] = (_LARGEST * scale) // steps[0] + 2
    return most


def read_frame(marker: int, body: bytes) -> Frame | None:
    """Read a start of frame (B.2.2)."""
    if len(body) < 6:
        return None
    bits, height, width = body[0], int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    count = body[5]
    if bits not in (8, 12) and not (marker in (0xC3, 0xCB) and 2 <= bits <= 16):
        return None
    if not width or not 1 <= count <= 4 or len(body) != 6 + 3 * count:
        return None
    components = []
    for number in range(count):
        name, factors, quantiser = body[6 + 3 * number : 9 + 3 * number]
        across, down = factors >> 4, factors & 15
        if not 1 <= across <= 4 or not 1 <= down <= 4 or quantiser > 3:
            return None
        components.append((name, across, down, quantiser))
    if len({name for name, *_ in components}) < count:
        return None
    frame = Frame(marker, bits, width, height, tuple(components))
    frame.across = max(across for _, across, _, _ in components)
    frame.down = max(down for _, _, down, _ in components)
    frame.mcus = (-(-width // (8 * frame.across)), -(-height // (8 * frame.down)))
    strides, bases, base = [], [], 0
    for _, across, down, _ in components:
        bases.append(base)
        strides.append(frame.mcus[0] * across)
        base += strides[-1] * frame.mcus[1] * down
    frame.strides, frame.bases, frame.blocks = tuple(strides), tuple(bases), base
    return frame


def read_scan(frame: Frame, tables: Tables, body: bytes) -> Scan | None:
    """Read a start of scan (B.2.3) and lay out its MCUs."""
    count = body[0] if body else 0
    if not 1 <= count <= len(frame.components) or len(body) != 4 + 2 * count:
        return None
    names = [name for name, *_ in frame.components]
    parts = []
    for number in range(count):
        name, selectors = body[1 + 2 * number : 3 + 2 * number]
        if name not in names or selectors >> 4 > 3 or selectors & 15 > 3:
            return None
        parts.append((names.index(name), selectors >> 4, 4 + (selectors & 15)))
    if len({index for index, *_ in parts}) < count:
        return None
    first, last, approximation = body[-3:]
    scan = Scan(tuple(parts), (first, last, approximation >> 4, approximation & 15))
    if not frame.is_decoded:
        return scan
    if not _fits(frame, scan, tables):
        return None
    tables.lay_out()
    blocks: list[tuple[int, int, int, int]] = []
    if count == 1:
        index, dc, ac = parts[0]
        _, across, down, _ = frame.components[index]
        wide = _up(_up(frame.width * across, frame.across), 8)
        high = _up(_up(frame.height * down, frame.down), 8)
        scan.total = wide * high
        blocks.append((index, dc, ac, 0))
        scan.place = np.array((frame.bases[index], frame.strides[index], wide), np.int64)
    else:
        scan.total = frame.mcus[0] * frame.mcus[1]
        for number, (index, dc, ac) in enumerate(parts):
            _, across, down, _ = frame.components[index]
            blocks += [(index, dc, ac, number)] + [(index, dc, ac, -1)] * (across * down - 1)
        if len(blocks) > 10:
            return None
    scan.blocks = np.array(blocks, np.int64)
    return scan


def _up(number: int, unit: int) -> int:
    return -(-number // unit)


def _fits(frame: Frame, scan: Scan, tables: Tables) -> bool:
    first, last, high, low = scan.band
    if frame.is_progressive:
        if first > last or last > 63 or low > 13 or (high and high != low + 1):
            return False
        if first == 0 and last:
            return False
        if first and len(scan.components) > 1:
            return False
        needed = [dc for _, dc, _ in scan.components if not high] if not first else [scan.components[0][2]]
    else:
        needed = [table for _, dc, ac in scan.components for table in (dc, ac)]
    return all(tables.defined >> table & 1 for table in needed)
