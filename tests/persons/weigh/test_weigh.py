"""All facts together: one order, whoever was searched with; no fact without bound; strangers score below nought."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.persons.person import Days, Facts, Seen, Sex, Side, Span, Status, Weighed
from safelight.persons.weigh import delivered, table, weigh
from tests.persons.weigh.people import CROWD, NOBODY, day, gallery, seen, tall, weighed

MISSING = Facts(
    names=("मोहम्मद तारेलो",),
    sex=Sex.MALE,
    born=day(2012),
    born_from="birth date",
    height=tall(104),
    marks=("बाएं गाल पर चोट का निशान",),
    languages=("ur",),
    seen=seen(day(2017), place="Example Nagar, Delhi", country="IN", latitude=28.6, longitude=77.2),
    source="Example Station",
)
FOUND = Facts(
    names=("Mohd Tarelo",),
    sex=Sex.MALE,
    born=Days(day(2011).first, day(2012).first),
    born_from="estimated age",
    height=Span(110, 116),
    marks=("scar on left cheek",),
    languages=("hi",),
    seen=seen(day(2018), place="Agra", country="IN", latitude=27.2, longitude=78.0),
    source="Example Home",
)
CAPPED = ("sex", "age", "height", "mark", "language", "place", "name", "eyes", "clothes")


def test_one_child_described_twice_is_clearly_for() -> None:
    lines = weighed(MISSING, FOUND, CROWD)
    assert sum(one.weight for one in lines) > 3
    assert {one.code for one in lines if one.side is Side.FOR} >= {"name", "mark", "height", "sex"}


def test_every_line_that_weighs_has_a_ground() -> None:
    assert all(one.source for one in weighed(MISSING, FOUND, CROWD) if one.weight)


def test_a_person_of_whom_nothing_is_stated_weighs_nothing_and_says_whom_to_ask() -> None:
    lines = weighed(MISSING, Facts(source="Example Home"), CROWD)
    assert {(one.side, one.weight) for one in lines} == {(Side.UNKNOWN, 0.0)}
    assert all("Ask the shelter (Example Home)" in one.text for one in lines)


def test_two_of_whom_nothing_is_stated_weigh_nothing() -> None:
    assert all(
        one.weight == 0 for one in weigh(Facts(), Facts(), taken_probe=None, taken_other=None, crowd=NOBODY)
    )


def test_it_does_not_matter_who_was_searched_with() -> None:
    one = weigh(
        FOUND, MISSING, taken_probe=day(2018), taken_other=None, crowd=CROWD,
        probe_is=Status.FOUND, other_is=Status.MISSING,
    )  # fmt: skip
    other = weigh(
        MISSING, FOUND, taken_probe=None, taken_other=day(2018), crowd=CROWD,
        probe_is=Status.MISSING, other_is=Status.FOUND,
    )  # fmt: skip
    assert one == other


def test_nor_which_of_two_unknown_is_named_first() -> None:
    people = gallery(60)
    for one, other in zip(people[:30], people[30:], strict=True):
        there = weigh(one, other, taken_probe=None, taken_other=None, crowd=CROWD)
        back = weigh(other, one, taken_probe=None, taken_other=None, crowd=CROWD)
        assert [(line.code, line.weight) for line in there] == [(line.code, line.weight) for line in back]


def test_contradictions_come_first_then_against_then_for_then_unknown() -> None:
    made = [
        Weighed("a", Side.UNKNOWN, "", 0),
        Weighed("b", Side.FOR, "", 0.2),
        Weighed("c", Side.FOR, "", 2.0),
        Weighed("d", Side.AGAINST, "", -2.0),
        Weighed("e", Side.AGAINST, "", -0.1, contradiction=True),
    ]
    assert [one.code for one in table(made)] == ["e", "d", "c", "b", "a"]


texts = st.text(max_size=40)
days_of = st.dates().map(Days.of) | st.tuples(st.dates(), st.dates()).map(
    lambda two: Days(min(two), max(two))
)
degrees = st.floats(-90, 90)
spots = st.builds(
    Seen,
    place=st.none() | texts,
    country=st.none() | st.sampled_from(["IN", "NP", "xx", "\x00"]),
    latitude=st.none() | degrees,
    longitude=st.none() | degrees,
    days=st.none() | days_of,
)
heights = st.floats(0.1, 400).flatmap(lambda low: st.floats(low, 400).map(lambda high: Span(low, high)))
anybody = st.builds(
    Facts,
    names=st.lists(texts, max_size=3).map(tuple),
    sex=st.none() | st.sampled_from(Sex),
    born=st.none() | days_of,
    born_from=st.sampled_from(["", "birth date", "age at last seen", "estimated age"]),
    height=st.none() | heights,
    height_on=st.none() | days_of,
    marks=st.lists(texts, max_size=3).map(tuple),
    languages=st.lists(texts, max_size=3).map(tuple),
    eyes=st.none() | texts,
    hair=st.none() | texts,
    clothes=st.none() | texts,
    seen=st.none() | spots,
    source=st.none() | texts,
)


@settings(max_examples=150, deadline=None)
@given(anybody, anybody, st.none() | days_of, st.none() | days_of)
def test_whatever_is_stated_no_fact_exceeds_its_caps(
    one: Facts, other: Facts, taken: Days | None, other_taken: Days | None
) -> None:
    ratios = delivered()
    lines = weighed(one, other, CROWD, missing_taken=taken, found_taken=other_taken)
    for line in lines:
        fact = line.code if line.code in CAPPED else "seen"
        most = max(ratios.values.get(f"{fact}.{cap}", 0.0) for cap in ("most_for", "most_for_exact"))
        least = ratios.values.get(f"{fact}.most_against", 0.0)
        assert -max(least, 0.05) <= line.weight <= max(most, 0.05), line
        assert line.text
        assert "\n" not in line.text
        assert line.contradiction or (line.weight == 0) == (line.side is Side.UNKNOWN)


def test_strangers_are_mostly_against_and_the_ratios_of_each_fact_are_about_one_on_average() -> None:
    """The mean of a likelihood ratio over two different people is one, if it is one; more would promise too much."""
    people = gallery(400)
    dice = random.Random(11)
    shuffled = people[:]
    sums: dict[str, list[float]] = {}
    totals = []
    for _ in range(5):
        dice.shuffle(shuffled)
        for one, other in zip(people, shuffled, strict=True):
            if one is other:
                continue
            lines = weigh(one, other, taken_probe=None, taken_other=None, crowd=CROWD)
            totals.append(sum(line.weight for line in lines))
            for line in lines:
                sums.setdefault(line.code, []).append(10**line.weight)
    means = {code: sum(values) / len(values) for code, values in sums.items()}
    assert max(means.values()) < 1.3, means
    assert sorted(totals)[len(totals) // 2] < 0


def test_a_wrong_sex_does_not_end_a_candidate_that_everything_else_speaks_for() -> None:
    lines = weighed(MISSING, replace(FOUND, sex=Sex.FEMALE), CROWD)
    assert sum(one.weight for one in lines) > 1


def test_a_photograph_without_a_person_in_a_register_is_called_searched() -> None:
    lines = weigh(
        Facts(sex=Sex.MALE), MISSING, taken_probe=None, taken_other=None, crowd=CROWD,
        probe_is=Status.PROBE, other_is=Status.MISSING,
    )  # fmt: skip
    assert any("searched: male" in one.text for one in lines)
    assert any("Ask who sent the photograph" in one.text for one in lines)


@pytest.mark.parametrize("code", ["sex", "age", "height", "name"])
def test_texts_quote_both_sides(code: str) -> None:
    line = next(one for one in weighed(MISSING, FOUND, CROWD) if one.code == code)
    assert line.text.startswith("Missing: ")
    assert "; found: " in line.text
