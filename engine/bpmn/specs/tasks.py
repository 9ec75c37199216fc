"""The kinds of tasks (BPMN 10.3.3) with the attributes that Camunda gives them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from engine.bpmn.definition import Element
from engine.bpmn.expressions import Value
from engine.bpmn.outcome import DecisionTaken, UserTaskWait
from engine.bpmn.specs.activities import Activity
from engine.bpmn.specs.decisions import DecisionCall
from engine.bpmn.specs.event_definitions import EventDefinition, arm
from engine.bpmn.specs.events import Catching
from engine.bpmn.specs.gateways import waits_in_gateway
from engine.bpmn.specs.throws import Throw, external_wait, whole_number
from engine.bpmn.timers import NotATimer, first_due

if TYPE_CHECKING:
    from engine.bpmn.token import Token


class UserTask(Activity):
    """Waits for a person. Attributes hold the compiled texts of the diagram."""

    def __init__(self, scope_spec: Any, element: Element, attributes: Mapping[str, Value], *, name: str | None) -> None:
        super().__init__(scope_spec, element, name=name)
        self.attributes = attributes

    def execute(self, token: Token) -> bool | None:
        token.top.open_wait(token, self.details(token))
        return None

    def details(self, token: Token) -> UserTaskWait:
        """Evaluates who may do the task and until when."""
        users = self._people(token, "candidateUsers")
        groups = self._people(token, "candidateGroups")
        if "candidateUsers" not in self.attributes and "candidateGroups" not in self.attributes:
            groups = self.element.roles
        priority = self._value(token, "priority")
        return UserTaskWait(
            name=self.element.name,
            name_en=self.element.name_en,
            assignee=self._person(token),
            candidate_users=users,
            candidate_groups=groups,
            due_at=self._instant(token, "dueDate"),
            follow_up_at=self._instant(token, "followUpDate"),
            priority=50 if priority is None else whole_number(token, priority, "priority"),
            form_ref=self.element.form_ref,
            form_key=self.element.form_key,
        )

    def _value(self, token: Token, name: str) -> Any:
        value = self.attributes.get(name)
        return None if value is None else token.evaluate(value)

    def _person(self, token: Token) -> str | None:
        value = self._value(token, "assignee")
        if value is not None and not isinstance(value, str):
            raise token.fail("the assignee is no text")
        return value or None

    def _people(self, token: Token, name: str) -> tuple[str, ...]:
        value = self._value(token, name)
        found = value.split(",") if isinstance(value, str) else value or []
        if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
            raise token.fail(f"{name} is neither a text nor a list of texts")
        return tuple(item.strip() for item in found if item.strip())

    def _instant(self, token: Token, name: str) -> datetime | None:
        value = self._value(token, name)
        if value is None or value == "":
            return None
        if not isinstance(value, (str, date, datetime, timedelta)):
            raise token.fail(f"{name} is no date")
        top = token.top
        zone = top.services.environment.zone
        try:
            return first_due("date", value, now=top.services.now, zone=zone, limits=top.limits).due_at
        except NotATimer as error:
            raise token.fail(f"{name} is no date in ISO 8601") from error


class ExternalTask(Activity):
    """Waits for a worker who fetches its topic."""

    def __init__(
        self, scope_spec: Any, element: Element, topic: Value, priority: Value | None, *, name: str | None
    ) -> None:
        super().__init__(scope_spec, element, name=name)
        self.topic = topic
        self.priority = priority

    def execute(self, token: Token) -> bool | None:
        token.top.open_wait(token, external_wait(token, self.topic, self.priority, dict(self.element.properties)))
        return None


class ScriptTask(Activity):
    """Evaluates FEEL. Without a result variable, a context sets one variable per entry."""

    def __init__(
        self, scope_spec: Any, element: Element, script: Value, result: str | None, *, name: str | None
    ) -> None:
        super().__init__(scope_spec, element, name=name)
        self.script = script
        self.result = result

    def execute(self, token: Token) -> bool | None:
        value = token.evaluate(self.script)
        if self.result is not None:
            token.top.set_variable(token, self.result, value)
        elif isinstance(value, dict):
            self.receive(token, value)
        return True


class BusinessRuleTask(Activity):
    """Asks a decision. The variables in sight and the task's own input parameters are its inputs."""

    def __init__(self, scope_spec: Any, element: Element, call: DecisionCall, *, name: str | None) -> None:
        super().__init__(scope_spec, element, name=name)
        self.call = call

    def execute(self, token: Token) -> bool | None:
        result = self.call.decide(token)
        token.top.steps.append(DecisionTaken(token.id, self.element.id, result, self.call.anchor is not None))
        if self.call.result_variable is not None:
            token.top.set_variable(token, self.call.result_variable, self.call.mapped(token, result))
        return True


class SendTask(Activity):
    """Sends a message, or leaves that to a worker."""

    def __init__(self, scope_spec: Any, element: Element, throw: Throw, *, name: str | None) -> None:
        super().__init__(scope_spec, element, name=name)
        self.throw = throw

    def execute(self, token: Token) -> bool | None:
        return self.throw(token)


class ReceiveTask(Catching, Activity):
    """Waits for a message."""

    def __init__(self, scope_spec: Any, element: Element, message: EventDefinition, *, name: str | None) -> None:
        super().__init__(scope_spec, element, name=name)
        self.event_definition = message

    def execute(self, token: Token) -> bool | None:
        if token.fired:
            return True
        arm(token, self.event_definition)
        return None

    def fire(self, token: Token, variables: Mapping[str, Any]) -> None:
        if waits_in_gateway(token):
            token.top.close_wait(token)
            token.parent.task_spec.won_by(token.parent, token)
            self.begin(token)
        self.completed_by(token, variables)

    def wait_activity(self, token: Token) -> str:
        return str(token.parent.id) if waits_in_gateway(token) else token.id
