"""Transactions, snapshots that lock nobody out, and migrations that make the tables the code speaks of."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from safelight.errors import SafelightError
from safelight.store.database import HEAD, Database
from safelight.store.tables import info, lead, metadata, pdq

MIGRATIONS = Path(__file__).parents[2] / "src/safelight/store/migrations/versions"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(sa.URL.create("sqlite", database=str(tmp_path / "store.db")))
    made.migrate()
    return made


def test_the_migrations_make_the_tables_the_code_speaks_of(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    assert sorted(path.name[:4] for path in MIGRATIONS.glob("[0-9]*.py"))[-1] == HEAD


def test_a_store_of_a_newer_version_is_left_alone(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SafelightError, match="newer"):
        database.migrate()


def test_a_snapshot_sees_one_instant_and_locks_nobody_out(database: Database) -> None:
    count = sa.select(sa.func.count()).select_from(info)
    with database.snapshot() as reading:
        before = reading.scalar(count)
        with database.transaction() as writing:
            writing.execute(sa.insert(info).values(name="a", value="b"))
        assert reading.scalar(count) == before
    with database.snapshot() as reading:
        assert reading.scalar(count) == (before or 0) + 1


def test_a_transaction_is_whole_or_not_at_all(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        connection.execute(sa.insert(info).values(name="a", value="b"))
        raise ZeroDivisionError
    with database.snapshot() as reading:
        assert reading.scalar(sa.select(sa.func.count()).select_from(info)) == 0


def test_what_is_in_an_older_store_is_kept(tmp_path: Path) -> None:
    old = Database(sa.URL.create("sqlite", database=str(tmp_path / "old.db")))
    old.migrate(to="0001")
    with old.transaction() as connection:
        for name in ("L-1", "L-2"):
            connection.execute(
                sa.insert(lead).values(
                    id=name, case_id="C-1", kind="media", sha256=bytes(32), priority=0.5, band="high", stack="S-1",
                    sealed=b"reasons",
                )
            )  # fmt: skip
    old.migrate()
    with old.snapshot() as reading:
        assert reading.scalars(sa.select(lead.c.id).order_by(lead.c.id)).all() == ["L-1", "L-2"]


def test_hashes_of_an_older_store_are_kept_and_can_go_back(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    old = Database(sa.URL.create("sqlite", database=str(tmp_path / "old.db")))
    old.migrate(to="0006")
    with old.transaction() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO signal (case_id, sha256, name, version, pdq, quality, sealed) VALUES "
                "('C-1', :one, 'pdq', '1', :code, 80, :one), ('C-1', :two, 'pdq', '1', NULL, NULL, :one), "
                "('C-1', :one, 'exif', '1', NULL, NULL, :one)"
            ),
            {"one": bytes(32), "two": b"\1" * 32, "code": b"\7" * 32},
        )
    old.migrate()
    with old.snapshot() as reading:
        assert [tuple(row) for row in reading.execute(sa.select(pdq))] == [
            ("C-1", bytes(32), 0, 0, b"\7" * 32, 80, None, None)
        ]
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS.parent))
    with old.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0006")
    with old.snapshot() as reading:
        rows = reading.execute(sa.text("SELECT name, pdq, quality FROM signal ORDER BY name, sha256")).all()
    assert [tuple(row) for row in rows] == [
        ("exif", None, None),
        ("pdq", b"\7" * 32, 80),
        ("pdq", None, None),
    ]
