"""The labels of a printed CyberTipline report: which of them is what of a person, a file, the incident."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from safelight.reports.plain import line, plain
from safelight.reports.report import (
    Annotation,
    FreeText,
    Kind,
    Party,
    ReportFile,
    Role,
    Spot,
    Stated,
)

_ADDRESS = re.compile(
    r"((?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?::(\d{1,5}))?(?![\w:.])"
)
_PORT = re.compile(r"\bport:?\s{0,3}(\d{1,5})\b", re.IGNORECASE)
_EVENT = re.compile(r"\(([^()]{1,60})\)")
_TIME = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?: ?[AP]M)?)?"
    r"(?: ?(?:UTC|GMT|Z)\b| ?[+-]\d{2}:?\d{2})?"
)
_NOTE = re.compile(r"\((Verified|Unverified|Not Verified)([^()]{0,60})\)", re.IGNORECASE)
_NOT_GIVEN = ("(information not provided", "information not provided", "not provided", "unknown")
_EMPTY = frozenset({"", "none", "n/a", "-"})


@dataclass(slots=True)
class Person:
    """A person or account of the print, while its fields are read."""

    role: Role
    identifiers: list[Stated] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    spots: list[Spot] = field(default_factory=list)
    age: str | None = None
    birth: str | None = None
    service: str | None = None

    def says_something(self) -> bool:
        """Is anything known of it?"""
        return bool(self.identifiers or self.facts or self.spots or self.age or self.birth)

    def party(self) -> Party:
        """The party that it is."""
        found = [
            Stated(one.kind, one.value, self.service, one.time, one.port, one.event, one.note)
            if one.kind in (Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.DISPLAY_NAME)
            else one
            for one in self.identifiers
        ]
        return Party(self.role, tuple(found), self.age, self.birth, tuple(self.spots), self.facts)


@dataclass(slots=True)
class File:
    """An uploaded file of the print, while its fields are read."""

    name: str | None = None
    original: str | None = None
    file_id: str | None = None
    digests: dict[str, str] = field(default_factory=dict)
    viewed: bool | None = None
    public: bool | None = None
    classification: str | None = None
    marks: set[str] = field(default_factory=set)
    identifiers: list[Stated] = field(default_factory=list)
    uploaded: str | None = None
    texts: list[str] = field(default_factory=list)

    def file(self) -> ReportFile:
        """The file that it is."""
        return ReportFile(
            self.file_id,
            self.name,
            self.original,
            self.digests,
            self.viewed,
            self.public,
            False,
            self.classification,
            frozenset(self.marks),
            {},
            tuple(self.identifiers),
            self.uploaded,
            tuple(self.texts),
        )


@dataclass(slots=True)
class Found:
    """What of the print has been placed."""

    reporter: Person = field(default_factory=lambda: Person(Role.REPORTER))
    people: list[Person] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    provider: str | None = None
    service: str | None = None
    received: str | None = None
    incident: str | None = None
    occurred: str | None = None
    escalation: str | None = None
    retracted: bool = False
    annotations: set[Annotation] = field(default_factory=set)
    texts: list[FreeText] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    groups: list[Stated] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.people.append(self.reporter)


def place(
    label: str, value: str, part: Role | str, person: Person | None, found: Found, *, more: bool = False
) -> bool:
    """Put a labelled value where it belongs. `more`: the row goes on with the value of the label before it.

    False where the label has no place in this part of the print; the row is text then.
    """
    key = _key(label)
    if more:
        return _goes_on(key, value, part, person, found)
    if part == "files":
        return _of_file(key, value, found)
    if isinstance(part, Role) and person is not None:
        return _of_person(key, value, person, found)
    if part in ("incident", "summary", ""):
        return _of_incident(key, value, part, found)
    if part == "provider":
        return _of_provider(key, value, found)
    return False


def _key(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", label.casefold()).strip()


def _given(value: str) -> str | None:
    """The value, or None where the print says that there is none."""
    said = line(value)
    return (
        None if said is None or said.casefold().startswith(_NOT_GIVEN) or said.casefold() in _EMPTY else said
    )


def _yes(value: str) -> bool | None:
    """Only a plain yes is one."""
    first = value.casefold().split()[:1]
    return True if first in (["yes"], ["yes."]) else False if first in (["no"], ["no."]) else None


_KINDS = {
    "email address": Kind.EMAIL,
    "email": Kind.EMAIL,
    "recovery email": Kind.EMAIL,
    "screen user name": Kind.SCREEN_NAME,
    "screen name": Kind.SCREEN_NAME,
    "user name": Kind.SCREEN_NAME,
    "username": Kind.SCREEN_NAME,
    "display name": Kind.DISPLAY_NAME,
    "esp user id": Kind.ACCOUNT,
    "user id": Kind.ACCOUNT,
    "profile url": Kind.URL,
    "device id": Kind.DEVICE,
    "group identifier": Kind.GROUP,
    "name": Kind.NAME,
    "phone": Kind.PHONE,
    "phone number": Kind.PHONE,
    "mobile phone": Kind.PHONE,
    "home phone": Kind.PHONE,
    "business phone": Kind.PHONE,
    "work phone": Kind.PHONE,
}
_FACTS = {
    "gender": "gender",
    "occupation": "occupation",
    "school": "school",
    "school name": "school",
    "relationship to child victim": "relationship",
    "relationship to child": "relationship",
    "access to child victim": "access-to-child",
    "access to children": "access-to-children",
    "convicted sex offender": "convicted",
    "registered sex offender": "convicted",
    "access to firearms": "firearms",
    "aware of report": "aware",
    "is compromised account": "compromised",
    "compromised account": "compromised",
    "vehicle description": "vehicle",
    "account permanently disabled": "disabled",
    "time zone": "time-zone",
    "language": "language",
}


def _of_person(key: str, value: str, person: Person, found: Found) -> bool:
    said = _given(value)
    if key in _KINDS:
        if said:
            person.identifiers.append(_noted(_KINDS[key], said))
    elif key in ("ip address", "login ip address", "registration ip address", "ip"):
        person.identifiers += _captures(value)
    elif key in _FACTS:
        if said:
            person.facts[_FACTS[key]] = said
    elif key in ("age", "approximate age"):
        person.age = said or person.age
    elif key in ("date of birth", "dob"):
        person.birth = said or person.birth
    elif key in ("esp service", "service", "platform"):
        person.service = said or person.service
    elif key in ("address", "home address", "billing address", "business address"):
        if said:
            person.spots.append(Spot("address", text=said))
    elif key in ("estimated location", "location"):
        if said:
            person.spots.append(Spot("estimated", text=said))
    elif key in ("prior ct reports", "prior cybertipline reports"):
        ids = re.findall(r"\d{4,12}", value)[:200]
        found.related += ids
        person.facts["prior-reports"] = " ".join(filter(None, (person.facts.get("prior-reports"), *ids)))
    else:
        return False
    return True


def _noted(kind: Kind, said: str) -> Stated:
    note = {}
    if match := _NOTE.search(said):
        note = {"verified": "yes" if match[1].casefold() == "verified" else "no"}
        if more := match[2].strip():
            note["said"] = more
        said = (said[: match.start()] + said[match.end() :]).strip()
    return Stated(kind, said, note=note)


def _captures(value: str) -> list[Stated]:
    """`192.0.2.1 (Login) 01-02-2020 03:04:05 UTC`: the address, what happened, when, as written."""
    match = _ADDRESS.match(value.strip())
    if match is None:
        return []
    rest = value.strip()[match.end() :][:1000]
    said: dict[str, str] = {}
    for name, pattern in (("port", _PORT), ("event", _EVENT), ("time", _TIME)):
        if inner := pattern.search(rest):
            said[name] = (inner[1] if pattern.groups else inner[0]).strip()
            rest = f"{rest[: inner.start()]} {rest[inner.end() :]}"
    port = match[2] or said.get("port")
    note = {"said": short} if (short := line(rest.strip(" ,;()"))) else {}
    if "proxy" in rest.casefold():
        note["proxy"] = "true"
    return [
        Stated(
            Kind.IP, match[1], None, said.get("time"), int(port) if port else None, said.get("event"), note
        )
    ]


def _of_incident(key: str, value: str, part: Role | str, found: Found) -> bool:
    said = _given(value)
    if key in ("incident type", "ncmec incident type"):
        if part == "incident":
            found.incident = said or found.incident
        else:  # of the summary: NCMEC's own assessment, where the provider's follows in section A
            found.incident = found.incident or said
            found.unknown.append(("head/incident type", value))
    elif key in ("incident time", "incident date time", "incident date"):
        found.occurred = said or found.occurred
    elif key in ("description of incident time", "incident time description"):
        if said:
            found.texts.append(FreeText("incidentDateTimeDescription", said))
    elif key in ("webpage url", "url", "web page url"):
        if said:
            found.groups += [Stated(Kind.URL, one) for one in said.split()[:200]]
    elif key in ("chat service im client", "chat client", "game name", "service", "platform"):
        found.service = found.service or said
    elif key in ("chat room name", "group name"):
        if said:
            found.groups.append(Stated(Kind.GROUP, said))
    elif key in ("email address", "email address included in email incident"):
        if said:
            found.groups.append(Stated(Kind.EMAIL, said))
    elif key in ("phone number", "cell phone number"):
        if said:
            found.groups.append(Stated(Kind.PHONE, said))
    elif key in ("escalation reason", "high priority reason", "reason for escalation"):
        found.escalation = plain(value)
    elif key in ("retracted", "report retracted"):
        found.retracted = _yes(value) is True
    elif key == "total uploaded files":
        found.unknown.append(("head/total uploaded files", value))
    else:
        return False
    return True


def _of_provider(key: str, value: str, found: Found) -> bool:
    said = _given(value)
    if key in ("submitter", "reporting esp", "esp", "esp name", "company", "company name"):
        found.provider = found.provider or said
    elif key in ("email", "email address", "phone", "phone number"):
        if said:
            found.reporter.identifiers.append(_noted(_KINDS[key], said))
    else:
        return False
    return True


def _file_at(found: Found) -> File:
    if not found.files:
        found.files.append(File())
    return found.files[-1]


_ALGORITHMS = {
    "md5": "md5",
    "sha1": "sha1",
    "sha 1": "sha1",
    "sha256": "sha256",
    "sha 256": "sha256",
    "pdq": "pdq",
}
_Setter = Callable[[File, str], None]


def _of_file(key: str, value: str, found: Found) -> bool:
    said = _given(value)
    if key in ("filename", "file name"):
        found.files.append(File(name=said))
        return True
    if key == "number of uploaded files":
        found.unknown.append(("section A/number of uploaded files", value))
        return True
    if key.startswith("did reporting esp view entire contents"):
        _file_at(found).viewed = _yes(value)
        return True
    file = _file_at(found)
    if key in _ALGORITHMS:
        if said:
            file.digests[_ALGORITHMS[key]] = said.split()[0]
    elif key in ("submittal id", "file id"):
        file.file_id = said
    elif key.startswith("original filename"):
        file.original = said
    elif key.startswith("were entire contents of uploaded file publicly available"):
        file.public = _yes(value)
    elif key.startswith("original url where file was located"):
        if said:
            file.identifiers.append(Stated(Kind.URL, said))
    elif key in ("image categorization by esp", "industry classification", "file classification"):
        match = re.match(r"[AB][12]\b", said or "")
        file.classification = match[0] if match else None
        if said and (match is None or said != match[0]):
            file.texts.append(f"categorization: {said}")
    elif key in ("ip address", "source information ip address"):
        file.identifiers += _captures(value)
    elif key in ("upload time", "uploaded", "uploaded to esp"):
        file.uploaded = said
    elif key in ("potential meme", "file tags", "file annotations", "tags"):
        _tags(key, value, file)
    elif key in ("additional information", "did reporting esp view the exif of uploaded file"):
        if said:
            file.texts.append(plain(value) if key.startswith("add") else f"EXIF viewed by ESP: {said}")
    else:
        return key == "source information" and not value
    return True


_TAGS = (
    ("meme", "meme"),
    ("viral", "viral"),
    ("infant", "infant"),
    ("toddler", "infant"),
    ("live stream", "live-streaming"),
    ("self", "self-production"),
    ("generative", "generated"),
    ("drawing", "drawing"),
    ("anime", "drawing"),
)


def _tags(key: str, value: str, file: File) -> None:
    if key == "potential meme":
        if _yes(value):
            file.marks.add("meme")
        return
    low = value.casefold()
    file.marks |= {mark for words, mark in _TAGS if words in low}
    file.texts.append(f"tags: {value[:2000]}")


def _goes_on(key: str, value: str, part: Role | str, person: Person | None, found: Found) -> bool:
    """A row without a label: the value of the label before it, where that had none or may go on."""
    if part == "files" and found.files:
        file = found.files[-1]
        if captured := _source_row(value):
            file.identifiers += captured
            return True
        if key == "additional information":
            file.texts[-1:] = [f"{file.texts[-1]} {plain(value)}" if file.texts else plain(value)]
            return True
        return False
    if part == "provider" and key in ("submitter", "reporting esp") and found.provider is None:
        found.provider = line(value)
        return True
    if isinstance(part, Role) and person is not None:
        if captured := _source_row(value):
            person.identifiers += captured
            return True
        if key in ("address", "home address", "billing address") and person.spots and "@" not in value:
            last = person.spots[-1]
            person.spots[-1] = Spot(last.source, text=" ".join(filter(None, (last.text, line(value)))))
            return True
    return False


def _source_row(value: str) -> list[Stated]:
    """A row of a table of sources: `IP Address 192.0.2.1 (Upload) 01-02-2020 …`, or the address alone."""
    said = re.sub(r"^(?:IP Address|Login|Upload|Registration)\s{1,9}", "", value.strip(), flags=re.IGNORECASE)
    return _captures(said) if re.match(r"(?:\d{1,3}\.){3}\d|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]", said) else []
