"""Diagrams that never end, multiply, or reach beyond the calendar."""

# ruff: noqa: E501  one hostile input per line

from __future__ import annotations

from functools import partial
from typing import Any

from tests.engine.diagrams import diagram, flows, user_task
from tests.hostile.attack import CONTAINED, RAN, REFUSED, Attack, Seen, World

START, END = '<startEvent id="begin"/>', '<endEvent id="done"/>'
AUTOMATIC = '<scriptTask id="evil" scriptFormat="feel" camunda:resultVariable="x"><script>1</script></scriptTask>'


def _play(body: str, values: dict[str, Any], world: World) -> Seen:
    return world.play({"case.bpmn": body.encode()}, values=values)


def one(id_: str, body: str, named: str = "evil", expected: tuple[str, ...] = (CONTAINED,), **values: Any) -> Attack:
    return Attack(id_, partial(_play, body, values), named, expected)


def in_line(element: str) -> str:
    return diagram(START + element + END + flows("begin>evil", "evil>done"))


def loop(inner: str, task: str = "userTask") -> str:
    return in_line(f'<{task} id="evil">{inner}</{task}>')


def instances(cardinality: str) -> str:
    return loop(f"<multiInstanceLoopCharacteristics><loopCardinality>{cardinality}</loopCardinality></multiInstanceLoopCharacteristics>")  # fmt: skip


def timer(text: str, kind: str = "timeDuration") -> str:
    definition = f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"
    return in_line(f'<intermediateCatchEvent id="evil">{definition}</intermediateCatchEvent>')


def cycle(text: str) -> str:
    guard = (
        '<boundaryEvent id="evil" attachedToRef="check" cancelActivity="false"><timerEventDefinition>'
        f'<timeCycle>{text}</timeCycle></timerEventDefinition></boundaryEvent><endEvent id="out"/>'
    )
    return diagram(START + user_task("check") + guard + END + flows("begin>check", "check>done", "evil>out"))


def script(text: str) -> str:
    return in_line(f'<scriptTask id="evil" scriptFormat="feel" camunda:resultVariable="x"><script><![CDATA[{text}]]></script></scriptTask>')  # fmt: skip


def branches(count: int) -> str:
    tasks = "".join(user_task(f"t{n}") for n in range(count))
    pairs = [pair for n in range(count) for pair in (f"evil>t{n}", f"t{n}>join")]
    gates = '<parallelGateway id="evil"/><parallelGateway id="join"/>'
    return diagram(START + gates + tasks + END + flows("begin>evil", *pairs, "join>done"))


NESTED = (
    '<subProcess id="outer"><multiInstanceLoopCharacteristics><loopCardinality>1000</loopCardinality>'
    '</multiInstanceLoopCharacteristics><startEvent id="s2"/><userTask id="evil"><multiInstanceLoopCharacteristics>'
    "<loopCardinality>1000</loopCardinality></multiInstanceLoopCharacteristics></userTask>"
    + flows("s2>evil")
    + "</subProcess>"
)
MULTIPLY = '<exclusiveGateway id="evil"/><parallelGateway id="fork"/>' + user_task("check")
CONTAINED_OR_REFUSED = (CONTAINED, REFUSED)
BIG = list(range(40_000))

ATTACKS = [
    one("endless_loop", diagram(START + '<exclusiveGateway id="gate"/>' + AUTOMATIC + '<exclusiveGateway id="out"/>' + END + flows("begin>gate", "gate>evil", "evil>out", "out>gate:x = 1", "out>done")), "steps"),
    one("endless_standard_loop", in_line(AUTOMATIC.replace("<script>", "<standardLoopCharacteristics/><script>")), "evil", CONTAINED_OR_REFUSED),
    one("tokens_that_multiply", diagram(START + MULTIPLY + END + flows("begin>evil", "evil>fork", "fork>evil", "fork>check", "check>done")), "steps"),
    one("thousand_million_instances", instances("1000000000"), "evil", CONTAINED_OR_REFUSED),
    one("ten_to_the_thirtieth_instances", instances("=10 ** 30"), "evil"),
    one("minus_one_instances", instances("=-1"), "evil", CONTAINED_OR_REFUSED),
    one("half_an_instance", instances("=1 / 2"), "evil"),
    one("instances_of_text", instances('="ma" + "ny"'), "evil"),
    one("million_instances_in_a_million", diagram(START + NESTED + END + flows("begin>outer", "outer>done")), "evil"),
    one("collection_that_is_endless", loop('<multiInstanceLoopCharacteristics camunda:collection="=for i in 1..100000 return i" camunda:elementVariable="i"/>'), "evil"),
    one("cycle_without_time", cycle("R/PT0S"), "evil", CONTAINED_OR_REFUSED),
    one("cycle_of_a_millisecond", cycle("R/PT0.001S"), "evil", CONTAINED_OR_REFUSED),
    one("cycle_backwards", cycle("R/-PT1H"), "evil", CONTAINED_OR_REFUSED),
    one("cycle_of_nothing", cycle("R0/PT1H"), "evil", CONTAINED_OR_REFUSED),
    one("cycle_without_end", cycle("R99999999999999999999/PT1H"), "evil", CONTAINED_OR_REFUSED),
    one("cycle_of_ages", cycle("R/P99999999999Y"), "", CONTAINED_OR_REFUSED),
    one("cron_that_never_fires", cycle("0 0 0 31 2 ?"), "", CONTAINED_OR_REFUSED),
    one("ages", timer("P99999999999Y"), "", CONTAINED_OR_REFUSED),
    one("hours_without_end", timer("PT" + "9" * 400 + "H"), "", CONTAINED_OR_REFUSED),
    one("ages_by_expression", timer('=duration("P999999999Y")'), "", CONTAINED_OR_REFUSED),
    one("year_9999", timer("9999-12-31T23:59:59Z", "timeDate"), "", CONTAINED_OR_REFUSED),
    one("year_0", timer("0000-01-01T00:00:00Z", "timeDate"), "evil", CONTAINED_OR_REFUSED),
    one("no_time", timer("tomorrow"), "evil", CONTAINED_OR_REFUSED),
    one("due_date_beyond", in_line(user_task("evil", attributes='camunda:dueDate="P99999999Y"')), "", CONTAINED_OR_REFUSED),
    one("two_thousand_branches", branches(2_000), "", (RAN,)),
    one("twelve_thousand_branches", branches(5_500), "", (*CONTAINED_OR_REFUSED, RAN)),
    one("string_doubling", script('string join(for i in 1..1000 return string join(for j in 1..1000 return "xxxxxxxxxx", ""), "")'), "evil"),
    one("variable_too_large", script('string join(for i in 1..30000 return "xxxxxxxxxx", "")'), "x is larger"),
    one("too_many_variables", script("1"), "", (CONTAINED, REFUSED), **{f"n{n}": n for n in range(2_100)}),
    one("state_too_large", script("1"), "", (CONTAINED, REFUSED), **{f"n{n}": BIG for n in range(60)}),
    one("regex_bomb", script(f'matches("{"a" * 3_000}!", "(a+)+$")'), "", (CONTAINED, REFUSED, RAN)),
    one("regex_of_ages", script(f'matches("{"a" * 500}", "{"(a?){900}" * 5}a")'), "", (CONTAINED, REFUSED, RAN)),
    one("replace_bomb", script(f'replace("{"a" * 5_000}", "a", "{"b" * 5_000}")'), "evil", CONTAINED_OR_REFUSED),
    one("tower_of_powers", script("9 ** 9 ** 9 ** 9"), "", (CONTAINED, REFUSED, RAN)),
    one("number_of_many_digits", script("9" * 60_000), "", (CONTAINED, REFUSED, RAN)),
    one("loops_in_loops", script("for a in 1..10000, b in 1..10000, c in 1..10000 return a"), "evil"),
    one("range_without_end", script("count(1..1000000000000)"), "", (CONTAINED, REFUSED, RAN)),
    one("function_that_calls_itself", script("{f: function(n) f(n + 1), r: f(1)}.r"), "", (CONTAINED, REFUSED, RAN)),
    one("omega", script("(function(f) f(f))(function(f) f(f))"), "", (CONTAINED, REFUSED, RAN)),
    one("ten_thousand_brackets", script("(" * 10_000 + "1" + ")" * 10_000), "evil", CONTAINED_OR_REFUSED),
    one("ten_thousand_nots", script("not(" * 10_000 + "true" + ")" * 10_000), "evil", CONTAINED_OR_REFUSED),
    one("long_sum", script("1" + "+1" * 30_000), "", (CONTAINED, REFUSED, RAN)),
    one("expression_too_long", script('"' + "x" * 80_000 + '"'), "evil", CONTAINED_OR_REFUSED),
    one("distinct_values_of_many", script("count(distinct values(for i in 1..50000 return i))"), "", (CONTAINED, REFUSED, RAN)),
    one("sort_that_lies", script("sort(for i in 1..20000 return i, function(a, b) true)"), "", (CONTAINED, REFUSED, RAN)),
    one("date_beyond", script('date("999999999-12-31") + duration("P999999999Y")'), "", (CONTAINED, REFUSED, RAN)),
]  # fmt: skip
