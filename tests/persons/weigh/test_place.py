"""Places: how far, in what time, in which country; nothing is guessed where coordinates are not stated."""

from __future__ import annotations

import pytest

from safelight.persons.person import Facts, Seen, Side
from safelight.persons.weigh import crowd_of
from safelight.persons.weigh.distance import kilometres
from tests.persons.weigh.people import CROWD, day, only

DELHI, KOLKATA, AGRA = (28.61, 77.21), (22.57, 88.36), (27.18, 78.01)


def at(
    spot: tuple[float, float] | None = None, place: str | None = None, when: int | None = None, **more: object
) -> Facts:
    latitude, longitude = spot or (None, None)
    days = day(2018, 6, when) if when else None
    return Facts(seen=Seen(place, latitude=latitude, longitude=longitude, days=days, **more))  # type: ignore[arg-type]


def test_delhi_and_kolkata_are_1_300_km_apart() -> None:
    assert kilometres(*DELHI, *KOLKATA) == pytest.approx(1305, abs=10)


def test_found_near_by_is_for_where_the_gallery_is_spread_over_a_country() -> None:
    line = only("place", at(DELHI, "Delhi"), at((28.63, 77.22), "Delhi"), CROWD)
    assert line.weight > 0.5


def test_found_near_by_says_nothing_where_all_are_from_one_town_and_is_never_against() -> None:
    town = crowd_of([at((28.6 + n / 10_000, 77.2)) for n in range(1000)])
    assert only("place", at(DELHI), at((28.63, 77.22)), town).weight == 0


def test_farther_than_a_train_goes_in_that_time_is_against() -> None:
    line = only("place", at(DELHI, when=3), at((9.93, 76.27), when=4), CROWD)
    assert line.weight == pytest.approx(-1.2)
    assert "only by aeroplane" in line.text


def test_the_same_way_in_a_week_is_possible() -> None:
    assert only("place", at(DELHI, when=3), at((9.93, 76.27), when=12), CROWD).weight > -0.5


def test_another_country_is_against_and_the_same_one_hardly_for() -> None:
    same = only("place", at(country="IN"), at(country="IN"), CROWD)
    other = only("place", at(country="IN"), at(country="NP"), CROWD)
    assert same.weight < 0.1
    assert other.side is Side.AGAINST
    assert "Nepal" in other.text


def test_the_same_town_in_two_scripts_is_for() -> None:
    line = only("place", at(place="Vostekpur"), at(place="वोस्तेकपुर"), CROWD)
    assert line.side is Side.FOR


def test_without_coordinates_nobody_guesses_the_distance() -> None:
    line = only("place", at(place="Example Nagar"), at(place="Sample Bazar"), CROWD)
    assert line.weight > -0.1
    assert "look at a map" in line.text


def test_coordinates_of_one_alone_are_not_used() -> None:
    line = only("place", at(DELHI, "Example Nagar"), at(place="Sample Bazar"), CROWD)
    assert "km" not in line.text


def test_the_caps_hold_at_the_other_end_of_the_world() -> None:
    assert only("place", at(DELHI, when=3), at((-33.0, -71.0), when=3), CROWD).weight >= -1.2
