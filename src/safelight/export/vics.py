"""`export vics`: the leads of a case as VICS 2.0 (`#Cases`), for Griffeye, Project VIC, CAID and alike.

No media goes with it. `Category` is null unless a person or a list gave one; what a model estimated stands in
`Comments` and in `IsSuspected`, which VICS has for that.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from safelight.export.exif_names import exif_properties
from safelight.export.marking import MARK, SENTENCE
from safelight.export.media_kinds import mime_type
from safelight.export.protocol import ExportOptions, ExportReport, Findings, LeadView, PlaceView
from safelight.export.text import cleaned, instant
from safelight.export.verdicts import Verdict, Verdicts
from safelight.matching.films import shares, when
from safelight.matching.forms import told
from safelight.model import State, Timestamp

_CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#Cases"
_COUNTRY = {"us": "US", "us-older": "US", "uk": "UK"}
_NAMESPACE = uuid.UUID("6f1c2a50-6d07-5c1e-9a35-9d2d0e0f7a51")
_SUSPICIONS = frozenset(("suspected", "near-known"))


class VicsExporter:
    """One record a lead, with every place as a `MediaFiles` entry; written as it goes."""

    name = "vics"
    suffix = ".json"
    marked = True

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Write the case. `records` counts the media."""
        verdicts, numbers = Verdicts(findings), _Numbers()
        head = orjson.dumps(cleaned(_head(findings)))
        out.write(head.removesuffix(b"}]}") + b',"Media":[')
        count = unnumbered = 0
        for view in findings.leads():
            out.write(b",\n" if count else b"\n")
            verdict = verdicts.of(view)
            out.write(orjson.dumps(cleaned(_media(view, verdict, numbers, findings))))
            count += 1
            unnumbered += verdict.unnumbered
        out.write(b"\n]}]}\n")
        return ExportReport(count, tuple(_notes(unnumbered, verdicts)), "lead")


def _notes(unnumbered: int, verdicts: Verdicts) -> Iterator[str]:
    if unnumbered:
        noun, verb = (
            ("decision or list category has", "it stands")
            if unnumbered == 1
            else ("decisions or list categories have", "they stand")
        )
        yield (
            f"{unnumbered:,} {noun} no number in VICS; {verb} in Comments. "
            f"A scheme gives numbers with `vics = N` ({verdicts.scheme.title} as used here)."
        )


def _head(findings: Findings) -> dict[str, Any]:
    case = findings.case
    mark = f"{MARK} " if findings.evaluation else ""
    record: dict[str, Any] = {
        "CaseID": str(uuid.uuid5(_NAMESPACE, case.id)),
        "CaseNumber": f"{mark}{case.id}",
        "CaseName": case.name,
        "ContactName": findings.generated_by,
        "SourceApplicationName": "Safelight",
        "SourceApplicationVersion": findings.software.get("safelight", ""),
        "DateUpdated": instant(findings.generated_at),
    }
    if findings.evaluation:
        record["Comments"] = SENTENCE
    return {
        "@odata.context": _CONTEXT.format(_COUNTRY.get(Path(case.scheme).stem, "Default")),
        "value": [record],
    }


class _Numbers:
    """MediaIDs: 31 bits of the SHA-256, so that an item keeps its number from export to export.

    Two items that would share a number are told apart by counting on, in the order of the leads.
    """

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def of(self, sha256: str) -> int:
        number = int(sha256[:8], 16) & 0x7FFFFFFF
        while number in self._taken:
            number = (number + 1) & 0x7FFFFFFF
        self._taken.add(number)
        return number


def _media(view: LeadView, verdict: Verdict, numbers: _Numbers, findings: Findings) -> dict[str, Any]:
    md5 = view.digests.md5.hex().upper()
    others = [{"HashName": "SHA256", "HashValue": view.digests.sha256.hex().upper()}]
    if view.pdq:
        others.append({"HashName": "PDQ", "HashValue": view.pdq.hash.hex().upper()})
    record: dict[str, Any] = {
        "MediaID": numbers.of(view.lead.sha256),
        "Category": verdict.number,
        "MD5": md5,
        "SHA1": view.digests.sha1.hex().upper(),
        "MediaSize": view.size,
        "DateUpdated": instant(view.decisions[-1].at if view.decisions else findings.generated_at),
        "MimeType": mime_type(view.format),
        "IsPrecategorized": verdict.by_list is not None,
        "IsSuspected": verdict.code is None
        and any(reason.code in _SUSPICIONS for reason in view.lead.reasons),
        "Comments": " ".join(_comments(view, verdict)),
        "Tags": ", ".join(_tags(view)),
        "AlternativeHashes": others,
    }
    if verdict.by_list is not None:
        record["PrecategorizationSource"] = verdict.by_list
    record["Exifs"] = [
        {"MD5": md5, "PropertyName": name, "PropertyValue": value} for name, value in exif_properties(view)
    ]
    record["MediaFiles"] = [_file(place, md5) for place in view.places]
    return record


def _comments(view: LeadView, verdict: Verdict) -> Iterator[str]:
    """Who gave the category, then the lead's own words: an assessment, and called one."""
    if verdict.by_person is not None:
        yield f"Decided by {verdict.by_person}: {view.decisions[-1].label}."
    if verdict.by_list is not None:
        yield f"Category {verdict.code} from the list {verdict.by_list}."
    yield from verdict.remarks
    reasons = " ".join(reason.text for reason in view.lead.reasons)
    yield f"Safelight lead {view.lead.id}, {view.lead.band.value} priority (an assessment, not a category): {reasons}"


def _tags(view: LeadView) -> Iterator[str]:
    yield f"Safelight {view.lead.band.value}"
    for match in view.lead.matches:
        form = told(match.form)
        shared = shares(match.covered) + when(match.at)
        yield f"{match.hashset}#{match.entry} ({match.kind.value}, {match.by} {match.distance}{form}{shared})"


def _file(place: PlaceView, md5: str) -> dict[str, Any]:
    record: dict[str, Any] = {
        "MD5": md5,
        "FileName": place.trail[-1].rpartition("/")[2] or place.trail[-1],
        "FilePath": place.path,
        **_times(place),
        "Unallocated": place.state in (State.DELETED, State.CARVED),
        "Deleted": place.state is State.DELETED,
        "SourceID": place.exhibit,
    }
    if "offset" in place.address:
        record["PhysicalLocation"] = place.address["offset"]
    if place.state is State.EMBEDDED and "//" in place.path:
        record["ParentFilePath"] = place.path.rpartition("//")[0]
    return record


def _times(place: PlaceView) -> Mapping[str, str]:
    """Times as recorded: with `Z` or an offset, or with none where the evidence states no zone."""
    stated = {
        "Created": place.times.created,
        "Written": place.times.modified,
        "Accessed": place.times.accessed,
    }
    return {name: _time(time) for name, time in stated.items() if time}


def _time(time: Timestamp) -> str:
    zone = {"utc": "Z", "local": ""}.get(time.zone, time.zone)
    return time.value if time.value.endswith(("Z", zone or "Z")) else f"{time.value}{zone}"
