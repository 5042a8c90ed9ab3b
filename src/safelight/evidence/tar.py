"""Tape archives (ustar, GNU, pax, v7), read in order with Python's `tarfile`; names byte for byte."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.guards import Meter
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.source import SliceSource, SourceFile
from safelight.evidence.stream import StreamSource
from safelight.model import Times

_CHUNK = 1 << 20


class TarReader:
    """A tape archive; compressed ones come through `compressed.py`."""

    name = "tar"
    order = 42

    def detect(self, head: bytes, source: Source) -> bool:
        """By the ustar mark, or by the checksum of a first header without one."""
        return sniff(head[:HEAD]) == "tar"

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members in order. Raises EvidenceError where the archive breaks off."""
        meter = Meter.of(limits, source)
        try:
            with tarfile.open(
                fileobj=SourceFile(source), mode="r:", encoding="utf-8", errors="surrogateescape"
            ) as archive:
                while (member := archive.next()) is not None:
                    archive.members.clear()  # type: ignore[attr-defined]  # what was listed is not kept: constant memory
                    meter.entry()
                    yield _node(source, archive, member, meter)
                end = archive.offset
        except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
            raise EvidenceError(f"the tape archive breaks off: {error}") from error
        if source.read_at(end, 512).strip(b"\0"):
            raise EvidenceError(f"the tape archive is damaged at byte {end:,}")


def _node(source: Source, archive: tarfile.TarFile, member: tarfile.TarInfo, meter: Meter) -> Node:
    name = os.fsencode(member.name)
    node = Node(
        name,
        _kind(member),
        size=member.size if member.isreg() else None,
        times=Times(modified=stamps.utc(int(member.mtime * 1_000_000_000), "tar")),
        address={"offset": member.offset},
        layer="member",
    )
    if member.issym() or member.islnk():
        node.target = os.fsencode(member.linkname)
    elif node.kind is Kind.FILE and member.issparse():
        node.open = partial(_sparse, archive, member, meter)
    elif node.kind is Kind.FILE:
        node.open = partial(
            SliceSource, source, member.offset_data, member.size, os.fsdecode(name.rpartition(b"/")[2])
        )
        if member.offset_data + member.size > source.size:
            node.error = (
                f"ends early: {max(0, source.size - member.offset_data):,} of {member.size:,} bytes are there"
            )
    return node


def _kind(member: tarfile.TarInfo) -> Kind:
    if member.isdir():
        return Kind.FOLDER
    if member.issym() or member.islnk():
        return Kind.LINK
    return Kind.FILE if member.isreg() else Kind.SPECIAL


def _sparse(archive: tarfile.TarFile, member: tarfile.TarInfo, meter: Meter) -> Source:
    """A file with holes, filled in."""
    file = archive.extractfile(member)
    if file is None:
        raise EvidenceError("its content cannot be had")
    chunks = meter.guarded(iter(lambda: file.read(_CHUNK), b""), lambda: member.size)
    return StreamSource(chunks, member.size)
