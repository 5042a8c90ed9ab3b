"""Write a hash list in its memory-mapped form: sorted digests, entries, a manifest; whole or not at all.

The parts, all little-endian unless said otherwise (`HashList` in `store.py` reads them):

    manifest.json          counts, categories, and size and SHA-256 of every part
    <algorithm>.digests    (n, width) uint8, sorted, no row twice with the same number
    <algorithm>.numbers    (n,) uint32: the entry of each row, `PLAIN` where its hex form is all there is
    <algorithm>.fan        (2^bits + 1,) uint32: where the rows with each leading `bits` bits begin
    entries.ids, .id_ends          UTF-8 ids back to back, (e,) uint64 ends
    entries.categories             (e,) uint16 index into the manifest's categories, 0: none
    entries.qualities              (e,) uint8 PDQ quality, 255: not stated
    entries.has, entries.<algorithm>   (e,) uint8 bit per algorithm; (e, width) uint8 its digests
    entries.facts, .fact_ends      pages of `PAGE` entries' facts: JSON, zstd, sealed; uint64 ends
    hints.sizes, hints.names       what entries state of size and name (`hints.py`)
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import orjson
import zstandard
from numpy.typing import NDArray

from safelight.errors import FormatError
from safelight.hashsets.digests import WIDTH, strongest
from safelight.hashsets.hints import Collector
from safelight.hashsets.protocol import Block, DigestBlock, Record, Rejected
from safelight.hashsets.runs import Rows, RunSorter
from safelight.progress import Progress, Progressed, silent

VERSION: Final = 1
MANIFEST: Final = "manifest.json"
PLAIN: Final = 0xFFFF_FFFF
"""The number of a digest that has no entry: its id is its hex form."""
PAGE: Final = 1024
ALGORITHMS: Final = tuple(WIDTH)
"""The order of the bits of `entries.has`."""
UNSTATED: Final = 255
REJECTED_KEPT: Final = 1000
"""How many refused records are kept with their reason; all are counted."""

_MOST_CATEGORIES: Final = 0xFFFF
_LONGEST_ID: Final = 256
_LARGEST_FACTS: Final = 64 << 10
_FAN_BITS: Final = 20
_COPY: Final = 1 << 20


@dataclass(slots=True)
class BuildReport:
    """What was read and what is in the set now. `rejected` are the first 1,000 of `rejected_count`."""

    records: int = 0
    """Records of the list, usable or not."""
    added: int = 0
    """Entries, and distinct digests without an entry, in the set."""
    rejected_count: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def build(
    blocks: Iterator[Block],
    folder: Path,
    *,
    progress: Progress = silent,
    seal: Callable[[bytes], bytes] | None = None,
) -> BuildReport:
    """Write the list that `blocks` give to `folder`, at constant memory.

    It is built in a sibling folder and renamed when it is complete and on disk. Where reading fails, what
    was at `folder` is still there, unchanged. Two runs never share a folder's name: give each set its own.

    Args:
        blocks: what a `ListReader` yields.
        folder: where the set goes. An older set there is replaced.
        progress: told after each block.
        seal: encrypts the pages of facts (series, comments, file names). Digests, ids and categories stay
            in clear: hash sets are reference lists.

    Raises:
        FormatError: from the reader, or because the list is empty or nothing in it is usable.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.parent / f".{folder.name}.{secrets.token_hex(4)}.partial"
    partial.mkdir(mode=0o700)
    try:
        builder = _Builder(partial, seal)
        try:
            for block in blocks:
                builder.add(block)
                progress(
                    Progressed("import", builder.report.records, unreadable=builder.report.rejected_count)
                )
            report = builder.finish()
        finally:
            builder.close()
        _replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return report


def _replace(partial: Path, folder: Path) -> None:
    """Put a finished folder in its place; an older one is moved aside first and removed last."""
    _sync_folder(partial)
    aside = partial.with_suffix(".old")
    replaced = folder.exists()
    if replaced:
        folder.rename(aside)
    try:
        partial.rename(folder)
    except OSError:
        if replaced:
            aside.rename(folder)
        raise
    _sync_folder(folder.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Part:
    """A file of the set: written once from front to back, digested on the way, synced at its end."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.size = name, 0
        self._file = (folder / name).open("xb", buffering=_COPY)
        self._sha256 = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._sha256.update(data)
        self.size += len(data)

    def finish(self) -> dict[str, object]:
        """Sync, close, and say what it is for the manifest."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self.close()
        return {"size": self.size, "sha256": self._sha256.hexdigest()}

    def close(self) -> None:
        self._file.close()


class _Builder:
    """The state of one build."""

    def __init__(self, folder: Path, seal: Callable[[bytes], bytes] | None) -> None:
        self.report = BuildReport()
        self._folder, self._sealed = folder, seal is not None
        self._seal = seal or (lambda page: page)
        self._parts: dict[str, _Part] = {}
        self._sorters: dict[str, RunSorter] = {}
        self._categories: dict[str, int] = {}
        self._entries = 0
        self._page: list[Record] = []
        self._plain: dict[str, bytearray] = {}
        self._zstd = zstandard.ZstdCompressor(level=3)
        self._accepted = 0
        self._hints = Collector()

    def add(self, block: Block) -> None:
        """Take one block of a reader."""
        if isinstance(block, DigestBlock):
            self._add_plain(block)
            return
        for one in block:
            if isinstance(one, Rejected):
                self._reject(one)
            else:
                self._add_record(one)

    def finish(self) -> BuildReport:
        """Sort, write everything that is left, and the manifest last."""
        if not self._accepted:
            raise _nothing(self.report.rejected)
        self._write_page()
        for name, data in self._hints.parts():
            self._part(name).write(data)
        for algorithm in self._plain:
            self._flush_plain(algorithm)
        algorithms = {name: self._write_index(name) for name in ALGORITHMS if name in self._sorters}
        self.report.added = self._entries + sum(int(one["plain"]) for one in algorithms.values())
        manifest = {
            "version": VERSION,
            "records": self.report.records,
            "added": self.report.added,
            "rejected": self.report.rejected_count,
            "entries": self._entries,
            "sealed": self._sealed,
            "categories": list(self._categories),
            "algorithms": algorithms,
            "parts": {name: part.finish() for name, part in sorted(self._parts.items())},
        }
        part = _Part(self._folder, MANIFEST)
        part.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        part.finish()
        return self.report

    def close(self) -> None:
        """Let go of every file, whatever happened."""
        for part in self._parts.values():
            part.close()
        for sorter in self._sorters.values():
            sorter.close()

    def _part(self, name: str) -> _Part:
        if name not in self._parts:
            self._parts[name] = _Part(self._folder, name)
        return self._parts[name]

    def _reject(self, rejected: Rejected) -> None:
        self.report.records += not rejected.kept
        self.report.rejected_count += 1
        if len(self.report.rejected) < REJECTED_KEPT:
            self.report.rejected.append(rejected)

    def _add_plain(self, block: DigestBlock) -> None:
        self._add_packed(block.algorithm, block.packed)
        self.report.records += block.count
        self._accepted += block.count

    def _add_packed(self, algorithm: str, packed: bytes) -> None:
        digests = np.frombuffer(packed, np.uint8).reshape(-1, WIDTH[algorithm])
        self._add_rows(algorithm, digests, np.full(len(digests), PLAIN, ">u4"))

    def _flush_plain(self, algorithm: str) -> None:
        self._add_packed(algorithm, bytes(self._plain[algorithm]))
        self._plain[algorithm].clear()

    def _add_rows(self, algorithm: str, digests: Rows, numbers: NDArray[np.generic]) -> None:
        """Rows to sort: the digest, then its number as four bytes, most significant first."""
        width = WIDTH[algorithm]
        if algorithm not in self._sorters:
            self._sorters[algorithm] = RunSorter(self._folder, width + 4)
        rows = np.empty((len(digests), width + 4), np.uint8)
        rows[:, :width] = digests
        rows[:, width:] = numbers.view(np.uint8).reshape(-1, 4)
        self._sorters[algorithm].add(rows)

    def _add_record(self, record: Record) -> None:
        why = self._unfit(record)
        if why:
            self._reject(Rejected(self.report.records + 1, why))
            return
        self.report.records += 1
        self._accepted += 1
        if len(record.digests) == 1 and _is_plain(record):
            ((algorithm, digest),) = record.digests.items()
            self._plain.setdefault(algorithm, bytearray()).extend(digest)
            if len(self._plain[algorithm]) >= _COPY:
                self._flush_plain(algorithm)
            return
        self._page.append(record)
        self._hints.add(record)
        if len(self._page) == PAGE:
            self._write_page()

    def _unfit(self, record: Record) -> str:
        """Why a record cannot be held, or nothing."""
        if not record.digests or any(WIDTH.get(name) != len(value) for name, value in record.digests.items()):
            return "no digest of a known kind and width"
        if record.entry is not None and len(record.entry.encode()) > _LONGEST_ID:
            return f"its id is longer than {_LONGEST_ID} bytes"
        category = record.category
        if category is not None and category not in self._categories:
            if len(self._categories) == _MOST_CATEGORIES or len(category) > _LONGEST_ID:
                return "its category is too long, or one of too many"
            self._categories[category] = len(self._categories) + 1
        if self._entries + len(self._page) >= PLAIN - 1:
            raise FormatError("The list has more than 4 thousand million entries.", "Split it.")
        return ""

    def _write_page(self) -> None:
        """Write the entries held: their ids, categories, digests and facts."""
        page, first = self._page, self._entries
        if not page:
            return
        self._page = []
        ids = [(record.entry or strongest(record.digests)).encode() for record in page]
        ends = self._part("entries.ids").size + np.cumsum([len(one) for one in ids], dtype=np.uint64)
        self._part("entries.ids").write(b"".join(ids))
        self._part("entries.id_ends").write(ends.astype("<u8").tobytes())
        categories = [0 if one.category is None else self._categories[one.category] for one in page]
        self._part("entries.categories").write(np.array(categories, "<u2").tobytes())
        qualities = [UNSTATED if one.quality is None else one.quality for one in page]
        self._part("entries.qualities").write(np.array(qualities, np.uint8).tobytes())
        self._write_digests(page, first)
        self._write_facts(page)
        self._entries += len(page)

    def _write_digests(self, page: list[Record], first: int) -> None:
        has = np.zeros(len(page), np.uint8)
        for bit, algorithm in enumerate(ALGORITHMS):
            rows = [row for row, record in enumerate(page) if algorithm in record.digests]
            name, width = f"entries.{algorithm}", WIDTH[algorithm]
            if not rows and name not in self._parts:
                continue
            part = self._part(name)
            for start in range(part.size, first * width, _COPY):  # entries before the first that has one
                part.write(bytes(min(_COPY, first * width - start)))
            table = np.zeros((len(page), width), np.uint8)
            if rows:
                has[rows] |= 1 << bit
                packed = b"".join(page[row].digests[algorithm] for row in rows)
                table[rows] = np.frombuffer(packed, np.uint8).reshape(-1, width)
                self._add_rows(algorithm, table[rows], (first + np.array(rows)).astype(">u4"))
            part.write(table.tobytes())
        self._part("entries.has").write(has.tobytes())

    def _write_facts(self, page: list[Record]) -> None:
        part = self._part("entries.facts")
        if any(record.facts for record in page):
            part.write(self._seal(self._zstd.compress(orjson.dumps([_facts(record) for record in page]))))
        self._part("entries.fact_ends").write(np.array([part.size], "<u8").tobytes())

    def _write_index(self, algorithm: str) -> dict[str, int]:
        """Write the sorted digests of one algorithm, their numbers and the fan; return its counts."""
        sorter, width = self._sorters[algorithm], WIDTH[algorithm]
        bits = min(_FAN_BITS, max(1, (sorter.added // 8).bit_length()))
        counts = np.zeros(1 << bits, np.uint64)
        digests = self._part(f"{algorithm}.digests")
        numbers = self._part(f"{algorithm}.numbers")
        total = plain = 0
        for rows in sorter.merged():
            digests.write(rows[:, :width].tobytes())
            number = np.ascontiguousarray(rows[:, width:]).view(">u4").reshape(-1).astype("<u4")
            numbers.write(number.tobytes())
            leading = leading_bits(rows, bits)
            counts += np.bincount(leading, minlength=1 << bits).astype(np.uint64)
            total += len(rows)
            plain += int(np.count_nonzero(number == PLAIN))
        if total >= PLAIN:
            raise FormatError("The list has more than 4 thousand million digests.", "Split it.")
        fan = np.concatenate([np.zeros(1, np.uint64), np.cumsum(counts)]).astype("<u4")
        self._part(f"{algorithm}.fan").write(fan.tobytes())
        sorter.close()
        del self._sorters[algorithm]
        return {"count": total, "plain": plain, "bits": bits}


def _nothing(rejected: list[Rejected]) -> FormatError:
    """Why a list of which nothing was accepted replaces no set: it is far more often a mishap than meant."""
    if rejected:
        first = rejected[0]
        return FormatError(
            f"Nothing in the list is usable; first, at {first.line}: {first.reason}.",
            "Is it the right format?",
        )
    return FormatError(
        "The list holds no digest.",
        "Is the file whole? To empty a set, remove it: safelight hashset remove.",
    )


def _is_plain(record: Record) -> bool:
    """Does a record say nothing but its digests?"""
    return record.entry is None and record.category is None and record.quality is None and not record.facts


def leading_bits(rows: Rows, bits: int) -> NDArray[np.int64]:
    """The first `bits` (at most 32) bits of `(n, ≥ 4) uint8` rows, as `(n,) int64`."""
    words: NDArray[np.int64] = np.ascontiguousarray(rows[:, :4]).view(">u4").reshape(-1).astype(np.int64)
    return words >> (32 - bits)


def _facts(record: Record) -> dict[str, object]:
    """Facts as they can be written; what JSON cannot hold, or is too large, is named in `not_kept`."""
    kept: dict[str, object] = {}
    left_out: list[str] = []
    sizes: dict[str, int] = {}
    for name, fact in record.facts.items():
        try:
            sizes[name] = len(orjson.dumps({name: fact}))
        except TypeError:  # JSONEncodeError is one: lone surrogates, deep nesting, integers beyond 64 bits
            left_out.append(name.encode("utf-8", "backslashreplace").decode())
            continue
        kept[name] = fact
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if sum(sizes.values()) <= _LARGEST_FACTS:
            break
        del kept[name], sizes[name]
        left_out.append(name)
    return {**kept, "not_kept": left_out} if left_out else kept
