"""A hash set that was replaced or removed stays known while matches of a case cite it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the time of its retirement; names are unique among sets in use only."""
    _again(sa.Column("retired_at", sa.String(), nullable=True))


def downgrade() -> None:
    """Forget retired sets and what cites them."""
    op.execute(
        'DELETE FROM "match" WHERE hash_set_id IN (SELECT id FROM hash_set WHERE retired_at IS NOT NULL)'
    )
    op.execute("DELETE FROM hash_set WHERE retired_at IS NOT NULL")
    _again(sa.UniqueConstraint("name"))


def _again(last: sa.Column[str] | sa.UniqueConstraint) -> None:
    """Make the table anew: SQLite cannot drop a constraint."""
    op.rename_table("hash_set", "hash_set_before")
    op.create_table(
        "hash_set",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=True),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("source_sha256", sa.String(), nullable=False),
        sa.Column("imported_at", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        last,
    )
    op.execute(
        "INSERT INTO hash_set (id, name, kind, format, scheme, records, source_sha256, imported_at, folder) "
        "SELECT id, name, kind, format, scheme, records, source_sha256, imported_at, folder FROM hash_set_before"
    )
    op.drop_table("hash_set_before")
