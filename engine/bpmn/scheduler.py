"""The workflow of a whole instance: who is next, what is waited for, when it is over.

Tokens that can run stand in one queue; a step costs the same however long the instance has lived. Interruptions are
carried out the moment their event fires, so that no interrupted activity ever runs on. Inclusive joins are decided
when nothing else can move, because only then it is certain which tokens can still reach them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.no_scripts import NO_SCRIPTS
from engine.bpmn.outcome import (
    WAIT_KINDS,
    InstanceEnded,
    Stalled,
    Step,
    SubscriptionWait,
    VariableSet,
    WaitClosed,
    WaitDetails,
    WaitOpened,
)
from engine.bpmn.scope import ROOT, Scopes
from engine.bpmn.specs import conversations
from engine.bpmn.token import Token
from engine.bpmn.workflow import ScopeWorkflow, SubWorkflow
from engine.errors import ExecutionFailed, InvalidRequest, LimitReached
from engine.ids import new_id

if TYPE_CHECKING:
    from engine.bpmn.instance import Services
    from engine.bpmn.limits import Limits
    from engine.bpmn.specs.scope_spec import ScopeSpec


class InstanceWorkflow(ScopeWorkflow, BpmnWorkflow):
    """One process instance in memory, with all scopes inside it. `steps` is the diff of the running operation."""

    def __init__(
        self,
        spec: ScopeSpec,
        *,
        instance_id: str,
        definition_id: str,
        business_key: str | None,
        services: Services,
        limits: Limits,
    ) -> None:
        self.top = self
        self.host = None
        self.process_id = instance_id
        self.definition_id = definition_id
        self.business_key = business_key
        self.scope_id = ROOT
        self.services = services
        self.limits = limits
        self.scopes = Scopes()
        self.scopes.open(ROOT, None)
        self.tokens_by_id: dict[str, Token] = {}
        self.waits: dict[str, Token] = {}
        self.conditionals: dict[str, Token] = {}
        self.by_hand: dict[str, Token] = {}
        self.queue: deque[Token] = deque()
        self.steps: list[Step] = []
        self.step_count = 0
        self.ended: InstanceEnded | None = None
        super().__init__(spec, script_engine=NO_SCRIPTS, deserializing=True)
        self.open_root()

    # ------------------------------------------------------------ tokens

    def add_token(self, token: Token) -> None:
        """Notes a new token; raises LimitReached when there are too many at once."""
        self.tokens_by_id[token.id] = token
        if len(self.tokens_by_id) > self.limits.tokens:
            raise LimitReached(f"more than {self.limits.tokens} tokens are alive", element_id=token.element_id)

    def remove_token(self, token: Token) -> None:
        """Forgets a token with its subscription."""
        self.tokens_by_id.pop(token.id, None)
        self.conditionals.pop(token.id, None)
        self.by_hand.pop(token.id, None)
        self.event_manager.tasks.pop(token.id, None)
        conversations.forget(self, token.id)

    def get_task_from_id(self, task_id: str) -> Token:
        """Returns a live token of any scope (the library's name)."""
        return self.tokens_by_id[task_id]

    def create_subprocess(
        self,
        host: Token,
        spec: ScopeSpec,
        *,
        process_id: str | None = None,
        definition_id: str | None = None,
        business_key: str | None = None,
    ) -> SubWorkflow:
        """Opens the scope of an activity; raises LimitReached when scopes are nested too deep."""
        inner = SubWorkflow(
            host,
            spec,
            process_id=process_id or host.workflow.process_id,
            definition_id=definition_id or host.workflow.definition_id,
            business_key=business_key if process_id else host.workflow.business_key,
        )
        if inner.depth > self.limits.scope_depth:
            raise LimitReached(f"scopes are nested deeper than {self.limits.scope_depth}", element_id=host.element_id)
        self.subprocesses[host.id] = inner
        return inner

    def inner(self, host: Token) -> SubWorkflow | None:
        """Returns the scope that an activity holds."""
        found: SubWorkflow | None = self.subprocesses.get(host.id)
        return found

    # ------------------------------------------------------------ waits

    def open_wait(self, token: Token, details: WaitDetails) -> None:
        """Notes and records that the token waits."""
        wait_id = new_id()
        token.wait = (wait_id, details)
        self.waits[wait_id] = token
        if isinstance(details, SubscriptionWait):
            self.event_manager.add_task(token)
        self.steps.append(self.wait_opened(token))

    def wait_opened(self, token: Token) -> WaitOpened:
        """Returns the step that says what a token waits for."""
        assert token.wait is not None
        wait_id, details = token.wait
        return WaitOpened(
            wait_id,
            token.element_id,
            token.task_spec.wait_activity(token),
            token.workflow.process_id,
            token.scope_id,
            details,
        )

    def close_wait(self, token: Token, *, cancelled: bool = False) -> None:
        """Notes and records that the token no longer waits."""
        if token.wait is None:
            return
        wait_id, details = token.wait
        token.wait = None
        self.waits.pop(wait_id, None)
        self.event_manager.remove_task(token)
        self.steps.append(WaitClosed(wait_id, token.element_id, WAIT_KINDS[type(details)], cancelled))

    # ------------------------------------------------------------ variables

    def put_variables(self, scope_id: str, values: Mapping[str, Any]) -> None:
        """Writes to one scope what comes from outside, not from an activity, and records it."""
        for name, value in values.items():
            self.scopes.set_local(scope_id, name, value)
            self.steps.append(VariableSet(scope_id, name, value))

    def set_variable(self, token: Token, name: str, value: Any, *, scope_id: str | None = None) -> None:
        """Writes by the rules of visibility, seen from the token (or from a scope), and records it."""
        target = self.scopes.set(token.scope_id if scope_id is None else scope_id, name, value)
        self.steps.append(VariableSet(target, name, value, token.id))

    def set_local(self, token: Token, name: str, value: Any, *, scope_id: str | None = None) -> None:
        """Writes to one scope, the token's by default, and records it."""
        target = token.scope_id if scope_id is None else scope_id
        self.scopes.set_local(target, name, value)
        self.steps.append(VariableSet(target, name, value, token.id))

    # ------------------------------------------------------------ running

    def push(self, token: Token) -> None:
        """Puts a token in the queue of those that can go on."""
        self.queue.append(token)

    def run(self) -> None:
        """Runs until everything waits or the instance is over; says so if neither can be."""
        while self.step():
            pass
        self.look_for_stall()

    def step(self) -> bool:
        """Runs one token; False when nothing can move."""
        if self.ended is not None:
            self.queue.clear()
            return False
        self._fire_conditions()
        while self.queue:
            token = self.queue.popleft()
            if token.alive:
                self._run_one(token)
                return True
        return self._fire_inclusive_join()

    def _run_one(self, token: Token) -> None:
        self.step_count += 1
        if self.step_count > self.limits.steps:
            raise LimitReached(f"one operation ran more than {self.limits.steps} steps", element_id=token.element_id)
        try:
            if token._state == TaskState.READY:
                token.run()
            else:
                token.task_spec.resume(token)
        except ExecutionFailed as error:
            error.element_id = error.element_id or token.element_id
            raise
        except InvalidRequest as error:
            raise ExecutionFailed(f"{token.element_id}: {error}", element_id=token.element_id) from error
        except RecursionError as error:
            raise LimitReached(
                f"{token.element_id}: what it evaluates is nested too deeply", element_id=token.element_id
            ) from error
        except WorkflowException as error:
            raise ExecutionFailed(f"{token.element_id}: {error}", element_id=token.element_id) from error

    def _fire_conditions(self) -> None:
        """Fires conditional events whose condition became true (BPMN 10.5.5: on the edge from false to true)."""
        while self.conditionals and self.scopes.changed:
            changed = frozenset(self.scopes.changed)
            self.scopes.changed.clear()
            for _, token in sorted(self.conditionals.items()):
                if token.alive and self.ended is None:
                    token.task_spec.check_condition(token, changed)
        self.scopes.changed.clear()

    def _fire_inclusive_join(self) -> bool:
        for workflow in [*self.subprocesses.values(), self]:
            for token in list(workflow.joins.values()):
                if token.alive and token.task_spec.try_late(token):
                    return True
        return False

    def look_for_stall(self) -> None:
        """Records that tokens stand for ever, if the instance neither waits for anything nor is over."""
        if self.ended is not None or self.waits or self.conditionals or self.by_hand:
            return
        holders = {workflow.host for workflow in self.subprocesses.values()}
        stuck = [token for token in self.tokens_by_id.values() if token.keeps_alive and token not in holders]
        self.steps.append(Stalled(tuple(sorted({token.element_id for token in stuck}))))

    # ------------------------------------------------------------ the end

    def end(self, state: str = "completed", error_code: str | None = None) -> None:
        """Ends the whole instance, once."""
        if self.ended is None:
            self.completed = True
            self.ended = InstanceEnded(self._end_state(state), self.last_end, error_code)  # type: ignore[arg-type]
            self.clear()
            self.steps.append(self.ended)

    def _end_state(self, state: str) -> str:
        return "terminated" if state == "completed" and self.data.get("terminated") else state
