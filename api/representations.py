"""Engine nouns in the shapes of Camunda 7's DTOs: every field a client may look for, null where we have nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.times import write_micros
from engine.definitions import Deployed
from engine.deployments import Deployment
from engine.findings import Finding
from engine.incident_queries import job_definition_of
from engine.job_queries import job_definition_id
from engine.process_instances import ProcessInstance
from engine.user_tasks import UserTask

Json = dict[str, Any]


def deployment(made: Deployment) -> Json:
    """DeploymentDto."""
    return {
        "links": [],
        "id": made.id,
        "name": made.name,
        "source": made.source,
        "deploymentTime": write_micros(made.deployed_at),
        "tenantId": None,
    }


def new_deployment(made: Deployment) -> Json:
    """DeploymentWithDefinitionsDto: the definitions that an upload brought, null where it brought none."""
    processes = {one.id: process_definition(one) for one in made.definitions if one.kind == "process"}
    tables = {one.id: decision_definition(one) for one in made.definitions if one.kind == "decision"}
    return {
        **deployment(made),
        "deployedProcessDefinitions": processes or None,
        "deployedCaseDefinitions": None,
        "deployedDecisionDefinitions": tables or None,
        "deployedDecisionRequirementsDefinitions": None,
        # Not Camunda's: what the files were taken with, although it is likely to be a slip.
        "warnings": {name: [finding(one) for one in found] for name, found in made.warnings.items() if found},
    }


def finding(found: Finding) -> Json:
    """What a check found, as the Modeler reads it; `message` is English, `messageZh` Chinese."""
    return {
        "message": found.en,
        "messageZh": found.zh,
        "code": found.code,
        "line": found.line or 0,
        "column": found.column or 0,
        "mainElementId": found.element_id,
        "elementIds": [found.element_id] if found.element_id else [],
    }


def process_definition(deployed: Deployed, *, suspended: bool = False) -> Json:
    """ProcessDefinitionDto."""
    return {
        "id": deployed.id,
        "key": deployed.key,
        "category": None,
        "description": None,
        "name": deployed.name,
        "version": deployed.version,
        "resource": deployed.resource_name,
        "deploymentId": deployed.deployment_id,
        "diagram": None,
        "suspended": suspended,
        "tenantId": None,
        "versionTag": deployed.version_tag,
        "historyTimeToLive": deployed.history_ttl_days,
        "startableInTasklist": True,
    }


def decision_definition(deployed: Deployed) -> Json:
    """DecisionDefinitionDto."""
    return {
        "id": deployed.id,
        "key": deployed.key,
        "category": None,
        "name": deployed.name,
        "version": deployed.version,
        "resource": deployed.resource_name,
        "deploymentId": deployed.deployment_id,
        "decisionRequirementsDefinitionId": None,
        "decisionRequirementsDefinitionKey": None,
        "tenantId": None,
        "versionTag": deployed.version_tag,
        "historyTimeToLive": deployed.history_ttl_days,
    }


def process_instance(row: ProcessInstance) -> Json:
    """ProcessInstanceDto."""
    return {
        "links": [],
        "id": row.id,
        "definitionId": row.definition_id,
        "definitionKey": row.definition_key,
        "businessKey": row.business_key,
        "caseInstanceId": None,
        "ended": row.ended_at is not None,
        "suspended": row.state == "SUSPENDED",
        "tenantId": None,
    }


def task(row: UserTask, *, suspended: bool = False) -> Json:
    """TaskDto. The name is the diagram's text: no variable and so no personal value ever stands in it."""
    form_ref = None
    if row.form_ref is not None:
        form_ref = {"key": row.form_ref, "binding": "latest", "version": None}
    return {
        "id": row.id,
        "name": row.name,
        "assignee": row.assignee,
        "owner": row.owner,
        "created": write_micros(row.created_at),
        "lastUpdated": write_micros(row.claimed_at),
        "due": write_micros(row.due_at),
        "followUp": write_micros(row.follow_up_at),
        "delegationState": row.delegation_state,
        "description": None,
        "executionId": row.process_instance_id,
        "parentTaskId": None,
        "priority": row.priority,
        "processDefinitionId": row.definition_id,
        "processInstanceId": row.process_instance_id,
        "caseExecutionId": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "taskDefinitionKey": row.element_id,
        "suspended": suspended,
        "formKey": row.form_key,
        "camundaFormRef": form_ref,
        "operatonFormRef": form_ref,
        "tenantId": None,
        "taskState": TASK_STATES[row.state],
    }


TASK_STATES = {"open": "Created", "completed": "Completed", "cancelled": "Deleted"}


def historic_instance(row: ProcessInstance, deployed: Deployed) -> Json:
    """HistoricProcessInstanceDto. The reason of a cancellation is personal text: its reference stays inside."""
    duration = None if row.ended_at is None else (row.ended_at - row.started_at) // 1000
    return {
        "id": row.id,
        "businessKey": row.business_key,
        "processDefinitionId": row.definition_id,
        "processDefinitionKey": row.definition_key,
        "processDefinitionName": deployed.name,
        "processDefinitionVersion": deployed.version,
        "startTime": write_micros(row.started_at),
        "endTime": write_micros(row.ended_at),
        "removalTime": None,
        "durationInMillis": duration,
        "startUserId": row.started_by,
        "startActivityId": None,
        "endActivityId": row.end_event,
        "deleteReason": "deleted" if row.delete_reason else None,
        "rootProcessInstanceId": row.root_id,
        "superProcessInstanceId": row.parent_id,
        "superCaseInstanceId": None,
        "caseInstanceId": None,
        "tenantId": None,
        "state": row.state,
        "restartedProcessInstanceId": None,
    }


def historic_task(row: UserTask) -> Json:
    """HistoricTaskInstanceDto."""
    duration = None if row.closed_at is None else (row.closed_at - row.created_at) // 1000
    reason = {"completed": "completed", "cancelled": "deleted"}.get(row.state)
    return {
        "id": row.id,
        "processDefinitionKey": row.definition_key,
        "processDefinitionId": row.definition_id,
        "processInstanceId": row.process_instance_id,
        "executionId": row.process_instance_id,
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "activityInstanceId": row.activity_id,
        "name": row.name,
        "description": None,
        "deleteReason": reason,
        "owner": row.owner,
        "assignee": row.assignee or row.closed_by,
        "startTime": write_micros(row.created_at),
        "endTime": write_micros(row.closed_at),
        "duration": duration,
        "taskDefinitionKey": row.element_id,
        "priority": row.priority,
        "due": write_micros(row.due_at),
        "parentTaskId": None,
        "followUp": write_micros(row.follow_up_at),
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": row.root_id,
        "taskState": TASK_STATES[row.state],
    }


def activity(row: Any) -> Json:
    """HistoricActivityInstanceDto of a row of `activity_instance`."""
    duration = None if row.ended_at is None else (row.ended_at - row.started_at) // 1000
    return {
        "id": row.id,
        "parentActivityInstanceId": row.parent_id or row.process_instance_id,
        "activityId": row.element_id,
        "activityName": row.name,
        "activityType": row.element_type,
        "processDefinitionKey": row.definition_key,
        "processDefinitionId": row.definition_id,
        "processInstanceId": row.process_instance_id,
        "executionId": row.process_instance_id,
        "taskId": row.task_id,
        "assignee": row.assignee,
        "calledProcessInstanceId": None,
        "calledCaseInstanceId": None,
        "startTime": write_micros(row.started_at),
        "endTime": write_micros(row.ended_at),
        "durationInMillis": duration,
        "canceled": bool(row.cancelled),
        "completeScope": row.ended_at is not None and not row.cancelled,
        "tenantId": None,
        "removalTime": None,
        "rootProcessInstanceId": row.root_id,
    }


def variable(row: Any) -> Json:
    """HistoricVariableInstanceDto without the value."""
    return {
        "id": row.id,
        "name": row.name,
        "processDefinitionKey": row.definition_key,
        "processDefinitionId": row.definition_id,
        "processInstanceId": row.process_instance_id,
        "executionId": row.process_instance_id,
        "activityInstanceId": row.scope_id or row.process_instance_id,
        "caseDefinitionKey": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "caseExecutionId": None,
        "taskId": None,
        "errorMessage": None,
        "tenantId": None,
        "state": "CREATED",
        "createTime": write_micros(row.at),
        "removalTime": None,
        "rootProcessInstanceId": row.root_id,
    }


def incident(row: Any) -> Json:
    """IncidentDto."""
    return {
        "id": row.id,
        "processDefinitionId": row.definition_id,
        "processInstanceId": row.process_instance_id,
        "executionId": row.process_instance_id,
        "incidentTimestamp": write_micros(row.created_at),
        "incidentType": row.type,
        "activityId": row.element_id,
        "failedActivityId": row.element_id,
        "causeIncidentId": row.id,
        "rootCauseIncidentId": row.id,
        "configuration": row.job_id,
        "incidentMessage": row.message,
        "tenantId": None,
        "jobDefinitionId": job_definition_of(row),
        "annotation": row.annotation,
    }


def job(row: Any) -> Json:
    """JobDto of a row of engine/job_queries.py."""
    return {
        "id": row.id,
        "jobDefinitionId": job_definition_id(row.definition_id, row.element_id),
        "processInstanceId": row.process_instance_id,
        "processDefinitionId": row.definition_id,
        "processDefinitionKey": row.definition_key,
        "executionId": row.process_instance_id,
        "exceptionMessage": row.error,
        "failedActivityId": row.element_id if row.error else None,
        "retries": row.retries,
        "dueDate": write_micros(row.due_at),
        "suspended": bool(row.suspended),
        "priority": 0,
        "tenantId": None,
        "createTime": write_micros(row.created_at),
        "batchId": None,
    }


def identity_links(
    assignee: str | None, owner: str | None, *, users: Iterable[str], groups: Iterable[str]
) -> list[Json]:
    """IdentityLinkDtos of a task: who has it and who may take it."""
    links = [{"userId": assignee, "groupId": None, "type": "assignee"}] if assignee else []
    links += [{"userId": owner, "groupId": None, "type": "owner"}] if owner else []
    links += [{"userId": name, "groupId": None, "type": "candidate"} for name in users]
    return links + [{"userId": None, "groupId": name, "type": "candidate"} for name in groups]
