"""What SpiffWorkflow 3.2.0 does on its own: recorded, so that an upgrade which changes it is noticed here first.

Each test names the correction that stands on it.
"""

from __future__ import annotations

import importlib.metadata
import inspect
from typing import Any

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskIterator, TaskState

from engine.bpmn.no_scripts import NO_SCRIPTS
from engine.errors import ExecutionFailed
from tests.engine.bpmn.diagrams import END, SIGNAL, START, diagram, end, exclusive, parallel, task, throw, user


def stock(body: bytes, data: dict[str, Any] | None = None) -> BpmnWorkflow:
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(body))
    workflow = BpmnWorkflow(parser.get_spec("P"), parser.get_subprocess_specs("P"))
    workflow.task_tree.data.update(data or {})
    workflow.do_engine_steps()
    return workflow


def python_script(id_: str, code: str) -> str:
    return f'<scriptTask id="{id_}"><script>{code}</script></scriptTask>'


def test_the_version_is_the_one_that_was_examined() -> None:
    assert importlib.metadata.version("SpiffWorkflow") == "3.2.0"


def test_the_default_engine_runs_any_python() -> None:
    """Hence `no_scripts`: nothing of a diagram may reach it."""
    workflow = stock(diagram(START + python_script("A", "import os; found = os.sep") + END, "S>A A>E"))
    assert workflow.data["found"] == "/"
    assert isinstance(NO_SCRIPTS, PythonScriptEngine)
    with pytest.raises(ExecutionFailed):
        NO_SCRIPTS.evaluate(None, "1")
    with pytest.raises(ExecutionFailed):
        NO_SCRIPTS.execute(None, "x = 1")


def test_a_long_loop_stalls_in_silence() -> None:
    """The iterator sees 1000 levels; hence tokens that stand where they are contained, and no tree scans."""
    assert TaskIterator(None).max_depth == 1000
    body = diagram(
        START
        + python_script("I", "n = 0")
        + exclusive("M")
        + python_script("A", "n = n + 1")
        + exclusive("X", "f_X_E")
        + END,
        "S>I I>M M>A A>X X>M[n<1200] X>E",
    )
    workflow = stock(body)
    assert workflow.is_completed()
    assert workflow.data.get("n") != 1200


def test_a_join_merges_lists_by_position() -> None:
    """Hence variable scopes of our own."""
    body = diagram(
        START + python_script("I", "l = [1, 2]") + parallel("G") + python_script("A", "l = [2, 3]")
        + python_script("B", "x = 1") + parallel("J") + END,
        "S>I I>G G>A G>B A>J B>J J>E",
    )  # fmt: skip
    assert stock(body).data["l"] != [2, 3]


def test_links_are_ignored_and_the_instance_hangs() -> None:
    link = '<linkEventDefinition name="k"/>'
    body = diagram(
        START + throw("T", link) + f'<intermediateCatchEvent id="C">{link}</intermediateCatchEvent>' + END, "S>T C>E"
    )
    with pytest.raises(Exception, match=r".*"):
        assert stock(body).completed


def test_a_signal_end_event_sends_nothing() -> None:
    workflow = stock(diagram(START + end("E", SIGNAL), "S>E"))
    assert workflow.completed
    assert workflow.get_events() == []


def test_a_plain_task_waits_like_a_manual_one() -> None:
    assert not stock(diagram(START + task("A") + END, "S>A A>E")).completed


def test_a_single_condition_on_an_activity_is_ignored() -> None:
    workflow = stock(diagram(START + python_script("A", "n = 1") + user("B") + END, "S>A A>B[n==2] B>E"))
    assert [item.task_spec.name for item in workflow.get_tasks(state=TaskState.READY, manual=True)] == ["B"]


def test_two_flows_out_of_an_activity_are_a_parse_error() -> None:
    with pytest.raises(Exception, match="Multiple outgoing"):
        stock(diagram(START + task("A") + task("B") + task("C") + END, "S>A A>B A>C B>E C>E"))


def test_an_uncaught_error_is_a_success() -> None:
    workflow = stock(diagram(START + end("E", '<errorEventDefinition errorRef="error_1"/>'), "S>E"))
    assert workflow.completed
    assert workflow.success


def test_five_hundred_nodes_break_the_parser() -> None:
    """Hence a builder that does not recurse along the flows."""
    nodes = "".join(task(f"A{number}") for number in range(1000))
    arrows = "S>A0 " + " ".join(f"A{number}>A{number + 1}" for number in range(999)) + " A999>E"
    with pytest.raises(Exception, match="RecursionError"):
        stock(diagram(START + nodes + END, arrows))


def test_owners_may_not_call_their_start_event_start() -> None:
    """Hence names of our own for what the diagram does not draw, with signs that no id can hold."""
    with pytest.raises(Exception, match="No output task"):
        stock(diagram('<startEvent id="Start"/>' + END, "Start>E"))


def test_timers_read_the_wall_clock_and_cannot_read_years_bounded() -> None:
    """Hence `timers`: durations there are whole numbers of months, added at once."""
    parsed = TimerEventDefinition.parse_iso_duration("P99999999999Y")
    assert parsed == {"years": 99999999999}


def test_tasks_take_part_in_logging_and_the_clock_unless_corrected() -> None:
    """Hence `Token._set_state`, which does neither."""
    assert "time.time()" in _source(Task._set_state)


def _source(function: Any) -> str:
    return inspect.getsource(function)
