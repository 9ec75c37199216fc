"""The script engine that runs nothing. The library's own would hand any text of a diagram to Python's `exec`."""

from __future__ import annotations

from typing import Any, NoReturn

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine

from engine.errors import ExecutionFailed


class NoScripts(PythonScriptEngine):
    """Refuses every call: expressions of ours are FEEL, compiled when the diagram was parsed."""

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> NoReturn:
        raise ExecutionFailed("the library asked to evaluate a Python expression; that is never done")

    def execute(self, task: Any, script: str, external_context: Any = None) -> NoReturn:
        raise ExecutionFailed("the library asked to run a Python script; that is never done")


NO_SCRIPTS = NoScripts()
