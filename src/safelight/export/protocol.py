"""What an exporter is, and the read-only view of a case that it writes out.

The workspace implements `Findings`; an exporter never sees tables, keys or blobs. All text handed over is
already valid Unicode: a name that was not is spelt with `\\xNN` escapes, as everywhere for people
(contract.md), and the raw bytes stay in the store. What may be long is an iterator, so that a case of a
million files is written at constant memory; each iterator can be asked for again, and then gives the same
again. `tests/export/sample.py` is a complete implementation in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Protocol, runtime_checkable

from safelight.model import (
    Case,
    Decision,
    Digests,
    HashSet,
    Lead,
    Pdq,
    SignalValue,
    State,
    Times,
)

NOT_ALLOWED = "not computed: not allowed"
"""Why a signal of a lead is absent that the order does not allow (contract.md)."""
MODEL_MISSING = "a model is missing or is not the pinned one"
NOT_LOOKED_AT = "not looked at"
"""Reasons of `Coverage.missing` that the report explains."""


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One place where an item lies, in text.

    `path` is the form for scripts (`disk.E01//p2/Users/x/b.jpg`); `trail` the one for people, an element per
    container, the last one is the file (`disk.E01`, `partition 2`, `/Users/x/b.jpg`); `layers` says what each
    element is (`model.Place.layers`), or is empty. `address` may hold `inode`, `offset` (bytes from the start
    of the decoded medium), `partition` …
    """

    exhibit: str
    path: str
    trail: tuple[str, ...]
    state: State
    size: int | None = None
    times: Times = field(default_factory=Times)
    address: Mapping[str, int] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    note: str | None = None
    """What its container states of it: who sent it when in which chat, where it lay before it was deleted."""


@dataclass(frozen=True, slots=True)
class FileView:
    """Everything that was listed in an exhibit: files, but also links, devices and what was not examined.

    `kind` is `file`, `folder`, `link`, `special`, `finding` or `note`; `digests` is None where the content was not
    read, and then `error` says why, or `examined` is False (not examined by order: never opened).
    `target` is where a link points, as stored.
    """

    place: PlaceView
    kind: str = "file"
    format: str | None = None
    digests: Digests | None = None
    error: str | None = None
    examined: bool = True
    target: str | None = None
    note: str | None = None
    """What its container states of it: sender and chat, where it lay before it was deleted, which key opened it."""


@dataclass(frozen=True, slots=True)
class UnreadView:
    """Something that could not be read, wholly or in part, and why. `path` may be an exhibit's own path.

    One is a line: of one place and one reason. The number of lines is *what could not be read*, everywhere.
    """

    exhibit: str
    path: str
    reason: str
    state: State | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class LeadView:
    """A lead with everything a reader needs to check it.

    `digests.sha256` equals `lead.sha256`. `format` is by content (`jpeg`, `mp4` …). `damaged` says why the
    picture is not whole, `error` why it could not be decoded at all. `signals` holds every signal by name,
    computed or honestly absent. `stack_size` counts the leads of the stack. `decisions` are all of them,
    oldest first; the last one counts.
    """

    lead: Lead
    digests: Digests
    size: int
    format: str
    places: tuple[PlaceView, ...]
    width: int | None = None
    height: int | None = None
    damaged: str | None = None
    error: str | None = None
    pdq: Pdq | None = None
    signals: Mapping[str, SignalValue] = field(default_factory=dict)
    stack_size: int = 1
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class ExhibitView:
    """A piece of evidence and what was done with it.

    `sha256` is of the decoded medium (disk image) or of the sorted manifest (folder). `verified` compares
    the digests stored in the container (`stored`: algorithm → hex), None where none is stored.
    `verified_after` tells whether a second reading after the scan gave the same digest (None: not asked, or not all was
    read; `read_again` has how many `files` were, `of` how many).
    `counts` are those of the scan (`files`, `media`, `items`, `deleted`, `carved`, `embedded`), and
    `unreadable`, the lines that `unread()` has of it; `only` and `exclude` are the order's scope as given, and
    `earlier` the scopes under which it was read before, in words: what they let in stays;
    `finished` is None for a scan that was interrupted.
    """

    id: str
    path: str
    kind: str
    sha256: str | None = None
    verified: bool | None = None
    stored: Mapping[str, str] = field(default_factory=dict)
    verified_after: bool | None = None
    size: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    not_examined: int = 0
    begun: datetime | None = None
    finished: datetime | None = None
    earlier: tuple[str, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=dict)
    """Of one whose scan has not ended: how many `files` were read, `not_read` listed only, `to_look` digested and not
    looked at."""
    read_again: Mapping[str, Any] | None = None
    """Where it was asked for: how many `files` were read again, `of` how many; a disk image is one."""


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model whose values may stand in the findings. `version` as in the signals; `used` by the scan?"""

    name: str
    version: str
    sha256: str
    licence: str
    purpose: str = ""
    limits: tuple[str, ...] = ()
    evaluated: bool = False
    """On the agency's own data; a model that was not is marked *unevaluated*."""
    used: bool = True


@dataclass(frozen=True, slots=True)
class EventView:
    """An entry of the audit log that belongs to the case, without personal content.

    `verb` is the workspace's method (`scan`, `decide`, `export` …), `phase` one of `done`, `begun`,
    `ended`, `failed`, `resumed`, `refused`. Events of one run share `operation`. `exhibits` are the ids it
    is about.
    """

    seq: int
    time: datetime
    actor: str
    verb: str
    phase: str
    operation: str | None = None
    exhibits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """For how many pictures and videos of the whole case (`of`, leads or not) a signal was computed.

    `allowed`: does the order allow it? `missing` says why it is not there, reason → media; the counts add up
    to `of - computed`.
    """

    signal: str
    allowed: bool
    computed: int
    of: int
    missing: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogState:
    """The audit log when this view was taken: its public key (C2SP form), and whether it verified.

    `verified` is None where the log is too long to be recomputed at an export: then only its newest checkpoint
    in the store and beside it were found to agree. `problem` says what is wrong where it did not verify.
    """

    public_key: str
    verified: bool | None
    events: int
    problem: str = ""


class Findings(Protocol):
    """Everything an exporter may write about one case. All times are aware and in UTC."""

    @property
    def case(self) -> Case:
        """The case and its authority."""
        ...

    @property
    def evaluation(self) -> bool:
        """Made in an evaluation workspace: every export is marked EVALUATION."""
        ...

    @property
    def generated_at(self) -> datetime:
        """When this view was taken; the only clock an exporter knows."""
        ...

    @property
    def generated_by(self) -> str:
        """The acting user."""
        ...

    @property
    def software(self) -> Mapping[str, str]:
        """Name → version of what produced the findings: `safelight` first, then libraries that matter."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """Name → value of what changes findings when it is changed (limits, thresholds, weights file)."""
        ...

    @property
    def models(self) -> Sequence[ModelView]:
        """Models behind the signals."""
        ...

    @property
    def hash_sets(self) -> Sequence[HashSet]:
        """Lists in use, and those since replaced or removed that findings cite (`retired_at`)."""
        ...

    @property
    def exhibits(self) -> Sequence[ExhibitView]:
        """In order of their scan."""
        ...

    @property
    def coverage(self) -> Sequence[Coverage]:
        """Every signal that there is, by name."""
        ...

    @property
    def reports(self) -> int:
        """How many reports the case has at the report desk, which only the desk's own exports hold."""
        ...

    @property
    def audit_checkpoint(self) -> str:
        """The signed note over the log when this view was taken; empty when there is none."""
        ...

    @property
    def audit_log(self) -> LogState:
        """Does the log verify? Asking may take seconds."""
        ...

    def leads(self) -> Iterator[LeadView]:
        """Best first, ties by id: the order of `safelight leads`."""
        ...

    def files(self) -> Iterator[FileView]:
        """Every path listed, in a stable order."""
        ...

    def unread(self) -> Iterator[UnreadView]:
        """Everything that could not be read, in a stable order."""
        ...

    def events(self) -> Iterator[EventView]:
        """The case's events, oldest first."""
        ...

    def thumbnail(self, sha256: str) -> bytes | None:
        """The encoded small picture of an item, as kept; exporters show it only blurred and grey."""
        ...


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What a user may ask of an export. An exporter ignores what it does not offer."""

    thumbnails: bool = False
    """Small, grey pictures whose pixels are blurred; never of what is exactly on a list of illegal material."""
    full_leads: int = 200
    """So many leads are written out in full for people; the rest follow in a compact table."""
    table_leads: int = 5_000
    """So many leads stand in the compact table; what is left out is counted and said."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written. `records` counts lines, media or leads; `notes` are sentences for the user."""

    records: int
    notes: tuple[str, ...] = ()
    unit: str = "record"
    """What one of `records` is; an `s` at its end makes it several."""


@runtime_checkable
class Exporter(Protocol):
    """A format. One file each in this folder, one line under `safelight.export` in pyproject.toml."""

    name: str
    """As in `safelight export NAME`."""

    suffix: str
    """Of the file it writes, with the dot."""

    marked: bool
    """Does the format itself carry the EVALUATION mark? Where it cannot, the file name must: `marking.py`."""

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Write the whole export to `out` as strict UTF-8, the same bytes for the same findings.

        Raises nothing of its own about content: what a format cannot say is left out and said in `notes`.
        """
        ...
