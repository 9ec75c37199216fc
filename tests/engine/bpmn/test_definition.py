"""What a parsed diagram says of itself."""

from __future__ import annotations

import hashlib

from engine.bpmn.definition import SequenceFlow
from engine.bpmn.parser import parse
from tests.engine.bpmn.diagrams import NAMESPACES

BODY = f"""<definitions {NAMESPACES} id="d" targetNamespace="t">
<process id="complaint" name="投诉" isExecutable="true" camunda:versionTag="1.2" camunda:historyTimeToLive="P3Y"
  camunda:candidateStarterGroups="CSS, RM">
 <extensionElements><camunda:properties>
  <camunda:property name="business.title.en" value="Complaint"/>
  <camunda:property name="variable.note" value="FREE"/><camunda:property name="variable.amount" value="none"/>
 </camunda:properties></extensionElements>
 <laneSet id="ls"><lane id="outer"><extensionElements><camunda:properties><camunda:property name="role" value="OPS"/>
  </camunda:properties></extensionElements><flowNodeRef>A</flowNodeRef><flowNodeRef>D</flowNodeRef>
  <childLaneSet id="cl"><lane id="inner">
   <extensionElements><camunda:properties><camunda:property name="role" value="CSS|RM"/>
  </camunda:properties></extensionElements><flowNodeRef>A</flowNodeRef></lane></childLaneSet></lane></laneSet>
 <startEvent id="S" camunda:initiator="opened_by"/>
 <userTask id="A" name="联系客户" camunda:formRef="complaint_record">
  <documentation>Call within 2 hours (C-12).</documentation>
  <extensionElements><camunda:properties><camunda:property name="name.en" value="Contact"/></camunda:properties>
  <camunda:inputOutput><camunda:inputParameter name="x">=amount + 1</camunda:inputParameter></camunda:inputOutput>
  </extensionElements></userTask>
 <businessRuleTask id="D" camunda:decisionRef="dt_04" camunda:resultVariable="r"/>
 <serviceTask id="N" camunda:type="external" camunda:topic="notify"/>
 <callActivity id="C" calledElement="follow_up"/>
 <endEvent id="E"/>
 <sequenceFlow id="f1" sourceRef="S" targetRef="A"/><sequenceFlow id="f2" name="yes" sourceRef="A" targetRef="D"/>
 <sequenceFlow id="f3" sourceRef="D" targetRef="N"/><sequenceFlow id="f4" sourceRef="N" targetRef="C"/>
 <sequenceFlow id="f5" sourceRef="C" targetRef="E"/>
</process></definitions>""".encode()


def test_a_definition_tells_everything_that_others_need() -> None:
    definition = parse(BODY, name="complaint.bpmn")[0]
    assert (definition.key, definition.name, definition.name_en) == ("complaint", "投诉", "Complaint")
    assert (definition.version_tag, definition.history_ttl) == ("1.2", "P3Y")
    assert definition.digest == hashlib.sha256(BODY).hexdigest()
    assert definition.decision_refs == {"dt_04"}
    assert definition.form_refs == {"complaint_record"}
    assert definition.called_elements == {"follow_up"}
    assert definition.topics == {"notify"}
    assert definition.classes == {"note": "FREE", "amount": "none"}
    assert definition.expression_names == {"amount"}
    assert definition.candidate_starter_groups == ("CSS", "RM")
    assert definition.start_events[0].initiator == "opened_by"
    assert SequenceFlow("f2", "A", "D", "yes") in definition.flows
    assert definition.warnings == ()


def test_an_element_tells_what_its_owner_wrote() -> None:
    element = parse(BODY, name="complaint.bpmn")[0].elements["A"]
    assert (element.type, element.name, element.name_en) == ("userTask", "联系客户", "Contact")
    assert element.documentation == "Call within 2 hours (C-12)."
    assert element.roles == ("CSS", "RM")
    assert element.form_ref == "complaint_record"
    assert element.line is not None
