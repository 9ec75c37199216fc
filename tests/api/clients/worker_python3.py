"""The worker of camunda-external-task-client-python3: does with each task what its variable `wanted` says."""

import json
import sys

from camunda.client.engine_client import EngineClient
from camunda.external_task.external_task import ExternalTask
from camunda.external_task.external_task_worker import ExternalTaskWorker

url, user, password, topic = sys.argv[1:]
login = {"auth_basic": {"username": user, "password": password}}
engine = EngineClient(url, config=login)
for wanted in ("complete", "fail", "error"):
    engine.start_process(topic, {"wanted": wanted, "amount": 5}, business_key=f"K-{wanted}")
seen = []


def work(task: ExternalTask):
    wanted = task.get_variable("wanted")
    seen.append([wanted, task.get_business_key(), task.get_variable("amount"), task.get_extension_properties()])
    if wanted == "fail":
        return task.failure("no line", "at python", max_retries=1, retry_timeout=50)
    if wanted == "error":
        return task.bpmn_error("declined", "card declined", {"why": 7})
    return task.complete(
        {"text": "收据", "whole": 5, "truth": True, "double": 2.5, "object": {"a": [1]}}, {"inside": 1}
    )


worker = ExternalTaskWorker("python", url, {**login, "maxTasks": 1, "asyncResponseTimeout": 10_000})
while len(seen) < 4:
    worker.fetch_and_execute(topic, work)
engine.correlate_message(f"confirmed_{topic}", business_key="K-complete")
print(json.dumps({"seen": seen, "instances": len(engine.get_process_instance(topic))}))
