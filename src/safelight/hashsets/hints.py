"""What lists state of known files beside their digests: sizes and names, by which a scan looks at some files sooner.

    hints.sizes    (n,) uint64, sorted: sizes in bytes that entries state
    hints.names    (n,) uint64, sorted: BLAKE2b-64 of file names in lower case

A hint only moves a file forward in the order of reading. Names lie as digests, because lists of illegal material should
not be readable by eye.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safelight.hashsets.protocol import Record

SIZES, NAMES = "hints.sizes", "hints.names"
MOST: Final = 2_000_000
"""Sizes or names of one list; of a list with more they would say nothing, so that none is kept."""
_TELLING: Final = 200_000
"""Sizes up to which one that agrees says something: photographs are spread over some millions of sizes."""
_BY_SIZE, _BY_NAME, _BY_BOTH, _HARDLY = 2.0, 2.0, 6.0, 0.5
_SMALLEST: Final = 1_024


class Collector:
    """Collects what the entries of one list state while it is built."""

    def __init__(self) -> None:
        self._sizes: set[int] = set()
        self._names: set[int] = set()

    def add(self, record: Record) -> None:
        """Note the size and the file names of one entry, where it states any."""
        facts = record.facts
        size = _number(facts.get("size"))
        if size is not None and len(self._sizes) <= MOST:
            self._sizes.add(size)
        files = facts.get("files")
        if isinstance(files, list) and len(self._names) <= MOST:
            names = (file.get("name") for file in files if isinstance(file, dict))
            self._names.update(name_key(name) for name in names if isinstance(name, str) and name)

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """The parts to write: their names and contents."""
        for name, values in ((SIZES, self._sizes), (NAMES, self._names)):
            if 0 < len(values) <= MOST:
                yield name, np.array(sorted(values), "<u8").tobytes()


def expectation(
    stated: Iterable[tuple[NDArray[np.uint64], NDArray[np.uint64]]],
) -> Callable[[bytes, int], float] | None:
    """How much lists expect of a file by its own name and size in bytes; None where they state neither.

    `stated` are the sizes and names of each list, as its parts hold them.
    """
    sizes: set[int] = set()
    names: set[int] = set()
    for some_sizes, some_names in stated:
        sizes.update(some_sizes.tolist())
        names.update(some_names.tolist())
    if not (sizes or names):
        return None
    by_size = _BY_SIZE if len(sizes) <= _TELLING else _HARDLY

    def expected(name: bytes, size: int) -> float:
        of_size = size in sizes
        if names and name_key(name.decode("utf-8", "replace")) in names:
            return _BY_BOTH if of_size else _BY_NAME
        return by_size if of_size else 0.0

    return expected


def name_key(name: str) -> int:
    """A file's own name, in lower case and without its folders, as a number of 64 bits."""
    own = name.replace("\\", "/").rpartition("/")[2].lower()
    return int.from_bytes(hashlib.blake2b(own.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def _number(value: object) -> int | None:
    """A stated size; those that nearly every list has (0, some hundred bytes) say nothing."""
    try:
        size = int(str(value)) if isinstance(value, int | str | float) else 0
    except ValueError:
        return None
    return size if _SMALLEST <= size < 1 << 62 else None
