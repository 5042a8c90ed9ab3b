"""Invented reports in the forms that arrive: our readers read in them what was meant."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from safelight.demo.reports import as_cybertip, as_others
from safelight.demo.reports.generate import generate
from safelight.demo.reports.made import Made
from safelight.reports.cybertip import CybertipReader
from safelight.reports.eml import EmlReader
from safelight.reports.hotline import HotlineReader
from safelight.reports.hotline_csv import HotlineCsvReader
from safelight.reports.police_json import PoliceJsonReader
from safelight.reports.protocol import ReadOptions, ReportReader, Retraction
from safelight.reports.report import Report
from safelight.reports.scoring.observe import observe
from safelight.reports.words import free_texts

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def _of_form(made: Iterable[Made], form: str) -> list[Report]:
    return [one.report for one in made if one.report.format == form and not one.retraction]


def _read(reader: ReportReader, data: bytes) -> list[Report]:
    assert reader.detects(data[:65_536], "unnamed")
    parts = list(reader.read(io.BytesIO(data), ReadOptions("unnamed", "unnamed")))
    assert all(isinstance(one, Report) for one in parts)
    return [one for one in parts if isinstance(one, Report)]


def _said(report: Report) -> dict[str, Any]:
    """What must survive writing and reading."""
    parties = sorted(report.parties, key=lambda one: one.role)
    return {
        "number": report.report_id,
        "provider": report.provider,
        "times": (report.received, report.occurred),
        "incident": report.incident,
        "escalation": report.escalation,
        "annotations": report.annotations,
        "words": sorted(free_texts(report)),
        "people": sorted(
            (party.role, one.kind, one.value, one.provider or "", one.time or "", one.port or 0)
            for party in report.parties
            for one in party.identifiers
        ),
        "ages": [(one.role, one.age, one.birth_date) for one in parties],
        "facts": [dict(one.facts) for one in parties],
        "files": report.files,
        "pages": [one.value for one in report.groups],
        "observed": observe(report, NOW),
    }


@pytest.mark.parametrize(
    ("form", "reader", "written"),
    [
        ("cybertip", CybertipReader(), as_cybertip.document),
        ("json", PoliceJsonReader(), as_others.police_document),
        ("hotline", HotlineReader(), as_others.hotline_json),
        ("csv", HotlineCsvReader(), as_others.hotline_csv),
    ],
)
def test_a_list_of_reports_is_read_as_it_was_meant(form: str, reader: ReportReader, written: Any) -> None:
    reports = _of_form(generate(800, 4), form)
    read = _read(reader, written(reports))
    assert len(read) == len(reports) > 10
    for meant, found in zip(reports, read, strict=True):
        assert _said(found) == _said(meant)


def test_an_email_is_read_as_it_was_meant() -> None:
    reports = _of_form(generate(800, 4), "eml")
    assert len(reports) > 10
    for meant in reports:
        (found,) = _read(EmlReader(), as_others.mail(meant))
        assert _said(found) == _said(meant)


def test_a_retraction_names_the_report_that_is_taken_back() -> None:
    one = next(one for one in generate(800, 4) if one.retraction and one.report.format == "cybertip")
    data = as_cybertip.retraction(one.report)
    (part,) = CybertipReader().read(io.BytesIO(data), ReadOptions("unnamed", "unnamed"))
    assert isinstance(part, Retraction)
    assert part.report_id == one.report.report_id
