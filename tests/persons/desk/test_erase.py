"""Erasing ends in a proof, even where it was killed on the way or somebody was reading; the log keeps no words."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from safelight.errors import BusyError, IntegrityError, KeyMissingError, UsageError
from safelight.governance.log import events
from safelight.persons.desk import erase as erasing
from safelight.persons.keep.people import person_key
from safelight.persons.person import Verdict
from safelight.store.blobs import BlobStore
from safelight.store.tables import person_act
from safelight.workspace import Workspace
from tests.export.person_desk import PersonDesk, desk


class Killed(BaseException):
    """The process ended here."""


@pytest.fixture
def made(open_again: Callable[..., Workspace]) -> PersonDesk:
    return desk(open_again)


@pytest.fixture
def killed(made: PersonDesk, monkeypatch: pytest.MonkeyPatch) -> PersonDesk:
    """An erasure was cut off between the deletion and the pictures."""

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(BlobStore, "delete", die)
        with pytest.raises(Killed):
            made.workspace.erase_person("F-1", order="44 X 7/26")
    return made


def pending(made: PersonDesk) -> int:
    with made.workspace.database.transaction() as connection:
        query = sa.select(sa.func.count()).where(person_act.c.kind == "erasing")
        return int(connection.scalar(query) or 0)


@pytest.fixture
def reader(made: PersonDesk) -> Iterator[Callable[[], None]]:
    """Somebody reads the store, until they are told to end."""
    with closing(sqlite3.connect(made.workspace.folder / "safelight.db", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM person").fetchone()
        yield lambda: other.commit()


def test_nothing_is_pending_after_an_erasure_that_was_proven(made: PersonDesk) -> None:
    pictures = len(set(made.workspace.blobs.ids()))
    erased = made.workspace.erase_person("F-1", order="44 X 7/26")
    assert erased["photographs"] >= 1 and erased["looked_for"] > 0
    assert len(set(made.workspace.blobs.ids())) == pictures - erased["photographs"]
    assert pending(made) == 0


@pytest.mark.parametrize("name", ["F-1", "found:F-1", "id"])
def test_an_erasure_that_was_killed_is_finished_by_the_same_command(killed: PersonDesk, name: str) -> None:
    left = set(killed.workspace.blobs.ids())
    with pytest.raises(UsageError):
        killed.workspace.show_person("F-1")
    erased = killed.workspace.erase_person(killed.found if name == "id" else name, order="44 X 7/26")
    assert (erased["id"], erased["erased"]) == (killed.found, True) and erased["looked_for"] > 0
    assert len(left) - len(set(killed.workspace.blobs.ids())) == erased["photographs"] > 0
    assert pending(killed) == 0


def test_retention_finishes_what_was_killed_too(killed: PersonDesk) -> None:
    left = len(set(killed.workspace.blobs.ids()))
    killed.workspace.retention_run()
    assert pending(killed) == 0 and len(set(killed.workspace.blobs.ids())) < left


def test_what_is_pending_names_nobody_in_clear(killed: PersonDesk) -> None:
    with killed.workspace.database.transaction() as connection:
        row = connection.execute(sa.select(person_act).where(person_act.c.kind == "erasing")).one()
    assert b"F-1" not in row.sealed and b"blobs" not in row.sealed


def test_who_was_never_there_cannot_be_erased(killed: PersonDesk) -> None:
    with pytest.raises(UsageError, match="no person"):
        killed.workspace.erase_person("F-2", order="44 X 7/26")


def test_a_reader_in_the_way_is_waited_for_and_then_said(
    made: PersonDesk, reader: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "_PATIENCE", 0.05)
    with pytest.raises(BusyError) as refused:
        made.workspace.erase_person("F-1", order="44 X 7/26")
    assert "run the same command again" in refused.value.hint and pending(made) == 1
    reader()
    assert made.workspace.erase_person("F-1", order="44 X 7/26")["erased"] is True
    assert pending(made) == 0


def test_somebody_enrolled_again_before_the_first_erasure_was_proven_is_erased_with_both(
    killed: PersonDesk,
) -> None:
    from safelight.persons.person import Status
    from tests.export.person_desk import FOUND

    killed.enrol("F-1", Status.FOUND, FOUND)
    before = len(set(killed.workspace.blobs.ids()))
    erased = killed.workspace.erase_person("F-1", order="44 X 7/26")
    assert erased["keys"] >= 4 and len(set(killed.workspace.blobs.ids())) == before - erased["photographs"]
    assert pending(killed) == 0


def test_words_of_an_answer_are_in_no_event_that_outlives_the_two(made: PersonDesk) -> None:
    opened = made.workspace
    opened.answer_review(made.candidate, Verdict.SAME, note="secret note")
    opened.update_person("M-1", changes={"eyes": "brown"}, reason="secret reason")
    opened.withdraw_person("M-1", reason="secret reason")
    opened.show_person("M-1")
    verbs = ("persons review answer", "persons update", "persons withdraw", "persons show")
    with opened.database.transaction() as connection:
        found = [one for one in events(connection) if one.verb in verbs]
        case_sealer = opened.keys.sealer(connection, made.case)
        own = opened.keys.sealer(connection, person_key(made.missing))
    assert len(found) == len(verbs)
    for event in found:
        assert event.personal(own)["asked"] and "secret note" not in str(event.personal(own))
        with pytest.raises(IntegrityError):
            event.personal(case_sealer)
    opened.erase_person("M-1", order="44 X 7/26")
    with opened.database.transaction() as connection, pytest.raises(KeyMissingError):
        opened.keys.sealer(connection, person_key(made.missing))
