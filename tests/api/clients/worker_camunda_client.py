"""The asynchronous client of camunda-client: starts, waits for work, reports on it, correlates and reads."""

import asyncio
import json
import sys
from datetime import timedelta

import httpx
from camunda_client import CamundaEngineClient, ExternalTaskClient, ExternalTaskConfig, VariableValueSchema
from camunda_client.clients.dto import AuthData
from camunda_client.clients.engine.schemas.query import ProcessInstanceQuerySchema

url, user, password, topic = sys.argv[1:]
login = AuthData(user, password)


async def main() -> None:
    transport = httpx.AsyncHTTPTransport()
    engine = CamundaEngineClient(url, login, transport)
    config = ExternalTaskConfig(async_response_timeout=timedelta(seconds=10))
    worker = ExternalTaskClient("async", url, login, transport, config)
    # Waits in its long poll before there is anything to fetch.
    waiting = asyncio.create_task(worker.fetch_and_lock([topic]))
    await asyncio.sleep(1)
    started = {}
    for wanted in ("complete", "fail", "error"):
        variables = {"wanted": VariableValueSchema(value=wanted, type="String")}
        started[wanted] = (await engine.start_process(topic, f"A-{wanted}", variables)).id
    seen = []
    tasks = await waiting
    for _ in range(3):
        (task,) = tasks
        wanted = task.variables["wanted"].value
        seen.append(wanted)
        if wanted == "fail":
            await worker.failure(task.id, error_message="no line", error_details="at async", retries=0)
        elif wanted == "error":
            await worker.bpmn_error(task.id, "declined")
        else:
            await worker.extend_lock(task.id, new_duration=120_000)
            text = VariableValueSchema(value="收据", type="String")
            await worker.complete(task.id, global_variables={"text": text}, local_variables={})
        tasks = [] if len(seen) == 3 else await worker.fetch_and_lock([topic])
    running = await engine.get_process_instances(ProcessInstanceQuerySchema(process_definition_key=topic))
    history = await engine.get_history_process_instance(started["error"])
    values = await engine.get_variable_instances()
    print(
        json.dumps(
            {
                "seen": seen,
                "started": {name: str(one) for name, one in started.items()},
                "running": [str(one.id) for one in running],
                "state": str(history.state),
                "variables": sorted(one.name for one in values),
                "tasks": (await engine.get_tasks_count()).count,
            },
            default=str,
        )
    )


asyncio.run(main())
