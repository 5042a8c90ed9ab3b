"""An index of older codes with what changed since: searched together, answers as of the newer codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from safelight.errors import IntegrityError
from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.delta import Delta
from safelight.matching.pdqindex.errors import DamagedIndexError
from safelight.matching.pdqindex.index import PdqIndex, verify_codes
from safelight.matching.pdqindex.stream import Pairs
from safelight.matching.pdqindex.tables import Codes

_PAIR_NS = 0.65


@dataclass(frozen=True, slots=True)
class UpdatedIndex:
    """`base` indexes older codes, `delta` leads from them to `codes`, whose SHA-256 is `source`."""

    base: PdqIndex
    delta: Delta
    codes: Codes
    source: str
    kernels: Kernels

    @property
    def nbytes(self) -> int:
        """Bytes of the tables and the delta."""
        return self.base.nbytes + self.delta.removed.nbytes + self.delta.added.nbytes

    def verify(self, threads: int) -> None:
        """As `PdqIndex.verify`; where the older codes were altered, a new index helps."""
        try:
            self.base.verify(threads)
        except DamagedIndexError:
            raise
        except IntegrityError as error:
            raise DamagedIndexError("The older PDQ hashes of an index were altered.") from error
        verify_codes(self.codes, self.source)

    def nanoseconds(self, radius: int) -> float | None:
        """As `PdqIndex.nanoseconds`."""
        each = self.base.nanoseconds(radius)
        return None if each is None else each + _PAIR_NS * len(self.delta.added)

    def search(self, queries: Codes, radius: int, threads: int) -> Iterator[Pairs]:
        """As `PdqIndex.search`; chunks of pairs with what came follow those with what was there."""
        yield from self.delta.applied(self.base.search(queries, radius, threads))
        if len(self.delta.added):
            yield from self.delta.search_added(self.codes, queries, radius, self.kernels, threads)
