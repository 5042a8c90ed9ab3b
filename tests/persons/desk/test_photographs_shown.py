"""Each answer keeps whether its person was shown the photographs; what was decided without is said, never barred."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.cli import person_lines
from safelight.model import Capability
from safelight.persons.person import Verdict
from safelight.workspace import Workspace
from tests.export.person_desk import PersonDesk, desk

Open = Callable[..., Workspace]
WARNING = "Decided without photographs: at least one of those who decided was shown none of the two people."


@pytest.fixture
def at(open_again: Open) -> PersonDesk:
    return desk(open_again, Capability.EXPORT)


def shown(open_again: Open, who: str, out: Path) -> None:
    """A list with its page."""
    opened = open_again(actor=who)
    found = opened.next_review(with_page=True)
    assert found is not None
    opened.review_page([one["id"] for one in found["candidates"]], out / f"{who}.html")


def answer(open_again: Open, who: str, at: PersonDesk, verdict: Verdict = Verdict.SAME) -> dict[str, Any]:
    return open_again(actor=who).answer_review(at.candidate, verdict)


def test_who_had_the_page_was_shown_the_photographs(at: PersonDesk, open_again: Open, tmp_path: Path) -> None:
    shown(open_again, "anna", tmp_path)
    told = answer(open_again, "anna", at)
    assert (told["photographs_shown"], told["warning"]) == (True, None)
    assert list(person_lines.warned(told)) == []


def test_a_list_without_a_page_shows_none_and_the_answer_counts_all_the_same(
    at: PersonDesk, open_again: Open
) -> None:
    for who in ("anna", "ben"):
        open_again(actor=who).next_review()
        told = answer(open_again, who, at)
        assert told["photographs_shown"] is False
        assert "shown no photographs" in told["warning"]
    assert told["standing"] == "confirmed by two" and told["decided_without_photographs"] is True
    (said,) = person_lines.warned(told)
    assert WARNING in said


def test_an_answer_to_a_foil_is_warned_of_too_and_does_not_say_decided(
    at: PersonDesk, open_again: Open
) -> None:
    told = open_again(actor="anna").answer_review(at.foil, Verdict.DIFFERENT)
    assert "shown no photographs" in told["warning"] and WARNING not in told["warning"]


def test_a_page_that_was_asked_for_and_not_written_showed_nothing(at: PersonDesk, open_again: Open) -> None:
    open_again(actor="anna").next_review(with_page=True)
    assert answer(open_again, "anna", at)["photographs_shown"] is False


def test_the_page_of_somebody_else_showed_this_person_nothing(
    at: PersonDesk, open_again: Open, tmp_path: Path
) -> None:
    shown(open_again, "ben", tmp_path)
    assert answer(open_again, "anna", at)["photographs_shown"] is False


def test_the_same_list_asked_for_again_without_a_page_was_shown_before(
    at: PersonDesk, open_again: Open, tmp_path: Path
) -> None:
    shown(open_again, "anna", tmp_path)
    open_again(actor="anna").next_review()
    assert answer(open_again, "anna", at)["photographs_shown"] is True


def test_a_page_of_earlier_facts_is_none_of_the_list_as_it_is_now(
    at: PersonDesk, open_again: Open, tmp_path: Path
) -> None:
    shown(open_again, "anna", tmp_path)
    at.workspace.update_person("M-1", changes={"eyes": "green"}, reason="Seen again.")
    open_again(actor="anna").next_review()
    assert answer(open_again, "anna", at)["photographs_shown"] is False


@pytest.mark.parametrize("verdict", [Verdict.SAME, Verdict.DIFFERENT])
def test_where_one_of_two_saw_none_it_is_said_wherever_the_standing_is(
    at: PersonDesk, open_again: Open, tmp_path: Path, verdict: Verdict
) -> None:
    shown(open_again, "anna", tmp_path)
    answer(open_again, "anna", at, verdict)
    assert answer(open_again, "ben", at, verdict)["decided_without_photographs"] is True
    (lead,) = at.workspace.leads(kind="person")
    assert lead["decided_without_photographs"] and WARNING in [one["text"] for one in lead["reasons"]]
    (decided,) = at.workspace.show_person("M-1")["decided"]
    assert decided["id"] == at.candidate and decided["decided_without_photographs"]
    ledger = at.workspace.person_outcomes()
    assert ledger["decided_without_photographs"] == 1
    assert [one["decided_without_photographs"] for one in ledger["by_source"].values()] == [1]
    at.workspace.export("html", tmp_path / "p.html", person="M-1")
    assert "decided without photographs" in (tmp_path / "p.html").read_text(encoding="utf-8")


def test_where_both_saw_them_nothing_is_said(at: PersonDesk, open_again: Open, tmp_path: Path) -> None:
    for who in ("anna", "ben"):
        shown(open_again, who, tmp_path)
        told = answer(open_again, who, at)
    assert told["decided_without_photographs"] is False and told["warning"] is None
    (lead,) = at.workspace.leads(kind="person")
    assert lead["decided_without_photographs"] is False and WARNING not in str(lead["reasons"])
    assert at.workspace.person_outcomes()["decided_without_photographs"] == 0


def test_who_cannot_say_has_confirmed_and_excluded_nothing(at: PersonDesk, open_again: Open) -> None:
    for who in ("anna", "ben"):
        told = answer(open_again, who, at, Verdict.CANNOT_SAY)
    assert told["standing"] == "cannot say" and told["decided_without_photographs"] is False


def test_the_ledger_says_it_in_words(
    at: PersonDesk, open_again: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    for who in ("anna", "ben"):
        answer(open_again, who, at)
    person_lines.print_outcomes(at.workspace.person_outcomes())
    assert (
        "1 candidate confirmed or excluded by people of whom at least one was shown no photographs."
        in capsys.readouterr().out
    )
