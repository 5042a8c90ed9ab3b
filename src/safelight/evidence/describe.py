"""What an exhibit is as a whole: its kind, the files it consists of, its decoded medium and stored digests."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from safelight.errors import EvidenceError
from safelight.evidence.folder import file_node, names_in
from safelight.evidence.found import Found
from safelight.evidence.protocol import Kind, Limits, Reader, Source
from safelight.evidence.raw import RawReader
from safelight.evidence.walk import ARCHIVE, PARTITIONS, recognise, safely

_SEGMENT = re.compile(r"\.(?:[EeSsLl]x?[0-9A-Za-z]{2}|\d{3})$")


@dataclass(frozen=True, slots=True)
class Described:
    """An exhibit as a whole.

    `kind` is `folder`, `file`, `archive` or `disk image`; `fingerprint` has `[name, size, mtime_ns]` of each
    file it consists of (for a folder, its file system and inode); `digests` are those its container states for the
    decoded medium.
    """

    path: Path
    kind: str
    fingerprint: list[list[str | int]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def medium(self) -> Iterator[Source]:
        """The decoded bytes of a disk image, the bytes themselves of any other file. Raises EvidenceError."""
        with _opened(self.path) as (found, reader):
            if reader is None or reader.order >= PARTITIONS:
                yield found.content()
                return
            reason = f"the {reader.name} reader found no medium in it"
            for node in safely(reader.walk(found.content(), Limits(carve=False)), reader.name):
                if node.kind is Kind.FINDING and node.error is not None:
                    reason = node.error
                if node.kind is Kind.LAYER and node.open is not None:
                    source = node.open()
                    try:
                        yield source
                    finally:
                        source.close()
                    return
            raise EvidenceError(reason)


def describe(path: Path) -> Described:
    """Say what an exhibit is; a file that no reader knows, or that cannot be opened, is a `file`.

    Raises EvidenceError where there is nothing, or nothing any more.
    """
    if path.is_dir():
        return Described(path, "folder", _folder_identity(path))
    kind, digests = "file", {}
    try:
        with _opened(path) as (found, reader):
            if reader is not None:
                kind = "archive" if ARCHIVE <= reader.order < RawReader.order else "disk image"
                if reader.order < PARTITIONS:
                    nodes = safely(reader.walk(found.content(), Limits(carve=False)), reader.name)
                    digests = next((dict(node.digests) for node in nodes if node.kind is Kind.LAYER), {})
    except EvidenceError:
        pass  # the walk meets the same and records it
    return Described(path, kind, _fingerprint(path), digests)


def resolved(path: Path) -> Path:
    """The exhibit itself; a link given as PATH is followed. Raises EvidenceError."""
    try:
        return path.resolve(strict=True)
    except FileNotFoundError as error:
        raise EvidenceError(
            f"There is no {path}.", "Is the name spelled right, and the medium there?"
        ) from error
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise EvidenceError(f"{path} cannot be opened: {why}", "Is it there, and may you read it?") from error


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Found, Reader | None]]:
    found = recognise(file_node(path, bytes(path.absolute()).rpartition(b"/")[2]))
    try:
        yield found, found.reader()
    finally:
        found.close()


def _folder_identity(path: Path) -> list[list[str | int]]:
    """Which folder it is: that of another stick mounted at the same path is another one. Raises EvidenceError."""
    try:
        return [["folder", os.statvfs(path).f_fsid, path.stat().st_ino]]
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror}", "Is it still there?") from error


def _fingerprint(path: Path) -> list[list[str | int]]:
    """The file and, where its name is that of a segment, all segments beside it. Raises EvidenceError."""
    files = [path]
    try:
        if _SEGMENT.search(path.name):
            beside = [path.parent / name for name in names_in(path.parent) if _SEGMENT.search(name)]
            files = [one for one in beside if one.stem == path.stem]
        stats = [(one.name, one.stat()) for one in files]
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror}", "Is it still there?") from error
    return [[name, stat.st_size, stat.st_mtime_ns] for name, stat in stats]
