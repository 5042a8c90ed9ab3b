"""Whose retraction counts, and what a later version of a report must not forget."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from safelight.reports.intake.later import ALONE, beside, counts, is_as_before, take_back
from safelight.reports.protocol import Retraction
from safelight.reports.report import Annotation, Kind, Party, Report, Role, Stated
from tests.reports.made import REPORTS

TAKEN_BACK = frozenset({Annotation.RETRACTED})
PERSON = Party(Role.REPORTER, (Stated(Kind.EMAIL, "kim@example.org"),))


def report(provider: str | None = "Chatter One", **more: Any) -> Report:
    return Report(**{"report_id": "1", "format": "cybertip", "provider": provider, **more})


def by(sender: str | None, reason: str = "sent in error") -> Retraction:
    return Retraction("1", reason, sender)


def is_taken_back(one: Report) -> bool:
    return Annotation.RETRACTED in one.annotations


class TestWhoseItIs:
    @pytest.mark.parametrize(
        ("sender", "known", "expected"),
        [
            ("Chatter One", report(), True),
            ("chatter  one", report(), True),
            ("Chatter One, Inc.", report(), True),
            ("kim@example.org", report(None, parties=(PERSON,)), True),
            ("kim@example.net", report(None, parties=(PERSON,)), False),
            ("Another", report(), False),
            ("", report(), False),
            ("", report(None), False),
            ("Chatter One", report(None), False),
        ],
    )
    def test_only_the_sender_that_the_report_names(self, sender: str, known: Report, expected: bool) -> None:
        assert counts(sender, known) is expected
        assert take_back(by(sender), known)[1] is expected
        assert is_taken_back(take_back(by(sender), known)[0]) is expected

    def test_of_versions_by_several_senders_nobody_s(self) -> None:
        both = beside(report("Another"), report())
        assert not counts("Another", both) and not counts("Chatter One", both)

    def test_a_version_that_names_nobody_leaves_it_open_for_good(self) -> None:
        assert not counts("Chatter One", beside(report(), report(None)))

    def test_another_form_that_only_adds_changes_nothing_of_it(self) -> None:
        assert counts("Chatter One", beside(report(None, format="pdf"), report()))

    def test_another_form_that_comes_before_the_fuller_one_does(self) -> None:
        assert not counts("Another", beside(report("Another"), report(format="json")))


class TestMarks:
    def test_the_sender_s_own_counts(self) -> None:
        assert is_taken_back(beside(report(annotations=TAKEN_BACK), report()))

    @pytest.mark.parametrize("sender", ["Another", None])
    def test_another_s_is_a_claim(self, sender: str | None) -> None:
        later = beside(report(sender, annotations=TAKEN_BACK), report())
        assert not is_taken_back(later)
        assert (
            f"a retraction was claimed by {sender or 'a document that names no sender'}, not counted"
            in str(later.problems)
        )

    def test_another_s_report_that_came_first_as_taken_back_lowers_nothing(self) -> None:
        later = beside(report(), report("Another", annotations=TAKEN_BACK))
        assert not is_taken_back(later)
        assert "claimed by Another, not counted" in str(later.problems)

    def test_what_was_taken_back_stays_so(self) -> None:
        taken_back, _ = take_back(by("Chatter One"), report())
        later = beside(report(occurred="2026-01-01"), taken_back)
        assert is_taken_back(later)
        assert ("retraction", "sent in error") in later.unknown


class TestBeforeItsReport:
    def test_it_waits_for_the_report_of_its_sender(self) -> None:
        waiting, counted = take_back(by("Chatter One"), None)
        assert counted and ALONE in waiting.problems
        assert is_taken_back(beside(report(), waiting))
        assert not is_taken_back(beside(report("Another"), waiting))

    def test_also_for_a_report_in_another_form(self) -> None:
        waiting, _ = take_back(by("Another"), None)
        assert not is_taken_back(beside(report(format="json"), waiting))

    def test_a_crowd_of_others_cannot_be_told_from_it_and_is_bounded(self) -> None:
        waiting: Report | None = None
        for number in range(100):
            waiting, _ = take_back(by(f"Company {number}"), waiting)
        assert waiting is not None and len(waiting.unknown) == 20
        assert "more retractions of it were claimed than are kept" in waiting.problems


def test_very_many_claims_make_no_more_versions_than_are_kept() -> None:
    known, seen = report(), set()
    for number in range(100):
        known, _ = take_back(by(f"Company {number}", "x" * 10_000), known)
        seen.add(known.problems)
    assert len(seen) == 21
    assert len(str(known)) < 60_000


def test_what_a_report_said_before_is_told_from_anything_else() -> None:
    noted, _ = take_back(by("Another"), report(received="2026-01-01"))
    assert is_as_before(report(received="2026-02-01"), noted)
    assert not is_as_before(report(occurred="2026-02-01"), noted)


@given(REPORTS, REPORTS)
@settings(max_examples=150)
def test_a_version_that_comes_again_is_the_same_version(one: Report, other: Report) -> None:
    one, other = (replace(each, report_id="1", format="cybertip") for each in (one, other))
    later = beside(other, one)
    assert beside(other, later) == later
    assert beside(beside(other, later), later) == later
