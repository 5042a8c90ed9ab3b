"""From the store to leads: what lies near known material is found whatever stack it is in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from safelight.store.database import Database
from safelight.store.tables import signal
from safelight.triage.leads import _Item, _Pictures

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


def pictures(database: Database, codes: dict[bytes, bytes], quality: int = 100) -> _Pictures:
    rows = [
        {"case_id": CASE, "sha256": sha, "name": "pdq", "version": "1", "pdq": pdq, "quality": quality, "sealed": b""}
        for sha, pdq in codes.items()
    ]  # fmt: skip
    items = {sha: _Item(sha, "png", 1000 if sha == b"a" else 10) for sha in codes}
    with database.transaction() as connection:
        connection.execute(signal.insert(), rows)
        return _Pictures(connection, CASE, items)


CHAIN = {b"a": code(), b"b": code(*range(12)), b"x": code(*range(42)), b"y": code(*range(100, 160))}
"""a–b 12 bits, b–x 30, a–x 42, y far from all."""


def test_a_near_copy_of_any_known_file_is_found_though_another_heads_the_stack(database: Database) -> None:
    made = pictures(database, CHAIN)
    items = {sha: _Item(sha, "png", 1000 if sha == b"a" else 10) for sha in CHAIN}
    stacks = made.stacks(items, {b"a", b"b"})
    assert stacks == {b"a": b"a", b"b": b"a", b"x": b"x", b"y": b"y"}
    assert made.near({b"a", b"b"}) == {b"x": 30}


def test_nothing_is_near_where_nothing_is_known_or_hashes_are_unreliable(database: Database) -> None:
    assert pictures(database, CHAIN).near(set()) == {}


def test_a_hash_of_low_quality_brings_nothing_near(database: Database) -> None:
    assert pictures(database, CHAIN, quality=49).near({b"a", b"b"}) == {}
