"""Delete files from an NTFS volume in a file, the way Windows leaves them: names, records and content remain.

Nothing is mounted. The in-use flag of the MFT record is cleared and its sequence number moves on, the
entry leaves the folder's index, the record and its clusters are marked free. Layouts as in the public
NTFS documentation (Linux-NTFS project): FILE and INDX records with update sequence arrays.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from safelight.errors import EvidenceError

_FILE_NAME, _DATA, _INDEX_ROOT, _INDEX_ALLOCATION, _BITMAP = 0x30, 0x80, 0x90, 0xA0, 0xB0
_ROOT_FOLDER, _VOLUME_BITMAP = 5, 6
_IN_USE = 0x0001
_LAST, _HAS_SUBNODE = 0x02, 0x01


@dataclass(frozen=True, slots=True)
class _Attribute:
    """One attribute of a FILE record; `runs` are (first cluster, count), or None when it is resident."""

    type: int
    start: int
    length: int
    value: int
    """Offset of the value within the record (resident only)."""
    size: int
    runs: list[tuple[int, int]] | None


class NtfsVolume:
    """An NTFS volume that lies in a plain file of its own; only what deleting needs."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        boot = self._at(0, 512)
        if boot[3:7] != b"NTFS":
            raise EvidenceError("this is not an NTFS volume")
        self._sector = int(struct.unpack_from("<H", boot, 11)[0])
        self._cluster = self._sector * boot[13]
        (per_record,) = struct.unpack_from("<b", boot, 0x40)
        self._record = 1 << -per_record if per_record < 0 else per_record * self._cluster
        first = int(struct.unpack_from("<Q", boot, 0x30)[0])
        self._mft_runs = [(first, max(1, self._record // self._cluster))]
        table = next(a for a in _attributes(self._read_record(0)) if a.type == _DATA)
        self._mft_runs = table.runs or []
        self._records = table.size // self._record
        self._names = self._scan_names()

    def delete(self, path: str) -> None:
        """Delete the file at `path` (folders separated by `/`). Raises EvidenceError when it is not there."""
        parent = _ROOT_FOLDER
        number = _ROOT_FOLDER
        for part in path.split("/"):
            parent, found = number, self._names.get((number, part))
            if found is None:
                raise EvidenceError(f"{path} is not on the volume")
            number = found
        record = self._read_record(number)
        for attribute in _attributes(record):
            for first, count in attribute.runs or []:
                self._clear_bits(_VOLUME_BITMAP, _DATA, first, count)
        sequence, flags = struct.unpack_from("<H", record, 0x10)[0], struct.unpack_from("<H", record, 0x16)[0]
        struct.pack_into("<H", record, 0x10, (sequence + 1) & 0xFFFF or 1)
        struct.pack_into("<H", record, 0x16, flags & ~_IN_USE)
        self._write_record(number, record)
        self._clear_bits(0, _BITMAP, number, 1)
        self._remove_from_index(parent, number)

    def _scan_names(self) -> dict[tuple[int, str], int]:
        """Map (number of the parent record, name) to the record that carries that name."""
        names = {}
        for number in range(self._records):
            record = self._read_record(number)
            if record[:4] != b"FILE" or not struct.unpack_from("<H", record, 0x16)[0] & _IN_USE:
                continue
            for attribute in _attributes(record):
                if attribute.type == _FILE_NAME:
                    value = record[attribute.value : attribute.value + attribute.size]
                    parent = int.from_bytes(value[:6], "little")
                    names[parent, value[66 : 66 + 2 * value[64]].decode("utf-16-le")] = number
        return names

    def _remove_from_index(self, folder: int, number: int) -> None:
        """Take the entry of record `number` out of the folder's index.

        An entry that holds up a branch of the tree stays: its record says free, which readers heed.
        """
        record = self._read_record(folder)
        for attribute in _attributes(record):
            if attribute.type == _INDEX_ROOT:
                header = attribute.value + 16
                cut = _remove_entry(record, header, number)
                if cut:
                    _shrink(record, attribute, cut)
                    self._write_record(folder, record)
                    return
            if attribute.type == _INDEX_ALLOCATION:
                size = self._index_block(record)
                for position in range(0, attribute.size, size):
                    offset = self._offset(attribute.runs or [], position)
                    block = bytearray(self._at(offset, size))
                    if block[:4] != b"INDX":
                        continue
                    _undo_fixups(block, self._sector)
                    if _remove_entry(block, 0x18, number):
                        self._put(offset, _with_fixups(block, self._sector))
                        return

    def _index_block(self, record: bytearray) -> int:
        root = next(a for a in _attributes(record) if a.type == _INDEX_ROOT)
        return int(struct.unpack_from("<I", record, root.value + 8)[0])

    def _clear_bits(self, number: int, kind: int, first: int, count: int) -> None:
        record = self._read_record(number)
        bitmap = next(a for a in _attributes(record) if a.type == kind)
        for bit in range(first, first + count):
            if bitmap.runs is None:
                record[bitmap.value + bit // 8] &= ~(1 << bit % 8)
            else:
                offset = self._offset(bitmap.runs, bit // 8)
                self._put(offset, bytes([self._at(offset, 1)[0] & ~(1 << bit % 8)]))
        if bitmap.runs is None:
            self._write_record(number, record)

    def _offset(self, runs: list[tuple[int, int]], position: int) -> int:
        for first, count in runs:
            if position < count * self._cluster:
                return first * self._cluster + position
            position -= count * self._cluster
        raise EvidenceError("an attribute ends before its size")

    def _read_record(self, number: int) -> bytearray:
        record = bytearray(self._at(self._offset(self._mft_runs, number * self._record), self._record))
        if record[:4] == b"FILE":
            _undo_fixups(record, self._sector)
        return record

    def _write_record(self, number: int, record: bytearray) -> None:
        self._put(self._offset(self._mft_runs, number * self._record), _with_fixups(record, self._sector))

    def _at(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)

    def _put(self, offset: int, data: bytes) -> None:
        self._file.seek(offset)
        self._file.write(data)


def delete_files(volume: Path, paths: list[str]) -> None:
    """Delete `paths` from the NTFS volume in the file `volume`. Raises EvidenceError when one is missing."""
    with volume.open("r+b") as file:
        ntfs = NtfsVolume(file)
        for path in paths:
            ntfs.delete(path)


def _attributes(record: bytearray) -> Iterator[_Attribute]:
    at = int(struct.unpack_from("<H", record, 0x14)[0])
    while at + 8 <= len(record):
        kind, length = struct.unpack_from("<II", record, at)
        if kind == 0xFFFFFFFF or length == 0:
            return
        if record[at + 8]:
            runs_at = at + struct.unpack_from("<H", record, at + 0x20)[0]
            size = struct.unpack_from("<Q", record, at + 0x30)[0]
            yield _Attribute(kind, at, length, 0, size, _runs(record[runs_at : at + length]))
        else:
            size, value = struct.unpack_from("<IH", record, at + 0x10)
            yield _Attribute(kind, at, length, at + value, size, None)
        at += length


def _runs(packed: bytearray) -> list[tuple[int, int]]:
    """Decode a mapping pairs array; sparse runs are left out."""
    runs, at, cluster = [], 0, 0
    while at < len(packed) and packed[at]:
        count_bytes, delta_bytes = packed[at] & 15, packed[at] >> 4
        count = int.from_bytes(packed[at + 1 : at + 1 + count_bytes], "little")
        delta = packed[at + 1 + count_bytes : at + 1 + count_bytes + delta_bytes]
        cluster += int.from_bytes(delta, "little", signed=True)
        if delta_bytes:
            runs.append((cluster, count))
        at += 1 + count_bytes + delta_bytes
    return runs


def _remove_entry(data: bytearray, header: int, number: int) -> int:
    """Close the gap over the index entry of record `number`; return its length, 0 when it was not removed."""
    first, used = struct.unpack_from("<II", data, header)
    at, end = header + first, header + used
    while at < end:
        length, _, flags = struct.unpack_from("<HHI", data, at + 8)
        if flags & _LAST or length == 0:
            return 0
        if int.from_bytes(data[at : at + 6], "little") == number:
            if flags & _HAS_SUBNODE:
                return 0
            data[at : end - length] = data[at + length : end]
            struct.pack_into("<I", data, header + 4, used - length)
            return int(length)
        at += length
    return 0


def _shrink(record: bytearray, root: _Attribute, by: int) -> None:
    """Make the resident index `by` bytes shorter and move what follows it in the record."""
    header = root.value + 16
    struct.pack_into("<I", record, header + 8, struct.unpack_from("<I", record, header + 8)[0] - by)
    struct.pack_into("<I", record, root.start + 4, root.length - by)
    struct.pack_into("<I", record, root.start + 0x10, root.size - by)
    used = struct.unpack_from("<I", record, 0x18)[0]
    end = root.start + root.length
    record[end - by : used] = record[end:used] + bytes(by)
    struct.pack_into("<I", record, 0x18, used - by)


def _undo_fixups(record: bytearray, sector: int) -> None:
    at, count = struct.unpack_from("<HH", record, 4)
    for index in range(1, count):
        record[index * sector - 2 : index * sector] = record[at + 2 * index : at + 2 * index + 2]


def _with_fixups(record: bytearray, sector: int) -> bytes:
    fixed = bytearray(record)
    at, count = struct.unpack_from("<HH", record, 4)
    for index in range(1, count):
        fixed[at + 2 * index : at + 2 * index + 2] = record[index * sector - 2 : index * sector]
        fixed[index * sector - 2 : index * sector] = record[at : at + 2]
    return bytes(fixed)
