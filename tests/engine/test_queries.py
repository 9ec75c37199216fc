"""Every filter of every list: the databases understand it, and it asks for something."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import event

from engine import (
    access_log,
    batches,
    decision_definitions,
    deployment_queries,
    event_subscriptions,
    external_task_queries,
    history_logs,
    history_queries,
    incident_queries,
    job_queries,
    operations,
    process_definitions,
    user_task_queries,
    variable_queries,
)
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.errors import InvalidRequest
from engine.process_engine import ProcessEngine
from engine.queries import Selection
from engine.variable_conditions import VariableCondition

LISTS: dict[str, tuple[Selection[Any, Any], Any]] = {
    "access log": (access_log.ENTRIES, access_log.EntryQuery()),
    "activities": (history_queries.ACTIVITIES, history_queries.ActivityQuery()),
    "batches": (batches.BATCHES, batches.BatchQuery()),
    "decision definitions": (decision_definitions.DECISIONS, decision_definitions.DecisionQuery()),
    "decisions": (history_logs.DECISIONS, history_logs.DecisionQuery()),
    "deployments": (deployment_queries.DEPLOYMENTS, deployment_queries.DeploymentQuery()),
    "details": (history_logs.DETAILS, history_logs.DetailQuery()),
    "event subscriptions": (event_subscriptions.SUBSCRIPTIONS, event_subscriptions.SubscriptionQuery()),
    "external tasks": (external_task_queries.EXTERNAL_TASKS, external_task_queries.ExternalTaskQuery()),
    "historic tasks": (history_queries.TASKS, history_queries.HistoricTaskQuery()),
    "incidents": (incident_queries.INCIDENTS, incident_queries.IncidentQuery()),
    "instances": (history_queries.INSTANCES, history_queries.InstanceQuery()),
    "jobs": (job_queries.JOBS, job_queries.JobQuery()),
    "operations": (operations.NEWEST_FIRST, operations.OperationQuery(kinds=("task.claimed",))),
    "process definitions": (process_definitions.DEFINITIONS, process_definitions.DefinitionQuery()),
    "tasks": (user_task_queries.TASKS, user_task_queries.TaskQuery()),
    "variables": (variable_queries.VARIABLES, variable_queries.VariableQuery()),
}
VALUES: dict[str, Any] = {
    "str | None": "x",
    "int | None": 1,
    "bool | None": True,
    "tuple[str, ...] | None": ("x", "y"),
    "tuple[str, ...]": ("x", "y"),
    "tuple[VariableCondition, ...]": (VariableCondition("x", "gt", 1),),
    "Bounds": (("gt", 1), ("lt", 2)),
    "Actor | None": Actor("x", frozenset({"CSS"})),
    "tuple[str, tuple[str, ...]] | None": ("x", ("CSS",)),
}
# What alone narrows nothing: parts of a row that are wanted, and what is so without being asked for.
ALONE_NOTHING = {
    ("decisions", "include_inputs"),
    ("decisions", "include_outputs"),
    ("details", "include_updates"),
    ("process definitions", "released"),
    ("tasks", "include_assigned"),
}


@pytest.mark.parametrize("name", LISTS)
def test_each_filter_is_understood_and_asks_for_something(engine: ProcessEngine, name: str) -> None:
    selection, everything = LISTS[name]

    def look(ctx: CommandContext) -> set[str]:
        wide = _statement(ctx, selection, everything)
        return {
            one.name
            for one in fields(everything)
            if _statement(ctx, selection, _with(everything, one.name, VALUES[str(one.type)])) == wide
        }

    assert engine.read(SYSTEM_ACTOR, look) == {field for of, field in ALONE_NOTHING if of == name}


@pytest.mark.parametrize("name", LISTS)
def test_each_list_can_be_sorted_by_what_it_says(engine: ProcessEngine, name: str) -> None:
    selection, everything = LISTS[name]
    for key in selection.sorts:
        for order in ("asc", "desc"):
            assert engine.read(SYSTEM_ACTOR, selection.find, everything, sort=[(key, order)], limit=5) == []


def test_a_pattern_that_ends_in_the_middle_of_an_escape_is_refused(engine: ProcessEngine) -> None:
    query = history_queries.InstanceQuery(business_key_like="A\\")
    with pytest.raises(InvalidRequest, match="escape"):
        engine.read(SYSTEM_ACTOR, history_queries.count_instances, query)


def test_a_flag_that_is_false_asks_for_nothing(engine: ProcessEngine) -> None:
    def look(ctx: CommandContext) -> tuple[Any, Any]:
        wide = _statement(ctx, job_queries.JOBS, job_queries.JobQuery())
        return wide, _statement(ctx, job_queries.JOBS, job_queries.JobQuery(suspended=False, executable=False))

    wide, narrow = engine.read(SYSTEM_ACTOR, look)
    assert narrow == wide


def _with(query: Any, name: str, value: Any) -> Any:
    given = {one.name: getattr(query, one.name) for one in fields(query)}
    return type(query)(**given | {name: value})


def _statement(ctx: CommandContext, selection: Selection[Any, Any], query: Any) -> tuple[str, str]:
    """Finds and counts; returns what the database was asked last, and with which values."""
    asked: list[tuple[str, str]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, str(values)))

    event.listen(ctx.connection, "before_cursor_execute", keep)
    try:
        selection.find(ctx, query, limit=5)
        selection.count(ctx, query)
    finally:
        event.remove(ctx.connection, "before_cursor_execute", keep)
    return asked[-1]
