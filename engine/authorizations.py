"""Who may do what: default deny, from the access matrix (DT-07) and from the tasks and lanes themselves.

* A task belongs to its assignee, else to its candidates. Nobody completes another person's task, administrators
  included; whoever an escalation made a candidate may take it over. A substitute works on the tasks of whom they
  cover (engine/substitutions.py).
* A process is started by the roles that it declares (`camunda:candidateStarterGroups`, property `start.roles`), else
  by those of the lanes whose tasks come first. A process that names no roles may be started by everybody.
* An ad-hoc activity is started by the roles of its lane or groups, else by who takes part in the case.
* A message reaches an instance from people who take part in its process, or from programs (role WORKER).
* Values of a case of the own branch are asked for by whom a column grants them there.
* Histories are read by COMPL, SUPV and PIO, by others as the column "History/log" says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import ColumnElement, exists, or_, select

from engine import branches, models, substitutions
from engine.access_matrix import AccessMatrix, matrix
from engine.context import Actor, CommandContext
from engine.errors import Forbidden
from engine.personal_values import DATA_CLASSES

if TYPE_CHECKING:
    from engine.bpmn.definition import Definition, Element
    from engine.definitions import Deployed

START_ROLES = "start.roles"
TASK, CANDIDATE = models.user_task, models.task_candidate
# What the holder of a task, and who may take it, can do with it.
HOLDER_OPERATIONS = frozenset({"read", "claim", "unclaim", "complete", "assign", "attempt"})
CANDIDATE_OPERATIONS = frozenset({"read", "claim", "complete", "attempt"})


class Task(Protocol):
    """What is asked of a task."""

    @property
    def id(self) -> str: ...
    @property
    def root_id(self) -> str: ...
    @property
    def assignee(self) -> str | None: ...
    @property
    def acting_for(self) -> str | None: ...
    @property
    def state(self) -> str: ...


def access(ctx: CommandContext) -> AccessMatrix:
    """Returns the matrix in force."""
    return matrix(ctx.engine.settings.rules)


def may(ctx: CommandContext, resource: str, operation: str) -> bool:
    """Tells whether the actor's roles allow an operation on a kind of thing."""
    return ctx.actor.is_system or access(ctx).allows(ctx.actor.roles, resource, operation)


def require(ctx: CommandContext, resource: str, operation: str) -> None:
    """Raises Forbidden unless the actor's roles allow the operation."""
    if not may(ctx, resource, operation):
        raise _forbidden(ctx, resource, operation)


# ------------------------------------------------------------ tasks


def require_task(ctx: CommandContext, task: Task, operation: str, *, is_candidate: bool | None = None) -> None:
    """Raises Forbidden unless the actor may do this with the task.

    `is_candidate` says whether the actor may take the task, if the caller read it already. A closed task is let
    through for everybody: its command answers with a Conflict that names who was faster.
    """
    if not may_task(ctx, task, operation, is_candidate=is_candidate):
        raise _forbidden(ctx, "Task", operation, task.id)


def may_task(ctx: CommandContext, task: Task, operation: str, *, is_candidate: bool | None = None) -> bool:
    """Tells whether the actor may do this with the task; see `require_task`."""
    actor = ctx.actor
    if actor.is_system:
        return True
    if task.state != "open":
        return _may_closed(ctx, task, operation)
    if task.assignee == actor.user_id:
        return operation in _held_operations(actor, task)
    if operation == "read" and may(ctx, "Task", "read_any"):
        return True
    if operation == "assign" and may(ctx, "Task", "assign_any"):
        return True
    if task.acting_for == actor.user_id:  # back again: what a substitute has is asked back
        return operation in {"read", "claim"}
    candidate = _meets(ctx, task.id, candidate_of(ctx)) if is_candidate is None else is_candidate
    if candidate:
        return operation in CANDIDATE_OPERATIONS or (operation == "assign" and _is_escalated(ctx, task.id))
    if actor.covers and _meets(ctx, task.id, substitutions.covered(actor)):
        return operation in CANDIDATE_OPERATIONS or (operation == "assign" and _is_escalated(ctx, task.id))
    return task.assignee is None and _belongs_to_nobody(ctx, task.id) and may(ctx, "Task", "do_unowned")


def _held_operations(actor: Actor, task: Task) -> frozenset[str]:
    """A substitute hands nothing over, and once the cover is over only gives back what is still held under it."""
    if task.acting_for is None:
        return HOLDER_OPERATIONS
    if substitutions.cover_of(actor, task.acting_for) is None:
        return frozenset({"unclaim"})
    return HOLDER_OPERATIONS - {"assign"}


def acting_for(ctx: CommandContext, task: Task, *, is_candidate: bool) -> str | None:
    """Returns the absent person in whose place the actor works on an open task, None for the own right to it."""
    actor = ctx.actor
    if task.assignee == actor.user_id:
        return task.acting_for
    if not actor.covers or actor.is_system:
        return None
    if task.assignee is not None:
        cover = substitutions.cover_of(actor, task.assignee) if task.acting_for is None else None
        return None if cover is None else cover.user_id
    if is_candidate:
        return None
    offered = (one.user_id for one in actor.covers if _meets(ctx, task.id, substitutions.named(one.user_id, one.roles)))
    return next(offered, None)


def _may_closed(ctx: CommandContext, task: Task, operation: str) -> bool:
    if operation == "read":
        return may(ctx, "Task", "read_any") or may_read_history(ctx, task.root_id)
    return operation in HOLDER_OPERATIONS


def candidate_of(ctx: CommandContext) -> ColumnElement[bool]:
    """Returns the condition that the actor may take the task of the row by the own roles, for lists and guards."""
    return substitutions.named(ctx.actor.user_id, ctx.actor.roles)


def may_read_tasks(ctx: CommandContext) -> ColumnElement[bool] | None:
    """Returns the condition on `user_task` rows that a list of the actor is limited to; None for no limit."""
    return None if may(ctx, "Task", "read_any") else substitutions.concerns(ctx.actor)


def _meets(ctx: CommandContext, task_id: str, condition: ColumnElement[bool]) -> bool:
    return ctx.connection.execute(select(TASK.c.id).where(TASK.c.id == task_id, condition)).first() is not None


def _is_escalated(ctx: CommandContext, task_id: str) -> bool:
    roles = ctx.actor.roles.union(*(cover.roles for cover in ctx.actor.covers))
    return _meets(ctx, task_id, substitutions.escalated(roles))


def _belongs_to_nobody(ctx: CommandContext, task_id: str) -> bool:
    """Tells whether no role and nobody is named: then it is nobody else's task that an administrator does."""
    found = ctx.connection.execute(select(CANDIDATE.c.name).where(CANDIDATE.c.task_id == task_id))
    return found.first() is None


# ------------------------------------------------------------ starts and messages


def require_start(ctx: CommandContext, deployed: Deployed, start_event_id: str | None = None) -> None:
    """Raises Forbidden unless the actor may start this process."""
    if not may_start(ctx, deployed, start_event_id):
        raise _forbidden(ctx, "ProcessDefinition", "start", deployed.key)


def may_start(ctx: CommandContext, deployed: Deployed, start_event_id: str | None = None) -> bool:
    """Tells whether the actor may start this process, by one start event or by any."""
    if may(ctx, "ProcessDefinition", "start"):
        return True
    roles = start_roles(ctx.engine.definitions.process(ctx, deployed.id), start_event_id)
    return not roles or not roles.isdisjoint(ctx.actor.roles)


def start_roles(definition: Definition, start_event_id: str | None = None) -> frozenset[str]:
    """Returns the roles that may start a process; none named means everybody."""
    declared = frozenset(definition.candidate_starter_groups) or _listed(definition.properties.get(START_ROLES, ""))
    if declared:
        return declared
    starts = [event.element_id for event in definition.start_events]
    first = _first_tasks(definition, [start_event_id] if start_event_id else starts)
    return frozenset(role for element in first for role in definition.elements[element].roles)


def _first_tasks(definition: Definition, starts: list[str]) -> Iterator[str]:
    """Yields the user tasks that can come first: those that no other user task stands before."""
    following: dict[str, list[str]] = {}
    for flow in definition.flows:
        following.setdefault(flow.source, []).append(flow.target)
    inner_starts: dict[str | None, list[str]] = {}
    for element in definition.elements.values():
        if element.type == "startEvent":
            inner_starts.setdefault(element.parent_id, []).append(element.id)
    waiting, seen = deque(starts), set(starts)
    while waiting:
        current = waiting.popleft()
        if current in definition.elements and definition.elements[current].type == "userTask":
            yield current
            continue
        for target in inner_starts.get(current) or following.get(current, []):
            if target not in seen:
                seen.add(target)
                waiting.append(target)


def require_message(ctx: CommandContext, name: str, deployed: Deployed) -> None:
    """Raises Forbidden unless the actor may send this message to an instance of this process."""
    if may(ctx, "Message", "correlate"):
        return
    elements = ctx.engine.definitions.process(ctx, deployed.id).elements.values()
    taking_part = frozenset(role for element in elements for role in element.roles)
    if taking_part and taking_part.isdisjoint(ctx.actor.roles):
        raise _forbidden(ctx, "Message", "correlate", name)


def require_ad_hoc(ctx: CommandContext, root_id: str, element: Element) -> None:
    """Raises Forbidden unless the actor may start this activity of an ad-hoc sub-process, or end the sub-process."""
    if not may_ad_hoc(ctx, root_id, element):
        raise _forbidden(ctx, "Activity", "start", element.id)


def may_ad_hoc(ctx: CommandContext, root_id: str, element: Element) -> bool:
    """Tells whether the actor may start an activity by hand: by its lane or groups, else by a part in the case."""
    if may(ctx, "ProcessInstance", "modify"):
        return True
    groups = element.attributes.get("candidateGroups", "")
    named = {*element.roles, *(group.strip() for group in groups.split(",") if group.strip())}
    return not named.isdisjoint(ctx.actor.roles) if named else _has_part(ctx, root_id)


def require_signal(ctx: CommandContext, name: str) -> None:
    """Raises Forbidden unless the actor may broadcast a signal, which reaches every process."""
    if not may(ctx, "Signal", "broadcast"):
        raise _forbidden(ctx, "Signal", "broadcast", name)


def require_deploy(ctx: CommandContext) -> None:
    """Raises Forbidden unless the actor may deploy diagrams, tables and forms."""
    require(ctx, "Deployment", "create")


# ------------------------------------------------------------ cases and histories


def require_instance(ctx: CommandContext, root_id: str) -> None:
    """Raises Forbidden unless the actor may read this case: who works on it, or may read its history."""
    if not (may(ctx, "ProcessInstance", "read_any") or _has_part(ctx, root_id)):
        require_history(ctx, root_id)


def require_history(ctx: CommandContext, root_id: str) -> None:
    """Raises Forbidden unless the column "History/log" gives the actor the history of this case.

    `own tasks` means cases in which the actor has or had a task, `department` those in which anybody of the
    department has or had one, `branch` those of the actor's branches.
    """
    if not may_read_history(ctx, root_id):
        raise _forbidden(ctx, "History", "read", root_id)


def may_read_history(ctx: CommandContext, root_id: str) -> bool:
    """Tells whether the actor may read the history of a case; see `require_history`."""
    if may(ctx, "History", "read_any"):
        return True
    relations = access(ctx).relations_of(ctx.actor.roles, "HISTORY", "read")
    if relations & {"own_tasks", "case", "department", "branch"} and _has_part(ctx, root_id):
        return True
    if "branch" in relations and _is_of_own_branch(ctx, root_id):
        return True
    return "department" in relations and _department_has_part(ctx, root_id)


def history_condition(ctx: CommandContext, root_id: ColumnElement[str]) -> ColumnElement[bool] | None:
    """Returns the condition that lists of cases and events are limited to; None for no limit."""
    if may(ctx, "History", "read_any") or may(ctx, "ProcessInstance", "read_any"):
        return None
    conditions: list[ColumnElement[bool]] = [exists().where(TASK.c.root_id == root_id, _part_of(ctx))]
    relations = access(ctx).relations_of(ctx.actor.roles, "HISTORY", "read")
    if "department" in relations:
        conditions.append(exists().where(TASK.c.root_id == root_id, _department_part(ctx)))
    if "branch" in relations and ctx.actor.branches:
        conditions.append(branches.condition(ctx.actor.branches, root_id))
    return or_(*conditions)


def require_values(ctx: CommandContext, root_id: str) -> None:
    """Raises Forbidden unless the actor may ask for values of this case: whoever may read the case, and in a case of
    the own branch whoever is granted some class of data there."""
    if not (_reads_own_branch(ctx) and _is_of_own_branch(ctx, root_id)):
        require_instance(ctx, root_id)


def values_condition(ctx: CommandContext, root_id: ColumnElement[str]) -> ColumnElement[bool] | None:
    """Returns the condition that the actor may ask for values of the case of the row; None for no limit."""
    condition = history_condition(ctx, root_id)
    if condition is None or not ctx.actor.branches or not _reads_own_branch(ctx):
        return condition
    return or_(condition, branches.condition(ctx.actor.branches, root_id))


def _reads_own_branch(ctx: CommandContext) -> bool:
    granted = access(ctx)
    return any("branch" in granted.relations_of(ctx.actor.roles, column, "read") for column in DATA_CLASSES)


def _is_of_own_branch(ctx: CommandContext, root_id: str) -> bool:
    own = ctx.actor.branches
    return bool(own) and branches.holds(own, branches.of_case(ctx, root_id), inside=False)


def _part_of(ctx: CommandContext) -> ColumnElement[bool]:
    return or_(TASK.c.closed_by == ctx.actor.user_id, substitutions.concerns(ctx.actor))


def _has_part(ctx: CommandContext, root_id: str) -> bool:
    return ctx.connection.execute(select(TASK.c.id).where(TASK.c.root_id == root_id, _part_of(ctx))).first() is not None


def _department_part(ctx: CommandContext) -> ColumnElement[bool]:
    colleagues = select(models.user_role.c.user_id).where(
        models.user_role.c.role.in_(sorted(access(ctx).departments(ctx.actor.roles)))
    )
    return or_(TASK.c.assignee.in_(colleagues), TASK.c.closed_by.in_(colleagues))


def _department_has_part(ctx: CommandContext, root_id: str) -> bool:
    found = select(TASK.c.id).where(TASK.c.root_id == root_id, _department_part(ctx))
    return ctx.connection.execute(found).first() is not None


def _listed(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split("|") if part.strip())


def _forbidden(ctx: CommandContext, resource: str, operation: str, thing: str | None = None) -> Forbidden:
    what = f"{resource} {thing}" if thing else resource
    return Forbidden(
        f"user {ctx.actor.user_id} may not {operation.replace('_', ' ')} {what}",
        user_id=ctx.actor.user_id,
        resource=what,
        operation=operation,
    )
