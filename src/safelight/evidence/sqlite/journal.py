"""Rollback journals of SQLite (`-journal`): pages as they were before a transaction.

After sqlite.org/fileformat2.html, section 3. A journal that was kept after its transaction (`PERSIST`, the default of
Android for long) has its header overwritten with zeros; what follows it is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from safelight.evidence.protocol import Source

_MAGIC = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
_SECTOR = 512
_MOST_SECTOR = 65_536


class Journal:
    """The pages of a journal, of a database whose pages have `page_size` bytes and numbers up to `most`."""

    def __init__(self, source: Source, page_size: int, most: int) -> None:
        self._source = source
        self._page_size = page_size
        self._most = most
        self._places: dict[int, int] | None = None

    def pages(self, tick: Callable[[], None]) -> Iterator[tuple[int, bytes]]:
        """Every page that the journal holds; `tick` is called for each."""
        for number, offset in self._records(tick):
            yield number, self._source.read_at(offset, self._page_size)

    def page(self, number: int, tick: Callable[[], None]) -> bytes | None:
        """The first copy of a page, which is the oldest; None where there is none."""
        if self._places is None:
            self._places = {}
            for found, place in self._records(tick):
                self._places.setdefault(found, place)
        offset = self._places.get(number)
        return None if offset is None else self._source.read_at(offset, self._page_size)

    def _records(self, tick: Callable[[], None]) -> Iterator[tuple[int, int]]:
        """Number and place of each page. Ends where something else stands."""
        head = self._source.read_at(0, 28)
        sector = int.from_bytes(head[20:24], "big") if head.startswith(_MAGIC) else _SECTOR
        if not _SECTOR <= sector <= _MOST_SECTOR or sector & sector - 1:
            sector = _SECTOR
        at, step = sector, 4 + self._page_size + 4
        while at + step <= self._source.size:
            tick()
            number = int.from_bytes(self._source.read_at(at, 4), "big")
            if 0 < number <= self._most:
                yield number, at + 4
                at += step
                continue
            following = -(-at // sector) * sector  # a further header begins on a sector
            if self._source.read_at(following, 8) != _MAGIC:
                return
            at = following + sector
