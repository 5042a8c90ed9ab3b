"""Write a report as CyberTipline XML that is valid by NCMEC's schema, and from which our reader reads the same report.

What the schema has a place for stands there. The rest is said twice: in `additionalInfo` for people, and in a
processing instruction for our own reader (`cybertip_residue.py`). Where the schema wants a value that the report does
not have, the nearest is written, and `additionalInfo` says what was stated.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

import orjson
from lxml import etree

from safelight.reports.body import pack
from safelight.reports.cybertip import ANNOTATIONS, CybertipReader
from safelight.reports.cybertip_elements import Builder, written_incidents, written_party, written_reporter
from safelight.reports.cybertip_files import MARKS
from safelight.reports.cybertip_residue import instruction
from safelight.reports.cybertip_values import CLASSES, nearest_incident
from safelight.reports.protocol import Annex, ReadOptions
from safelight.reports.report import Annotation, FreeText, Kind, Report, ReportFile, Role

UNSTATED_TIME = "1970-01-01T00:00:00Z"
"""For a time that the schema requires and nobody stated; the description beside it says so."""
_ROLES = {Role.REPORTED: "personOrUserReported", Role.RECIPIENT: "intendedRecipient", Role.VICTIM: "victim"}


def write(report: Report) -> bytes:
    """One document with the report and the details of its files; each of them is valid by itself."""
    root = etree.Element("reports")
    for element in (_report(report), *_details(report)):
        root.append(element)
    return _bytes(root)


def documents(report: Report) -> list[bytes]:
    """The report, then the details of each of its files: documents of the schema, as the API takes them."""
    return [_bytes(element) for element in (_report(report), *_details(report))]


def _bytes(element: etree._Element) -> bytes:
    return bytes(etree.tostring(element, xml_declaration=True, encoding="UTF-8", pretty_print=False))


def _report(report: Report) -> etree._Element:
    """The report's element: first what has a place, then what a reader would get wrong of it."""
    element = _placed(report)
    seen = _read(element)
    own = [one.text for one in report.texts if one.where == "additionalInfo"]
    more = list(_missing(report, seen))
    if own or more:
        if more:
            more.insert(0, "Stated in the report, without a place in this form:")
        Builder(element).add("additionalInfo", "\n".join((*own, *more)))
        seen = _read(element)
    residue = {
        one.name: value
        for one in fields(Report)
        if one.name != "files" and (value := getattr(report, one.name)) != getattr(seen, one.name)
    }
    if residue:
        whole = orjson.loads(pack(report))
        element.append(instruction({name: whole[name] for name in residue}))
    return element


def _placed(report: Report) -> etree._Element:
    root = etree.Element("report")
    build = Builder(root)
    if Annotation.VIRAL in report.annotations:
        build.add("batchedReport", "", reason="VIRAL_POTENTIAL_MEME")
    _summary(build.inside("incidentSummary"), report)
    written_incidents(build, report)
    _law_enforcement(build, report)
    texts = _Texts(report.texts)
    reporters = [party for party in report.parties if party.role is Role.REPORTER]
    written_reporter(build.inside("reporter"), report.provider, reporters, texts.take)
    for role, name in _ROLES.items():
        for party in report.parties:
            if party.role is role:
                written_party(build.inside(name), name, party, texts.take)
    return root


class _Texts:
    """The texts of a report by where they stood; each is written once."""

    def __init__(self, texts: Iterable[FreeText]) -> None:
        self._left: dict[str, list[str]] = {}
        for one in texts:
            self._left.setdefault(one.where, []).append(one.text)

    def take(self, where: str) -> str | None:
        """The next text that stood there."""
        left = self._left.get(where)
        return left.pop(0) if left else None


def _summary(build: Builder, report: Report) -> None:
    build.add("incidentType", nearest_incident(report.incident))
    build.add("platform", report.service)
    if report.escalation is not None:
        build.add("escalateToHighPriority", report.escalation or "true")
    marks = {mark for mark in report.annotations if mark is not Annotation.INFORMATIONAL}
    names = [name for name, mark in ANNOTATIONS.items() if mark in marks]
    if names:
        inside = build.inside("reportAnnotations")
        for name in names:
            inside.add(name, "true")
    described = next((one.text for one in report.texts if one.where == "incidentDateTimeDescription"), None)
    if not build.time("incidentDateTime", report.occurred):
        if not build.time("incidentDateTime", report.received):
            build.add("incidentDateTime", UNSTATED_TIME)
            said = f"The time is not known; stated: {report.occurred or 'nothing'}."
        else:
            said = (
                f"The time is that at which the report was received; stated: {report.occurred or 'nothing'}."
            )
        described = f"{described} {said}" if described else said
    build.add("incidentDateTimeDescription", described)


def _law_enforcement(build: Builder, report: Report) -> None:
    said = {where: what for where, what in report.unknown if where.startswith("lawEnforcement/")}
    agency = said.get("lawEnforcement/agencyName")
    if agency:
        inside = build.inside("lawEnforcement")
        inside.add("agencyName", agency)
        inside.add("caseNumber", said.get("lawEnforcement/caseNumber"))


def _details(report: Report) -> Iterator[etree._Element]:
    number = report.report_id if report.report_id.isdecimal() and len(report.report_id) < 19 else "0"
    for place, file in enumerate(report.files, 1):
        element = _file(file, number, place)
        seen = _read(element)
        more = list(_differences("file", file, seen.files[0]))
        if number != report.report_id:
            more.insert(0, f"report: {report.report_id}")
        build = Builder(element)
        for text in (
            *file.texts,
            *(["Stated of the file, without a place in this form:", *more] if more else []),
        ):
            build.add("additionalInfo", text)
        residue: dict[str, Any] = {}
        seen = _read(element)
        if seen.files[0] != file or seen.unknown:
            residue["file"] = orjson.loads(pack(Report("", "", files=(file,))))["files"][0]
        if seen.report_id != report.report_id:
            residue["report_id"] = report.report_id
        if residue:
            element.append(instruction(residue))
        yield element


def _file(file: ReportFile, report_id: str, place: int) -> etree._Element:
    root = etree.Element("fileDetails")
    build = Builder(root)
    build.add("reportId", report_id)
    build.add("fileId", " ".join((file.file_id or "").split()) or f"unstated-{place}")
    build.add("fileName", file.name)
    build.add("originalFileName", file.original_name)
    build.time("uploadedToEspTimestamp", file.uploaded)
    build.add("locationOfFile", next((one.value for one in file.identifiers if one.kind is Kind.URL), None))
    build.flag("fileViewedByEsp", file.viewed)
    build.flag("publiclyAvailable", file.public)
    build.add("fileRelevance", "Supplemental Reported" if file.supplemental else None)
    names = [name for name, mark in MARKS.items() if mark in file.annotations]
    if names:
        inside = build.inside("fileAnnotations")
        for name in names:
            inside.add(name, "true")
    build.add("industryClassification", file.classification if file.classification in CLASSES else None)
    for algorithm, value in file.digests.items():
        build.add("originalFileHash", value, hashType=algorithm.upper())
    captures = [one for one in file.identifiers if one.kind is Kind.IP]
    build.captures(captures[:1])
    build.devices(file.identifiers)
    if file.exif:
        inside = build.inside("details", type="EXIF")
        for name, value in file.exif.items():
            pair = inside.inside("nameValuePair")
            pair.add("name", name, always=True)
            pair.add("value", value, always=True)
    return root


def _read(element: etree._Element) -> Any:
    """What our reader makes of it, the residue left out."""
    part = next(CybertipReader().read(io.BytesIO(etree.tostring(element)), ReadOptions("", "")))
    assert isinstance(part, Report | Annex)
    return part


def _missing(report: Report, seen: Report) -> Iterator[str]:
    """In words for people: what is stated and was not read back."""
    for name in ("provider", "received", "incident", "occurred", "escalation"):
        stated = getattr(report, name)
        if stated is not None and stated != getattr(seen, name):
            yield f"{name}: {stated}"
    if not report.report_id.isdecimal() or report.format != "cybertip":
        yield f"report: {report.report_id} ({report.format})"
    yield from (f"annotation: {one}" for one in sorted(report.annotations - seen.annotations))
    left = list(seen.parties)
    for party in report.parties:
        other = next((one for one in left if one.role is party.role), None)
        if other is not None:
            left.remove(other)
        yield from _differences(party.role.value, party, other)
    for name in ("spots", "groups", "related"):
        known = getattr(seen, name)
        yield from (
            f"{name[:-1] if name != 'related' else 'related report'}: {_words(one)}"
            for one in getattr(report, name)
            if one not in known
        )
    written = {one.text for one in seen.texts}
    for one in report.texts:
        if one.where != "additionalInfo" and one.text not in written:
            yield f"{one.where}: {one.text}"
    yield from (f"{where}: {what}" for where, what in report.unknown if (where, what) not in seen.unknown)
    yield from (f"problem on reading: {one}" for one in report.problems)


def _differences(who: str, stated: Any, seen: Any) -> Iterator[str]:
    """Fields of a party or file that were not read back as they are stated."""
    for one in fields(stated):
        value = getattr(stated, one.name)
        other = getattr(seen, one.name, None)
        if not value or value == other or one.name in ("role", "texts"):
            continue
        if isinstance(value, tuple):
            yield from (f"{who}: {_words(each)}" for each in value if not other or each not in other)
        elif hasattr(value, "items"):
            yield from (
                f"{who}: {key}: {said}" for key, said in value.items() if not other or other.get(key) != said
            )
        elif isinstance(value, frozenset):
            yield f"{who}: {', '.join(sorted(value - (other or frozenset())))}"
        else:
            yield f"{who}: {one.name.replace('_', ' ')}: {value}"


def _words(value: Any) -> str:
    """An identifier or place in words: what is stated of it, by name."""
    if isinstance(value, str):
        return value
    said = []
    for one in fields(value):
        inner = getattr(value, one.name)
        if inner is None or inner == {}:
            continue
        if isinstance(inner, dict):
            said += [f"{key} {each}" for key, each in inner.items()]
        else:
            said.append(f"{one.name} {inner}")
    return ", ".join(said)
