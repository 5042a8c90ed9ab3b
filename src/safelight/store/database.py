"""The one connection to the store: SQLite in WAL mode by default, migrations applied on opening."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

from safelight import logs
from safelight.errors import SafelightError
from safelight.store.tables import metadata

HEAD = "0009"
"""The newest migration; a test holds it against the migrations folder."""


class Database:
    """Transactions over the store. Writers take the write lock at once, so that none fails half-way."""

    def __init__(self, url: sa.URL | str) -> None:
        self.engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _sqlite_pragmas)
            sa.event.listen(self.engine, "begin", _begin_immediate)
        self._connection: sa.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Run a block in one transaction: committed at its end, rolled back on any error."""
        if self._connection is None:
            self._connection = self.engine.connect()
        with self._connection.begin():
            yield self._connection

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """Read the store as it stands at the first look, on a connection of its own that locks nobody out."""
        with self.engine.connect().execution_options(reads_only=True) as connection, connection.begin():
            yield connection

    def migrate(self, to: str = HEAD) -> None:
        """Bring the tables to the newest form (or that of `to`); a no-op, and no import of Alembic, when they are."""
        if self._revision() == to:
            return
        logs.info("migration", version=to)
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)

    def _revision(self) -> str | None:
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        if found is not None and found > HEAD:
            raise SafelightError(
                f"This workspace was written by a newer Safelight (store version {found}, this one knows {HEAD}).",
                "Update Safelight.",
            )
        return found

    def shrink_wal(self, *, patience: float | None = None) -> bool:
        """Write the WAL back and empty it, so that deleted keys are not left in it.

        Returns False where somebody who reads stood in the way for `patience` seconds (a minute).
        """
        if self.engine.dialect.name != "sqlite":
            return True
        with self.engine.connect() as connection:
            cursor = connection.connection.cursor()
            if patience is not None:
                cursor.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
            return not cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()


def _sqlite_pragmas(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # SQLAlchemy begins; the driver must not
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=60000")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a checkpoint beside the store must never be ahead of it
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # a destroyed key is overwritten, not only unlinked
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


__all__ = ["HEAD", "Database", "metadata"]
