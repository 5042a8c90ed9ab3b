"""NSRL: the SQLite form and the older text form; hostile databases end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from safelight.errors import FormatError
from safelight.hashsets import nsrl
from safelight.hashsets.nsrl import Nsrl
from safelight.hashsets.protocol import DigestBlock, ReadOptions, Record, Rejected

from .lists import digest, read

HEADER = '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"'
COLUMNS = (
    "sha256 TEXT, sha1 TEXT, md5 TEXT, crc32 TEXT, file_name TEXT, file_size INTEGER, package_id INTEGER"
)


def database(path: Path, *statements: str, rows: list[tuple[object, ...]] | None = None) -> Path:
    with closing(sqlite3.connect(path)) as opened:
        for statement in statements:
            opened.execute(statement)
        if rows:
            opened.executemany("INSERT INTO FILE VALUES (?,?,?,?,?,?,?)", rows)
        opened.commit()
    return path


def row(number: int) -> tuple[object, ...]:
    digests = [digest(name, number).hex().upper() for name in ("sha256", "sha1", "md5")]
    return (*digests, "0" * 8, f"file {number}", number, 1)


def everything(path: Path) -> tuple[set[tuple[str, bytes]], list[Rejected]]:
    found: set[tuple[str, bytes]] = set()
    rejected: list[Rejected] = []
    for block in Nsrl().read(path, ReadOptions()):
        if isinstance(block, DigestBlock):
            width = len(block.packed) // block.count
            found |= {
                (block.algorithm, block.packed[at : at + width]) for at in range(0, len(block.packed), width)
            }
        else:
            rejected += [one for one in block if not isinstance(one, Record)]
    return found, rejected


def test_the_file_table_is_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nsrl, "_ROWS", 7)
    path = database(tmp_path / "rds.db", f"CREATE TABLE FILE ({COLUMNS})", rows=[row(n) for n in range(50)])
    assert Nsrl().detect(path.read_bytes()[:65536], path)
    found, rejected = everything(path)
    assert found == {("sha256", digest("sha256", n)) for n in range(50)}
    assert rejected == []


def test_the_next_digest_stands_in_for_one_that_is_missing_or_wrong(tmp_path: Path) -> None:
    rows = [
        row(0),
        (None, *row(1)[1:]),
        ("xx" * 32, *row(2)[1:]),
        (None, "", *row(3)[2:]),
        (None,) * 7,
        row(5),
    ]
    path = database(tmp_path / "rds.db", f"CREATE TABLE FILE ({COLUMNS})", rows=rows)
    found, rejected = everything(path)
    assert found == {
        ("sha256", digest("sha256", 0)),
        ("sha1", digest("sha1", 1)),
        ("sha1", digest("sha1", 2)),
        ("md5", digest("md5", 3)),
        ("sha256", digest("sha256", 5)),
    }
    assert rejected == [Rejected(5, "no digest")]


def test_the_view_of_distinct_hashes_serves_where_there_is_no_table(tmp_path: Path) -> None:
    path = database(
        tmp_path / "rds.db",
        f"CREATE TABLE FILE ({COLUMNS})",
        "CREATE VIEW DISTINCT_HASH AS SELECT DISTINCT sha256, sha1, md5 FROM FILE",
        rows=[row(1), row(1)],
    )
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("ALTER TABLE FILE RENAME TO OTHER")
        opened.commit()
    assert everything(path)[0] == {("sha256", digest("sha256", 1))}


def test_reading_leaves_the_database_and_its_folder_as_they_were(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a # ?name.db", "PRAGMA journal_mode=WAL", f"CREATE TABLE FILE ({COLUMNS})", rows=[row(1)]
    )
    before = path.read_bytes(), sorted(tmp_path.iterdir())
    path.chmod(0o400)
    assert len(everything(path)[0]) == 1
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == before


def test_a_view_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nsrl, "_SMALLEST_ROW", 1)
    path = database(
        tmp_path / "bomb.db",
        "CREATE VIEW FILE AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT printf('%064d', i) AS sha256 FROM n",
    )
    with pytest.raises(FormatError, match="more rows than it can hold"):
        everything(path)


def test_a_view_that_never_gives_a_row_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nsrl, "_STEPS", 1000)
    path = database(
        tmp_path / "bomb.db",
        "CREATE VIEW FILE AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT 'x' AS sha256 FROM n WHERE i < 0",
    )
    with pytest.raises(FormatError, match="broken after row 0"):
        everything(path)


def test_other_and_broken_databases_are_refused(tmp_path: Path) -> None:
    path = database(tmp_path / "other.db", "CREATE TABLE t (a)")
    assert not Nsrl().detect(path.read_bytes(), path)
    with pytest.raises(FormatError, match="no table FILE"):
        everything(path)
    broken = tmp_path / "broken.db"
    whole = database(
        tmp_path / "whole.db", f"CREATE TABLE FILE ({COLUMNS})", rows=[row(n) for n in range(500)]
    )
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(FormatError, match="broken"):
        everything(broken)
    broken.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)
    assert not Nsrl().detect(broken.read_bytes(), broken)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_text_form_gives_the_sha1_of_each_line(tmp_path: Path, end: str) -> None:
    lines = [HEADER] + [
        f'"{digest("sha1", n).hex().upper()}","{digest("md5", n).hex()}","0","a "",b"",{n}",1,2,"358",""'
        for n in range(9)
    ]
    data = end.join([*lines, "rubbish", '"zz', ""])
    assert Nsrl().detect(data.encode(), tmp_path / "x")
    records, rejected = read(Nsrl(), tmp_path / "NSRLFile.txt", data)
    assert [record.digests["sha1"] for record in records] == [digest("sha1", n) for n in range(9)]
    assert [one.line for one in rejected] == [11, 12]
    with pytest.raises(FormatError, match="header"):
        read(Nsrl(), tmp_path / "NSRLFile.txt", data[5:])
