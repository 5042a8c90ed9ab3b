"""What Debian's sleuthkit lists in a disk image and reads of it: the peer of `export files`.

Its command line tools are independent of the library that Safelight reads with: another version, another
build, other containers (libewf, libvhdi, libvmdk, or a raw copy made by qemu-img or 7z).
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(rb"(\S)/(\S) (\* )?([0-9-]+)(\(realloc\))?:\t(.*)", re.DOTALL)
_TIMES_AND_NUMBERS = 7
"""Tabs after the name in `fls -l`: four times, size, owner, group."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Partition:
    """A file system's place: `name` as Safelight names it (empty without a table), `start` in sectors."""

    name: str
    start: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of `fls`."""

    partition: Partition
    inode: str
    """As `icat` takes it: `14`, on NTFS `9-128-8`."""
    kind: str
    """Of the name, or of the inode where the name has none: r d l, v and V (made up by sleuthkit), …"""
    path: str
    deleted: bool
    reused: bool
    """The name is deleted and its inode belongs to another file by now."""
    size: int

    @property
    def place(self) -> str:
        """The path with its partition, as in a Safelight path behind the image's name."""
        return f"{self.partition.name}/{self.path}" if self.partition.name else self.path


class Image:
    """A disk image as sleuthkit opens it; `format` is what its option -i calls it."""

    def __init__(self, *segments: Path, format: str | None = None) -> None:
        self._segments = segments
        self._format = ("-i", format) if format else ()

    def partitions(self) -> list[Partition]:
        """Return the partitions that `mmls` lists, or the whole medium where it finds no table."""
        done = self._tool("mmls", check=False)
        if done.returncode:
            return [Partition("", 0)]
        found: list[Partition] = []
        logical = 5
        for line in done.stdout.decode().splitlines():
            columns = line.split()
            if len(columns) < 5 or not re.fullmatch(r"\d{3}(:\d{3})?", columns[1]):
                continue
            table, _, slot = columns[1].partition(":")
            if slot and int(table):  # an entry of an extended table
                number, logical = logical, logical + 1
            else:
                number = int(slot or table) + 1
            found.append(Partition(f"p{number}", int(columns[2])))
        return found

    def entries(self, partition: Partition) -> list[Entry] | None:
        """Return what `fls` lists in it, each entry once; None where it knows no file system there."""
        done = self._tool("fls", "-r", "-p", "-l", "-z", "UTC", "-o", str(partition.start), check=False)
        if done.returncode:
            return None
        listed: dict[Entry, None] = {}
        for line in done.stdout.splitlines():
            match = _LINE.fullmatch(line)
            assert match is not None, line
            name_kind, meta_kind, deleted, inode, reused, rest = match.groups()
            path, *columns = rest.rsplit(b"\t", _TIMES_AND_NUMBERS)
            kind = meta_kind if name_kind == b"-" else name_kind
            entry = Entry(
                partition,
                inode.decode(),
                kind.decode(),
                shown(path),
                bool(deleted),
                bool(reused),
                int(columns[4]),
            )
            listed[entry] = None
        return list(listed)

    def sha256(self, entry: Entry, inode: str | None = None) -> str | None:
        """Return the digest of what `icat` gives (of deleted entries: `icat -r`), None where it fails or is short."""
        options = ("-r",) if entry.deleted else ()
        where = ("-o", str(entry.partition.start))
        digest, size, code = _digest(self._command("icat", *options, *where, inode=inode or entry.inode))
        complete = code == 0 and (inode is not None or size == entry.size)
        return digest if complete else None

    def medium(self) -> str:
        """Return the SHA-256 of the decoded medium (`img_cat`)."""
        digest, _, code = _digest(self._command("img_cat"))
        assert code == 0
        return digest

    def _command(self, tool: str, *options: str, inode: str | None = None) -> list[str]:
        return [tool, *self._format, *options, *map(str, self._segments), *([inode] if inode else [])]

    def _tool(self, tool: str, *options: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self._command(tool, *options), capture_output=True, check=check, env=_environment()
        )


def shown(name: bytes) -> str:
    """Return a raw name as sleuthkit prints it: `^` for control characters and for bytes that are not UTF-8."""
    text = name.decode("utf-8", "surrogateescape")
    return "".join("^" if one < " " or "\udc80" <= one <= "\udcff" else one for one in text)


def _digest(command: list[str]) -> tuple[str, int, int]:
    """Return the SHA-256 and size of what a command writes, and its exit code."""
    digest, size = hashlib.sha256(), 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
    ) as running:
        assert running.stdout is not None
        for piece in _pieces(running.stdout.fileno()):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size, running.returncode


def _pieces(descriptor: int) -> Iterator[bytes]:
    while piece := os.read(descriptor, _PIECE):
        yield piece


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
