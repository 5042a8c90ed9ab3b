"""An invented report as CyberTipline XML: elements in the schema's order, files as `fileDetails`.

It validates against the schema unless it is meant not to: the newer mark `informational` and a missing time occur.

It does not write through `reports/cybertip_writer.py`: what that writes holds a part for our own reader, which would
then read back what it is given there instead of the elements that other senders write.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from lxml import etree

from safelight.reports.report import Annotation, Kind, Party, Report, ReportFile, Role, Stated

_ANNOTATIONS = {
    Annotation.SEXTORTION: "sextortion",
    Annotation.SOLICITATION: "csamSolicitation",
    Annotation.MINOR_TO_MINOR: "minorToMinorInteraction",
    Annotation.SPAM: "spam",
    Annotation.SADISTIC: "sadisticOnlineExploitation",
    Annotation.INFORMATIONAL: "informational",
}
_MARKS = {
    "drawing": "animeDrawingVirtualHentai",
    "meme": "potentialMeme",
    "viral": "viral",
    "self-production": "possibleSelfProduction",
    "harm": "physicalHarm",
    "live-streaming": "liveStreaming",
    "infant": "infant",
    "generated": "generativeAi",
}
_PARTIES = {
    Role.REPORTED: ("personOrUserReported", "personOrUserReportedPerson"),
    Role.RECIPIENT: ("intendedRecipient", "intendedRecipientPerson"),
    Role.VICTIM: ("victim", "victimPerson"),
}


def document(reports: Iterable[Report]) -> bytes:
    """Many reports in one document, each with its number and its files, as a national centre passes them on."""
    root = etree.Element("reports")
    for report in reports:
        element = report_element(report, numbered=True)
        for file in report.files:
            element.append(file_element(report.report_id, file))
        root.append(element)
    return _bytes(root)


def bundle(report: Report) -> dict[str, bytes]:
    """One report as its sender files it: `report.xml` without a number, and details of each file beside it."""
    made = {"report.xml": _bytes(report_element(report, numbered=False))}
    for number, file in enumerate(report.files, start=1):
        made[f"fileDetails{number}.xml"] = _bytes(file_element(report.report_id, file))
    return made


def retraction(report: Report) -> bytes:
    """The message that takes a report back. It names its sender as the report does: else it would not count."""
    root = etree.Element("retraction")
    _add(root, "reportId", report.report_id)
    _add(root, "reason", "Sent in error.")
    _reporter(root, report)
    return _bytes(root)


def report_element(report: Report, *, numbered: bool) -> Any:
    """The element `report`."""
    root = etree.Element("report")
    if numbered:
        _add(root, "reportId", report.report_id)
        _add(root, "dateReceived", report.received)
    if Annotation.VIRAL in report.annotations:
        etree.SubElement(root, "batchedReport", reason="VIRAL_POTENTIAL_MEME")
    _summary(root, report)
    _details(root, report)
    _reporter(root, report)
    for party in report.parties:
        if party.role in _PARTIES:
            _party(root, party, report)
    _texts(root, report, "additionalInfo", "additionalInfo")
    return root


def file_element(report_id: str, file: ReportFile) -> Any:
    """The element `fileDetails`."""
    root = etree.Element("fileDetails")
    _add(root, "reportId", report_id)
    _add(root, "fileId", file.file_id)
    _add(root, "fileName", file.name)
    for name, flag in (("fileViewedByEsp", file.viewed), ("publiclyAvailable", file.public)):
        if flag is not None:
            _add(root, name, str(flag).lower())
    if file.annotations:
        marks = etree.SubElement(root, "fileAnnotations")
        for mark in sorted(file.annotations):
            _add(marks, _MARKS[mark], "true")
    _add(root, "industryClassification", file.classification)
    for name, value in file.digests.items():
        _add(root, "originalFileHash", value, hashType=name.upper())
    if file.exif:
        pairs = etree.SubElement(root, "details", type="EXIF")
        for name, value in file.exif.items():
            pair = etree.SubElement(pairs, "nameValuePair")
            _add(pair, "name", name)
            _add(pair, "value", value)
    return root


def _summary(root: Any, report: Report) -> None:
    summary = etree.SubElement(root, "incidentSummary")
    _add(summary, "incidentType", report.incident)
    _add(summary, "platform", report.service)
    if report.escalation is not None:
        _add(summary, "escalateToHighPriority", report.escalation or "true")
    marks = sorted(_ANNOTATIONS[one] for one in report.annotations if one in _ANNOTATIONS)
    if marks:
        annotations = etree.SubElement(summary, "reportAnnotations")
        for mark in marks:
            _add(annotations, mark, "true")
    _add(summary, "incidentDateTime", report.occurred)
    _texts(summary, report, "incidentDateTimeDescription", "incidentDateTimeDescription")


def _details(root: Any, report: Report) -> None:
    for group in report.groups:
        page = etree.SubElement(etree.SubElement(root, "internetDetails"), "webPageIncident")
        _add(page, "url", group.value)
    if any(one.where == "chatImIncident/content" for one in report.texts):
        chat = etree.SubElement(etree.SubElement(root, "internetDetails"), "chatImIncident")
        _texts(chat, report, "chatImIncident/content", "content")


def _reporter(root: Any, report: Report) -> None:
    reporter = etree.SubElement(root, "reporter")
    person = etree.SubElement(reporter, "reportingPerson")
    _add(person, "firstName", report.provider)
    for party in report.parties:
        if party.role is Role.REPORTER:
            for one in party.identifiers:
                if one.kind is Kind.EMAIL:
                    _add(person, "email", one.value)
    _texts(reporter, report, "reporter/companyTemplate", "companyTemplate")


def _party(root: Any, party: Party, report: Report) -> None:
    outer, inner = _PARTIES[party.role]
    element = etree.SubElement(root, outer)
    by_kind: dict[Kind, list[Stated]] = {}
    for one in party.identifiers:
        by_kind.setdefault(one.kind, []).append(one)
    person = etree.SubElement(element, inner)
    for one in by_kind.get(Kind.NAME, ()):
        first, _, last = one.value.partition(" ")
        _add(person, "firstName", first)
        _add(person, "lastName", last)
    _several(person, "phone", by_kind.get(Kind.PHONE, ()))
    _several(person, "email", by_kind.get(Kind.EMAIL, ()))
    for spot in party.spots:
        _add(etree.SubElement(person, "address"), "country", spot.country)
    _add(person, "age", party.age)
    _add(person, "dateOfBirth", party.birth_date)
    _several(element, "espIdentifier", by_kind.get(Kind.ACCOUNT, ()))
    services = [one.provider for one in party.identifiers if one.provider]
    _add(element, "espService", services[0] if services else None)
    if "compromised" in party.facts:
        _add(element, "compromisedAccount", "true")
    _several(element, "screenName", by_kind.get(Kind.SCREEN_NAME, ()))
    _several(element, "displayName", by_kind.get(Kind.DISPLAY_NAME, ()))
    if party.role is Role.REPORTED:
        _texts(element, report, "personOrUserReported/profileBio", "profileBio")
    for one in by_kind.get(Kind.IP, ()):
        capture = etree.SubElement(element, "ipCaptureEvent")
        _add(capture, "ipAddress", one.value)
        _add(capture, "eventName", one.event)
        _add(capture, "dateTime", one.time)
        _add(capture, "port", None if one.port is None else str(one.port))
    for one in by_kind.get(Kind.DEVICE, ()):
        device = etree.SubElement(element, "deviceId")
        _add(device, "idType", "UUID")
        _add(device, "idValue", one.value)
    _add(element, "priorCTReports", party.facts.get("prior-reports"))
    if "disabled" in party.facts:
        _add(element, "accountPermanentlyDisabled", "true")
    if party.role is Role.REPORTED:
        _texts(element, report, "personOrUserReported/additionalInfo", "additionalInfo")


def _several(parent: Any, name: str, values: Iterable[Stated]) -> None:
    for one in values:
        _add(parent, name, one.value)


def _texts(parent: Any, report: Report, where: str, name: str) -> None:
    """Free texts of one place; some senders put markup into them."""
    marked = name == "additionalInfo" and report.report_id.endswith("7")
    for one in report.texts:
        if one.where == where:
            _add(parent, name, f"<p>{html.escape(one.text)}</p>" if marked else one.text)


def _add(parent: Any, name: str, value: str | None, **attributes: str) -> None:
    if value is not None:
        etree.SubElement(parent, name, **attributes).text = value


def _bytes(root: Any) -> bytes:
    made: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return made
