"""VMware images: sparse and flat extents, one file or many, through libvmdk."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.libyal import ERRORS, Medium, first_line, medium_node, open_handle
from safelight.evidence.marks import begins, holds
from safelight.evidence.protocol import Limits, Node, Source
from safelight.evidence.source import SourceFile

_MOST_EXTENTS = 4_096


class VmdkReader:
    """VMDK; extents that lie in files of their own are found beside it."""

    name = "vmdk"
    order = 10
    marks = (begins(b"KDMV", b"COWD"), holds(b"# Disk DescriptorFile", within=64))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it a sparse extent, a COWD extent or a descriptor?"""
        return head[:4] in (b"KDMV", b"COWD") or b"# Disk DescriptorFile" in head[:64]

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the decoded medium. Raises EvidenceError."""
        return medium_node(partial(_open, source))


def _open(source: Source) -> Source:
    import pyvmdk

    handle = open_handle(pyvmdk.handle, source)
    opened: list[Source] = []
    try:
        if handle.get_parent_filename():
            raise EvidenceError("it is a snapshot that needs its parent image")
        extents = list(handle.extent_descriptors)
        if len(extents) > _MOST_EXTENTS:
            raise EvidenceError(f"it claims {len(extents):,} extents")
        files = []
        for extent in extents:
            name = (extent.get_filename() or "").replace("\\", "/").rpartition("/")[2]
            if not name or name == source.name or (len(extents) == 1 and source.read_at(0, 4) == b"KDMV"):
                files.append(SourceFile(source))  # the descriptor lies inside its only extent
                continue
            beside = source.sibling(name)
            if beside is None:
                raise EvidenceError(f"its extent {name} is not beside it")
            opened.append(beside)
            files.append(SourceFile(beside))
        handle.open_extent_data_files_as_file_objects(files)
        return Medium(handle, tuple(opened))
    except ERRORS as error:
        _close(handle, opened)
        raise EvidenceError(first_line(error)) from error
    except EvidenceError:
        _close(handle, opened)
        raise


def _close(handle: object, opened: list[Source]) -> None:
    handle.close()  # type: ignore[attr-defined]
    for source in opened:
        source.close()
