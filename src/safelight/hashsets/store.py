"""A hash list in its memory-mapped form: opened in milliseconds, looked up by the batch, never loaded whole.

`building.py` writes it and says what lies in each part.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import zstandard
from numpy.typing import NDArray

from safelight.errors import FormatError, IntegrityError, KeyMissingError
from safelight.hashsets.building import (
    ALGORITHMS,
    MANIFEST,
    PAGE,
    PLAIN,
    UNSTATED,
    VERSION,
    BuildReport,
    build,
    leading_bits,
)
from safelight.hashsets.digests import WIDTH
from safelight.hashsets.hints import NAMES, SIZES
from safelight.hashsets.runs import as_bytes

__all__ = ["BuildReport", "Entry", "HashList", "build"]

_RESIDENT: Final = 48 << 20
"""Bytes of the map that a look-up may touch before it gives the pages back."""
_LARGEST_PAGE: Final = 128 << 20
_STRIDE: Final = 1 << 16

Digests = NDArray[np.uint8]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list: its id there (else its digest), its category, its raw digests, its PDQ quality."""

    id: str
    category: str | None
    digests: Mapping[str, bytes]
    quality: int | None = None


class HashList:
    """A list of known media as `build` wrote it.

    Entries have numbers: first those that the list gave an id, a category, facts or several digests, in the
    list's order; then the plain digests, by algorithm, in sorted order.
    """

    def __init__(
        self, folder: Path, manifest: dict[str, Any], unseal: Callable[[bytes], bytes] | None
    ) -> None:
        """Use `HashList.open`."""
        self._folder, self._unseal = folder, unseal
        self._parts: dict[str, dict[str, Any]] = manifest["parts"]
        self._sealed = bool(manifest["sealed"])
        self._categories: list[str | None] = [None, *manifest["categories"]]
        self._bits = {name: int(one["bits"]) for name, one in manifest["algorithms"].items()}
        self.records: int = manifest["records"]
        """Records of the list as it was imported, refused ones included."""
        self.added: int = manifest["added"]
        self.entries: int = manifest["entries"]
        """Entries that have more than one plain digest."""
        self.counts: dict[str, int] = {
            name: int(one["count"]) for name, one in manifest["algorithms"].items()
        }
        """Distinct (digest, entry) pairs of each algorithm."""
        self._maps: dict[str, mmap.mmap] = {}
        self._base: dict[str, int] = {}
        base = self.entries
        for name in ALGORITHMS:
            if name in self.counts:
                self._base[name] = base
                base += self.counts[name]

    @classmethod
    def open(cls, folder: Path, unseal: Callable[[bytes], bytes] | None = None) -> HashList:
        """Open a list; only its manifest is read, and the sizes of its parts are compared.

        Raises:
            FormatError: there is no list at `folder`, or a newer Safelight wrote it.
            IntegrityError: a part is missing or has another size than the manifest says.
        """
        try:
            manifest = orjson.loads((folder / MANIFEST).read_bytes())
            version = manifest["version"]
            opened = cls(folder, manifest, unseal)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise FormatError(f"There is no hash list in {folder}.", "Import the list again.") from error
        if version != VERSION:
            raise FormatError(f"The hash list in {folder} has version {version}.", "Import the list again.")
        for name, part in opened._parts.items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != part["size"]:
                raise IntegrityError(
                    f"{name} of the hash list in {folder} is not whole.", "Import the list again."
                )
        return opened

    def __len__(self) -> int:
        """Entries, and distinct digests without an entry."""
        return self.added

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The kinds of digest the list holds."""
        return tuple(self.counts)

    def category_counts(self) -> dict[str, int]:
        """How many entries each category has; entries without one are not counted."""
        counts = np.bincount(self._array("entries.categories", "<u2"), minlength=len(self._categories))
        return {name: int(counts[at]) for at, name in enumerate(self._categories) if name is not None}

    def lookup(self, algorithm: str, digests: Digests) -> tuple[Numbers, Numbers]:
        """Find which digests the list holds, every entry of each.

        Args:
            algorithm: `md5`, `sha1`, `sha256`, `pdq` or `photodna`.
            digests: `(n, width) uint8`, in any order, repetitions allowed.

        Returns:
            Two arrays of the same length: indexes into `digests` (ascending), and entry numbers.
        """
        count = self.counts.get(algorithm, 0)
        if not count or not len(digests):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        wanted = as_bytes(digests)
        order = np.argsort(wanted, kind="stable")
        fan = self._array(f"{algorithm}.fan", "<u4")
        leading = leading_bits(np.ascontiguousarray(digests), self._bits[algorithm])[order]
        low, high = fan[leading].astype(np.int64), fan[leading + 1].astype(np.int64)
        step = max(1, _RESIDENT // max(1, mmap.PAGESIZE * 3))
        indexes, positions = [], []
        table = as_bytes(self._digests(algorithm))
        for start in range(0, len(order), step):
            part = slice(start, start + step)
            sought = wanted[order[part]]
            first = _bound(table, sought, low[part], high[part], right=False)
            held = np.flatnonzero(first < high[part])
            held = held[table[first[held]] == sought[held]]
            last = _bound(table, sought[held], first[held], high[part][held], right=True)
            repeats = last - first[held]
            indexes.append(np.repeat(order[part][held], repeats))
            within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
            positions.append(np.repeat(first[held], repeats) + within)
            self._release(f"{algorithm}.digests")
        found = np.concatenate(indexes)
        numbers = self.numbers(algorithm, np.concatenate(positions))
        by_index = np.argsort(found, kind="stable")
        return found[by_index], numbers[by_index]

    def numbers(self, algorithm: str, positions: Numbers) -> Numbers:
        """The entry numbers of rows of an algorithm, `positions` counting from 0 in sorted order."""
        stored = self._array(f"{algorithm}.numbers", "<u4")[positions].astype(np.int64)
        return np.where(stored == PLAIN, self._base[algorithm] + positions, stored)

    @property
    def codes(self) -> Digests:
        """The PDQ hashes, `(n, 32) uint8`, sorted, memory-mapped; `numbers("pdq", rows)` says whose they are."""
        return self._digests("pdq")

    @property
    def folder(self) -> Path:
        """Where the list lies."""
        return self._folder

    @property
    def codes_sha256(self) -> str:
        """The SHA-256 of `codes`, in hex, as the list's manifest has it. Raises KeyError where it holds none."""
        return str(self._parts["pdq.digests"]["sha256"])

    def qualities(self, numbers: Numbers) -> NDArray[np.int64]:
        """The PDQ quality of entries, 0..100, and -1 where the list does not state it."""
        found = np.full(len(numbers), -1, np.int64)
        of_entries = numbers < self.entries
        if of_entries.any():
            stated = self._array("entries.qualities", "u1")[numbers[of_entries]].astype(np.int64)
            found[of_entries] = np.where(stated == UNSTATED, -1, stated)
        return found

    def entry(self, number: int) -> Entry:
        """One entry, without its facts. Raises IndexError for a number that the list has not."""
        if number < 0:
            raise IndexError(number)
        if number < self.entries:
            ends = self._array("entries.id_ends", "<u8")
            start = int(ends[number - 1]) if number else 0
            name = self._bytes("entries.ids")[start : int(ends[number])].decode()
            category = self._categories[int(self._array("entries.categories", "<u2")[number])]
            quality = int(self._array("entries.qualities", "u1")[number])
            return Entry(
                name, category, self._entry_digests(number), None if quality == UNSTATED else quality
            )
        for algorithm, base in self._base.items():
            if base <= number < base + self.counts[algorithm]:
                digest = self._digests(algorithm)[number - base].tobytes()
                return Entry(digest.hex(), None, {algorithm: digest})
        raise IndexError(number)

    def facts(self, number: int) -> dict[str, object]:
        """The list's other statements about an entry.

        Raises:
            KeyMissingError: they are sealed, and the list was opened without the key.
        """
        if number >= self.entries:
            return {}
        found: dict[str, object] = self._facts_page(number // PAGE)[number % PAGE]
        return found

    def facts_between(self, start: int, end: int) -> Iterator[dict[str, object]]:
        """Yield the facts of consecutive entries, each page opened once. Raises KeyMissingError as `facts` does."""
        for page in range(start // PAGE, -(-min(end, self.entries) // PAGE)):
            first = page * PAGE
            yield from self._facts_page(page)[max(0, start - first) : min(end, self.entries) - first]

    def hints(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """The sizes and names that entries state, as `hints.py` writes them; empty where there are none."""
        maps = [self._map(name) for name in (SIZES, NAMES)]
        sizes, names = (
            np.frombuffer(one if one is not None else b"", "<u8").astype(np.uint64) for one in maps
        )
        return sizes, names

    def every_number(self) -> Iterator[int]:
        """Yield the number of every entry, in order."""
        yield from range(self.entries)
        for algorithm, base in self._base.items():
            stored = self._array(f"{algorithm}.numbers", "<u4")
            for start in range(0, self.counts[algorithm], _STRIDE):
                plain = np.flatnonzero(stored[start : start + _STRIDE] == PLAIN)
                yield from (plain + (base + start)).tolist()
                self._release_all()

    def everything(self) -> Iterator[tuple[Entry, dict[str, object]]]:
        """Yield every entry with its facts, in the order of the numbers, at constant memory."""
        page: list[dict[str, object]] = []
        for number in self.every_number():
            if number < self.entries and number % PAGE == 0:
                page = self._facts_page(number // PAGE)
                self._release_all()
            yield self.entry(number), page[number % PAGE] if number < self.entries else {}

    def verify(self) -> None:
        """Compare every part with the digest in the manifest. Raises IntegrityError naming the first bad one."""
        for name, part in self._parts.items():
            with (self._folder / name).open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            if digest != part["sha256"]:
                raise IntegrityError(
                    f"{name} of the hash list in {self._folder} was altered.", "Import the list again."
                )

    def _entry_digests(self, number: int) -> dict[str, bytes]:
        has = int(self._array("entries.has", "u1")[number])
        found = {}
        for bit, algorithm in enumerate(ALGORITHMS):
            if has >> bit & 1:
                start = number * WIDTH[algorithm]
                found[algorithm] = self._bytes(f"entries.{algorithm}")[start : start + WIDTH[algorithm]]
        return found

    def _facts_page(self, page: int) -> list[dict[str, object]]:
        ends = self._array("entries.fact_ends", "<u8")
        start, end = (int(ends[page - 1]) if page else 0), int(ends[page])
        if start == end:
            return [{}] * PAGE
        raw = self._bytes("entries.facts")[start:end]
        if self._sealed:
            if self._unseal is None:
                raise KeyMissingError(
                    "The facts of this hash list are sealed.", "Open it through its workspace."
                )
            raw = self._unseal(raw)
        try:
            plain = zstandard.ZstdDecompressor().decompress(raw, max_output_size=_LARGEST_PAGE)
            found: list[dict[str, object]] = json.loads(plain)
        except (zstandard.ZstdError, ValueError) as error:
            raise IntegrityError(
                "A page of a hash list's facts is broken.", "Import the list again."
            ) from error
        return found

    def _digests(self, algorithm: str) -> Digests:
        width = WIDTH[algorithm]
        if algorithm not in self.counts:
            return np.empty((0, width), np.uint8)
        return self._array(f"{algorithm}.digests", "u1").reshape(-1, width)

    def _array(self, name: str, dtype: str) -> NDArray[Any]:
        """A part as a memory-mapped array; an absent or empty part is an empty one."""
        mapped = self._map(name)
        return np.empty(0, dtype) if mapped is None else np.frombuffer(mapped, dtype)

    def _bytes(self, name: str) -> mmap.mmap | bytes:
        mapped = self._map(name)
        return b"" if mapped is None else mapped

    def _map(self, name: str) -> mmap.mmap | None:
        if name not in self._maps:
            if not self._parts.get(name, {"size": 0})["size"]:
                return None
            with (self._folder / name).open("rb") as opened:
                self._maps[name] = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        return self._maps[name]

    def _release(self, name: str) -> None:
        """Give the pages of a part back to the system; they stay in its cache, and come again when used."""
        self._maps[name].madvise(mmap.MADV_DONTNEED)

    def _release_all(self) -> None:
        for name in self._maps:
            self._release(name)


def _bound(table: NDArray[Any], sought: NDArray[Any], low: Numbers, high: Numbers, *, right: bool) -> Numbers:
    """For each of `sought`, the first row of `table[low:high]` that is not below it (`right`: above it)."""
    low, high = low.copy(), high.copy()
    while (active := np.flatnonzero(low < high)).size:
        middle = (low[active] + high[active]) >> 1
        rows, keys = table[middle], sought[active]
        below = rows <= keys if right else rows < keys
        low[active[below]] = middle[below] + 1
        high[active[~below]] = middle[~below]
    return low
