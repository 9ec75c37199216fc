"""A form takes what it asks for, typed, and says of everything else why not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import FormInvalid
from engine.values import PersonalRef
from tests.engine.forms_support import ENVIRONMENT, choices, codes, field, form, refused, submit

FILE = {"attachment_id": "a-1", "sha256": "0" * 64, "size": 12, "type": "image/jpeg"}


# ------------------------------------------------------------ types


@pytest.mark.parametrize(
    ("component", "sent", "typed"),
    [
        (field("textfield", "x"), "张三", "张三"),
        (field("textarea", "x"), "第一行\n第二行", "第一行\n第二行"),
        (field("number", "x"), 5, 5),
        (field("number", "x"), Decimal("5.0"), 5),
        (field("number", "x", decimalDigits=0), Decimal("5.000"), 5),
        (field("number", "x", decimalDigits=0), Decimal("5E+3"), 5000),
        (field("number", "x"), Decimal("-0.0"), 0),
        (field("number", "x", decimalDigits=1), Decimal("0.50"), Decimal("0.50")),
        (
            field("number", "x", decimalDigits=2),
            Decimal("12345678901234567890123456789012.25"),
            Decimal("12345678901234567890123456789012.25"),
        ),
        (field("number", "x"), Decimal("1.25"), Decimal("1.25")),
        (field("number", "x"), 0.1, Decimal("0.1")),
        (field("number", "x"), "12", 12),
        (field("checkbox", "x"), True, True),
        (field("select", "x", values=choices("a", "b")), "a", "a"),
        (field("radio", "x", values=choices(1, 2)), 2, 2),
        (field("checklist", "x", values=choices("a", "b")), ["b", "a"], ["b", "a"]),
        (field("taglist", "x", values=choices("a", "b")), ["a"], ["a"]),
        (field("datetime", "x", subtype="date"), "2026-10-01", date(2026, 10, 1)),
        (field("datetime", "x", subtype="time"), "09:30", time(9, 30)),
        (field("filepicker", "x"), [FILE], [FILE]),
    ],
)
def test_each_component_gives_its_type(component: dict[str, Any], sent: Any, typed: Any) -> None:
    value = submit(form(component), {"x": sent})["x"]

    assert value == typed
    assert type(value) is type(typed)


@pytest.mark.parametrize(
    "sent",
    [
        "2026-10-01T09:30+08:00",
        "2026-10-01T09:30:00+08:00",
        "2026-10-01T09:30:00.000+0800",
        "2026-10-01T01:30Z",
        "2026-10-01t01:30z",
        datetime(2026, 10, 1, 1, 30, tzinfo=UTC),
    ],
)
def test_an_instant_is_kept_in_utc_whatever_its_offset(sent: Any) -> None:
    value = submit(form(field("datetime", "x", subtype="datetime")), {"x": sent})["x"]

    assert value == datetime(2026, 10, 1, 1, 30, tzinfo=UTC)
    assert value.tzinfo is UTC


@pytest.mark.parametrize(
    ("component", "sent", "code"),
    [
        (field("textfield", "x"), 5, "text"),
        (field("textfield", "x"), "a\x00b", "text"),
        (field("textfield", "x"), "\ud800", "text"),
        (field("textfield", "x"), "长" * 1001, "max-length"),
        (field("textarea", "x"), "长" * 20_001, "max-length"),
        (field("textfield", "x"), PersonalRef("r", "d", "BASIC"), "text"),
        (field("number", "x"), True, "number"),
        (field("number", "x"), "twelve", "number"),
        (field("number", "x"), "9" * 100, "number"),
        (field("number", "x"), Decimal("NaN"), "number"),
        (field("number", "x"), Decimal("1E+999999"), "number"),
        (field("number", "x"), float("inf"), "number"),
        (field("number", "x", decimalDigits=0), Decimal("1.5"), "integer"),
        (field("number", "x", properties={"unit": "fen"}), Decimal("1.5"), "integer"),
        (field("number", "x", decimalDigits=2), Decimal("1.255"), "decimal-digits"),
        (field("number", "x", decimalDigits=2), Decimal("1234567890123456789012345678901.255"), "decimal-digits"),
        (field("checkbox", "x"), "true", "boolean"),
        (field("checkbox", "x"), 1, "boolean"),
        (field("select", "x", values=choices("a")), "b", "choice"),
        (field("select", "x", values=choices(1)), True, "choice"),
        (field("select", "x", values=choices("a")), {"value": "a"}, "choice"),
        (field("checklist", "x", values=choices("a")), "a", "list"),
        (field("checklist", "x", values=choices("a")), ["a", "a"], "duplicate"),
        (field("checklist", "x", values=choices("a")), ["a", "c"], "choice"),
        (field("datetime", "x", subtype="date"), "2026-02-30", "date"),
        (field("datetime", "x", subtype="date"), "20261001", "date"),
        (field("datetime", "x", subtype="date"), "2026-10-01T09:30+08:00", "date"),
        (field("datetime", "x", subtype="date"), datetime(2026, 10, 1, tzinfo=UTC), "date"),
        (field("datetime", "x", subtype="time"), "25:00", "time"),
        (field("datetime", "x", subtype="datetime"), "2026-10-01T09:30", "datetime"),
        (field("datetime", "x", subtype="datetime"), datetime(2026, 10, 1), "datetime"),  # noqa: DTZ001
        (field("datetime", "x", subtype="datetime"), "0001-01-01T00:00+14:00", "datetime"),
        (field("datetime", "x", subtype="datetime"), 1_700_000_000, "datetime"),
        (field("dynamiclist", "x", components=[field("textfield", "y")]), {"y": "a"}, "list"),
        (field("dynamiclist", "x", components=[field("textfield", "y")]), ["a"], "row"),
        (field("dynamiclist", "x", components=[field("textfield", "y")]), [{}] * 201, "max-items"),
        (field("filepicker", "x"), "photo.jpg", "file"),
        (field("filepicker", "x"), [{**FILE, "sha256": "abc"}], "file"),
        (field("filepicker", "x"), [{**FILE, "attachment_id": "../../etc/passwd"}], "file"),
        (field("filepicker", "x"), [{**FILE, "size": -1}], "file"),
        (field("filepicker", "x"), [{**FILE, "url": "http://elsewhere"}], "file"),
        (field("filepicker", "x"), [FILE, {**FILE, "attachment_id": "a-2"}], "one-file"),
        (field("filepicker", "x", multiple=True), [FILE, FILE], "duplicate"),
        (field("filepicker", "x", accept=".pdf, video/*"), [FILE], "file-type"),
    ],
)
def test_what_is_not_of_the_type_is_refused(component: dict[str, Any], sent: Any, code: str) -> None:
    assert codes(form(component), {"x": sent}) == {"x": code}


def test_a_file_may_say_when_it_was_taken() -> None:
    taken = {**FILE, "name": "左前门.jpg", "taken_at": "2026-10-01T09:30+08:00"}

    value = submit(form(field("filepicker", "x", accept="image/*")), {"x": [taken]})["x"]

    assert value == [{**FILE, "name": "左前门.jpg", "taken_at": datetime(2026, 10, 1, 1, 30, tzinfo=UTC)}]


# ------------------------------------------------------------ missing, default, unknown, read-only


def test_what_is_missing_is_null_and_a_tick_nobody_made_is_false() -> None:
    of = form(
        field("textfield", "text"),
        field("checkbox", "tick"),
        field("checklist", "list", values=choices("a")),
        field("dynamiclist", "rows", components=[field("number", "n")]),
    )

    assert submit(of, {}) == {"text": None, "tick": False, "list": None, "rows": None}
    assert submit(of, {"text": "  ", "list": [], "rows": []}) == {
        "text": None,
        "tick": False,
        "list": None,
        "rows": None,
    }


def test_a_default_fills_what_is_missing_but_not_what_was_cleared() -> None:
    of = form(field("number", "n", defaultValue=100), field("textfield", "t", defaultValue="unknown"))

    assert submit(of, {}) == {"n": 100, "t": "unknown"}
    assert submit(of, {"n": None, "t": ""}) == {"n": None, "t": None}


def test_unknown_fields_are_refused_without_repeating_a_key_that_is_no_name() -> None:
    of = form(field("textfield", "x"))

    assert codes(of, {"x": "a", "extra": 1}) == {"extra": "unknown"}
    assert "13800001111" not in str(refused(of, {"张三 13800001111": 1}))


def test_a_readonly_or_disabled_field_takes_nothing_from_the_submitter() -> None:
    of = form(
        field("number", "total", readonly=True),
        field("number", "rate", disabled=True),
        field("number", "price", readonly="=locked"),
        field("checkbox", "ok"),
        rules=[{"feel": "total = 100", "field": "ok", "zh": "总额不符", "en": "wrong total"}],
    )

    values = submit(of, {"total": 1, "rate": 2, "price": 3, "ok": True}, total=100, rate=7, locked=True)

    assert values == {"ok": True}
    assert submit(of, {"price": 3}, total=100, locked=False) == {"price": 3, "ok": False}


def test_a_submission_that_is_no_set_of_fields_is_refused() -> None:
    with pytest.raises(FormInvalid):
        form(field("textfield", "x")).validate([], variables={}, environment=ENVIRONMENT)  # type: ignore[arg-type]


# ------------------------------------------------------------ limits


@pytest.mark.parametrize(
    ("component", "good", "bad", "code"),
    [
        (field("textfield", "x", validate={"required": True}), "a", " ", "required"),
        (field("checkbox", "x", validate={"required": True}), True, False, "must-be-ticked"),
        (field("radio", "x", values=choices(True, False), validate={"required": True}), False, None, "required"),
        (field("checklist", "x", values=choices("a"), validate={"required": True}), ["a"], [], "required"),
        (field("number", "x", validate={"required": True}), 0, None, "required"),
        (field("textfield", "x", validate={"minLength": 2}), "ab", " a ", "min-length"),
        (field("textfield", "x", validate={"maxLength": 2}), "ab", "abc", "max-length"),
        (field("number", "x", validate={"min": 1}), 1, 0, "min"),
        (field("number", "x", validate={"max": 480}), 480, 481, "max"),
        (field("number", "x", validate={"max": "=bound + 1"}), 11, 12, "max"),
        (field("textfield", "x", validate={"pattern": "^[A-Z]{2}$"}), "AB", "ABC", "pattern"),
        (field("textfield", "x", validate={"validationType": "email"}), "a@b.cn", "a@b", "pattern"),
        (field("datetime", "x", subtype="date", disallowPassedDates=True), "2026-10-01", "2026-09-30", "past"),
    ],
)
def test_limits_include_their_bound(component: dict[str, Any], good: Any, bad: Any, code: str) -> None:
    of = form(component)

    submit(of, {"x": good}, bound=10)

    assert codes(of, {"x": bad}, bound=10) == {"x": code}


def test_a_minimum_of_files_counts_them() -> None:
    of = form(field("filepicker", "x", validate={"minLength": 2}, multiple=True))

    assert codes(of, {"x": [FILE]}) == {"x": "min-items"}


def test_choices_may_come_from_a_variable_or_an_expression() -> None:
    of = form(
        field("select", "shop", valuesKey="shops"),
        field("select", "row", valuesExpression="=for n in [1, 2] return {value: n, label: string(n)}"),
    )

    shops = [{"value": "s1", "label": "一店"}, "s2"]
    assert submit(of, {"shop": "s2", "row": 2}, shops=shops) == {"shop": "s2", "row": 2}
    assert codes(of, {"shop": "s3", "row": 3}, shops=shops) == {"shop": "choice", "row": "choice"}
    assert codes(of, {"shop": "s1"}) == {"shop": "choice"}


def test_messages_name_the_field_in_both_languages_and_never_the_value() -> None:
    secret = "13800001111x"
    of = form(
        {
            **field("textfield", "phone", validate={"pattern": r"^1\d{10}$", "patternErrorMessage": "手机号为 11 位"}),
            "label": "手机",
            "properties": {"label.en": "Mobile", "patternErrorMessage.en": "11 digits"},
        },
        {**field("number", "n", validate={"min": 1}), "label": "数量"},
    )

    errors = refused(of, {"phone": secret, "n": -987})

    assert (errors["phone"].zh, errors["phone"].en) == ("手机号为 11 位", "11 digits")
    assert errors["n"].zh == "“数量”不能小于 1"
    assert errors["n"].en == "“n” must be at least 1"
    assert secret not in str(errors)
    assert "987" not in str(errors)


# ------------------------------------------------------------ rows


LINES = field(
    "dynamiclist",
    "lines",
    components=[
        field("textfield", "item", validate={"required": True}),
        {**field("number", "labour_hours", validate={"min": 0}), "label": "工时"},
        field("textfield", "reason", conditional={"hide": "=labour_hours = 0"}, validate={"required": True}),
    ],
)


def test_rows_are_typed_and_their_errors_name_the_row() -> None:
    of = form({**LINES, "label": "项目"})

    assert submit(of, {"lines": [{"item": "刹车片", "labour_hours": Decimal("1.5"), "reason": "磨损"}]}) == {
        "lines": [{"item": "刹车片", "labour_hours": Decimal("1.5"), "reason": "磨损"}]
    }
    errors = refused(of, {"lines": [{"item": "a", "reason": "b"}, {"item": "", "labour_hours": -1, "reason": "c"}]})
    assert {path: error.code for path, error in errors.items()} == {
        "lines[1].item": "required",
        "lines[1].labour_hours": "min",
    }
    assert errors["lines[1].labour_hours"].zh == "“项目第2行的工时”不能小于 0"
    assert errors["lines[1].labour_hours"].en == "“labour hours in row 2 of lines” must be at least 0"


def test_a_column_hides_by_the_values_of_its_row() -> None:
    rows = [{"item": "a", "labour_hours": 0}, {"item": "b", "labour_hours": 1}]

    assert codes(form(LINES), {"lines": rows}) == {"lines[1].reason": "required"}


def test_a_column_may_look_at_its_parent_and_its_place() -> None:
    of = form(
        field("number", "limit"),
        field(
            "dynamiclist",
            "rows",
            components=[
                field("number", "n", validate={"max": "=parent.limit"}),
                field("textfield", "first", conditional={"hide": "=i > 1"}),
            ],
        ),
    )

    values = submit(of, {"limit": 3, "rows": [{"n": 3, "first": "a"}, {"n": 1, "first": "b"}]})

    assert values["rows"] == [{"n": 3, "first": "a"}, {"n": 1, "first": None}]
    assert codes(of, {"limit": 3, "rows": [{"n": 3}, {"n": 4}]}) == {"rows[1].n": "max"}


def test_unknown_columns_are_refused() -> None:
    rows = [{"item": "a", "reason": "b", "price": 1}]

    assert codes(form(LINES), {"lines": rows}) == {"lines[0].price": "unknown"}


# ------------------------------------------------------------ conditions


def test_a_hidden_field_is_null_and_never_wrong() -> None:
    of = form(
        field("radio", "decision", values=choices("sign", "change")),
        field("textarea", "changes", validate={"required": True}, conditional={"hide": '=decision = "sign"'}),
    )

    assert submit(of, {"decision": "sign", "changes": 5}) == {"decision": "sign", "changes": None}
    assert codes(of, {"decision": "change"}) == {"changes": "required"}


def test_a_group_hides_all_its_fields_and_what_depends_on_them() -> None:
    of = form(
        field("checkbox", "damaged"),
        {
            "type": "group",
            "conditional": {"hide": "=not(damaged)"},
            "components": [field("number", "cm", validate={"required": True})],
        },
        field("textfield", "why", validate={"required": True}, conditional={"hide": "=cm = null or cm <= 5"}),
    )

    assert submit(of, {"damaged": False, "cm": 9}) == {"damaged": False, "cm": None, "why": None}
    assert codes(of, {"damaged": True, "cm": 9}) == {"why": "required"}


def test_a_condition_on_a_personal_variable_may_ask_whether_it_is_there() -> None:
    of = form(field("textfield", "why", validate={"required": True}, conditional={"hide": "=phone != null"}))

    assert submit(of, {}, phone=PersonalRef("r", "d", "BASIC")) == {"why": None}
    assert codes(of, {}, phone=None) == {"why": "required"}


# ------------------------------------------------------------ rules

STARTED = {
    "feel": "started >= arrived",
    "field": "started",
    "zh": "开始时间不能早于到店时间",
    "en": "the start must not lie before the arrival",
}


def test_rules_read_fields_process_variables_and_now() -> None:
    instant = {"subtype": "datetime"}
    of = form(
        field("datetime", "arrived", **instant),
        field("datetime", "started", **instant),
        field("number", "mileage_in"),
        rules=[
            STARTED,
            {"feel": "=arrived <= now", "field": "arrived", "zh": "不能晚于现在", "en": "not in the future"},
            {"feel": "mileage_in >= mileage_out", "field": "mileage_in", "zh": "里程减少", "en": "mileage fell"},
        ],
    )
    good = {"arrived": "2026-10-01T09:00+08:00", "started": "2026-10-01T09:00+08:00", "mileage_in": 10}

    submit(of, good, mileage_out=10)

    assert codes(of, {**good, "arrived": "2026-10-01T09:31+08:00"}, mileage_out=10) == {
        "started": "rule",
        "arrived": "rule",
    }
    assert refused(of, {**good, "mileage_in": 9}, mileage_out=10)["mileage_in"].zh == "里程减少"


def test_a_rule_that_gives_null_is_not_true() -> None:
    of = form(field("number", "a"), rules=[{"feel": "a > 1", "field": "a", "zh": "须大于 1", "en": "above 1"}])

    assert codes(of, {}) == {"a": "rule"}


def test_a_rule_waits_until_the_fields_that_it_reads_are_right() -> None:
    of = form(
        field("number", "a"),
        field("number", "b"),
        rules=[{"feel": "a < b", "field": "b", "zh": "b 应大于 a", "en": "b above a"}],
    )

    assert codes(of, {"a": "x", "b": 1}) == {"a": "number"}


def test_a_rule_about_a_hidden_field_is_not_asked() -> None:
    of = form(
        field("checkbox", "free"),
        field("number", "price", conditional={"hide": "=free"}),
        rules=[{"feel": "price > 0", "field": "price", "zh": "须大于 0", "en": "above 0"}],
    )

    assert submit(of, {"free": True}) == {"free": True, "price": None}
    assert codes(of, {"free": False}) == {"price": "rule"}


def test_a_rule_over_rows() -> None:
    of = form(
        LINES,
        rules=[
            {
                "feel": "sum(for line in lines return line.labour_hours) <= 10",
                "field": "lines",
                "zh": "总工时不超过 10",
                "en": "at most 10 hours",
            }
        ],
    )

    rows = [{"item": "a", "labour_hours": 6, "reason": "r"}, {"item": "b", "labour_hours": 5, "reason": "r"}]
    assert codes(of, {"lines": rows}) == {"lines": "rule"}
    submit(of, {"lines": rows[:1]})


def test_a_rule_that_uses_a_personal_variable_says_that_it_cannot_be_checked() -> None:
    of = form(
        field("number", "a"),
        rules=[{"feel": 'contains(phone, "1")', "field": "a", "zh": "x", "en": "x"}],
    )

    assert codes(of, {"a": 1}, phone=PersonalRef("r", "d", "BASIC")) == {"a": "rule-failed"}


def test_all_faults_come_at_once_in_the_order_of_the_form() -> None:
    of = form(
        field("textfield", "a", validate={"required": True}),
        field("number", "b"),
        field("textfield", "c", validate={"minLength": 5, "pattern": "^x"}),
    )

    with pytest.raises(FormInvalid) as invalid:
        submit(of, {"b": "?", "c": "yy", "d": 1})

    assert [(error.field, error.code) for error in invalid.value.errors] == [
        ("a", "required"),
        ("b", "number"),
        ("c", "min-length"),
        ("c", "pattern"),
        ("d", "unknown"),
    ]


# ------------------------------------------------------------ attempts and single values


def test_an_attempt_asks_for_nothing_but_checks_what_is_there() -> None:
    of = form(
        field("datetime", "contacted_at", subtype="datetime", validate={"required": True}),
        field("checkbox", "reached", validate={"required": True}),
        field("textarea", "note", validate={"minLength": 10, "maxLength": 20}),
        rules=[{"feel": "reached", "field": "reached", "zh": "须联系上", "en": "must be reached"}],
    )

    def attempt(submission: dict[str, Any]) -> dict[str, Any]:
        return of.attempt(submission, variables={}, environment=ENVIRONMENT)

    assert attempt({"reached": False, "note": "no answer"}) == {"reached": False, "note": "no answer"}
    assert attempt({}) == {}
    for wrong in ({"contacted_at": "yesterday"}, {"note": "x" * 21}, {"other": 1}):
        with pytest.raises(FormInvalid):
            attempt(wrong)


def test_a_value_from_a_message_gets_the_type_of_its_field() -> None:
    of = form(field("datetime", "received_at", subtype="datetime"), field("textfield", "name"))

    assert of.keys == {"received_at", "name"}
    assert of.typed("received_at", "2026-10-01T09:30+08:00") == datetime(2026, 10, 1, 1, 30, tzinfo=UTC)
    assert of.typed("name", "张三") == "张三"
    with pytest.raises(FormInvalid):
        of.typed("received_at", "soon")


# ------------------------------------------------------------ data classes


def test_free_text_is_personal_unless_the_form_says_otherwise() -> None:
    of = form(
        field("textfield", "name", properties={"dataClass": "BASIC"}),
        field("textarea", "note"),
        field("textfield", "code", properties={"dataClass": "none"}),
        field("textfield", "customer_ref"),
        field("select", "kind", values=choices("a")),
        field("dynamiclist", "damage", components=[field("textfield", "place"), field("number", "cm")]),
        field("filepicker", "media"),
    )

    assert {
        "name": "BASIC",
        "note": "FREE",
        "code": "none",
        "customer_ref": "none",
        "kind": "none",
        "damage": "none",
        "damage[].place": "FREE",
        "damage[].cm": "none",
        "media": "none",
        "media[].name": "FREE",
        "media[].sha256": "none",
    }.items() <= of.data_classes.items()


# ------------------------------------------------------------ anything at all

JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
EVERYTHING = form(
    field("textfield", "a", validate={"pattern": "^(a|b)+$"}),
    field("number", "b", validate={"min": "=c"}),
    field("datetime", "c", subtype="datetime"),
    field("checklist", "d", values=choices("x")),
    field("filepicker", "e"),
    LINES,
    rules=[STARTED | {"field": "a", "feel": "a = b or c = lines"}],
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e", "lines"]), JSONISH))
def test_whatever_is_sent_is_typed_or_refused(submission: dict[str, Any]) -> None:
    try:
        values = EVERYTHING.validate(submission, variables={}, environment=ENVIRONMENT)
    except FormInvalid:
        return

    assert set(values) == {"a", "b", "c", "d", "e", "lines"}
