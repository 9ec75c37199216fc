"""Four eyes: controlled keys, proposals, and when a version came into force."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "engine_0003_proposals"
down_revision = "engine_0002_closed_tasks"
branch_labels = None
depends_on = None

SANDBOXES = sa.text("release < 0")


def upgrade() -> None:
    op.add_column("definition", sa.Column("released_at", sa.BigInteger(), nullable=True))
    # Until now every deployment was in force at once.
    op.execute(
        "UPDATE definition SET released_at = "
        "(SELECT deployed_at FROM deployment WHERE deployment.id = definition.deployment_id)"
    )
    op.create_index(
        "ix_process_instance_sandbox",
        "process_instance",
        ["id"],
        unique=False,
        sqlite_where=SANDBOXES,
        postgresql_where=SANDBOXES,
    )
    op.create_table(
        "controlled_key",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("declared_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_controlled_key")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("deployment_id", sa.String(length=36), nullable=False),
        sa.Column("draft_release", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("brought", sa.LargeBinary(), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("comment", sa.LargeBinary(), nullable=True),
        sa.Column("effective_at", sa.BigInteger(), nullable=True),
        sa.Column("release", sa.Integer(), nullable=True),
        sa.Column("examination", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=op.f("fk_proposal_deployment_id")),
        sa.ForeignKeyConstraint(["draft_release"], ["release.number"], name=op.f("fk_proposal_draft_release")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("deployment_id", name=op.f("uq_proposal_deployment_id")),
    )
    op.create_index("ix_proposal_state_proposed_at", "proposal", ["state", "proposed_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_proposal_state_proposed_at", table_name="proposal")
    op.drop_table("proposal")
    op.drop_table("controlled_key")
    op.drop_index(
        "ix_process_instance_sandbox",
        table_name="process_instance",
        sqlite_where=SANDBOXES,
        postgresql_where=SANDBOXES,
    )
    op.drop_column("definition", "released_at")
