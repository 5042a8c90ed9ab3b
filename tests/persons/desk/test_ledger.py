"""The ledger counts children back home, and says how sure its shares are."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from safelight.persons.desk import ledger
from safelight.persons.desk.ledger import Entry, Result
from safelight.persons.desk.review import Work
from safelight.persons.keep.pairs import Act, KeptCandidate
from safelight.persons.person import Standing

MADE = datetime(2026, 11, 1, tzinfo=UTC)


def work(
    number: int,
    standing: Standing = Standing.OPEN,
    *,
    probe: str = "",
    person: str = "",
    foil: bool = False,
) -> Work:
    pair = (probe or f"P-{number}", person or f"P-x{number}")
    made = KeptCandidate(f"C-{number}", *pair, 1, 0.9, None, (), MADE, "v", foil=foil)
    return Work(made, standing, (), 0)


def entry(
    number: int,
    result: Result | None = None,
    *,
    probe: str = "",
    person: str = "",
    source: str = "shelter",
    standing: Standing | None = None,
) -> Entry:
    standing = standing or (Standing.CONFIRMED if result else Standing.OPEN)
    on = date(2026, 11, 11) if result else None
    return Entry(work(number, standing, probe=probe, person=person), "found", source, result, on)


def test_without_outcomes_no_number_may_be_given() -> None:
    assert "no number of children found may be given" in ledger.sentence([entry(1), entry(2)])


def test_a_share_comes_with_its_exact_interval() -> None:
    found = [entry(1, Result.REUNITED), entry(2, Result.NOT_THE_SAME), entry(3, Result.NOT_THE_SAME)]
    share = ledger.account(found)["real_of_settled"]
    assert (share["of"], share["all"]) == (1, 3)
    assert (share["low"], share["high"]) == pytest.approx((0.0084, 0.9057), abs=1e-4)


def test_a_child_with_two_right_candidates_is_one_child() -> None:
    found = [entry(1, Result.REUNITED, probe="P-1"), entry(2, Result.REUNITED, probe="P-1")]
    assert ledger.account(found)["children_home"] == 1
    assert ledger.sentence(found).startswith("1 child is back home")


def test_a_child_who_was_found_twice_is_one_child() -> None:
    found = [
        entry(1, Result.REUNITED, probe="F-1", person="M-1"),
        entry(2, Result.REUNITED, probe="photograph", person="M-1"),
        entry(3, Result.REUNITED, probe="photograph", person="M-2"),
        entry(4, Result.REUNITED, probe="F-9", person="M-9"),
    ]
    assert ledger.account(found)["children_home"] == 2


def test_who_was_excluded_by_two_after_all_is_not_home_and_is_named() -> None:
    found = [entry(1, Result.REUNITED, standing=Standing.EXCLUDED), entry(2, Result.REUNITED)]
    account = ledger.account(found)
    assert (account["children_home"], account["contradicted"]) == (1, ["C-1"])
    assert account["real_of_settled"]["of"] == 1
    assert "1 more was recorded as reunited and excluded by two people since" in account["sentence"]


def test_a_reunion_whose_later_round_is_still_open_stands() -> None:
    assert ledger.account([entry(1, Result.REUNITED, standing=Standing.OPEN)])["children_home"] == 1


def test_the_share_for_the_newspaper_counts_whom_two_people_excluded() -> None:
    found = [entry(1, Result.REUNITED), *(entry(number, standing=Standing.EXCLUDED) for number in (2, 3, 4))]
    account = ledger.account(found)
    assert (account["real_of_decided"]["of"], account["real_of_decided"]["all"]) == (1, 4)
    assert "Of 4 that came to an end" in account["sentence"] and "25% were right" in account["sentence"]


def test_an_unknown_outcome_counts_on_neither_side() -> None:
    found = [entry(1, Result.REUNITED), entry(2, Result.UNKNOWN)]
    assert ledger.account(found)["real_of_settled"]["all"] == 1


def test_it_is_told_how_long_it_took() -> None:
    assert ledger.account([entry(1, Result.REUNITED)])["days_to_reunited"] == {"median": 10, "longest": 10}


def test_sources_are_told_apart() -> None:
    account = ledger.account([entry(1, source="north"), entry(2, Result.REUNITED, source="south")])
    assert {key: one["candidates"] for key, one in account["by_source"].items()} == {"north": 1, "south": 1}


def test_foils_never_enter_the_ledger() -> None:
    assert ledger.entries([work(1, foil=True)], {}, {}) == []


def test_the_last_outcome_counts() -> None:
    acts = [
        Act(1, "outcome", "C-1", "ben", MADE, {"result": "unknown", "on": "2026-11-05", "note": None}),
        Act(2, "outcome", "C-1", "ben", MADE, {"result": "not-the-same", "on": "2026-11-07", "note": None}),
    ]
    (found,) = ledger.entries([work(1)], {"C-1": acts}, {"P-1": ("found", "north")})
    assert (found.result, found.days, found.source) == (Result.NOT_THE_SAME, 6, "north")
