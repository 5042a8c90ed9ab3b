"""From the store to leads: what lies near known material is found whatever stack it is in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from safelight.matching.forms import transposed
from safelight.store.database import Database
from safelight.store.tables import pdq
from safelight.triage.pictures import Pictures

CASE = "C-1"


def code(*bits: int) -> bytes:
    """A PDQ hash with these bits set."""
    flags = np.zeros(256, np.uint8)
    flags[list(bits)] = 1
    return np.packbits(flags).tobytes()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(sa.URL.create("sqlite", database=str(tmp_path / "store.db")))
    made.migrate()
    return made


def pictures(
    database: Database,
    codes: dict[bytes, bytes],
    quality: int = 100,
    mirrored: dict[bytes, bytes] | None = None,
) -> Pictures:
    rows = [
        {"case_id": CASE, "sha256": sha, "frame": 0, "trimmed": 0, "hash": code, "quality": quality,
         "mirrored": (mirrored or {}).get(sha)}
        for sha, code in codes.items()
    ]  # fmt: skip
    with database.transaction() as connection:
        connection.execute(pdq.insert(), rows)
        return Pictures(connection, CASE, {sha: 1000 if sha == b"a" else 10 for sha in codes})


CHAIN = {b"a": code(), b"b": code(*range(12)), b"x": code(*range(42)), b"y": code(*range(100, 160))}
"""a–b 12 bits, b–x 30, a–x 42, y far from all."""


def test_a_near_copy_of_any_known_file_is_found_though_another_heads_the_stack(database: Database) -> None:
    made = pictures(database, CHAIN)
    stacks = made.stacks({b"a", b"b"})
    assert stacks == {b"a": b"a", b"b": b"a", b"x": b"x", b"y": b"y"}
    assert made.near({b"a", b"b"}) == {b"x": (30, "identity")}


def test_nothing_is_near_where_nothing_is_known_or_hashes_are_unreliable(database: Database) -> None:
    assert pictures(database, CHAIN).near(set()) == {}


def test_a_hash_of_low_quality_brings_nothing_near(database: Database) -> None:
    assert pictures(database, CHAIN, quality=49).near({b"a", b"b"}) == {}


FAR = np.random.default_rng(5).integers(0, 256, (5, 32), dtype=np.uint8)
"""Hashes half of whose bits differ."""
KNOWN = {b"k": FAR[0].tobytes()}
KNOWN_MIRRORED = {b"k": FAR[1:4].tobytes()}


def test_a_turned_copy_of_a_known_file_is_found_and_its_form_is_named(database: Database) -> None:
    copies = {
        b"left-right": FAR[1].tobytes(),
        b"clockwise": transposed(FAR[2]).tobytes(),
        b"far": FAR[4].tobytes(),
    }
    made = pictures(database, KNOWN | copies, mirrored=KNOWN_MIRRORED)
    assert made.near({b"k"}) == {b"left-right": (0, "mirrored"), b"clockwise": (0, "turned 90")}


def test_of_what_is_shown_turned_copies_join_one_stack(database: Database) -> None:
    copies = {b"a": FAR[1].tobytes(), b"b": transposed(FAR[2]).tobytes(), b"far": FAR[4].tobytes()}
    made = pictures(database, KNOWN | copies, mirrored=KNOWN_MIRRORED)
    stacks = made.stacks(set())
    assert all(sha == head for sha, head in stacks.items())
    assert made.joined(stacks, stacks, {b"k"}) == {b"k": b"k", b"a": b"k", b"b": b"k", b"far": b"far"}
    # Stacks are not chained: what heads one takes those that are its own copies.
    assert made.joined(stacks, stacks, set()) == {b"a": b"a", b"k": b"a", b"b": b"b", b"far": b"far"}
    assert made.joined(stacks, [b"a", b"b"], {b"k"}) == {b"a": b"a", b"b": b"b"}


def test_a_bordered_copy_joins_the_stack_of_what_lies_inside(database: Database) -> None:
    made_of = {b"a": FAR[0].tobytes(), b"b": FAR[1].tobytes()}
    with database.transaction() as connection:
        inside = {"frame": 0, "trimmed": 1, "hash": FAR[0].tobytes(), "quality": 90, "mirrored": None}
        connection.execute(pdq.insert(), [{"case_id": CASE, "sha256": b"b", **inside}])
    made = pictures(database, made_of)
    stacks = made.stacks(set())
    assert made.joined(stacks, stacks, set()) == {b"a": b"a", b"b": b"a"}
    assert made.near({b"a"}) == {b"b": (0, "trimmed")}
    assert made.near({b"b"}) == {b"a": (0, "identity")}
