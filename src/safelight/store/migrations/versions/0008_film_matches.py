"""Matches of films keep how much of the item and of the entry agree."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Two shares in percent; matches of pictures and digests have none."""
    op.add_column("match", sa.Column("of_item", sa.Integer(), nullable=True))
    op.add_column("match", sa.Column("of_entry", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Without the shares."""
    op.drop_column("match", "of_entry")
    op.drop_column("match", "of_item")
