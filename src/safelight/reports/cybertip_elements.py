"""Elements of CyberTipline XML in the schema's order: incidents, the reporter, people and their accounts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from lxml import etree

from safelight.reports.cybertip_values import COUNTRIES, EMAIL_TYPES, EVENTS, PHONE_TYPES, STATES
from safelight.reports.report import Kind, Party, Report, Spot, Stated

_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CALLING = re.compile(r"\+[0-9]{1,3}")
_DIGITS = re.compile(r"[0-9]+")
Take = Callable[[str], str | None]
"""Gives the next text that stood in a field, once."""


class Builder:
    """Adds children to an element, in the order in which they are asked for; what is None is left out."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element

    def inside(self, name: str, **attributes: str | None) -> Builder:
        """A child that holds others."""
        child = etree.SubElement(self.element, name)
        for key, value in attributes.items():
            if value is not None:
                child.set(key, clean(value))
        return Builder(child)

    def add(self, name: str, value: str | None, *, always: bool = False, **attributes: str | None) -> None:
        """A child with text."""
        if value or always or (value is not None and attributes):
            self.inside(name, **attributes).element.text = clean(value or "")

    def flag(self, name: str, value: bool | None) -> None:
        """A boolean."""
        self.add(name, None if value is None else str(value).lower())

    def time(self, name: str, value: str | None) -> bool:
        """A time, where it is one by the schema. Was it written?"""
        is_time = value is not None and is_valid_time(value)
        if is_time:
            self.add(name, value)
        return is_time

    def yes(self, name: str, stated: str | None) -> None:
        """A flag from a fact that begins with yes or no; anything else has no place."""
        if stated in ("yes", "no"):
            self.flag(name, stated == "yes")

    def captures(self, identifiers: Iterable[Stated]) -> None:
        """IP addresses with their times."""
        for one in identifiers:
            if one.kind is Kind.IP:
                inside = self.inside("ipCaptureEvent")
                inside.add("ipAddress", one.value, always=True)
                inside.add(
                    "eventName", one.event if one.event in EVENTS else ("Other" if one.event else None)
                )
                inside.time("dateTime", one.time)
                inside.add("possibleProxy", _boolean(one.note.get("proxy")))
                inside.add("port", None if one.port is None else str(one.port))

    def devices(self, identifiers: Iterable[Stated]) -> None:
        """Devices with their types."""
        for one in identifiers:
            if one.kind is Kind.DEVICE:
                inside = self.inside("deviceId")
                inside.add("idType", one.note.get("type", "Unknown"), always=True)
                inside.add("idValue", one.value, always=True)
                inside.add(
                    "eventName", one.event if one.event in EVENTS else ("Other" if one.event else None)
                )
                inside.time("dateTime", one.time)

    def phones(self, identifiers: Iterable[Stated], name: str = "phone") -> None:
        """Phone numbers."""
        for one in identifiers:
            if one.kind is Kind.PHONE:
                note = one.note
                self.add(
                    name,
                    one.value,
                    type=_of(note, "type", PHONE_TYPES.__contains__),
                    verified=_boolean(note.get("verified")),
                    verificationDate=_of(note, "verificationDate", is_valid_time),
                    countryCallingCode=_of(note, "countryCallingCode", _CALLING.fullmatch),
                    extension=_of(note, "extension", _DIGITS.fullmatch),
                )

    def emails(self, identifiers: Iterable[Stated], name: str = "email") -> None:
        """E-mail addresses."""
        for one in identifiers:
            if one.kind is Kind.EMAIL:
                self.add(
                    name,
                    one.value,
                    type=_of(one.note, "type", EMAIL_TYPES.__contains__),
                    verified=_boolean(one.note.get("verified")),
                    verificationDate=_of(one.note, "verificationDate", is_valid_time),
                )

    def address(self, name: str, spot: Spot) -> None:
        """A postal address."""
        inside = self.inside(name)
        inside.add("address", spot.text)
        inside.add("city", spot.city)
        is_state = spot.region in STATES
        inside.add("state", spot.region if is_state else None)
        inside.add("nonUsaState", None if is_state else spot.region)
        inside.add("country", spot.country if spot.country in COUNTRIES else None)

    def estimated(self, spots: Iterable[Spot]) -> None:
        """Where an account was seen to be; the schema has room for one."""
        for spot in [one for one in spots if one.source == "estimated"][:1]:
            inside = self.inside("estimatedLocation")
            inside.add("city", spot.city)
            inside.add("region", spot.region)
            inside.add("countryCode", spot.country if spot.country in COUNTRIES else None)


def clean(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return _INVALID.sub("\ufffd", text)


def is_valid_time(value: str) -> bool:
    """Is it a time by XML Schema?"""
    if not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00")[:32])
    except ValueError:
        return False
    return not value.startswith("0000") and int(value[-5:-3] if value[-6] in "+-" else "0") < 14


def _is_valid_date(value: str) -> bool:
    if not _DATE.fullmatch(value) or value.startswith("0000"):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _boolean(value: str | None) -> str | None:
    return value if value in ("true", "false", "0", "1") else None


def _of(note: object, name: str, fits: Callable[[str], object]) -> str | None:
    value = note.get(name) if hasattr(note, "get") else None
    return value if isinstance(value, str) and fits(value) else None


_INCIDENTS: dict[str, tuple[tuple[str, str], ...]] = {
    # by kind of incident: its elements in order, and where their texts stood
    "webPageIncident": (("url", ""), ("additionalInfo", "additionalInfo")),
    "emailIncident": (("emailAddress", ""), ("content", "content"), ("additionalInfo", "additionalInfo")),
    "newsgroupIncident": (("content", "content"), ("additionalInfo", "additionalInfo")),
    "chatImIncident": (
        ("chatClient", "program"),
        ("chatRoomName", ""),
        ("content", "content"),
        ("additionalInfo", "additionalInfo"),
    ),
    "onlineGamingIncident": (
        ("gameName", "program"),
        ("console", "console"),
        ("content", "content"),
        ("additionalInfo", "additionalInfo"),
    ),
    "cellPhoneIncident": (("phoneNumber", ""), ("gps", ""), ("additionalInfo", "additionalInfo")),
    "nonInternetIncident": (
        ("locationName", "place"),
        ("incidentAddress", ""),
        ("additionalInfo", "additionalInfo"),
    ),
    "peer2peerIncident": (
        ("client", "program"),
        ("ipCaptureEvent", ""),
        ("fileNames", "files"),
        ("additionalInfo", "additionalInfo"),
    ),
}


class _Left:
    """What of the incident itself has not been written yet."""

    def __init__(self, report: Report) -> None:
        self.groups: dict[Kind, list[Stated]] = {}
        self.spots: dict[str, list[Spot]] = {}
        self.texts: dict[str, list[str]] = {}
        for one in report.groups:
            self.groups.setdefault(one.kind, []).append(one)
        for spot in report.spots:
            self.spots.setdefault(spot.source, []).append(spot)
        for text in report.texts:
            self.texts.setdefault(text.where, []).append(text.text)

    def text(self, where: str) -> str | None:
        """The next text that stood there."""
        left = self.texts.get(where)
        return left.pop(0) if left else None


def written_incidents(build: Builder, report: Report) -> None:
    """`internetDetails` of every kind of which something is stated, as often as there is something left."""
    left = _Left(report)
    written = True
    while written:
        written = False
        for kind, parts in _INCIDENTS.items():
            made = Builder(etree.Element(kind))
            for name, where in parts:
                if where:
                    made.add(name, left.text(f"{kind}/{where}"))
                else:
                    _incident_part(made, name, left)
            if len(made.element):
                build.inside("internetDetails").element.append(made.element)
                written = True


def _incident_part(made: Builder, name: str, left: _Left) -> None:
    """Identifiers and places of the incident, each written once."""
    if name == "url":
        for one in left.groups.pop(Kind.URL, []):
            made.add("url", one.value)
    elif name == "emailAddress":
        made.emails(left.groups.pop(Kind.EMAIL, []), "emailAddress")
    elif name == "ipCaptureEvent":
        made.captures(left.groups.pop(Kind.IP, []))
    elif name == "chatRoomName":
        made.add(name, _next(left.groups.get(Kind.GROUP)))
    elif name == "phoneNumber":
        numbers = left.groups.get(Kind.PHONE, [])
        made.phones(numbers[:1], "phoneNumber")
        del numbers[:1]
    elif name == "incidentAddress":
        for spot in left.spots.pop("incident", []):
            made.address("incidentAddress", spot)
    elif name == "gps":
        spots = left.spots.get("gps", [])
        for spot in spots[:1]:
            if spot.latitude is not None and spot.longitude is not None:
                made.add("latitude", repr(spot.latitude))
                made.add("longitude", repr(spot.longitude))
        del spots[:1]


def _next(identifiers: list[Stated] | None) -> str | None:
    return identifiers.pop(0).value if identifiers else None


def written_reporter(build: Builder, provider: str | None, reporters: Sequence[Party], take: Take) -> None:
    """Who reports: the provider, where there is one, else the person; a second one as the contact."""
    _person(build.inside("reportingPerson"), reporters[0] if reporters else None, provider)
    for contact in reporters[1:2]:
        _person(build.inside("contactPerson"), contact, None, ages=False)
    build.add("companyTemplate", take("reporter/companyTemplate"))
    build.add("termsOfService", take("reporter/termsOfService"))


def _person(build: Builder, party: Party | None, name: str | None, *, ages: bool = True) -> None:
    stated = [one.value for one in party.identifiers if one.kind is Kind.NAME] if party is not None else []
    first, _, last = (stated[0] if stated else name or "").rpartition(" ")
    build.add("firstName", first or last or None)
    build.add("lastName", last if first else None)
    if party is None:
        return
    build.phones(party.identifiers)
    build.emails(party.identifiers)
    for spot in party.spots:
        if spot.source == "address":
            build.address("address", spot)
    if ages:
        is_age = party.age is not None and _DIGITS.fullmatch(party.age) and len(party.age) < 4
        build.add("age", party.age if is_age else None)
        is_date = party.birth_date is not None and _is_valid_date(party.birth_date)
        build.add("dateOfBirth", party.birth_date if is_date else None)


_PERSON_OF = {
    "personOrUserReported": "personOrUserReportedPerson",
    "intendedRecipient": "intendedRecipientPerson",
    "victim": "victimPerson",
}
_IN_PERSON = frozenset({Kind.NAME, Kind.PHONE, Kind.EMAIL})


def written_party(build: Builder, name: str, party: Party, take: Take) -> None:
    """Somebody of the report, in the order of the schema; the three kinds of people differ a little."""
    facts, known = party.facts, party.identifiers
    is_reported, is_victim = name == "personOrUserReported", name == "victim"
    has_person = any(one.kind in _IN_PERSON for one in known) or party.age or party.birth_date
    if has_person or is_victim or any(spot.source == "address" for spot in party.spots):
        _person(build.inside(_PERSON_OF[name]), party, None)
    build.add("vehicleDescription", facts.get("vehicle") if is_reported else None)
    _first(build, "espIdentifier", Kind.ACCOUNT, known)
    build.add("espService", next((one.provider for one in known if one.provider), None))
    build.yes("compromisedAccount", facts.get("compromised"))
    _first(build, "screenName", Kind.SCREEN_NAME, known)
    for kind, element in ((Kind.DISPLAY_NAME, "displayName"), (Kind.URL, "profileUrl")):
        for one in known:
            if one.kind is kind:
                build.add(element, one.value)
    build.add("profileBio", take(f"{name}/profileBio"))
    build.captures(known)
    build.devices(known)
    build.add("schoolName", facts.get("school") if is_victim else None)
    if is_reported:
        build.yes("thirdPartyUserReported", facts.get("third-party"))
    for number in facts.get("prior-reports", "").split():
        if _DIGITS.fullmatch(number) and len(number) < 19:
            build.add("priorCTReports", number)
    if not is_victim:
        _first(build, "groupIdentifier", Kind.GROUP, known)
    disabled = facts.get("disabled")
    build.flag("accountTemporarilyDisabled", True if disabled == "temporarily" else None)
    build.yes("accountPermanentlyDisabled", disabled)
    build.estimated(party.spots)
    build.yes("allEmailsReported", facts.get("all-emails"))
    build.add("additionalInfo", take(f"{name}/additionalInfo"))


def _first(build: Builder, name: str, kind: Kind, identifiers: Iterable[Stated]) -> None:
    build.add(name, next((one.value for one in identifiers if one.kind is kind), None))
