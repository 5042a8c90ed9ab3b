"""Open a file beside another: in its folder on a disk or in a file system, else in the archive that both lie in."""

from __future__ import annotations

import os

from safelight.evidence.protocol import Limits, Source
from safelight.evidence.source import SliceSource


def neighbour(source: Source, limits: Limits, name: str, *, part: bool = False) -> Source | None:
    """Return the file `name` beside `source`, or None. `part`: it is a part of the container at hand.

    A container's listing is asked only where the source cannot be (a member of an archive): it costs a listing.
    Raises EvidenceError.
    """
    found = source.sibling(name)
    if found is None and isinstance(source, SliceSource) and limits.beside is not None:
        found = limits.beside.exact(os.fsencode(name), part=part)
    return found
