"""A folder that will become a disk image, and the record of what is put into it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from safelight.demo.truth import Piece, Planted, Role, planted
from safelight.model import State

_LONG_AGO = datetime(2026, 8, 20, 9, 30, 0, tzinfo=UTC)


class Staging:
    """Fills a folder with pieces and remembers each as it will be found in the image.

    Paths are relative, with `/`; bytes where a name is no valid UTF-8.
    """

    def __init__(self, folder: Path, trail: tuple[bytes, ...]) -> None:
        self.folder = folder
        self._trail = trail
        self.planted: list[Planted] = []
        self.deleted: list[str] = []
        self.wiped: list[str] = []

    def put(
        self, path: str | bytes, piece: Piece, when: datetime = _LONG_AGO, state: State = State.ALLOCATED
    ) -> None:
        """Write a piece to `path` with its times set to `when` (UTC where it has no zone).

        With another `state` it is deleted when the image is made; `State.CARVED`: with its inode.
        """
        name = os.fsencode(path)
        target = self._target(name)
        target.write_bytes(piece.data)
        stamp = when.replace(tzinfo=when.tzinfo or UTC).timestamp()
        os.utime(target, (stamp, stamp))
        if state is State.DELETED:
            self.deleted.append(os.fsdecode(name))
        elif state is State.CARVED:
            self.wiped.append(os.fsdecode(name))
        if state is State.CARVED:
            self.planted += planted((*self._trail, b""), state, piece)
        else:
            self.planted += planted((*self._trail, name), state, piece)

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link; it may point anywhere, nobody follows it."""
        self._target(os.fsencode(path)).symlink_to(target)
        self._remember(path, f"link to {target}")

    def hard_link(self, path: str, existing: str, piece: Piece) -> None:
        """Give a file that is there already a second name."""
        self._target(os.fsencode(path)).hardlink_to(self.folder / existing)
        self.planted += planted((*self._trail, os.fsencode(path)), State.ALLOCATED, piece)

    def fifo(self, path: str) -> None:
        """Make a named pipe: reading it would wait for ever."""
        os.mkfifo(self._target(os.fsencode(path)))
        self._remember(path, "named pipe")

    def _target(self, name: bytes) -> Path:
        target = self.folder / os.fsdecode(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _remember(self, path: str, note: str) -> None:
        trail = (*self._trail, os.fsencode(path))
        self.planted.append(Planted(trail, State.ALLOCATED, Role.LINK, 0, "", None, note))
