"""The values of the missing-children desk: what a register states of a person, photographs, candidates, decisions.

Frozen values as stated; nothing here is an assessment, but `Weighed` facts, which say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Status(StrEnum):
    """Where a person stands. Only `missing` and `found` people are in a gallery."""

    MISSING = "missing"
    """somebody looks for this person"""
    FOUND = "found"
    """a shelter or hospital has this person, whose family is looked for"""
    HOME = "home"
    """back with those who looked for them: out of the gallery, the template is destroyed on schedule"""
    WITHDRAWN = "withdrawn"
    """taken out by those who enrolled them"""
    PROBE = "probe"
    """a photograph that was searched with and had candidates: never in a gallery"""


IN_GALLERY = (Status.MISSING, Status.FOUND)


class Sex(StrEnum):
    """As a register states it."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    """anything else that is stated: it is not weighed against the two"""


@dataclass(frozen=True, slots=True)
class Days:
    """A time known to a day or to a span of days, both ends inclusive."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """ValueError where the end lies before the beginning."""
        if self.last < self.first:
            raise ValueError("a span of days ends before it begins")

    @classmethod
    def of(cls, day: date) -> Days:
        """A single day."""
        return cls(day, day)


@dataclass(frozen=True, slots=True)
class Span:
    """A measure from `least` to `most`, both inclusive: centimetres, kilograms, years."""

    least: float
    most: float

    def __post_init__(self) -> None:
        """ValueError where it is turned around or no number."""
        if not self.least <= self.most:
            raise ValueError("a span whose end lies below its beginning")


@dataclass(frozen=True, slots=True)
class Seen:
    """Where and when a person was last seen (missing) or found."""

    place: str | None = None
    """As stated."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    latitude: float | None = None
    """Degrees, WGS 84; only where the register states coordinates."""
    longitude: float | None = None
    days: Days | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stated of a person beside photographs. None or empty: not stated, which weighs nothing."""

    names: tuple[str, ...] = ()
    """Every name and spelling that is stated, in its own script; the fullest first."""
    sex: Sex | None = None
    born: Days | None = None
    """When they were born: a day, a year, or what an age at a stated time leaves."""
    born_from: str = ""
    """What `born` was taken from: `birth date`, `age at last seen`, `estimated age` …"""
    height: Span | None = None
    """Centimetres, when they were last seen or found (`height_on`)."""
    height_on: Days | None = None
    marks: tuple[str, ...] = ()
    """Lasting marks, one each, as stated: scars, birthmarks, missing fingers."""
    languages: tuple[str, ...] = ()
    """ISO 639 codes where they are understood, else as stated."""
    eyes: str | None = None
    hair: str | None = None
    clothes: str | None = None
    seen: Seen | None = None
    source: str | None = None
    """Who states all this: a station, a shelter, a register's own column."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Columns that mean nothing to us, kept and shown as they came."""


@dataclass(frozen=True, slots=True)
class PhotoRef:
    """A photograph that a register names. Never an address: `file` lies beside the register or below it."""

    file: str
    """As stated, relative to the register's folder, or the path below an enrolled folder."""
    taken: Days | None = None
    """When it was taken, as the register states it."""
    face: int | None = None
    """Which face is the person's, from 1, counted from left to right; None where it shows one, or nobody said."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one register states of one person: all its lines and photographs together."""

    person_id: str
    """The register's own number or name of the person."""
    facts: Facts
    photos: tuple[PhotoRef, ...] = ()
    status: Status | None = None
    """Only where the register states one of its own."""
    where: str = ""
    """`list.csv, line 7`: for findings."""
    notes: tuple[str, ...] = ()
    """Values that were not understood, each a sentence; the raw value is kept in `facts.more`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A line or a photograph that could not be taken in; comes beside records, so that the others go on."""

    where: str
    """`list.csv, line 7`, or the file's path."""
    reason: str
    """For people: what is wrong, and what to do."""


class Verdict(StrEnum):
    """What a decider says of two photographs and their facts."""

    SAME = "same"
    DIFFERENT = "different"
    CANNOT_SAY = "cannot-say"


class Standing(StrEnum):
    """What a candidate's verdicts come to."""

    OPEN = "open"
    """nobody has decided yet"""
    ONE_OF_TWO = "one of two"
    """one person has: the other must not see what they said"""
    TO_A_THIRD = "to a third"
    """two people disagree: a third decides"""
    CONFIRMED = "confirmed by two"
    EXCLUDED = "excluded"
    """two people say that they are different"""
    CANNOT_SAY = "cannot say"
    """no two of three agree, or two cannot say"""


class Side(StrEnum):
    """On which side a fact speaks."""

    FOR = "for"
    AGAINST = "against"
    UNKNOWN = "unknown"
    """it is not stated of one of them, or says nothing either way"""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One fact held against another: what it says, how strongly, and on which ground.

    `weight` is the decimal logarithm of the likelihood ratio, same person against two people: 1 means that what is
    stated is ten times as likely if they are one person. 0 where it is unknown.
    """

    code: str
    """`face`, `sex`, `age`, `height`, `mark`, `language`, `place`, `name`, `seen-after` …"""
    side: Side
    text: str
    """For people: what the two state, and what it means."""
    weight: float
    source: str = ""
    """Where the ratio comes from: a paper, a table, or `prior` with what it assumes."""
    contradiction: bool = False
    """It cannot be true of one person unless something stated is wrong: shown first, never dropped."""
