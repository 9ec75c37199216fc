"""Real clients of other houses, over real HTTP: they fetch, wait, complete and fail as they do with Camunda 7."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.clients.environments import HERE, play
from tests.api.desk import multipart
from tests.faults.servers import PASSWORD, System

BOSS = "boss"  # deploys, works and reads: the roles of a program that does all three


class Engine:
    """The server as somebody sees it who knows the contract alone."""

    def __init__(self, port: int) -> None:
        self.host = f"http://127.0.0.1:{port}"
        self.url = f"{self.host}/engine-rest"

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, method=method, data=raw)
        token = base64.b64encode(f"{BOSS}:{PASSWORD}".encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
        request.add_header("Content-Type", kind)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                raw = answer.read()
                is_json = (answer.headers["Content-Type"] or "") == "application/json"
                return json.loads(raw) if is_json else raw.decode()
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{method} {path}: {refused.code} {refused.read().decode()}") from refused

    def deploy(self, key: str) -> dict[str, Any]:
        """Deploys the payment process under a key, which is its topic too, exactly as the Modeler does."""
        diagram = (HERE / "payment.bpmn").read_text().replace("KEY", key)
        fields = {
            "deployment-name": key,
            "deployment-source": "Camunda Modeler",
            "enable-duplicate-filtering": "true",
            "deploy-changed-only": "true",
        }
        kind, body = multipart({f"{key}.bpmn": diagram}, fields)
        made: dict[str, Any] = self.ask("POST", "/deployment/create", body, kind)
        return made

    def start(self, key: str, business_key: str, **variables: Any) -> str:
        typed = {name: value if isinstance(value, dict) else {"value": value} for name, value in variables.items()}
        body = {"businessKey": business_key, "variables": typed}
        return str(self.ask("POST", f"/process-definition/key/{key}/start", body)["id"])

    def state(self, instance_id: str) -> tuple[str, str | None]:
        row = self.ask("GET", f"/history/process-instance/{instance_id}")
        return row["state"], row["endActivityId"]

    def instance(self, business_key: str) -> str:
        (row,) = self.ask("GET", f"/history/process-instance?processInstanceBusinessKey={business_key}")
        return str(row["id"])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("server")
    system = System(folder, f"sqlite:///{folder / 'marque.db'}")
    system.command("migrate")
    roles = [part for role in ("OWNER", "WORKER", "ADMIN", "COMPL") for part in ("--role", role)]
    system.command("user", "add", BOSS, "--name", "Boss", *roles, "--password", PASSWORD)
    system.start()
    yield Engine(system.port)
    system.stop()


def incidents(engine: Engine, instance_id: str) -> list[tuple[str, str]]:
    found = engine.ask("GET", f"/incident?processInstanceId={instance_id}")
    return [(one["incidentType"], one["incidentMessage"]) for one in found]


def test_the_modeler_finds_the_engine_deploys_and_starts(engine: Engine) -> None:
    assert engine.ask("GET", "/deployment?maxResults=0") == []
    assert engine.ask("GET", "/version")["version"].startswith("7.")
    first = engine.deploy("modeler")
    (definition_id,) = first["deployedProcessDefinitions"]
    again = engine.deploy("modeler")
    assert (again["id"], again["deployedProcessDefinitions"]) == (first["id"], None)
    started = engine.ask("POST", f"/process-definition/{definition_id}/start", {"businessKey": "M-1", "variables": {}})
    assert (started["definitionId"], started["businessKey"], started["ended"]) == (definition_id, "M-1", False)


EVERYTHING: dict[str, Any] = {
    "text": {"value": "小王", "type": "String"},
    "whole": {"value": 5, "type": "Integer"},
    "long": {"value": 2**40, "type": "Long"},
    "double": {"value": 2.5, "type": "Double"},
    "truth": {"value": True, "type": "Boolean"},
    "instant": {"value": "2026-10-01T22:40:00.000+0800", "type": "Date"},
    "short": {"value": 3, "type": "Short"},
    "object": {"value": '{"a":[1,2]}', "type": "Json"},
    "nothing": {"value": None, "type": "Null"},
}


def test_the_javascript_worker(engine: Engine) -> None:
    engine.deploy("js")
    ids: dict[str, str] = {}

    def start_later() -> None:
        """The worker waits in its long poll already when the work comes."""
        time.sleep(3)
        for wanted in ("complete", "fail", "error", "extend"):
            ids[wanted] = engine.start("js", f"JS-{wanted}", wanted=wanted, **EVERYTHING)

    starter = threading.Thread(target=start_later)
    starter.start()
    told = play("worker.mjs", engine.url, BOSS, PASSWORD, "js", "5")
    starter.join()
    assert told["trouble"] == []
    assert sorted(one["wanted"] for one in told["seen"]) == ["complete", "error", "extend", "fail", "fail"]
    first = next(one for one in told["seen"] if one["wanted"] == "complete")
    assert first["businessKey"] == "JS-complete"
    sent = {name: typed["value"] for name, typed in EVERYTHING.items()}
    got = {name: first["all"][name] for name in sent}
    assert got == sent | {"object": {"a": [1, 2]}, "instant": "2026-10-01T14:40:00.000Z"}
    assert engine.state(ids["error"]) == ("COMPLETED", "unpaid")
    assert incidents(engine, ids["fail"]) == [("failedExternalTask", "no line")]
    for wanted in ("complete", "extend"):
        engine.ask("POST", "/message", {"messageName": "confirmed_js", "processInstanceId": ids[wanted]})
        assert engine.state(ids[wanted]) == ("COMPLETED", "paid")
    kept = engine.ask("GET", f"/history/variable-instance?processInstanceId={ids['complete']}")
    types = {one["name"]: (one["type"], one["value"]) for one in kept}
    assert types["whole"] == ("Integer", 5)
    assert types["double"] == ("Double", 2.5)
    assert types["instant"] == ("Date", "2026-10-01T22:40:00.000+0800")


def test_the_python_worker(engine: Engine) -> None:
    engine.deploy("py")
    told = play("worker_python3.py", engine.url, BOSS, PASSWORD, "py")
    assert sorted(one[0] for one in told["seen"]) == ["complete", "error", "fail", "fail"]
    assert all(one[1:] == [f"K-{one[0]}", 5, {"currency": "fen"}] for one in told["seen"])
    assert engine.state(engine.instance("K-complete")) == ("COMPLETED", "paid")
    assert engine.state(engine.instance("K-error")) == ("COMPLETED", "unpaid")
    assert incidents(engine, engine.instance("K-fail")) == [("failedExternalTask", "no line")]


def test_the_asynchronous_python_worker(engine: Engine) -> None:
    engine.deploy("async")
    told = play("worker_camunda_client.py", engine.url, BOSS, PASSWORD, "async")
    assert sorted(told["seen"]) == ["complete", "error", "fail"]
    assert told["started"]["complete"] in told["running"]
    assert "COMPLETED" in told["state"]
    assert "text" in told["variables"]
    assert incidents(engine, told["started"]["fail"]) == [("failedExternalTask", "no line")]


def diagram_of(key: str, folder: Path) -> str:
    path = folder / f"{key}.bpmn"
    path.write_text((HERE / "payment.bpmn").read_text().replace("KEY", key))
    return str(path)


def test_pycamunda(engine: Engine, tmp_path: Path) -> None:
    told = play("pycamunda_client.py", engine.url, BOSS, PASSWORD, "pyc", diagram_of("pyc", tmp_path))
    assert told["seen"] == ["complete", "error", "fail"]
    assert told["version"].startswith("7.")
    assert (told["incidents"], told["running"]) == (1, 1)
    assert engine.state(engine.instance("P-complete")) == ("COMPLETED", "paid")
    assert engine.state(engine.instance("P-error")) == ("COMPLETED", "unpaid")


def test_the_robot_framework(engine: Engine, tmp_path: Path) -> None:
    told = play("robot_client.py", engine.host, BOSS, PASSWORD, "robot", diagram_of("robot", tmp_path))
    assert told["seen"] == ["complete", "error", "fail"]
    assert (told["left"], told["incidents"], told["running"]) == (1, 1, 1)
    assert engine.state(told["started"]["complete"]) == ("COMPLETED", "paid")
    assert engine.state(told["started"]["error"]) == ("COMPLETED", "unpaid")


# What the generated client knows and we do not serve: tenants, clean-up, telemetry and reports of Camunda's own.
NOT_SERVED = """
DeploymentApi.get_registered_deployments HistoricBatchApi.get_cleanable_historic_batches_report
HistoricBatchApi.get_cleanable_historic_batches_report_count
HistoricDecisionDefinitionApi.get_cleanable_historic_decision_instance_report
HistoricDecisionDefinitionApi.get_cleanable_historic_decision_instance_report_count
HistoricProcessDefinitionApi.get_cleanable_historic_process_instance_report
HistoricProcessDefinitionApi.get_cleanable_historic_process_instance_report_count
HistoricTaskInstanceApi.get_historic_task_instance_report HistoryCleanupApi.find_cleanup_job
HistoryCleanupApi.find_cleanup_jobs HistoryCleanupApi.get_history_cleanup_configuration
IdentityApi.get_password_policy SchemaLogApi.get_schema_log TelemetryApi.get_telemetry_configuration
TelemetryApi.get_telemetry_data TenantApi.get_tenant_count TenantApi.query_tenants
"""


def test_the_generated_client_reads_every_answer(engine: Engine) -> None:
    engine.deploy("generic")
    told = play("generic_client.py", engine.url, BOSS, PASSWORD, "generic")
    assert told["wrong"] == []
    assert {one.removesuffix(" 404") for one in told["absent"]} <= set(NOT_SERVED.split())
    assert len(told["served"]) >= 85
