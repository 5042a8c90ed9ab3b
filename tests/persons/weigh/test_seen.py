"""What cannot be true of one person is shown first, and never ends a candidate."""

from __future__ import annotations

from datetime import date

from safelight.persons.person import Days, Facts, Side, Status
from safelight.persons.weigh import weigh
from tests.persons.weigh.people import CROWD, NOBODY, day, in_year, only, seen, weighed


def last(when: Days, **more: object) -> Facts:
    return Facts(seen=seen(when), **more)  # type: ignore[arg-type]


def test_seen_at_home_after_the_other_was_found_is_a_contradiction_shown_first() -> None:
    first = weighed(last(day(2019)), last(day(2018)))[0]
    assert first.code == "seen-after"
    assert first.contradiction
    assert (first.side, first.weight) == (Side.AGAINST, -1.5)
    assert "15 June 2019" in first.text
    assert "15 June 2018" in first.text


def test_it_is_shown_first_even_where_other_facts_weigh_more() -> None:
    names = {"names": ("Qovelindra Tuvosek",)}
    lines = weighed(last(day(2019), **names), last(day(2018), **names), CROWD)
    assert [one.contradiction for one in lines][:2] == [True, False]
    assert sum(one.weight for one in lines) > 0


def test_several_contradictions_of_one_wrong_day_weigh_once() -> None:
    lines = weighed(last(day(2019), born=day(2018, 12)), last(day(2018, 7)), missing_taken=day(2019))
    wrong = [one for one in lines if one.contradiction]
    assert [one.code for one in wrong] == ["seen-after", "born-after", "photo-after"]
    assert sum(one.weight for one in wrong) == -1.5


def test_found_on_the_day_of_the_loss_is_possible() -> None:
    line = only("seen", last(day(2018)), last(day(2018)))
    assert not line.contradiction
    assert "which is possible" in line.text


def test_spans_that_overlap_are_possible() -> None:
    assert not only("seen", last(in_year(2018)), last(day(2018))).contradiction


def test_lost_first_and_found_later_says_how_much_later() -> None:
    assert (
        "found 15 June 2018: 2 years later, which is possible."
        in only("seen", last(day(2016)), last(day(2018))).text
    )


def test_born_after_the_other_was_found_is_a_contradiction() -> None:
    line = only("born-after", last(day(2018), born=day(2018, 12)), last(day(2018, 7)))
    assert line.contradiction
    assert "born 15 December 2018" in line.text


def test_a_photograph_at_home_after_the_find_is_a_contradiction_that_may_be_a_copy() -> None:
    line = only("photo-after", last(day(2017)), last(day(2018)), missing_taken=day(2019))
    assert line.contradiction
    assert "unless that is the day of a copy" in line.text


def test_born_after_the_photograph_of_the_other_is_a_contradiction() -> None:
    line = only("photo-before-birth", Facts(born=day(2016)), Facts(), found_taken=day(2014))
    assert line.contradiction


def test_without_knowing_who_is_missing_no_order_of_days_is_a_contradiction() -> None:
    lines = weigh(last(day(2018)), last(day(2019)), taken_probe=None, taken_other=None, crowd=NOBODY)
    assert not any(one.contradiction for one in lines)


def test_two_who_are_both_missing_are_not_held_against_each_other_by_days() -> None:
    lines = weigh(
        last(day(2018)),
        last(day(2019)),
        taken_probe=None,
        taken_other=None,
        crowd=NOBODY,
        probe_is=Status.MISSING,
        other_is=Status.MISSING,
    )
    assert not any(one.contradiction for one in lines)


def test_the_first_and_the_last_day_that_can_be_written_do_not_break_it() -> None:
    ages = Days(date.min, date.max)
    assert weighed(last(ages, born=ages), last(ages, born=ages), CROWD)
