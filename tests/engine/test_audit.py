"""The chain: whatever is changed in the database is found."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine import audit
from engine.context import SYSTEM_ACTOR
from engine.process_engine import ProcessEngine
from tests.conftest import Deploy
from tests.engine.commands import complete, start
from tests.engine.diagrams import LOOP


@pytest.fixture
def case(engine: ProcessEngine, deploy: Deploy) -> str:
    """A case with four events: started and three completions."""
    deploy(case__bpmn=LOOP)
    instance_id = start(engine, stop=False).id
    for _ in range(3):
        complete(engine, instance_id, "check", stop=False)
    return instance_id


def faults(engine: ProcessEngine) -> list[str]:
    return [fault.reason for fault in engine.read(SYSTEM_ACTOR, audit.verify).faults]


def tamper(engine: ProcessEngine, statement: str, **parameters: object) -> None:
    with engine.database.write() as connection:
        connection.execute(text(statement), parameters)


def test_an_untouched_history_verifies(engine: ProcessEngine, case: str) -> None:
    result = engine.read(SYSTEM_ACTOR, audit.verify)

    assert result.intact
    assert result.events == 5  # one deployment and four of the case
    assert result.chains == 2


def test_a_changed_event_is_found(engine: ProcessEngine, case: str) -> None:
    with engine.database.write() as connection:
        body = connection.execute(
            text("SELECT body FROM history_event WHERE chain_id = :case AND seq = 2"), {"case": case}
        ).scalar_one()
        connection.execute(
            text("UPDATE history_event SET body = :body WHERE chain_id = :case AND seq = 2"),
            {"case": case, "body": bytes(body).replace(b"css", b"gm!")},
        )

    assert "the event or its predecessor was changed" in faults(engine)


def test_changed_columns_beside_the_body_are_found(engine: ProcessEngine, case: str) -> None:
    tamper(engine, "UPDATE history_event SET actor = 'gm' WHERE chain_id = :case AND seq = 3", case=case)

    assert faults(engine) == ["the columns disagree with the chained body"]


def test_a_missing_event_in_the_middle_is_found(engine: ProcessEngine, case: str) -> None:
    tamper(engine, "DELETE FROM history_event WHERE chain_id = :case AND seq = 2", case=case)

    assert "event 2 is missing" in faults(engine)


def test_missing_events_at_the_end_are_found(engine: ProcessEngine, case: str) -> None:
    tamper(engine, "DELETE FROM history_event WHERE chain_id = :case AND seq >= 3", case=case)

    assert faults(engine) == ["the last 2 events are missing"]


def test_reordered_events_are_found(engine: ProcessEngine, case: str) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        tamper(
            engine,
            "UPDATE history_event SET seq = :new WHERE chain_id = :case AND seq = :old",
            case=case,
            old=old,
            new=new,
        )

    assert "the event or its predecessor was changed" in faults(engine)


def test_a_chain_rewritten_with_correct_links_lacks_the_key(engine: ProcessEngine, case: str) -> None:
    """Whoever rewrites the rows and recomputes all hashes still cannot make the MAC."""
    from engine.history import chain_hash, genesis

    with engine.database.write() as connection:
        rows = connection.execute(
            text("SELECT seq, body FROM history_event WHERE chain_id = :case ORDER BY seq"), {"case": case}
        ).all()
        head = genesis(case).head
        for row in rows:
            body = bytes(row.body).replace(b'"actor":"css"', b'"actor":"gm!"')
            head = chain_hash(head, body)
            connection.execute(
                text(
                    "UPDATE history_event SET body = :body, hash = :hash,"
                    " actor = CASE WHEN actor = 'css' THEN 'gm!' ELSE actor END"
                    " WHERE chain_id = :case AND seq = :seq"
                ),
                {"body": body, "hash": head, "case": case, "seq": row.seq},
            )
        connection.execute(
            text("UPDATE process_instance SET chain_head = :head WHERE id = :case"), {"head": head, "case": case}
        )

    assert faults(engine) == ["head or state were changed without the key"]


def test_a_changed_state_is_found(engine: ProcessEngine, case: str) -> None:
    with engine.database.write() as connection:
        state = connection.execute(
            text("SELECT state_body FROM process_instance WHERE id = :case"), {"case": case}
        ).scalar_one()
        connection.execute(
            text("UPDATE process_instance SET state_body = :state WHERE id = :case"),
            {"state": bytes(state) + b" ", "case": case},
        )

    assert faults(engine) == ["head or state were changed without the key"]


def test_events_whose_instance_was_removed_are_found(engine: ProcessEngine, case: str) -> None:
    for table in ("task_candidate", "user_task"):
        tamper(engine, f"DELETE FROM {table}")
    tamper(engine, "DELETE FROM process_instance WHERE id = :case", case=case)

    assert faults(engine) == ["events without an instance"]


def test_the_report_says_what_it_cannot_see(engine: ProcessEngine, case: str) -> None:
    result = engine.read(SYSTEM_ACTOR, audit.verify, case)

    assert "a whole instance removed together with its row" in result.blind_spots
