"""What a parsed diagram says of itself: frozen, shared by all instances and threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.bpmn.retries import RetryCycle
from engine.findings import Finding

if TYPE_CHECKING:
    from engine.bpmn.expressions import Value
    from engine.bpmn.specs.scope_spec import ScopeSpec
    from engine.feel import Environment

StartKind = Literal["none", "message", "timer", "signal", "conditional"]


@dataclass(frozen=True, slots=True)
class Element:
    """One flow node as its owner drew it.

    `roles` are the role codes of its innermost lane that names some; `parent_id` is the sub-process it lies in, None
    at the top level; `attributes` are the extension attributes as written (assignee, topic …) without namespace;
    `retry` says how often its jobs are tried, None as often as any job.
    """

    id: str
    type: str
    name: str = ""
    name_en: str = ""
    documentation: str = ""
    roles: tuple[str, ...] = ()
    parent_id: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None
    form_ref: str | None = None
    form_key: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    retry: RetryCycle | None = None


@dataclass(frozen=True, slots=True)
class SequenceFlow:
    """An arrow between two flow nodes, by the ids that the owner wrote."""

    id: str
    source: str
    target: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class StartEvent:
    """One way to start the process.

    `event_name` names the message or signal; `timer` is the text of a timer start and `timer_kind` says how to read
    it (see `timers.first_due`); `initiator` is the variable that shall hold the user id of who starts it. An event that
    needs several triggers has one entry per trigger, `<id>#start<n>`: the instance then waits for the others.
    """

    element_id: str
    kind: StartKind
    event_name: str | None = None
    timer: str | None = None
    timer_kind: Literal["date", "duration", "cycle"] | None = None
    initiator: str | None = None
    condition: Value | None = field(default=None, repr=False)

    def holds(self, variables: Mapping[str, Any], environment: Environment) -> bool:
        """Tells whether the condition of a conditional start holds for the variables of a would-be instance."""
        return self.condition is not None and self.condition.evaluate(variables, environment) is True


@dataclass(frozen=True, slots=True, eq=False)
class Definition:
    """One executable process of a diagram, ready to run.

    `elements` holds the flow nodes by id, and for each loop the body around its instances, which history records as an
    activity of its own (`<id>#multiInstanceBody`, `<id>#loopBody`). `digest` is the SHA-256 of the file;
    `correlated` are the messages that correlation keys look into;
    `expression_names` are the variables that any expression of the diagram reads; `classes` maps variables to the data
    class that the process declares; `warnings` did not forbid deployment.
    """

    key: str
    name: str
    name_en: str
    version_tag: str | None
    history_ttl: str | None
    digest: str
    elements: Mapping[str, Element]
    flows: tuple[SequenceFlow, ...]
    start_events: tuple[StartEvent, ...]
    decision_refs: frozenset[str]
    form_refs: frozenset[str]
    called_elements: frozenset[str]
    topics: frozenset[str]
    correlated: frozenset[str]
    expression_names: frozenset[str]
    classes: Mapping[str, str]
    properties: Mapping[str, str]
    candidate_starter_groups: tuple[str, ...]
    warnings: tuple[Finding, ...]
    process: ScopeSpec = field(repr=False)
