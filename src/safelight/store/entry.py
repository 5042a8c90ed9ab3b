"""A line of the inventory: what was read at a place, or could not be, and how the place is known again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from safelight.model import Digests, Place, State

CLOSED = "closed"
"""Kind of the entry that says: everything in this container was listed. It is no place of its own."""
FINDING = "finding"
"""Kind of the entry that says what is wrong at a place, beside the place's own line; there may be several."""
NOTE = "note"
"""Kind of the entry that says what is to be known of a place beside its own line, and is no failure: which key
opened it. It outdates the findings that said a key was needed. It is no place of its own either."""
NOT_READ = "not read: the time that this scan was given was over"
"""The note of a file that was listed and not read; it is not examined, so that the next scan reads it."""
ANEW = "anew"
"""Kind of the entry that says: the medium could not be read as a whole, and is walked once more from its start.
What could not be read of it and its file systems no longer holds, but for what was said of archives that were
read to their end. It is no place of its own either."""

Fingerprint = tuple[int | None, str | None, str | None, int | None]
"""Size in bytes, when it was modified and changed, number of its inode."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was read, or could not be: a line of `export files`.

    `kind` is the node kind (`file`, `folder`, `link`, `special`, `finding`); `format` the type by content;
    `container` the reader that descended into it; `error` why it could not be read (or only in part).
    """

    place: Place
    kind: str
    format: str | None = None
    digests: Digests | None = None
    error: str | None = None
    examined: bool = True
    container: str | None = None
    media: bool = False
    target: bytes | None = None
    gone: bool = False
    """It was read, and was no longer there when its folder was read again; `error` says when."""
    note: str | None = None
    """What its container states of it beside name and times: sender, chat, where it lay before."""

    @property
    def key(self) -> bytes:
        """16 bytes that name the place within its exhibit; of a finding or note, the place and what it says of it."""
        said = self.error if self.kind == FINDING else self.note if self.kind == NOTE else None
        return place_key(self.place, said)


def place_key(place: Place, finding: str | None = None) -> bytes:
    """16 bytes that name a place within its exhibit: trail, state and address where the state needs it."""
    named = b"".join([len(part).to_bytes(4, "little") + part for part in place.trail])
    if place.state is not State.ALLOCATED:
        address = place.address
        where = ":".join(str(address.get(name, "")) for name in ("inode", "offset", "member"))
        named += f"\0{place.state}:{where}".encode()
    if finding is not None:
        named += b"\1" + finding.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(named, digest_size=16).digest()


def fingerprint(place: Place) -> Fingerprint:
    """What must be the same for a place not to be read again: size, times and address."""
    times = place.times
    return (
        place.size,
        times.modified.value if times.modified else None,
        times.changed.value if times.changed else None,
        place.address.get("inode"),
    )
