"""The JSON that police receive of CyberTipline reports: keys as public parsers of it name them, any of them absent.

Everything may be null, missing, a single value for a list, or under another capital letter. What has no place here is
kept in `Report.unknown` under its path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from safelight.reports import json_
from safelight.reports.answers import plainly
from safelight.reports.plain import line, plain, taken_out
from safelight.reports.police_json_node import Node, kept, listed, short, texts_in, values_in
from safelight.reports.protocol import Part, ReadOptions
from safelight.reports.report import (
    Annotation,
    FreeText,
    Kind,
    Party,
    Report,
    ReportFile,
    Role,
    Spot,
    Stated,
    Unreadable,
)

_HINTS = re.compile(
    rb'"(?:reportedInformation|cyberTip\w*|reportId|reportingEsp|incidentSummary)"', re.IGNORECASE
)
_LISTS = frozenset({"reports", "cybertips", "data", "items", "value"})
_MOST_UNKNOWN = 500


class PoliceJsonReader:
    """One report, a list of them, or one a line."""

    name = "json"
    order = 20

    def detects(self, head: bytes, name: str) -> bool:
        """JSON with one of the keys that only such reports have."""
        slim = head.replace(b"\0", b"") if b"\0" in head[:64] else head
        return slim.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] in (b"{", b"[") and bool(_HINTS.search(slim))

    def detects_root(self, head: bytes) -> bool:
        """As `detects`: no other JSON has these keys."""
        return self.detects(head, "")

    def read(self, source: BinaryIO, options: ReadOptions) -> Iterator[Part]:
        """Yield each report, and what cannot be read."""
        for number, record, said in json_.records(source, _LISTS):
            if record is None:
                yield Unreadable(f"record {number}", said)
                continue
            fallback = options.fallback_id + (f"#{number}" if number > 1 else "")
            yield _Reading(said).report(Node(record), fallback)


class _Reading:
    """One report while it is read."""

    def __init__(self, problem: str) -> None:
        self.texts: list[FreeText] = []
        self.unknown: list[tuple[str, str]] = []
        self.groups: list[Stated] = []
        self.annotations: set[Annotation] = set()
        self.related: list[str] = []
        self.problems = [problem] if problem else []

    def report(self, root: Node, fallback: str) -> Report:
        number = root.text("reportId", "cyberTipReportId", "cyberTipId", "id")
        received = root.text("dateReceived", "receivedDate", "received")
        inner = root.take("reportedInformation")
        told = Node(inner) if isinstance(inner, Mapping) else root
        esp = told.node("reportingEsp", "esp", "reporter")
        provider = esp.text("espName", "name", "companyName") or " ".join(
            filter(None, (esp.text("firstName"), esp.text("lastName")))
        )
        summary = told.node("incidentSummary")
        incident = summary.text("incidentType", "type")
        occurred = summary.text("incidentDateTime", "dateTime")
        self.text("incidentDateTimeDescription", summary.take("incidentDateTimeDescription"))
        escalation = summary.take("escalateToHighPriority", "priority", "escalated")
        self.marks(summary.take("reportAnnotations", "annotations"))
        parties = [self.reporter(esp)]
        for names, role in _PEOPLE:
            parties += [self.party(one, role) for one in told.objects(*names)]
        files = tuple(self.file(one) for one in told.objects("uploadedFiles", "files", "fileDetails"))
        self.details(told.node("incidentDetails", "internetDetails"))
        for one in listed(told.take("additionalInformations", "additionalInfo", "additionalInformation")):
            self.text("additionalInformation", one)
        for name in ("isRetracted", "retracted"):
            if plainly(root.text(name)):
                self.annotations.add(Annotation.RETRACTED)
        platform = summary.text("platform")
        for where, node in (
            ("", root),
            ("reportedInformation", told),
            ("reportingEsp", esp),
            ("incidentSummary", summary),
        ):
            if node is not root or told is not root:
                self.leave(where, node)
        if told is root:
            self.leave("", root)
        return Report(
            report_id=number or fallback,
            format="json",
            provider=provider or None,
            service=platform,
            received=received,
            incident=incident,
            occurred=occurred,
            escalation=_escalation(escalation),
            annotations=frozenset(self.annotations),
            parties=tuple(
                one
                for one in parties
                if one.identifiers or one.facts or one.age or one.birth_date or one.spots
            ),
            files=files,
            texts=tuple(self.texts),
            groups=tuple(self.groups),
            related=tuple(self.related),
            unknown=tuple(self.unknown),
            problems=tuple(self.problems),
        )

    def text(self, where: str, value: Any) -> None:
        """A free text; of lists and objects every text in them."""
        for said in texts_in(value):
            if cleaned := plain(said):
                self.texts.append(FreeText(where, cleaned))
            self.unknown += [(f"{where}/markup"[:200], one) for one in taken_out(said)[:_MOST_UNKNOWN]]

    def marks(self, value: Any) -> None:
        names = value.keys() if isinstance(value, Mapping) else map(str, listed(value))
        for name in names:
            if isinstance(value, Mapping) and short(value[name]) in ("no", "false", "0", None):
                continue
            squeezed = re.sub(r"[^a-z]", "", name.casefold())
            known = next((mark for hint, mark in _MARKS if hint in squeezed), None)
            if known is None:
                self.unknown.append((f"annotations/{name}"[:200], "stated"))
            else:
                self.annotations.add(known)

    def leave(self, where: str, node: Node) -> None:
        """Keep what nobody asked for."""
        for key, value in node.rest():
            if len(self.unknown) < _MOST_UNKNOWN:
                self.unknown.append((f"{where}/{key}".strip("/")[:200], kept(value)[:20_000]))

    def reporter(self, esp: Node) -> Party:
        found = [Stated(Kind.EMAIL, value) for value in values_in(esp.take("emails", "email"))]
        found += [Stated(Kind.PHONE, value) for value in values_in(esp.take("phones", "phone"))]
        return Party(Role.REPORTER, tuple(found))

    def party(self, node: Node, role: Role) -> Party:
        service = node.text("espService", "service", "platform")
        found: list[Stated] = []
        name = " ".join(
            filter(None, (node.text("firstName"), node.text("middleName"), node.text("lastName")))
        ) or node.text("fullName", "name")
        names = [name, node.text("preferredName"), *values_in(node.take("aliases", "alias"))]
        found += [Stated(Kind.NAME, one) for one in dict.fromkeys(filter(None, names)) if one]
        for kind, keys in _OF_PARTY:
            of_service = (
                service if kind in (Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.DISPLAY_NAME, Kind.GROUP) else None
            )
            found += [Stated(kind, value, of_service) for value in values_in(node.take(*keys))]
        for one in listed(node.take("phones", "phone", "phoneNumbers")):
            if value := short(one):
                verified = short(Node(one).take("verified")) if isinstance(one, Mapping) else None
                found.append(Stated(Kind.PHONE, value, note={"verified": verified} if verified else {}))
        found += [Stated(Kind.IP, value) for value in values_in(node.take("ipAddress", "ipAddresses"))]
        found += self.captures(node)
        spots = [_spot(one) for one in listed(node.take("addresses", "address", "locations"))]
        facts = {}
        for fact, keys in _FACTS:
            if value := node.text(*keys):
                facts[fact] = value
        if prior := values_in(node.take("priorCTReports", "priorReports")):
            facts["prior-reports"] = " ".join(prior)
            self.related += prior
        party = Party(
            role,
            tuple(found),
            node.text("approximateAge", "age"),
            node.text("dateOfBirth", "birthDate"),
            tuple(spot for spot in spots if spot),
            facts,
        )
        for key in (
            "profileBio",
            "bio",
            "additionalInformations",
            "additionalInfo",
            "notes",
            "comments",
            "description",
        ):
            self.text(f"{role}/{key}", node.take(key))
        self.leave(role.value, node)
        return party

    def captures(self, node: Node) -> list[Stated]:
        """`sourceInformation.sourceCaptures`: addresses, devices and accounts with the time they were seen."""
        found = []
        for one in listed(node.take("sourceInformation", "sourceCaptures")):
            for capture in listed(one):
                if not isinstance(capture, Mapping):
                    continue
                said = Node(capture)
                value = said.text("value", "ipAddress")
                if not value:
                    continue
                sort = (said.text("captureType", "type") or "").casefold()
                kind = next((kind for hint, kind in _CAPTURES if hint in sort), Kind.IP)
                port = said.text("port")
                found.append(
                    Stated(
                        kind,
                        value,
                        time=said.text("dateTime", "timestamp", "date"),
                        port=int(port) if port and port.isdecimal() and len(port) < 6 else None,
                        event=said.text("eventName", "event"),
                        note={"type": sort} if kind is Kind.DEVICE else {},
                    )
                )
        return found

    def file(self, node: Node) -> ReportFile:
        digests: dict[str, str] = {}
        for given in values_in(node.take("verificationHash", "hash", "md5")):
            digests[_ALGORITHMS.get(len(given), "unknown")] = given
        for one in listed(node.take("originalFileHash", "hashes")):
            if value := short(one):
                stated = short(Node(one).take("hashType", "type")) if isinstance(one, Mapping) else None
                digests[(stated or _ALGORITHMS.get(len(value), "unknown")).casefold().replace("-", "")] = (
                    value
                )
        exif: dict[str, str] = {}
        for pair in listed(node.take("espMetadata", "metadata", "exif")):
            for one in listed(pair):
                if isinstance(one, Mapping) and (name := short(Node(one).take("name"))) and len(exif) < 500:
                    exif[name[:200]] = (short(one) or "")[:2000]
        tags = [tag.casefold() for tag in texts_in(node.take("ncmecTags", "tags", "fileAnnotations"))][:200]
        marks = {mark for hint, mark in _FILE_MARKS if any(hint in tag for tag in tags)}
        classes = [code for code in ("A1", "A2", "B1", "B2") if any(tag.upper() == code for tag in tags)]
        texts = [plain(said) for said in texts_in(node.take("additionalInformations", "additionalInfo"))]
        made = ReportFile(
            file_id=node.text("submittalId", "fileId", "id"),
            name=node.text("filename", "fileName"),
            original_name=node.text("originalFilename", "originalFileName"),
            digests=digests,
            viewed=plainly(node.text("viewedByEsp", "fileViewedByEsp")),
            public=plainly(node.text("publiclyAvailable")),
            classification=node.text("industryClassification") or (classes[0] if classes else None),
            annotations=frozenset(marks),
            exif=exif,
            identifiers=tuple(self.captures(node)),
            uploaded=node.text("uploadedToEspTimestamp", "uploadedDateTime"),
            texts=tuple(filter(None, texts)),
        )
        if tags:
            self.unknown.append(
                (f"uploadedFiles/{made.file_id or made.name or '?'}/tags", ", ".join(tags)[:2000])
            )
        self.leave("uploadedFiles", node)
        return made

    def details(self, node: Node) -> None:
        """Incident details by kind: addresses and rooms are identifiers, what was said is text."""
        for kind in list(node.keys.values()):
            for one in listed(node.take(kind)):
                if not isinstance(one, Mapping):
                    self.text(kind, one)
                    continue
                said = Node(one)
                for identifier, keys in _OF_INCIDENT:
                    self.groups += [Stated(identifier, value) for value in values_in(said.take(*keys))]
                for key in (
                    "contents",
                    "content",
                    "additionalInformations",
                    "additionalInfo",
                    "description",
                    "subject",
                ):
                    self.text(f"{kind}/{key}", said.take(key))
                self.leave(kind, said)


_PEOPLE: tuple[tuple[tuple[str, ...], Role], ...] = (
    (("reportedPeople", "reportedPersons", "reportedPerson", "suspects"), Role.REPORTED),
    (("intendedRecipients", "recipients"), Role.RECIPIENT),
    (("victims", "childVictims", "victim"), Role.VICTIM),
)
_OF_PARTY: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.ACCOUNT, ("espUserId", "espIdentifier", "userId")),
    (Kind.SCREEN_NAME, ("screenName", "screenNames", "username", "usernames")),
    (Kind.DISPLAY_NAME, ("displayName", "displayNames")),
    (Kind.EMAIL, ("emails", "email", "emailAddresses")),
    (Kind.URL, ("profileUrl", "profileUrls", "urls")),
    (Kind.DEVICE, ("deviceIds", "deviceId", "devices")),
    (Kind.GROUP, ("groupIdentifier", "groupIdentifiers")),
    (Kind.VEHICLE, ("licensePlate", "vehiclePlate")),
)
_OF_INCIDENT: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.URL, ("urls", "url", "webpageUrl")),
    (Kind.EMAIL, ("emailAddress", "emailAddresses", "emails")),
    (Kind.PHONE, ("phoneNumber", "phones")),
    (Kind.GROUP, ("chatRoomName", "roomName", "groupName")),
)
_FACTS = (
    ("gender", ("gender", "sex")),
    ("occupation", ("occupation",)),
    ("school", ("school", "schoolName")),
    ("relationship", ("relationshipToChildVictim", "relationshipToVictim")),
    ("access-to-child", ("accessToChildVictim",)),
    ("access-to-children", ("accessToChildren",)),
    ("convicted", ("convictedSexOffender", "registeredSexOffender")),
    ("firearms", ("accessToFirearms",)),
    ("aware", ("awareOfReport",)),
    ("compromised", ("compromisedAccount", "accountCompromised")),
    ("language", ("language", "preferredLanguage")),
    ("time-zone", ("timeZone",)),
    ("vehicle", ("vehicleDescription", "vehicle")),
)
_CAPTURES = (
    ("email", Kind.EMAIL),
    ("phone", Kind.PHONE),
    ("device", Kind.DEVICE),
    ("imei", Kind.DEVICE),
    ("url", Kind.URL),
    ("ip", Kind.IP),
)
_MARKS = (
    ("sextortion", Annotation.SEXTORTION),
    ("solicitation", Annotation.SOLICITATION),
    ("minortominor", Annotation.MINOR_TO_MINOR),
    ("spam", Annotation.SPAM),
    ("sadistic", Annotation.SADISTIC),
    ("informational", Annotation.INFORMATIONAL),
    ("viral", Annotation.VIRAL),
    ("meme", Annotation.VIRAL),
)
_FILE_MARKS = (
    ("infant", "infant"),
    ("toddler", "infant"),
    ("live", "live-streaming"),
    ("self-prod", "self-production"),
    ("self prod", "self-production"),
    ("selfprod", "self-production"),
    ("anime", "drawing"),
    ("cartoon", "drawing"),
    ("drawing", "drawing"),
    ("generative", "generated"),
    ("meme", "meme"),
    ("viral", "viral"),
    ("physical harm", "harm"),
    ("physicalharm", "harm"),
    ("violence", "violence"),
)
_ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}


def _spot(value: Any) -> Spot | None:
    if isinstance(value, str):
        return Spot("address", text=line(value)) if line(value) else None
    if not isinstance(value, Mapping):
        return None
    said = Node(value)
    made = Spot(
        "address",
        country=said.text("country", "countryCode"),
        region=said.text("state", "region", "nonUsaState", "province"),
        city=said.text("city"),
        text=" ".join(
            filter(
                None,
                (
                    said.text("address", "street", "address1", "value"),
                    said.text("zipCode", "postalCode", "zip"),
                ),
            )
        )
        or None,
    )
    return made if (made.country or made.region or made.city or made.text) else None


def _escalation(value: Any) -> str | None:
    if value is None:
        return None
    said = short(value) or ""
    if said.casefold() in ("no", "false", "0", "normal", "low", "none"):
        return None
    return "" if said.casefold() in ("yes", "true", "1", "high", "urgent") else plain(said)
