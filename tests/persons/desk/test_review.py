"""Two people, each blind to the other; a third where they disagree."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from safelight.errors import RefusedError
from safelight.persons.desk import review
from safelight.persons.desk.review import Work
from safelight.persons.keep.pairs import Act, KeptCandidate, Said
from safelight.persons.person import Side, Standing, Verdict, Weighed

NOW = datetime.now(UTC)
SAME, DIFFERENT, CANNOT = Verdict.SAME, Verdict.DIFFERENT, Verdict.CANNOT_SAY


def kept(number: int, *, probe: str = "P-1", weight: float = 1.0, foil: bool = False) -> KeptCandidate:
    face = Weighed("face", Side.FOR, "alike", weight)
    return KeptCandidate(f"C-{number}", probe, f"P-9{number}", 1, 0.9, None, (face,), NOW, "v", foil=foil)


def said(*verdicts: Verdict) -> tuple[Said, ...]:
    return tuple(Said("C-1", f"person {number}", NOW, one, 0) for number, one in enumerate(verdicts))


@pytest.mark.parametrize(
    ("verdicts", "standing"),
    [
        ((), Standing.OPEN),
        ((SAME,), Standing.ONE_OF_TWO),
        ((SAME, SAME), Standing.CONFIRMED),
        ((DIFFERENT, DIFFERENT), Standing.EXCLUDED),
        ((CANNOT, CANNOT), Standing.CANNOT_SAY),
        ((SAME, DIFFERENT), Standing.TO_A_THIRD),
        ((SAME, CANNOT), Standing.TO_A_THIRD),
        ((SAME, DIFFERENT, SAME), Standing.CONFIRMED),
        ((SAME, DIFFERENT, DIFFERENT), Standing.EXCLUDED),
        ((SAME, DIFFERENT, CANNOT), Standing.CANNOT_SAY),
        ((SAME, CANNOT, CANNOT), Standing.CANNOT_SAY),
        ((DIFFERENT, DIFFERENT, SAME, SAME), Standing.TO_A_THIRD),
    ],
)
def test_verdicts_come_to(verdicts: tuple[Verdict, ...], standing: Standing) -> None:
    assert review.standing(said(*verdicts)) is standing


@pytest.mark.parametrize("verdicts", list(permutations((SAME, SAME, DIFFERENT))))
def test_the_order_of_three_verdicts_does_not_matter_where_it_comes_to_three(
    verdicts: tuple[Verdict, ...],
) -> None:
    assert review.standing(said(*verdicts)) is Standing.CONFIRMED


def test_the_same_person_twice_is_refused() -> None:
    one = Work(kept(1), Standing.ONE_OF_TWO, said(SAME), 0)
    with pytest.raises(RefusedError) as refused:
        review.check_may_say(one, "person 0")
    assert refused.value.ground == "second person"


def test_a_third_verdict_is_not_taken_where_two_agree() -> None:
    one = Work(kept(1), Standing.CONFIRMED, said(SAME, SAME), 0)
    with pytest.raises(RefusedError, match="confirmed by two"):
        review.check_may_say(one, "person 2")


def test_who_has_decided_is_not_asked_again() -> None:
    mine = Work(kept(1), Standing.ONE_OF_TWO, said(SAME), 0)
    assert review.waiting_for([mine], "person 0") == []
    assert review.waiting_for([mine], "person 1") == [mine]


def test_what_one_person_has_decided_comes_before_what_nobody_has() -> None:
    strong = Work(kept(1, weight=9.0), Standing.OPEN, (), 0)
    begun = Work(kept(2, probe="P-2"), Standing.ONE_OF_TWO, said(SAME), 0)
    assert [one.kept.id for one in review.waiting_for([strong, begun], "someone")] == ["C-2", "C-1"]


def test_a_list_is_of_one_probe_with_its_foils() -> None:
    works = [
        Work(kept(1), Standing.OPEN, (), 0),
        Work(kept(2), Standing.OPEN, (), 0),
        Work(kept(3, foil=True), Standing.OPEN, (), 0),
        Work(kept(4, probe="P-2", weight=0.5), Standing.OPEN, (), 0),
    ]
    assert {one.kept.id for one in review.review_list(works, "anna", 5)} == {"C-1", "C-2", "C-3"}


def test_foils_alone_make_no_list() -> None:
    works = [Work(kept(3, foil=True), Standing.OPEN, (), 0)]
    assert review.review_list(works, "anna", 5) == []


def test_a_place_in_the_list_says_nothing() -> None:
    works = [Work(kept(number, weight=9 - number), Standing.OPEN, (), 0) for number in range(4)]
    works += [Work(kept(number, foil=True), Standing.OPEN, (), 0) for number in (7, 8)]
    firsts = {review.review_list(works, f"person {number}", 9)[0].kept.id for number in range(60)}
    assert len(firsts) == 6


def held(by: str, minutes: float) -> dict[str, list[Act]]:
    return {"C-1": [Act(1, "hold", "C-1", by, NOW - timedelta(minutes=minutes))]}


def test_what_somebody_holds_is_not_handed_out_to_another() -> None:
    (one,) = review.work([kept(1)], {}, {}, held("ben", 5))
    assert review.waiting_for([one], "anna") == []
    assert review.waiting_for([one], "ben") == [one]


def test_what_was_held_for_too_long_is_handed_out_again() -> None:
    (one,) = review.work([kept(1)], {}, {}, held("ben", review.HELD_MINUTES + 1))
    assert review.waiting_for([one], "anna") == [one]


def test_reopening_begins_a_round_of_its_own() -> None:
    reopened = {"C-1": [Act(1, "reopen", "C-1", "chief", NOW)]}
    (one,) = review.work([kept(1)], {"C-1": list(said(DIFFERENT, DIFFERENT))}, reopened, {})
    assert (one.standing, one.round, one.said) == (Standing.OPEN, 1, ())


def test_no_list_holds_more_than_two_foils() -> None:
    works = [Work(kept(1), Standing.OPEN, (), 0)]
    works += [Work(kept(number, foil=True), Standing.OPEN, (), 0) for number in (5, 6, 7, 8)]
    assert len(review.review_list(works, "anna", 5)) == 1 + review.FOILS


def test_a_foil_is_offered_to_who_has_not_answered_it_whatever_others_did() -> None:
    ruled_out = Work(kept(3, foil=True), Standing.EXCLUDED, said(DIFFERENT, DIFFERENT), 0, "ben")
    assert review.waiting_for([ruled_out], "carla") == [ruled_out]
    assert review.waiting_for([ruled_out], "person 1") == []


def test_nobody_stands_twice_in_a_list_and_a_candidate_goes_before_a_foil_of_the_same_two() -> None:
    foil = Work(kept(1, foil=True), Standing.OPEN, (), 0)
    real = Work(replace(kept(1), id="C-8"), Standing.OPEN, (), 0)
    again = Work(replace(kept(1, foil=True), id="C-9"), Standing.OPEN, (), 0)
    other = Work(kept(2, foil=True), Standing.OPEN, (), 0)
    assert {one.kept.id for one in review.once([foil, real, again, other])} == {"C-8", "C-2"}
    assert [one.kept.id for one in review.once([foil, again])] == ["C-1"]


def test_who_proposed_a_candidate_is_not_asked_about_it() -> None:
    one = Work(kept(1), Standing.OPEN, (), 0, proposers=("anna",))
    assert review.waiting_for([one], "Anna") == [] and review.waiting_for([one], "ben") == [one]
    with pytest.raises(RefusedError, match="two others decide"):
        review.check_may_say(one, "anna")
