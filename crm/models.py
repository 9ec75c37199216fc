"""The tables of the customer register, beside those of the engine in one database.

Personal values and files are ciphertext here; the keys lie in a key store of their own (crm/keystore.py).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    text,
)

from engine.models import ID, NAME, metadata

# One encrypted value. `ciphertext` begins with its nonce; its SHA-256 is the digest in references.
# `subject` is the person (a customer, else the case) whose key `key_id` was used.
personal_value = Table(
    "personal_value",
    metadata,
    Column("ref", ID, primary_key=True),
    Column("subject", NAME, nullable=False, index=True),
    Column("data_class", String(16), nullable=False),
    Column("key_id", ID, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# One uploaded file: `sha256` and `size` as uploaded; `stored_sha256` names the encrypted file.
attachment = Table(
    "attachment",
    metadata,
    Column("id", ID, primary_key=True),
    Column("process_instance_id", ID, ForeignKey("process_instance.id"), nullable=False, index=True),
    Column("subject", NAME, nullable=False, index=True),
    Column("key_id", ID, nullable=False),
    Column("type", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("stored_sha256", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", NAME, nullable=False),
)

# What a case is found by without the value being readable: `digest` is a keyed hash (crm/searches.py) of a plate, of
# each of its beginnings, or of a case number. The rows of a person go when the person is erased.
search_term = Table(
    "search_term",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("root_id", ID, primary_key=True),
    Column("subject", NAME, nullable=False, index=True),
)

# A message that waits to be sent, by reference only: the sender looks up address and text when it sends.
# `recipient_kind` is customer (recipient = customer_ref) or role. `state`: queued, sent, suppressed, failed.
notification = Table(
    "notification",
    metadata,
    Column("id", ID, primary_key=True),
    Column("recipient_kind", String(16), nullable=False),
    Column("recipient", NAME, nullable=False),
    Column("template", NAME, nullable=False),
    Column("process_instance_id", ID, ForeignKey("process_instance.id"), nullable=False, index=True),
    Column("element_id", NAME, nullable=False),
    Column("case_reference", NAME),
    Column("state", String(16), nullable=False, default="queued"),
    Column("reason", NAME),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("tries", Integer, nullable=False, default=0),
    Index("ix_notification_state_created_at", "state", "created_at"),
)

# What was put aside at the end of a case: its variables, personal ones as references, and their SHA-256.
archive_entry = Table(
    "archive_entry",
    metadata,
    Column("id", ID, primary_key=True),
    Column("process_instance_id", ID, ForeignKey("process_instance.id"), nullable=False, index=True),
    Column("element_id", NAME, nullable=False),
    Column("business_key", NAME),
    Column("snapshot", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# ------------------------------------------------------------ facts, tiers, rewards, scores

# What the register knows of a customer, a department or an agent for a period: numbers only (fen, counts, basis
# points), never personal data. A fact that is not there is unknown, which is not 0.
fact = Table(
    "fact",
    metadata,
    Column("kind", String(16), primary_key=True),  # customer, department, agent
    Column("subject", NAME, primary_key=True),
    Column("period", String(32), primary_key=True),  # 2025-07-01/2026-06-30, 2026Q3, 2026-07 or ever
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("source", NAME, nullable=False),
    Column("recorded_by", NAME, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_fact_kind_period_subject", "kind", "period", "subject"),
)

# Every evaluation of a customer, and what people decided instead. `change`: first, unchanged, up, down, pending (the
# notice of a downgrade runs already), no_result, imported, override. Days are ISO dates in Shanghai. `tier` is what
# the row makes stand from `effective_on` on (to `valid_until`, for an override); a row without `effective_on` changes
# nothing. `withdrawn_at`: a downgrade that was told but did not come about.
tier = Table(
    "tier",
    metadata,
    Column("id", ID, primary_key=True),
    Column("run_id", String(64)),
    Column("customer_ref", NAME, nullable=False),
    Column("tier", String(16)),
    Column("previous_tier", String(16)),
    Column("change", String(16), nullable=False),
    Column("effective_on", String(10)),
    Column("valid_until", String(10)),
    Column("notice_at", BigInteger),
    Column("withdrawn_at", BigInteger),
    Column("review", Boolean, nullable=False, default=False),
    Column("row_id", String(64)),
    Column("mode", String(16)),
    Column("decision_id", ID),
    Column("review_id", ID),
    Column("at", BigInteger, nullable=False),
    Column("by", NAME, nullable=False),
    Index("ix_tier_customer_ref_id", "customer_ref", "id"),
    UniqueConstraint("run_id", "customer_ref"),
)

# A person looks at a tier: because of the flag, because the customer asked, or because an indicator is missing.
# state: open, proposed, decided. `reason` is a reference into the vault.
tier_review = Table(
    "tier_review",
    metadata,
    Column("id", ID, primary_key=True),
    Column("customer_ref", NAME, nullable=False),
    Column("tier_id", ID, ForeignKey("tier.id"), nullable=False),
    Column("cause", String(16), nullable=False),  # flag, asked, missing
    Column("state", String(16), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("opened_by", NAME, nullable=False),
    Column("due_at", BigInteger),  # NULL while the calendar year that it needs is not loaded
    Column("due_trace", LargeBinary, nullable=False),
    Column("proposed_tier", String(16)),
    Column("proposed_by", NAME),
    Column("proposed_at", BigInteger),
    Column("reason", LargeBinary),
    Column("valid_until", String(10)),
    Column("decided_by", NAME),
    Column("decided_at", BigInteger),
    Column("outcome", String(16)),  # confirmed, overridden, declined, withdrawn
    Index("ix_tier_review_customer_ref_state", "customer_ref", "state"),
    Index("ix_tier_review_state_due_at", "state", "due_at"),
)

# A rental that was completed and settled: what counts for points, the loyalty award and "new customer".
settled_rental = Table(
    "settled_rental",
    metadata,
    Column("contract_ref", NAME, primary_key=True),
    Column("customer_ref", NAME, nullable=False),
    Column("charged_days", Integer, nullable=False),
    Column("paid_fen", BigInteger, nullable=False),
    Column("settled_on", String(10), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", NAME, nullable=False),
    Index("ix_settled_rental_customer_ref_settled_on", "customer_ref", "settled_on"),
)

# state: registered, issued, none, cancelled, review. At most one referral of a person is ever rewarded.
referral = Table(
    "referral",
    metadata,
    Column("id", ID, primary_key=True),
    Column("referrer_ref", NAME, nullable=False, index=True),
    Column("referred_ref", NAME, nullable=False),
    Column("contract_ref", NAME, nullable=False, unique=True),
    Column("planned_days", Integer, nullable=False),
    Column("charged_days", Integer),
    Column("referred_is_new", Boolean, nullable=False),
    Column("same_person", Boolean, nullable=False),
    Column("suspicious", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("row_id", String(64)),
    Column("reason", String(64)),
    Column("counts", Integer, nullable=False, default=0),
    Column("decision_id", ID),
    Column("registered_at", BigInteger, nullable=False),
    Column("registered_by", NAME, nullable=False),
    Column("closed_at", BigInteger),
    Column("reviewed_by", NAME),
    Index(
        "uq_referral_issued",
        "referred_ref",
        unique=True,
        sqlite_where=text("state = 'issued'"),
        postgresql_where=text("state = 'issued'"),
    ),
)

# `push` says whether the customer may be told of it without being asked (a subscription, DT-17).
coupon = Table(
    "coupon",
    metadata,
    Column("id", ID, primary_key=True),
    Column("coupon_no", String(32), nullable=False, unique=True),
    Column("customer_ref", NAME, nullable=False, index=True),
    Column("amount_fen", BigInteger, nullable=False),
    Column("cause", String(16), nullable=False),  # referrer, referred, points
    Column("source_id", ID, nullable=False),  # the referral or the exchange
    Column("decision_id", ID, nullable=False),
    Column("push", Boolean, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("valid_until", String(10), nullable=False),
    Column("redeemed_contract", NAME, index=True),  # NULL until it is used
    Column("redeemed_at", BigInteger),
    Column("redeemed_by", NAME),
)

points_entry = Table(
    "points_entry",
    metadata,
    Column("id", ID, primary_key=True),
    Column("customer_ref", NAME, nullable=False, index=True),
    Column("cause", String(16), nullable=False),  # rating, exchange, reversal
    Column("contract_ref", NAME),
    Column("points", BigInteger, nullable=False),
    Column("decision_id", ID),
    Column("at", BigInteger, nullable=False),
    Column("by", NAME, nullable=False),
    UniqueConstraint("cause", "contract_ref"),  # one rating and one reversal for a rental
)

loyalty_award = Table(
    "loyalty_award",
    metadata,
    Column("customer_ref", NAME, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("award", String(64), nullable=False),
    Column("contract_ref", NAME, nullable=False),
    Column("valid_until", String(10), nullable=False),
    Column("decision_id", ID, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# Targets in basis points; what is set after the period began does not count.
score_target = Table(
    "score_target",
    metadata,
    Column("period", String(16), primary_key=True),
    Column("indicator", String(32), primary_key=True),
    Column("target_bp", Integer, nullable=False),
    Column("set_by", NAME, nullable=False),
    Column("set_at", BigInteger, nullable=False),
)

# `points` is in hundredths; `body` holds inputs, points per indicator and where each value came from.
department_score = Table(
    "department_score",
    metadata,
    Column("period", String(16), primary_key=True),
    Column("department", NAME, primary_key=True),
    Column("points", Integer),
    Column("rank", Integer),
    Column("body", LargeBinary, nullable=False),
    Column("decision_id", ID, nullable=False),
    Column("state", String(16), nullable=False),  # frozen, confirmed
    Column("at", BigInteger, nullable=False),
    Column("confirmed_by", NAME),
    Column("confirmed_at", BigInteger),
)

# What follows from scores and ratings, as proposals that people decide. kind: team_award, rectification, service_star,
# promotion, penalty. state: proposed, heard, confirmed, declined, executed. `reason` is a reference into the vault.
award_proposal = Table(
    "award_proposal",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("period", String(16), nullable=False),
    Column("subject", NAME, nullable=False),
    Column("amount_fen", BigInteger),
    Column("state", String(16), nullable=False),
    Column("row_id", String(64)),
    Column("decision_id", ID),
    Column("due_at", BigInteger),
    Column("due_trace", LargeBinary),
    Column("proposed_by", NAME, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("reason", LargeBinary),
    Column("heard_by", NAME),
    Column("heard_at", BigInteger),
    Column("decided_by", NAME),
    Column("decided_at", BigInteger),
    Column("executed_by", NAME),
    Column("executed_at", BigInteger),
    UniqueConstraint("kind", "period", "subject"),
    Index("ix_award_proposal_state", "state", "proposed_at"),
)
