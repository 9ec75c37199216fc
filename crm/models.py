"""The tables of the customer register, beside those of the engine in one database.

Personal values and files are ciphertext here; the keys lie in a key store of their own (crm/keystore.py).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

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
