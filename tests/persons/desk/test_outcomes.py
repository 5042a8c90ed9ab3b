"""What an outcome changes, in this case and in one that is linked to it; and who is a second person at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from safelight.errors import RefusedError
from safelight.governance.users import Proof
from safelight.model import Capability
from safelight.persons.person import Status, Verdict
from safelight.settings import Settings
from safelight.workspace import Workspace, open_workspace
from tests.persons.desk.test_links import authority, enrol

Open = Callable[..., Workspace]
WORDS = "correct horse battery staple"


class Desk:
    """A case with one child who is missing and was found, and their candidate."""

    def __init__(self, open_again: Open, *, evaluation: bool = True) -> None:
        self.open = open_again
        self.chief = open_again(evaluation=evaluation)
        self.case = self.chief.open_case("Mine", authority(Capability.FACE_SEARCH)).id
        self.missing = enrol(self.chief, self.case, "missing-1", Status.MISSING, 1)
        self.found = enrol(self.chief, self.case, "found-1", Status.FOUND, 1)
        (self.candidate,) = (one["id"] for one in self.match())

    def match(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.chief.match_persons(case=self.case)["candidates"]
        return found

    def say(self, name: str, verdict: Verdict = Verdict.SAME, candidate: str = "") -> str:
        as_them = self.open(actor=name)
        return str(as_them.answer_review(candidate or self.candidate, verdict, case=self.case)["standing"])

    def both_say(self, verdict: Verdict = Verdict.SAME, candidate: str = "") -> None:
        self.say("anna", verdict, candidate)
        self.say("ben", verdict, candidate)

    def outcome(self, result: str, candidate: str = "") -> dict[str, object]:
        return self.chief.person_outcome(candidate or self.candidate, result, case=self.case)

    def status(self, person: str) -> str:
        return str(self.chief.show_person(person, case=self.case)["status"])


@pytest.fixture
def desk(open_again: Open) -> Desk:
    return Desk(open_again)


def test_who_is_reunited_is_home_and_the_outcome_names_them(desk: Desk) -> None:
    desk.both_say()
    told = desk.outcome("reunited")
    assert told["home"] == [desk.found, desk.missing] and told["to_tell"] == []
    assert (desk.status(desk.missing), desk.status(desk.found)) == ("home", "home")


def test_a_reunion_that_was_wrong_brings_both_back(desk: Desk) -> None:
    desk.both_say()
    desk.outcome("reunited")
    told = desk.outcome("not-the-same")
    assert told["back"] == [desk.found, desk.missing]
    assert (desk.status(desk.missing), desk.status(desk.found)) == ("missing", "found")
    history = desk.chief.show_person(desk.missing, case=desk.case)["history"]
    assert history[-1]["after"] == "missing" and "corrected" in history[-1]["reason"]


def test_who_went_home_by_another_way_stays_home(desk: Desk) -> None:
    desk.both_say()
    desk.chief.update_person("missing-1", status=Status.HOME, reason="parents called", case=desk.case)
    desk.outcome("reunited")
    assert desk.outcome("unknown")["back"] == [desk.found]
    assert desk.status(desk.missing) == "home"


def test_who_is_reunited_by_another_candidate_too_stays_home(desk: Desk) -> None:
    enrol(desk.chief, desk.case, "found-2", Status.FOUND, 1)
    both = sorted(one["id"] for one in desk.match())
    for one in both:
        desk.both_say(candidate=one)
    for one in both:
        desk.outcome("reunited", one)
    assert len(desk.outcome("not-the-same", both[0])["back"]) == 1  # type: ignore[arg-type]
    assert desk.status(desk.missing) == "home"


@pytest.mark.parametrize("result", ["reunited", "not-the-same", "unknown"])
def test_nothing_comes_of_what_one_person_decided(desk: Desk, result: str) -> None:
    desk.say("anna")
    with pytest.raises(RefusedError) as refused:
        desk.outcome(result)
    assert refused.value.ground == "second person"


def test_a_reunion_can_be_corrected_while_its_candidate_is_decided_anew(desk: Desk) -> None:
    desk.both_say()
    desk.outcome("reunited")
    desk.chief.reopen_review(desk.candidate, reason="DNA", case=desk.case)
    assert desk.outcome("not-the-same")["back"] == [desk.found, desk.missing]


def test_what_was_excluded_can_be_said_to_be_not_the_same(desk: Desk) -> None:
    desk.both_say(Verdict.DIFFERENT)
    assert desk.outcome("not-the-same")["home"] == []


class Linked:
    """A found child of this case, and the missing one of another to which it is linked."""

    def __init__(self, open_again: Open) -> None:
        self.open = open_again
        self.chief = open_again(evaluation=True)
        self.case = self.chief.open_case("Mine", authority(Capability.FACE_SEARCH, Capability.EXPORT)).id
        self.other = self.chief.open_case("Other", authority(Capability.FACE_SEARCH)).id
        self.found = enrol(self.chief, self.case, "found-1", Status.FOUND, 1)
        self.missing = enrol(self.chief, self.other, "missing-1", Status.MISSING, 1)
        self.chief.link_cases("Other", reason="the same region", case=self.case)
        (self.candidate,) = (one["id"] for one in self.chief.match_persons(case=self.case)["candidates"])
        for name in ("anna", "ben"):
            open_again(actor=name).answer_review(self.candidate, Verdict.SAME, case=self.case)


@pytest.fixture
def linked(open_again: Open) -> Linked:
    return Linked(open_again)


def test_the_other_case_is_to_be_told_of_a_reunion_and_of_its_correction(linked: Linked) -> None:
    for result in ("reunited", "not-the-same"):
        told = linked.chief.person_outcome(linked.candidate, result, case=linked.case)
        assert told["to_tell"] == [[linked.other, linked.missing]]
    assert linked.chief.show_person("missing-1", case=linked.other)["status"] == "missing"


@pytest.mark.parametrize("how", ["unlinked", "closed"])
def test_candidates_of_a_case_that_cannot_be_read_any_more_stop_nothing(linked: Linked, how: str) -> None:
    linked.chief.person_outcome(linked.candidate, "reunited", case=linked.case)
    if how == "closed":
        linked.chief.close_case(case=linked.other)
    else:
        linked.chief.unlink_cases(linked.other, case=linked.case)
    assert linked.chief.leads(case=linked.case) == []
    assert linked.chief.next_review(case=linked.case) is None
    ledger = linked.chief.person_outcomes(case=linked.case)
    assert (ledger["unreadable_candidates"], ledger["children_home"]) == (1, 1)
    assert linked.chief.person_outcome(linked.candidate, "unknown", case=linked.case)["back"] == [
        linked.found
    ]


def test_a_spelling_makes_nobody_a_second_person(desk: Desk) -> None:
    desk.say("Anna")
    for name in ("anna", "anna ", "ANNA"):
        with pytest.raises(RefusedError) as refused:
            desk.say(name)
        assert refused.value.ground == "second person"


class Real:
    """A workspace for real cases, in which the login and those whom it registered act."""

    def __init__(self, config: Settings, open_again: Open) -> None:
        self.config = config
        self.desk = Desk(open_again, evaluation=False)

    def say(self, name: str) -> str:
        with open_workspace(config=self.config, actor=name, proof=lambda: Proof(WORDS)) as opened:
            said = opened.answer_review(self.desk.candidate, Verdict.SAME, case=self.desk.case)
        return str(said["standing"])

    def next(self, name: str) -> object:
        with open_workspace(config=self.config, actor=name, proof=lambda: Proof(WORDS)) as opened:
            return opened.next_review(case=self.desk.case)


@pytest.fixture
def real(config: Settings, open_again: Open) -> Real:
    made = Real(config, open_again)
    for name in ("Meier", "Chen"):
        made.desk.chief.add_user(name, Proof(WORDS))
    return made


def test_whoever_registered_the_first_is_no_second(real: Real) -> None:
    real.say("Meier")
    with pytest.raises(RefusedError) as refused:
        real.desk.chief.answer_review(real.desk.candidate, Verdict.SAME, case=real.desk.case)
    assert refused.value.ground == "second person" and "registered" in str(refused.value)
    assert real.desk.chief.next_review(case=real.desk.case) is None


def test_two_whom_the_same_person_registered_are_two(real: Real) -> None:
    real.say("Meier")
    assert real.next("Chen") is not None
    assert real.say("Chen") == "confirmed by two"
