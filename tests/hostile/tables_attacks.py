"""Decision tables that mean harm: code in cells, requirements in circles, sizes, unknown words."""

# ruff: noqa: E501  one hostile input per line

from __future__ import annotations

from functools import partial
from html import escape

from tests.engine.diagrams import diagram, flows
from tests.hostile.attack import CONTAINED, RAN, REFUSED, Attack, Seen, World

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
SYSTEM = escape("__import__('os').system('touch canary')")
CALLER = diagram(
    '<startEvent id="begin"/><businessRuleTask id="evil" camunda:decisionRef="dt" camunda:resultVariable="x"/>'
    '<endEvent id="done"/>' + flows("begin>evil", "evil>done")
)
HARMLESS = (REFUSED, CONTAINED, RAN)


def model(*decisions: str) -> bytes:
    return f'<definitions xmlns="{NAMESPACE}" id="d" name="d" namespace="n">{"".join(decisions)}</definitions>'.encode()


def table(
    test: str = "-",
    output: str = "1",
    *,
    entry: str = "n",
    policy: str = "UNIQUE",
    rows: int = 1,
    inputs: int = 1,
    kind: str = "number",
) -> bytes:
    columns = "".join(
        f'<input id="i{n}"><inputExpression typeRef="number"><text>{entry}</text></inputExpression></input>'
        for n in range(inputs)
    )
    row = f"<inputEntry><text>{test}</text></inputEntry>" * inputs + f"<outputEntry><text>{output}</text></outputEntry>"
    rules = "".join(f'<rule id="row{n}">{row}</rule>' for n in range(rows))
    return model(
        f'<decision id="dt" name="dt"><decisionTable hitPolicy="{policy}">{columns}'
        f'<output id="o" name="o" typeRef="{kind}"/>{rules}</decisionTable></decision>'
    )


def literal(text: str) -> bytes:
    return model(f'<decision id="dt" name="dt"><literalExpression><text>{text}</text></literalExpression></decision>')


def requires(name: str, other: str) -> str:
    return (
        f'<decision id="{name}" name="{name}"><informationRequirement id="r{name}"><requiredDecision href="#{other}"/>'
        f"</informationRequirement><literalExpression><text>{other}</text></literalExpression></decision>"
    )


def _play(body: bytes, world: World) -> Seen:
    return world.play({"dt.dmn": body, "case.bpmn": CALLER.encode()}, values={"n": 1})


def one(id_: str, body: bytes, named: str = "dt", expected: tuple[str, ...] = (REFUSED,)) -> Attack:
    return Attack(id_, partial(_play, body), named, expected)


ATTACKS = [
    one("system_in_a_condition", table(SYSTEM), "row0"),
    one("system_in_an_output", table(output=SYSTEM), "row0"),
    one("system_in_an_input", table(entry=SYSTEM)),
    one("system_in_a_literal", literal(SYSTEM)),
    one("class_of_a_text", table(output=escape('"".__class__')), "", HARMLESS),
    one("globals", literal("n.__class__.__init__.__globals__"), "", HARMLESS),
    one("unknown_hit_policy", table(policy="EVIL")),
    one("requires_itself", model(requires("dt", "dt"))),
    one("requires_in_circles", model(requires("dt", "b"), requires("b", "c"), requires("c", "dt"))),
    one("requires_what_is_not_there", model(requires("dt", "nowhere"))),
    one("thousand_requirements", model(*(requires(f"d{n}", f"d{n + 1}") for n in range(1_000)), requires("dt", "d0")), "", HARMLESS),
    one("twenty_thousand_rows", table(rows=20_000), "", HARMLESS),
    one("thousand_columns", table(inputs=1_000), "", HARMLESS),
    one("cell_of_fifty_thousand", table(output='"' + "x" * 50_000 + '"', kind="string"), "", HARMLESS),
    one("thousand_brackets", table(output="(" * 1_000 + "1" + ")" * 1_000)),
    one("regex_bomb", literal(escape(f'matches("{"a" * 2_000}!", "(a+)+$")')), "", HARMLESS),
    one("loops_in_loops", literal("for a in 1..10000, b in 1..10000 return a"), "", HARMLESS),
    one("java_function", literal(escape('function(x) external {java: {class: "java.lang.Runtime", "method signature": "exec"}}')), "", HARMLESS),
    one("duplicate_ids", model('<decision id="dt" name="a"/><decision id="dt" name="b"/>'), "", HARMLESS),
    one("decision_of_nothing", model('<decision id="dt" name="dt"/>'), "", HARMLESS),
    one("import_of_a_file", model('<import name="x" namespace="y" locationURI="file:///etc/passwd" importType="z"/>') , "", HARMLESS),
]  # fmt: skip
