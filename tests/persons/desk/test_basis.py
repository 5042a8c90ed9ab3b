"""A verdict is about what was shown: facts or photographs that change before two have decided let people look again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import RefusedError
from safelight.model import Capability
from safelight.persons.desk.enrol import Enrolment, _Waiting
from safelight.persons.desk.review import counting, in_doubt, standing
from safelight.persons.keep.pairs import KeptCandidate, Pairs, Said
from safelight.persons.person import PhotoRef, Standing, Status, Verdict
from safelight.persons.portraits.describe import Described, Portrait
from safelight.persons.portraits.quality import Quality
from safelight.workspace import Workspace
from tests.export.person_desk import MADE, PersonDesk, desk
from tests.persons.desk.permit import Permit
from tests.persons.made import vector

Open = Callable[..., Workspace]
SAME, DIFFERENT = Verdict.SAME, Verdict.DIFFERENT


@pytest.fixture
def at(open_again: Open) -> PersonDesk:
    return desk(open_again, Capability.EXPORT)


def listed(open_again: Open, who: str) -> dict[str, Any]:
    found = open_again(actor=who).next_review()
    return {one["id"]: one for one in found["candidates"]} if found else {}


def answer(open_again: Open, who: str, candidate: str, verdict: Verdict = SAME) -> dict[str, Any]:
    return open_again(actor=who).answer_review(candidate, verdict)


def correct(at: PersonDesk, eyes: str = "green") -> None:
    at.workspace.update_person("M-1", changes={"eyes": eyes}, reason="Seen again.")


def photograph(at: PersonDesk, person: str, file: bytes = b"n" * 32, face: int = 1) -> None:
    """A photograph goes through enrolment, with two faces in it."""
    opened, best = at.workspace, Quality(**dict.fromkeys(Quality.__dataclass_fields__, 1.0))
    faces = tuple(
        Described((0.1, 0.1, 0.2, 0.2), 200, 0, 1.0, best, vector(seed).astype("<f4").tobytes(), b"crop")
        for seed in (1, 2)
    )
    permit: Any = Permit(opened, opened.list_cases()[-1])
    run = Enrolment(opened, permit, Status.MISSING, "dlib-mirrored", {})
    run._store(_Waiting(person, PhotoRef("n.jpg", face=face), file, "n.jpg"), Portrait(0, faces=faces))
    run._weigh_anew()


def kept(at: PersonDesk, candidate: str) -> KeptCandidate:
    with at.workspace.database.transaction() as connection:
        return Pairs(connection, at.workspace.keys, at.case).get(candidate)


def said(*given: tuple[str, Verdict, str | None]) -> list[Said]:
    return [Said("C-1", by, MADE, what, 0, basis=basis) for by, what, basis in given]


@pytest.mark.parametrize(
    ("given", "now", "stands"),
    [
        ([("anna", SAME, "1")], "1", Standing.ONE_OF_TWO),
        ([("anna", SAME, "1")], "2", Standing.OPEN),
        ([("anna", SAME, None)], "2", Standing.ONE_OF_TWO),
        ([("anna", SAME, "1"), ("ben", SAME, "2")], "2", Standing.ONE_OF_TWO),
        ([("anna", SAME, "1"), ("ben", SAME, "1")], "2", Standing.CONFIRMED),
        ([("anna", SAME, "1"), ("ben", DIFFERENT, "1")], "2", Standing.OPEN),
        ([("anna", SAME, "1"), ("ben", SAME, "2"), ("anna", SAME, "2")], "2", Standing.CONFIRMED),
        ([("anna", SAME, "1"), ("ben", SAME, "2")], "1", Standing.ONE_OF_TWO),
        ([("anna", SAME, "1"), ("ben", SAME, "2")], None, Standing.ONE_OF_TWO),
    ],
)
def test_what_counts_of_the_verdicts_of_a_round(
    given: list[tuple[str, Verdict, str | None]], now: str | None, stands: Standing
) -> None:
    assert standing(counting(said(*given), now)) is stands


def test_only_what_is_not_decided_is_in_doubt() -> None:
    assert in_doubt(said(("anna", SAME, "1")), 0)
    assert not in_doubt(said(("anna", SAME, "1"), ("ben", SAME, "1")), 0)
    assert not in_doubt(said(("anna", SAME, "1")), 1)


def test_a_verdict_on_earlier_facts_does_not_count_until_it_is_given_again(
    at: PersonDesk, open_again: Open
) -> None:
    listed(open_again, "anna")
    answer(open_again, "anna", at.candidate)
    correct(at)
    told = answer(open_again, "ben", at.candidate)
    assert (told["standing"], told["on_earlier_facts"]) == ("one of two", 1)
    assert "given_on_earlier_facts" in listed(open_again, "anna")[at.candidate]
    again = answer(open_again, "anna", at.candidate)
    assert (again["standing"], again["decided_by"]) == ("confirmed by two", ["ben", "anna"])


def test_what_comes_again_says_so_to_nobody_else(at: PersonDesk, open_again: Open) -> None:
    answer(open_again, "anna", at.candidate)
    correct(at)
    assert "given_on_earlier_facts" not in listed(open_again, "ben")[at.candidate]


def test_a_correction_that_is_taken_back_lets_the_verdict_count_again(
    at: PersonDesk, open_again: Open
) -> None:
    answer(open_again, "anna", at.candidate)
    correct(at)
    correct(at, "")
    assert answer(open_again, "ben", at.candidate)["standing"] == "confirmed by two"


def test_what_two_have_decided_stays_decided_and_the_sheet_says_on_what(
    at: PersonDesk, open_again: Open, tmp_path: Path
) -> None:
    for who in ("anna", "ben"):
        answer(open_again, who, at.candidate)
    for told in (False, True):
        at.workspace.sheet_person(at.candidate, tmp_path / f"{told}.html")
        page = (tmp_path / f"{told}.html").read_text(encoding="utf-8")
        assert "given on earlier facts" in page if told else "given on earlier facts" not in page
        correct(at)
    assert at.workspace.leads(kind="person")[0]["standing"] == "confirmed by two"


def test_the_sheet_of_what_is_not_decided_says_how_many_answers_no_longer_count(
    at: PersonDesk, open_again: Open, tmp_path: Path
) -> None:
    answer(open_again, "anna", at.candidate)
    correct(at)
    at.workspace.sheet_person(at.candidate, tmp_path / "s.html")
    assert "1 answer was given on earlier facts" in (tmp_path / "s.html").read_text(encoding="utf-8")


def test_nobody_answers_on_a_list_that_is_out_of_date(
    at: PersonDesk, open_again: Open, tmp_path: Path
) -> None:
    listed(open_again, "anna")
    correct(at)
    with pytest.raises(RefusedError) as refused:
        answer(open_again, "anna", at.candidate)
    assert refused.value.ground == "changed"
    assert at.candidate in listed(open_again, "anna")
    assert answer(open_again, "anna", at.candidate)["from_list"] is True


def test_the_page_says_which_answers_were_given_on_earlier_facts(
    at: PersonDesk, open_again: Open, tmp_path: Path
) -> None:
    answer(open_again, "anna", at.candidate)
    correct(at)
    shown = list(listed(open_again, "anna"))
    open_again(actor="anna").review_page(shown, tmp_path / "list.html")
    assert (tmp_path / "list.html").read_text(encoding="utf-8").count("given on earlier facts") == 1


def test_a_foil_comes_again_like_a_candidate(at: PersonDesk, open_again: Open) -> None:
    answer(open_again, "anna", at.foil, DIFFERENT)
    at.workspace.update_person("F-1", changes={"eyes": "green"}, reason="Seen again.")
    found = listed(open_again, "anna")
    assert "given_on_earlier_facts" in found[at.foil]


def test_another_photograph_takes_the_face_out_of_the_sum_until_the_next_match(at: PersonDesk) -> None:
    before = kept(at, at.candidate)
    photograph(at, at.missing)
    after = kept(at, at.candidate)
    (face,) = (one for one in after.weighed if one.code == "face")
    assert (after.photos_changed, face.weight, str(face.side)) == (True, 0.0, "unknown")
    assert "run `safelight persons match` again" in face.text and before.similarity == after.similarity
    (lead,) = at.workspace.leads(kind="person")
    assert face.text in [one["text"] for one in lead["reasons"]]


def test_another_face_of_a_photograph_is_another_photograph(at: PersonDesk) -> None:
    photograph(at, at.missing)
    at.compare(at.found, at.missing)
    photograph(at, at.missing)
    assert not kept(at, at.candidate).photos_changed
    photograph(at, at.missing, face=2)
    assert kept(at, at.candidate).photos_changed


def test_the_same_photograph_file_on_both_sides_says_nothing(at: PersonDesk) -> None:
    for person in (at.missing, at.found):
        photograph(at, person)
    after = kept(at, at.candidate)
    assert (after.same_file, after.fmr) == (True, None)


def test_the_sheet_does_not_say_what_a_score_of_other_photographs_means(
    at: PersonDesk, tmp_path: Path
) -> None:
    photograph(at, at.missing)
    at.workspace.sheet_person(at.candidate, tmp_path / "s.html")
    page = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert "were added, removed or chosen otherwise" in page and "false-match rate" not in page


def test_a_verdict_on_earlier_photographs_does_not_count(at: PersonDesk, open_again: Open) -> None:
    answer(open_again, "anna", at.candidate)
    photograph(at, at.missing)
    assert answer(open_again, "ben", at.candidate)["standing"] == "one of two"


@pytest.mark.parametrize(
    "look",
    [
        lambda opened, at, out: opened.leads(kind="person"),
        lambda opened, at, out: opened.sheet_person(at.candidate, out / "s.html"),
        lambda opened, at, out: opened.match_persons(),
        lambda opened, at, out: opened.export("html", out / "p.html", person="M-1"),
    ],
)
def test_who_saw_the_score_before_did_not_answer_from_a_list_without_scores(
    at: PersonDesk, open_again: Open, tmp_path: Path, look: Any
) -> None:
    look(open_again(actor="Anna "), at, tmp_path)
    for who, without in (("anna", False), ("ben", True)):
        listed(open_again, who)
        told = answer(open_again, who, at.candidate)
        assert (told["from_list"], told["score_seen_before"]) == (without, not without)
    assert at.workspace.person_outcomes()["answered_from_list"] == 1


def test_who_is_told_the_score_after_an_answer_has_seen_it_when_asked_again(
    at: PersonDesk, open_again: Open
) -> None:
    for _ in range(2):
        listed(open_again, "anna")
        told = answer(open_again, "anna", at.candidate)
        correct(at)
    assert told["score_seen_before"] is True


def test_a_score_of_another_candidate_is_none_of_this(
    at: PersonDesk, open_again: Open, tmp_path: Path
) -> None:
    second = at.compare(at.found, at.enrol("M-3", Status.MISSING, kept_facts()))
    open_again(actor="anna").sheet_person(second, tmp_path / "s.html")
    listed(open_again, "anna")
    assert answer(open_again, "anna", at.candidate)["from_list"] is True


def kept_facts() -> Any:
    from safelight.persons.person import Facts

    return Facts(names=("Somebody Other",))


def test_a_reopened_candidate_of_who_is_home_says_to_correct_the_outcome_first(
    at: PersonDesk, open_again: Open
) -> None:
    for who in ("anna", "ben"):
        answer(open_again, who, at.candidate)
    at.workspace.person_outcome(at.candidate, "reunited")
    told = at.workspace.reopen_review(at.candidate, reason="The mother says no.")
    hint = f"safelight persons outcome {at.candidate} --result not-the-same"
    assert hint in told["first"]
    with pytest.raises(RefusedError) as refused:
        answer(open_again, "carla", at.candidate)
    assert hint in refused.value.hint
    at.workspace.person_outcome(at.candidate, "not-the-same")
    assert answer(open_again, "carla", at.candidate)["standing"] == "one of two"


def test_a_reopened_candidate_of_who_is_there_needs_nothing_first(at: PersonDesk, open_again: Open) -> None:
    for who in ("anna", "ben"):
        answer(open_again, who, at.candidate)
    assert "first" not in at.workspace.reopen_review(at.candidate, reason="A new photograph.")


def test_a_run_that_is_killed_leaves_no_score_of_other_photographs(
    at: PersonDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Enrolment, "_weigh_anew", lambda self: None)
    photograph(at, at.missing)
    assert kept(at, at.candidate).photos_changed
