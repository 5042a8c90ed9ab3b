"""LVM2: the logical volumes of one physical volume, put together from the group's text metadata.

Linear and striped volumes, and mirrors (`mirror`, `raid1`) by one of their images. What lies on other physical volumes
is not here: a linear volume is read as far as it is, with zeros for the rest, a striped one is said and left.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.pieces import Piece, PiecesSource
from safelight.evidence.protocol import Kind, Limits, Node, Source, free_space
from safelight.evidence.volumes.lvm_metadata import (
    Label,
    Section,
    items,
    number,
    read_group,
    read_label,
    sections,
    text,
)

_SECTOR = 512
_MOST_SEGMENTS = 100_000
_MOST_PIECES = 1_000_000
_MIRRORS = {"mirror": "mirrors", "raid1": "raids"}


class _Elsewhere(EvidenceError):
    """A part of a volume lies where it cannot be had from here."""


class LvmReader:
    """A physical volume of LVM2."""

    name = "lvm"
    order = 25
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there a label in the first four sectors?"""
        return read_label(head) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the logical volumes, then what is carved from extents that belong to none. Raises EvidenceError."""
        label = read_label(source.read_at(0, 4096))
        assert label is not None  # `detect` has seen it
        used: list[tuple[int, int]] = []
        try:
            described = read_group(source, label)
            if described is None:
                raise EvidenceError(
                    "an LVM physical volume without metadata: another one of its group has it"
                )
            name, group = described
            yield from _volumes(_Group(source, label, name, group), used)
        except EvidenceError as error:
            yield Node(b"", Kind.FINDING, error=str(error))
        if limits.carve:
            from safelight.evidence.allocation import complement
            from safelight.evidence.carve import carve

            yield free_space(partial(carve, source, list(complement(used, source.size))))


class _Group:
    """The group, seen from one of its physical volumes."""

    def __init__(self, source: Source, label: Label, name: str, group: Section) -> None:
        self.source, self.name = source, name
        self.extent = number(group, "extent_size") * _SECTOR
        if not 0 < self.extent <= 64 << 30:
            raise EvidenceError("the LVM metadata state no possible size of extents")
        self.volumes = sections(group, "logical_volumes")
        physical = sections(group, "physical_volumes")
        self.count = len(physical)
        self.here = next(
            (key for key, one in physical.items() if text(one, "id").replace("-", "") == label.identifier),
            None,
        )
        if self.here is None:
            raise EvidenceError("the LVM metadata do not name the physical volume that they lie on")
        self.begin = number(physical[self.here], "pe_start") * _SECTOR

    def pieces(self, volume: Section, depth: int = 0) -> tuple[list[Piece], int]:
        """What a volume is made of, and how many of its bytes lie elsewhere. Raises EvidenceError."""
        segments = sorted(
            (one for key, one in volume.items() if isinstance(one, dict) and key.startswith("segment")),
            key=lambda one: number(one, "start_extent"),
        )
        pieces: list[Piece] = []
        elsewhere = 0
        for segment in segments[:_MOST_SEGMENTS]:
            kind, extents = text(segment, "type").partition("+")[0], number(segment, "extent_count")
            if kind == "striped":
                found, missing = self._striped(segment, extents)
            elif kind in _MIRRORS and depth < 4:
                found, missing = self._mirror(segment, _MIRRORS[kind], depth)
            else:
                raise _Elsewhere(f"it is of the type “{kind[:40]}”, which this version does not read")
            pieces += found
            elsewhere += missing
            if len(pieces) > _MOST_PIECES:
                raise EvidenceError("it is in too many pieces")
        return pieces, elsewhere

    def _striped(self, segment: Section, extents: int) -> tuple[list[Piece], int]:
        stripes = items(segment, "stripes")
        places = list(zip(stripes[::2], stripes[1::2], strict=False))
        if not places or not all(isinstance(start, int) for _, start in places):
            raise EvidenceError("its metadata are damaged")
        length = extents * self.extent
        if len(places) == 1:
            name, start = places[0]
            return ([self._piece(name, start, length)], 0 if name == self.here else length)
        if any(name != self.here for name, _ in places):
            raise _Elsewhere("it is striped over several physical volumes, of which only one is here")
        size = number(segment, "stripe_size") * _SECTOR
        if not size or length // size > _MOST_PIECES:
            raise EvidenceError("its stripes are too small")
        pieces = []
        for position in range(0, length, size):
            stripe = position // size
            _, start = places[stripe % len(places)]
            row = stripe // len(places) * size
            at = self.begin + int(start) * self.extent + row
            pieces.append(Piece(self.source, at, min(size, length - position)))
        return pieces, 0

    def _piece(self, name: str | int, start: str | int, length: int) -> Piece:
        if name != self.here:
            return Piece(None, 0, length)
        return Piece(self.source, self.begin + int(start) * self.extent, length)

    def _mirror(self, segment: Section, key: str, depth: int) -> tuple[list[Piece], int]:
        """The first image of which all lies here."""
        names = [name for name in items(segment, key) if isinstance(name, str) and "_rmeta_" not in name]
        for name in names:
            image = self.volumes.get(name)
            if image is None:
                continue
            pieces, elsewhere = self.pieces(image, depth + 1)
            if not elsewhere:
                return pieces, 0
        raise _Elsewhere("none of its mirrored images lies here as a whole")


def _volumes(group: _Group, used: list[tuple[int, int]]) -> Iterator[Node]:
    for name, volume in group.volumes.items():
        shown = f"logical volume {name[:128]} of the group {group.name[:128]}"
        is_visible = "VISIBLE" in items(volume, "status")
        try:
            pieces, elsewhere = group.pieces(volume)
        except EvidenceError as error:
            if is_visible:
                yield Node(b"", Kind.FINDING, error=f"{shown}: {error}")
            continue
        content = PiecesSource(pieces)
        if not is_visible:  # an image of a mirror, the store of a snapshot
            continue
        used += [(piece.offset, piece.length) for piece in pieces if piece.source is not None]
        first = pieces[0] if pieces else None
        if first is None or first.source is None:
            yield Node(b"", Kind.FINDING, error=f"{shown}: its beginning lies on another physical volume")
            continue
        problem = None
        beyond = max((piece.offset + piece.length for piece in pieces if piece.source is not None), default=0)
        if elsewhere:
            problem = f"{shown}: {elsewhere:,} of its {content.size:,} bytes lie elsewhere in the group, read as zeros"
        elif beyond > group.source.size:
            problem = f"{shown}: the medium ends {beyond - group.source.size:,} bytes before it does"
        yield Node(
            name.encode("utf-8", "surrogateescape"),
            Kind.LAYER,
            size=content.size,
            address={"offset": first.offset},
            layer="volume",
            open=partial(PiecesSource, pieces),
            error=problem,
        )
