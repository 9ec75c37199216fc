"""The shapes of answers, by route; a route without one answers JSON of any shape."""

from __future__ import annotations

from collections.abc import Mapping
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
    return {"type": "object", "properties": properties, "required": list(properties)}


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
    "Inbox": _object(items=_list(_ref("TaskCard")), total=NUMBER, now=INSTANT),
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
LISTS: Mapping[str, str] = {
    "/engine-rest/task": "Task",
    "/engine-rest/process-instance": "ProcessInstance",
    "/engine-rest/process-definition": "ProcessDefinition",
    "/engine-rest/deployment": "Deployment",
    "/engine-rest/history/process-instance": "HistoricProcessInstance",
    "/engine-rest/history/task": "HistoricTask",
    "/engine-rest/history/activity-instance": "HistoricActivity",
    "/api/tokens": "Token",
}
ONES: Mapping[str, str] = {
    "/engine-rest/task/{task_id}": "Task",
    "/engine-rest/process-instance/{instance_id}": "ProcessInstance",
    "/engine-rest/process-definition/{definition_id}": "ProcessDefinition",
    "/engine-rest/process-definition/key/{key}": "ProcessDefinition",
    "/engine-rest/process-definition/{definition_id}/start": "ProcessInstance",
    "/engine-rest/process-definition/key/{key}/start": "ProcessInstance",
    "/engine-rest/deployment/{deployment_id}": "Deployment",
    "/engine-rest/history/process-instance/{instance_id}": "HistoricProcessInstance",
    "/api/tasks": "Inbox",
    "/api/tasks/{task_id}": "TaskCard",
    "/api/tasks/{task_id}/claim": "TaskCard",
    "/api/tasks/{task_id}/unclaim": "TaskCard",
    "/api/decisions/{decision_id}": "ExplainedDecision",
    "/api/decisions/evaluate": "ExplainedDecision",
    "/api/check": "Findings",
    "/api/feel/hints": "Hints",
    "/api/audit/verify": "Verification",
    "/healthz": "Status",
    "/readyz": "Status",
}
FILE = "*/*"
VARIABLE_PATHS = (
    "process-instance/{instance_id}/variables/{name}",
    "execution/{instance_id}/localVariables/{name}",
    "task/{task_id}/variables/{name}",
    "task/{task_id}/localVariables/{name}",
)
# What is not JSON.
CONTENT: Mapping[str, str] = {
    "/metrics": "text/plain",
    "/api/docs": "text/html",
    "/api/docs/{name}": FILE,
    "/api/audit/export": "application/x-ndjson",
    "/api/attachments/{attachment_id}": FILE,
    "/engine-rest/task/{task_id}/attachment/{attachment_id}/data": FILE,
    "/engine-rest/deployment/{deployment_id}/resources/{resource_id}/data": FILE,
    **{
        f"/engine-rest/{base}/data": FILE
        for base in (*VARIABLE_PATHS, "variable-instance/{variable_id}", "history/variable-instance/{variable_id}")
    },
}
VARIABLES: Schema = {"type": "object", "additionalProperties": {"type": "object", "properties": {"value": {}}}}
START: Schema = {"type": "object", "properties": {"variables": VARIABLES, "businessKey": MAYBE}}
DATA: Schema = {"type": "object", "properties": {"data": {"type": "object"}}}
QUERY: Schema = {"type": "object", "properties": {"firstResult": NUMBER, "maxResults": NUMBER}}
BINARY: Schema = {
    "type": "object",
    "properties": {"data": {"type": "string"}, "valueType": {"enum": ["Bytes", "File"]}},
}
ATTACHED: Schema = {"type": "object", "properties": {"attachment-name": TEXT, "content": {"type": "string"}}}
UPLOAD: Schema = {"type": "object", "properties": {"deployment-name": TEXT, "file": {"type": "string"}}}
BODIES: Mapping[tuple[str, str], tuple[str, Schema]] = {
    ("post", "/engine-rest/deployment/create"): ("multipart/form-data", UPLOAD),
    **{("post", f"/engine-rest/{base}/data"): ("multipart/form-data", BINARY) for base in VARIABLE_PATHS},
    ("post", "/engine-rest/task/{task_id}/attachment/create"): ("multipart/form-data", ATTACHED),
    ("post", "/api/attachments"): ("image/png", {"type": "string", "format": "binary"}),
    **{
        ("post", f"/engine-rest/process-definition/{one}/{verb}"): (falcon.MEDIA_JSON, START)
        for one in ("{definition_id}", "key/{key}")
        for verb in ("start", "submit-form")
    },
    **{
        ("post", f"/engine-rest/task/{{task_id}}/{verb}"): (falcon.MEDIA_JSON, START)
        for verb in ("complete", "submit-form")
    },
    **{("post", f"/api/tasks/{{task_id}}/{verb}"): (falcon.MEDIA_JSON, DATA) for verb in ("complete", "attempts")},
    **{
        ("post", path + count): (falcon.MEDIA_JSON, QUERY)
        for path in LISTS
        if path.startswith("/engine-rest/") and not path.endswith("/deployment")
        for count in ("", "/count")
    },
    ("post", "/api/check"): (
        falcon.MEDIA_JSON,
        {"type": "object", "properties": {"files": {"type": "object", "additionalProperties": TEXT}}},
    ),
    ("post", "/api/feel/hints"): (
        falcon.MEDIA_JSON,
        {
            "type": "object",
            "properties": {
                "text": TEXT,
                "cursor": {"type": "integer", "minimum": 0},
                "tested": TEXT,
                "names": {"type": "object", "additionalProperties": TEXT},
                "complete": FLAG,
                "dmn": TEXT,
                "decision": TEXT,
            },
            "required": ["text"],
        },
    ),
    ("post", "/api/decisions/evaluate"): (
        falcon.MEDIA_JSON,
        {"type": "object", "properties": {"key": TEXT, "definitionId": TEXT, "variables": VARIABLES, "anchor": TEXT}},
    ),
    ("post", "/api/start"): (falcon.MEDIA_JSON, {**DATA, "properties": {**DATA["properties"], "processKey": TEXT}}),
    ("post", "/api/password"): (
        falcon.MEDIA_JSON,
        {
            "type": "object",
            "properties": {"username": TEXT, "old": TEXT, "new": TEXT},
            "required": ["old", "new"],
        },
    ),
    ("post", "/api/tokens"): (
        falcon.MEDIA_JSON,
        {
            "type": "object",
            "properties": {"name": TEXT, "roles": _list(TEXT), "readOnly": FLAG, "days": NUMBER},
            "required": ["name"],
        },
    ),
}


def shape_of(path: str, method: str) -> Schema:
    """Returns the schema of an answer."""
    if path in CONTENT:
        return {}
    if path.endswith("/count"):
        return _ref("Count")
    if path in LISTS and (method == "get" or path.startswith("/engine-rest/")):
        return _list(_ref(LISTS[path]))
    name = "Token" if path == "/api/tokens" else ONES.get(path)
    return {} if name is None else _ref(name)
