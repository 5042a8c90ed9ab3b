"""A log of one workspace in a folder, and what an intruder with the files (but no key) can do to it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine

from safelight.governance.checkpoints import FILE_NAME, CheckpointFile
from safelight.governance.event import Event, NewEvent
from safelight.governance.log import AuditLog
from safelight.governance.verify import Verification, verify
from safelight.store.tables import metadata

ORIGIN = "safelight.test/W-1"


def an_event(number: int, **other: object) -> NewEvent:
    """One of the events that real verbs write."""
    known: dict[str, object] = {
        "actor": f"examiner{number % 3}",
        "os_account": "lab",
        "host": "station-4",
        "proven": True,
        "verb": ("scan", "leads", "decide")[number % 3],
        "phase": "done",
        "case": f"C-{number % 2}" if number % 5 else None,
        "operation": f"{number:024x}",
        "subject": (f"{number:064x}",),
        "detail": {"files": number, "versions": ["1.0", {"model": None}]},
        "sealed": bytes(range(number % 60)) or None,
    }
    return NewEvent(**{**known, **other})  # type: ignore[arg-type]


@dataclass
class Lab:
    """A store with its log and the checkpoints beside it."""

    folder: Path
    log: AuditLog

    @property
    def database(self) -> Path:
        return self.folder / "safelight.db"

    @property
    def beside(self) -> CheckpointFile:
        return CheckpointFile(self.folder / FILE_NAME)

    def append(self, new: NewEvent, *, publish: bool = True) -> Event:
        engine = create_engine(f"sqlite:///{self.database}")
        with engine.begin() as connection:
            event = self.log.append(connection, new)
        engine.dispose()
        if publish:
            self.log.publish(self.folder, event)
        return event

    def verify(self, **options: int) -> Verification:
        engine = create_engine(f"sqlite:///{self.database}")
        with engine.connect() as connection:
            found = verify(connection, self.log.vkey, self.beside, **options)
        engine.dispose()
        return found

    def tamper(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        raw = sqlite3.connect(self.database)
        for statement in statements:
            raw.execute(*statement)
        raw.commit()
        raw.close()


def new_lab(folder: Path) -> Lab:
    folder.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{folder / 'safelight.db'}")
    metadata.create_all(engine)
    engine.dispose()
    return Lab(folder, AuditLog(Ed25519PrivateKey.generate(), ORIGIN))


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """An empty log."""
    return new_lab(tmp_path)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A log of 24 events, each with its checkpoint; copied before it is tampered with."""
    made = new_lab(tmp_path_factory.mktemp("log"))
    for number in range(24):
        made.append(an_event(number))
    return made
