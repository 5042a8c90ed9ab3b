"""What stands in a folder of FAT or exFAT behind the mark that ends it.

Systems stop at that mark, The Sleuth Kit does not: it gives what stands behind as files in use. It is what an older
folder left in the cluster, or was hidden there. Such entries are told as deleted, with the reason.

Sources: "Microsoft FAT Specification" (2005), "exFAT file system specification" (2019): an entry whose first byte is
zero, and all that follow it, are free.
"""

from __future__ import annotations

from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind, Node, Source
from safelight.evidence.tsk import ERRORS
from safelight.model import State

_ENTRY = 32
_MOST = 16 << 20
"""Bytes of one folder that are looked at: 500,000 entries."""
_BEHIND = (
    "stands behind the mark that ends its folder: left of an older folder, or hidden there; its content may be "
    "another file's by now"
)


class BehindEnd:
    """Tells of each entry whether it stands behind the end of its folder; each folder is looked at once.

    `first` is where the numbers of entries begin, in bytes, `number` the number of the one there.
    """

    def __init__(self, source: Source, first: int, number: int) -> None:
        self._source = source
        self._first = first
        self._number = number
        self._fs: Any = None
        self._inodes: dict[bytes, int] = {}
        """Folders that were listed, and whose entries come later, by their path."""
        self._folder = b""
        self._behind: set[int] | None = None
        """Of the folder at hand; None where none was looked at yet."""

    def opened(self, fs: Any) -> None:
        """Take TSK's handle of the file system; before that nothing is looked at."""
        self._fs = fs
        self._inodes[b""] = int(fs.info.root_inum)

    def look(self, node: Node) -> None:
        """Change what an entry is said to be where it stands behind the end."""
        if node.kind not in (Kind.FILE, Kind.FOLDER) or self._fs is None:
            return
        if node.state is not State.ALLOCATED:
            return
        folder = node.name.rpartition(b"/")[0]
        if self._behind is None or folder != self._folder:
            self._folder, self._behind = folder, self._look_at(self._inodes.pop(folder, None))
        if node.address.get("inode") in self._behind:
            node.state = State.DELETED  # which then holds for what lies in a folder, too
            if node.kind is Kind.FOLDER:  # one with an error is not entered
                node.note = _BEHIND
            else:
                node.error = _BEHIND if node.error is None else f"{node.error}; {_BEHIND}"
        elif node.kind is Kind.FOLDER and node.error is None:
            self._inodes[node.name] = node.address["inode"]

    def _look_at(self, inode: int | None) -> set[int]:
        """The numbers of the entries behind the end of a folder."""
        found: set[int] = set()
        if inode is None:
            return found
        is_ended, left = False, _MOST
        try:
            unit = int(self._fs.info.block_size)
            for attribute in self._fs.open_meta(inode=inode):
                for run in attribute:
                    offset, length = int(run.addr) * unit, min(int(run.len) * unit, left)
                    data = self._source.read_at(offset, length)
                    left -= len(data)
                    is_ended = self._go_through(data, offset, found, is_ended)
        except (EvidenceError, *ERRORS):  # the listing says what cannot be read of the folder
            return found
        return found

    def _go_through(self, data: bytes, offset: int, found: set[int], is_ended: bool) -> bool:
        first = data[0 : len(data) - len(data) % _ENTRY : _ENTRY]
        at = 0 if is_ended else first.find(0)
        if at < 0:
            return False
        if first.count(0, at) < len(first) - at:
            begin = (offset - self._first) // _ENTRY + self._number
            found.update(begin + number for number in range(at, len(first)) if first[number])
        return True
