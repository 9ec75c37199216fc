"""Facts of the register, tiers and their reviews, rewards, scores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "crm_0002_evaluations"
down_revision = "crm_0001_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "award_proposal",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("row_id", sa.String(length=64), nullable=True),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("due_trace", sa.LargeBinary(), nullable=True),
        sa.Column("proposed_by", sa.String(length=255), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("heard_by", sa.String(length=255), nullable=True),
        sa.Column("heard_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("executed_by", sa.String(length=255), nullable=True),
        sa.Column("executed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_proposal")),
        sa.UniqueConstraint("kind", "period", "subject", name=op.f("uq_award_proposal_kind_period_subject")),
    )
    op.create_index("ix_award_proposal_state", "award_proposal", ["state", "proposed_at"], unique=False)
    op.create_table(
        "coupon",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("coupon_no", sa.String(length=32), nullable=False),
        sa.Column("customer_ref", sa.String(length=255), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("push", sa.Boolean(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("coupon_no", name=op.f("uq_coupon_coupon_no")),
    )
    op.create_index(op.f("ix_coupon_customer_ref"), "coupon", ["customer_ref"], unique=False)
    op.create_table(
        "department_score",
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("department", sa.String(length=255), nullable=False),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=255), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("period", "department", name=op.f("pk_department_score")),
    )
    op.create_table(
        "fact",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("period", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", "period", "name", name=op.f("pk_fact")),
    )
    op.create_index("ix_fact_kind_period_subject", "fact", ["kind", "period", "subject"], unique=False)
    op.create_table(
        "loyalty_award",
        sa.Column("customer_ref", sa.String(length=255), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("award", sa.String(length=64), nullable=False),
        sa.Column("contract_ref", sa.String(length=255), nullable=False),
        sa.Column("valid_until", sa.String(length=10), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("customer_ref", "year", name=op.f("pk_loyalty_award")),
    )
    op.create_table(
        "points_entry",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("customer_ref", sa.String(length=255), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("contract_ref", sa.String(length=255), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_entry")),
        sa.UniqueConstraint("cause", "contract_ref", name=op.f("uq_points_entry_cause_contract_ref")),
    )
    op.create_index(op.f("ix_points_entry_customer_ref"), "points_entry", ["customer_ref"], unique=False)
    op.create_table(
        "referral",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("referrer_ref", sa.String(length=255), nullable=False),
        sa.Column("referred_ref", sa.String(length=255), nullable=False),
        sa.Column("contract_ref", sa.String(length=255), nullable=False),
        sa.Column("planned_days", sa.Integer(), nullable=False),
        sa.Column("charged_days", sa.Integer(), nullable=True),
        sa.Column("referred_is_new", sa.Boolean(), nullable=False),
        sa.Column("same_person", sa.Boolean(), nullable=False),
        sa.Column("suspicious", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("row_id", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("counts", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("registered_by", sa.String(length=255), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_by", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("contract_ref", name=op.f("uq_referral_contract_ref")),
    )
    op.create_index(op.f("ix_referral_referrer_ref"), "referral", ["referrer_ref"], unique=False)
    op.create_index(
        "uq_referral_issued",
        "referral",
        ["referred_ref"],
        unique=True,
        sqlite_where=sa.text("state = 'issued'"),
        postgresql_where=sa.text("state = 'issued'"),
    )
    op.create_table(
        "score_target",
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("indicator", sa.String(length=32), nullable=False),
        sa.Column("target_bp", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=255), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("period", "indicator", name=op.f("pk_score_target")),
    )
    op.create_table(
        "settled_rental",
        sa.Column("contract_ref", sa.String(length=255), nullable=False),
        sa.Column("customer_ref", sa.String(length=255), nullable=False),
        sa.Column("charged_days", sa.Integer(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("settled_on", sa.String(length=10), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("contract_ref", name=op.f("pk_settled_rental")),
    )
    op.create_index(
        "ix_settled_rental_customer_ref_settled_on", "settled_rental", ["customer_ref", "settled_on"], unique=False
    )
    op.create_table(
        "tier",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("customer_ref", sa.String(length=255), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=True),
        sa.Column("previous_tier", sa.String(length=16), nullable=True),
        sa.Column("change", sa.String(length=16), nullable=False),
        sa.Column("effective_on", sa.String(length=10), nullable=True),
        sa.Column("valid_until", sa.String(length=10), nullable=True),
        sa.Column("notice_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("row_id", sa.String(length=64), nullable=True),
        sa.Column("mode", sa.String(length=16), nullable=True),
        sa.Column("decision_id", sa.String(length=36), nullable=True),
        sa.Column("review_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier")),
        sa.UniqueConstraint("run_id", "customer_ref", name=op.f("uq_tier_run_id_customer_ref")),
    )
    op.create_index("ix_tier_customer_ref_id", "tier", ["customer_ref", "id"], unique=False)
    op.create_table(
        "tier_review",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("customer_ref", sa.String(length=255), nullable=False),
        sa.Column("tier_id", sa.String(length=36), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.String(length=255), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("due_trace", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_tier", sa.String(length=16), nullable=True),
        sa.Column("proposed_by", sa.String(length=255), nullable=True),
        sa.Column("proposed_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("valid_until", sa.String(length=10), nullable=True),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["tier_id"], ["tier.id"], name=op.f("fk_tier_review_tier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_review")),
    )
    op.create_index("ix_tier_review_customer_ref_state", "tier_review", ["customer_ref", "state"], unique=False)
    op.create_index("ix_tier_review_state_due_at", "tier_review", ["state", "due_at"], unique=False)


def downgrade() -> None:
    for table in (
        "tier_review",
        "tier",
        "settled_rental",
        "score_target",
        "referral",
        "points_entry",
        "loyalty_award",
        "fact",
        "department_score",
        "coupon",
        "award_proposal",
    ):
        op.drop_table(table)
