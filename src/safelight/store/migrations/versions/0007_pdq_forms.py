"""PDQ hashes in a table of their own: several an item, with their mirrored forms; matches say which form it was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Take the hashes over, each as it was: the next scan computes the forms that they lack."""
    op.create_table(
        "pdq",
        sa.Column("case_id", sa.String(), primary_key=True),
        sa.Column("sha256", sa.LargeBinary(32), primary_key=True),
        sa.Column("frame", sa.Integer(), primary_key=True),
        sa.Column("trimmed", sa.Integer(), primary_key=True),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=False),
        sa.Column("mirrored", sa.LargeBinary(96), nullable=True),
    )
    op.execute(
        "INSERT INTO pdq (case_id, sha256, frame, trimmed, hash, quality) "
        "SELECT case_id, sha256, 0, 0, pdq, quality FROM signal WHERE name = 'pdq' AND pdq IS NOT NULL"
    )
    op.drop_column("signal", "pdq")
    op.drop_column("signal", "quality")
    op.add_column("match", sa.Column("form", sa.String(), nullable=False, server_default="identity"))


def downgrade() -> None:
    """Keep the one hash of each picture as it stands."""
    op.drop_column("match", "form")
    op.add_column("signal", sa.Column("pdq", sa.LargeBinary(32), nullable=True))
    op.add_column("signal", sa.Column("quality", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE signal SET pdq = (SELECT hash FROM pdq WHERE pdq.case_id = signal.case_id "
        "AND pdq.sha256 = signal.sha256 AND pdq.frame = 0 AND pdq.trimmed = 0) WHERE name = 'pdq'"
    )
    op.execute(
        "UPDATE signal SET quality = (SELECT quality FROM pdq WHERE pdq.case_id = signal.case_id "
        "AND pdq.sha256 = signal.sha256 AND pdq.frame = 0 AND pdq.trimmed = 0) WHERE name = 'pdq'"
    )
    op.drop_table("pdq")
