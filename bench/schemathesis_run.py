"""Sends what schemathesis makes of the OpenAPI document to every operation: no bug of ours, every answer as described.

    python -m bench.schemathesis_run              at least 20,000 cases
    python -m bench.schemathesis_run 2000 7       another number of cases, another seed

The requests go through the whole application, logged in as an administrator, with a case under way whose ids stand
where the description asks for some.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import schemathesis
from falcon import testing
from hypothesis import HealthCheck, Phase, given, seed, settings
from jsonschema import Draft202012Validator

from api.app import create_app
from bench.ours import engine_in
from engine import users
from engine.context import SYSTEM_ACTOR
from engine.passwords import DEMO_PASSWORD
from engine.process_engine import ProcessEngine

CASES = 20_000
SEED = 20261001
# It waits on purpose, and a log-out would end what logs the requests in.
LEFT_OUT = {"post /engine-rest/external-task/fetchAndLock", "delete /api/session"}


@dataclass
class Result:
    """What happened. `faults` are sentences, one per operation and kind."""

    cases: int = 0
    operations: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            "operations": self.operations,
            "statuses": dict(sorted(self.statuses.items())),
            "faults": self.faults,
        }


def run(engine: ProcessEngine, *, cases: int, run_seed: int, ids: dict[str, str], client: Any, login: str) -> Result:
    """Sends the cases, evenly over all operations."""
    document = client.simulate_get("/api/openapi.json").json
    schema = schemathesis.openapi.from_dict(document)
    found = [result.ok() for result in schema.get_all_operations()]
    chosen = [one for one in found if one.definition.raw["operationId"] not in LEFT_OUT]
    result = Result(operations=len(chosen))
    # An operation without parameters has few cases of its own; the others make up for it in another round.
    while result.cases < cases:
        each = -(-(cases - result.cases) // len(chosen))
        for operation in chosen:
            _try(operation, document, each, run_seed, ids, client, login, result)
        run_seed += 1
    return result


def _try(
    operation: Any,
    document: dict[str, Any],
    each: int,
    run_seed: int,
    ids: dict[str, str],
    client: Any,
    login: str,
    result: Result,
) -> None:
    described = document["paths"][operation.path][operation.method.lower()]["responses"]

    @seed(run_seed)
    @settings(
        max_examples=each,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        result.cases += 1
        for name, known in ids.items():
            if name in case.path_parameters and result.cases % 2:
                case.path_parameters[name] = known
        answer = _send(client, case, login)
        result.statuses[answer.status_code] += 1
        fault = fault_of(answer, described, document)
        if fault is not None:
            result.faults.setdefault(f"{operation.method} {operation.path}: {fault}"[:300], str(case.body)[:300])

    send()


def _send(client: Any, case: Any, login: str) -> Any:
    arguments = case.as_transport_kwargs(base_url="http://127.0.0.1")
    headers = {name: value for name, value in dict(case.headers or {}).items() if value.isascii()}
    headers["Authorization"] = login
    more: dict[str, Any] = {}
    if "json" in arguments:
        more["body"] = json.dumps(arguments["json"]).encode()
        headers["Content-Type"] = "application/json"
    elif isinstance(arguments.get("data"), bytes):
        more["body"] = arguments["data"]
        headers["Content-Type"] = case.media_type or "application/octet-stream"
    path = arguments["url"].removeprefix("http://127.0.0.1")
    query = "&".join(f"{name}={_quoted(value)}" for name, value in (case.query or {}).items())
    return client.simulate_request(case.method.upper(), path, query_string=query, headers=headers, **more)


def _quoted(value: Any) -> str:
    from urllib.parse import quote

    return quote(str(value), safe="", errors="replace")


def fault_of(answer: Any, described: dict[str, Any], document: dict[str, Any]) -> str | None:
    """Returns what is wrong with an answer, or None."""
    status = answer.status_code
    if status >= 500:
        return f"{status} {answer.text[:200]}"
    known = described.get(str(status)) or described.get(f"{status // 100}XX")
    if known is None:
        return f"{status} is not described"
    kind = next(iter(known.get("content", {})), None)
    if kind != "application/json" or not answer.content:
        return None if (kind is None) == (not answer.content) or kind != "application/json" else "no body"
    if answer.headers.get("Content-Type") != "application/json":
        return f"{status} has the type {answer.headers.get('Content-Type')}"
    schema = {**known["content"][kind]["schema"], "components": document["components"]}
    wrong = next(iter(Draft202012Validator(schema).iter_errors(answer.json)), None)
    return None if wrong is None else f"{status}: {wrong.json_path} {wrong.message[:150]}"


def full(cases: int, run_seed: int) -> Result:
    """Opens an engine with a case under way and sends the cases."""
    from tests.api.desk import FILES, Person, basic

    with tempfile.TemporaryDirectory() as folder, engine_in(Path(folder), None) as engine:
        # Outside demo mode the password below opens nothing.
        engine.settings = replace(engine.settings, demo=True)
        for name, roles in (("admin", ("ADMIN", "COMPL", "OWNER")), ("csr", ("CSR",))):
            engine.run(SYSTEM_ACTOR, users.create, name, name=name, roles=roles, password=DEMO_PASSWORD)
        client = testing.TestClient(create_app(engine, run_jobs=False))
        made = Person(client, "admin").deploy(FILES).json
        started = Person(client, "csr").post("/api/start", {"processKey": "calls", "data": {"subject": "tyres"}}).json
        ids = {
            "task_id": started["next"]["id"],
            "instance_id": started["processInstanceId"],
            "definition_id": next(iter(made["deployedProcessDefinitions"])),
            "deployment_id": made["id"],
            "key": "calls",
            "name": "subject",
        }
        return run(engine, cases=cases, run_seed=run_seed, ids=ids, client=client, login=basic("admin"))


def main() -> int:
    """Prints what happened; 1 if anything was wrong."""
    given_ = [int(text) for text in sys.argv[1:]]
    started = time.monotonic()
    result = full(*(given_ + [CASES, SEED][len(given_) :]))
    print(json.dumps({**result.summary(), "seconds": round(time.monotonic() - started)}, ensure_ascii=False, indent=1))
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
