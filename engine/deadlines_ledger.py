"""The ledger of a case: opens deadlines from decisions, moves, stops and judges them.

A decision opens a deadline from an anchor; a named element stops it. Whether it was met is judged by instants
(`stopped_at <= due_at`), never by whether a timer fired. A breach is written once: `breached_open` becomes `late` when
the element is done at last, and nothing turns a breach into `met`. Source: requirements 3.0, 3.7; A-42, A-50, A-57.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from engine import deadlines, incidents
from engine.bpmn.outcome import DecisionTaken
from engine.clock import as_utc, from_micros, to_micros
from engine.context import CommandContext
from engine.deadlines import UNBREACHED, Deadline, provisional_years
from engine.deadlines_computed import Computed, compute
from engine.dmn.result import DecisionResult, FiredRow
from engine.errors import ExecutionFailed
from engine.ids import new_id
from engine.values import dump, load, to_json

NOTHING: Mapping[str, Any] = MappingProxyType({})
# Which kinds of deadlines end in a phase of an element: a task that is completed was also started.
STOPPED_BY = {"completed": {"completed", "started"}, "started": {"started"}, "opened": {"opened"}}

# The variables of the case, read only where a start wants them: most activities stop no deadline at all.
Known = Callable[[], Mapping[str, Any]]


def nothing_known() -> Mapping[str, Any]:
    return NOTHING


class Ledger:
    """The running deadlines of one root instance within one transaction, and what became of them."""

    def __init__(self, body: bytes | None) -> None:
        self._all: dict[str, Deadline] = {
            entry["id"]: deadlines.from_json(entry) for entry in (load(body) if body else [])
        }
        self._changed: set[str] = set()
        self.events: list[dict[str, Any]] = []

    def __bool__(self) -> bool:
        """Tells whether there is a deadline at all; most instances have none."""
        return bool(self._all)

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
        kept = [deadlines.to_json(deadline) for deadline in self._all.values() if deadline.running]
        return dump(kept) if kept else None

    def rows(self, root_id: str) -> list[dict[str, Any]]:
        """Returns the rows of the table `deadline` that have to be written."""
        return [
            deadlines.to_row(self._all[deadline_id], root_id)
            for deadline_id in self._all
            if deadline_id in self._changed
        ]

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
        computed = compute(ctx, anchor, outputs["limit"], str(outputs["unit"]), outputs.get("warn_at"))
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
            on_breach=outputs.get("on_breach"),
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

        `stop_time` names the field that holds the real instant; where it
        lies in the past it is judged instead of the moment of the stop. It is looked for in `reported`, the form that
        completes the element, and for a start also in `known`, the variables of the case: the beginning may have been
        written down before anybody claimed the task. A completion takes nothing from `known`, where the field may
        still hold what an earlier round of the same task said.

        A completion whose form has the field and leaves it empty stops nothing: the element was done, but what the
        limit is about did not happen (a car that could not be made ready), so the limit runs on.
        """
        return [
            self._stop_at(ctx, deadline, at)
            for deadline in self.running()
            if deadline.stop_element == element_id and deadline.stop_on in STOPPED_BY[phase]
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
        computed = compute(ctx, anchor, last["limit"], last["unit"], deadline.row.get("warn_at"))
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
