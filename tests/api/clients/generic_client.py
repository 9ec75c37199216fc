"""The client that is generated from Camunda's OpenAPI description: every GET that needs no id, and those by id."""

import inspect
import json
import re
import sys
import tempfile
from functools import partial

import generic_camunda_client as camunda
from generic_camunda_client import api as apis

url, user, password, key = sys.argv[1:]
client = camunda.ApiClient(camunda.Configuration(host=url, username=user, password=password))
client.set_default_header("Authorization", client.configuration.get_basic_auth_token())
served, absent, wrong = [], [], []


def call(name, function, *arguments):
    try:
        served.append(name)
        return function(*arguments)
    except camunda.ApiException as refused:
        served.pop()
        (absent if refused.status in {404, 405} else wrong).append(f"{name} {refused.status}")
        if refused.status not in {404, 405}:
            wrong.append(str(refused.body)[:300])
    except Exception as trouble:
        wrong.append(f"{name} {trouble!r}"[:400])
    return None


def needs_something(function):
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return any(one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD for one in parameters)


def plain_gets():
    for module in filter(inspect.ismodule, vars(apis).values()):
        for owner in [one for one in vars(module).values() if inspect.isclass(one) and one.__name__.endswith("Api")]:
            for name, function in inspect.getmembers(owner, inspect.isfunction):
                if name.endswith("_with_http_info") or name.startswith("_"):
                    continue
                source = inspect.getsource(getattr(owner, f"{name}_with_http_info"))
                path = re.search(r"'(/[^']*)', 'GET'", source)
                if path and "{" not in path[1] and not needs_something(function):
                    yield f"{owner.__name__}.{name}", getattr(owner(client), name)


for name, function in sorted(dict(plain_gets()).items()):
    call(name, function)

tasks = camunda.TaskApi(client)
definitions, instances = camunda.ProcessDefinitionApi(client), camunda.ProcessInstanceApi(client)
deployments, externals = camunda.DeploymentApi(client), camunda.ExternalTaskApi(client)
definition = call("definition", definitions.get_process_definition_by_key, key)
started = call(
    "start",
    lambda: definitions.start_process_instance_by_key(
        key,
        start_process_instance_dto=camunda.StartProcessInstanceDto(
            business_key="G-1", variables={"amount": camunda.VariableValueDto(value=5, type="Integer")}
        ),
    ),
)
by_id = [
    ("definition by id", definitions.get_process_definition, definition.id),
    ("diagram", definitions.get_process_definition_bpmn20_xml_by_key, key),
    ("start form", definitions.get_start_form_by_key, key),
    ("instance", instances.get_process_instance, started.id),
    ("variables", instances.get_process_instance_variables, started.id),
    ("variable", instances.get_process_instance_variable, started.id, "amount"),
    ("tree", instances.get_activity_instance_tree, started.id),
    ("deployment", deployments.get_deployment, definition.deployment_id),
    ("resources", deployments.get_deployment_resources, definition.deployment_id),
    ("execution", camunda.ExecutionApi(client).get_execution, started.id),
    ("history", camunda.HistoricProcessInstanceApi(client).get_historic_process_instance, started.id),
    ("authorized", camunda.AuthorizationApi(client).is_user_authorized, "READ", "task", 7),
    ("groups", camunda.IdentityApi(client).get_group_info, user),
    ("metrics", camunda.MetricsApi(client).get_metrics, "process-instances"),
]
for name, function, *arguments in by_id:
    call(name, function, *arguments)
file = b"%PDF-1.7 quote"
with tempfile.NamedTemporaryFile(suffix=".pdf") as kept:
    kept.write(file)
    kept.flush()
    upload = partial(instances.set_process_instance_variable_binary, data=kept.name, value_type="File")
    call("upload", upload, started.id, "quote")
listed = camunda.HistoricVariableInstanceApi(client).get_historic_variable_instances(process_instance_id=started.id)
amount = next(one for one in listed if one.name == "amount")
activities = camunda.HistoricActivityInstanceApi(client)
activity = activities.get_historic_activity_instances(process_instance_id=started.id)[0]
for name, function, *arguments in [
    ("historic variable", camunda.HistoricVariableInstanceApi(client).get_historic_variable_instance, amount.id),
    ("running variable", camunda.VariableInstanceApi(client).get_variable_instance, amount.id),
    ("historic activity", activities.get_historic_activity_instance, activity.id),
    ("statistics", definitions.get_activity_statistics_by_process_definition_key, key),
    ("start variables", definitions.get_start_form_variables_by_key, key),
]:
    call(name, function, *arguments)
(task,) = [one for one in externals.get_external_tasks() if one.process_instance_id == started.id]
call("external task", externals.get_external_task, task.id)
print(json.dumps({"served": served, "absent": absent, "wrong": wrong}))
