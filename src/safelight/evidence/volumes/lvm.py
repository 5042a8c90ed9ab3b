"""LVM2: the logical volumes of a group, put together from its text metadata.

Linear and striped volumes, and mirrors (`mirror`, `raid1`) by one of their images. A volume is listed where it begins;
further physical volumes of its group are looked for in the other partitions of the same medium. One that is not there
is named: a linear volume is read as far as it is, with zeros for the rest, a striped one is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.marks import begins
from safelight.evidence.names import sayable
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
from safelight.evidence.volumes.lvm_neighbours import PhysicalVolume

_SECTOR = 512
_MOST_SEGMENTS = 100_000
_MOST_PIECES = 1_000_000
_MIRRORS = {"mirror": "mirrors", "raid1": "raids"}
_MOST_NAMED = 8


class LvmReader:
    """A physical volume of LVM2."""

    name = "lvm"
    order = 25
    marks = tuple(begins(b"LABELONE", at=at) for at in range(0, 2048, 512))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there a label in the first four sectors?"""
        return read_label(head) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the logical volumes, then what is carved from extents that belong to none. Raises EvidenceError."""
        label = read_label(source.read_at(0, 4096))
        assert label is not None  # `detect` has seen it
        others = source.others if isinstance(source, PhysicalVolume) else {}
        used: list[tuple[int, int]] = []
        try:
            name, group = _described(source, label, others)
            yield from _volumes(_Group(source, label, name, group, others), used)
        except EvidenceError as error:
            yield Node(b"", Kind.FINDING, error=str(error))
        if limits.carve:
            from safelight.evidence.allocation import complement
            from safelight.evidence.carve import carve

            yield free_space(partial(carve, source, list(complement(used, source.size))))


def _described(source: Source, label: Label, others: dict[str, tuple[str, Source]]) -> tuple[str, Section]:
    """Name and description of the group: the newest that it or another physical volume of the medium has of it.

    Raises EvidenceError where none has any that names this physical volume.
    """
    problem: EvidenceError | None = None
    found: list[tuple[str, Section]] = []
    for one in (source, *(other for _, other in others.values())):
        try:
            own = label if one is source else read_label(one.read_at(0, 4096))
            described = None if own is None else read_group(one, own)
        except EvidenceError as error:
            problem = problem or (error if one is source else None)
            continue
        if described is not None and (one is source or _key_of(described[1], label.identifier) is not None):
            found.append(described)
    if not found:
        raise problem or EvidenceError(
            "an LVM physical volume without metadata: another one of its group has it"
        )
    first = text(found[0][1], "id")
    same = [one for one in found if text(one[1], "id") == first]
    return max(same, key=lambda one: number(one[1], "seqno"))


def _key_of(group: Section, identifier: str) -> str | None:
    """What the description calls the physical volume with this identifier."""
    for key, one in sections(group, "physical_volumes").items():
        if text(one, "id").replace("-", "") == identifier:
            return key
    return None


class _Place(NamedTuple):
    """A physical volume that is here: its bytes, where its extents begin, and what it is called on the medium."""

    source: Source
    begin: int
    named: str


class _Group:
    """The group, seen from one of its physical volumes."""

    def __init__(
        self, source: Source, label: Label, name: str, group: Section, others: dict[str, tuple[str, Source]]
    ) -> None:
        self.source, self.name = source, name
        self.extent = number(group, "extent_size") * _SECTOR
        if not 0 < self.extent <= 64 << 30:
            raise EvidenceError("the LVM metadata state no possible size of extents")
        self.volumes = sections(group, "logical_volumes")
        self._physical = sections(group, "physical_volumes")
        self.here = _key_of(group, label.identifier)
        if self.here is None:
            raise EvidenceError("the LVM metadata do not name the physical volume that they lie on")
        self._places: dict[str | int, _Place] = {}
        for key, one in self._physical.items():
            named, bytes_of = others.get(text(one, "id").replace("-", ""), ("", None))
            if key == self.here:
                named, bytes_of = "here", source
            if bytes_of is not None:
                self._places[key] = _Place(bytes_of, number(one, "pe_start") * _SECTOR, named)

    def named(self, source: Source) -> str:
        """What the physical volume of these bytes is called on the medium."""
        return next((place.named for place in self._places.values() if place.source is source), "")

    def missing(self, names: set[str | int]) -> str:
        """Physical volumes that are not here, for people."""
        said = []
        for key in sorted(map(str, names))[:_MOST_NAMED]:
            one = sections({"all": self._physical}, "all").get(key, {})
            last = f", last seen as {text(one, 'device')[:64]}" if text(one, "device") else ""
            said.append(f"{key[:64]} (UUID {text(one, 'id')[:64] or 'not stated'}{last})")
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        return sayable(f"physical volume {', '.join(said)}{more}")

    def pieces(self, volume: Section, depth: int = 0) -> tuple[list[Piece], set[str | int]]:
        """What a volume is made of, and the physical volumes that are not here. Raises EvidenceError."""
        segments = sorted(
            (one for key, one in volume.items() if isinstance(one, dict) and key.startswith("segment")),
            key=lambda one: number(one, "start_extent"),
        )
        pieces: list[Piece] = []
        elsewhere: set[str | int] = set()
        for segment in segments[:_MOST_SEGMENTS]:
            kind, extents = text(segment, "type").partition("+")[0], number(segment, "extent_count")
            if kind == "striped":
                found, missing = self._striped(segment, extents)
            elif kind in _MIRRORS and depth < 4:
                found, missing = self._mirror(segment, _MIRRORS[kind], depth), set()
            else:
                raise EvidenceError(f"it is of the type “{kind[:40]}”, which this version does not read")
            pieces += found
            elsewhere |= missing
            if len(pieces) > _MOST_PIECES:
                raise EvidenceError("it is in too many pieces")
        return pieces, elsewhere

    def _striped(self, segment: Section, extents: int) -> tuple[list[Piece], set[str | int]]:
        stripes = items(segment, "stripes")
        places = list(zip(stripes[::2], stripes[1::2], strict=False))
        if not places or not all(isinstance(start, int) for _, start in places):
            raise EvidenceError("its metadata are damaged")
        length = extents * self.extent
        missing = {name for name, _ in places if name not in self._places}
        if len(places) == 1:
            name, start = places[0]
            return [self._piece(name, int(start) * self.extent, length)], missing
        if missing:
            count = len({name for name, _ in places})
            raise EvidenceError(
                f"it is striped over {count:,} physical volumes, of which not all are here: {self.missing(missing)}"
            )
        size = number(segment, "stripe_size") * _SECTOR
        if not size or length // size > _MOST_PIECES:
            raise EvidenceError("its stripes are too small")
        pieces = []
        for position in range(0, length, size):
            stripe = position // size
            name, start = places[stripe % len(places)]
            row = stripe // len(places) * size
            pieces.append(self._piece(name, int(start) * self.extent + row, min(size, length - position)))
        return pieces, set()

    def _piece(self, name: str | int, at: int, length: int) -> Piece:
        place = self._places.get(name)
        return Piece(None, 0, length) if place is None else Piece(place.source, place.begin + at, length)

    def _mirror(self, segment: Section, key: str, depth: int) -> list[Piece]:
        """The first image of which all lies here."""
        names = [name for name in items(segment, key) if isinstance(name, str) and "_rmeta_" not in name]
        missing: set[str | int] = set()
        for name in names:
            image = self.volumes.get(name)
            if image is None:
                continue
            pieces, elsewhere = self.pieces(image, depth + 1)
            if not elsewhere:
                return pieces
            missing |= elsewhere
        said = f": {self.missing(missing)} is not" if missing else ""
        raise EvidenceError(f"none of its mirrored images lies here as a whole{said}")


def _volumes(group: _Group, used: list[tuple[int, int]]) -> Iterator[Node]:
    """Yield the volumes that begin here; `used` gets the (offset, length) of what is read of this one."""
    for name, volume in group.volumes.items():
        shown = sayable(f"logical volume {name[:128]} of the group {group.name[:128]}")
        if "VISIBLE" not in items(volume, "status"):  # an image of a mirror, the store of a snapshot
            continue
        try:
            pieces, elsewhere = group.pieces(volume)
        except EvidenceError as error:
            yield Node(b"", Kind.FINDING, error=f"{shown}: {error}")
            continue
        first = pieces[0] if pieces else None
        if first is None or first.source is None:
            lacks = f" ({group.missing(elsewhere)})" if elsewhere else ""
            said = f"{shown}: its beginning lies on another physical volume{lacks}, which is not here"
            yield Node(b"", Kind.FINDING, error=said)
            continue
        used += [(piece.offset, piece.length) for piece in pieces if piece.source is group.source]
        if first.source is not group.source:
            yield Node(
                b"", Kind.NOTE, note=f"{shown} begins in {group.named(first.source)}, and is read there"
            )
            continue
        yield Node(
            name.encode("utf-8", "surrogateescape"),
            Kind.LAYER,
            size=sum(piece.length for piece in pieces),
            address={"offset": first.offset},
            layer="volume",
            open=partial(PiecesSource, pieces),
            error=_problem(group, shown, pieces, elsewhere),
        )


def _problem(group: _Group, shown: str, pieces: list[Piece], elsewhere: set[str | int]) -> str | None:
    """What of a volume cannot be read."""
    if elsewhere:
        size = sum(piece.length for piece in pieces)
        lost = sum(piece.length for piece in pieces if piece.source is None)
        return f"{shown}: {lost:,} of its {size:,} bytes are read as zeros: {group.missing(elsewhere)} is not here"
    short = max((p.offset + p.length - p.source.size for p in pieces if p.source is not None), default=0)
    return f"{shown}: the medium ends {short:,} bytes before it does" if short > 0 else None
