"""How names and times are spelt: strictly valid, visible, and true to the evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.export.text import cell, clean, instant, time_text, visible
from safelight.model import Timestamp

any_text = st.text(st.characters(codec=None))


@given(any_text)
def test_whatever_comes_leaves_as_strict_utf8(text: str) -> None:
    for spelt in (clean(text), cell(text), visible(text)):
        spelt.encode("utf-8", "strict")


def test_a_byte_that_is_no_utf8_is_shown_as_its_value() -> None:
    assert clean(b"caf\xe9".decode("utf-8", "surrogateescape")) == "caf\\xe9"


@given(any_text)
def test_no_cell_is_a_formula_and_the_apostrophe_can_be_taken_away(text: str) -> None:
    spelt = cell(text)
    assert not spelt.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    restored = spelt[1:] if spelt.lstrip("'").startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else spelt
    assert restored == clean(text)


@given(any_text)
def test_nothing_invisible_is_left_for_the_eye(text: str) -> None:
    assert "\u202e" not in visible(text)
    assert "\n" not in visible(text)


def test_a_direction_mark_in_a_name_is_shown() -> None:
    assert visible("photo\u202egpj.exe") == "photo⟨U+202E⟩gpj.exe"


@pytest.mark.parametrize(
    ("time", "spelt"),
    [
        (None, ""),
        (Timestamp("2024-01-01T08:00:00Z", "ntfs", "utc"), "2024-01-01T08:00:00Z"),
        (Timestamp("2024-01-01T08:00:00", "posix", "utc"), "2024-01-01T08:00:00Z"),
        (Timestamp("2024-01-01T08:00:00", "fat", "local"), "2024-01-01T08:00:00 local"),
        (Timestamp("2024-01-01T08:00:00+02:00", "exif", "+02:00"), "2024-01-01T08:00:00+02:00"),
        (Timestamp("2024-01-01T08:00:00", "exif", "+02:00"), "2024-01-01T08:00:00+02:00"),
    ],
)
def test_a_time_always_says_its_zone(time: Timestamp | None, spelt: str) -> None:
    assert time_text(time) == spelt


def test_our_own_times_are_in_utc() -> None:
    local = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert instant(local) == "2026-02-28T23:30:00Z"
    assert instant(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01T00:00:00Z"
