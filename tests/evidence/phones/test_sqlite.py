"""SQLite read by our own reader: the same as SQLite reads, what was deleted, and files made to break it."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.scope import Scope
from safelight.evidence.source import BytesSource, FileSource
from safelight.evidence.sqlite.records import Blob, Layout, Payload, Row, Value
from safelight.evidence.sqlite.schema import parse
from safelight.evidence.sqlite.tree import Database
from safelight.model import State

from .made import everything, members, picture, said, written

VALUES = st.one_of(
    st.none(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
    st.binary(max_size=40),
    st.integers(0, 9000).map(lambda size: random.Random(size).randbytes(size)),
)


def plain(value: Value) -> object:
    return value.read(value.size) if isinstance(value, Blob) else value


def rows(path: Path, table: str = "t") -> list[tuple[object, ...]]:
    """The rows of a table as our reader has them."""
    log = Path(f"{path}-wal")
    database = Database(FileSource(path), FileSource(log) if log.exists() else None)
    own = database.tables[table]
    return [
        tuple(plain(database.cell(own, row, column)) for column in range(len(own.columns)))
        for row in database.rows(own)
    ]


def as_sqlite_has_them(path: Path, folder: Path) -> list[tuple[object, ...]]:
    """The same by SQLite, on a copy: it would change the original."""
    folder.mkdir(exist_ok=True)
    for suffix in ("", "-wal"):
        if Path(f"{path}{suffix}").exists():
            shutil.copy(f"{path}{suffix}", folder / f"copy.db{suffix}")
    connection = sqlite3.connect(folder / "copy.db")
    got = connection.execute("SELECT * FROM t ORDER BY rowid").fetchall()
    connection.close()
    for left in folder.glob("copy.db*"):
        left.unlink()
    return got


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=60),
    st.sampled_from((512, 1024, 4096, 65536)),
    st.sampled_from(("UTF-8", "UTF-16le", "UTF-16be")),
    st.sampled_from(("a INTEGER PRIMARY KEY, b, c TEXT, d", "a, b TEXT, c BLOB, d INTEGER, PRIMARY KEY (d)")),
    st.booleans(),
    st.integers(0, 1 << 30),
)
def test_rows_are_those_that_sqlite_reads(
    tmp_path: Path,
    values: list[tuple[object, ...]],
    page: int,
    encoding: str,
    columns: str,
    log: bool,
    seed: int,
) -> None:
    rng = random.Random(seed)

    def fill(connection: sqlite3.Connection) -> None:
        first = 0 if columns.startswith("a INTEGER") else 3
        names = [name for number, name in enumerate("abcd") if number != first]
        connection.executemany(f"INSERT INTO t({','.join(names)}) VALUES (?,?,?)", values)

    def change(connection: sqlite3.Connection) -> None:
        for rowid in range(1, len(values) + 1):
            if rng.random() < 0.3:
                connection.execute("DELETE FROM t WHERE rowid=?", (rowid,))
            elif rng.random() < 0.2:
                connection.execute("UPDATE t SET b=? WHERE rowid=?", ("x" * rng.randrange(3000), rowid))

    path = tmp_path / "x.db"
    for left in tmp_path.glob("x.db*"):
        left.unlink()
    head = f"PRAGMA page_size={page}; PRAGMA encoding='{encoding}'; CREATE TABLE t({columns}); CREATE INDEX i ON t(b);"
    written(path, head, fill, change, keep_log=log)
    assert rows(path) == as_sqlite_has_them(path, tmp_path / "theirs")


def test_the_command_line_program_writes_the_same(tmp_path: Path) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3 is not installed")
    path = tmp_path / "x.db"
    script = (
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5000)"
        " INSERT INTO t SELECT i, printf('%.*c', i % 900, 'x') FROM n; DELETE FROM t WHERE a % 7 = 0;"
    )
    subprocess.run(["sqlite3", path, script], check=True)
    assert rows(path) == as_sqlite_has_them(path, tmp_path / "theirs")


def test_frames_after_the_last_commit_are_not_in_force(tmp_path: Path) -> None:
    path = written(tmp_path / "x.db", "CREATE TABLE t(a)", "INSERT INTO t VALUES (1),(2)", keep_log=True)
    log = Path(f"{path}-wal")
    data = bytearray(log.read_bytes())
    data[-1] ^= 1  # the last frame's checksum no longer agrees
    log.write_bytes(data)
    assert rows(path) == []
    assert as_sqlite_has_them(path, tmp_path / "theirs") == []


@pytest.mark.parametrize(
    ("sql", "columns", "rowid", "has_rowid"),
    [
        ("CREATE TABLE t(a INTEGER PRIMARY KEY, b)", ("a", "b"), 0, True),
        ("CREATE TABLE t(a INT PRIMARY KEY, b)", ("a", "b"), None, True),
        ('create table "t x"("a b" text default (1+(2)), [c,d] blob, `e`)', ("a b", "c,d", "e"), None, True),
        ("CREATE TABLE t(a, b INTEGER, -- a note, with (marks\n PRIMARY KEY (b))", ("a", "b"), 1, True),
        ("CREATE TABLE t(a, b, PRIMARY KEY (a, b)) WITHOUT ROWID", ("a", "b"), None, False),
        ("CREATE TABLE t(a, b AS (a+1), c GENERATED ALWAYS AS (a) STORED)", ("a", "c"), None, True),
        ("CREATE TABLE t(a CHECK (a > 1), CONSTRAINT x UNIQUE (a), FOREIGN KEY (a) REFERENCES b)", ("a",), None, True),
        ("CREATE TABLE t(", (), None, True),
        ("nonsense", (), None, True),
    ],
)  # fmt: skip
def test_columns_are_read_from_the_statement(
    sql: str, columns: tuple[str, ...], rowid: int | None, has_rowid: bool
) -> None:
    table = parse("t", 2, sql)
    assert (table.columns, table.rowid_column, table.has_rowid) == (columns, rowid, has_rowid)


def test_pictures_in_values_are_members_by_table_row_and_column(tmp_path: Path) -> None:
    small, large, png = picture(1, 16), picture(2, 300), picture(3, 40, "PNG")
    wrapped = b"serialised" * 100 + small + b"and so on" * 50 + png

    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO pics VALUES (7, 'x', ?, NULL)", (small,))
        connection.execute("INSERT INTO pics VALUES (9, 'y', ?, ?)", (large, png))
        connection.execute("INSERT INTO pics VALUES (11, 'z', ?, ?)", (wrapped, b"\xff\xd8\xffno picture"))

    path = written(tmp_path / "x.db", 'CREATE TABLE pics(id INTEGER PRIMARY KEY, n, data, "th/umb")', fill)
    found = members(everything(path))
    assert found == {
        "pics/7/data.jpg": small,
        "pics/9/data.jpg": large,
        "pics/9/th_umb.png": png,
        f"pics/11/data+{wrapped.index(small)}.jpg": small,
        f"pics/11/data+{wrapped.index(png)}.png": png,
        "pics/11/th_umb.jpg": b"\xff\xd8\xffno picture",
    }


def test_the_evidence_is_as_it_was(tmp_path: Path) -> None:
    path = written(tmp_path / "e" / "x.db", "CREATE TABLE t(a)", "INSERT INTO t VALUES (1)", keep_log=True)
    before = {one.name: (one.read_bytes(), one.stat().st_mtime_ns) for one in path.parent.iterdir()}
    everything(path.parent)
    assert {one.name: (one.read_bytes(), one.stat().st_mtime_ns) for one in path.parent.iterdir()} == before


def fill_with_pictures(count: int, side: int = 64) -> Callable[[sqlite3.Connection], object]:
    def fill(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO pics(name, data) VALUES (?, ?)",
            [(f"n{number}", picture(number, side)) for number in range(count)],
        )

    return fill


TABLE = "CREATE TABLE pics(id INTEGER PRIMARY KEY, name TEXT, data BLOB)"


def deleted(path: Path) -> list[tuple[State, bytes, str | None]]:
    return [
        (one.place.state, content or b"", one.error)
        for one, content in everything(path)
        if one.place.state in (State.DELETED, State.CARVED)
    ]


def test_all_rows_of_an_emptied_table_come_back_from_free_pages(tmp_path: Path) -> None:
    path = written(tmp_path / "x.db", TABLE, fill_with_pictures(40), "DELETE FROM pics")
    found = deleted(path)
    whole = {content for _, content, error in found if error is None}
    originals = {picture(number) for number in range(40)}
    assert len(whole & originals) >= 38  # trunk pages of the list of free pages cost one or two
    assert whole <= originals
    damaged = [error for _, content, error in found if error is not None]
    assert all("overwritten" in error or "breaks off" in error for error in damaged)


def test_single_deleted_rows_come_back_from_freed_blocks(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x.db",
        TABLE,
        fill_with_pictures(40),
        "DELETE FROM pics WHERE id % 5 = 0",
    )
    found = deleted(path)
    originals = {picture(number) for number in range(40) if (number + 1) % 5 == 0}
    assert len({content for _, content, error in found if error is None} & originals) >= 7
    assert not {content for _, content, _ in found} & {picture(n) for n in range(40) if (n + 1) % 5}


def test_what_is_in_force_is_not_called_deleted(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x.db", TABLE, fill_with_pictures(60, 24), "UPDATE pics SET name = 'longer name' || id"
    )
    assert deleted(path) == []


def test_rows_deleted_in_the_log_come_back_from_the_database(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    written(path, "PRAGMA journal_mode=WAL", TABLE, fill_with_pictures(10))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("DELETE FROM pics WHERE id IN (3, 4)")
    connection.execute("INSERT INTO pics VALUES (100, 'brief', ?)", (picture(500),))
    connection.commit()
    connection.execute("DELETE FROM pics WHERE id = 100")
    connection.commit()
    kept = tmp_path / "kept"
    kept.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", kept / f"x.db{suffix}")
    connection.close()
    found = {content for _, content, error in deleted(kept) if error is None}
    assert {picture(2), picture(3), picture(500)} <= found
    assert not found & {picture(number) for number in (0, 1, 4, 5, 6, 7, 8, 9)}
    live = {one.place.trail[-1] for one, _ in everything(kept) if one.place.state is State.EMBEDDED}
    assert live == {f"pics/{number}/data.jpg".encode() for number in (1, 2, 5, 6, 7, 8, 9, 10)}


def test_a_log_that_the_order_leaves_out_is_said_as_its_rows_may_be_gone(tmp_path: Path) -> None:
    written(tmp_path / "x.db", TABLE, fill_with_pictures(2), keep_log=True)
    with_log = said(everything(tmp_path, Scope.parse(("x.db", "x.db-wal"))))
    assert not any("write-ahead log" in text for text in with_log)
    without = said(everything(tmp_path, Scope.parse(("x.db",))))
    assert [text for text in without if "write-ahead log lies beside it and the order leaves it out" in text]


def test_a_log_in_an_archive_is_found_beside_its_database(tmp_path: Path) -> None:
    path = written(tmp_path / "a" / "x.db", TABLE, fill_with_pictures(2), keep_log=True)
    archive = Path(shutil.make_archive(str(tmp_path / "y"), "zip", path.parent))
    assert set(members(everything(archive), 2)) == {"pics/1/data.jpg", "pics/2/data.jpg"}
    archive = Path(shutil.make_archive(str(tmp_path / "y"), "tar", path.parent))
    assert set(members(everything(archive), 2)) == {"pics/1/data.jpg", "pics/2/data.jpg"}
    archive = Path(shutil.make_archive(str(tmp_path / "y"), "gztar", path.parent))
    found = everything(archive)
    assert any("could not be looked for" in text for text in said(found))


def test_tables_that_are_not_read_and_secrets_are_named(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x.db",
        "CREATE TABLE genp(a); CREATE TABLE inet(a); CREATE TABLE cert(a); CREATE TABLE keys(a);"
        "CREATE TABLE w(a PRIMARY KEY, b) WITHOUT ROWID;",
    )
    texts = said(everything(path))
    assert any("holds keys or tokens (keychain" in text and text.endswith("not used") for text in texts)
    assert any("without row ids is not looked for: w" in text for text in texts)


def test_a_database_cut_anywhere_ends_in_findings(tmp_path: Path) -> None:
    path = written(tmp_path / "x.db", TABLE, fill_with_pictures(6), "DELETE FROM pics WHERE id=2")
    whole = path.read_bytes()
    for end in range(0, len(whole), 1777):
        cut = tmp_path / "cut.db"
        cut.write_bytes(whole[:end])
        found = everything(cut)
        if 200 < end < 12_000:
            assert any(one.error for one, _ in found)


def test_damaged_bytes_never_break_or_hang_it(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x.db", TABLE, fill_with_pictures(6), "DELETE FROM pics WHERE id=2", keep_log=True
    )
    rng = random.Random(5)
    originals = {suffix: Path(f"{path}{suffix}").read_bytes() for suffix in ("", "-wal")}
    folder = tmp_path / "damaged"
    folder.mkdir()
    begun = time.monotonic()
    for _ in range(60):
        for suffix, whole in originals.items():
            data = bytearray(whole)
            for _ in range(rng.choice((1, 5, 200))):
                data[rng.randrange(len(data))] = rng.randrange(256)
            (folder / f"x.db{suffix}").write_bytes(data)
        for one, _ in everything(folder):
            assert one.error is None or "Error" not in one.error, one.error
    assert time.monotonic() - begun < 30


def page(kind: int, cells: list[bytes], size: int = 512, start: int = 0, right: int = 0) -> bytes:
    """A page of a table, built from the published layout."""
    out = bytearray(size)
    head = 12 if kind == 5 else 8
    end = size
    for number, cell in enumerate(cells):
        end -= len(cell)
        out[end : end + len(cell)] = cell
        struct.pack_into(">H", out, start + head + 2 * number, end)
    struct.pack_into(">BHHHB", out, start, kind, 0, len(cells), end, 0)
    if kind == 5:
        struct.pack_into(">I", out, start + 8, right)
    return bytes(out)


def database_of(*pages: bytes, size: int = 512) -> bytes:
    """A database whose table `t` has its root on page 2."""
    sql = b"CREATE TABLE t(a)"
    record = bytes((6, 23, 15, 15, 1, 13 + 2 * len(sql))) + b"tablett\x02" + sql
    first = bytearray(page(13, [bytes((len(record), 1)) + record], size, 100))
    first[:100] = b"SQLite format 3\0" + struct.pack(">HBBBBBB", size, 1, 1, 0, 64, 32, 32) + bytes(76)
    struct.pack_into(">I", first, 28, 1 + len(pages))
    struct.pack_into(">I", first, 56, 1)
    return bytes(first) + b"".join(pages)


def test_a_tree_that_is_a_loop_ends() -> None:
    data = database_of(page(5, [struct.pack(">IB", 2, 1)], right=2))
    database = Database(BytesSource(data))
    with pytest.raises(EvidenceError, match="part of two places"):
        list(database.rows(database.tables["t"]))


def test_a_chain_that_is_a_loop_ends(tmp_path: Path) -> None:
    head = picture(1, 300)[:400]
    size = 1 << 20
    record = bytes((5, *_varint(12 + 2 * size))) + head
    record = bytes((1 + len(_varint(12 + 2 * size)),)) + _varint(12 + 2 * size) + head
    local = 39 + (len(_varint(12 + 2 * size)) + 1 + size - 39) % 508
    local = local if local <= 477 else 39
    cell = (
        _varint(len(_varint(12 + 2 * size)) + 1 + size)
        + b"\x01"
        + record[:local].ljust(local, b"\0")
        + struct.pack(">I", 3)
    )
    loop = struct.pack(">I", 3) + bytes(508)
    path = tmp_path / "x.db"
    path.write_bytes(database_of(page(13, [cell]), loop))
    begun = time.monotonic()
    texts = said(everything(path))
    assert time.monotonic() - begun < 2
    assert any("more than the database has" in text for text in texts)


def _varint(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def test_a_list_of_free_pages_that_is_a_loop_is_said(tmp_path: Path) -> None:
    data = bytearray(database_of(page(13, []), struct.pack(">II", 3, 0).ljust(512, b"\0")))
    struct.pack_into(">II", data, 32, 3, 1)
    (tmp_path / "x.db").write_bytes(data)
    assert any("is a loop" in text for text in said(everything(tmp_path / "x.db")))


def test_an_encrypted_database_with_a_plain_header_is_locked(tmp_path: Path) -> None:
    data = database_of(page(13, []))[:32] + os.urandom(8160)
    (tmp_path / "signal.sqlite").write_bytes(data)
    assert any("a password or key is needed" in text for text in said(everything(tmp_path / "signal.sqlite")))


def test_the_guard_for_members_holds(tmp_path: Path) -> None:
    path = written(tmp_path / "x.db", TABLE, fill_with_pictures(9, 16))
    found = everything(path, limits=Limits(members=5))
    assert sum(one.kind is Kind.FILE for one, _ in found) == 6  # the database itself is one
    assert any("cut by the guard “members”" in text for text in said(found))


def test_the_guard_for_time_holds_where_nothing_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "x.db", "CREATE TABLE t(a, b)", lambda connection: connection.executemany(
        "INSERT INTO t VALUES (?, ?)", [(number, "x" * 300) for number in range(5000)]
    ))  # fmt: skip
    texts = said(everything(path, limits=Limits(seconds=0.0)))
    assert any("cut by the guard “seconds”" in text for text in texts)
    assert len(texts) == 1


def test_many_places_that_look_like_rows_take_little_time(tmp_path: Path) -> None:
    junk = b"\x05\x00\x13" + b"\xff\xd8\xff\xe0" * 1000
    path = written(
        tmp_path / "x.db",
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)",
        lambda connection: connection.executemany("INSERT INTO t(b) VALUES (?)", [(b"\0" + junk,)] * 100),
        "DELETE FROM t",
    )
    begun = time.monotonic()
    everything(path)
    assert time.monotonic() - begun < 20


def test_bytes_that_a_program_stored_as_text_are_members_too(tmp_path: Path) -> None:
    path = written(
        tmp_path / "x.db",
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)",
        lambda connection: connection.execute("INSERT INTO t VALUES (1, CAST(? AS TEXT))", (picture(1),)),
        "INSERT INTO t VALUES (2, 'GIF89a is how a GIF begins')",
    )
    assert members(everything(path)) == {"t/1/b.jpg": picture(1), "t/2/b.gif": b"GIF89a is how a GIF begins"}


def test_a_database_of_android_in_a_value_of_another(shared: Path) -> None:
    found = everything(shared / "evidence" / "blob.db")
    inside = {one.place.trail[1:]: content for one, content in found if len(one.place.trail) > 1}
    assert set(inside) == {(b"myblobs/1/blobs.sqlite",)}
    (content,) = inside.values()
    assert content is not None
    assert content.startswith(b"SQLite format 3\0")
    assert not [one.error for one, _ in found if one.error]


def test_rows_come_back_from_a_rollback_journal(tmp_path: Path) -> None:
    path = written(tmp_path / "made.db", TABLE, fill_with_pictures(6))
    kept = tmp_path / "kept"
    kept.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA secure_delete=ON")  # nothing is left in the database itself
    connection.execute("PRAGMA journal_mode=PERSIST")
    connection.execute("DELETE FROM pics WHERE id IN (2, 5)")
    for suffix in ("", "-journal"):
        shutil.copy(f"{path}{suffix}", kept / f"x.db{suffix}")
    connection.close()
    assert (kept / "x.db-journal").read_bytes()[:28] == bytes(28)
    assert {content for _, content, error in deleted(kept) if error is None} == {picture(1), picture(4)}


def test_damaged_journals_never_break_it(tmp_path: Path) -> None:
    path = written(tmp_path / "x.db", TABLE, fill_with_pictures(3))
    rng = random.Random(6)
    for number in range(40):
        head = bytes.fromhex("d9d505f920a163d7") + rng.randbytes(20) if number % 2 else bytes(28)
        pages = b"".join(
            struct.pack(">I", rng.choice((1, 2, 3, 1 << 31))) + path.read_bytes()[:4096] + b"sums"
            for _ in range(9)
        )
        Path(f"{path}-journal").write_bytes(head.ljust(512, b"\0") + pages[: rng.randrange(len(pages))])
        found = everything(tmp_path)
        assert not [one.error for one, _ in found if one.error and "reader failed" in one.error]
        assert (
            len([one for one, _ in found if one.place.state is State.EMBEDDED and one.kind is Kind.FILE]) == 3
        )


def test_a_value_of_a_reserved_type_is_none() -> None:
    head = bytes([4, 10, 11, 1])  # two values of the types that SQLite reserves, then one byte
    record = head + b"\x05"
    payload = Payload(record, len(record), 0, Layout(4_096, "utf-8", 1), lambda number: b"")
    row = Row(1, payload, "utf-8")
    assert [row.value(column) for column in range(3)] == [None, None, 5]
