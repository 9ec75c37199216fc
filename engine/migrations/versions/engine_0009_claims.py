"""When the identity provider issued the claims that a user's row mirrors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "engine_0009_claims"
down_revision = "engine_0008_absences"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("app_user", sa.Column("claims_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("app_user", "claims_at")
