"""pycamunda: deploys, starts, fetches with a long poll, reports, sends messages and reads."""

import json
import sys
from pathlib import Path

import pycamunda.deployment
import pycamunda.externaltask
import pycamunda.incident
import pycamunda.message
import pycamunda.processdef
import pycamunda.processinst
import pycamunda.version
import requests.auth

url, user, password, key, diagram = sys.argv[1:]
session = requests.Session()
session.auth = requests.auth.HTTPBasicAuth(user, password)


def ask(request):
    request.session, request.auth = session, session.auth
    return request()


create = pycamunda.deployment.Create(url=url, name="pycamunda", source="pycamunda", deploy_changed_only=True)
with Path(diagram).open("rb") as file:
    create.add_resource(file)
    ask(create)
for wanted in ("complete", "fail", "error"):
    start = pycamunda.processdef.StartInstance(url=url, key=key, business_key=f"P-{wanted}")
    start.add_variable(name="wanted", value=wanted, type_="String", value_info={})
    ask(start)
seen = []
for _ in range(3):
    fetch = pycamunda.externaltask.FetchAndLock(url=url, worker_id="py", max_tasks=1, async_response_timeout=5000)
    fetch.add_topic(name=key, lock_duration=60_000)
    (task,) = ask(fetch)
    wanted = task.variables["wanted"].value
    seen.append(wanted)
    if wanted == "fail":
        ask(
            pycamunda.externaltask.HandleFailure(
                url=url,
                id_=task.id_,
                worker_id="py",
                error_message="no line",
                error_details="x",
                retries=0,
                retry_timeout=0,
            )
        )
    elif wanted == "error":
        ask(
            pycamunda.externaltask.HandleBPMNError(
                url=url, id_=task.id_, worker_id="py", error_code="declined", error_message="declined"
            )
        )
    else:
        ask(pycamunda.externaltask.ExtendLock(url=url, id_=task.id_, worker_id="py", new_duration=120_000))
        done = pycamunda.externaltask.Complete(url=url, id_=task.id_, worker_id="py")
        done.add_variable(name="receipt", value="R-1", type_="String")
        ask(done)
# It reads a result even where it asked for none.
message = pycamunda.message.CorrelateSingle(
    url=url, message_name=f"confirmed_{key}", business_key="P-complete", result_enabled=True
)
ask(message)
(definition,) = ask(pycamunda.processdef.GetList(url=url, key=key))
print(
    json.dumps(
        {
            "seen": sorted(seen),
            "version": ask(pycamunda.version.Get(url=url)),
            "running": len(ask(pycamunda.processinst.GetList(url=url, process_definition_key=key))),
            "incidents": len(
                ask(
                    pycamunda.incident.GetList(
                        url=url, incident_type="failedExternalTask", process_definition_id=definition.id_
                    )
                )
            ),
        }
    )
)
