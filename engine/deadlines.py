"""Deadlines: limits of the policy that outlive the task that happens to be open.

    open → warned → met | met_by_message | attempted | late | breached_open | not_applicable | cancelled

A decision opens a deadline from an anchor; a named element stops it. Whether it was met is judged by instants
(`stopped_at <= due_at`), never by whether a timer fired. A breach is written once: `breached_open` becomes `late` when
the element is done at last, and nothing turns a breach into `met`. Source: requirements 3.0, 3.7; A-42, A-50, A-57.

What still runs of an instance lies as JSON on its row (`deadlines_body`), so that completing a task reads no further
table; the table `deadline` is for lists, reports and the executor, written in the same transaction.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from engine import incidents
from engine.bpmn.outcome import DecisionTaken
from engine.clock import as_utc, from_micros, to_micros
from engine.context import CommandContext
from engine.dmn.result import DecisionResult, FiredRow
from engine.errors import ExecutionFailed
from engine.ids import new_id
from engine.values import dump, load, to_json
from engine.working_calendar import Due, WorkingCalendar, YearNotLoaded
from engine.working_calendar_cache import with_calendar

RUNNING = frozenset({"open", "warned", "breached_open", "attempted"})
UNBREACHED = frozenset({"open", "warned"})
NOTHING: Mapping[str, Any] = MappingProxyType({})

# The variables of the case, read only where a start wants them: most activities stop no deadline at all.
Known = Callable[[], Mapping[str, Any]]


def nothing_known() -> Mapping[str, Any]:
    return NOTHING


@dataclass(frozen=True, slots=True)
class Deadline:
    """One limit of one case. Instants are UTC microseconds; `row` says which rule set it, `trace` how `due_at` was
    computed (a list: re-dating adds an entry). `due_at` is None while a calendar year that it needs is not loaded."""

    id: str
    process_instance_id: str
    code: str
    state: str
    anchor_at: int
    due_at: int | None
    stop_element: str | None
    stop_on: str
    stop_time: str | None
    escalate_to: tuple[str, ...]
    responsible: str | None
    attempts_needed: int | None
    row: Mapping[str, Any]
    trace: tuple[Any, ...]
    warn_at: tuple[int, ...]
    opened_at: int
    warned_at: int | None = None
    attempted_at: int | None = None
    breached_at: int | None = None
    stopped_at: int | None = None
    attempts: int = 0
    message_sent: bool = False

    @property
    def running(self) -> bool:
        """Whether it still waits for its element."""
        return self.state in RUNNING and self.stopped_at is None

    @property
    def missing_year(self) -> int | None:
        """The calendar year without which its due instant cannot be computed."""
        missing: int | None = self.trace[-1].get("year") if self.due_at is None and self.trace else None
        return missing

    @property
    def next_at(self) -> int | None:
        """When it next wants attention: a warning, or the due instant."""
        if self.due_at is None or self.state not in UNBREACHED:
            return None
        ahead = [at for at in self.warn_at if at > (self.warned_at or 0) and at < self.due_at]
        return min(ahead, default=self.due_at)


JSON_TUPLES = ("escalate_to", "trace", "warn_at")
TABLE_JSON = ("escalate_to", "row", "trace", "warn_at")
MEMORY_ONLY = ("attempts", "message_sent")


class Ledger:
    """The running deadlines of one root instance within one transaction, and what became of them."""

    def __init__(self, body: bytes | None) -> None:
        self._all: dict[str, Deadline] = {entry["id"]: _from_json(entry) for entry in (load(body) if body else [])}
        self._changed: set[str] = set()
        self.events: list[dict[str, Any]] = []

    # ------------------------------------------------ reading

    def running(self) -> list[Deadline]:
        """Returns what still runs, in the order of opening."""
        return [deadline for deadline in self._all.values() if deadline.running]

    def find(self, deadline_id: str) -> Deadline | None:
        return self._all.get(deadline_id)

    def for_element(self, element_id: str) -> Deadline | None:
        """Returns the earliest running deadline that the work on an element stops: what its task shows as due."""
        matching = [
            deadline
            for deadline in self.running()
            if deadline.stop_element == element_id and deadline.stop_on != "opened" and deadline.due_at is not None
        ]
        return min(matching, key=lambda deadline: deadline.due_at or 0, default=None)

    @property
    def changed(self) -> bool:
        return bool(self._changed)

    def body(self) -> bytes | None:
        """Returns what is kept on the instance row."""
        kept = [_to_json(deadline) for deadline in self._all.values() if deadline.running]
        return dump(kept) if kept else None

    def rows(self, root_id: str) -> list[dict[str, Any]]:
        """Returns the rows of the table `deadline` that have to be written."""
        return [_row(self._all[deadline_id], root_id) for deadline_id in self._all if deadline_id in self._changed]

    # ------------------------------------------------ changing

    def open_from(
        self, ctx: CommandContext, process_id: str, taken: DecisionTaken, known: Known = nothing_known
    ) -> list[Deadline]:
        """Opens or re-dates a deadline for each row that a decision fired; returns those whose due time is new.

        `known` are the variables of the case: a start that is known already stops its deadline as it opens, so that
        nobody is reminded of work that had begun before its beginning was written down.
        """
        anchor = taken.result.anchor
        if anchor is None:
            raise ExecutionFailed(
                f"the anchor of the deadlines of {taken.element_id} is null: nothing says from when the limit runs",
                element_id=taken.element_id,
            )
        opened = [
            deadline
            for row in taken.result.rows
            if (deadline := self._from_row(ctx, process_id, taken.result, row, as_utc(anchor))) is not None
        ]
        return [self._stop_if_started(ctx, deadline, known) for deadline in opened]

    def _stop_if_started(self, ctx: CommandContext, deadline: Deadline, known: Known) -> Deadline:
        started_at = _real_instant(ctx, deadline, known()) if deadline.stop_on == "started" else None
        return deadline if started_at is None else self._stop_at(ctx, deadline, started_at)

    def _from_row(
        self, ctx: CommandContext, process_id: str, result: DecisionResult, row: FiredRow, anchor: datetime
    ) -> Deadline | None:
        outputs = row.outputs
        code = str(outputs["code"])
        computed = _compute(ctx, anchor, outputs["limit"], str(outputs["unit"]), outputs.get("warn_at"))
        if computed.missing is not None:
            incidents.open_missing_year(ctx, computed.missing, process_instance_id=process_id)
        origin = _origin(result, row)
        present = next((deadline for deadline in self.running() if deadline.code == code), None)
        if present is not None:
            return self._redate(present, anchor, computed, origin, outputs)
        if outputs.get("action", "open") == "redate":
            return None  # The deadline was met, or never opened: there is nothing to move.
        deadline = Deadline(
            id=new_id(),
            process_instance_id=process_id,
            code=code,
            state="open",
            anchor_at=to_micros(anchor),
            due_at=computed.due_at,
            stop_element=outputs.get("stop_element"),
            stop_on=outputs.get("stop_on") or "completed",
            stop_time=outputs.get("stop_time"),
            escalate_to=_roles(outputs.get("escalate_to")),
            responsible=outputs.get("responsible"),
            attempts_needed=_integer(outputs.get("attempts")),
            row=origin,
            trace=(computed.trace,),
            warn_at=computed.warn_at,
            opened_at=ctx.now_micros,
        )
        self._put(
            deadline,
            "deadline.opened",
            due=computed.due_at,
            anchor=deadline.anchor_at,
            row=origin,
            trace=computed.trace,
        )
        return deadline

    def _redate(
        self,
        present: Deadline,
        anchor: datetime,
        computed: Computed,
        origin: Mapping[str, Any],
        outputs: Mapping[str, Any],
    ) -> Deadline:
        """Moves the due instant. A breach that happened stays a breach; the trace keeps the older computation."""
        moved = dataclasses.replace(
            present,
            anchor_at=to_micros(anchor),
            due_at=computed.due_at,
            row=origin,
            trace=(*present.trace, computed.trace),
            warn_at=computed.warn_at,
            stop_element=outputs.get("stop_element") or present.stop_element,
            responsible=outputs.get("responsible") or present.responsible,
            escalate_to=_roles(outputs.get("escalate_to")) or present.escalate_to,
        )
        self._put(moved, "deadline.redated", due=computed.due_at, was=present.due_at, row=origin, trace=computed.trace)
        return moved

    def stop(
        self,
        ctx: CommandContext,
        element_id: str,
        phase: str,
        *,
        reported: Mapping[str, Any] = NOTHING,
        known: Known = nothing_known,
    ) -> list[Deadline]:
        """Judges the deadlines that `phase` (opened, started, completed) of an element stops; returns them.

        A task that is completed was also started. `stop_time` names the field that holds the real instant; where it
        lies in the past it is judged instead of the moment of the stop. It is looked for in `reported`, the form that
        completes the element, and for a start also in `known`, the variables of the case: the beginning may have been
        written down before anybody claimed the task. A completion takes nothing from `known`, where the field may
        still hold what an earlier round of the same task said.

        A completion whose form has the field and leaves it empty stops nothing: the element was done, but what the
        limit is about did not happen (a car that could not be made ready), so the limit runs on.
        """
        phases = {"completed": {"completed", "started"}, "started": {"started"}, "opened": {"opened"}}[phase]
        return [
            self._stop_at(ctx, deadline, at)
            for deadline in self.running()
            if deadline.stop_element == element_id and deadline.stop_on in phases
            if (at := _stop_instant(ctx, deadline, reported, known)) is not None
        ]

    def _stop_at(self, ctx: CommandContext, deadline: Deadline, at: int) -> Deadline:
        if ctx.now_micros == deadline.due_at == deadline.breached_at:
            # The executor was quicker within the very instant in which the limit may still be met.
            done = dataclasses.replace(deadline, state="met", stopped_at=at, breached_at=None)
        else:
            done = dataclasses.replace(deadline, state=_judge(deadline, at), stopped_at=at)
        self._put(done, "deadline.stopped", state=done.state, at=at, due=deadline.due_at)
        return done

    def cancel_running(self) -> None:
        """Nobody will stop what still runs, the case is over or withdrawn; a breach stays what it is."""
        for deadline in self.running():
            if deadline.state in UNBREACHED:
                self._put(dataclasses.replace(deadline, state="cancelled"), "deadline.cancelled")

    def attempt(self, ctx: CommandContext, element_id: str, *, by_message: bool, daytime_wished: bool) -> None:
        """Counts an attempt on the element's task that did not reach the customer (A-42, A-50)."""
        for deadline in self.running():
            if deadline.stop_element != element_id or deadline.state not in UNBREACHED:
                continue
            counted = dataclasses.replace(
                deadline,
                attempts=deadline.attempts + (0 if by_message else 1),
                message_sent=deadline.message_sent or by_message,
            )
            in_time = deadline.due_at is None or ctx.now_micros <= deadline.due_at
            if in_time and by_message and daytime_wished:
                counted = dataclasses.replace(counted, state="met_by_message", stopped_at=ctx.now_micros)
            elif in_time and _attempted(counted):
                counted = dataclasses.replace(counted, attempted_at=deadline.attempted_at or ctx.now_micros)
            self._put(counted, "deadline.attempt", attempts=counted.attempts, message=counted.message_sent)

    def attend(self, ctx: CommandContext, deadline_id: str) -> Deadline | None:
        """Does what is due now: a warning, or writing down the breach. Returns the deadline if anything happened."""
        deadline = self._all.get(deadline_id)
        if deadline is None or deadline.next_at is None or deadline.next_at > ctx.now_micros:
            return None
        late_by = ctx.now_micros - deadline.next_at
        if deadline.due_at is not None and ctx.now_micros >= deadline.due_at:
            late_by = ctx.now_micros - deadline.due_at
            state = "attempted" if deadline.attempted_at is not None else "breached_open"
            breached = dataclasses.replace(deadline, state=state, breached_at=deadline.due_at)
            self._put(
                breached,
                "deadline.escalated",
                state=state,
                due=deadline.due_at,
                to=list(deadline.escalate_to),
                fired_late_by=late_by,
            )
            return breached
        warned = dataclasses.replace(deadline, state="warned", warned_at=ctx.now_micros)
        self._put(warned, "deadline.warned", due=deadline.due_at, fired_late_by=late_by)
        return warned

    def recompute(self, ctx: CommandContext, deadline_id: str, *, year: int | None = None) -> Deadline | None:
        """Computes a due instant again that a missing calendar year had blocked, or that counted on provisional days of
        `year`. Returns the deadline if its due instant changed; a breach that was written down stays."""
        deadline = self._all.get(deadline_id)
        if deadline is None or deadline.state not in UNBREACHED or not deadline.trace:
            return None
        if deadline.due_at is not None and year not in provisional_years(deadline.trace):
            return None
        last = deadline.trace[-1]
        anchor = from_micros(deadline.anchor_at)
        computed = _compute(ctx, anchor, last["limit"], last["unit"], deadline.row.get("warn_at"))
        if computed.due_at is None:
            return None
        dated = dataclasses.replace(
            deadline,
            due_at=computed.due_at,
            trace=(*deadline.trace, computed.trace),
            warn_at=computed.warn_at,
        )
        self._put(dated, "deadline.redated", due=computed.due_at, was=deadline.due_at, trace=computed.trace)
        return dated

    def _put(self, deadline: Deadline, kind: str, **details: Any) -> None:
        self._all[deadline.id] = deadline
        self._changed.add(deadline.id)
        self.events.append({"e": kind, "deadline": deadline.id, "code": deadline.code, **details})


def _judge(deadline: Deadline, at: int) -> str:
    """Completed at the exact due instant is met (requirements 3.7)."""
    if deadline.state == "attempted":
        return "attempted"
    if deadline.breached_at is None and (deadline.due_at is None or at <= deadline.due_at):
        return "met"
    return "attempted" if deadline.attempted_at is not None else "late"


def _attempted(deadline: Deadline) -> bool:
    needed = deadline.attempts_needed
    return needed is not None and deadline.attempts >= needed and deadline.message_sent


def _stop_instant(ctx: CommandContext, deadline: Deadline, reported: Mapping[str, Any], known: Known) -> int | None:
    """Returns the instant to judge, or None where the form says that what the limit is about has not happened."""
    if deadline.stop_on == "completed":
        if deadline.stop_time is not None and reported.get(deadline.stop_time, NOTHING) is None:
            return None
        return _real_instant(ctx, deadline, reported) or ctx.now_micros
    return _real_instant(ctx, deadline, reported) or _real_instant(ctx, deadline, known()) or ctx.now_micros


def _real_instant(ctx: CommandContext, deadline: Deadline, values: Mapping[str, Any]) -> int | None:
    """Returns the instant that the field `stop_time` holds, unless it lies ahead."""
    found = values.get(deadline.stop_time) if deadline.stop_time else None
    if isinstance(found, datetime) and found.tzinfo and as_utc(found) <= ctx.now:
        return to_micros(found)
    return None


@dataclass(frozen=True, slots=True)
class Computed:
    """A due instant (µs), when to warn of it, and how both were found."""

    due_at: int | None
    warn_at: tuple[int, ...]
    trace: Mapping[str, Any]
    missing: int | None = None  # the calendar year that nobody has loaded


def provisional_years(trace: Iterable[Mapping[str, Any]]) -> list[int]:
    """Returns the years without a notice on which the last computation of a trace counted."""
    *_, last = [{}, *trace]
    years: list[int] = last.get("provisional", [])
    return years


def _compute(ctx: CommandContext, anchor: datetime, limit: Any, unit: str, warn_at: Any) -> Computed:
    """Computes a limit; where the calendar year is not loaded, the due instant is None and the trace says so."""

    def both(calendar: WorkingCalendar) -> tuple[Due, list[datetime]]:
        due = calendar.due_at(anchor, limit, unit)
        return due, calendar.warnings_at(due, anchor, warn_at or ())

    try:
        due, warnings = with_calendar(ctx, both)
    except YearNotLoaded as missing:
        blocked = {"limit": to_json(limit), "unit": unit, "blocked": str(missing), "year": missing.year}
        return Computed(None, (), blocked, missing.year)
    instants = (to_micros(warning) for warning in warnings if anchor < warning < due.due_at)
    return Computed(to_micros(due.due_at), tuple(instants), due.trace)


def _origin(result: DecisionResult, row: FiredRow) -> dict[str, Any]:
    return {
        "decision": result.decision_key,
        "definition": result.definition_id,
        "version": result.version,
        "row": row.row_id,
        "clause": row.clause,
        "provenance": dict(row.provenance),
        "noteZh": row.note_zh,
        "noteEn": row.note_en,
        "warn_at": to_json(row.outputs.get("warn_at")),
    }


def _roles(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, (list, tuple)) else tuple(part.strip() for part in str(value).split("|"))


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)


def _to_json(deadline: Deadline) -> dict[str, Any]:
    return {field.name: getattr(deadline, field.name) for field in dataclasses.fields(deadline)}


def _from_json(entry: Mapping[str, Any]) -> Deadline:
    values: dict[str, Any] = dict(entry)
    values.update({name: tuple(values[name]) for name in JSON_TUPLES})
    return Deadline(**values)


def _row(deadline: Deadline, root_id: str) -> dict[str, Any]:
    row = {name: value for name, value in _to_json(deadline).items() if name not in MEMORY_ONLY}
    row.update({name: dump(row[name]) for name in TABLE_JSON}, root_id=root_id, next_at=deadline.next_at)
    return row


def from_row(row: Any) -> Deadline:
    """Returns the deadline of a row of the table, for lists and reports."""
    values = {name: getattr(row, name) for name in _FIELD_NAMES if name not in MEMORY_ONLY}
    values.update({name: load(values[name]) for name in TABLE_JSON})
    return _from_json(values)


_FIELD_NAMES = tuple(field.name for field in dataclasses.fields(Deadline))


def of_codes(deadlines: Iterable[Deadline], code: str) -> list[Deadline]:
    """Returns the deadlines of one code, in order."""
    return [deadline for deadline in deadlines if deadline.code == code]
