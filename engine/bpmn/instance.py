"""One process instance in memory: every operation changes it and returns the diff.

An operation either succeeds whole or raises `ExecutionFailed` (`LimitReached` among them), and then the instance must
be thrown away, because it may have run half of its steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine.bpmn import state
from engine.bpmn.definition import Definition
from engine.bpmn.limits import DEFAULT_LIMITS, Limits
from engine.bpmn.outcome import (
    ExternalTaskWait,
    JobWait,
    Outcome,
    SubscriptionWait,
    TimerWait,
    UserTaskWait,
    VariableSet,
    WaitDetails,
    WaitOpened,
)
from engine.bpmn.scheduler import InstanceWorkflow
from engine.bpmn.scope import ROOT
from engine.bpmn.specs import conversations
from engine.bpmn.specs.catching import catch_scoped
from engine.bpmn.specs.conversations import Standing
from engine.bpmn.specs.event_definitions import ErrorEventDefinition, EscalationEventDefinition, Thrown
from engine.bpmn.token import Token
from engine.dmn.result import DecisionResult
from engine.errors import InvalidRequest, NotFound
from engine.feel import Environment


class Services(Protocol):
    """What an instance asks of the engine while it runs. `now` is aware UTC."""

    @property
    def now(self) -> datetime: ...

    @property
    def environment(self) -> Environment: ...

    def decide(
        self,
        decision_ref: str,
        variables: Mapping[str, Any],
        *,
        binding: str,
        version: str | None,
        anchor: datetime | None,
    ) -> DecisionResult:
        """Evaluates a decision."""
        ...

    def definition(self, key: str, *, binding: str, version: str | None) -> tuple[str, Definition]:
        """Returns the id and the definition that a call activity means."""
        ...

    def definition_by_id(self, definition_id: str) -> Definition:
        """Returns the definition of an instance that was called earlier."""
        ...


@dataclass(frozen=True, slots=True)
class ByHand:
    """A running ad-hoc sub-process: its activity instance, element and (called) instance, the elements that somebody
    may start in it, and whether somebody may end it."""

    activity_id: str
    element_id: str
    process_id: str
    elements: tuple[str, ...]
    can_complete: bool


class Instance:
    """A running instance. Not safe to share between threads; its definition is."""

    def __init__(self, workflow: InstanceWorkflow) -> None:
        self._workflow = workflow

    # ------------------------------------------------------------ life

    @classmethod
    def start(
        cls,
        definition: Definition,
        *,
        instance_id: str,
        definition_id: str,
        services: Services,
        variables: Mapping[str, Any],
        business_key: str | None = None,
        start_event_id: str | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> tuple[Instance, Outcome]:
        """Starts an instance at its none start event, or at the start event named."""
        process = definition.process
        if start_event_id is not None and start_event_id not in process.entries:
            raise NotFound(f"process {definition.key} has no start event {start_event_id}")
        if start_event_id is None and not process.starts:
            raise InvalidRequest(f"process {definition.key} has no none start event; name the event to start at")
        workflow = InstanceWorkflow(
            process,
            instance_id=instance_id,
            definition_id=definition_id,
            business_key=business_key,
            services=services,
            limits=limits,
        )
        workflow.put_variables(ROOT, variables)
        for start in definition.start_events:
            if start.element_id == start_event_id and start.kind == "message" and start.event_name is not None:
                conversations.started(workflow, start.event_name, variables)
        begin = process.starts if start_event_id is None else (process.entries[start_event_id],)
        beside = process.companions.get(start_event_id or "", ())
        workflow.begin(begin, fired=start_event_id is not None, beside=beside)
        workflow.settle()
        instance = cls(workflow)
        return instance, instance._run()

    @classmethod
    def restore(
        cls, stored: bytes, *, definition: Definition, services: Services, limits: Limits = DEFAULT_LIMITS
    ) -> Instance:
        """Returns the instance that was stored; `definition` is parsed from the diagram it runs on."""
        return cls(state.restore(stored, definition, services=services, limits=limits))

    def rest(self) -> None:
        """Lets go of values that were read, because somebody may hold them; see `wake`."""
        self._workflow.scopes.forget_read()

    def wake(self, services: Services) -> None:
        """Makes an instance that rested ready for the next operation, as if it had been restored."""
        self._workflow.services = services

    def store(self) -> bytes:
        """Returns the state, without the diagram."""
        return state.store(self._workflow)

    # ------------------------------------------------------------ what happens to it

    def complete(self, wait_id: str, variables: Mapping[str, Any]) -> Outcome:
        """Completes a user task or external task."""
        token = self._waiting(wait_id, UserTaskWait, ExternalTaskWait)
        token.task_spec.completed_by(token, variables)
        return self._run()

    def fire_timer(self, wait_id: str) -> Outcome:
        """Lets a timer fire; the caller decides that its time has come."""
        token = self._waiting(wait_id, TimerWait)
        token.task_spec.fire(token, {})
        return self._run()

    def run_job(self, wait_id: str) -> Outcome:
        """Goes on after an asynchronous continuation."""
        token = self._waiting(wait_id, JobWait)
        token.task_spec.run_job(token)
        return self._run()

    def correlate(self, wait_id: str, variables: Mapping[str, Any]) -> Outcome:
        """Hands a message or signal to one subscription."""
        token = self._waiting(wait_id, SubscriptionWait)
        details = self._subscription(token)
        if details.event_type == "message":
            conversations.received(token, details.event_name, variables)
        token.task_spec.fire(token, variables)
        return self._run()

    def throw_error(
        self, wait_id: str, code: str, message: str = "", variables: Mapping[str, Any] | None = None
    ) -> Outcome:
        """Throws a BPMN error from a user task or external task; uncaught, it ends the instance as failed."""
        token = self._waiting(wait_id, UserTaskWait, ExternalTaskWait)
        thrown = Thrown(ErrorEventDefinition("error", code), variables or {}, message)
        if not catch_scoped(thrown, host=token):
            self._workflow.end("failed", code)
        return self._run()

    def throw_escalation(self, wait_id: str, code: str, variables: Mapping[str, Any] | None = None) -> Outcome:
        """Throws an escalation from a user task or external task, which goes on waiting unless it is interrupted."""
        token = self._waiting(wait_id, UserTaskWait, ExternalTaskWait)
        catch_scoped(Thrown(EscalationEventDefinition("escalation", code), variables or {}), host=token)
        return self._run()

    def start_activity(self, activity_id: str, element_id: str) -> Outcome:
        """Starts an activity of an ad-hoc sub-process whose activities are started by hand.

        `activity_id` is the activity instance of the sub-process; see `startable`. Raises NotFound, and Conflict while
        another one runs in a sequential one."""
        token = self._workflow.by_hand.get(activity_id)
        if token is None:
            raise NotFound(f"no ad-hoc sub-process {activity_id} waits for somebody to start its activities")
        token.task_spec.start_activity(token, element_id)
        return self._run()

    def complete_by_hand(self, activity_id: str) -> Outcome:
        """Ends an ad-hoc sub-process whose activities are started by hand and that has no completion condition.

        What still runs in it is taken away, or waited for (cancelRemainingInstances). Raises NotFound, Conflict."""
        token = self._workflow.by_hand.get(activity_id)
        if token is None:
            raise NotFound(f"no ad-hoc sub-process {activity_id} waits for somebody to end it")
        token.task_spec.complete_by_hand(token)
        return self._run()

    def by_hand(self) -> tuple[ByHand, ...]:
        """Returns the ad-hoc sub-processes that wait for somebody to start their activities."""
        return tuple(
            ByHand(
                activity_id,
                token.element_id,
                token.workflow.process_id,
                tuple(node.element.id for node in token.task_spec.body.starts),
                token.task_spec.condition is None,
            )
            for activity_id, token in sorted(self._workflow.by_hand.items())
        )

    def startable(self) -> tuple[tuple[str, str], ...]:
        """Returns what `start_activity` may start: pairs of activity instance and element."""
        return tuple((held.activity_id, element_id) for held in self.by_hand() for element_id in held.elements)

    def set_variables(
        self, changes: Mapping[str, Any], *, deletions: Iterable[str] = (), scope_id: str = ROOT
    ) -> Outcome:
        """Changes variables of one scope from outside; conditional events look at them again."""
        workflow = self._workflow
        self._scope(scope_id)
        workflow.put_variables(scope_id, changes)
        for name in deletions:
            if name in workflow.scopes.local(scope_id):
                workflow.scopes.delete(scope_id, name)
                workflow.steps.append(VariableSet(scope_id, name, None, deleted=True))
        return self._run()

    def cancel(self, reason: str) -> Outcome:
        """Ends the instance from outside. The reason is for whoever records it; the instance does not need it."""
        del reason
        self._workflow.end("cancelled")
        return self._run()

    # ------------------------------------------------------------ what it says of itself

    def standing(self, wait_id: str, variables: Mapping[str, Any]) -> Standing:
        """Returns what a message that carries these variables is to one subscription: `foreign` if it belongs to
        another conversation, `held` if it belongs to this one, `open` if correlation keys do not tell."""
        token = self._waiting(wait_id, SubscriptionWait)
        return conversations.standing(token, self._subscription(token).event_name, variables)

    def variables(self, scope_id: str = ROOT) -> dict[str, Any]:
        """Returns the variables visible from a scope."""
        self._scope(scope_id)
        return dict(self._workflow.scopes.view(scope_id))

    def typed_variables(self, scope_id: str = ROOT) -> dict[str, Any]:
        """Returns the variables visible from a scope, under the types that their senders gave them."""
        self._scope(scope_id)
        return self._workflow.scopes.view(scope_id).typed()

    @property
    def variable_count(self) -> int:
        """How many variables all scopes hold together."""
        return sum(len(scope.stored) for _, scope in self._workflow.scopes.items())

    def waits(self) -> tuple[WaitOpened, ...]:
        """Returns everything that the instance waits for, oldest first."""
        return tuple(self._workflow.wait_opened(token) for _, token in sorted(self._workflow.waits.items()))

    def waiting_at(self) -> frozenset[str]:
        """Returns the elements at which the instance waits for something."""
        return frozenset(token.element_id for token in self._workflow.waits.values())

    # ------------------------------------------------------------ inside

    def _run(self) -> Outcome:
        workflow = self._workflow
        workflow.step_count = 0
        workflow.run()
        steps = tuple(workflow.steps)
        workflow.steps.clear()
        return Outcome(steps)

    def _waiting(self, wait_id: str, *kinds: type[WaitDetails]) -> Token:
        token = self._workflow.waits.get(wait_id)
        if token is None or token.wait is None:
            raise NotFound(f"the instance does not wait for {wait_id}")
        if not isinstance(token.wait[1], kinds):
            raise InvalidRequest(f"{token.element_id} waits for something else ({type(token.wait[1]).__name__})")
        return token

    def _subscription(self, token: Token) -> SubscriptionWait:
        assert token.wait is not None
        details = token.wait[1]
        assert isinstance(details, SubscriptionWait)
        return details

    def _scope(self, scope_id: str) -> None:
        workflow = self._workflow
        if scope_id in workflow.scopes:
            return
        token = workflow.tokens_by_id.get(scope_id)
        if token is None:
            raise NotFound(f"the instance has no scope {scope_id}")
        outer, token.scope_id = token.scope_id, scope_id
        workflow.scopes.open(scope_id, outer)
        for inside in token.children:
            inside.scope_id = scope_id if inside.scope_id == outer else inside.scope_id
