"""Plays scenarios over HTTP: what a client of the interface can do and see, and nothing else."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from api.scenarios.driver import CaseView, DeadlineView, TaskView
from api.typed_values import read_variables
from engine.errors import (
    Conflict,
    FieldError,
    Forbidden,
    FormInvalid,
    InvalidRequest,
    MarqueError,
    NotCorrelated,
    NotFound,
)
from engine.values import dump, load

REFUSALS: Mapping[str, type[MarqueError]] = {
    "ConflictException": Conflict,
    "OptimisticLockingException": Conflict,
    "MismatchingMessageCorrelationException": NotCorrelated,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return load(self.body)


class Client:
    """One person with a session on one kept connection."""

    def __init__(self, port: int, user_id: str, password: str) -> None:
        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers: dict[str, str] = {}
        opened = self.send("POST", "/api/session", {"username": user_id, "password": password})
        self._headers = {"Cookie": opened.headers["set-cookie"].split(";")[0], "X-CSRF-Token": opened.json["csrfToken"]}

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        """Returns the answer; raises the engine's error of a refusal. Bytes are sent as they are, all else as JSON."""
        raw = body if isinstance(body, bytes) or body is None else dump(body)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        answer = self._exchange(method, path, raw, {"Content-Type": kind, **self._headers})
        if answer.status >= 400:
            raise refusal(answer)
        return answer

    def get(self, path: str, **parameters: Any) -> Any:
        return self.send("GET", f"{path}?{urlencode(parameters)}" if parameters else path).json

    def post(self, path: str, body: Any) -> Any:
        answer = self.send("POST", path, body)
        return answer.json if answer.body else None

    def close(self) -> None:
        self._connection.close()

    def _exchange(self, method: str, path: str, raw: bytes | None, headers: dict[str, str]) -> Answer:
        for last in (False, True):
            try:
                self._connection.request(method, path, raw, headers)
                response = self._connection.getresponse()
                names = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, names, response.read())
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # The server closes a connection that was idle for a while; nothing of the request was read.
                self._connection.close()
                if last:
                    raise
        raise AssertionError("unreachable")


def refusal(answer: Answer) -> MarqueError:
    """Returns the engine's error that the server told in Camunda's shape."""
    told = answer.json
    kind, message = told["type"], told["message"]
    if kind == "FormInvalidException":
        return FormInvalid([FieldError(one["field"], one["code"], one["zh"], one["en"]) for one in told["errors"]])
    if kind == "AuthorizationException":
        missing = told["missingAuthorizations"][0]
        return Forbidden(
            message,
            user_id=told["userId"],
            resource=missing["resourceName"],
            operation=missing["permissionName"],
        )
    if answer.status == 404:
        return NotFound(message)
    if answer.status >= 500:
        raise AssertionError(f"the server failed: {json.dumps(told)}")
    return REFUSALS.get(kind, InvalidRequest)(message)


class HttpDriver:
    """The driver of scenarios over the interface. `watcher` sees every case; people act with their own sessions."""

    def __init__(self, port: int, password: str, watcher: str) -> None:
        self._port = port
        self._password = password
        self._clients: dict[str, Client] = {}
        self._watcher = watcher

    def _as(self, user_id: str) -> Client:
        if user_id not in self._clients:
            self._clients[user_id] = Client(self._port, user_id, self._password)
        return self._clients[user_id]

    @property
    def _eyes(self) -> Client:
        return self._as(self._watcher)

    # ------------------------------------------------------------ time

    def now(self) -> datetime:
        return datetime.fromisoformat(self._eyes.get("/api/clock")["now"])

    def advance(self, to: datetime) -> None:
        self._eyes.send("PUT", "/api/clock", {"now": to.isoformat()})

    def _settle(self) -> None:
        """What is due at this instant happens before the clock answers."""
        self.advance(self.now())

    # ------------------------------------------------------------ doing

    def message(self, name: str, by: str, values: Mapping[str, Any], business_key: str | None) -> str | None:
        body = {
            "messageName": name,
            "businessKey": business_key,
            "processVariables": typed(values),
            "resultEnabled": True,
        }
        (result,) = self._as(by).post("/engine-rest/message", body)
        self._settle()
        receiver = result["processInstance"] or result["execution"]
        return str(receiver["id"])

    def start(self, key: str, by: str, values: Mapping[str, Any], business_key: str | None) -> str:
        body = {"variables": typed(values), "businessKey": business_key}
        started = self._as(by).post(f"/engine-rest/process-definition/key/{quote(key)}/start", body)
        self._settle()
        return str(started["id"])

    def complete(self, task_id: str, by: str, values: Mapping[str, Any]) -> None:
        self._as(by).post(f"/api/tasks/{task_id}/complete", {"data": dict(values)})
        self._settle()

    def attempt(self, task_id: str, by: str, values: Mapping[str, Any]) -> None:
        self._as(by).post(f"/api/tasks/{task_id}/attempts", {"data": dict(values)})

    def upload(self, case_id: str, by: str, body: bytes) -> Mapping[str, Any]:
        reference: Mapping[str, Any] = self._as(by).post(f"/api/attachments?processInstanceId={case_id}", body)
        return reference

    def claim(self, task_id: str, by: str) -> None:
        self._as(by).post(f"/api/tasks/{task_id}/claim", {})

    def unclaim(self, task_id: str, by: str) -> None:
        self._as(by).post(f"/api/tasks/{task_id}/unclaim", {})

    def cancel(self, case_id: str, by: str, reason: str) -> None:
        self._as(by).send("DELETE", f"/engine-rest/process-instance/{case_id}", {"deleteReason": reason})

    # ------------------------------------------------------------ seeing

    def tasks(self, case_id: str) -> list[TaskView]:
        found = self._eyes.get("/engine-rest/task", processInstanceId=case_id)
        return sorted((self._task(task) for task in found), key=lambda task: task.id)

    def _task(self, task: Mapping[str, Any]) -> TaskView:
        card = self._eyes.get(f"/api/tasks/{task['id']}")
        links = self._eyes.get(f"/engine-rest/task/{task['id']}/identity-links")
        groups = [link["groupId"] for link in links if link["type"] == "candidate" and link["groupId"]]
        users = [link["userId"] for link in links if link["type"] == "candidate" and link["userId"]]
        return TaskView(
            id=task["id"],
            element_id=task["taskDefinitionKey"],
            due=instant(task["due"]),
            assignee=task["assignee"],
            candidates=(*card["candidateGroups"], *users),
            escalated=tuple(group for group in groups if group not in card["candidateGroups"]),
        )

    def closed_task(self, case_id: str, element_id: str) -> str | None:
        found = self._eyes.get("/engine-rest/history/task", processInstanceId=case_id, taskDefinitionKey=element_id)
        return max((str(task["id"]) for task in found), default=None)

    def deadlines(self, case_id: str) -> list[DeadlineView]:
        return [
            DeadlineView(one["code"], one["state"], instant(one["dueAt"]), instant(one["stoppedAt"]))
            for one in self._eyes.get("/api/deadlines", processInstanceId=case_id)
        ]

    def case(self, case_id: str) -> CaseView:
        row = self._eyes.get(f"/engine-rest/history/process-instance/{case_id}")
        path = self._eyes.get(f"/api/instances/{case_id}/path")
        return CaseView(path["ended"], row["endTime"] is not None, tuple(self._events(case_id)))

    def _events(self, case_id: str) -> list[Mapping[str, Any]]:
        exported = self._eyes.send("GET", f"/api/audit/export?processInstanceId={case_id}")
        return [load(line) for line in exported.body.splitlines()]

    def variables(self, case_id: str, task_id: str | None = None) -> Mapping[str, Any]:
        if task_id is not None:
            return read_variables(self._eyes.get(f"/engine-rest/task/{task_id}/variables"))
        found = self._eyes.get("/engine-rest/history/variable-instance", processInstanceId=case_id)
        return read_variables({one["name"]: one for one in found if one["activityInstanceId"] == case_id})

    def incidents(self, case_id: str) -> int:
        return int(self._eyes.get("/engine-rest/incident/count", processInstanceId=case_id)["count"])

    def started_by(self, case_id: str) -> list[tuple[str, str]]:
        """Returns (process key, instance id) of cases that messages of this case started."""
        cases = self._eyes.get("/engine-rest/history/process-instance")
        senders = {case["id"]: self._events(case["id"])[0].get("sender") for case in cases}
        return [(case["processDefinitionKey"], case["id"]) for case in cases if senders[case["id"]] == case_id]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns variables as Camunda's clients send them; the type follows from the value."""
    return {name: {"value": value} for name, value in values.items()}


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
