"""What the fields of a report are taken to mean: who is a child to protect, and what is said against somebody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from safelight.reports.report import Annotation, Kind, Party, Report, ReportFile, Role, Stated
from safelight.reports.scoring.observe import (
    LIKELY,
    POSSIBLE,
    age_of,
    contradictions,
    is_victim_account,
    observe,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ACCOUNT = (Stated(Kind.ACCOUNT, "u-1", "Fotowolke"),)
OWN = ReportFile("1", annotations=frozenset({"self-production"}))
OF_CAMERA = ReportFile("1", annotations=frozenset({"self-production"}), exif={"Make": "Example"})
SEXTORTION = frozenset({Annotation.SEXTORTION})


def person(age: str | None = None, birth_date: str | None = None, **facts: str) -> Party:
    stated = {name.replace("_", "-"): said for name, said in facts.items()}
    return Party(Role.REPORTED, ACCOUNT, age, birth_date, facts=stated)


def report(
    *parties: Party, marks: frozenset[Annotation] = frozenset(), files: tuple[ReportFile, ...] = ()
) -> Report:
    return Report("1", "json", parties=parties, annotations=marks, files=files)


def seen(*parties: Party, **more: object) -> dict[str, float]:
    return observe(report(*parties, **more), NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said", ["No", "False", "Unknown", "Not compromised", "none", "n/a", "0", "nein", "нет", "否"]
)
def test_an_account_that_is_not_said_to_be_hijacked_is_no_childs(said: str) -> None:
    found = seen(person("45", compromised=said, convicted="Yes"))
    assert "victim-account" not in found
    assert found["convicted"] == 1


@pytest.mark.parametrize("said", ["yes", "True", "1", "ja", "Account was hacked", "yes; date 2026-01-01"])
def test_a_hijacked_account_is_routed_as_a_victims(said: str) -> None:
    assert seen(person("45", compromised=said))["victim-account"] == LIKELY


@pytest.mark.parametrize("age", ["0", "-1", "unknown", "999", "", None])
def test_an_age_that_is_not_known_makes_nobody_a_child(age: str | None) -> None:
    found = seen(person(age, convicted="Yes", access_to_child="Yes"))
    assert "victim-account" not in found
    assert found["convicted"] == found["access-stated"] == 1


@pytest.mark.parametrize("age", ["15", "15-17", "minor", "under 18", "14 Jahre"])
def test_a_stated_minor_is_a_child_to_protect(age: str) -> None:
    found = seen(person(age, prior_reports="12345678", occupation="school pupil"))
    assert found["victim-account"] == LIKELY
    assert "prior-stated" not in found
    assert "trust-stated" not in found


def test_a_birth_date_that_may_be_two_days_still_tells_a_child() -> None:
    assert is_victim_account(
        report(person(birth_date="03/04/2012")), person(birth_date="03/04/2012"), NOW.date()
    )


def test_an_adult_who_says_that_he_is_a_minor_is_routed_and_stays_a_danger() -> None:
    posing = person("40-45; profile says 15", convicted="Yes", access_to_child="Yes", occupation="teacher")
    found = seen(posing)
    assert found["victim-account"] == POSSIBLE
    assert found["convicted"] == found["access-stated"] == found["trust-stated"] == 1


@pytest.mark.parametrize(
    "fact", [{"convicted": "Yes"}, {"access_to_child": "Yes"}, {"relationship": "uncle"}]
)
def test_a_minors_age_hides_no_stated_danger(fact: dict[str, str]) -> None:
    found = seen(person("15", **fact))
    assert found["victim-account"] == POSSIBLE
    assert found.keys() & {"convicted", "access-stated"}


def test_an_estimate_that_goes_beyond_eighteen_is_a_possible_child() -> None:
    assert seen(person("16-20"))["victim-account"] == POSSIBLE


def test_a_childs_account_beside_an_offenders_does_not_hide_it() -> None:
    found = seen(person("12"), person("45", prior_reports="12345678"))
    assert found["victim-account"] == POSSIBLE
    assert found["prior-stated"] == 1


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("convicted", "No known convictions"),
        ("convicted", "None known"),
        ("convicted", "Not stated"),
        ("access-to-child", "None known"),
        ("access-to-children", "Not stated"),
        ("relationship", "Not a relative, no family relation"),
        ("prior-reports", "none"),
        ("firearms", "not known"),
        ("occupation", "not a teacher"),
    ],
)
def test_what_is_denied_or_unknown_is_not_said_against_anybody(fact: str, said: str) -> None:
    assert observe(report(Party(Role.REPORTED, ACCOUNT, "45", facts={fact: said})), NOW) == {}


class TestOwnPictures:
    def test_with_sextortion_they_tell_of_the_childs_own_account(self) -> None:
        found = seen(person(), marks=SEXTORTION, files=(OWN,))
        assert found["victim-account"] == LIKELY

    @pytest.mark.parametrize("more", [{"marks": SEXTORTION}, {"files": (OWN,)}])
    def test_one_mark_alone_routes_nobody(self, more: dict[str, object]) -> None:
        assert "victim-account" not in seen(person(), **more)

    @pytest.mark.parametrize("role", [Role.VICTIM, Role.REPORTED])
    def test_where_another_account_is_named_the_reported_one_is_the_blackmailers(self, role: Role) -> None:
        other = Party(role, (Stated(Kind.SCREEN_NAME, "kid.one"),))
        assert "victim-account" not in seen(person(), other, marks=SEXTORTION, files=(OWN,))

    @pytest.mark.parametrize(
        "blackmailer", [person("31"), person(convicted="yes"), person(access_to_child="yes")]
    )
    def test_an_adult_or_a_danger_to_children_is_the_blackmailer(self, blackmailer: Party) -> None:
        assert "victim-account" not in seen(blackmailer, marks=SEXTORTION, files=(OWN,))

    def test_with_earlier_reports_both_count(self) -> None:
        found = seen(person(prior_reports="12345678"), marks=SEXTORTION, files=(OWN,))
        assert found["victim-account"] == POSSIBLE
        assert found["prior-stated"] == 1

    def test_straight_from_a_camera_they_may_be_the_accounts_own(self) -> None:
        assert seen(person(), files=(OF_CAMERA,))["victim-account"] == POSSIBLE

    def test_a_supplement_tells_nothing_of_them(self) -> None:
        paper = ReportFile("1", annotations=frozenset({"self-production"}), supplemental=True)
        assert "victim-account" not in seen(person(), marks=SEXTORTION, files=(paper,))


def test_a_contradiction_of_ages_is_said() -> None:
    (said,) = contradictions(report(person("15", "1980-01-01")), NOW)
    assert "“1980-01-01”; “15”" in said
    assert contradictions(report(person("40-45; profile says 15")), NOW)
    assert contradictions(report(person("15", convicted="yes")), NOW)
    assert contradictions(report(person("15"), person("45")), NOW) == []


def test_of_contradicting_ages_the_lowest_is_gone_by() -> None:
    assert age_of(person("15", "1980-01-01"), NOW.date()) == 15
    assert age_of(person("0", "1980-03-02"), NOW.date()) == pytest.approx(46, abs=0.1)
    assert age_of(person("-1"), NOW.date()) is None
