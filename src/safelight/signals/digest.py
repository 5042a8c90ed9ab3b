"""MD5, SHA-1 and SHA-256 of the same bytes in one pass over them.

Small inputs are digested in the calling thread: starting threads would cost more than the hashing.
Large ones are digested side by side (hashlib releases the GIL), so that on two cores the three take
little longer than MD5, the slowest, alone: one lane for MD5, one for the two others, or three lanes
where there are cores for them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING

from safelight.model import Digests

if TYPE_CHECKING:
    from hashlib import _Hash
    from types import TracebackType

PIECE = 1 << 20
"""Bytes callers should read at a time, and what `digest` hands to a lane."""
THREADED_FROM = 2 << 20
"""Bytes from which the digests run side by side."""
AHEAD = 8
"""Pieces a lane may lie behind the reader: bounds the memory held to `AHEAD` × piece size."""

_md5 = hashlib.md5
_sha1 = hashlib.sha1
_sha256 = hashlib.sha256
_NAMED = {"md5": _md5, "sha1": _sha1, "sha256": _sha256}


def digest(data: bytes | memoryview) -> Digests:
    """Return the three digests of bytes in memory."""
    if len(data) >= THREADED_FROM:
        view = memoryview(data)
        return digest_pieces(view[start : start + PIECE] for start in range(0, len(view), PIECE))
    return Digests(
        _md5(data, usedforsecurity=False).digest(),
        _sha1(data, usedforsecurity=False).digest(),
        _sha256(data, usedforsecurity=False).digest(),
    )


def digest_pieces(pieces: Iterable[bytes | memoryview]) -> Digests:
    """Return the three digests of consecutive pieces, as they come (a file read in `PIECE` bytes)."""
    with Digester() as digester:
        for piece in pieces:
            digester.update(piece)
        return digester.finish()


class Digester:
    """Digests a stream that is too large for memory: `update` with each piece, then `finish` or `named`.

    `names` says which of the three are wanted, where not all are.

    Use it as a context manager where reading may fail half-way, so that its threads end. A piece must not
    be changed after it was handed over (read into fresh `bytes`, not into one buffer again and again).
    """

    __slots__ = ("_hashes", "_lanes", "size")

    def __init__(self, names: Collection[str] = tuple(_NAMED)) -> None:
        self._hashes = {name: made(usedforsecurity=False) for name, made in _NAMED.items() if name in names}
        self._lanes: list[_Lane] = []
        self.size = 0
        """Bytes taken so far."""

    def __enter__(self) -> Digester:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._join()

    def update(self, piece: bytes | memoryview) -> None:
        """Take the next piece; waits when the lanes lie `AHEAD` pieces behind."""
        self.size += len(piece)
        if not self._lanes and self.size >= THREADED_FROM:
            self._lanes = [_Lane(hashes) for hashes in _share_out(self._hashes)]
        if not self._lanes:
            for one in self._hashes.values():
                one.update(piece)
        for lane in self._lanes:
            lane.pieces.put(piece)

    def finish(self) -> Digests:
        """Wait for the lanes and return the digests of everything taken; all three must have been wanted."""
        self._join()
        return Digests(*(self._hashes[name].digest() for name in _NAMED))

    def named(self) -> dict[str, str]:
        """Wait for the lanes and return the wanted digests by name, in hex."""
        self._join()
        return {name: one.hexdigest() for name, one in self._hashes.items()}

    def _join(self) -> None:
        for lane in self._lanes:
            lane.pieces.put(None)
        for lane in self._lanes:
            lane.thread.join()
        self._lanes = []


class _Lane:
    """A thread that feeds its hashes from a bounded queue until it is given None."""

    __slots__ = ("hashes", "pieces", "thread")

    def __init__(self, hashes: tuple[_Hash, ...]) -> None:
        self.hashes = hashes
        self.pieces: Queue[bytes | memoryview | None] = Queue(AHEAD)
        self.thread = Thread(target=self._run, name="digest", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while (piece := self.pieces.get()) is not None:
            for one in self.hashes:
                one.update(piece)


def _share_out(hashes: Mapping[str, _Hash]) -> list[tuple[_Hash, ...]]:
    """Lanes of about equal work for the cores this process may use; none where there is one core."""
    cores = len(os.sched_getaffinity(0))
    if cores == 1:
        return []
    if cores == 2 and len(hashes) == len(_NAMED):
        return [(hashes["md5"],), (hashes["sha1"], hashes["sha256"])]
    return [(one,) for one in hashes.values()]
