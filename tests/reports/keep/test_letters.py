"""Codes of two letters as numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.reports.keep.letters import letters_number, letters_of


@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2))
def test_two_letters_come_back_from_a_number_of_two_bytes(code: str) -> None:
    number = letters_number(code)
    assert 0 < number < 1 << 16
    assert letters_of(number) == code


@pytest.mark.parametrize("code", [None, "", "D", "DEU", "дё"])
def test_anything_else_is_none(code: str | None) -> None:
    assert letters_of(letters_number(code)) is None
