"""What a report says, whatever format it came in: frozen values, as stated, nothing normalised or judged yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum


class Role(StrEnum):
    """What somebody is in a report. Never an assessment of ours: the report's own word."""

    REPORTED = "reported"
    """the person or account that is reported"""
    RECIPIENT = "recipient"
    """the person or account to whom something was sent or meant to be sent"""
    VICTIM = "victim"
    """the child, or an account that is the child's"""
    REPORTER = "reporter"
    """who reports: a person, or the provider's contact"""
    OTHER = "other"
    """somebody else whom the report names: a parent, an officer"""


class Kind(StrEnum):
    """What an identifier is. Each is normalised in one place: `identifiers/`."""

    EMAIL = "email"
    PHONE = "phone"
    ACCOUNT = "account"
    """the provider's own id of a user"""
    SCREEN_NAME = "screen-name"
    """a name chosen by the user, unique (if at all) at one provider"""
    DISPLAY_NAME = "display-name"
    """a name shown by a provider, not unique"""
    URL = "url"
    """a profile, page or file address"""
    DEVICE = "device"
    IP = "ip"
    """with time and port, where they are stated"""
    PAYMENT = "payment"
    CRYPTO = "crypto"
    GROUP = "group"
    """a group, channel or room"""
    VEHICLE = "vehicle"
    """a number plate"""
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    PDQ = "pdq"
    NAME = "name"
    """a person's name, in any script"""


DIGEST_KINDS = {"md5": Kind.MD5, "sha1": Kind.SHA1, "sha256": Kind.SHA256, "pdq": Kind.PDQ}
"""What a name in `ReportFile.digests` is an identifier of; other digests (`photodna`) are only kept."""


class Annotation(StrEnum):
    """What a provider marks a report with; the codes follow CyberTipline's schema, one word each."""

    SEXTORTION = "sextortion"
    SOLICITATION = "solicitation"
    MINOR_TO_MINOR = "minor-to-minor"
    SPAM = "spam"
    SADISTIC = "sadistic"
    INFORMATIONAL = "informational"
    VIRAL = "viral"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True, init=False)
class Stated:
    """An identifier as the report states it. `provider` is the service for which it holds, where one is named.

    `time` is ISO 8601 as stated (of an IP capture, a login …), `port` the source port, `event` what happened then
    (`Login`, `Upload` …). `note` holds what else is said of it: a device's `type`, `proxy`, `verified`.
    """

    kind: Kind
    value: str
    provider: str | None = None
    time: str | None = None
    port: int | None = None
    event: str | None = None
    note: Mapping[str, str] = field(default_factory=dict)

    def __init__(
        self,
        kind: Kind,
        value: str,
        provider: str | None = None,
        time: str | None = None,
        port: int | None = None,
        event: str | None = None,
        note: Mapping[str, str] | None = None,
    ) -> None:
        # A report has a dozen of these: its members are set directly, at half the price of `object.__setattr__`.
        set_kind, set_value, set_provider, set_time, set_port, set_event, set_note = _SET_STATED
        set_kind(self, kind)
        set_value(self, value)
        set_provider(self, provider)
        set_time(self, time)
        set_port(self, port)
        set_event(self, event)
        set_note(self, {} if note is None else note)


_SET_STATED = tuple(getattr(Stated, one.name).__set__ for one in fields(Stated))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as stated: any part may be missing. `source` says what states it (`address`, `gps`, `estimated` …)."""

    source: str
    country: str | None = None
    """As written: a code or a name in any language."""
    region: str | None = None
    city: str | None = None
    text: str | None = None
    """The street, or all of it where it is one text."""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a report. `facts` are statements by code (see `FACTS`), as text."""

    role: Role
    identifiers: tuple[Stated, ...] = ()
    age: str | None = None
    """As stated: a number, or a range such as `8-10`."""
    birth_date: str | None = None
    spots: tuple[Spot, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


FACTS = {
    "gender": "as stated",
    "occupation": "as stated",
    "school": "the child's school",
    "relationship": "to the child",
    "access-to-child": "has access to the child of the report: yes, no, or a text",
    "access-to-children": "has access to children: yes, no, or a text",
    "convicted": "a convicted sex offender: yes, no, or a text",
    "firearms": "has access to firearms: yes, no",
    "aware": "knows of the report: yes, no",
    "compromised": "the account was hijacked: yes, no",
    "third-party": "the account belongs to another service: yes, no",
    "disabled": "the provider closed the account: yes, temporarily, no",
    "prior-reports": "ids of earlier reports on this person, separated by spaces",
    "language": "as stated",
    "time-zone": "as stated",
    "vehicle": "description of a vehicle",
}
"""The codes of `Party.facts`; a reader puts what has no code here into `Report.unknown`."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file of a report. What the report states of it; its bytes may or may not be at hand (`path`)."""

    file_id: str | None = None
    name: str | None = None
    original_name: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    """`md5`, `sha1`, `sha256`, `pdq` and what else is stated (`photodna`), hexadecimal or as written."""
    viewed: bool | None = None
    """Did a person at the provider look at it? None: not stated. Only a true one may be opened."""
    public: bool | None = None
    supplemental: bool = False
    """Context (such as an identity paper), not the reported material itself."""
    classification: str | None = None
    """`A1`, `A2`, `B1` or `B2`, as the provider gives it."""
    annotations: frozenset[str] = frozenset()
    """`infant`, `live-streaming`, `self-production`, `drawing`, `generated`, `meme`, `viral`, `violence` …"""
    exif: Mapping[str, str] = field(default_factory=dict)
    identifiers: tuple[Stated, ...] = ()
    """Captures of the upload: IP, device."""
    uploaded: str | None = None
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FreeText:
    """A free text of a report, markup removed; `where` names the field it stood in."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """An incoming report: what it says of the incident, the people, the files. All times as stated."""

    report_id: str
    format: str
    """The reader that read it."""
    provider: str | None = None
    """The company or hotline that sends it, as named."""
    service: str | None = None
    """The product or platform where it happened."""
    received: str | None = None
    incident: str | None = None
    """The kind of incident, in CyberTipline's words where they fit."""
    occurred: str | None = None
    escalation: str | None = None
    """The provider's reason to escalate it; an empty text is an escalation without a reason."""
    annotations: frozenset[Annotation] = frozenset()
    parties: tuple[Party, ...] = ()
    files: tuple[ReportFile, ...] = ()
    texts: tuple[FreeText, ...] = ()
    spots: tuple[Spot, ...] = ()
    """Places of the incident itself."""
    groups: tuple[Stated, ...] = ()
    """Identifiers of the incident itself: rooms, pages, numbers that are nobody's alone."""
    related: tuple[str, ...] = ()
    """Ids of other reports that this one names."""
    unknown: tuple[tuple[str, str], ...] = ()
    """What the reader has no place for: where it stood, and what it said. Kept, and shown."""
    problems: tuple[str, ...] = ()
    """What was wrong with it and read all the same."""


def captures(report: Report, *, also_reporters: bool = False) -> list[Stated]:
    """Addresses of connections that a report states, of people and of files."""
    return [
        one
        for some in (
            *(
                party.identifiers
                for party in report.parties
                if also_reporters or party.role is not Role.REPORTER
            ),
            *(file.identifiers for file in report.files),
        )
        for one in some
        if one.kind is Kind.IP
    ]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A report, or a part of one, that could not be read, and why. It costs one finding; the rest goes on."""

    where: str
    """Which one: a record's number or id within its document."""
    reason: str
