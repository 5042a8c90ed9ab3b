"""Tables without row ids, which are stored as an index is: what is in them is read, whatever the page size."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from .made import everything, members, picture, said, written


@pytest.mark.parametrize("page", [512, 4096, 65536])
def test_pictures_in_tables_without_row_ids_are_members(page: int, tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE w(b BLOB, a TEXT, n INTEGER, PRIMARY KEY (n, a)) WITHOUT ROWID")
        for number in range(120):
            content = picture(number, 64 if number % 10 else 200)
            connection.execute("INSERT INTO w VALUES (?, ?, ?)", (content, "k" * (number % 40), number))

    path = written(tmp_path / "x.db", f"PRAGMA page_size = {page}", fill)
    found = members(everything(path))
    expected = {picture(number, 64 if number % 10 else 200) for number in range(120)}
    assert set(found.values()) == expected
    assert len(found) == 120
    assert all(name.startswith("w/") and name.endswith("/column 3.jpg") for name in found)


def test_a_table_without_row_ids_that_is_a_loop_ends(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x.db",
        "CREATE TABLE w(a TEXT PRIMARY KEY, b BLOB) WITHOUT ROWID",
        *(f"INSERT INTO w VALUES ({number}, zeroblob(900))" for number in range(60)),
    )
    data = bytearray(path.read_bytes())
    assert data[4096] == 2  # its root has pages below it
    data[4096 + 8 : 4096 + 12] = (2).to_bytes(4, "big")
    path.write_bytes(data)
    assert any("part of two places" in text for text in said(everything(path)))
