"""Coupons that were used: for which contract, when, by whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "crm_0004_coupons"
down_revision = "crm_0003_searches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("coupon", sa.Column("redeemed_contract", sa.String(length=255), nullable=True))
    op.add_column("coupon", sa.Column("redeemed_at", sa.BigInteger(), nullable=True))
    op.add_column("coupon", sa.Column("redeemed_by", sa.String(length=255), nullable=True))
    op.create_index(op.f("ix_coupon_redeemed_contract"), "coupon", ["redeemed_contract"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_coupon_redeemed_contract"), "coupon")
    for column in ("redeemed_by", "redeemed_at", "redeemed_contract"):
        op.drop_column("coupon", column)
