"""What changed since an index was built: codes that came and went, so that a list's update needs no new index.

Lists are imported whole, again and again, and little changes from one time to the next. Then the index of the older
codes serves on: what went is struck from its answers, what came is compared one by one beside it, and rows are
counted as the new list counts them. A delta grows to a five-hundredth of the codes; then the index is built again.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.errors import DamagedIndexError
from safelight.matching.pdqindex.flat import CHUNK, flat_answer
from safelight.matching.pdqindex.stream import Pairs, streamed
from safelight.matching.pdqindex.tables import Codes, address

SHARE: Final = 500
"""The base has at least so many codes for each that came, and for each that went."""

_MAGIC: Final = b"SLPDQDL\x01"

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Delta:
    """`removed` are rows of the older codes, `added` rows of the newer ones; both ascending."""

    removed: Rows
    added: Rows

    @classmethod
    def between(cls, old: Codes, new: Codes, kernels: Kernels) -> Delta | None:
        """What two sorted sets of codes differ in; None where that is more than a five-hundredth."""
        room = len(old) // SHARE
        removed, added = np.zeros(max(1, room), np.uint64), np.zeros(max(1, room), np.uint64)
        counts = np.zeros(2, np.uint64)
        arrays = (address(old), len(old), address(new), len(new), address(removed), address(added))
        if not kernels.differences(*arrays, room, address(counts)):
            return None
        gone, came = (int(one) for one in counts)
        return cls(removed[:gone].astype(np.int64), added[:came].astype(np.int64))

    def renumbered(self, rows: Rows) -> tuple[NDArray[np.bool_], Rows]:
        """Which of some rows of the older codes are there still, and the rows of the newer codes that those are."""
        place = np.searchsorted(self.removed, rows)
        gone = (
            self.removed[np.minimum(place, len(self.removed) - 1)] == rows if len(self.removed) else rows < 0
        )
        kept = ~gone
        rank = rows[kept] - place[kept]
        before = np.searchsorted(self.added - np.arange(len(self.added)), rank, side="right")
        return kept, rank + before

    def applied(self, pairs: Iterator[Pairs]) -> Iterator[Pairs]:
        """Pairs of the older codes as pairs of the newer ones."""
        for query, row, bits in pairs:
            kept, now = self.renumbered(row)
            yield query[kept], now, bits[kept]

    def search_added(
        self, new: Codes, queries: Codes, radius: int, kernels: Kernels, threads: int
    ) -> Iterator[Pairs]:
        """The pairs with codes that came, by comparing each."""
        came = np.ascontiguousarray(new[self.added])
        for query, at, bits in streamed(
            flat_answer(queries, came, radius, kernels), len(queries), CHUNK, threads
        ):
            yield query, self.added[at], bits

    def write(self, path: Path, old: str, new: str) -> None:
        """Write it whole or not at all, with the SHA-256 of both sets of codes in hex. Raises OSError."""
        body = bytes.fromhex(old) + bytes.fromhex(new)
        body += np.array([len(self.removed), len(self.added)], "<i8").tobytes()
        body += self.removed.astype("<i8").tobytes() + self.added.astype("<i8").tobytes()
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        try:
            with temporary.open("xb") as out:
                out.write(_MAGIC + hashlib.sha256(body).digest() + body)
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def read(cls, path: Path, new: str) -> tuple[Delta, str]:
        """A delta that leads to the codes of SHA-256 `new`, and the SHA-256 of those it leads from.

        Raises:
            DamagedIndexError: it is not whole, or leads to other codes.
        """
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise DamagedIndexError(f"{path.name} cannot be read.") from error
        body = raw[40:]
        if raw[:8] != _MAGIC or hashlib.sha256(body).digest() != raw[8:40] or body[32:64].hex() != new:
            raise DamagedIndexError(f"{path.name} is of other codes or not whole.")
        gone, came = np.frombuffer(body, "<i8", 2, 64).tolist()
        rows = np.frombuffer(body, "<i8", gone + came, 80)
        return cls(rows[:gone], rows[gone:]), body[:32].hex()
