"""Whatever an intruder does to the store or to the file beside it is found, and the first bad event is named."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from safelight.errors import FormatError
from safelight.governance import verify as module
from safelight.governance.checkpoints import FILE_NAME
from safelight.governance.event import canonical
from safelight.governance.merkle import Frontier, leaf_hash
from safelight.governance.verify import verify
from tests.governance.conftest import Lab, an_event, new_lab

COLUMNS = ("seq", "body", "time", "actor", "verb", "phase", "case_id", "operation")
Row = tuple[object, ...]
N = 24


@contextlib.contextmanager
def a_copy(written: Lab) -> Iterator[Lab]:
    with tempfile.TemporaryDirectory() as folder:
        for name in (written.database.name, FILE_NAME):
            shutil.copy(written.folder / name, folder)
        yield Lab(Path(folder), written.log)


@pytest.fixture
def copied(written: Lab) -> Iterator[Lab]:
    with a_copy(written) as lab:
        yield lab


def rows(lab: Lab) -> list[Row]:
    raw = sqlite3.connect(lab.database)
    found = raw.execute(f"SELECT {', '.join(COLUMNS)} FROM log_event ORDER BY seq").fetchall()
    raw.close()
    return found


def a_row(seq: int, source: int) -> Row:
    """A well-formed event that was never written: all of it derives from its body."""
    new = an_event(source, actor="intruder")
    body = canonical(seq, new)
    time = body.split(b'"time":"')[1][:27].decode()
    return seq, body, time, "intruder", new.verb, new.phase, new.case, new.operation


def put(row: Row) -> tuple[str, Row]:
    return f"INSERT OR REPLACE INTO log_event ({', '.join(COLUMNS)}) VALUES (?,?,?,?,?,?,?,?)", row


def first_difference(before: list[Row], after: list[Row]) -> int | None:
    there = {row[0]: row for row in after}
    for number, row in enumerate(before):
        if there.get(number) != row:
            return number
    return None if len(after) == len(before) else len(before)


def reseal_head(lab: Lab) -> None:
    """What an intruder without the key can do: make the head follow from the altered events."""
    tree = Frontier()
    for _, body, *_ in rows(lab):
        tree.append(leaf_hash(bytes(body)))  # type: ignore[call-overload]
    lab.tamper(("UPDATE log_head SET size = ?, frontier = ?", (tree.size, tree.to_bytes())))


numbers = st.integers(0, N - 1)
Change = Callable[[Lab], None]


def flip(seq: int, place: int, bit: int) -> Change:
    def change(lab: Lab) -> None:
        body = bytearray(next((bytes(row[1]) for row in rows(lab) if row[0] == seq), b""))  # type: ignore[call-overload]
        if body:
            body[place % len(body)] ^= 1 << bit
            lab.tamper(("UPDATE log_event SET body = ? WHERE seq = ?", (bytes(body), seq)))

    return change


def drop(seq: int, count: int) -> Change:
    return lambda lab: lab.tamper(("DELETE FROM log_event WHERE seq >= ? AND seq < ?", (seq, seq + count)))


def truncate(seq: int) -> Change:
    return drop(seq, N)


def swap(one: int, other: int, bodies: bool) -> Change:
    column = "body" if bodies else "seq"

    def change(lab: Lab) -> None:
        if bodies:
            found = {row[0]: row[1] for row in rows(lab)}
            if one in found and other in found:
                pairs = [(found[other], one), (found[one], other)]
                lab.tamper(*[(f"UPDATE log_event SET {column} = ? WHERE seq = ?", pair) for pair in pairs])
        else:
            moves = [(-7, one), (one, other), (other, -7)]
            lab.tamper(*[(f"UPDATE log_event SET {column} = ? WHERE seq = ?", pair) for pair in moves])

    return change


def forge(seq: int, source: int) -> Change:
    return lambda lab: lab.tamper(put(a_row(seq, source)))


def edit(seq: int, column: str, value: object) -> Change:
    return lambda lab: lab.tamper((f"UPDATE log_event SET {column} = ? WHERE seq = ?", (value, seq)))


changes = st.one_of(
    st.builds(flip, numbers, st.integers(0, 500), st.integers(0, 7)),
    st.builds(drop, numbers, st.integers(1, 3)),
    st.builds(truncate, numbers),
    st.builds(swap, numbers, numbers, st.booleans()),
    st.builds(forge, st.integers(0, N + 2), numbers),
    st.builds(
        edit, numbers, st.sampled_from(["time", "actor", "verb", "phase", "case_id", "operation"]),
        st.sampled_from(["someone", "2025-01-01T00:00:00.000000Z", "done", b"bytes", 7, "C-1"]),
    ),
)  # fmt: skip


def test_an_untouched_log_verifies(written: Lab) -> None:
    found = written.verify()
    newest = written.beside.newest()
    assert newest is not None
    assert (found.ok, found.events, found.first_bad, found.reason) == (True, N, None, None)
    assert found.root == newest.root.hex()
    assert found.checkpoint == newest.note().decode()


@settings(deadline=None, max_examples=300)
@given(st.lists(changes, min_size=1, max_size=3), st.booleans())
def test_any_tampering_is_found_and_the_first_bad_event_named(
    written: Lab, tampering: list[Change], resealed: bool
) -> None:
    with a_copy(written) as lab:
        before = rows(lab)
        for change in tampering:
            change(lab)
        if resealed:
            reseal_head(lab)
        expected = first_difference(before, rows(lab))
        found = lab.verify()
        assert found.first_bad == expected
        assert found.ok == (expected is None)


@pytest.mark.parametrize("seq", range(N))
def test_a_well_formed_forgery_in_the_middle_is_pinned_by_the_next_checkpoint(copied: Lab, seq: int) -> None:
    copied.tamper(put(a_row(seq, seq)))
    reseal_head(copied)
    found = copied.verify()
    assert (found.ok, found.first_bad) == (False, seq)


def test_a_log_cut_back_to_an_old_signed_head_is_found(copied: Lab) -> None:
    old = next(one for one in copied.beside if one is not None and one.size == 10)
    tree = Frontier()
    for _, body, *_ in rows(copied)[:10]:
        tree.append(leaf_hash(bytes(body)))  # type: ignore[call-overload]
    truncate(10)(copied)
    head = (10, tree.to_bytes(), old.note())
    copied.tamper(("UPDATE log_head SET size = ?, frontier = ?, checkpoint = ?", head))
    found = copied.verify()
    assert (found.ok, found.events, found.first_bad) == (False, 10, 10)
    assert found.reason == "a checkpoint of 24 events exists, but only 10 are there"

    for number in range(20):  # and goes on being found when the log has grown past it
        copied.append(an_event(number))
    found = copied.verify()
    assert (found.ok, found.first_bad) == (False, 10)


def test_a_log_rewritten_with_the_key_contradicts_what_was_published(copied: Lab, tmp_path: Path) -> None:
    again = new_lab(tmp_path / "again")
    again.log = copied.log
    for number in range(N):
        again.append(an_event(number, actor="intruder" if number == 12 else "x"), publish=False)
    shutil.copy(again.database, copied.database)
    assert copied.verify().first_bad == 0
    engine = create_engine(f"sqlite:///{again.database}")
    with engine.connect() as connection:
        assert not verify(connection, again.log.vkey, []).ok
        kept = [one for one in copied.beside if one is not None and one.size > 12]
        assert verify(connection, again.log.vkey, kept[-1:]).first_bad == 0
    engine.dispose()


def test_everything_gone_is_found(copied: Lab) -> None:
    copied.tamper(("DELETE FROM log_event", ()), ("DELETE FROM log_head", ()))
    assert (copied.verify().ok, copied.verify().first_bad) == (False, 0)
    (copied.folder / FILE_NAME).unlink()
    assert (copied.verify().ok, copied.verify().first_bad) == (False, 0)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM log_head", "the log has no head, or several"),
        ("UPDATE log_head SET size = 23", "the head of the log is not what its checkpoint says"),
        ("UPDATE log_head SET size = 'x'", "the head of the log is not what its checkpoint says"),
        (
            "UPDATE log_head SET frontier = zeroblob(64)",
            "the head of the log does not follow from its events",
        ),
        ("UPDATE log_head SET frontier = 'text'", "the head of the log is not what its checkpoint says"),
        ("UPDATE log_head SET checkpoint = 'text'", "the checkpoint in the store is damaged"),
    ],
)
def test_a_head_that_was_altered_is_found_though_all_events_are_good(
    copied: Lab, statement: str, reason: str
) -> None:
    copied.tamper((statement, ()))
    found = copied.verify()
    assert (found.ok, found.first_bad, found.reason) == (False, None, reason)


def test_a_missing_file_beside_the_store_is_found(copied: Lab) -> None:
    (copied.folder / FILE_NAME).unlink()
    found = copied.verify()
    assert (found.ok, found.first_bad) == (False, None)
    assert found.reason == "the checkpoints beside the store are missing"


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 1 << 20), st.integers(0, 7))
def test_a_flipped_bit_beside_the_store_is_found(written: Lab, place: int, bit: int) -> None:
    with a_copy(written) as lab:
        path = lab.folder / FILE_NAME
        data = bytearray(path.read_bytes())
        last = data.rindex(b"\n\n", 0, -2) - 110  # the newest may look torn, which the store outweighs
        data[place % last] ^= 1 << bit
        path.write_bytes(data)
        found = lab.verify()
        assert (found.ok, found.first_bad) == (False, None)


def test_an_event_and_the_checkpoints_over_it_rewritten_without_the_key_are_found(copied: Lab) -> None:
    copied.tamper(put(a_row(9, 9)))
    reseal_head(copied)
    tree, parts = Frontier(), []
    kept = [one for one in copied.beside if one is not None]
    for one, row in zip(kept, rows(copied), strict=True):
        tree.append(leaf_hash(bytes(row[1])))  # type: ignore[call-overload]
        import base64

        text = one.text.replace(base64.b64encode(one.root), base64.b64encode(tree.root()))
        parts.append(text + b"\n" + one.signatures + b"\n")
    (copied.folder / FILE_NAME).write_bytes(b"".join(parts))
    found = copied.verify()
    assert (found.ok, found.first_bad) == (False, 9)


def test_another_key_verifies_nothing(copied: Lab, tmp_path: Path) -> None:
    other = new_lab(tmp_path / "other")
    found = Lab(copied.folder, other.log).verify()
    assert (found.ok, found.first_bad) == (False, 0)


def test_checkpoints_that_a_second_party_kept_serve_as_well(copied: Lab) -> None:
    kept = [one.note() for one in copied.beside if one is not None and one.size % 8 == 0]
    flip(13, 40, 1)(copied)
    engine = create_engine(f"sqlite:///{copied.database}")
    with engine.connect() as connection:
        assert verify(connection, copied.log.vkey, kept).first_bad in {8, 13}
        assert verify(connection, copied.log.vkey, [b"garbage"]).ok is False
    engine.dispose()


def test_a_database_that_is_damaged_or_none_is_a_finding(copied: Lab) -> None:
    copied.database.write_bytes(b"SQLite format 3\0" + bytes(4000))
    found = copied.verify()
    assert (found.ok, found.first_bad) == (False, 0)
    assert found.reason is not None
    assert found.reason.startswith("the store cannot be read")


def test_a_page_that_is_overwritten_is_a_finding(copied: Lab) -> None:
    data = bytearray(copied.database.read_bytes())
    place = data.rindex(b'"seq":20,')
    data[place // 4096 * 4096 : place // 4096 * 4096 + 64] = b"\xff" * 64
    copied.database.write_bytes(data)
    found = copied.verify()
    assert not found.ok
    assert found.first_bad is not None


def test_where_checkpoints_are_many_a_choice_of_them_is_looked_at_first(
    copied: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROOTS", 6)
    monkeypatch.setattr(module, "_SIGNATURES", 3)
    assert copied.verify().ok
    for seq in range(N):
        with a_copy(copied) as lab:
            lab.tamper(put(a_row(seq, seq)))
            reseal_head(lab)
            assert lab.verify().first_bad == seq


def test_many_events_are_read_by_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from safelight.governance import leaves

    monkeypatch.setattr(leaves, "CHUNK", 64)
    monkeypatch.setattr(leaves, "_WORTH_POOL", 128)
    lab = new_lab(tmp_path)
    engine = create_engine(f"sqlite:///{lab.database}")
    with engine.begin() as connection:
        made = [lab.log.append(connection, an_event(number)) for number in range(500)]
    engine.dispose()
    for event in made[::50] + made[-1:]:
        lab.log.publish(lab.folder, event)
    assert lab.verify(workers=2).ok
    edit(311, "actor", "someone")(lab)
    found = lab.verify(workers=2)
    assert (found.ok, found.first_bad) == (False, 311)


def test_what_others_append_meanwhile_is_no_contradiction(tmp_path: Path) -> None:
    lab = new_lab(tmp_path)
    lab.append(an_event(0))
    stop, wrong = threading.Event(), []

    def watch() -> None:
        while not stop.is_set():
            found = lab.verify()
            if not found.ok:
                wrong.append(found)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(1, 150):
        lab.append(an_event(number))
    stop.set()
    watcher.join()
    assert not wrong
    assert lab.verify().events == 150


def test_a_verifier_key_that_is_none_is_refused(copied: Lab) -> None:
    engine = create_engine(f"sqlite:///{copied.database}")
    with engine.connect() as connection, pytest.raises(FormatError):
        verify(connection, "nonsense", [])
    engine.dispose()
