"""The access matrix (DT-07) over HTTP: every role, every class of data, every way to a value.

The table below is written from the requirements (2.7), not from rules/access: a grant that is changed there fails here.
Three letters stand for a cell: what the role sees of a task that is offered to it, of the task that it has, and of a
case of its branch in which it has none. R in the clear, M masked, - nothing. The first two are of a case that names no
branch. "Inside the assigned case", "own", "own customers", "shared", "referred", "led", "escalated", "request" are all
met by having the task, and by nothing else while the register of customers holds no owners; C (create and edit) is "in
the assigned task", as the legend of the table says.

Values are digits that occur nowhere else, so that the body of any answer tells what it shows: the value itself, its
masked form (all but the last four), or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from falcon import testing
from sqlalchemy import delete, insert, update

from api.app import create_app
from api.composition import build_engine
from engine import deployments, models, process_instances, releases, users
from engine.clock import VirtualClock
from engine.context import SYSTEM_ACTOR, CommandContext
from engine.definitions import resolve
from engine.process_engine import ProcessEngine
from tests.api.desk import Person, field, form
from tests.conftest import NOW, settings_in

CLASSES = ("BASIC", "ID", "BEHAVIOUR", "NEED", "FEEDBACK", "SERVICE")
OWN_BRANCH = "B1"  # of everybody who has a role
# The own case, one of a colleague of the same role, one of somebody without any, one of the own branch in which
# somebody else works, and one of another branch; with the branch that each names.
CASES = {"mine": None, "colleague": None, "other": None, "branch": OWN_BRANCH, "foreign": "B2"}
# Requirements 2.7, row by row, in the order of the columns.
TABLE = {
    "CSR": "RRR MMM --- RRR RRR RRR",  # R (P 002) · M (last 4) · – (P 002) · R · R (P 002) · R (P 002)
    "CSS": "RRR MMM --- RRR RRR RRR",
    "CSD": "RRR MMM --- RRR RRR RRR",
    "RM": "-R- --- --- --- -R- -R-",  # R inside assigned case · – · – · – · R,C assigned · R inside assigned case
    "CMPH": "-R- --- -R- -R- -R- -R-",  # … · contract of the case only · R inside · R,C assigned · R inside
    "STORE": "-RR -R- -R- RRR -R- RRR",  # R,C own branch · R only at signing · own current rental · R,C · C · R,C
    "AM": "-R- MMM -R- RRR -R- -R-",  # R own customers · M · own customers' rentals · R · R own · R own
    "OPS": "MRM --- -R- RRR -R- RRR",  # M (R inside assigned case) · – · inside assigned case only · R · R assigned · R
    "OPSM": "MRM --- RRR RRR -R- RRR",  # M (R inside) · – · R full (P 002) · R · R assigned · R
    "OPSD": "-R- --- RRR RRR -R- RRR",  # R inside led case · – · R full · R · R led · R
    "MKT": "-R- --- --- -R- --- ---",  # C leads, R own lead · – · – · C own lead · – · –
    "SALES": "-R- --- --- -R- -R- -R-",  # R own customers · – · – · R,C own · R own · R shared
    "SSUP": "-RR --- --- RRR RRR RRR",  # R branch · – · – · R · R · R
    "SMD": "-RR --- --- RRR RRR RRR",
    "FRONT": "RRR --- --- RRR -R- RRR",  # R · – · – · R · C · R,C
    "TECH": "MMM --- --- RRR -R- RRR",  # M: vehicle + problem only · – · – · R · C · R,C
    "WM": "MMM --- --- RRR -R- -R-",  # M · – · – · R · R assigned · R,C workshop
    "APPR": "MMM --- --- --- --- -R-",  # M · – · – · – · – · R,C appraisal only
    "CASHIER": "-M- --- --- --- --- ---",  # payer's name only · – · amounts only · – · – · amounts only
    "HR": "--- --- --- --- --- ---",  # – · – · – · – · – (pseudonym) · –
    "LEGAL": "-R- -R- -R- --- -R- -R-",  # R in referred case, but NEED
    "DH": "MMM --- --- --- -R- -R-",  # M · – · – · – · R own sub-tasks · R own department
    "DATA": "RRR RRR MMM RRR --- RRR",  # R,C · R · M · R,C · – · R
    "SEN": "--- --- --- --- -R- ---",  # – (R in escalated case)
    "GM": "--- --- --- --- -R- ---",
    "ADM": "--- --- --- --- --- ---",
    "IT": "--- --- --- --- --- ---",
    "SUPV": "--- --- --- --- --- ---",  # pseudonym, R with logged reason: see below
    "COMPL": "--- --- --- --- --- ---",
    "OWNER": "--- --- --- --- --- ---",
    "PIO": "-R- -R- -R- -R- -R- -R-",  # R in request
}
# C (create and edit in the assigned task) of requirements 2.7; nobody has it for ID and BEHAVIOUR.
WRITES = {
    "CSR": {"BASIC", "FEEDBACK"},
    "CSS": {"BASIC", "FEEDBACK"},
    "RM": {"FEEDBACK"},
    "CMPH": {"FEEDBACK"},
    "STORE": {"BASIC", "NEED", "FEEDBACK", "SERVICE"},
    "MKT": {"BASIC", "NEED"},
    "SALES": {"NEED"},
    "FRONT": {"FEEDBACK", "SERVICE"},
    "TECH": {"FEEDBACK", "SERVICE"},
    "WM": {"SERVICE"},
    "APPR": {"SERVICE"},
    "DATA": {"BASIC", "NEED"},
}
# What the tasks of the requirements' processes (3.1 to 3.5) have other roles put down, without seeing it for that (H);
# the ID number is taken down at the signing (R2-4-2a) and kept by DATA (R1-4-0).
PUTS_DOWN = {
    "STORE": {"ID"},
    "DATA": {"ID"},
    "AM": {"BASIC", "FEEDBACK"},
    "SALES": {"BASIC", "FEEDBACK"},
    "CMPH": {"BASIC"},
    "FRONT": {"BASIC", "NEED"},
    "OPSD": {"FEEDBACK"},
    "LEGAL": {"FEEDBACK"},
    "CSD": {"FEEDBACK"},
    "MKT": {"FEEDBACK"},
    "SSUP": {"FEEDBACK"},
    "WM": {"FEEDBACK"},
    "OPS": {"FEEDBACK", "BASIC", "SERVICE"},
    "CASHIER": {"SERVICE"},
}
WITH_REASON = {"SUPV": "R---RR", "COMPL": "R---RR"}  # BASIC, FEEDBACK and SERVICE with a logged reason
# "Department" and "R all" of the column History/log: who finds a colleague's case, and anybody's, in lists.
DEPARTMENT = {"CSD", "OPSM", "OPSD", "WM", "DH"}
# "Branch" in a column of values, and in History/log: who gets to a case of the branch, and who finds it in lists.
VALUES_OF_BRANCH = {"STORE", "SSUP", "SMD"}
HISTORY_OF_BRANCH = {"SSUP", "SMD"}
ALL_CASES = {"SUPV", "COMPL", "PIO"}
EXPORT = {"SUPV", "COMPL"}
ACCESS_LOG = {"SUPV", "COMPL", "PIO", "ADM"}
# Not of the policies: who owns the processes and who runs the program see that cases exist, and nothing in them.
TECHNICAL = {"OWNER"}

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    id="d" targetNamespace="https://marque.app/test">
  <process id="file" name="档案" isExecutable="true" camunda:historyTimeToLive="P30D">
    <extensionElements><camunda:properties>PROPERTIES</camunda:properties></extensionElements>
    <startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="work"/>
    <userTask id="work" name="处理" camunda:formRef="file_work" camunda:assignee="somebody"/>
    <sequenceFlow id="f2" sourceRef="work" targetRef="done"/><endEvent id="done"/>
  </process></definitions>"""
FIELDS = {name: f"f_{name.lower()}" for name in (*CLASSES, "FREE")}

ONE = (
    "/api/tasks/{task}",
    "/engine-rest/task/{task}/form-variables",
    "/engine-rest/task/{task}/variables",
    "/engine-rest/process-instance/{case}/variables",
    "/engine-rest/execution/{case}/localVariables",
)
VALUES = {path for path in ONE if "{case}" in path}
# What shows a case or a task without its values: titles, paths, forms, links, logs, exports.
AROUND = (
    "/engine-rest/task/{task}",
    "/engine-rest/task/{task}/form",
    "/engine-rest/task/{task}/deployed-form",
    "/engine-rest/task/{task}/identity-links",
    "/engine-rest/process-instance/{case}",
    "/engine-rest/process-instance/{case}/activity-instances",
    "/engine-rest/history/process-instance/{case}",
    "/engine-rest/execution/{case}",
    "/api/instances/{case}/path",
    "/api/deadlines?processInstanceId={case}",
    "/api/decisions?processInstanceId={case}",
)
LISTS = (
    "/engine-rest/task",
    "/engine-rest/process-instance",
    "/engine-rest/execution",
    "/engine-rest/variable-instance",
    *(
        f"/engine-rest/history/{noun}"
        for noun in (
            "process-instance",
            "activity-instance",
            "task",
            "variable-instance",
            "detail",
            "user-operation",
            "decision-instance",
            "identity-link-log",
        )
    ),
)
# By GET or by its POST twin: each for half of the roles.
TWINS = frozenset(sorted(TABLE)[::2])
OTHER_LISTS = ("/api/tasks?view=all", "/api/tasks?view=groups", "/api/tasks?view=covered", "/engine-rest/incident")


def sentinel(data_class: str, case: str) -> str:
    """Returns digits that occur nowhere else; the last four are unique, too."""
    number = (*CLASSES, "FREE").index(data_class) * 7 + list(CASES).index(case)
    return f"9473625810{4000 + number * 37}"


def masked(value: str) -> str:
    return "*" * (len(value) - 4) + value[-4:]


@dataclass(frozen=True)
class World:
    """The cases of `CASES`, with the open task of each."""

    engine: ProcessEngine
    client: testing.TestClient
    cases: dict[str, str]
    tasks: dict[str, str]

    def give(self, role: str, *, offered: bool) -> None:
        """Offers the own case's task to the role or gives it to its holder; the colleague's goes to the colleague."""
        self.engine.run(SYSTEM_ACTOR, _give, self, role, offered)

    def hold(self, case: str, user_id: str) -> None:
        """Gives the task of a case to a person."""
        self.engine.run(SYSTEM_ACTOR, _hold, self.tasks[case], user_id)


def _hold(ctx: CommandContext, task_id: str, user_id: str) -> None:
    task = models.user_task
    ctx.connection.execute(update(task).where(task.c.id == task_id).values(assignee=user_id))


def _give(ctx: CommandContext, world: World, role: str, offered: bool) -> None:
    task, candidate = models.user_task, models.task_candidate
    ctx.connection.execute(delete(candidate))
    who = {"mine": None if offered else role.lower(), "colleague": f"{role.lower()}2"}
    for name, user_id in who.items():
        ctx.connection.execute(update(task).where(task.c.id == world.tasks[name]).values(assignee=user_id))
    if offered:
        row = {"task_id": world.tasks["mine"], "kind": "group", "name": role}
        ctx.connection.execute(insert(candidate).values(row))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[World]:
    """Built once: argon2id is made cheap, because 60 people log in."""
    from argon2 import PasswordHasher

    folder = tmp_path_factory.mktemp("access")
    (folder / "marque.db").write_bytes(sqlite_template.read_bytes())
    engine = build_engine(settings_in(folder, f"sqlite:///{folder / 'marque.db'}"), VirtualClock(NOW))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        everybody = {f"{role.lower()}{suffix}": [OWN_BRANCH] for role in (*TABLE, "CRC") for suffix in ("", "2")}
        engine.run(SYSTEM_ACTOR, users.create_demo_users, everybody)
        engine.run(SYSTEM_ACTOR, users.create, "somebody", name="S", roles=[])
        yield _world(engine, testing.TestClient(create_app(engine, run_jobs=False)))
    engine.close()


def _world(engine: ProcessEngine, client: testing.TestClient) -> World:
    engine.run(SYSTEM_ACTOR, deployments.create, name="file", resources=_files())
    cases, tasks = {}, {}
    for case in CASES:
        cases[case] = engine.run(SYSTEM_ACTOR, _open, case)
        tasks[case] = engine.read(
            SYSTEM_ACTOR,
            lambda ctx, root_id: (
                ctx.connection.execute(models.user_task.select().where(models.user_task.c.root_id == root_id)).one().id
            ),
            cases[case],
        )
        # A tried call and a comment are text that somebody wrote: they hold anything.
        answer = _as_holder(engine, client, tasks[case], sentinel("FREE", case))
        assert answer == [200, 200], answer
    return World(engine, client, cases, tasks)


def _files() -> dict[str, bytes]:
    declared = "".join(
        f'<camunda:property name="variable.{name}" value="{data_class}"/>'
        for data_class, name in FIELDS.items()
        if data_class != "FREE"
    )
    fields = [field(name, properties={"dataClass": data_class}) for data_class, name in FIELDS.items()]
    files = {"file.bpmn": DIAGRAM.replace("PROPERTIES", declared), "file_work.form": form("file_work", *fields)}
    return {name: text.encode() for name, text in files.items()}


def _open(ctx: CommandContext, case: str) -> str:
    values: dict[str, Any] = {FIELDS[name]: sentinel(name, case) for name in CLASSES}
    values |= {"branch_id": CASES[case], "customer_ref": f"C-{case}"}
    deployed = resolve(ctx, "process", "file", release=releases.current(ctx))
    return process_instances.start(ctx, deployed, values=values, business_key=f"case-{case}").id


def _as_holder(engine: ProcessEngine, client: testing.TestClient, task_id: str, text: str) -> list[int]:
    engine.run(SYSTEM_ACTOR, _hold, task_id, "csr")
    csr = Person(client, "csr")
    sent = [
        csr.post(f"/api/tasks/{task_id}/attempts", {"data": {FIELDS["FREE"]: text}}),
        csr.post(f"/engine-rest/task/{task_id}/comment/create", {"message": text}),
    ]
    engine.run(SYSTEM_ACTOR, _hold, task_id, "somebody")
    return [answer.status_code for answer in sent]


# ------------------------------------------------------------ reading answers


def letters(text: str, case: str) -> str:
    """Returns what a body shows of the six classes of a case."""
    found = ""
    for name in CLASSES:
        value = sentinel(name, case)
        found += "R" if value in text else "M" if masked(value) in text else "-"
    return found


def shows_nothing(text: str) -> bool:
    values = [sentinel(name, case) for name in (*CLASSES, "FREE") for case in CASES]
    return not any(value in text or masked(value) in text for value in values)


WHERE = ("offered", "has", "branch")


def cell(role: str, where: str) -> str:
    return "".join(letters[WHERE.index(where)] for letters in TABLE[role].split())


def get(world: World, role: str, path: str, case: str) -> testing.Result:
    address = path.format(task=world.tasks[case], case=world.cases[case])
    answer = Person(world.client, role.lower()).get(address)
    assert answer.status_code in {200, 403, 404}, (role, address, answer.text)
    return answer


def test_the_table_has_a_row_for_everybody_who_logs_in(world: World) -> None:
    people = {person["id"].upper() for person in world.client.simulate_get("/api/demo").json["users"]}

    assert people - {"SOMEBODY", "ADMIN"} == {*TABLE, *(f"{role}2" for role in TABLE), "CRC", "CRC2"}


@pytest.mark.parametrize("where", ["offered", "has"])
def test_values_are_seen_as_the_table_says_on_every_way(world: World, where: str) -> None:
    wrong = {}
    for role in TABLE:
        world.give(role, offered=where == "offered")
        for path in ONE:
            answer = get(world, role, path, "mine")
            assert answer.status_code == 200, (role, path, answer.text)
            if letters(answer.text, "mine") != cell(role, where):
                wrong[role, path] = (cell(role, where), letters(answer.text, "mine"))
            assert shows_nothing(answer.text) or letters(answer.text, "other") == "------"
            # Free text is for those who work on the case, whoever may read other things of it.
            assert where == "has" or sentinel("FREE", "mine") not in answer.text, (role, path)
        for name in CLASSES:
            one = get(world, role, f"/engine-rest/process-instance/{{case}}/variables/{FIELDS[name]}", "mine")
            at = CLASSES.index(name)
            if letters(one.text, "mine")[at] != cell(role, where)[at]:
                wrong[role, name] = (cell(role, where)[at], letters(one.text, "mine")[at])
    assert wrong == {}


def test_the_committee_sees_as_its_members(world: World) -> None:
    world.give("CRC", offered=False)
    for who, expected in (("crc", "----R-"),):
        assert letters(get(world, who, ONE[0], "mine").text, "mine") == expected


@pytest.mark.parametrize("case", ["colleague", "other"])
def test_the_case_of_somebody_else_shows_nothing(world: World, case: str) -> None:
    for role in TABLE:
        world.give(role, offered=False)
        known = role in ALL_CASES | TECHNICAL or (case == "colleague" and role in DEPARTMENT)
        for path in (*ONE, *AROUND):
            answer = get(world, role, path, case)
            # Who may look at the case sees of it what the role sees of any; all others do not get in.
            assert letters(answer.text, case) == (cell(role, "offered") if known and path in VALUES else "------")
            assert sentinel("FREE", case) not in answer.text
            if not known:
                assert answer.status_code == 403, (role, path, answer.text)
                missing = answer.json["missingAuthorizations"][0]
                assert (missing["permissionName"], missing["resourceId"] is not None) == ("read", True), (role, path)
            elif "{task}" not in path:
                assert answer.status_code == 200, (role, path, answer.text)


def test_a_case_of_the_own_branch_shows_what_the_table_says_of_branches(world: World) -> None:
    for role in TABLE:
        world.give(role, offered=False)
        known = role in ALL_CASES | TECHNICAL | VALUES_OF_BRANCH
        for path in (*ONE, *AROUND):
            answer = get(world, role, path, "branch")
            seen = cell(role, "branch") if known and path in VALUES else "------"
            assert letters(answer.text, "branch") == seen, (role, path)
            assert sentinel("FREE", "branch") not in answer.text, (role, path)
            if path in VALUES:
                assert answer.status_code == (200 if known else 403), (role, path, answer.text)
        told = get(world, role, "/api/instances/{case}/path", "branch").status_code
        assert told == (200 if role in ALL_CASES | TECHNICAL | HISTORY_OF_BRANCH else 403), role
        found = Person(world.client, role.lower()).post("/api/search", {"customer": "C-branch"})
        assert (world.cases["branch"] in found.text) == known, (role, found.text)
        assert shows_nothing(found.text), role


def test_a_task_of_another_branch_does_not_make_it_the_own(world: World) -> None:
    for role in TABLE:
        world.hold("foreign", role.lower())
        seen = letters(get(world, role, ONE[0], "foreign").text, "foreign")
        inside = cell(role, "has")
        assert seen == ("-" + inside[1:] if role in VALUES_OF_BRANCH else inside), role
    world.hold("foreign", "somebody")


def test_what_stands_around_a_case_shows_no_value(world: World) -> None:
    for role in TABLE:
        world.give(role, offered=False)
        for path in AROUND:
            answer = get(world, role, path, "mine")
            assert answer.status_code == 200, (role, path, answer.text)
            assert shows_nothing(answer.text), (role, path)


def test_lists_hold_the_own_cases_and_no_value_and_count_what_they_hold(world: World) -> None:
    for role in TABLE:
        world.give(role, offered=False)
        person = Person(world.client, role.lower())
        reach = {"mine"} | ({"colleague"} if role in DEPARTMENT else set())
        reach |= {"branch"} if role in HISTORY_OF_BRANCH else set()
        reach = set(CASES) if role in ALL_CASES | TECHNICAL else reach
        for path in LISTS:
            listed = person.get(f"{path}?maxResults=2000")
            assert listed.status_code == 200, (role, path, listed.text)
            assert shows_nothing(listed.text), (role, path)
            _require_reach(world, role, path, listed.text, reach)
            counted = person.post(f"{path}/count", {}) if role in TWINS else person.get(f"{path}/count")
            assert counted.json["count"] == len(listed.json), (role, path)
        for path in OTHER_LISTS:
            listed = person.get(path)
            assert listed.status_code in {200, 403}
            assert shows_nothing(listed.text), (role, path)


def _require_reach(world: World, role: str, path: str, text: str, reach: set[str]) -> None:
    found = {name for name, case in world.cases.items() if case in text}
    if path.endswith("/task") and "history" not in path:
        # Open tasks are the own and the offered ones; who supervises sees that there are others.
        assert found == (set(CASES) if role in {"SUPV", "COMPL"} else {"mine"}), (role, path)
    elif path == "/engine-rest/execution" or "process-instance" in path or "variable" in path:
        assert found == reach, (role, path)
    else:
        assert found <= reach, (role, path)


def test_no_filter_tells_whether_a_value_is_right(world: World) -> None:
    """A search that answers differently for the right value is a reading, too."""
    for role in ("CSR", "DATA", "COMPL", "PIO", "OPSM", "ADM"):
        world.give(role, offered=False)
        person = Person(world.client, role.lower())
        for name in CLASSES:
            for operator, value in (("eq", sentinel(name, "mine")), ("like", f"%25{sentinel(name, 'mine')[-4:]}%25")):
                told = f"{FIELDS[name]}_{operator}_{value}"
                for path in (
                    "/engine-rest/task/count?processVariables=",
                    "/engine-rest/process-instance/count?variables=",
                ):
                    answer = person.get(path + told)
                    assert answer.status_code in {200, 400}, answer.text
                    assert answer.json.get("count", 0) == 0, (role, path, name)


def test_exports_are_for_those_who_review_and_hold_references(world: World) -> None:
    for role in TABLE:
        person = Person(world.client, role.lower())
        for case in world.cases.values():
            answer = person.get(f"/api/audit/export?processInstanceId={case}")
            assert answer.status_code == (200 if role in EXPORT else 403), role
            assert shows_nothing(answer.text), role
        log = person.get("/api/access-log?maxResults=2000")
        assert log.status_code == (200 if role in ACCESS_LOG else 403), role
        assert shows_nothing(log.text), role


def test_a_reason_opens_to_those_who_review_what_the_table_says_and_is_kept(world: World) -> None:
    reason = {"reason": "投诉抽查 2026-10 复核"}
    for role in TABLE:
        world.give(role, offered=False)
        person, address = Person(world.client, role.lower()), f"/api/instances/{world.cases['other']}/values"
        answer = person.post(address, reason)
        if role in WITH_REASON:
            assert letters(answer.text, "other") == WITH_REASON[role], role
            assert shows_nothing(
                person.get(
                    address.replace("/api/instances", "/engine-rest/process-instance").replace("values", "variables")
                ).text
            )
        else:
            assert shows_nothing(answer.text), role
            assert answer.status_code == (200 if role in ALL_CASES | TECHNICAL else 403), (role, answer.text)
        assert person.post(address, {"reason": "?"}).status_code in {400, 403}
    log = Person(world.client, "compl").get(
        f"/api/access-log?processInstanceId={world.cases['other']}&kind=personalDataRead"
    )
    assert {entry["userId"] for entry in log.json} == {"compl", "supv", "owner", "pio"}
    assert reason["reason"] not in log.text


def test_writing_is_for_who_has_the_task(world: World) -> None:
    for role in TABLE:
        world.give(role, offered=False)
        person, value = Person(world.client, role.lower()), sentinel("BASIC", "mine")
        for case in ("colleague",) if role in DEPARTMENT else ("other",):
            task, instance = world.tasks[case], world.cases[case]
            for method, path, body in (
                ("POST", f"/engine-rest/task/{task}/complete", {"variables": {"f_basic": {"value": value}}}),
                ("POST", f"/api/tasks/{task}/complete", {"data": {"f_basic": value}}),
                ("POST", f"/api/tasks/{task}/attempts", {"data": {"f_basic": value}}),
                ("POST", f"/engine-rest/task/{task}/claim", {"userId": role.lower()}),
                ("POST", f"/engine-rest/task/{task}/assignee", {"userId": role.lower()}),
                ("POST", f"/engine-rest/task/{task}/variables", {"modifications": {"f_basic": {"value": value}}}),
                ("PUT", f"/engine-rest/process-instance/{instance}/variables/f_basic", {"value": value}),
                ("DELETE", f"/engine-rest/process-instance/{instance}/variables/f_basic", None),
                ("DELETE", f"/engine-rest/task/{task}/variables/f_basic", None),
                ("POST", f"/engine-rest/task/{task}/comment/create", {"message": value}),
                ("POST", f"/api/attachments?processInstanceId={instance}", b"%PDF-1.4"),
            ):
                answer = person.send(
                    method, path, body, headers={"Content-Type": "application/pdf"} if isinstance(body, bytes) else {}
                )
                allowed = path.startswith("/api/attachments") and (
                    role in ALL_CASES | TECHNICAL or (case == "colleague" and role in DEPARTMENT)
                )
                assert answer.status_code == 403 or allowed, (role, path, answer.text)
                assert shows_nothing(answer.text), (role, path)


def test_refusals_of_every_kind_quote_no_value(world: World) -> None:
    world.give("CSR", offered=False)
    csr, task = Person(world.client, "csr"), world.tasks["mine"]
    value = sentinel("ID", "mine")
    tries: list[tuple[str, Any]] = [
        (f"/api/tasks/{task}/complete", {"data": {"f_id": [value], "unknown": value}}),
        (f"/engine-rest/task/{task}/complete", {"variables": {"unknown": {"value": value}}}),
        (f"/engine-rest/task/{task}/complete", {"variables": {"f_id": {"value": value, "type": "Integer "}}}),
        (f"/api/tasks/{task}/attempts", {"data": {"unknown": value}}),
        ("/engine-rest/message", {"messageName": "none", "processVariables": {"x": {"value": value}}}),
        ("/engine-rest/task", {"processVariables": [{"name": "f_id", "operator": "no", "value": value}]}),
    ]
    for path, body in tries:
        answer = csr.post(path, body)
        assert answer.status_code in {400, 403, 404}, (path, answer.text)
        assert shows_nothing(answer.text), (path, answer.text)
        assert {"type", "message", "code"} <= set(json.loads(answer.text))


def test_files_of_a_case_are_for_who_may_read_the_case(world: World) -> None:
    world.give("CSR", offered=False)
    address = f"/api/attachments?processInstanceId={world.cases['mine']}"
    pdf = b"%PDF-1.4 " + sentinel("ID", "mine").encode()
    made = Person(world.client, "csr").send("POST", address, pdf, headers={"Content-Type": "application/pdf"})
    assert made.status_code == 201, made.text
    for role in TABLE:
        person, file = Person(world.client, role.lower()), f"/api/attachments/{made.json['attachment_id']}"
        assert person.get(file).status_code == (200 if role == "CSR" else 403), role
        with_reason = person.post(file, {"reason": "投诉抽查 2026-10 复核"})
        assert with_reason.status_code == (200 if role == "CSR" or role in WITH_REASON else 403), role


def test_a_class_is_written_by_whom_the_table_lets_and_by_nobody_else(world: World) -> None:
    task = world.tasks["mine"]
    for role in TABLE:
        world.give(role, offered=False)
        person = Person(world.client, role.lower())
        may = WRITES.get(role, set()) | PUTS_DOWN.get(role, set())
        for name in CLASSES:
            field_of, value = FIELDS[name], sentinel(name, "mine")
            ways = (
                (f"/engine-rest/task/{task}/variables", {"modifications": {field_of: {"value": value}}}),
                (f"/api/tasks/{task}/attempts", {"data": {field_of: value}}),
            )
            closed = (
                (f"/api/tasks/{task}/complete", {"data": {field_of: value}}),
                (f"/engine-rest/task/{task}/complete", {"variables": {field_of: {"value": value}}}),
                ("/engine-rest/process-definition/key/file/start", {"variables": {field_of: {"value": value}}}),
                ("/api/start", {"processKey": "file", "data": {field_of: value}}),
            )
            for path, body in ways if name in may else (*ways, *closed):
                answer = person.post(path, body)
                assert (answer.status_code < 300) == (name in may), (role, name, path, answer.text)
                assert shows_nothing(answer.text), (role, name, path)
                if name not in may:
                    missing = answer.json["missingAuthorizations"][0]
                    said = (answer.status_code, missing["permissionName"], missing["resourceName"])
                    assert said == (403, "edit", name), (role, name, path, answer.text)
                    assert field_of in answer.text, (role, name, path)
                    assert role in answer.text, (role, name, path)
        # Nothing was lost: the task is still there, with its values.
        assert letters(person.get(ONE[0].format(task=task)).text, "mine") == cell(role, "has"), role


def test_own_words_are_everybodys_who_has_the_task(world: World) -> None:
    for role in TABLE:
        world.give(role, offered=False)
        sent = {"modifications": {FIELDS["FREE"]: {"value": sentinel("FREE", "mine")}}}
        answer = Person(world.client, role.lower()).post(f"/engine-rest/task/{world.tasks['mine']}/variables", sent)
        assert answer.status_code == 204, (role, answer.text)


def test_who_repairs_cases_sets_no_personal_values(world: World) -> None:
    admin = Person(world.client, "admin")
    for name in CLASSES:
        address = f"/engine-rest/process-instance/{world.cases['mine']}/variables/{FIELDS[name]}"
        answer = admin.send("PUT", address, {"value": sentinel(name, "mine")})
        assert answer.status_code == 403, (name, answer.text)
        assert shows_nothing(answer.text), name
    told = admin.send("PUT", f"/engine-rest/process-instance/{world.cases['mine']}/variables/counted", {"value": 7})
    assert told.status_code == 204, told.text
