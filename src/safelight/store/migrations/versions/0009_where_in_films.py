"""Matches of films keep where in the film the frames lie that are like the entry's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Times in seconds; what was looked at and matched before, pictures and digests have none."""
    op.add_column("match", sa.Column("begins", sa.Float(), nullable=True))
    op.add_column("match", sa.Column("ends", sa.Float(), nullable=True))
    op.add_column("pdq", sa.Column("position", sa.Float(), nullable=True))


def downgrade() -> None:
    """Without the times."""
    op.drop_column("pdq", "position")
    op.drop_column("match", "ends")
    op.drop_column("match", "begins")
