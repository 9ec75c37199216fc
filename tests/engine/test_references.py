"""Roles, properties and personal variables that a diagram names are compared with what is known."""

from __future__ import annotations

import json

import pytest

from engine.findings import Finding
from engine.forms import Form, parse_form
from engine.references import check_diagram
from tests.engine.diagrams import diagram, flows, user_task

ROLES = {"CSS", "CSR", "RM"}


def properties(**given: str) -> str:
    """Returns extension elements; `__` in a name stands for a dot."""
    inner = "".join(
        f'<camunda:property name="{name.replace("__", ".")}" value="{value}"/>' for name, value in given.items()
    )
    return f"<extensionElements><camunda:properties>{inner}</camunda:properties></extensionElements>"


def found(body: str, forms: dict[str, Form] | None = None) -> list[Finding]:
    findings = check_diagram(diagram(body).encode(), name="case.bpmn", roles=ROLES, forms=forms)
    assert {finding.severity for finding in findings} <= {"warning"}
    return findings


def codes(body: str, forms: dict[str, Form] | None = None) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.element_id) for finding in found(body, forms)]


# ------------------------------------------------------------ roles


def test_known_roles_are_no_finding() -> None:
    assert codes(user_task("check", group="CSS,RM")) == []


def test_an_unknown_candidate_group_is_named_with_the_nearest_role() -> None:
    (finding,) = found(user_task("check", group="CSS,CRS"))

    assert (finding.code, finding.element_id) == ("unknown-role", "check")
    assert "CRS" in finding.en
    assert "CSR" in finding.en or "CSS" in finding.en


def test_an_unknown_role_of_a_lane_is_found_at_the_lane() -> None:
    lane = f'<lane id="desk">{properties(role="CSS|DESK")}<flowNodeRef>check</flowNodeRef></lane>'

    assert codes(f'<laneSet id="s">{lane}</laneSet>' + user_task("check")) == [("unknown-role", "desk")]


def test_an_expression_for_the_group_is_not_judged() -> None:
    assert codes(user_task("check", group="${team}") + user_task("ask", group="=team")) == []


def test_a_notification_may_go_to_the_customer_or_a_known_role() -> None:
    assert codes(user_task("tell", inner=properties(notify__to="customer|RM"))) == []
    assert codes(user_task("tell", inner=properties(notify__to="customer|RMX"))) == [("unknown-role", "tell")]


def test_without_known_roles_none_is_doubted() -> None:
    assert check_diagram(diagram(user_task("check", group="X")).encode(), name="case.bpmn") == []


# ------------------------------------------------------------ properties


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("deadline__ancor", "deadline.anchor"),
        ("deadline.Cancel", "deadline.cancel"),
        ("message__bussinessKey", "message.businessKey"),
        ("notify__template_", "notify.template"),
        ("documentation__eng", "documentation.en"),
        ("varable__complaint_text", "variable.complaint_text"),
        ("start__role", "start.roles"),
        ("controled", "controlled"),
    ],
)
def test_a_property_with_a_typing_error_names_the_one_that_is_meant(given: str, meant: str) -> None:
    (finding,) = found(properties(**{given: "x"}) + user_task("check"))

    assert finding.code == "unknown-property"
    assert meant in finding.en
    assert meant in finding.zh


def test_a_property_of_somebodys_own_is_left_alone() -> None:
    assert codes(user_task("check", inner=properties(colour="red", notify__by="pigeon", variable__x="none"))) == []


# ------------------------------------------------------------ personal variables

PERSONAL = properties(variable__reason="FREE", variable__amount="none")


def test_a_condition_that_reads_a_personal_variable_is_found_at_its_flow() -> None:
    body = PERSONAL + user_task("check") + flows("check>again:reason = &quot;late&quot;", "check>done:amount > 3")

    (finding,) = found(body)

    assert (finding.code, finding.element_id) == ("personal-in-expression", "check_again")
    assert "reason" in finding.en


def test_a_null_test_of_a_personal_variable_is_no_finding() -> None:
    assert codes(PERSONAL + user_task("check") + flows("check>again:reason != null")) == []


def mapping(text: str) -> str:
    inner = (
        f'<camunda:inputOutput><camunda:inputParameter name="x">{text}</camunda:inputParameter></camunda:inputOutput>'
    )
    return user_task("check", inner=f"<extensionElements>{inner}</extensionElements>")


@pytest.mark.parametrize(
    "text", ["=reason", "${reason}", "={text: reason}", "reason", "=if reason = null then 1 else 2"]
)
def test_a_mapping_may_hand_a_personal_variable_on(text: str) -> None:
    assert codes(PERSONAL + mapping(text)) == []


@pytest.mark.parametrize("text", ["=upper case(reason)", "=reason + amount", "${reason == 'late'}"])
def test_a_mapping_may_not_look_into_a_personal_variable(text: str) -> None:
    assert codes(PERSONAL + mapping(text)) == [("personal-in-expression", "check")]


def test_the_assignee_cannot_be_a_personal_variable() -> None:
    assert codes(PERSONAL + user_task("check", attributes='camunda:assignee="=reason"')) == [
        ("personal-in-expression", "check")
    ]


def test_the_class_of_a_form_field_counts_before_that_of_the_process() -> None:
    body = PERSONAL + user_task("check", attributes='camunda:formRef="f"')
    body += flows("check>again:reason = &quot;late&quot;", "check>done:remark = &quot;x&quot;")

    assert codes(body, {"f": form(reason="none", remark="FREE")}) == [("personal-in-expression", "check_done")]


def form(**classes: str) -> Form:
    fields = [
        {"type": "textfield", "key": key, "label": "字", "properties": {"label.en": "a", "dataClass": data_class}}
        for key, data_class in classes.items()
    ]
    return parse_form(json.dumps({"type": "default", "id": "f", "components": fields}).encode(), name="f.form")
