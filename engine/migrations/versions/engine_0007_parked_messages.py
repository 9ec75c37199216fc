"""Jobs: the message that a delivery carries, so that whoever begins to wait for it finds it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "engine_0007_parked_messages"
down_revision = "engine_0006_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("message_name", sa.String(length=255), nullable=True))
    op.add_column("job", sa.Column("message_key", sa.String(length=255), nullable=True))
    op.create_index(
        "ix_job_message_name",
        "job",
        ["message_name"],
        sqlite_where=sa.text("message_name IS NOT NULL"),
        postgresql_where=sa.text("message_name IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_job_message_name", table_name="job")
    op.drop_column("job", "message_key")
    op.drop_column("job", "message_name")
