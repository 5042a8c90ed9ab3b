"""What the missing-children desk prints: nothing left unsaid that a person must know, and no jargon."""

from __future__ import annotations

from typing import Any

import pytest

from safelight.cli import person_lines as lines

CANDIDATE: dict[str, Any] = {
    "id": "C-1", "probe": "F-1", "person_id": "M-1", "person": "P-1", "status": "missing", "names": ["Robin"],
    "rank": 1, "similarity": 0.93, "fmr": None, "weight": 2.2, "standing": "open",
    "reasons": [
        {"code": "name", "text": "Both names.", "weight": 2.2, "side": "for", "source": "", "contradiction": False}
    ],
}  # fmt: skip
FOUND: dict[str, Any] = {
    "gallery": 9, "probes": 2, "seconds": 0.1, "candidates": [CANDIDATE], "no_face": [], "no_candidate": ["F-2"],
    "meaning": "Of 1 candidate, about 1 is expected by chance.", "apart": [], "enrolled_twice": [],
}  # fmt: skip


def told(**more: Any) -> str:
    return "\n".join(lines.candidates({**FOUND, **more}))


def test_photographs_that_fit_nobody_are_said() -> None:
    said = told(apart=[{"person": "P-1", "photo": "M-1_2.jpg", "why": "it was left out"}])
    assert "M-1_2.jpg of P-1: it was left out" in said


def test_who_may_be_enrolled_twice_is_said() -> None:
    said = told(enrolled_twice=[{"people": ["P-1", "P-2"], "similarity": 0.99}])
    assert "enrolled twice" in said and "P-1 and P-2" in said


def test_how_many_faces_were_searched_with_and_which_had_nobody_is_said() -> None:
    assert told().startswith("2 faces searched with, against 9 people")
    assert "Nobody near enough for 1 of 2 faces: F-2." in told()


def test_a_photograph_without_a_face_is_said_first_and_is_not_taken_for_no_candidate() -> None:
    said = told(probes=0, candidates=[], no_candidate=[], no_face=["p.jpg"])
    assert said.startswith("No face was found in p.jpg")
    assert "No candidate" not in said


def test_a_model_that_described_nobody_says_how_to_describe_them() -> None:
    said = told(gallery=0, candidates=[], no_candidate=["F-1", "F-2"])
    assert "safelight persons re-enrol" in said
    assert "No candidate" not in said


def test_people_who_are_in_no_comparison_are_said() -> None:
    one = {"person": "P-9", "person_id": "M-9", "status": "missing"}
    assert "compared with nobody: missing M-9." in told(not_compared=[one], not_compared_count=1)


def test_all_together_is_said_by_its_factor() -> None:
    assert "all together: about 200 times as likely if they are one person (+2.2)" in told()


def test_a_candidate_of_a_linked_case_says_of_which() -> None:
    assert "missing M-1 (Robin) of case Two" in told(candidates=[{**CANDIDATE, "case": "Two"}])
    assert "of case" not in told()


def entry(number: str, **more: Any) -> dict[str, Any]:
    return {"id": "P-1", "person_id": number, "status": "missing", "names": [], "source": None, **more}


def test_people_are_listed_by_number() -> None:
    some = [entry(one) for one in ("M-10", "M-2", "M-²", "F-1", "M-" + "9" * 9_999)]
    ordered = [one["person_id"] for one in sorted(some, key=lines.by_number)]
    assert ordered[:3] == ["F-1", "M-2", "M-10"]


@pytest.mark.parametrize(
    ("one", "compared"),
    [
        (entry("M-1", in_gallery=True), "yes"),
        (entry("M-1", in_gallery=False, why_not="no face was found"), "no: no face was found"),
        (entry("M-1", in_gallery=False), "no: no face is described"),
        (entry("M-1", status="home", in_gallery=False), "no: home"),
        (entry("M-1"), ""),
    ],
)
def test_the_list_says_who_is_compared_and_why_not(one: dict[str, Any], compared: str) -> None:
    assert lines.listed(one)[lines.LISTED.index("compared")] == compared


def test_a_person_is_shown_with_the_day_of_a_photograph_and_why_nobody_is_compared_with_them() -> None:
    photo = {"photo": "a.jpg", "state": "enrolled", "quality": None, "why": "", "taken": "2024-05-01"}
    shown = entry("M-1", in_gallery=False, why_not="withdrawn", register="missing", facts={}, notes=["x"])
    said = "\n".join(lines.person({**shown, "photos": [photo], "history": []}))
    assert "a.jpg  enrolled, taken 2024-05-01" in said
    assert "not compared with anybody (withdrawn)" in said
    assert "noted: x" in said


ANSWERED: dict[str, Any] = {
    "id": "C-1", "verdict": "same", "standing": "one of two", "foil": False, "from_list": False, "similarity": 0.9,
    "fmr": None, "weight": 1.0, "table": [], "score_seen_before": False, "on_earlier_facts": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"score_seen_before": True}, "You may have seen its score before you answered"),
        ({}, "You did not have it from a list without scores"),
        ({"on_earlier_facts": 1}, "1 earlier answer given on earlier facts or photographs: not counted"),
        ({"photos_changed": True}, "before the photographs changed; run `safelight persons match` again"),
    ],
)
def test_an_answer_is_told_what_it_is_worth(more: dict[str, Any], said: str) -> None:
    assert said in "\n".join(lines.answered({**ANSWERED, **more}))


def test_a_list_says_which_answers_were_given_on_earlier_facts() -> None:
    side: dict[str, Any] = {"status": "found", "person_id": "F-1", "photos": [], "facts": {}}
    again = {"id": "C-1", **side, "given_on_earlier_facts": "2026-11-26"}
    found = {"waiting": 2, "held_minutes": 60, "probe": side, "candidates": [again, {"id": "C-2", **side}]}
    assert (
        "\n".join(lines.review_list(found)).count("your answer of 2026-11-26 was given on earlier facts") == 1
    )


def test_an_answer_to_one_that_was_unlike_names_the_candidate_that_came_of_it() -> None:
    foil = {**ANSWERED, "foil": True, "explained": "The two are candidate C-2.", "proposed": "C-2"}
    assert "\n".join(lines.answered(foil)) == "Candidate C-1: you say same. The two are candidate C-2."


def test_a_candidate_that_was_decided_without_photographs_says_so_beside_its_standing() -> None:
    decided = {**CANDIDATE, "standing": "excluded", "decided_without_photographs": True}
    assert "; excluded, without photographs" in told(candidates=[decided])


def test_what_was_decided_of_a_person_stands_with_its_marks() -> None:
    one = {"id": "C-1", "standing": "excluded", "proposed": True, "decided_without_photographs": True}
    shown = entry("M-1", in_gallery=True, register="missing", facts={}, notes=[], photos=[], history=[])
    said = "\n".join(lines.person({**shown, "decided": [one]}))
    assert "candidate C-1  excluded; proposed by a person, the comparison spoke against it" in said
    assert "decided without photographs" in said


def test_nobody_near_is_said_in_a_sentence() -> None:
    assert "No candidate: nobody of the gallery looks near enough to be shown." in told(
        candidates=[], no_candidate=["p.jpg"]
    )
