"""The register: vault, attachments, notifications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "crm_0001_initial"
down_revision = None
branch_labels = ("crm",)
depends_on = "engine_0001_initial"


def upgrade() -> None:
    op.create_table(
        "personal_value",
        sa.Column("ref", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("data_class", sa.String(length=16), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_personal_value")),
    )
    op.create_index(op.f("ix_personal_value_subject"), "personal_value", ["subject"], unique=False)
    op.create_table(
        "archive_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("process_instance_id", sa.String(length=36), nullable=False),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("business_key", sa.String(length=255), nullable=True),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_id"], ["process_instance.id"], name=op.f("fk_archive_entry_process_instance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_entry")),
    )
    op.create_index(
        op.f("ix_archive_entry_process_instance_id"), "archive_entry", ["process_instance_id"], unique=False
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("process_instance_id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stored_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_id"], ["process_instance.id"], name=op.f("fk_attachment_process_instance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_process_instance_id"), "attachment", ["process_instance_id"], unique=False)
    op.create_index(op.f("ix_attachment_subject"), "attachment", ["subject"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recipient_kind", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=255), nullable=False),
        sa.Column("template", sa.String(length=255), nullable=False),
        sa.Column("process_instance_id", sa.String(length=36), nullable=False),
        sa.Column("element_id", sa.String(length=255), nullable=False),
        sa.Column("case_reference", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_id"], ["process_instance.id"], name=op.f("fk_notification_process_instance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    op.create_index(op.f("ix_notification_process_instance_id"), "notification", ["process_instance_id"], unique=False)
    op.create_index("ix_notification_state_created_at", "notification", ["state", "created_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_notification_state_created_at", table_name="notification")
    op.drop_index(op.f("ix_notification_process_instance_id"), table_name="notification")
    op.drop_table("notification")
    op.drop_index(op.f("ix_attachment_subject"), table_name="attachment")
    op.drop_index(op.f("ix_attachment_process_instance_id"), table_name="attachment")
    op.drop_table("attachment")
    op.drop_index(op.f("ix_archive_entry_process_instance_id"), table_name="archive_entry")
    op.drop_table("archive_entry")
    op.drop_index(op.f("ix_personal_value_subject"), table_name="personal_value")
    op.drop_table("personal_value")
