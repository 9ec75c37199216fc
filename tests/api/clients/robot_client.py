"""robotframework-camunda: its keywords, as a robot calls them."""

import json
import sys

from CamundaLibrary.CamundaLibrary import CamundaLibrary

host, user, password, key, diagram = sys.argv[1:]
robot = CamundaLibrary(host)
robot.set_camunda_configuration({"host": host, "username": user, "password": password})
robot.deploy(diagram)
started = {}
for wanted in ("complete", "fail", "error"):
    started[wanted] = robot.start_process(key, variables={"wanted": wanted}, business_key=f"R-{wanted}")["id"]
seen = []
for _ in range(3):
    variables = robot.fetch_workload(key, async_response_timeout=5000)
    seen.append(variables["wanted"])
    if variables["wanted"] == "fail":
        robot.notify_failure(retries=0, error_message="no line")
    elif variables["wanted"] == "error":
        robot.throw_bpmn_error("declined", "card declined")
    else:
        robot.complete_task({"receipt": "R-1", "amount": 5, "lines": [1, 2]})
robot.deliver_message(f"confirmed_{key}", business_key="R-complete")
print(
    json.dumps(
        {
            "seen": sorted(seen),
            "left": robot.get_amount_of_workloads(key),
            "incidents": len(robot.get_incidents(process_instance_id=started["fail"])),
            "running": len(robot.get_process_instances(process_definition_key=key)),
            "version": str(robot.get_version()),
            "started": started,
        }
    )
)
