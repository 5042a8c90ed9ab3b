"""How coarsely a JPEG was saved: read from its table, whatever else the file holds."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.persons.portraits.coded import coarseness
from tests.signals.pictures import encoded, scene


def saved(quality: int) -> bytes:
    made = BytesIO()
    scene(1).convert("RGB").save(made, "JPEG", quality=quality)
    return made.getvalue()


@pytest.mark.parametrize(("quality", "coarse"), [(50, 1.0), (10, 5.0), (5, 10.0), (80, 0.4)])
def test_it_is_the_scale_of_the_usual_table(quality: int, coarse: float) -> None:
    assert coarseness(saved(quality)) == pytest.approx(coarse, rel=0.05)


def test_what_is_no_jpeg_says_nothing() -> None:
    made = BytesIO()
    scene(1).save(made, "PNG")
    assert coarseness(made.getvalue()) == 0


def test_a_table_of_two_bytes_a_step_is_read() -> None:
    table = b"\x10" + b"".join(step.to_bytes(2, "big") for step in [32, 22, 24, 28, 24, 20, *[99] * 58])
    assert coarseness(b"\xff\xd8\xff\xdb" + (len(table) + 2).to_bytes(2, "big") + table) == 2.0


WHOLE = encoded(scene(1))


@given(st.integers(0, 600), st.binary(max_size=64))
def test_a_broken_file_is_never_an_error(keep: int, more: bytes) -> None:
    assert coarseness(WHOLE[:keep] + more) >= 0


@given(st.binary(max_size=300))
def test_any_bytes_are_taken(more: bytes) -> None:
    assert coarseness(b"\xff\xd8\xff\xdb" + more) >= 0
