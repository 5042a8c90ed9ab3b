"""A lead is a case's: the same item may be one in two cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make case and id the key of a lead."""
    _again("id", "case_id")


def downgrade() -> None:
    """Make the id alone the key; fails where two cases have the same item."""
    _again("id")


def _again(*key: str) -> None:
    """Make the table anew: SQLite cannot change a primary key."""
    op.drop_index("lead_by_priority", "lead")
    op.rename_table("lead", "lead_before")
    op.create_table(
        "lead",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("band", sa.String(), nullable=False),
        sa.Column("stack", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(*key),
    )
    op.execute(
        "INSERT INTO lead (id, case_id, kind, sha256, priority, band, stack, sealed) "
        "SELECT id, case_id, kind, sha256, priority, band, stack, sealed FROM lead_before"
    )
    op.drop_table("lead_before")
    op.create_index("lead_by_priority", "lead", ["case_id", "priority"], unique=False)
