"""An invented report in the other forms that arrive: the JSON of police, a hotline's list, an e-mail."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from safelight.reports.report import Annotation, Kind, Party, Report, ReportFile, Role, Stated

_TAGS = {
    "drawing": "Anime/Drawing",
    "meme": "Meme",
    "self-production": "Self-Production",
    "harm": "Physical Harm",
    "live-streaming": "Live Streaming",
    "infant": "Infant",
    "generated": "Generative AI",
}
_FACTS = {
    "access-to-child": "accessToChildVictim",
    "access-to-children": "accessToChildren",
    "relationship": "relationshipToChildVictim",
    "occupation": "occupation",
    "convicted": "convictedSexOffender",
    "firearms": "accessToFirearms",
}
_PEOPLE = {
    Role.REPORTED: ("reportedPeople", "reportedPersons"),
    Role.RECIPIENT: ("intendedRecipients", "intendedRecipients"),
    Role.VICTIM: ("victims", "victims"),
}


def police(report: Report) -> dict[str, Any]:
    """The JSON that police receive of one report; what is not stated is null, as there."""
    told: dict[str, Any] = {
        "reportingEsp": {
            "espName": report.provider,
            "lastName": None,
            "emails": {"emails": _reporter(report)},
        },
        "incidentSummary": {
            "incidentType": report.incident,
            "platform": report.service,
            "incidentDateTime": report.occurred,
            "escalateToHighPriority": None if report.escalation is None else (report.escalation or True),
            "reportAnnotations": sorted(report.annotations) or None,
        },
        "uploadedFiles": {"uploadedFiles": [_police_file(one) for one in report.files]},
        "additionalInformations": [{"value": one} for one in _told(report, "additionalInformation")] or None,
    }
    for role, (outer, inner) in _PEOPLE.items():
        people = [_police_party(report, one) for one in report.parties if one.role is role]
        told[outer] = {inner: people} if people else None
    details: dict[str, Any] = {}
    if report.groups:
        details["webpageIncident"] = [{"urls": [one.value for one in report.groups]}]
    if said := _told(report, "chatImIncident/contents"):
        details["chatImIncident"] = [{"contents": [{"value": one} for one in said]}]
    told["incidentDetails"] = details or None
    return {
        "reportId": int(report.report_id),
        "dateReceived": report.received,
        "isRetracted": Annotation.RETRACTED in report.annotations,
        "reportedInformation": told,
    }


def police_document(reports: Iterable[Report]) -> bytes:
    """A list of them, with the byte order mark that such files have."""
    return json.dumps([police(one) for one in reports], ensure_ascii=False, indent=1).encode("utf-8-sig")


def hotline(report: Report) -> dict[str, str | int | None]:
    """A hotline's record: one flat line a report, under the names that hotlines use."""
    by: dict[tuple[Role, Kind], Stated] = {}
    for party in report.parties:
        for one in party.identifiers:
            by.setdefault((party.role, one.kind), one)
    reported = next((one for one in report.parties if one.role is Role.REPORTED), Party(Role.REPORTED))
    victim = next((one for one in report.parties if one.role is Role.VICTIM), Party(Role.VICTIM))
    ip = by.get((Role.REPORTED, Kind.IP))

    def of(role: Role, kind: Kind) -> str | None:
        return by[role, kind].value if (role, kind) in by else None

    return {
        "report_id": report.report_id,
        "received": report.received,
        "hotline": report.provider,
        "incident": report.incident,
        "occurred": report.occurred,
        "description": " ".join(_told(report, "text")) or None,
        "url": report.groups[0].value if report.groups else None,
        "urgent": None if report.escalation is None else (report.escalation or "yes"),
        "suspect": of(Role.REPORTED, Kind.NAME),
        "suspect email": of(Role.REPORTED, Kind.EMAIL),
        "suspect phone": of(Role.REPORTED, Kind.PHONE),
        "username": of(Role.REPORTED, Kind.SCREEN_NAME),
        "user id": of(Role.REPORTED, Kind.ACCOUNT),
        "platform": next((one.provider for one in reported.identifiers if one.provider), None),
        "ip": ip.value if ip else None,
        "ip time": ip.time if ip else None,
        "suspect age": reported.age,
        "date of birth": reported.birth_date,
        "relationship": reported.facts.get("relationship"),
        "victim age": victim.age,
        "victim account": of(Role.VICTIM, Kind.SCREEN_NAME),
        "reporter email": of(Role.REPORTER, Kind.EMAIL),
        "file name": "; ".join(one.name or "" for one in report.files) or None,
        "md5": " ".join(one.digests["md5"] for one in report.files) or None,
        "viewed": ("yes" if all(one.viewed for one in report.files) else "no") if report.files else None,
        "withdrawn": "yes" if Annotation.RETRACTED in report.annotations else None,
    }


def hotline_json(reports: Iterable[Report]) -> bytes:
    """A hotline's list as JSON."""
    return json.dumps({"reports": [hotline(one) for one in reports]}, ensure_ascii=False).encode()


def hotline_csv(reports: Iterable[Report]) -> bytes:
    """A hotline's list as CSV, with semicolons as spreadsheets in most of Europe write it."""
    rows = [hotline(one) for one in reports]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def mail(report: Report) -> bytes:
    """A message by somebody from the public."""
    message = EmailMessage()
    said = {one.kind: one.value for party in report.parties for one in party.identifiers}
    message["From"] = Address(said.get(Kind.NAME, ""), addr_spec=said[Kind.EMAIL])
    message["To"] = "desk@unit.example.net"
    message["Subject"] = next(iter(_told(report, "subject")), "")
    message["Date"] = datetime.fromisoformat(report.received) if report.received else None
    message["Message-ID"] = f"<{report.report_id}>"
    message.set_content(" ".join(_told(report, "body")) + "\n")
    return message.as_bytes()


def _told(report: Report, where: str) -> list[str]:
    return [one.text for one in report.texts if one.where == where]


def _reporter(report: Report) -> list[str]:
    return [one.value for party in report.parties if party.role is Role.REPORTER for one in party.identifiers]


def _police_party(report: Report, party: Party) -> dict[str, Any]:
    by_kind: dict[Kind, list[Stated]] = {}
    for one in party.identifiers:
        by_kind.setdefault(one.kind, []).append(one)

    def values(kind: Kind) -> list[str]:
        return [one.value for one in by_kind.get(kind, ())]

    first, _, last = next(iter(values(Kind.NAME)), "").partition(" ")
    captures = [
        {
            "captureType": "IP Address",
            "value": one.value,
            "dateTime": one.time,
            "port": one.port,
            "eventName": one.event,
        }
        for one in by_kind.get(Kind.IP, ())
    ]
    return {
        "firstName": first or None,
        "lastName": last or None,
        "dateOfBirth": party.birth_date,
        "approximateAge": None if party.age is None else int(party.age),
        "espService": next((one.provider for one in party.identifiers if one.provider), None),
        "espUserId": next(iter(values(Kind.ACCOUNT)), None),
        "screenName": {"value": next(iter(values(Kind.SCREEN_NAME)), None)},
        "displayName": next(iter(values(Kind.DISPLAY_NAME)), None),
        "emails": {"emails": [{"value": one} for one in values(Kind.EMAIL)]},
        "phones": {"phones": [{"value": one, "verified": None} for one in values(Kind.PHONE)]},
        "addresses": {"addresses": [{"country": one.country} for one in party.spots]},
        "deviceIds": values(Kind.DEVICE) or None,
        "sourceInformation": {"sourceCaptures": captures},
        "priorCTReports": [party.facts["prior-reports"]] if "prior-reports" in party.facts else None,
        "additionalInformations": [
            {"value": one} for one in _told(report, f"{party.role}/additionalInformations")
        ]
        or None,
        **{key: party.facts.get(fact) for fact, key in _FACTS.items()},
    }


def _police_file(file: ReportFile) -> dict[str, Any]:
    tags = [{"value": _TAGS[one]} for one in sorted(file.annotations)]
    return {
        "submittalId": file.file_id,
        "filename": file.name,
        "verificationHash": file.digests.get("md5"),
        "originalFileHash": [{"hashType": "SHA1", "value": file.digests["sha1"]}]
        if "sha1" in file.digests
        else None,
        "viewedByEsp": file.viewed,
        "industryClassification": file.classification,
        "ncmecTags": {"groups": [{"tags": tags}]} if tags else None,
        "espMetadata": {"metadatas": [{"name": name, "value": value} for name, value in file.exif.items()]},
    }
