"""Moves a running instance to another version of its diagram: its state is rewritten, nothing in it runs again.

Every token, scope, wait, join, listener and compensation record has to have a place of the same kind in the new
diagram; if one has none, nothing is changed and the refusal names the element. Waits keep their ids, timers their due
time and user tasks their assignee. Guards and listeners that only the new diagram has begin to wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import structs
from SpiffWorkflow.util.task import TaskState

from engine.bpmn import state
from engine.bpmn.definition import Definition
from engine.bpmn.instance import Instance
from engine.bpmn.limits import DEFAULT_LIMITS, Limits
from engine.bpmn.migration_maps import ElementMap, Instruction, Placed, fault, generate, holds, kind_of, validate
from engine.bpmn.outcome import JobWait, Outcome, SubscriptionWait, TimerWait, UserTaskWait
from engine.bpmn.specs.activities import Activity
from engine.bpmn.specs.event_definitions import arm
from engine.bpmn.specs.gateways import EventBasedGateway
from engine.bpmn.specs.joins import Join
from engine.bpmn.specs.scope_spec import ScopeSpec
from engine.bpmn.specs.tasks import UserTask
from engine.bpmn.state import StoredInstance, StoredToken, StoredWorkflow
from engine.bpmn.token import Token
from engine.bpmn.workflow import ROOT_TOKEN, ScopeWorkflow
from engine.errors import MigrationRefused
from engine.findings import Finding

if TYPE_CHECKING:
    from engine.bpmn.instance import Services

__all__ = ["Instruction", "Migrated", "Reassigned", "generate", "migrate", "validate"]


@dataclass(frozen=True, slots=True)
class Reassigned:
    """A user task whose lane or candidates differ in the new diagram."""

    wait_id: str
    element_id: str
    groups_before: tuple[str, ...]
    groups: tuple[str, ...]
    users_before: tuple[str, ...]
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Migrated:
    """An instance on its new diagram. `outcome` holds only what began or ended to wait; `elements` maps old element
    ids to new ones, for everything else that is written about the instance."""

    instance: Instance
    outcome: Outcome
    elements: Mapping[str, str]
    reassigned: tuple[Reassigned, ...]


def migrate(
    stored: bytes,
    *,
    root: Definition,
    source: Definition,
    target: Definition,
    target_id: str,
    process_id: str,
    instructions: Iterable[Instruction],
    services: Services,
    limits: Limits = DEFAULT_LIMITS,
) -> Migrated:
    """Returns the instance on its new diagram.

    `process_id` is the (called) instance that moves from `source` to `target`; `root` is the diagram of the whole
    instance, `source` itself unless a called instance moves. Raises MigrationRefused with a finding per element.
    """
    mapping = ElementMap(source, target, instructions)
    wrong = [finding for found in validate(source, target, mapping.instructions) for finding in found]
    if wrong:
        raise MigrationRefused(wrong)
    body = state._decoder.decode(stored)
    _Rewriting(mapping, body, process_id, target_id).run()
    is_root = body.workflows[0].process_id == process_id
    before = Instance.restore(stored, definition=root, services=services, limits=limits)
    after = Instance.restore(
        state._encoder.encode(body), definition=target if is_root else root, services=services, limits=limits
    )
    moved = [one for one in _workflows(after) if one.process_id == process_id]
    _arm_what_is_new(mapping, before, moved)
    _update_triggers(mapping, moved)
    reassigned = tuple(_reassigned(mapping, moved))
    for workflow in moved:
        _fire_filled_joins(workflow)
    return Migrated(after, after._run(), mapping.elements, reassigned)


def _workflows(instance: Instance) -> list[ScopeWorkflow]:
    top = instance._workflow
    return [top, *top.subprocesses.values()]


# ---------------------------------------------------------------- the state


class _Rewriting:
    """Gives the stored tokens their new names, and gathers what has no place."""

    def __init__(self, mapping: ElementMap, body: StoredInstance, process_id: str, target_id: str) -> None:
        self._map = mapping
        self._body = body
        self._process_id = process_id
        self._target_id = target_id
        self._placed: dict[str, Placed] = {}  # what the tokens become, by their ids
        self._faults: list[Finding] = []

    def run(self) -> None:
        for workflow in self._body.workflows:
            if workflow.process_id == self._process_id:
                self._workflow(workflow)
        if self._faults:
            raise MigrationRefused(list(dict.fromkeys(self._faults)))

    def _workflow(self, workflow: StoredWorkflow) -> None:
        workflow.definition_id = self._target_id
        workflow.last_end = self._map.elements.get(workflow.last_end or "", workflow.last_end)
        scope = self._scope(workflow)
        for token in workflow.tokens:
            self._token(token, scope)
        for token in workflow.tokens:
            self._containment(token)
        workflow.compensable = self._records(workflow.compensable)

    def _scope(self, workflow: StoredWorkflow) -> ScopeSpec | None:
        """Returns the scope that the workflow runs in the new diagram; None if its host has no place."""
        host = self._placed.get(workflow.host)
        if host is not None:
            body = getattr(host.spec, "body", None)
            return body if isinstance(body, ScopeSpec) else None
        hosted = any(workflow.host == token.id for one in self._inside() for token in one.tokens)
        return None if hosted else self._map.target.process

    def _inside(self) -> Iterator[StoredWorkflow]:
        return (one for one in self._body.workflows if one.process_id == self._process_id)

    def _token(self, token: StoredToken, scope: ScopeSpec | None) -> None:
        element_id = token.spec.partition("#")[0]
        placed = self._map.node(token.spec)
        if placed is None:
            zh = f"实例停在 {element_id}，但迁移计划没有给出对应元素"
            self._refuse("no-target", zh, f"the instance is at {element_id}, and the plan has no target", element_id)
            return
        if kind_of(placed.spec) != kind_of(self._map.source_nodes[token.spec].spec):
            zh = f"{element_id} 与 {placed.spec.element.id} 不是同一类元素"
            en = f"{element_id} and {placed.spec.element.id} are not of the same kind"
            self._refuse("other-kind", zh, en, element_id)
        elif scope is not None and placed.scope is not scope:
            zh, en = f"{element_id} 的目标位于另一个子流程中", f"the target of {element_id} lies in another sub-process"
            self._refuse("other-scope", zh, en, element_id)
        self._placed[token.id] = placed
        token.spec = placed.spec.name
        token.flow = None if token.flow is None else self._map.flow(token.flow)
        self._memory(token.memory, placed, element_id)

    def _memory(self, memory: dict[str, Any] | None, placed: Placed, element_id: str) -> None:
        if memory is None:
            return
        if "begin_with" in memory:
            memory["begin_with"] = self._map.elements.get(memory["begin_with"], memory["begin_with"])
        for name in ("undo", "inside"):
            if name in memory:
                memory[name] = self._records(memory[name])
        if "counts" in memory:
            memory["counts"] = self._counts(memory["counts"], placed, element_id)
        if "late" in memory:
            memory["late"] = [mapped for flow in memory["late"] if (mapped := self._map.flow(flow)) is not None]

    def _counts(self, counts: dict[str, int], placed: Placed, element_id: str) -> dict[str, int]:
        mapped: dict[str, int] = {}
        for flow, count in counts.items():
            new = self._map.flow(flow) if flow else flow
            if new is None or (flow and new not in placed.spec.incoming_ids):
                zh = f"{element_id} 已从连线 {flow} 收到令牌，新图没有对应连线"
                en = f"a token has come to {element_id} over flow {flow}, which the new diagram does not have"
                self._refuse("no-flow", zh, en, element_id)
                continue
            mapped[new] = mapped.get(new, 0) + count
        return mapped

    def _records(self, records: list[list[Any]]) -> list[list[Any]]:
        mapped = self._map.records(records)
        if mapped is None:
            names = ", ".join(sorted({str(record[0]) for record in records}))
            zh, en = f"{names} 将不能再补偿", f"{names} could no longer be undone; map it to what has a handler"
            self._refuse("no-compensation", zh, en, str(records[0][0]))
            return records
        return mapped

    def _containment(self, token: StoredToken) -> None:
        container, inside = self._placed.get(token.parent), self._placed.get(token.id)
        if container is None or inside is None or holds(container.spec, inside.spec):
            return
        element_id = inside.spec.element.id
        zh = f"{element_id} 不再附着于 {container.spec.element.id}"
        en = f"{element_id} no longer belongs to {container.spec.element.id}"
        self._refuse("not-attached", zh, en, element_id)

    def _refuse(self, code: str, zh: str, en: str, element_id: str) -> None:
        self._faults.append(fault(code, zh, en, element_id))


# ---------------------------------------------------------------- what the new diagram adds


def _arm_what_is_new(mapping: ElementMap, before: Instance, moved: list[ScopeWorkflow]) -> None:
    """Lets guards, listeners and gateway events wait that the old diagram did not have.

    What it had and what has fired already does not come again.
    """
    old_tokens = before._workflow.tokens_by_id
    old_scopes = {"": before._workflow.spec} | {host: one.spec for host, one in before._workflow.subprocesses.items()}
    for workflow in moved:
        known = mapping.images(old_scopes["" if workflow.host is None else workflow.host.id].listeners)
        for listener in workflow.spec.listeners:
            if listener.name not in known:
                listener.arm_on(workflow.task_tree)
        for token in list(workflow.tokens()):
            was = old_tokens[token.id].task_spec if token.id in old_tokens else None
            if was is not None:
                _arm_inside(mapping, token, was)


def _arm_inside(mapping: ElementMap, token: Token, was: Any) -> None:
    spec = token.task_spec
    if isinstance(spec, Activity) and token.begun and not _continues_later(token):
        known = mapping.images(was.boundaries)
        for boundary in spec.boundaries:
            if boundary.name not in known:
                boundary.arm_on(token)
    if isinstance(spec, EventBasedGateway):
        known = mapping.images(flow.target for flow in was.outgoing)
        for flow in spec.outgoing:
            if flow.target.name not in known:
                waiting = token.add(flow.target)
                waiting.flow = flow.id
                arm(waiting, flow.target.event_definition)


def _continues_later(token: Token) -> bool:
    return token.wait is not None and isinstance(token.wait[1], JobWait)


def _update_triggers(mapping: ElementMap, moved: list[ScopeWorkflow]) -> None:
    """Waits for the new message, signal or time where an instruction says so."""
    wanted = {one.target for one in mapping.instructions if one.update_event_trigger}
    for workflow in moved:
        for token in list(workflow.tokens()):
            waits = token.wait is not None and isinstance(token.wait[1], (TimerWait, SubscriptionWait))
            if waits and token.task_spec.name.partition("#")[0] in wanted:
                token.top.close_wait(token, cancelled=True)
                arm(token, token.task_spec.event_definition)


def _reassigned(mapping: ElementMap, moved: list[ScopeWorkflow]) -> Iterator[Reassigned]:
    """Gives user tasks the candidates of the new diagram where lane or candidates were drawn differently."""
    origins = {new: old for old, new in mapping.elements.items()}
    for workflow in moved:
        for token in workflow.tokens():
            wait_id, had = token.wait or ("", None)
            if not isinstance(had, UserTaskWait):
                continue
            element_id = token.element_id
            if _drawn(mapping.source, origins[element_id]) == _drawn(mapping.target, element_id):
                continue
            spec: UserTask = token.task_spec
            now = spec.details(token)
            users, groups = now.candidate_users, now.candidate_groups
            token.wait = (wait_id, structs.replace(had, candidate_users=users, candidate_groups=groups))
            if (users, groups) != (had.candidate_users, had.candidate_groups):
                yield Reassigned(wait_id, element_id, had.candidate_groups, groups, had.candidate_users, users)


def _drawn(definition: Definition, element_id: str) -> tuple[object, ...]:
    element = definition.elements[element_id]
    named = [element.attributes.get(name) for name in ("candidateUsers", "candidateGroups")]
    return (*named, element.roles if named == [None, None] else ())


def _fire_filled_joins(workflow: ScopeWorkflow) -> None:
    """Lets a join go on that waits for fewer flows in the new diagram."""
    for token in list(workflow.joins.values()):
        spec = token.task_spec
        waits = token._state == TaskState.WAITING and token.wait is None and token.parent.id == ROOT_TOKEN
        if isinstance(spec, Join) and waits and "late" not in token.memory and spec.is_ready(token):
            spec._fire(token)
