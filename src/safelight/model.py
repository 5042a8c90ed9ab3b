"""The nouns as frozen, typed values: no I/O, and nothing of ours is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Capability(StrEnum):
    """A thing that may intrude, and therefore needs the case's authority."""

    HASH_MATCH = "hash-match"
    """Compare digests and perceptual hashes of every file in the order's scope with lists of known media. It
    reads everything there, and says of a file only whether a list holds it, or something that looks like it."""
    CLASSIFY = "classify"
    """Let models judge pictures and frames that are on no list: a score for explicit content, where faces are,
    their apparent age. It intrudes into lawful private pictures too, and it errs."""
    FACE_SEARCH = "face-search"
    """Compute face templates, by which a person can be told apart from others (biometric data). Needs a second
    person's approval and a ground. A scan computes and seals templates; the missing-children desk compares them."""
    TEXT_ANALYSIS = "text-analysis"
    """Read the meaning of free text (messages, descriptions), not only its structure: a model compares each
    sentence of a report with abstract situations."""
    REPORT_TRIAGE = "report-triage"
    """Take in and rank reports from hotlines and providers: personal data of those who report and are reported."""
    OPEN_UNVIEWED = "open-unviewed"
    """Open files of a report that nobody at the provider has looked at, which some legal orders treat as a
    search. Without it they are neither read nor hashed; what the report itself states of them is compared."""
    UNLOCK = "unlock"
    """Open what a password or key protects, with the passwords and recovery keys that are given to a scan, or the key
    that it holds itself. Without it what is locked is listed as locked."""
    SCREENING = "screening"
    """Match loose files, which belong to no exhibit, with the lists. Nothing of them is stored."""
    EXPORT = "export"
    """Write findings out of the workspace, where neither its encryption nor its log follow them."""


class Basis(StrEnum):
    """The kind of legal ground a case stands on."""

    WARRANT = "warrant"
    """an order of a court or prosecutor"""
    CONSENT = "consent"
    """the owner or user agreed"""
    STATUTE = "statute"
    """a law allows it without an order"""
    MLA = "mla"
    """mutual legal assistance: another state asked for it"""


class Ground(StrEnum):
    """Why faces may be searched at all (red line, rule 3)."""

    MISSING_PERSON = "missing-person"
    """a missing person is looked for"""
    VICTIM_IDENTIFICATION = "victim-identification"
    """victims are to be identified"""
    SUSPECT = "suspect"
    """a suspect is looked for; needs --offence"""


class HashSetKind(StrEnum):
    """What being on a list means."""

    KNOWN_ILLEGAL = "known-illegal"
    """material that was found illegal: a match is a lead"""
    KNOWN_GOOD = "known-good"
    """files of systems and programs: a match is not looked at, unless another list disagrees"""
    WATCH = "watch"
    """anything else that the case looks for: a match is a lead"""


class State(StrEnum):
    """How a place in an exhibit was found."""

    ALLOCATED = "allocated"
    DELETED = "deleted"
    CARVED = "carved"
    EMBEDDED = "embedded"


class Band(StrEnum):
    """Priority in four words, the most urgent first; the cut-offs are in the tables of weights."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @classmethod
    def of(cls, priority: float, lowest: Mapping[Band, float]) -> Band:
        """The word for a priority 0..1, where `lowest` is the lowest priority of each band but the last."""
        for band in (cls.URGENT, cls.HIGH, cls.NORMAL):
            if priority >= lowest[band]:
                return band
        return cls.LOW


@dataclass(frozen=True, slots=True)
class Authority:
    """The legal ground of a case. Dates are inclusive, in UTC."""

    basis: Basis
    reference: str
    issued_by: str
    valid_from: date
    valid_until: date
    allows: frozenset[Capability]
    approved_by: str | None = None
    ground: Ground | None = None
    offence: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An investigation; everything belongs to one. `scheme` names the category scheme (a data file)."""

    id: str
    name: str
    opened_by: str
    opened_at: datetime
    authority: Authority
    scheme: str
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time as the evidence states it.

    `value` is ISO 8601: with `Z` where the source is UTC, without any zone where it is local time.
    `source` says which record stated it (`ntfs:$STANDARD_INFORMATION`, `fat`, `zip`, `exif`, `posix`);
    `zone` is `utc`, `local` (the device's own, unknown zone) or an offset such as `+02:00`.
    """

    value: str
    source: str
    zone: str


@dataclass(frozen=True, slots=True)
class Times:
    """The four times of a file, each of which may be unknown."""

    created: Timestamp | None = None
    modified: Timestamp | None = None
    accessed: Timestamp | None = None
    changed: Timestamp | None = None


@dataclass(frozen=True, slots=True)
class Digests:
    """Raw digests of the same bytes (16, 20 and 32 bytes)."""

    md5: bytes
    sha1: bytes
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was found, in raw bytes: what the evidence says, never what a screen can show.

    `trail` has one element per container passed through, the last one is the file itself
    (`(b"disk.E01", b"p2", b"Users/x/a.zip", b"b.jpg")`); `layers` says what each element is
    (`"file"`, `"partition"`, `"member"`, `"stream"` …) so that people are shown "partition 2".
    """

    trail: tuple[bytes, ...]
    layers: tuple[str, ...]
    state: State
    size: int | None
    times: Times = Times()
    address: Mapping[str, int] = field(default_factory=dict)
    """Where it lies: `inode`, `offset` (bytes from the start of the decoded medium), `partition` …"""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A piece of seized evidence. `sha256` is of the decoded medium, or of the sorted manifest of a folder."""

    id: str
    case_id: str
    path: str
    kind: str
    sha256: str | None = None
    verified: bool | None = None
    """Did a digest stored in the container agree? `None` where none is stored."""


@dataclass(frozen=True, slots=True)
class NotComputed:
    """A signal that is not there, and why: never a zero in its place."""

    reason: str


@dataclass(frozen=True, slots=True)
class Pdq:
    """Perceptual hash of a picture: 32 bytes, quality 0..100 (below 50 unreliable)."""

    hash: bytes
    quality: int


@dataclass(frozen=True, slots=True)
class Face:
    """A face: box as fractions of width and height (x, y, w, h), detector score, apparent age, template.

    `age` is the distribution over the model's classes of *apparent* age, a year each from 0 (81 with the model
    that is delivered); `below_18` its share below 18. It is an assessment of looks, not a probability that the
    person is a minor.
    """

    box: tuple[float, float, float, float]
    score: float
    below_18: float | None = None
    age: tuple[float, ...] | None = None
    template: bytes | None = None
    """128 float32, little-endian; only under `face-search`."""


LOCKED = "a password or key is needed"
"""Stands in every finding on what is encrypted, so that a later scan which opens it outdates the finding."""


SOUND_ONLY = "sound"
"""The format of an item that is a film by its container and holds sound alone."""
NOT_APPLICABLE = "not applicable"
"""Begins the reason of a signal that there cannot be of such an item: nothing is missing, and it need not be told."""


@dataclass(frozen=True, slots=True)
class SignalValue:
    """One computed (or honestly absent) fact about an item.

    `value` is JSON-able data, as documented by the signal; None exactly when `absent` says why.
    `version` names code and model (SHA-256 prefix), and is the cache key beside the item's SHA-256.
    """

    name: str
    version: str
    value: Any
    absent: str | None = None


@dataclass(frozen=True, slots=True)
class HashSet:
    """A list of known media as it lies in the workspace."""

    id: str
    name: str
    kind: HashSetKind
    format: str
    records: int
    source_sha256: str
    scheme: str | None = None
    imported_at: datetime | None = None
    retired_at: datetime | None = None
    """When it was replaced or removed; a case's matches may still cite it."""


IDENTITY = "identity"
"""The form of a match whose picture stands as the listed one does."""


@dataclass(frozen=True, slots=True)
class Match:
    """An item against an entry of a hash set; `distance` in bits (0 for digests).

    `form` says how the item's picture comes from the listed one: `identity`, `mirrored` (left-right),
    `turned 90` (degrees, clockwise), `mirrored, turned 180` …; behind `trimmed` where it has a uniform border more.
    """

    hashset: str
    kind: HashSetKind
    entry: str
    by: str
    distance: int
    category: str | None = None
    form: str = IDENTITY
    covered: tuple[int, int] | None = None
    """Of films (`by` is `vpdq`): percent of the item's frames, and of the entry's, that lie near one of the other."""
    at: tuple[float, float] | None = None
    """Of films and animations: the seconds of the item's first and last frame that lies near what the entry is of."""

    @property
    def is_perceptual(self) -> bool:
        """Is it by likeness, and so not of exactly the same content?"""
        return self.by in ("pdq", "vpdq")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a lead stands where it stands: a code for scripts, a sentence for people, a weight."""

    code: str
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Lead:
    """Something a person should look at. Never "a result"."""

    id: str
    kind: str
    sha256: str
    priority: float
    band: Band
    reasons: tuple[Reason, ...]
    matches: tuple[Match, ...]
    stack: str
    decided: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a named human concluded about a lead; corrected by a later one, never erased."""

    id: str
    lead: str
    label: str
    by: str
    at: datetime
    note: str | None = None
