"""Times of evidence are what the standard library says, and values like any other."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.evidence import stamps
from safelight.model import Times, Timestamp

_EPOCH = datetime(1970, 1, 1)


@given(st.datetimes(min_value=datetime(1, 1, 1)), st.integers(0, 999))
def test_a_time_is_told_to_the_microsecond_and_cut_not_rounded(moment: datetime, rest: int) -> None:
    nanoseconds = (moment - _EPOCH) // timedelta(microseconds=1) * 1000 + rest
    assert stamps.utc(nanoseconds, "test") == Timestamp(f"{moment.isoformat()}Z", "test", "utc")


@pytest.mark.parametrize("year", [-1, 0, 10_000, 10**9])
def test_beyond_the_calendar_there_is_no_time(year: int) -> None:
    assert stamps.utc((year - 1970) * 366 * 86_400 * 10**9, "test") is None


def test_times_made_quickly_are_values_like_others() -> None:
    one, two = stamps.utc(10**18, "test"), stamps.utc(10**18 + 1_000, "test")
    made = stamps.four_times(one, two, None, one)
    assert made == Times(one, two, None, one)
    assert hash(made) == hash(Times(one, two, None, one))
    assert pickle.loads(pickle.dumps(made)) == made
    with pytest.raises(FrozenInstanceError):
        made.created = None  # type: ignore[misc]
    assert one is not None
    assert datetime.fromisoformat(one.value) == datetime.fromtimestamp(10**9, UTC)
