"""Files in forms: a task takes those of its own case and no others."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from crm import attachments
from crm.vault import PersonVault
from engine import user_tasks
from engine.errors import FormInvalid
from engine.process_engine import ProcessEngine
from tests.conftest import Deploy
from tests.engine.commands import CSS, complete, instance, open_tasks, start
from tests.engine.diagrams import ONE_TASK

FORM = json.dumps(
    {
        "type": "default",
        "id": "case_check",
        "components": [
            {"type": "filepicker", "id": "photos", "key": "photos", "label": "照片", "multiple": True},
            {"type": "textfield", "id": "note", "key": "note", "label": "说明", "validate": {"required": True}},
        ],
    }
)
WITH_FORM = ONE_TASK.replace('id="check"', 'id="check" camunda:formRef="case_check"')


def upload(engine: ProcessEngine, case_id: str) -> dict[str, Any]:
    vault = cast(PersonVault, engine.vault)
    store = attachments.open_attachments(engine.settings, vault)
    root_id, key = engine.read(CSS, attachments.key_for_case, vault, case_id)
    return engine.run(
        CSS, attachments.add, store.store(key, [b"\xff\xd8\xff\xe0door"]), process_instance_id=root_id
    ).reference


def test_a_task_takes_files_of_its_own_case_only(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=WITH_FORM, case_check__form=FORM)
    case, other = start(engine), start(engine)
    mine, foreign = upload(engine, case.id), upload(engine, other.id)

    with pytest.raises(FormInvalid) as refused:
        complete(engine, case.id, "check", photos=[mine, foreign], note="dent")

    assert [error.field for error in refused.value.errors] == ["photos"]
    assert instance(engine, case.id).revision == case.revision
    assert complete(engine, case.id, "check", photos=[mine], note="dent").end_event == "done"


def test_a_try_takes_files_of_its_own_case_only(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=WITH_FORM, case_check__form=FORM)
    case, other = start(engine), start(engine)
    task_id = open_tasks(engine, case.id)["check"]

    with pytest.raises(FormInvalid):
        engine.run(CSS, user_tasks.record_attempt, task_id, {"photos": [upload(engine, other.id)]})

    engine.run(CSS, user_tasks.record_attempt, task_id, {"photos": [upload(engine, case.id)]})


def test_a_closed_engine_holds_no_keys_any_more(engine: ProcessEngine, deploy: Deploy) -> None:
    deploy(case__bpmn=WITH_FORM, case_check__form=FORM)
    upload(engine, start(engine).id)
    keystore = cast(PersonVault, engine.vault).keystore

    engine.close()

    assert not keystore._by_id
    assert not keystore._by_subject
