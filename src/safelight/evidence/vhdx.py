"""Hyper-V images (VHDX) through libvhdi; a differential one needs its parent beside it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.libyal import ERRORS, Medium, first_line, medium_node, open_handle
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Limits, Node, Source

_DIFFERENTIAL = 4
_DEEPEST = 16


class VhdxReader:
    """VHDX: fixed, dynamic, differential."""

    name = "vhdx"
    order = 10
    marks = (begins(b"vhdxfile"),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the file type identifier's signature?"""
        return head[:8] == b"vhdxfile"

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the decoded medium. Raises EvidenceError."""
        return medium_node(partial(_open, source))


def _open(source: Source) -> Source:
    import pyvhdi

    handles: list[Any] = []
    opened: list[Source] = []
    try:
        current = source
        while True:
            handle = open_handle(pyvhdi.file, current)
            handles.append(handle)
            if handle.get_disk_type() != _DIFFERENTIAL:
                break
            name = (handle.get_parent_filename() or "").replace("\\", "/").rpartition("/")[2]
            parent = current.sibling(name) if name else None
            if parent is None or len(handles) > _DEEPEST:
                raise EvidenceError(
                    f"it holds only what differs from {name or 'a parent'}, which is not beside it"
                )
            opened.append(parent)
            current = parent
        for child, parent_handle in pairwise(handles):
            if child.get_parent_identifier() != parent_handle.get_identifier():
                raise EvidenceError("the image beside it that has its parent's name is another one")
            child.set_parent(parent_handle)
        return _Chain(handles, tuple(opened))
    except ERRORS as error:
        _close(handles, opened)
        raise EvidenceError(first_line(error)) from error
    except EvidenceError:
        _close(handles, opened)
        raise


class _Chain(Medium):
    """The medium of the last child; its parents' handles are closed after it."""

    def __init__(self, handles: list[Any], opened: tuple[Source, ...]) -> None:
        self._parents = handles[1:]
        super().__init__(handles[0], opened)

    def close(self) -> None:
        """Close the child, then its parents, then the files they read from."""
        opened, self._opened = self._opened, ()
        super().close()
        while self._parents:
            self._parents.pop(0).close()
        for source in opened:
            source.close()


def _close(handles: list[Any], opened: list[Source]) -> None:
    for handle in handles:
        handle.close()
    for source in opened:
        source.close()
