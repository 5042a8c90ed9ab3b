"""What is told in words counts as far as its sentence is meant in earnest, and of now."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from safelight.reports.reading.reading import Weighed
from safelight.reports.reading.situations import CODES
from safelight.reports.scoring.ages import Age
from safelight.reports.scoring.told import NOT_NOW, PREVENTABLE, Told, told

RECEIVED = date(2026, 11, 26)


def sentence(text: str, danger: float = 1.0, language: str = "en", **situations: float) -> Weighed:
    """A sentence with the probabilities of its situations; `self_harm` stands for `self-harm`."""
    row = np.zeros(len(CODES), np.float32)
    for code, share in situations.items():
        row[CODES.index(code.replace("_", "-"))] = share
    return Weighed(text, language, row, danger)


def test_an_age_in_a_sentence_of_danger_counts() -> None:
    found = told([sentence("He meets a boy of 10.", meeting=1.0)], RECEIVED)
    assert found == Told(Age(10, 10), young=0.75)


def test_what_a_sentence_tells_counts_less_the_less_it_is_of_danger() -> None:
    surely, hardly = (
        told([sentence("He meets a boy of 10 on Saturday.", danger, meeting=1.0)], RECEIVED)
        for danger in (1.0, 0.8)
    )
    assert 0 < hardly.young < surely.young
    assert 0 < hardly.ahead < surely.ahead
    assert told([sentence("A boy of 10 plays on Saturday.", 0.5, meeting=1.0)], RECEIVED) == Told()


@pytest.mark.parametrize("code", NOT_NOW)
def test_an_age_that_is_not_of_now_or_not_in_earnest_counts_nothing(code: str) -> None:
    assert told([sentence("He meets a boy of 10.", **{code: 0.8, "meeting": 0.2})], RECEIVED) == Told()


def test_the_youngest_that_counts_is_named() -> None:
    sentences = [
        sentence("She is 14 years old.", grooming=1.0),
        sentence("Her sister is 8 years old.", access=0.9, routine=0.1),
        sentence("In the film the child is 3 years old.", fiction=1.0),
    ]
    assert told(sentences, RECEIVED).age == Age(8, 8)


@pytest.mark.parametrize("code", PREVENTABLE)
def test_a_time_ahead_counts_where_something_can_be_prevented(code: str) -> None:
    assert told([sentence("It is to be tomorrow.", **{code: 0.9})], RECEIVED).ahead == pytest.approx(0.9)


@pytest.mark.parametrize("code", ["routine", "past", "trade", "commentary", "hypothetical", "negated"])
def test_a_time_ahead_alone_is_nothing(code: str) -> None:
    assert told([sentence("It is to be on Saturday.", **{code: 0.8, "plan": 0.2})], RECEIVED) == Told()


def test_a_date_counts_by_the_day_it_means() -> None:
    found = told([sentence("He arrives on 28 November.", plan=1.0)], RECEIVED)
    assert found == Told(day=date(2026, 11, 28), dated=1.0)
    assert told([sentence("He arrived on 20 November.", plan=1.0)], RECEIVED) == Told()


def test_of_a_language_that_is_not_read_an_age_counts_half_and_a_time_not() -> None:
    unread = Weighed("मेरी बेटी छह साल की है, शनिवार को", "hi", None)
    assert told([unread], RECEIVED) == Told(Age(6, 6), young=0.5)
