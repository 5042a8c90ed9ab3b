"""Stated dates count however they are written; one that is not understood is said, whatever the report's format."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from safelight.reports.cybertip import CybertipReader
from safelight.reports.hotline import HotlineReader
from safelight.reports.hotline_csv import HotlineCsvReader
from safelight.reports.pdf import PdfReader
from safelight.reports.police_json import PoliceJsonReader
from safelight.reports.report import Kind, Party, Report, Role, Stated
from safelight.reports.scoring.observe import age_of, observe, unread_dates
from tests.reports.prints import LINES, printed
from tests.reports.tips import person, police_json, read, reports, tip

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize("format_", ["cybertip", "json", "hotline", "csv", "pdf", "eml"])
def test_it_says_that_the_day_of_import_counts(format_: str) -> None:
    (said,) = unread_dates(Report("1", format_, received="03/04/2026"))
    assert said == "date not understood: the day of import counts (received: “03/04/2026”)"


def test_it_says_which_other_dates_are_not_understood() -> None:
    address = Stated(Kind.IP, "192.0.2.1", time="last week")
    report = Report("1", "csv", occurred="gestern", parties=(Party(Role.REPORTED, (address, address)),))
    happened, used = unread_dates(report)
    assert "“gestern”" in happened
    assert "“last week”" in used


def test_of_dates_that_are_understood_or_not_stated_it_says_nothing() -> None:
    address = Stated(Kind.IP, "192.0.2.1", time="2026-11-25T08:10:00Z")
    report = Report("1", "csv", received="25.11.2026", parties=(Party(Role.REPORTED, (address,)),))
    assert unread_dates(report) == []


def _reports(born: str, happens: str) -> dict[str, Report]:
    """A reported person's date of birth and the incident's date, in every format that has fields for them."""
    flat = {"ID": "1", "Suspect username": "robin_s", "birth_date": born, "occurred": happens}
    named = {"screenName": {"value": "robin_s"}, "dateOfBirth": born}
    summary = {"incidentDateTime": happens}
    lines = [
        f"Date of Birth: {born}"
        if line.startswith("Date of Birth")
        else f"Incident Time: {happens}"
        if line.startswith("Incident Time")
        else line
        for line in LINES
        if not line.startswith(
            ("Approximate Age", "All dates are displayed as")
        )  # which would tell their order
    ]
    in_xml = tip(
        inside=person(more="").replace(
            "<espService>",
            f"<personOrUserReportedPerson><dateOfBirth>{born}</dateOfBirth></personOrUserReportedPerson><espService>",
        )
    ).replace("2026-01-02T03:04:05Z", happens)
    in_json = police_json(incidentSummary=summary, reportedPeople={"reportedPersons": [named]})
    documents = {
        "cybertip": (CybertipReader(), in_xml.encode()),
        "json": (PoliceJsonReader(), json.dumps(in_json).encode()),
        "hotline": (HotlineReader(), json.dumps([flat]).encode()),
        "csv": (HotlineCsvReader(), "\n".join(map(";".join, (flat.keys(), flat.values()))).encode()),
        "pdf": (PdfReader(), printed(lines)),
    }
    return {name: reports(read(reader, document))[0] for name, (reader, document) in documents.items()}  # type: ignore[arg-type]


def _reported(report: Report) -> Party:
    return next(party for party in report.parties if party.role is Role.REPORTED)


@pytest.mark.parametrize(
    "born", ["2015-05-20", "05/20/2015", "20.05.2015", "May 20, 2015", "20 mai 2015", "2015"]
)
def test_a_date_of_birth_says_the_age_in_every_format(born: str) -> None:
    for name, report in _reports(born, "2026-01-01").items():
        age = age_of(_reported(report), NOW.date())
        assert age is not None and 10 <= age < 12, name
        assert "victim-account" in observe(report, NOW), name
        assert not any("birth" in said for said in unread_dates(report)), name


@pytest.mark.parametrize("happens", ["2026-12-30", "12/30/2026", "30.12.2026 18:00", "Dec 30, 2026"])
def test_a_date_that_lies_ahead_is_seen_in_every_format(happens: str) -> None:
    for name, report in _reports("1990-05-20", happens).items():
        assert "date-ahead" in observe(report, NOW), name


@pytest.mark.parametrize("stated", ["05/06/2015", "05-06-2015"])
def test_a_date_of_birth_that_may_be_two_is_said_and_its_year_counts(stated: str) -> None:
    for name, report in _reports(stated, "2026-01-01").items():
        (said,) = (one for one in unread_dates(report) if "birth" in one)
        assert "2015" in said and stated in said, name
        age = age_of(_reported(report), NOW.date())
        assert age is not None and 10 <= age <= 12, name


def test_a_date_that_may_be_two_lies_ahead_of_nothing_and_is_said() -> None:
    for name, report in _reports("1990-05-20", "12/01/2026").items():
        assert "date-ahead" not in observe(report, NOW), name
        assert any("lies ahead is not known" in said for said in unread_dates(report)), name


def test_a_date_of_birth_without_a_year_is_said() -> None:
    (said,) = unread_dates(Report("1", "csv", parties=(Party(Role.VICTIM, birth_date="in spring"),)))
    assert "no age" in said and "“in spring”" in said and "victim" in said


def test_a_year_of_birth_alone_is_understood() -> None:
    assert unread_dates(Report("1", "csv", parties=(Party(Role.VICTIM, birth_date=" 2015 "),))) == []


@pytest.mark.parametrize("received", ["9999-12-31", "0001-01-01", "gestern"])
def test_an_impossible_day_of_receipt_does_not_change_ages(received: str) -> None:
    child = Party(Role.REPORTED, age=None, birth_date="2015-05-20")
    assert "victim-account" in observe(Report("1", "csv", received=received, parties=(child,)), NOW)
    assert age_of(child, date(2026, 11, 25)) == pytest.approx(11.5, abs=0.1)
