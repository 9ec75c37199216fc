"""What went into scenarios as personal, told by forms and diagrams, and where it would show if it lay in plain."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from api.scenarios.driver import EngineDriver
from engine import process_instances, user_tasks, variables
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR
from engine.errors import FormInvalid, MarqueError
from engine.personal_values import CASE_HEADER
from engine.process_engine import ProcessEngine

CHINESE = re.compile(r"[\u4e00-\u9fff]{2}")
WINDOW = 8
PLAIN_KEY = re.compile(r"[A-Za-z0-9_.:@-]{1,64}")


@dataclass(slots=True)
class Collected:
    """Personal strings, and texts that forms declare to be none of a person's."""

    personal: set[str] = field(default_factory=set)
    declared_plain: set[str] = field(default_factory=set)

    def note(self, values: Mapping[str, Any], classes: Mapping[str, str], read: frozenset[str] = frozenset()) -> None:
        """Sorts every string of a submission by its class; what nobody declares counts as personal."""
        for path, text in _strings(values):
            declared = classes.get(path, classes.get(path.removesuffix("[]")))
            if declared is None and (path in read or (path in CASE_HEADER and PLAIN_KEY.fullmatch(text))):
                declared = "none"
            (self.declared_plain if declared == "none" else self.personal).add(text)

    def note_everything(self, values: Mapping[str, Any]) -> None:
        """Keeps all Chinese texts of a submission that reached no form."""
        self.personal |= {text for _, text in _strings(values) if CHINESE.search(text)}


def _strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yields each string with its path as data classes name it: lines[].item."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _strings(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, f"{path}[]")


class RecordingDriver(EngineDriver):
    """The driver of the engine that also notes what is personal in everything it hands over."""

    def __init__(self, engine: ProcessEngine, clock: VirtualClock, people: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(engine, clock, people)
        self.collected = Collected()
        self.refusals: list[str] = []

    def message(self, name: str, by: str, values: Mapping[str, Any], business_key: str | None) -> str | None:
        self.collected.note_everything({key: text for key, text in values.items() if key not in CASE_HEADER})
        case_id = super().message(name, by, values, business_key)
        assert case_id is not None
        self._note_for_case(case_id, values)
        return case_id

    def start(self, key: str, by: str, values: Mapping[str, Any], business_key: str | None) -> str:
        case_id = super().start(key, by, values, business_key)
        self._note_for_case(case_id, values)
        return case_id

    def complete(self, task_id: str, by: str, values: Mapping[str, Any]) -> None:
        self._note_for_task(task_id, values)
        with self._refusals_noted():
            super().complete(task_id, by, values)

    def attempt(self, task_id: str, by: str, values: Mapping[str, Any]) -> None:
        self._note_for_task(task_id, values)
        with self._refusals_noted():
            super().attempt(task_id, by, values)

    def cancel(self, case_id: str, by: str, reason: str) -> None:
        self.collected.personal.add(reason)
        super().cancel(case_id, by, reason)

    def _note_for_case(self, case_id: str, values: Mapping[str, Any]) -> None:
        with self.engine.reading(SYSTEM_ACTOR) as ctx:
            row = process_instances.get(ctx, case_id)
            known = variables.catalogue(ctx, ctx.engine.definitions.deployed(ctx, row.definition_id), row.release)
        self.collected.note(values, {**known.definition_classes, **known.form_classes}, known.read_by_expressions)

    def _note_for_task(self, task_id: str, values: Mapping[str, Any]) -> None:
        with self.engine.reading(SYSTEM_ACTOR) as ctx:
            form = user_tasks.form_of(ctx, user_tasks.get(ctx, task_id))
        assert form is not None, "every task of a shipped flow has a form"
        self.collected.note(values, form.data_classes)

    @contextmanager
    def _refusals_noted(self) -> Iterator[None]:
        """Keeps what a refusal says, for it is shown and may be logged."""
        try:
            yield
        except MarqueError as refused:
            self.refusals.append(f"{refused!r} {refused}")
            if isinstance(refused, FormInvalid):
                self.refusals += [f"{error.field} {error.code} {error.zh} {error.en}" for error in refused.errors]
            raise


class EverythingHandler(logging.Handler):
    """Writes down each log record with all that hangs on it."""

    def __init__(self, file: Path) -> None:
        super().__init__(logging.DEBUG)
        self._file = file.open("a", encoding="utf8")

    def emit(self, record: logging.LogRecord) -> None:
        self._file.write(f"{record.getMessage()} {vars(record)}\n")

    def close(self) -> None:
        self._file.close()
        super().close()


def encodings(text: str) -> set[bytes]:
    """Returns a text as bytes in every shape in which it might be stored."""
    return {
        text.encode("utf8"),
        text.encode("utf-16-le"),
        text.encode("utf-16-be"),
        json.dumps(text)[1:-1].encode(),
        repr(text.encode("utf8"))[2:-1].encode(),
    }


def found_in(body: bytes, needles: Iterable[bytes]) -> list[bytes]:
    """Returns which of many needles occur; one pass over the body leaves those whose first eight bytes do."""
    short: list[bytes] = []
    long: dict[int, list[bytes]] = {}
    for needle in needles:
        if len(needle) < WINDOW:
            short.append(needle)
        else:
            long.setdefault(int.from_bytes(needle[:WINDOW], sys.byteorder), []).append(needle)
    begun: set[int] = set()
    for start in range(WINDOW):
        end = start + max(0, len(body) - start) // WINDOW * WINDOW
        begun |= set(long).intersection(memoryview(body)[start:end].cast("Q"))
    possible = [*short, *(needle for beginning in begun for needle in long[beginning])]
    return [needle for needle in possible if needle in body]


def rows_of_all_tables(engine: ProcessEngine) -> Iterator[tuple[str, bytes]]:
    """Yields each table's cells: in the file a long value may be cut by the end of a page."""
    with engine.database.read() as connection:
        for name in inspect(connection).get_table_names():
            rows = connection.exec_driver_sql(f'SELECT * FROM "{name}"')
            cells = (cell for row in rows for cell in row)
            yield (
                f"table {name}",
                b"\0".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells),
            )
