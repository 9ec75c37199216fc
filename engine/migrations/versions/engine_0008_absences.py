"""Absences with their substitutes, and for whom somebody acts on a task."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "engine_0008_absences"
down_revision = "engine_0007_parked_messages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("substitute_id", sa.String(length=255), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["substitute_id"], ["app_user.id"], name=op.f("fk_absence_substitute_id_app_user")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_absence_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_substitute_id_until_at", "absence", ["substitute_id", "until_at"])
    op.create_index("ix_absence_user_id_until_at", "absence", ["user_id", "until_at"])
    op.add_column("user_task", sa.Column("acting_for", sa.String(length=255), nullable=True))


def downgrade() -> None:
    op.drop_column("user_task", "acting_for")
    op.drop_table("absence")
