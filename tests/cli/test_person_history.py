"""A person's history is read by people: what changed, from what to what, why; nothing else."""

from __future__ import annotations

from typing import Any

from safelight.cli.person_history import history
from safelight.persons.keep.facts import to_json
from safelight.persons.person import Facts, Sex, Span

AT = {"by": "anna", "at": "2026-11-26T07:11:12.5+00:00"}


def said(**event: Any) -> str:
    return "\n".join(history([{**AT, **event}], "missing"))


def test_a_correction_says_what_was_stated_before_and_what_is_now() -> None:
    told = said(
        kind="corrected",
        before={"height": to_json(Facts(height=Span(170, 170)))["height"]},
        after={"height": to_json(Facts(height=Span(171, 171)))["height"]},
        reason="Measured again.",
    )
    assert told.splitlines() == [
        "  2026-11-26 07:11 UTC  corrected by anna (Measured again.)",
        "    height: 170 cm, then 171 cm",
    ]


def test_a_register_that_comes_again_shows_only_what_differs() -> None:
    names = ("Robin Example",)
    told = said(
        kind="corrected",
        before={"status": "missing", "facts": to_json(Facts(names, Sex.MALE))},
        after={"status": "missing", "facts": to_json(Facts(names, Sex.MALE, eyes="grey"))},
        where="list.csv, line 4",
    )
    assert told.splitlines()[1:] == ["    eyes: not stated, then grey"]
    assert "list.csv, line 4" in told and "Robin" not in told


def test_a_fact_that_was_taken_back_is_not_stated() -> None:
    told = said(kind="corrected", before={"sex": "male"}, after={"sex": None}, reason=None)
    assert told.splitlines()[1:] == ["    sex: male, then not stated"]


def test_a_status_that_changed_is_one_line() -> None:
    told = said(kind="status", before="missing", after="home", reason="reunited")
    assert told == "  2026-11-26 07:11 UTC  status by anna: missing, then home (reunited)"


def test_what_an_event_holds_beside_that_is_written_out() -> None:
    assert "    photographs kept: 2" in said(kind="other", **{"photographs kept": 2}).splitlines()
