"""/api/feel/hints: what an editor shows beside an expression while somebody writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import falcon.asgi

from api.commands import Resource, actor_of
from api.params import Parameters, read_body
from api.routing import Parts, Route
from engine import authorizations
from engine.context import CommandContext
from engine.dmn.reader import read_dmn
from engine.dmn.typing import FileTypes
from engine.errors import InvalidRequest, NotFound
from engine.feel import FeelError
from engine.feel.hints import Hints, hints
from engine.feel.inference import TypeEnvironment
from engine.feel.type_algebra import read_type, written
from engine.feel.types import Type

MAX_FILE = 500_000
MAX_NAMES = 500
Json = dict[str, Any]


class FeelHints(Resource):
    """The type of an expression and of its parts, problems, and what fits at the cursor. Nothing is evaluated."""

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = await self.commands.read(actor_of(req), _hints, Parameters(await read_body(req)))


def _hints(ctx: CommandContext, body: Parameters) -> Json:
    """`text` with `cursor`; `names` (name -> type) or `dmn` and `decision` say what it may read, `tested` the type
    of `?` where the text is a cell."""
    authorizations.require(ctx, "DecisionDefinition", "read")
    environment = _environment(body)
    tested = body.text("tested")
    found = hints(
        body.text("text") or "",
        environment,
        tested=None if tested is None else _type(tested, environment.types, "tested"),
        cursor=body.integer("cursor"),
    )
    return _shown(found)


def _environment(body: Parameters) -> TypeEnvironment:
    complete = body.boolean("complete") or False
    file, decision_id = body.text("dmn"), body.text("decision")
    if file is None:
        return TypeEnvironment(_names(body.mapping("names"), {}), complete)
    if decision_id is None or len(file) > MAX_FILE:
        raise InvalidRequest(f"dmn is a file of up to {MAX_FILE} characters, and decision one of its ids")
    types = FileTypes(read_dmn(file.encode("utf-8", "replace"), name="draft.dmn", tolerant=True))
    if decision_id not in types.model.decisions:
        raise NotFound(f"the draft has no decision {decision_id}")
    known = types.names(types.model.decisions[decision_id])
    return TypeEnvironment(known | _names(body.mapping("names"), types.named), complete, types.named)


def _names(given: Mapping[str, Any], named: Mapping[str, Type]) -> dict[str, Type]:
    if len(given) > MAX_NAMES:
        raise InvalidRequest(f"names holds at most {MAX_NAMES} variables")
    return {name: _type(text, named, name) for name, text in given.items()}


def _type(text: Any, named: Mapping[str, Type], name: str) -> Type:
    if not isinstance(text, str):
        raise InvalidRequest(f"the type of {name[:100]} must be text")
    try:
        return read_type(text, named)
    except FeelError as error:
        raise InvalidRequest(f"the type of {name[:100]} is none: {error}") from error


def _shown(found: Hints) -> Json:
    return {
        "type": written(found.type),
        "types": [{"position": position, "type": written(each)} for position, each in found.types],
        "problems": [
            {
                "severity": problem.severity,
                "code": problem.code,
                "position": problem.position,
                "line": problem.line,
                "column": problem.column,
                "zh": problem.zh,
                "en": problem.en,
            }
            for problem in found.problems
        ],
        "completions": [
            {
                "text": one.text,
                "kind": one.kind,
                "type": one.type,
                "start": one.start,
                "signature": one.signature or None,
                "zh": one.zh or None,
                "en": one.en or None,
            }
            for one in found.completions
        ],
    }


def own_routes(parts: Parts) -> Iterable[Route]:
    return [
        ("/api/feel/hints", FeelHints(parts.commands), None),
    ]
