"""What the desk gives for its pages, made in memory: invented, sober, with whatever is hostile in a report."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from safelight.export.desk_page import DeskPage
from safelight.export.protocol import ExportOptions, Findings

from .sample import rich

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>",
    "</style></blockquote><img src=x onerror=alert(1)>",
    "photo\u202egpj.exe",
    "{{ 7 * 7 }}{% raw %}",
    "a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308",
    "\udce9\x00\x1b[31m",
    "x" * 5_000,
)
"""Markup, direction marks, template code, piled marks, bytes that are no text, a very long word."""
ALL = " ".join(HOSTILE)


def written(page: DeskPage, findings: Findings | None = None) -> str:
    """The page as text; fails where it is not strict UTF-8."""
    out = io.BytesIO()
    page.write(findings or rich(), out, ExportOptions())
    return out.getvalue().decode("utf-8", "strict")


def reason(code: str, weight: float, group: str, text: str = "") -> dict[str, Any]:
    return {"code": code, "text": text or f"What is called {code}.", "weight": weight, "group": group}


def entry(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A line of the queue."""
    return {
        "id": f"R-{number:016x}",
        "report_id": f"1900{number:05d}",
        "priority": 0.73,
        "band": "urgent",
        "cluster": "C-0000000000000001",
        "language": "de",
        "reasons": [
            reason("escalated", 2.2, "behaviour"),
            reason("previous-reports", 1.1, "previous"),
            reason("known-material", -1.5, "lowered"),
        ],
        "base": -2.8,
        "log_odds": -1.0,
        "counterfactual": "Without “escalated” it would be high.",
        "missing": ["Age of the child unknown: ask the provider."],
        "due": "2026-03-09T10:00:00+00:00",
        "due_why": "records of connections in DE",
        "provider": "Chatter One",
        "incident": "Online Enticement of Children for Sexual Acts",
        "received": "2026-03-01T10:00:00Z",
        "same": 1,
        "provisional": False,
        "child_to_protect": False,
        **changes,
    }


def identifier(kind: str = "email", value: str = "robin@example.org", **changes: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "value": value,
        "normal": value,
        "reach": "personal",
        "why": None,
        "provider": None,
        "time": None,
        "port": None,
        "event": None,
        "note": {},
        **changes,
    }


def person(role: str = "reported", *identifiers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "role": role,
        "child_to_protect": False,
        "age": None,
        "age_in_years": None,
        "birth_date": None,
        "identifiers": list(identifiers),
        "places": [],
        "facts": {},
        **changes,
    }


def file(**changes: Any) -> dict[str, Any]:
    return {
        "file_id": "f1",
        "name": "a.jpg",
        "original_name": None,
        "digests": {"md5": "0" * 32},
        "viewed": None,
        "closed": True,
        "public": None,
        "supplemental": False,
        "classification": None,
        "annotations": [],
        "exif": {},
        "identifiers": [],
        "uploaded": None,
        "texts": [],
        "matches": [],
        "not_compared": None,
        **changes,
    }


def report(**changes: Any) -> dict[str, Any]:
    """What `reports show --json` prints."""
    ip = identifier("ip", "203.0.113.7", time="2026-02-28T21:00:00Z", port=4711, event="Login")
    return {
        **entry(1),
        "cluster_size": 3,
        "format": "cybertip",
        "service": "Chatter One",
        "occurred": "2026-03-01T09:00:00",
        "escalation": "",
        "annotations": ["sextortion"],
        "people": [
            person("reporter", identifier("email", "desk@example.com")),
            person("reported", identifier(), ip),
            person("victim", child_to_protect=True, age="12"),
        ],
        "identifiers": [],
        "in_words": [],
        "texts": [{"where": "additionalInfo", "text": "Somebody writes that a meeting is planned."}],
        "where": {
            "country": "DE",
            "region": None,
            "sources": [{"source": "ip", "country": "DE"}],
            "conflict": False,
        },
        "units": [{"unit": "Duty officer", "why": "A child may be in danger now."}],
        "files": [file()],
        "media": [],
        "links": [
            {
                "to": "R-0000000000000002",
                "report_id": "190000002",
                "strength": 0.98,
                "scale": "certain",
                "by": [
                    {
                        "kind": "email",
                        "value": "robin@example.org",
                        "reports": 4,
                        "weight": 0.98,
                        "scale": "certain",
                    }
                ],
            }
        ],
        "too_common": [],
        "clocks": [
            {"what": "records of connections", "at": "2026-03-09T10:00:00+00:00", "source": "A rule."},
            {"what": "content preserved", "at": "2027-03-01T10:00:00+00:00", "source": "Another rule."},
        ],
        "related": [],
        "unknown": [],
        "problems": [],
        "history": [
            {
                "at": "2026-03-01T11:00:00+00:00",
                "what": "version",
                "number": 0,
                "format": "cybertip",
                "files": 1,
                "retracted": False,
            },
            {
                "at": "2026-03-01T12:00:00+00:00",
                "what": "decision",
                "by": "m.brandt",
                "label": "child-in-danger",
                "note": "Passed on.",
            },
        ],
        **changes,
    }


def hostile_report() -> dict[str, Any]:
    """A report in which everything that a sender can fill is hostile."""
    bad = identifier("screen-name", ALL, why=ALL, provider=ALL, time=ALL, port=1, event=ALL, note={ALL: ALL})
    place = {
        "source": ALL,
        "country": ALL,
        "region": ALL,
        "city": ALL,
        "text": ALL,
        "latitude": 1.0,
        "longitude": 2.0,
    }
    people = [
        person("reported", bad, age=ALL, birth_date=ALL, facts={"occupation": ALL}, places=[place]),
        person(ALL, bad),
    ]
    bad_file = file(
        name=ALL,
        original_name=f"{ALL}2",
        digests={"photodna": ALL},
        classification=ALL,
        annotations=[ALL],
        exif={ALL: ALL},
        identifiers=[bad],
        uploaded=ALL,
        texts=[ALL],
        matches=[{"hashset": ALL, "entry": ALL, "by": "md5", "distance": 0, "category": ALL}],
    )
    return report(
        report_id=ALL,
        provider=ALL,
        incident=ALL,
        received=ALL,
        occurred=ALL,
        escalation=ALL,
        service=ALL,
        people=people,
        identifiers=[bad],
        texts=[{"where": ALL, "text": ALL}],
        files=[bad_file],
        media=[{"name": ALL, "sha256": "0" * 64, "lead": None, "known": False, "said": ALL}],
        related=[ALL],
        unknown=[{"where": ALL, "said": ALL}],
        problems=[ALL],
        missing=[ALL],
        counterfactual=ALL,
        reasons=[reason("bad", 1.0, ALL, ALL)],
        where={"country": ALL, "region": ALL, "sources": [{"source": ALL, "country": ALL}], "conflict": True},
    )


def shared(
    value: str, *members: int, kind: str = "email", scale: str = "certain", weight: float = 0.98
) -> dict[str, Any]:
    return {
        "kind": kind,
        "value": value,
        "normal": value,
        "members": [f"R-{one:016x}" for one in members],
        "roles": {"reported": len(members)},
        "reports": len(members),
        "weight": weight,
        "scale": scale,
    }


def cluster(size: int = 3, identifiers: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """A cluster as `reports.desk.cluster` gives it: each report shares an identifier with the next."""
    reports = [
        {
            **entry(number, band=("urgent", "high", "normal", "low")[number % 4]),
            "occurred": "2026-02-27T09:00:00Z",
            "country": "DE",
            "decided": None,
        }
        for number in range(1, size + 1)
    ]
    chain = [shared(f"robin{number}@example.org", number, number + 1) for number in range(1, size)]
    times = [
        {"report": one["id"], "what": what, "at": at.isoformat(), "value": value, "port": None}
        for number, one in enumerate(reports)
        for what, at, value in (
            ("received", NOW - timedelta(hours=number), None),
            ("connection", NOW - timedelta(hours=7 * number + 3), "203.0.113.7"),
        )
    ]
    return {
        "id": "C-0000000000000001",
        "asked": "R-0000000000000001",
        "size": size,
        "probable": 0,
        "reports": reports,
        "identifiers": chain if identifiers is None else identifiers,
        "too_common": [],
        "edits": [],
        "times": times,
        **changes,
    }


def state(**changes: Any) -> dict[str, Any]:
    """The desk's state as `reports.desk.overview` gives it."""
    bands = {"urgent": 1, "high": 2, "normal": 5, "low": 40}
    due = {**entry(3), "what": "records of connections in DE", "at": "2026-03-04T10:00:00+00:00"}
    return {
        "reports": 50,
        "lines": 48,
        "clusters": 4,
        "provisional": 0,
        "reads_texts": True,
        "waiting": 47,
        "oldest": "2026-02-20T08:00:00+00:00",
        "held": 1,
        "bands": [
            {"band": band, "lines": number, "waiting": number, "reports": number}
            for band, number in bands.items()
        ],
        "decisions": {"decisions": 3, "reports": 1, "people": 2, "labels": {"not-pertinent": 1}},
        "elusion": {
            "low": 40,
            "drawn": 20,
            "looked_at": 20,
            "found": 1,
            "share": 0.05,
            "interval": [0.00127, 0.24873],
            "missed": [0.1, 9.9],
        },
        "capacity": None,
        "groups": {
            "provider": [{"value": "Chatter One", "known": True, "bands": bands}],
            "country": [{"value": "DE", "known": True, "bands": bands}],
            "language": [{"value": "uk", "known": True, "bands": bands}],
        },
        "arrivals": [{"day": "2026-03-01", "reports": 12}, {"day": "2026-03-02", "reports": 38}],
        "queue": [{**entry(1), "place": 2, "cluster_size": 3}],
        "due": {"days": 14, "lines": 1, "run_out": 2, "entries": [due]},
        "foreign": {"lines": 1, "languages": {"th": 1}, "entries": [{**entry(4, language="th"), "place": 9}]},
        "unread": {
            "count": 1,
            "reasons": {"not well-formed": 1},
            "entries": [{"path": "in/bad.xml", "reason": "not well-formed"}],
        },
        **changes,
    }


def evaluation(**changes: Any) -> dict[str, Any]:
    """What `reports evaluate --json` prints."""
    group = {
        "value": "de",
        "reports": 40,
        "in_danger": 4,
        "found": 3,
        "recall": 0.75,
        "interval": [0.3006, 0.9544],
    }
    none = {"value": "fr", "reports": 10, "in_danger": 0, "found": 0, "recall": None, "interval": None}
    return {
        "reports": 50,
        "in_danger": 4,
        "lines": 50,
        "absent": ["7"],
        "top": [
            {
                "share": 0.05,
                "size": 3,
                "found": 3,
                "recall": 0.75,
                "interval": [0.3006, 0.9544],
                "precision": 1.0,
                "lift": 12.5,
            }
        ],
        "curve": [
            {"share": 0.0, "recall": 0.0},
            {"share": 0.02, "recall": 0.25},
            {"share": 1.0, "recall": 1.0},
        ],
        "calibration": [
            {"from": 0.0, "to": 0.01, "reports": 46, "said": 0.004, "true": 0.0217, "interval": [0.0, 0.11]}
        ],
        "groups": {"language": [group, none], "provider": [{**group, "value": "Chatter One"}]},
        "missed": [{"report_id": "190000009", "place": 31, "priority": 0.0103, "language": "de"}],
        **changes,
    }
