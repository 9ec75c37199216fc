"""Files that import one another: read in order, deployed together, decided by the versions that came together."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import decision_definitions, deployments
from engine.context import SYSTEM_ACTOR
from engine.dmn.cases import run_folder
from engine.dmn.libraries import Library, has_imports
from engine.errors import ParseFailed
from engine.process_engine import ProcessEngine

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:{0}">'
RATES = HEAD.format("rates") + (
    '<businessKnowledgeModel id="rate" name="rate"><variable name="rate"/><encapsulatedLogic>'
    '<formalParameter name="days"/><literalExpression><text>days * {0}</text></literalExpression>'
    "</encapsulatedLogic></businessKnowledgeModel>"
    '<decision id="base" name="base"><variable name="base"/><literalExpression><text>{0}</text></literalExpression>'
    "</decision></definitions>"
)
PRICE = HEAD.format("price") + (
    '<import name="rates" namespace="urn:rates" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
    '<decision id="price" name="price"><variable name="price"/>'
    "<literalExpression><text>rates.rate(days) + 1</text></literalExpression></decision></definitions>"
)


def files(rate: int = 100) -> dict[str, bytes]:
    return {"a/price.dmn": PRICE.encode(), "b/rates.dmn": RATES.format(rate).encode()}


def test_a_file_is_read_after_those_that_it_imports() -> None:
    library = Library(files())

    assert list(library.model("a/price.dmn").imports) == ["rates"]
    assert library.needed("a/price.dmn") == {"b/rates.dmn"}
    assert library.needed("b/rates.dmn") == set()
    assert not has_imports(files()["b/rates.dmn"])


def test_an_import_that_no_file_answers_or_that_goes_round_is_refused() -> None:
    with pytest.raises(ParseFailed, match="unknown-import"):
        Library({"price.dmn": PRICE.encode()}).model("price.dmn")
    circle = (
        RATES.format(1)
        .replace("urn:rates", "urn:rates")
        .replace("<businessKnowledgeModel", '<import name="p" namespace="urn:price"/><businessKnowledgeModel', 1)
    )
    with pytest.raises(ParseFailed, match="unknown-import"):
        Library({"price.dmn": PRICE.encode(), "rates.dmn": circle.encode()}).model("price.dmn")


def test_what_is_deployed_together_decides_together(engine: ProcessEngine) -> None:
    def deploy(rate: int) -> set[str]:
        made = engine.run(SYSTEM_ACTOR, deployments.create, name="x", resources=files(rate), changed_only=True)
        return {f"{one.key} {one.version}" for one in made.definitions}

    def price() -> list[object]:
        def ask(ctx: object) -> list[object]:
            deployed = decision_definitions.latest(ctx, "price")  # type: ignore[arg-type]
            return [dict(one) for one in decision_definitions.evaluate(ctx, deployed, {"days": 3})]  # type: ignore[arg-type]

        return engine.read(SYSTEM_ACTOR, ask)

    assert deploy(100) == {"price 1", "base 1"}
    assert price() == [{"price": 301}]
    changed = {**files(200), "a/price.dmn": PRICE.replace("+ 1", "+ 2").encode()}
    engine.run(SYSTEM_ACTOR, deployments.create, name="x", resources=changed, changed_only=True)
    assert price() == [{"price": 602}]
    only = {**changed, "a/price.dmn": PRICE.replace("+ 1", "+ 3").encode()}
    engine.run(SYSTEM_ACTOR, deployments.create, name="x", resources=only, changed_only=True)
    assert price() == [{"price": 603}]


def test_cases_beside_a_file_see_what_it_imports(tmp_path: Path) -> None:
    folder = tmp_path / "price"
    folder.mkdir()
    for name, body in files().items():
        (folder / Path(name).name).write_bytes(body)
    (folder / "tests.yaml").write_text("cases: [{decision: price, inputs: {days: 2}, expect: 201}]")

    (result,) = run_folder(folder)
    assert result.reason == ""
