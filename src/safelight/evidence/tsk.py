"""Adapters between a `Source` and The Sleuth Kit (`pytsk3`): an image that TSK reads, a file that it gives."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source

ERRORS = (OSError, RuntimeError)
"""What pytsk3 raises: the second where the image under it could not be read (a bad sector, a cable)."""
_OF_IMAGE = re.compile(r"""OSError\((["'])(.*?)\1\)""")
_WHERE = re.compile(r"^\w+: \([\w.]+:\d+\) ")
ALLOCATED, UNALLOCATED = 1, 2
"""Flags of names and of inodes (TSK_FS_NAME_FLAG_ENUM, TSK_FS_META_FLAG_ENUM)."""
REGULAR = 1
"""TSK_FS_META_TYPE_REG."""
FAT, NTFS, EXT, HFS, ISO = "FAT_DETECT", "NTFS_DETECT", "EXT_DETECT", "HFS_DETECT", "ISO9660_DETECT"


@cache
def _image_type() -> Any:
    """The class that lets TSK read from a source; made late because importing TSK takes time."""
    import pytsk3

    class SourceImage(pytsk3.Img_Info):  # type: ignore[misc]
        def __init__(self, source: Source) -> None:
            self._source = source
            super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

        def close(self) -> None:
            """The source is its owner's to close."""

        def read(self, offset: int, size: int) -> bytes:
            try:
                return self._source.read_at(offset, size)
            except EvidenceError as error:
                raise OSError(f"the image {error}") from error

        def get_size(self) -> int:
            return self._source.size

    return SourceImage


def open_file_system(source: Source, kind: str) -> Any:
    """Return TSK's handle of a file system of `kind` (`TSK_FS_TYPE_…`). Raises EvidenceError."""
    import pytsk3

    try:
        image = _image_type()(source)
        fs = pytsk3.FS_Info(image, offset=0, type=getattr(pytsk3, f"TSK_FS_TYPE_{kind}"))
    except ERRORS as error:
        raise EvidenceError(f"the file system cannot be opened: {reason(error)}") from error
    # The last number is the folder of orphans; TSK waits for itself for ever where that is the root.
    if fs.info.root_inum >= fs.info.last_inum:
        raise EvidenceError("the file system has no inodes")
    return fs


def reason(error: Exception) -> str:
    """Return what TSK says in one line, without the names of its functions and files; else what the image said."""
    if not isinstance(error, OSError) and (of_image := _OF_IMAGE.match(str(error))):
        return of_image[2][:300]
    text = " ".join(str(error).split()).replace(
        " Contact brian with details of the system that created this image", ""
    )
    return _WHERE.sub("", text).rpartition(" with error: ")[2][:300]


def read_file(fs: Any, inode: int, most: int) -> bytes:
    """Return the first `most` bytes of a file of the file system's own (a bitmap). Raises EvidenceError."""
    try:
        file = fs.open_meta(inode=inode)
    except ERRORS as error:
        raise EvidenceError(f"inode {inode} cannot be opened: {reason(error)}") from error
    return TskFile(fs, file, max(0, int(file.info.meta.size))).read_at(0, most)


class _InFolder:
    """What a file of TSK's knows of its folder."""

    __slots__ = ()
    _fs: Any
    _folder: int | None
    _name: bytes

    @property
    def name(self) -> str:
        """The file's own name, for its siblings."""
        return os.fsdecode(self._name)

    def sibling(self, name: str) -> Source | None:
        """Open the allocated regular file `name` in the same folder (a segment of a split image), or None."""
        if self._folder is None:
            return None
        return _in_folder(self._fs, self._folder, os.fsencode(name))


class TskFile(_InFolder):
    """The content of a file that TSK has found (`pytsk3.File`), or of one of its attributes (type, id)."""

    __slots__ = ("_attribute", "_file", "_folder", "_fs", "_name", "size")

    def __init__(
        self,
        fs: Any,
        file: Any,
        size: int,
        attribute: tuple[int, int] | tuple[()] = (),
        folder: int | None = None,
        name: bytes = b"",
    ) -> None:
        self._fs = fs
        self._file = file
        self.size = size
        self._attribute = attribute
        self._folder = folder
        self._name = name

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        if self._file is None:
            raise EvidenceError("it is closed")
        try:
            data: bytes = self._file.read_random(offset, length, *self._attribute)
        except ERRORS as error:
            raise EvidenceError(f"cannot be read at offset {offset:,}: {reason(error)}") from error
        if len(data) < length:
            raise EvidenceError(f"ends after {offset + len(data):,} of {self.size:,} bytes")
        return data

    def close(self) -> None:
        """Release TSK's handle."""
        self._file = None


class TskRun(_InFolder):
    """The content of a file that lies in one piece: read from there, and by TSK where that fails, which says why."""

    __slots__ = ("_folder", "_fs", "_inode", "_name", "_source", "_start", "size")

    def __init__(
        self, source: Source | None, start: int, size: int, fs: Any, inode: int, folder: int, name: bytes
    ) -> None:
        self._source = source
        self._start = start
        self.size = size
        self._fs = fs
        self._inode = inode
        self._folder = folder
        self._name = name

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        left = self.size - offset
        if length > left:
            length = left
        if length <= 0 or offset < 0:
            return b""
        if self._source is None:
            raise EvidenceError("it is closed")
        try:
            data = self._source.read_at(self._start + offset, length)
        except EvidenceError:  # TSK meets it again
            data = b""
        return data if len(data) == length else self._by_tsk().read_at(offset, length)

    def close(self) -> None:
        """Read nothing any more; the volume is its owner's to close."""
        self._source = None

    def _by_tsk(self) -> TskFile:
        try:
            file = self._fs.open_meta(inode=self._inode)
        except ERRORS as error:
            raise EvidenceError(f"cannot be opened: {reason(error)}") from error
        return TskFile(self._fs, file, self.size, (), self._folder, self._name)


def _in_folder(fs: Any, folder: int, name: bytes) -> TskFile | None:
    """The allocated regular file `name` in a folder."""
    try:
        for entry in fs.open_dir(inode=folder):
            found, meta = entry.info.name, entry.info.meta
            if found.name == name and meta is not None and int(found.flags) & ALLOCATED:
                if int(meta.type) != REGULAR:
                    return None
                return TskFile(fs, entry, max(0, int(meta.size)), (), folder, name)
    except ERRORS:  # a folder that cannot be read has no file to offer; the walk reports it
        return None
    return None
