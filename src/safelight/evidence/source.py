"""Random-access, read-only bytes: a file on disk, bytes in memory, a part of another source, a file object.

Streams (members that must be decompressed in order) and the encrypted spill are in `stream.py`.
"""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from safelight.errors import EvidenceError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from safelight.evidence.protocol import Source

_READ_ONLY = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
"""Never for writing, never following a link in the last step, never waiting for the other end of a FIFO."""


def open_read_only(path: bytes | str | Path, folder: int | None = None) -> int:
    """Return a descriptor of a regular file or block device, opened without touching its access time.

    `folder` is the descriptor that a relative `path` starts from. Raises OSError.
    """
    try:
        return os.open(path, _READ_ONLY | os.O_NOATIME, dir_fd=folder)
    except PermissionError:  # O_NOATIME is for the owner and root only
        return os.open(path, _READ_ONLY, dir_fd=folder)


class FileSource:
    """A regular file (or, where `device` allows it, a block device), read with `pread`.

    `size` is that of the moment it was opened; `damage` says when it was another file by the time its end was
    read: shorter, longer, or written to. Raises EvidenceError when it cannot be opened or is something that
    must not be read from.
    """

    __slots__ = ("_fd", "_opened", "_path", "damage", "size")

    def __init__(
        self,
        path: bytes | str | Path,
        *,
        folder: int | None = None,
        folder_path: bytes = b"",
        device: bool = False,
    ) -> None:
        self._fd = -1
        self._opened: os.stat_result | None = None
        self._path = os.path.join(folder_path, os.fsencode(path))  # noqa: PTH118 -- bytes
        self.damage: str | None = None
        try:
            self._fd = open_read_only(path, folder)
            status = os.fstat(self._fd)
            if stat.S_ISREG(status.st_mode):
                self.size = status.st_size
                self._opened = status
            elif device and stat.S_ISBLK(status.st_mode):
                self.size = os.lseek(self._fd, 0, os.SEEK_END)
            else:
                self.close()
                raise EvidenceError("it is not a regular file")
        except OSError as error:
            self.close()
            raise EvidenceError(f"cannot be opened: {error.strerror}") from error

    @property
    def name(self) -> str:
        """The file's own name (undecodable bytes as lone surrogates), by which its siblings are found."""
        return os.fsdecode(os.path.basename(self._path))  # noqa: PTH119 -- bytes

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        left = self.size - offset
        if length > left:  # half the time of `min`, and there are millions of small files
            length = left
        if length <= 0 or offset < 0:
            return b""
        try:
            data = os.pread(self._fd, length, offset)
            if len(data) < length:
                data = self._rest(data, offset, length)
            if offset + length == self.size and self._opened is not None and self.damage is None:
                now = os.fstat(self._fd)
                if (now.st_size, now.st_mtime_ns) != (self.size, self._opened.st_mtime_ns):
                    self.damage = (
                        f"it was written to while it was read ({self.size:,} bytes, then {now.st_size:,})"
                    )
        except OSError as error:
            raise EvidenceError(f"cannot be read at offset {offset:,}: {error.strerror}") from error
        return data

    def _rest(self, data: bytes, offset: int, length: int) -> bytes:
        """What a short read left, as far as there is any."""
        parts = [data]
        got = len(data)
        while data and got < length:
            data = os.pread(self._fd, length - got, offset + got)
            parts.append(data)
            got += len(data)
        if got < length and self.damage is None:
            self.damage = (
                f"it became shorter while it was read: {offset + got:,} of {self.size:,} bytes are there"
            )
        return b"".join(parts)

    def sibling(self, name: str) -> FileSource | None:
        """Open the regular file `name` in the same folder, or None; links are not followed."""
        if not name or "/" in name or "\0" in name or name in (".", ".."):
            return None
        try:
            return FileSource(os.path.join(os.path.dirname(self._path), os.fsencode(name)))  # noqa: PTH118, PTH120
        except EvidenceError:
            return None

    def close(self) -> None:
        """Close the descriptor; safe to call twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __del__(self) -> None:
        self.close()


class BytesSource:
    """Bytes in memory."""

    __slots__ = ("data", "size")

    name = ""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end."""
        if offset < 0 or length <= 0:
            return b""
        return self.data[offset : offset + length]

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside bytes in memory."""
        return None

    def close(self) -> None:
        """Nothing to release."""


class SliceSource:
    """A part of another source, which stays its owner's to close."""

    __slots__ = ("_offset", "_source", "name", "size")

    def __init__(self, source: Source, offset: int, size: int, name: str = "") -> None:
        self._source = source
        self.name = name
        self._offset = max(0, offset)
        self.size = max(0, min(size, source.size - self._offset))

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        return self._source.read_at(self._offset + offset, length)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a part."""
        return None

    def close(self) -> None:
        """Nothing to release: the whole is its owner's."""


class SourceFile(io.RawIOBase):
    """A seekable binary file object over a source, for libraries that want one.

    Closing it leaves the source open.
    """

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """Every position can be had."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes (all that are left when negative or None)."""
        if size is None or size < 0:
            size = max(0, self._source.size - self._position)
        data = self._source.read_at(self._position, size)
        self._position += len(data)
        return data

    def readall(self) -> bytes:
        """Return all that is left."""
        return self.read()

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill `buffer` as far as the source goes; return the number of bytes."""
        view = memoryview(buffer).cast("B")
        data = self._source.read_at(self._position, len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move; positions beyond the end are allowed and read as empty."""
        base = (0, self._position, self._source.size)[whence]
        if base + offset < 0:
            raise ValueError("negative position")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def get_size(self) -> int:
        """The size in bytes (libyal asks for it)."""
        return self._source.size
