"""The vault: ciphertext in the database, values for whoever holds the reference and the key, nothing after erasure."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, update

from crm.models import personal_value
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.errors import ExecutionFailed, InvalidRequest
from engine.personal_values import PersonalItem, Sight, absorb, references, reveal
from engine.process_engine import ProcessEngine
from engine.values import PersonalRef

SECRET = "王小明 13800001111"


def put(engine: ProcessEngine, *values: Any, subject: str = "customer:K1") -> list[PersonalRef]:
    items = [PersonalItem(subject, "BASIC", value) for value in values]
    return engine.run(SYSTEM_ACTOR, engine.vault.put_many, items)


def get(engine: ProcessEngine, *refs: PersonalRef) -> list[Any]:
    found = engine.read(SYSTEM_ACTOR, engine.vault.get_many, refs)
    return [found[ref.ref] for ref in refs]


def test_every_kind_of_value_comes_back(engine: ProcessEngine) -> None:
    values = [
        SECRET,
        7,
        Decimal("1.50"),
        True,
        date(2026, 10, 1),
        datetime(2026, 10, 1, 1, 30, tzinfo=UTC),
        [{"name": "a", "cm": Decimal("0.5")}, None],
    ]

    assert get(engine, *put(engine, *values)) == values


def test_the_reference_carries_the_digest_of_the_ciphertext(engine: ProcessEngine) -> None:
    (ref,) = put(engine, SECRET)

    def stored(ctx: CommandContext) -> bytes:
        query = select(personal_value.c.ciphertext).where(personal_value.c.ref == ref.ref)
        return ctx.connection.execute(query).scalar_one()

    ciphertext = engine.read(SYSTEM_ACTOR, stored)
    assert ref.digest == hashlib.sha256(ciphertext).hexdigest()
    assert ref.data_class == "BASIC"
    assert put(engine, SECRET)[0].digest != ref.digest


def test_no_plain_text_reaches_the_disk_or_the_log(
    engine: ProcessEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        get(engine, *put(engine, SECRET))

    files = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert SECRET.encode() not in files
    assert b"13800001111" not in files
    assert SECRET not in caplog.text


def test_many_values_are_put_by_one_statement(engine: ProcessEngine) -> None:
    statements: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine.database.engine, "before_cursor_execute", count)
    put(engine, *[f"value {n}" for n in range(50)])
    event.remove(engine.database.engine, "before_cursor_execute", count)

    assert len([statement for statement in statements if statement.startswith("INSERT")]) == 1


def test_erasing_a_person_leaves_nothing_to_read_and_others_untouched(engine: ProcessEngine) -> None:
    (mine,) = put(engine, SECRET)
    (other,) = put(engine, "somebody else", subject="customer:K2")

    engine.run(SYSTEM_ACTOR, engine.vault.erase, "customer:K1")  # type: ignore[attr-defined]

    assert get(engine, mine, other) == [None, "somebody else"]
    (again,) = put(engine, "came back")
    assert get(engine, again) == ["came back"]


def test_a_value_rolled_back_leaves_a_key_but_no_value(engine: ProcessEngine) -> None:
    class Stop(Exception):
        pass

    def fail(ctx: CommandContext) -> None:
        engine.vault.put(ctx, subject="customer:K9", data_class="BASIC", value=SECRET)
        raise Stop

    with pytest.raises(Stop):
        engine.run(SYSTEM_ACTOR, fail)

    def count(ctx: CommandContext) -> int:
        return len(ctx.connection.execute(select(personal_value)).all())

    assert engine.read(SYSTEM_ACTOR, count) == 0


@pytest.mark.parametrize("column", ["data_class", "subject", "ciphertext"])
def test_an_altered_value_is_noticed(engine: ProcessEngine, column: str) -> None:
    first, second = put(engine, SECRET, "another")

    def alter(ctx: CommandContext) -> None:
        other = ctx.connection.execute(select(personal_value).where(personal_value.c.ref == second.ref)).one()
        values = {"data_class": "NEED", "subject": "customer:K2", "ciphertext": other.ciphertext}
        change = update(personal_value).where(personal_value.c.ref == first.ref)
        ctx.connection.execute(change.values({column: values[column]}))

    engine.run(SYSTEM_ACTOR, alter)

    with pytest.raises(ExecutionFailed) as failed:
        get(engine, first)
    assert SECRET not in str(failed.value)


def test_a_reference_with_another_class_opens_nothing(engine: ProcessEngine) -> None:
    (ref,) = put(engine, SECRET)

    with pytest.raises(ExecutionFailed):
        get(engine, PersonalRef(ref.ref, ref.digest, "NEED"))


def test_an_unknown_reference_is_null(engine: ProcessEngine) -> None:
    assert get(engine, PersonalRef("no-such", "0", "BASIC")) == [None]


@pytest.mark.parametrize(("subject", "data_class"), [("", "BASIC"), ("customer:K1", "none"), ("customer:K1", "X")])
def test_a_value_needs_a_person_and_a_class(engine: ProcessEngine, subject: str, data_class: str) -> None:
    with pytest.raises(InvalidRequest):
        engine.run(SYSTEM_ACTOR, engine.vault.put_many, [PersonalItem(subject, data_class, "x")])


# ------------------------------------------------------------ absorbing and revealing


def test_absorbing_replaces_what_is_personal_down_to_the_columns_of_rows(engine: ProcessEngine) -> None:
    values = {
        "name": "张三",
        "kind": "repair",
        "age": 5,
        "note": "free text",
        "nothing": None,
        "lines": [{"item": "brake", "hours": 1}, {"item": None, "hours": 2}],
        "tags": ["a", "b"],
    }
    classes = {"name": "BASIC", "lines": "none", "lines[].item": "SERVICE", "lines[].hours": "none", "tags": "none"}

    def run(ctx: CommandContext) -> dict[str, Any]:
        return absorb(
            ctx,
            subject="customer:K1",
            variables=values,
            form_classes=classes,
            expression_names=frozenset({"kind"}),
        )

    kept = engine.run(SYSTEM_ACTOR, run)

    assert {ref.data_class for ref in references(kept)} == {"BASIC", "FREE", "SERVICE"}
    assert kept["kind"] == "repair"
    assert (kept["age"], kept["nothing"], kept["tags"]) == (5, None, ["a", "b"])
    assert kept["lines"][0]["hours"] == 1
    assert kept["lines"][1] == {"item": None, "hours": 2}
    everything = Sight(clear=frozenset({"BASIC", "FREE", "SERVICE"}))
    assert engine.read(SYSTEM_ACTOR, reveal, kept, everything) == values


def test_absorbing_twice_keeps_the_references(engine: ProcessEngine) -> None:
    def run(ctx: CommandContext) -> None:
        once = absorb(ctx, subject="case:1", variables={"note": "x"})
        assert absorb(ctx, subject="case:1", variables=once) == once

    engine.run(SYSTEM_ACTOR, run)


def test_revealing_masks_hides_and_shows_by_class(engine: ProcessEngine) -> None:
    def run(ctx: CommandContext) -> dict[str, Any]:
        return absorb(
            ctx,
            subject="customer:K1",
            variables={"phone": "13800001111", "name": "王小明", "id": "110101199003070011", "note": "x"},
            form_classes={"phone": "BASIC", "name": "BASIC", "id": "ID"},
        )

    kept = engine.run(SYSTEM_ACTOR, run)

    def seen(*, clear: str = "", masked: str = "") -> Any:
        sight = Sight(frozenset(clear.split()), frozenset(masked.split()))
        return engine.read(SYSTEM_ACTOR, reveal, kept, sight)

    assert seen(clear="BASIC", masked="ID") == {
        "phone": "13800001111",
        "name": "王小明",
        "id": "*" * 14 + "0011",
        "note": "***",
    }
    assert seen(masked="BASIC") == {"phone": "*******1111", "name": "王**", "id": "***", "note": "***"}
    engine.run(SYSTEM_ACTOR, engine.vault.erase, "customer:K1")  # type: ignore[attr-defined]
    assert seen(clear="BASIC ID FREE", masked="") == dict.fromkeys(kept)
