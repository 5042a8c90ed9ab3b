"""Physical volumes of LVM2 that lie in several partitions of one medium: each knows the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source
from safelight.evidence.source import SliceSource
from safelight.evidence.volumes.lvm_metadata import read_label

_LABELS = 4_096


class PhysicalVolume(SliceSource):
    """A partition that begins like a physical volume. Its name is its own, so that the walk hands it on as it is."""

    __slots__ = ("others",)

    def __init__(
        self,
        source: Source,
        offset: int,
        size: int,
        name: str,
        known: Sequence[tuple[str, str, int, int]] = (),
    ) -> None:
        """`known` are (name, identifier, offset, length in bytes) of all physical volumes of the medium."""
        super().__init__(source, offset, size, name)
        self.others: dict[str, tuple[str, Source]] = {}
        """Of the other physical volumes by their identifier: what each is called on this medium, and its bytes."""
        for other, identifier, at, length in known:
            if at != offset:
                self.others.setdefault(identifier, (other, SliceSource(source, at, length)))


def opening(source: Source, partitions: Sequence[tuple[int, int, int]]) -> list[Callable[[], Source]]:
    """How each (number, offset, length in bytes) of a medium's partitions is opened."""
    labels: dict[int, str] = {}
    for number, offset, length in partitions:
        try:
            label = read_label(source.read_at(offset, min(_LABELS, length)))
        except EvidenceError:  # said when the partition itself is read
            label = None
        if label is not None:
            labels[number] = label.identifier
    known = [(f"partition {n}", labels[n], offset, length) for n, offset, length in partitions if n in labels]
    opened: list[Callable[[], Source]] = []
    for number, offset, length in partitions:
        if number in labels and len(known) > 1:
            opened.append(partial(PhysicalVolume, source, offset, length, f"p{number}", known))
        else:
            opened.append(partial(SliceSource, source, offset, length))
    return opened
