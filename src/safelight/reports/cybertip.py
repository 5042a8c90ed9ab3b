"""CyberTipline XML: reports and the details of their files, by NCMEC's schema and as they really arrive.

The schema is `cyber_tipline.xsd` of the NCMEC Reporting API. Order, missing parts, namespaces and variants met in the
wild (`accountType` for `type`, `thirdPartyUser`) are accepted; what has no place is kept in `Report.unknown`.
People are read in `cybertip_people.py`, files in `cybertip_files.py`; `cybertip_writer.py` writes the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from safelight.reports import xml_
from safelight.reports.cybertip_files import annex
from safelight.reports.cybertip_parts import (
    FALSE,
    TRUE,
    Gathered,
    address,
    attribute,
    attributes,
    capture,
    flag,
    number,
    phone,
    text_of,
    value_of,
)
from safelight.reports.cybertip_people import Person
from safelight.reports.cybertip_people import parties as read_parties
from safelight.reports.cybertip_residue import restored, restored_annex
from safelight.reports.plain import plain
from safelight.reports.protocol import Part, ReadOptions, Retraction
from safelight.reports.report import Annotation, Kind, Party, Report, Role, Spot, Stated, Unreadable
from safelight.reports.xml_ import local

_ROOT = re.compile(rb"<(?:[\w.-]{1,60}:)?(?:report|fileDetails|incidentSummary|retraction)[\s/>]")
_BEGINS = re.compile(
    rb"(?:\s|<\?[^>]*>|<!--(?:[^-]|-(?!->))*-->|<!DOCTYPE[^\[>]*(?:\[[^\]]*\]\s*)?>)*"
    rb"<(?:[\w.-]{1,60}:)?([\w.-]{1,60})[^<>]*>"
)
"""An element, and what may stand before it."""
_ROOTS = frozenset({b"report", b"fileDetails", b"incidentSummary", b"retraction"})
_OTHERS = re.compile(rb"<(?:[\w.-]{1,60}:)?(?:html|body)[\s>]", re.IGNORECASE)


class CybertipReader:
    """`report`, `fileDetails` and retractions, one or many a document, within any root element."""

    name = "cybertip"
    order = 10

    def detects(self, head: bytes, name: str) -> bool:
        """Is there an element of the schema near its beginning? UTF-16 is looked at without its zeros."""
        slim = _slim(head)
        if _ROOT.search(slim) and not _OTHERS.search(slim[:2000]):
            return slim.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
        return False

    def detects_root(self, head: bytes) -> bool:
        """Is the root, or the first element within it, one of the schema's?"""
        slim, at = _slim(head).lstrip(b"\xef\xbb\xbf\xff\xfe"), 0
        for _ in range(2):
            match = _BEGINS.match(slim, at)
            if match is None:
                return False
            if match[1] in _ROOTS:
                return True
            at = match.end()
        return False

    def read(self, source: BinaryIO, options: ReadOptions) -> Iterator[Part]:
        """Yield each report, each report's file details, and what cannot be read."""
        several = 0
        for record in xml_.records(source, ("report", "fileDetails", "retraction")):
            where = f"record {record.number}"
            if isinstance(record, xml_.Broken):
                yield Unreadable(where, record.reason)
                continue
            try:
                name = local(record.element)
                if name == "report":
                    several += 1
                    fallback = options.fallback_id if several == 1 else f"{options.fallback_id}#{several}"
                    yield restored(_report(record, fallback), record.element)
                elif name == "fileDetails":
                    yield restored_annex(annex(record.element, record.problems), record.element)
                else:
                    yield _retraction(record)
            except RecursionError:
                yield Unreadable(where, "its elements are nested too deeply")


def _slim(head: bytes) -> bytes:
    """UTF-16 without its zeros."""
    return head.replace(b"\0", b"") if b"\0" in head[:64] else head


_PARTIES = {
    "personOrUserReported": Role.REPORTED,
    "intendedRecipient": Role.RECIPIENT,
    "victim": Role.VICTIM,
}


def _report(record: xml_.Record, fallback: str) -> Report:
    found = Gathered(problems=list(record.problems))
    single: dict[str, str | None] = {}
    parties: list[Party] = []
    for child in record.element:
        name = local(child)
        if name in _PARTIES:
            parties += read_parties(child, name, _PARTIES[name], found)
        elif name == "batchedReport":
            found.annotations.add(Annotation.VIRAL)
        elif name == "incidentSummary":
            _summary(child, single, found)
        elif name == "internetDetails":
            for incident in child:
                _incident(incident, found)
        elif name == "lawEnforcement":
            _law_enforcement(child, found)
        elif name == "reporter":
            _reporter(child, single, parties, found)
        elif name == "additionalInfo":
            found.text("additionalInfo", text_of(child))
        elif name == "fileDetails":
            inside = annex(child)
            found.files += inside.files
            found.unknown += inside.unknown
            found.problems += inside.problems
        elif name in ("reportId", "dateReceived"):
            single[name] = value_of(child) or single.get(name)
        elif name in ("retracted", "reportRetracted"):
            if flag(child):
                found.annotations.add(Annotation.RETRACTED)
        elif name:
            found.odd("report", child)
    stated = single.get("reportId") or attribute(record.element, "reportId", "id")
    return Report(
        report_id=stated or fallback,
        format="cybertip",
        provider=single.get("provider"),
        service=single.get("platform"),
        received=single.get("dateReceived"),
        incident=single.get("incidentType"),
        occurred=single.get("incidentDateTime"),
        escalation=single.get("escalation"),
        annotations=frozenset(found.annotations),
        parties=tuple(parties),
        files=tuple(found.files),
        texts=tuple(found.texts),
        spots=tuple(found.spots),
        groups=tuple(found.groups),
        related=tuple(found.related),
        unknown=tuple(found.unknown),
        problems=tuple(found.problems),
    )


ANNOTATIONS = {
    "sextortion": Annotation.SEXTORTION,
    "csamSolicitation": Annotation.SOLICITATION,
    "minorToMinorInteraction": Annotation.MINOR_TO_MINOR,
    "spam": Annotation.SPAM,
    "sadisticOnlineExploitation": Annotation.SADISTIC,
    "informational": Annotation.INFORMATIONAL,
}


def _summary(summary: etree._Element, single: dict[str, str | None], found: Gathered) -> None:
    for child in summary:
        name = local(child)
        if name in ("incidentType", "platform", "incidentDateTime"):
            single[name] = value_of(child) or single.get(name)
        elif name == "escalateToHighPriority":
            reason = plain(text_of(child))
            if reason.casefold() not in FALSE:
                single["escalation"] = "" if reason.casefold() in TRUE else reason
        elif name == "incidentDateTimeDescription":
            found.text("incidentDateTimeDescription", text_of(child))
        elif name == "reportAnnotations":
            for mark in child:
                known = ANNOTATIONS.get(local(mark))
                if known is None and local(mark):
                    found.odd("incidentSummary/reportAnnotations", mark)
                elif known and flag(mark):
                    found.annotations.add(known)
        elif name:
            found.odd("incidentSummary", child)


_INCIDENT_NAMES = {
    "chatClient": "program",
    "gameName": "program",
    "console": "console",
    "client": "program",
    "fileNames": "files",
    "locationName": "place",
}


def _incident(incident: etree._Element, found: Gathered) -> None:
    kind = local(incident)
    if not kind:
        return
    latitude = longitude = None
    for child in incident:
        name = local(child)
        if name in ("content", "additionalInfo"):
            found.text(f"{kind}/{name}", text_of(child))
        elif name == "latitude":
            latitude = number(child)
        elif name == "longitude":
            longitude = number(child)
        elif name == "incidentAddress":
            found.spots.append(address(child, "incident"))
        elif name == "ipCaptureEvent":
            if one := capture(child, found, kind):
                found.groups.append(one)
        elif not name:
            continue
        elif (value := value_of(child)) is None:
            if len(child):
                found.odd(kind, child)
        elif name == "url":
            found.groups.append(Stated(Kind.URL, value))
        elif name == "emailAddress":
            found.groups.append(Stated(Kind.EMAIL, value, note=attributes(child)))
        elif name == "phoneNumber":
            found.groups.append(phone(child, value))
        elif name in ("chatRoomName", "name"):
            found.groups.append(Stated(Kind.GROUP, value))
        elif name in _INCIDENT_NAMES:
            found.text(f"{kind}/{_INCIDENT_NAMES[name]}", value)
        else:
            found.odd(kind, child)
    if latitude is not None and longitude is not None:
        found.spots.append(Spot("gps", latitude=latitude, longitude=longitude))
    for name, value in attributes(incident).items():
        found.unknown_text(f"{kind}@{name}", value[:2000])


def _law_enforcement(element: etree._Element, found: Gathered) -> None:
    """Kept whole among what has no place: it is a note to the reader, about no party of the report."""
    for child in element:
        if local(child):
            found.odd("lawEnforcement", child)
    for name, value in attributes(element).items():
        found.unknown_text(f"lawEnforcement@{name}", value[:2000])


_COMPANY = ("espName", "companyName", "organization")
"""Under which names a company is stated, none of which is the schema's."""


def _reporter(
    element: etree._Element, single: dict[str, str | None], parties: list[Party], found: Gathered
) -> None:
    for child in element:
        name = local(child)
        if name in ("reportingPerson", "contactPerson"):
            whom = Person()
            whom.read(child, found, f"reporter/{name}")
            parties.append(whom.party(Role.REPORTER))
            if name == "reportingPerson" and not single.get("provider"):
                single["provider"] = whom.name()
        elif name in ("companyTemplate", "termsOfService"):
            found.text(f"reporter/{name}", text_of(child))
        elif name in _COMPANY:
            single["provider"] = value_of(child) or single.get("provider")
        elif name:
            found.odd("reporter", child)


def _retraction(record: xml_.Record) -> Retraction | Unreadable:
    said: dict[str, str | None] = {}
    single: dict[str, str | None] = {}
    parties: list[Party] = []
    for child in record.element:
        if (name := local(child)) == "reporter":
            _reporter(child, single, parties, Gathered())
        elif name:
            said[name] = value_of(child)
    stated = said.get("reportId") or said.get("id") or attribute(record.element, "reportId", "id")
    if not stated:
        return Unreadable(f"record {record.number}", "a retraction that names no report")
    addresses = (one.value for party in parties for one in party.identifiers)
    named = next(filter(None, (said.get(name) for name in _COMPANY)), None)
    return Retraction(stated, said.get("reason"), single.get("provider") or named or next(addresses, None))
