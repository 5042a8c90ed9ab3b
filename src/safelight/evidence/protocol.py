"""What an evidence reader is: it recognises a container by its bytes and yields what lies in it.

A disk image, a partition table, a file system and a ZIP are all the same thing here: a `Source` in,
`Node`s out, each of which may be opened as a `Source` again. `walk.py` does the recursion, so a reader
only ever knows its own format. `compressed.py` is a short example, `filesystem.py` a long one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from safelight.evidence.unlock import NO_KEYS, Keys
from safelight.model import State, Times

NO_TIMES = Times()
FREE_SPACE = "carving"
"""The layer of what is carved from space that no file occupies."""

if TYPE_CHECKING:
    from safelight.evidence.beside import Beside
    from safelight.evidence.guards import Meter


class Source(Protocol):
    """Random-access, read-only bytes: a file, a partition, a member, a decoded medium."""

    size: int

    @property
    def name(self) -> str:
        """The file name that `sibling` names start from (`surrogateescape`); empty where it has none."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        ...

    def sibling(self, name: str) -> Source | None:
        """Open the file `name` beside this one (the next segment of a split image), or None."""
        ...

    def close(self) -> None:
        """Release what is held; safe to call twice."""
        ...


class Kind(StrEnum):
    """What a node is. Only `FILE` and `LAYER` are ever opened."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    SPECIAL = "special"  # device, socket, FIFO: listed, never opened
    LAYER = "layer"  # a decoded medium, a partition, a file system: passed through, not listed as a file
    FINDING = "finding"  # something that cannot be read or does not verify: only `error` is of interest
    NOTE = (
        "note"  # something to know of the container at hand that is no failure (which key opened it): `note`
    )
    PAUSE = "pause"  # nothing was found: a long search gives its caller a turn, who may have to stop


@dataclass(slots=True)
class Node:
    """One thing a reader found in its container.

    `name` is the raw path inside the container with `/` between folders, never leading. An empty name is
    a layer that adds nothing to the trail (the decoded medium of an E01).
    `label` is the word for people before `name` in a trail: `p2` is shown as "partition 2".
    `open` gives the content; None where there is none to be had, and then `error` says why.
    An `error` beside an `open` is a warning (a damaged chunk): both are kept.
    """

    name: bytes
    kind: Kind
    state: State = State.ALLOCATED
    size: int | None = None
    times: Times = NO_TIMES
    address: dict[str, int] = field(default_factory=dict)
    layer: str = "file"
    open: Callable[[], Source] | None = None
    """Valid until the next node is asked for (what is read in order cannot be had again), unless the reader says
    that it is `lasting`."""
    error: str | None = None
    target: bytes | None = None
    """Where a link points; never followed."""
    owner: bytes | None = None
    """Of a stream: the path of the file or folder it belongs to, whose place in the order's scope it shares."""
    digests: dict[str, str] = field(default_factory=dict)
    """Digests that the container states for the content (`md5`, `sha1`: lower-case hex), to be verified."""
    note: str | None = None
    """What its container states of it beside name and times: who sent it when in which chat, where it lay before it
    was deleted. No failure: that is `error`."""
    refers: bool = False
    """Is its content that of another file of the exhibit, which is listed at its own place too? Nobody goes into it
    here."""
    outside: bool = False
    """Is it left out by the order, whatever its own name and times say: what it refers to is."""
    more: Callable[[], Iterator[Node]] | None = None
    """Of a layer: a further listing, gone through after everything else (what is carved from free space)."""


def free_space(begin: Callable[[], Iterator[Node]]) -> Node:
    """A node for what `begin` carves from space that no file occupies: the walk comes to it after everything else."""
    return Node(b"", Kind.LAYER, layer=FREE_SPACE, more=begin)


def pause() -> Node:
    """A turn for the caller before or within a search of free space that may go on for hours without a find."""
    return Node(b"", Kind.PAUSE, State.CARVED)


@runtime_checkable
class Reader(Protocol):
    """A format. One file each in this folder, one line under `safelight.evidence` in pyproject.toml.

    A reader may also have `formats`, a set of names that `sniff.py` gives: it is then asked about those only,
    which spares a look at every other file. So do `marks`, the first or last bytes or the names that its files have
    (`marks.py`): it is asked where one of them holds, without them about everything.
    One that puts segments together says so by `joins = True`: what begins like an archive may be the first segment of
    one. One whose nodes can be opened in any order, as long as the source is open, says so by `lasting = True`: its
    files are then read in the order of their promise (`agenda.py`). One of a whole device (a phone's backup) says so by
    `is_device = True`: rules of paths may start at its root.
    """

    name: str
    """Short and fixed: `zip`, `e01`, `gpt`, `ntfs` … It is written into findings and reports."""

    order: int
    """Readers are asked in this order (media 10, partition tables 20, file systems 30, archives 40 and on)."""

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it this format? `head` is the first 64 KiB (or less); reading more must stay cheap."""
        ...

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield what is inside, at constant memory. Raises EvidenceError when nothing more can be had."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Guards against bombs. What hits one is cut there and becomes a finding that names the guard."""

    depth: int = 8
    """Archives within archives (layers of a disk image do not count)."""
    members: int = 1_000_000
    """Entries of one archive."""
    member_bytes: int = 16 << 30
    """Decompressed size of one member."""
    total_bytes: int = 256 << 30
    """Decompressed size of one archive together with what is nested in it."""
    ratio: int = 1_000
    """Decompressed over compressed, judged once more than 1 GiB came out."""
    seconds: float = 3_600.0
    """Time spent inside one archive."""
    meter: Meter | None = None
    """What the archive at hand and those around it have given so far; set by the walk (`guards.py`)."""
    carve: bool = True
    """Look for media in space that no file occupies."""
    keys: Keys = NO_KEYS
    """What the order allows to be opened with (`unlock.py`); empty where the case does not allow `unlock`."""
    beside: Beside | None = None
    """The other files of the folder, file system or archive that the file at hand lies in; set by the walk."""
