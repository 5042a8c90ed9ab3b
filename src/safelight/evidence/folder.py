"""A folder on this machine, and one file of it: listed in a fixed order, links never followed, nothing written.

Everything is opened relative to a descriptor of its folder, so that no name or link can lead out of the
exhibit, however deep, and even while somebody changes it.
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind, Node
from safelight.evidence.source import FileSource
from safelight.evidence.stamps import utc
from safelight.model import Times

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_FOLDERS = 128
"""Descriptors held at once; in deeper trees the upper ones are closed and reopened on the way back."""


class _Level:
    """One folder on the way down: its name in its parent, its path, its entries still to come."""

    __slots__ = ("entries", "fd", "name", "path")

    def __init__(self, name: bytes, path: bytes, fd: int, entries: list[bytes]) -> None:
        self.name = name
        self.path = path
        self.fd = fd
        self.entries = entries
        """Names in falling order: the next one is the last."""


class Root:
    """Opens files below a folder at any time, by their path: each step on the way is a folder and no link."""

    def __init__(self, path: Path) -> None:
        self._base = os.path.realpath(os.fsencode(path))
        self._fds: OrderedDict[bytes, int] = OrderedDict()
        """Descriptors of the folders used last, by their path below the root."""

    def open(self, path: bytes) -> FileSource:
        """Open one file. Raises EvidenceError."""
        folder, _, name = path.rpartition(b"/")
        fd = self._folder(folder)
        return FileSource(name, folder=fd, folder_path=self._base + b"/" + folder)

    def _folder(self, path: bytes) -> int:
        fd = self._fds.get(path)
        if fd is not None:
            self._fds.move_to_end(path)
            return fd
        above = None if not path else self._folder(path.rpartition(b"/")[0])
        try:
            fd = _open_folder(self._base if above is None else path.rpartition(b"/")[2], above)
        except OSError as error:
            raise EvidenceError(f"its folder cannot be opened: {error.strerror}") from error
        self._fds[path] = fd
        while len(self._fds) > _OPEN_FOLDERS:
            os.close(self._fds.popitem(last=False)[1])
        return fd

    def close(self) -> None:
        """Close all descriptors; safe to call twice."""
        while self._fds:
            os.close(self._fds.popitem()[1])


def walk_folder(root: Path, lasting: Root | None = None) -> Iterator[Node]:
    """Yield everything below `root`, depth first, names in the order of their bytes. Raises EvidenceError.

    With `lasting`, files can be opened through it at any time, else only until the next node is asked for.

    Names are paths relative to `root`. A folder that cannot be listed and a file that has vanished are
    nodes with an error. Devices, sockets and FIFOs are listed and never opened.
    """
    base = os.path.realpath(os.fsencode(root))
    try:
        fd = _open_folder(base, None)
        top = _Level(base, b"", fd, _names(fd))
    except OSError as error:
        raise EvidenceError(f"the folder cannot be listed: {error.strerror}") from error
    levels = [top]
    try:
        while levels:
            level = levels[-1]
            if not level.entries:
                levels.pop()
                if level.fd >= 0:
                    os.close(level.fd)
                if levels and levels[-1].fd < 0:
                    _reopen(levels)
                continue
            name = level.entries.pop()
            if level.fd < 0:
                yield Node(level.path + name, Kind.FINDING, error="its folder has vanished while it was read")
                continue
            node = _node(name, level, base)
            if lasting is not None and node.open is not None:
                node.open = partial(lasting.open, node.name)
            below = _enter(name, level, node) if node.kind is Kind.FOLDER and node.error is None else None
            yield node
            if below is not None:
                levels.append(below)
                if len(levels) > _OPEN_FOLDERS and (old := levels[-_OPEN_FOLDERS]).fd >= 0 and old is not top:
                    os.close(old.fd)
                    old.fd = -1
    finally:
        for level in levels:
            if level.fd >= 0:
                os.close(level.fd)


def file_node(path: Path, name: bytes) -> Node:
    """The node of one file given as an exhibit; a block device is read too. Raises EvidenceError."""
    try:
        status = path.stat()
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror}") from error
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISBLK(status.st_mode)):
        raise EvidenceError(f"{path} is neither a file nor a folder nor a disk")
    size = status.st_size if stat.S_ISREG(status.st_mode) else None
    address = {"inode": status.st_ino, "device": status.st_dev}
    opening = partial(FileSource, path.resolve(), device=True)
    return Node(name, Kind.FILE, size=size, times=_times(status), address=address, open=opening)


def names_in(folder: Path) -> list[str]:
    """The names in a folder, in order; its access time stays as it is where that is allowed. Raises OSError."""
    fd = _open_folder(os.path.realpath(os.fsencode(folder)), None)
    try:
        return [os.fsdecode(name) for name in reversed(_names(fd))]
    finally:
        os.close(fd)


def _open_folder(name: bytes, parent: int | None) -> int:
    try:
        return os.open(name, _FOLDER | os.O_NOATIME, dir_fd=parent)
    except PermissionError:
        return os.open(name, _FOLDER, dir_fd=parent)


def _names(fd: int) -> list[bytes]:
    return sorted(map(os.fsencode, os.listdir(fd)), reverse=True)


def _enter(name: bytes, parent: _Level, node: Node) -> _Level | None:
    fd = -1
    try:
        fd = _open_folder(name, parent.fd)
        return _Level(name, node.name + b"/", fd, _names(fd))
    except OSError as error:
        if fd >= 0:
            os.close(fd)
        node.error = f"the folder cannot be listed: {error.strerror}"
        return None


def _reopen(levels: list[_Level]) -> None:
    """Open again the folders on the way to the last level, from the nearest one that is open."""
    first = len(levels) - 1
    while levels[first].fd < 0:
        first -= 1
    fd = levels[first].fd
    for number in range(first + 1, len(levels)):
        try:
            below = _open_folder(levels[number].name, fd)
        except OSError:
            below = -1
        if number - 1 > first and number - 1 < len(levels) - _OPEN_FOLDERS // 2:
            os.close(fd)
            levels[number - 1].fd = -1
        if below < 0:
            return
        levels[number].fd = fd = below


def _node(name: bytes, level: _Level, base: bytes) -> Node:
    path = level.path + name
    try:
        status = os.stat(name, dir_fd=level.fd, follow_symlinks=False)
    except OSError as error:
        return Node(path, Kind.FILE, error=f"cannot be read: {error.strerror}")
    mode = status.st_mode
    address = {"inode": status.st_ino, "device": status.st_dev}
    times = _times(status)
    if stat.S_ISREG(mode):
        opening = partial(FileSource, name, folder=level.fd, folder_path=base + b"/" + level.path)
        return Node(path, Kind.FILE, size=status.st_size, times=times, address=address, open=opening)
    if stat.S_ISDIR(mode):
        return Node(path, Kind.FOLDER, times=times, address=address)
    if stat.S_ISLNK(mode):
        try:
            target = os.readlink(name, dir_fd=level.fd)
        except OSError as error:
            return Node(
                path, Kind.LINK, times=times, address=address, error=f"cannot be read: {error.strerror}"
            )
        return Node(path, Kind.LINK, size=len(target), times=times, address=address, target=target)
    return Node(path, Kind.SPECIAL, times=times, address=address)


def _times(status: os.stat_result) -> Times:
    return Times(
        modified=utc(status.st_mtime_ns, "posix"),
        accessed=utc(status.st_atime_ns, "posix"),
        changed=utc(status.st_ctime_ns, "posix"),
    )
