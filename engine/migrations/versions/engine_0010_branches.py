"""Branches of people and of cases."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "engine_0010_branches"
down_revision = "engine_0009_claims"
branch_labels = None
depends_on = None

LENGTH = 64


def upgrade() -> None:
    op.create_table(
        "user_branch",
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("branch_id", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_user_branch_user_id_app_user")),
        sa.PrimaryKeyConstraint("user_id", "branch_id", name=op.f("pk_user_branch")),
    )
    op.add_column("process_instance", sa.Column("branch_id", sa.String(length=255), nullable=True))
    op.create_index("ix_process_instance_branch_id", "process_instance", ["branch_id"])
    _fill()


def _fill() -> None:
    """Cases that run or ran already say their branch in their variable, whose values are stored as JSON."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT root_id, value, deleted FROM variable_update WHERE name = 'branch_id' AND scope_id = '' ORDER BY id"
        )
    )
    branches = {root_id: None if deleted else json.loads(bytes(value)) for root_id, value, deleted in found.all()}
    rows = [
        {"root_id": root_id, "branch": branch}
        for root_id, branch in branches.items()
        if isinstance(branch, str) and 1 <= len(branch) <= LENGTH and branch.isprintable() and branch == branch.strip()
    ]
    if rows:
        connection.execute(sa.text("UPDATE process_instance SET branch_id = :branch WHERE id = :root_id"), rows)


def downgrade() -> None:
    op.drop_index("ix_process_instance_branch_id", table_name="process_instance")
    op.drop_column("process_instance", "branch_id")
    op.drop_table("user_branch")
