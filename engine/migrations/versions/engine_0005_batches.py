"""Batches: one operation on many instances, done by jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "engine_0005_batches"
down_revision = "engine_0004_external_tasks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )


def downgrade() -> None:
    op.drop_table("batch")
