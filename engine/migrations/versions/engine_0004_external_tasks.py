"""External tasks: who logged in as the worker, and the details of a failure."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "engine_0004_external_tasks"
down_revision = "engine_0003_proposals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("external_task", sa.Column("locked_by", sa.String(length=255), nullable=True))
    op.add_column("external_task", sa.Column("error_details", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("external_task", "error_details")
    op.drop_column("external_task", "locked_by")
