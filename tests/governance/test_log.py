"""Appending: in the caller's transaction, signed, canonical, never on top of a forged head."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from safelight.errors import IntegrityError, UsageError
from safelight.governance.event import NewEvent, Phase, parse
from safelight.governance.log import events, newest_checkpoint
from safelight.governance.note import Checkpoint, NoteVerifier
from safelight.store.database import Database
from safelight.store.sealing import Sealer
from tests.governance.conftest import Lab, an_event, new_lab


def test_an_event_is_numbered_stamped_and_signed(lab: Lab) -> None:
    before = datetime.now(UTC)
    first, second = lab.append(an_event(0)), lab.append(an_event(1))
    assert (first.seq, second.seq) == (0, 1)
    assert before <= datetime.fromisoformat(second.time) <= datetime.now(UTC)
    assert second.checkpoint is not None
    signed = Checkpoint.parse(second.checkpoint)
    assert signed.size == 2
    assert signed.signed_by(NoteVerifier(lab.log.vkey))


def test_the_body_is_json_with_sorted_keys_and_no_spaces(lab: Lab) -> None:
    event = lab.append(an_event(7, detail={"ü": 1, "a": [True, None]}))
    assert (
        event.body
        == json.dumps(
            json.loads(event.body), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()
    )
    assert parse(event.body, event.checkpoint) == event


def test_the_time_is_utc_with_microseconds_whatever_zone_it_came_in(lab: Lab) -> None:
    time = datetime(2025, 11, 25, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert lab.append(an_event(0, time=time)).time == "2025-11-24T23:00:00.000000Z"


def test_what_is_rolled_back_was_never_appended(lab: Lab) -> None:
    lab.append(an_event(0))
    engine = create_engine(f"sqlite:///{lab.database}")
    with engine.connect() as connection:
        lab.log.append(connection, an_event(1))
        connection.rollback()
    engine.dispose()
    assert lab.append(an_event(2)).seq == 1
    assert lab.verify().ok


@pytest.mark.parametrize(
    "wrong",
    [
        {"detail": {"score": 0.5}},
        {"detail": {"deep": [{"score": 1.0}]}},
        {"detail": {"when": datetime.now(UTC)}},
        {"detail": {1: "number as key"}},
        {"subject": (b"raw",)},
        {"actor": "\udcff"},
        {"proven": 1},
        {"phase": "perhaps"},
        {"detail": {"n": 1 << 70}},
    ],
)
def test_what_has_no_canonical_form_is_refused(lab: Lab, wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        lab.append(an_event(0, **wrong))
    assert lab.append(an_event(0)).seq == 0


def test_a_forged_head_is_never_signed(lab: Lab) -> None:
    for number in range(3):
        lab.append(an_event(number))
    lab.tamper(("UPDATE log_head SET frontier = zeroblob(64)", ()))
    with pytest.raises(IntegrityError, match="altered"):
        lab.append(an_event(3))


def test_a_head_signed_by_another_key_is_never_built_upon(lab: Lab, tmp_path: Path) -> None:
    stranger = new_lab(tmp_path / "other")
    for number in range(3):
        stranger.append(an_event(number))
        lab.append(an_event(number))
    lab.database.write_bytes(stranger.database.read_bytes())
    with pytest.raises(IntegrityError, match="not signed"):
        lab.append(an_event(3))


def test_an_event_forged_ahead_of_the_head_stops_the_log(lab: Lab) -> None:
    lab.append(an_event(0))
    lab.tamper(
        ("INSERT INTO log_event SELECT 1, body, time, actor, verb, phase, NULL, NULL FROM log_event", ())
    )
    with pytest.raises(IntegrityError, match="before it was written"):
        lab.append(an_event(1))


def test_processes_that_append_at_once_take_turns(tmp_path: Path) -> None:
    lab = new_lab(tmp_path)

    def work(start: int) -> None:
        database = Database(f"sqlite:///{lab.database}")
        for number in range(start, start + 10):
            with database.transaction() as connection:
                event = lab.log.append(connection, an_event(number))
            lab.log.publish(lab.folder, event)
        database.close()

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = lab.verify()
    assert (found.ok, found.events, found.reason) == (True, 30, None)


def test_personal_content_is_ciphertext_and_ends_with_its_key(lab: Lab) -> None:
    sealer = Sealer(bytes(32))
    event = lab.append(an_event(0, sealed=None).with_personal(sealer, {"why": "order 12/25 of Judge Miller"}))
    assert b"Miller" not in event.body
    assert event.personal(sealer) == {"why": "order 12/25 of Judge Miller"}
    with pytest.raises(IntegrityError):
        event.personal(Sealer(bytes(31) + b"\1"))
    assert lab.verify().ok


def test_personal_content_does_not_open_under_another_event(lab: Lab) -> None:
    sealer = Sealer(bytes(32))
    said = an_event(0).with_personal(sealer, {"why": "an order"})
    moved = lab.append(an_event(1, sealed=said.sealed))
    with pytest.raises(IntegrityError):
        moved.personal(sealer)


def test_events_are_shown_by_case_verb_actor_phase_time_and_page(written: Lab) -> None:
    engine = create_engine(f"sqlite:///{written.database}")
    with engine.connect() as connection:
        everything = list(events(connection))
        assert [one.seq for one in everything] == list(range(24))
        assert {one.case for one in events(connection, case="C-1")} == {"C-1"}
        assert {one.verb for one in events(connection, verb="scan")} == {"scan"}
        assert {one.actor for one in events(connection, actor="examiner2")} == {"examiner2"}
        assert [one.seq for one in events(connection, operation=f"{5:024x}")] == [5]
        assert not list(events(connection, phase=Phase.REFUSED))
        assert [one.seq for one in events(connection, newest_first=True, limit=2)] == [23, 22]
        assert [one.seq for one in events(connection, start=20)] == [20, 21, 22, 23]
        middle = datetime.fromisoformat(everything[12].time)
        assert [one.seq for one in events(connection, until=middle)] == list(range(12))
        assert [one.seq for one in events(connection, since=middle)] == list(range(12, 24))
        newest = newest_checkpoint(connection)
    engine.dispose()
    assert newest is not None
    assert Checkpoint.parse(newest).size == 24


def test_a_crash_between_commit_and_publish_is_made_good(lab: Lab) -> None:
    lab.append(an_event(0), publish=False)
    assert lab.verify().reason == "the checkpoints beside the store are missing"
    engine = create_engine(f"sqlite:///{lab.database}")
    with engine.connect() as connection:
        lab.log.catch_up(connection, lab.folder)
    engine.dispose()
    assert lab.verify().ok


def test_the_store_may_be_ahead_of_the_file_by_a_crash(lab: Lab) -> None:
    lab.append(an_event(0))
    lab.append(an_event(1), publish=False)
    assert lab.verify().ok


def test_an_event_needs_no_more_than_who_and_what(lab: Lab) -> None:
    assert lab.append(NewEvent("a", "b", "c", False, "doctor")).detail == {}
