"""What cases are found by: keyed hashes of plates and case numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "crm_0003_searches"
down_revision = "crm_0002_evaluations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_term",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("root_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("kind", "digest", "root_id", name=op.f("pk_search_term")),
    )
    op.create_index(op.f("ix_search_term_subject"), "search_term", ["subject"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_search_term_subject"), table_name="search_term")
    op.drop_table("search_term")
