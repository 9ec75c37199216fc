"""A small process with two lanes, and actors to work on its cases."""

from __future__ import annotations

from sqlalchemy import select

from engine import definitions, models, process_instances, releases, user_tasks
from engine.context import SYSTEM_ACTOR, Actor, CommandContext
from engine.process_engine import ProcessEngine
from engine.user_tasks import UserTask

# check (FRONT or STORE) -> message -> mend (TECH)
REPAIR = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="defs" targetNamespace="t">
  <bpmn:message id="m_start" name="car_arrived" />
  <bpmn:message id="m_parts" name="parts_arrived" />
  <bpmn:collaboration id="c"><bpmn:participant id="pool" name="店" processRef="repair" /></bpmn:collaboration>
  <bpmn:process id="repair" name="维修" isExecutable="true" camunda:historyTimeToLive="P1095D">
    <bpmn:laneSet id="lanes">
      <bpmn:lane id="lane_front" name="前台">
        <bpmn:extensionElements><camunda:properties>
          <camunda:property name="role" value="FRONT|STORE" />
        </camunda:properties></bpmn:extensionElements>
        <bpmn:flowNodeRef>start</bpmn:flowNodeRef><bpmn:flowNodeRef>check</bpmn:flowNodeRef>
      </bpmn:lane>
      <bpmn:lane id="lane_tech" name="车间">
        <bpmn:extensionElements><camunda:properties>
          <camunda:property name="role" value="TECH" />
        </camunda:properties></bpmn:extensionElements>
        <bpmn:flowNodeRef>parts</bpmn:flowNodeRef><bpmn:flowNodeRef>mend</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>done</bpmn:flowNodeRef>
      </bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="start" name="到店">
      <bpmn:outgoing>f1</bpmn:outgoing><bpmn:messageEventDefinition id="e1" messageRef="m_start" />
    </bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="check" />
    <bpmn:userTask id="check" name="检查">
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="parts" />
    <bpmn:intermediateCatchEvent id="parts" name="配件到货">
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
      <bpmn:messageEventDefinition id="e2" messageRef="m_parts" />
    </bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f3" sourceRef="parts" targetRef="mend" />
    <bpmn:userTask id="mend" name="维修">
      <bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f4" sourceRef="mend" targetRef="done" />
    <bpmn:endEvent id="done" name="完成"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>
"""


def actor(user_id: str, *roles: str) -> Actor:
    return Actor(user_id, frozenset(roles))


FRONT, FRONT2, STORE = actor("front", "FRONT"), actor("front2", "FRONT"), actor("store", "STORE")
TECH, WM = actor("tech", "TECH"), actor("wm", "WM")
ADMIN, COMPL = actor("admin", "ADMIN"), actor("compl", "COMPL")


def repair(ctx: CommandContext) -> definitions.Deployed:
    """Returns the deployed process."""
    return definitions.resolve(ctx, "process", "repair", release=releases.current(ctx))


def open_case(engine: ProcessEngine, **values: object) -> str:
    """Starts a case and returns its id."""

    def start(ctx: CommandContext) -> str:
        return process_instances.start(ctx, repair(ctx), values=values, start_event_id="start").id

    return engine.run(SYSTEM_ACTOR, start)


def task_of(engine: ProcessEngine, case: str) -> UserTask:
    """Returns the newest task of a case."""

    def read(ctx: CommandContext) -> UserTask:
        table = models.user_task
        query = select(table.c.id).where(table.c.root_id == case).order_by(table.c.id.desc()).limit(1)
        return user_tasks.get(ctx, ctx.connection.execute(query).scalar_one())

    return engine.read(SYSTEM_ACTOR, read)
