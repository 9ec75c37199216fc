"""Spans tell of routes and outcomes, belong to the caller's trace, and hold nothing of what was sent."""

from __future__ import annotations

import builtins
from dataclasses import replace
from typing import Any

import pytest
from falcon import testing
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api import tracing
from api.app import create_app
from engine.errors import InvalidRequest
from engine.process_engine import ProcessEngine
from engine.settings import read_settings

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    made = [tracing.Tracing(provider.get_tracer("test"))]
    monkeypatch.setattr(tracing, "components", lambda _: made)
    return exporter


def test_a_span_names_the_route_and_nothing_that_was_sent(spans: InMemorySpanExporter, engine: ProcessEngine) -> None:
    client = testing.TestClient(create_app(engine, run_jobs=False))
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    answer = client.simulate_get("/engine-rest/task/secret-id", params={"name": "secret-name"}, headers=headers)

    (span,) = spans.get_finished_spans()
    assert span.name == "GET /engine-rest/task/{task_id}"
    assert f"{span.context.trace_id:032x}" == TRACE  # type: ignore[union-attr]
    attributes = dict(span.attributes or {})
    assert attributes["http.response.status_code"] == answer.status_code == 401
    assert attributes["marque.request_id"] == answer.headers["X-Request-Id"]
    assert "secret" not in span.to_json()


def test_traces_are_off_unless_they_are_asked_for() -> None:
    assert tracing.components(read_settings({})) == []
    assert len(tracing.components(read_settings({"MARQUE_TRACES": "1"}))) == 1


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **options: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InvalidRequest, match=r"marque\[traces\]"):
        tracing.components(replace(read_settings({}), traces=True))
