"""The kept index of a hash list: written when the list is imported, carried over to its updates, opened when needed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from safelight import logs
from safelight.errors import FormatError, IntegrityError
from safelight.hashsets.digests import WIDTH
from safelight.hashsets.store import HashList
from safelight.matching.pdqindex.compiled import Kernels, kernels
from safelight.matching.pdqindex.delta import Delta
from safelight.matching.pdqindex.errors import DamagedIndexError
from safelight.matching.pdqindex.file import write_index
from safelight.matching.pdqindex.index import PdqIndex
from safelight.matching.pdqindex.tables import Codes
from safelight.matching.pdqindex.updated import UpdatedIndex

KEPT: Final = 100_000
"""Lists of fewer PDQ hashes keep no index: it is built in memory, in a tenth of a second, where it is wanted."""

OPEN_NS: Final = 90.0
"""What reading a kept index through costs, about, in nanoseconds for each hash."""

INDEX, BASE, DELTA = "pdq.index", "pdq.base", "pdq.delta"
"""The tables; the older hashes that they are of, where those are not the list's own; and what changed since."""

Index = PdqIndex | UpdatedIndex


def index_list(folder: Path, previous: Path | None = None) -> None:
    """Write the index of the list in `folder`, or carry over that of the list that it replaces.

    A list without one is searched all the same: what stands against it (no room on the disk, nothing to compile
    with) is logged and not raised.
    """
    listed = HashList.open(folder)
    if listed.counts.get("pdq", 0) < KEPT or (loops := kernels(compile=True)) is None:
        return
    try:
        if previous is None or not _carried_over(previous, listed, loops):
            write_index(folder / INDEX, listed.codes, listed.codes_sha256, loops, _threads())
    except OSError as error:
        logs.warning("pdq index not written", cause=type(error).__name__)


def opener(listed: HashList) -> Callable[[Kernels], Index | None] | None:
    """Opens the kept index of a list, read through and verified; builds and keeps it again where it is damaged.

    Raises, when called: IntegrityError, the list's own hashes were altered.
    """
    if listed.counts.get("pdq", 0) < KEPT:
        return None

    def opened(loops: Kernels) -> Index | None:
        try:
            index = open_index(listed, loops)
            index.verify(_threads())
            return index
        except DamagedIndexError as error:
            logs.debug("pdq index is built again", reason=str(error))
        try:
            return _rebuilt(listed, loops)
        except OSError as error:  # a read-only or full disk: then one in memory must do
            logs.warning("pdq index not written", cause=type(error).__name__)
            return None

    return opened


def open_index(listed: HashList, loops: Kernels) -> Index:
    """Map the kept index of a list; only heads are read. Raises DamagedIndexError where there is none, whole."""
    folder, source = listed.folder, listed.codes_sha256
    if not (folder / DELTA).exists():
        return PdqIndex.open(folder / INDEX, listed.codes, source, loops)
    delta, base_source = Delta.read(folder / DELTA, source)
    base = PdqIndex.open(folder / INDEX, _mapped_codes(folder / BASE), base_source, loops)
    return UpdatedIndex(base, delta, listed.codes, source, loops)


def _rebuilt(listed: HashList, loops: Kernels) -> PdqIndex:
    folder = listed.folder
    write_index(folder / INDEX, listed.codes, listed.codes_sha256, loops, _threads())
    for name in (DELTA, BASE):
        (folder / name).unlink(missing_ok=True)
    return PdqIndex.open(folder / INDEX, listed.codes, listed.codes_sha256, loops)


def _carried_over(previous: Path, listed: HashList, loops: Kernels) -> bool:
    """Give a list the index of the one before it, and what changed; False where that is too much, or not there."""
    folder, source = listed.folder, listed.codes_sha256
    try:
        old = HashList.open(previous)
        base_file, base_source = previous / "pdq.digests", old.codes_sha256
        if (previous / DELTA).exists():
            base_file, base_source = previous / BASE, Delta.read(previous / DELTA, base_source)[1]
        base = _mapped_codes(base_file)
        PdqIndex.open(previous / INDEX, base, base_source, loops).verify(_threads())
        if base_source != source:
            delta = Delta.between(base, listed.codes, loops)
            if delta is None:
                return False
            os.link(base_file, folder / BASE)
            delta.write(folder / DELTA, base_source, source)
        os.link(previous / INDEX, folder / INDEX)
    except (IntegrityError, FormatError, OSError, KeyError) as error:
        logs.debug("pdq index is not carried over", reason=str(error))
        for name in (DELTA, BASE):
            (folder / name).unlink(missing_ok=True)
        return False
    return True


def _mapped_codes(path: Path) -> Codes:
    """The codes of a file, memory-mapped. Raises DamagedIndexError where it holds none."""
    try:
        codes: Codes = np.memmap(path, np.uint8, "r").view(np.ndarray)
    except (OSError, ValueError) as error:
        raise DamagedIndexError(f"{path.name} cannot be read.") from error
    if len(codes) % WIDTH["pdq"]:
        raise DamagedIndexError(f"{path.name} is not whole.")
    return codes.reshape(-1, WIDTH["pdq"])


def _threads() -> int:
    return len(os.sched_getaffinity(0))
