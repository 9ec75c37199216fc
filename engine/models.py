"""The engine's tables (SQLAlchemy Core).

Ids are UUIDv7 text, instants UTC integer microseconds, bodies bytes exactly as they were written. Two tables carry
the truth: `process_instance` (state, revision, head of the chain) and `history_event` (the chain). The others are
what lists and jobs need of it, written in the same transaction.
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
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = String(36)
NAME = String(255)


def _id() -> Column[str]:
    return Column("id", ID, primary_key=True)


# ------------------------------------------------------------ definitions and releases

deployment = Table(
    "deployment",
    metadata,
    _id(),
    Column("name", NAME, nullable=False),
    Column("source", NAME),
    Column("deployed_at", BigInteger, nullable=False),
    Column("deployed_by", NAME, nullable=False),
)

resource = Table(
    "resource",
    metadata,
    _id(),
    Column("deployment_id", ID, ForeignKey("deployment.id"), nullable=False, index=True),
    Column("name", NAME, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("deployment_id", "name"),
)

# One row per deployed version of a diagram, table or form. `kind` is process, decision or form; all decisions of one
# DMN file share its resource.
definition = Table(
    "definition",
    metadata,
    _id(),
    Column("kind", String(16), nullable=False),
    Column("key", NAME, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", NAME),
    Column("name_en", NAME),
    Column("version_tag", NAME),
    Column("deployment_id", ID, ForeignKey("deployment.id"), nullable=False, index=True),
    Column("resource_id", ID, ForeignKey("resource.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("history_ttl_days", Integer),
    Column("suspended", Boolean, nullable=False, default=False),
    Column("released_at", BigInteger),  # when it came into force; NULL for what is only proposed
    UniqueConstraint("kind", "key", "version"),
)

# A release numbers all diagrams, forms and tables that are in force together: `contents` is JSON
# {kind: {key: definition id}}. An instance pins the release under which it started. Numbers below zero are the
# drafts of proposals: what would be in force if they were approved. An instance under a draft runs in a sandbox.
release = Table(
    "release",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("deployment_id", ID, ForeignKey("deployment.id"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", NAME, nullable=False),
    Column("contents", LargeBinary, nullable=False),
)

# Keys whose releases need a second person, from their first approved release on.
controlled_key = Table(
    "controlled_key",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("key", NAME, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("declared_by", NAME, nullable=False),
)

# A deployment that waits for a second person. state: open, scheduled, released, rejected, overtaken. `brought` is JSON
# {kind: {key: [definition id, id of the version in force when it was proposed or null]}}.
proposal = Table(
    "proposal",
    metadata,
    _id(),
    Column("deployment_id", ID, ForeignKey("deployment.id"), nullable=False, unique=True),
    Column("draft_release", Integer, ForeignKey("release.number"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("author", NAME, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("brought", LargeBinary, nullable=False),
    Column("decided_by", NAME),
    Column("decided_at", BigInteger),
    Column("comment", LargeBinary),  # reference into the vault, because people write names into comments
    Column("effective_at", BigInteger),
    Column("release", Integer),  # the release that it made, once it is in force
    Column("examination", LargeBinary),  # what was checked for the decision, as JSON
    Index("ix_proposal_state_proposed_at", "state", "proposed_at"),
)

# ------------------------------------------------------------ instances and what they wait for

process_instance = Table(
    "process_instance",
    metadata,
    _id(),
    Column("root_id", ID, nullable=False, index=True),
    Column("parent_id", ID),
    Column("definition_id", ID, ForeignKey("definition.id"), nullable=False),
    Column("definition_key", NAME, nullable=False),
    Column("release", Integer, nullable=False),
    Column("business_key", NAME, index=True),
    Column("customer_ref", NAME, index=True),
    Column("branch_id", NAME, index=True),  # of the root; NULL for called instances
    Column("state", String(32), nullable=False),  # ACTIVE SUSPENDED COMPLETED EXTERNALLY_/INTERNALLY_TERMINATED
    Column("started_at", BigInteger, nullable=False),
    Column("started_by", NAME, nullable=False),
    Column("ended_at", BigInteger),
    Column("end_event", NAME),
    Column("delete_reason", Text),
    Column("revision", Integer, nullable=False, default=0),
    Column("state_body", LargeBinary),  # engine.bpmn state; NULL for called instances and once ended
    Column("deadlines_body", LargeBinary),  # the deadlines still running, as JSON, so that no statement reads them
    Column("chain_count", Integer, nullable=False, default=0),
    Column("chain_head", LargeBinary(32)),
    Column("chain_mac", LargeBinary(32)),
    Index("ix_process_instance_definition_state", "definition_key", "state", "started_at"),
    # Lists leave sandboxes out; there are few of them.
    Index(
        "ix_process_instance_sandbox",
        "id",
        sqlite_where=text("release < 0"),
        postgresql_where=text("release < 0"),
    ),
)

user_task = Table(
    "user_task",
    metadata,
    _id(),
    Column("process_instance_id", ID, nullable=False),
    Column("root_id", ID, ForeignKey("process_instance.id"), nullable=False, index=True),
    Column("definition_id", ID, nullable=False),
    Column("definition_key", NAME, nullable=False),
    Column("element_id", NAME, nullable=False),
    Column("activity_id", ID, nullable=False),
    Column("scope_id", String(64), nullable=False, default=""),
    Column("name", NAME, nullable=False),
    Column("name_en", NAME, nullable=False, default=""),
    Column("business_key", NAME),
    Column("customer_ref", NAME),
    Column("assignee", NAME),
    Column("owner", NAME),
    Column("delegation_state", String(16)),
    Column("priority", Integer, nullable=False, default=50),
    Column("form_ref", NAME),
    Column("form_key", NAME),
    Column("created_at", BigInteger, nullable=False),
    Column("claimed_at", BigInteger),
    Column("due_at", BigInteger),
    Column("diagram_due_at", BigInteger),  # what camunda:dueDate says; due_at falls back to it
    Column("follow_up_at", BigInteger),
    Column("deadline_id", ID),
    Column("state", String(16), nullable=False, default="open"),  # open completed cancelled
    Column("closed_at", BigInteger),
    Column("closed_by", NAME),
    Column("acting_for", NAME),  # the absent person whose substitute has or had the task
    # The inbox page reads open tasks of a person by due time; finished ones stay out of the index.
    Index(
        "ix_user_task_open_assignee",
        "assignee",
        "due_at",
        "id",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index(
        "ix_user_task_open_due",
        "due_at",
        "id",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

# Who may take an open task; a trigger removes the rows of a task that is closed. `kind` is group, user or escalation (a
# group that an escalation added).
task_candidate = Table(
    "task_candidate",
    metadata,
    Column("task_id", ID, ForeignKey("user_task.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("name", NAME, primary_key=True),
    Column("due_at", BigInteger),
    Index("ix_task_candidate_name_due_at_task_id", "name", "due_at", "task_id"),
)

task_attempt = Table(
    "task_attempt",
    metadata,
    _id(),
    Column("task_id", ID, ForeignKey("user_task.id"), nullable=False, index=True),
    Column("root_id", ID, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", NAME, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

external_task = Table(
    "external_task",
    metadata,
    _id(),
    Column("process_instance_id", ID, nullable=False),
    Column("root_id", ID, ForeignKey("process_instance.id"), nullable=False, index=True),
    Column("definition_id", ID, nullable=False),
    Column("definition_key", NAME, nullable=False),
    Column("element_id", NAME, nullable=False),
    Column("activity_id", ID, nullable=False),
    Column("scope_id", String(64), nullable=False, default=""),
    Column("topic", NAME, nullable=False),
    Column("business_key", NAME),
    Column("priority", Integer, nullable=False, default=0),
    Column("properties", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("worker_id", NAME),
    Column("locked_by", NAME),  # the user as whom the worker logged in: it works on the case while the lock holds
    Column("lock_expires_at", BigInteger),
    Column("retries", Integer),
    Column("error_message", Text),
    Column("error_details", Text),
    Index("ix_external_task_topic", "topic", "priority", "lock_expires_at"),
)

# type: timer, async, delivery, handler, start_timer. `retries` 0 means an incident is open for it.
job = Table(
    "job",
    metadata,
    _id(),
    Column("type", String(16), nullable=False),
    Column("process_instance_id", ID),
    Column("root_id", ID, index=True),
    Column("definition_id", ID),
    Column("element_id", NAME),
    Column("wait_id", String(64)),
    Column("due_at", BigInteger, nullable=False),
    Column("retries", Integer, nullable=False, default=3),
    Column("payload", LargeBinary),
    Column("created_at", BigInteger, nullable=False),
    Column("error", Text),
    Column("suspended", Boolean, nullable=False, default=False),
    Column("message_name", NAME),  # of a delivery that is kept until somebody waits for it
    Column("message_key", NAME),
    Index(
        "ix_job_message_name",
        "message_name",
        sqlite_where=text("message_name IS NOT NULL"),
        postgresql_where=text("message_name IS NOT NULL"),
    ),
    Index(
        "ix_job_due",
        "due_at",
        "id",
        sqlite_where=text("retries > 0"),
        postgresql_where=text("retries > 0"),
    ),
)

# One operation on many instances. `body` is JSON: who asked (roles) and the operation in full; its jobs have type
# batch and the batch as their wait_id.
batch = Table(
    "batch",
    metadata,
    _id(),
    Column("type", String(64), nullable=False),
    Column("total", Integer, nullable=False),
    Column("suspended", Boolean, nullable=False, default=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", NAME, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# instance_id is NULL for a start event, definition_id then names the newest version of its key.
event_subscription = Table(
    "event_subscription",
    metadata,
    _id(),
    Column("event_type", String(16), nullable=False),
    Column("event_name", NAME, nullable=False),
    Column("process_instance_id", ID),
    Column("root_id", ID, index=True),
    Column("definition_id", ID, nullable=False),
    Column("definition_key", NAME, nullable=False),
    Column("element_id", NAME, nullable=False),
    Column("wait_id", String(64)),
    Column("business_key", NAME),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_event_subscription_event_name", "event_type", "event_name", "business_key"),
)

incident = Table(
    "incident",
    metadata,
    _id(),
    Column("type", NAME, nullable=False),
    Column("process_instance_id", ID),
    Column("root_id", ID, index=True),
    Column("definition_id", ID),
    Column("element_id", NAME),
    Column("job_id", ID),
    Column("message", Text, nullable=False),
    Column("annotation", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
)

# ------------------------------------------------------------ deadlines

deadline = Table(
    "deadline",
    metadata,
    _id(),
    Column("process_instance_id", ID, nullable=False),
    Column("root_id", ID, ForeignKey("process_instance.id"), nullable=False, index=True),
    Column("code", NAME, nullable=False),
    Column("state", String(16), nullable=False),
    Column("anchor_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),  # NULL while the calendar year that it needs is not loaded
    Column("stop_element", NAME),
    Column("stop_on", String(16), nullable=False),
    Column("stop_time", NAME),
    Column("escalate_to", LargeBinary, nullable=False),
    Column("responsible", NAME),
    Column("attempts_needed", Integer),
    Column("row", LargeBinary, nullable=False),  # decision, row id, version, provenance, clause: why this limit
    Column("trace", LargeBinary, nullable=False),  # how the due instant was computed
    Column("warn_at", LargeBinary, nullable=False),  # instants, µs
    Column("opened_at", BigInteger, nullable=False),
    Column("warned_at", BigInteger),
    Column("attempted_at", BigInteger),
    Column("breached_at", BigInteger),
    Column("stopped_at", BigInteger),
    # When it next wants attention (warning, due); NULL once nothing more can happen by itself.
    Column("next_at", BigInteger),
    Index("ix_deadline_root_id_state", "root_id", "state"),
    Index(
        "ix_deadline_next_at",
        "next_at",
        "id",
        sqlite_where=text("next_at IS NOT NULL"),
        postgresql_where=text("next_at IS NOT NULL"),
    ),
)

# ------------------------------------------------------------ history

# One event per command or job, chained per `chain_id` (the root instance, or a chain without an instance). `body` is
# hashed exactly as stored.
history_event = Table(
    "history_event",
    metadata,
    Column("chain_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("actor", NAME, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Index("ix_history_event_at", "at"),
)

# Heads of the chains that belong to no instance (access, administration).
chain_head = Table(
    "chain_head",
    metadata,
    Column("chain_id", String(64), primary_key=True),
    Column("events", Integer, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
    Column("mac", LargeBinary(32), nullable=False),
)

activity_instance = Table(
    "activity_instance",
    metadata,
    _id(),
    Column("process_instance_id", ID, nullable=False),
    Column("root_id", ID, nullable=False),
    Column("definition_id", ID, nullable=False),
    Column("definition_key", NAME, nullable=False),
    Column("parent_id", ID),
    Column("element_id", NAME, nullable=False),
    Column("element_type", String(64), nullable=False),
    Column("name", NAME),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("cancelled", Boolean, nullable=False, default=False),
    Index("ix_activity_instance_root_id_started_at", "root_id", "started_at"),
)

variable_update = Table(
    "variable_update",
    metadata,
    _id(),
    Column("process_instance_id", ID, nullable=False),
    Column("root_id", ID, nullable=False),
    Column("scope_id", String(64), nullable=False),
    Column("activity_id", ID),
    Column("name", NAME, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_variable_update_root_id_name", "root_id", "name", "id"),
)

decision_instance = Table(
    "decision_instance",
    metadata,
    _id(),
    Column("process_instance_id", ID),
    Column("root_id", ID, index=True),
    Column("element_id", NAME),
    Column("activity_id", ID),
    Column("decision_key", NAME, nullable=False),
    Column("definition_id", ID),
    Column("version", Integer),
    Column("evaluated_by", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # inputs, output, rows with provenance and clause
    Index("ix_decision_instance_decision_key_at", "decision_key", "at"),
)

# ------------------------------------------------------------ people, calendar, settings that change at run time

user = Table(
    "app_user",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("password_hash", Text),
    Column("active", Boolean, nullable=False, default=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("claims_at", BigInteger),  # when the identity provider issued what is mirrored here; NULL for local users
)

user_role = Table(
    "user_role",
    metadata,
    Column("user_id", NAME, ForeignKey("app_user.id"), primary_key=True),
    Column("role", NAME, primary_key=True),
)

user_branch = Table(
    "user_branch",
    metadata,
    Column("user_id", NAME, ForeignKey("app_user.id"), primary_key=True),
    Column("branch_id", NAME, primary_key=True),
)

# Who stands in for whom, and when; an absence that was ended early has an `until_at` that lies before the planned one.
absence = Table(
    "absence",
    metadata,
    _id(),
    Column("user_id", NAME, ForeignKey("app_user.id"), nullable=False),
    Column("substitute_id", NAME, ForeignKey("app_user.id"), nullable=False),
    Column("from_at", BigInteger, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("recorded_by", NAME, nullable=False),
    Index("ix_absence_substitute_id_until_at", "substitute_id", "until_at"),
    Index("ix_absence_user_id_until_at", "user_id", "until_at"),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", NAME, ForeignKey("app_user.id"), nullable=False),
    Column("csrf_token", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
)

# What programs log in with; the token itself is known to its owner alone. `roles` is a JSON list of role codes.
api_token = Table(
    "api_token",
    metadata,
    _id(),
    Column("token_hash", String(64), nullable=False, unique=True, index=True),
    Column("user_id", NAME, ForeignKey("app_user.id"), nullable=False, index=True),
    Column("name", NAME, nullable=False),
    Column("roles", Text, nullable=False),
    Column("read_only", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
)

# What was answered to a write with an idempotency key; `status` is null while the first request is under way. The
# body is encrypted: an answer may show personal values.
idempotent_answer = Table(
    "idempotent_answer",
    metadata,
    Column("user_id", NAME, primary_key=True),
    Column("key", NAME, primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer),
    Column("content_type", NAME),
    Column("body", LargeBinary),
    Column("at", BigInteger, nullable=False, index=True),
)

working_day = Table(
    "working_day",
    metadata,
    Column("day", String(10), primary_key=True),  # ISO date
    Column("working", Boolean, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("source", NAME, nullable=False),
    Column("provisional", Boolean, nullable=False, default=False),
)

property_ = Table(
    "property",
    metadata,
    Column("name", NAME, primary_key=True),
    Column("value", Text, nullable=False),
)
