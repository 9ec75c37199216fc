"""The shapes of what routes answer and take, each said once; a route that is not named speaks JSON of any shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import falcon

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MAYBE: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
MAYBE_NUMBER: Schema = {"type": ["integer", "null"]}
INSTANT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}$"}
MAYBE_INSTANT: Schema = {"type": ["string", "null"], "pattern": INSTANT["pattern"]}
NAMES: Schema = {"type": "object", "required": ["zh", "en"]}


def _object(**properties: Schema) -> Schema:
    """Returns the schema of an object that always has all of these; it may have more."""
    return {**_some(**properties), "required": list(properties)}


def _some(**properties: Schema) -> Schema:
    """Returns the schema of an object that may have these."""
    return {"type": "object", "properties": properties}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS: Mapping[str, Schema] = {
    "Problem": _object(type=TEXT, message=TEXT, code=MAYBE_NUMBER),
    "Count": _object(count={"type": "integer", "minimum": 0}),
    "Status": _object(status=TEXT),
    "Task": _object(
        id=TEXT,
        name=MAYBE,
        assignee=MAYBE,
        created=INSTANT,
        due=MAYBE_INSTANT,
        followUp=MAYBE_INSTANT,
        priority=NUMBER,
        processDefinitionId=MAYBE,
        processInstanceId=MAYBE,
        taskDefinitionKey=MAYBE,
        suspended=FLAG,
        taskState=TEXT,
    ),
    "ProcessInstance": _object(
        id=TEXT, definitionId=TEXT, definitionKey=TEXT, businessKey=MAYBE, ended=FLAG, suspended=FLAG
    ),
    "ProcessDefinition": _object(id=TEXT, key=TEXT, name=MAYBE, version=NUMBER, deploymentId=TEXT, suspended=FLAG),
    "Deployment": _object(id=TEXT, name=MAYBE, source=MAYBE, deploymentTime=INSTANT),
    "HistoricProcessInstance": _object(
        id=TEXT,
        processDefinitionKey=TEXT,
        startTime=INSTANT,
        endTime=MAYBE_INSTANT,
        durationInMillis=MAYBE_NUMBER,
        state={
            "enum": ["ACTIVE", "SUSPENDED", "COMPLETED", "EXTERNALLY_TERMINATED", "INTERNALLY_TERMINATED"],
        },
    ),
    "HistoricTask": _object(id=TEXT, startTime=INSTANT, endTime=MAYBE_INSTANT, taskDefinitionKey=MAYBE, taskState=TEXT),
    "HistoricActivity": _object(
        id=TEXT, activityId=TEXT, activityType=TEXT, startTime=INSTANT, endTime=MAYBE_INSTANT, canceled=FLAG
    ),
    "TaskCard": _object(
        id=TEXT,
        name=NAMES,
        processKey=TEXT,
        processName=NAMES,
        assignee=MAYBE,
        created=INSTANT,
        due=MAYBE_INSTANT,
        mayComplete=FLAG,
    ),
    "Inbox": _object(items=_list(_ref("TaskCard")), total=NUMBER, covers=_list(TEXT), now=INSTANT),
    "Token": _object(
        id=TEXT,
        userId=TEXT,
        name=TEXT,
        roles=_list(TEXT),
        readOnly=FLAG,
        created=INSTANT,
        expires=INSTANT,
        lastUsed=MAYBE_INSTANT,
        revoked=MAYBE_INSTANT,
    ),
    "Origin": _object(
        definitionId=TEXT,
        key=TEXT,
        version=NUMBER,
        deploymentId=TEXT,
        release=MAYBE_NUMBER,
        author=TEXT,
        approver=MAYBE,
        proposedAt=INSTANT,
        effectiveAt=MAYBE_INSTANT,
    ),
    "Counterfactual": _object(
        changes=_list(_object(input=TEXT, label=NAMES, before={}, after={}, difference={}, condition=MAYBE)),
        rows=_list(TEXT),
        output={},
        zh=TEXT,
        en=TEXT,
    ),
    "Counterfactuals": _object(
        found=_list(_ref("Counterfactual")),
        tried=_list(TEXT),
        fixed=_list(TEXT),
        personal=_list(TEXT),
        complete=FLAG,
        reason=MAYBE,
        zh=MAYBE,
        en=MAYBE,
    ),
    "ExplainedDecision": _object(
        decisionKey=TEXT,
        definitionId=MAYBE,
        version=MAYBE_NUMBER,
        evaluatedBy=TEXT,
        inputs={"type": "object"},
        output={},
        rows=_list({"type": "object"}),
        required=_list({"type": "object"}),
        origin={"oneOf": [_ref("Origin"), {"type": "null"}]},
        counterfactual={"oneOf": [_ref("Counterfactuals"), {"type": "null"}]},
    ),
    "Findings": _object(findings={"type": "object", "additionalProperties": _list({"type": "object"})}),
    "Hints": _object(
        type=TEXT,
        types=_list(_object(position=NUMBER, type=TEXT)),
        problems=_list(
            _object(severity=TEXT, code=TEXT, position=NUMBER, line=NUMBER, column=NUMBER, zh=TEXT, en=TEXT)
        ),
        completions=_list(_object(text=TEXT, kind=TEXT, type=TEXT, start=NUMBER, signature=MAYBE, zh=MAYBE, en=MAYBE)),
    ),
    "Verification": _object(intact=FLAG, chains=NUMBER, events=NUMBER, faults=_list({"type": "object"})),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What one route answers and takes. A schema that is not given is JSON of any shape."""

    answer: Schema = field(default_factory=dict)
    answer_type: str = falcon.MEDIA_JSON
    made: Schema | None = None  # what POST answers, where it is not what GET answers
    body: Schema = field(default_factory=lambda: {"type": "object"})  # what POST takes
    body_type: str = falcon.MEDIA_JSON


VARIABLES: Schema = {"type": "object", "additionalProperties": _some(value={})}
QUERY = _some(firstResult=NUMBER, maxResults=NUMBER)
START = _some(variables=VARIABLES, businessKey=MAYBE)
OBJECT: Schema = {"type": "object"}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
MULTIPART = "multipart/form-data"


def _listed(noun: str) -> Shape:
    return Shape(answer=_list(_ref(noun)), body=QUERY)


def _one(noun: str, body: Schema = OBJECT) -> Shape:
    return Shape(answer=_ref(noun), body=body)


STARTED = _one("ProcessInstance", START)
FILE = Shape(answer_type="*/*")
VALUE = Shape(answer_type="*/*", body=_some(data=TEXT, valueType={"enum": ["Bytes", "File"]}), body_type=MULTIPART)
REST: Mapping[str, Shape] = {
    "task": _listed("Task"),
    "task/{task_id}": _one("Task"),
    "task/{task_id}/complete": Shape(body=START),
    "task/{task_id}/submit-form": Shape(body=START),
    "task/{task_id}/variables/{name}/data": VALUE,
    "task/{task_id}/localVariables/{name}/data": VALUE,
    "task/{task_id}/attachment/create": Shape(
        body=_some(**{"attachment-name": TEXT, "content": TEXT}), body_type=MULTIPART
    ),
    "task/{task_id}/attachment/{attachment_id}/data": FILE,
    "process-instance": _listed("ProcessInstance"),
    "process-instance/{instance_id}": _one("ProcessInstance"),
    "process-instance/{instance_id}/variables/{name}/data": VALUE,
    "execution/{instance_id}/localVariables/{name}/data": VALUE,
    "variable-instance/{variable_id}/data": FILE,
    "process-definition": _listed("ProcessDefinition"),
    "process-definition/{definition_id}": _one("ProcessDefinition"),
    "process-definition/{definition_id}/start": STARTED,
    "process-definition/{definition_id}/submit-form": Shape(body=START),
    "process-definition/key/{key}": _one("ProcessDefinition"),
    "process-definition/key/{key}/start": STARTED,
    "process-definition/key/{key}/submit-form": Shape(body=START),
    "deployment": Shape(answer=_list(_ref("Deployment"))),
    "deployment/create": Shape(body=_some(**{"deployment-name": TEXT, "file": TEXT}), body_type=MULTIPART),
    "deployment/{deployment_id}": _one("Deployment"),
    "deployment/{deployment_id}/resources/{resource_id}/data": FILE,
    "history/process-instance": _listed("HistoricProcessInstance"),
    "history/process-instance/{instance_id}": _one("HistoricProcessInstance"),
    "history/task": _listed("HistoricTask"),
    "history/activity-instance": _listed("HistoricActivity"),
    "history/variable-instance/{variable_id}/data": FILE,
}
OWN: Mapping[str, Shape] = {
    "/healthz": _one("Status"),
    "/readyz": _one("Status"),
    "/metrics": Shape(answer_type="text/plain"),
    "/api/docs": Shape(answer_type="text/html"),
    "/api/docs/{name}": FILE,
    "/api/password": Shape(body={**_some(username=TEXT, old=TEXT, new=TEXT), "required": ["old", "new"]}),
    "/api/tokens": Shape(
        answer=_list(_ref("Token")),
        made=_ref("Token"),
        body={**_some(name=TEXT, roles=_list(TEXT), readOnly=FLAG, days=NUMBER), "required": ["name"]},
    ),
    "/api/tasks": _one("Inbox"),
    "/api/tasks/{task_id}": _one("TaskCard"),
    "/api/tasks/{task_id}/claim": _one("TaskCard"),
    "/api/tasks/{task_id}/unclaim": _one("TaskCard"),
    "/api/tasks/{task_id}/complete": Shape(body=_some(data=OBJECT)),
    "/api/tasks/{task_id}/attempts": Shape(body=_some(data=OBJECT)),
    "/api/start": Shape(body=_some(data=OBJECT, processKey=TEXT)),
    "/api/decisions/{decision_id}": _one("ExplainedDecision"),
    "/api/decisions/evaluate": _one(
        "ExplainedDecision", _some(key=TEXT, definitionId=TEXT, variables=VARIABLES, anchor=TEXT)
    ),
    "/api/check": _one("Findings", _some(files=TEXTS)),
    "/api/feel/hints": _one(
        "Hints",
        {
            **_some(
                text=TEXT,
                cursor={"type": "integer", "minimum": 0},
                tested=TEXT,
                names=TEXTS,
                complete=FLAG,
                dmn=TEXT,
                decision=TEXT,
            ),
            "required": ["text"],
        },
    ),
    "/api/attachments": Shape(body={"type": "string", "format": "binary"}, body_type="image/png"),
    "/api/attachments/{attachment_id}": FILE,
    "/api/audit/export": Shape(answer_type="application/x-ndjson"),
    "/api/audit/verify": _one("Verification"),
}
SHAPES: Mapping[str, Shape] = {**{f"/engine-rest/{path}": shape for path, shape in REST.items()}, **OWN}


def shape_of(path: str) -> Shape:
    """Returns the shape of a route; the count of a list takes the same filters."""
    if path.endswith("/count"):
        return Shape(answer=_ref("Count"), body=shape_of(path.removesuffix("/count")).body)
    return SHAPES.get(path, Shape())
