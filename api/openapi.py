"""The description of the interface (OpenAPI 3.1), made from the table of routes itself, and a page to browse it.

A route that is served is described, because nothing is written twice: paths, methods and path parameters come from
the routes, query parameters from the filters of a list, texts from the docstrings. Shapes stand in openapi_shapes.py.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import falcon
import falcon.asgi

from api import params
from api.commands import Commands, Resource
from api.lists import ListResource
from api.openapi_shapes import SCHEMAS, Shape, shape_of
from api.routing import Route

METHODS = ("get", "post", "put", "patch", "delete")
PREFIX = "/engine-rest"
SECURITY = {
    "session": {"type": "apiKey", "in": "cookie", "name": "marque_session"},
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of /api/tokens or of the identity provider.",
    },
}
TYPES: Mapping[Any, dict[str, Any]] = {
    params.INTEGER: {"type": "integer"},
    params.BOOLEAN: {"type": "boolean"},
    params.TEXTS: {"type": "string", "description": "Separated by commas."},
    params.MICROS: {"type": "string", "description": "An instant such as 2026-01-23T13:42:42.000+0800."},
}
PAGING = {"firstResult": {"type": "integer", "minimum": 0}, "maxResults": {"type": "integer", "minimum": 0}}
FILES = Path(__file__).parent / "docs"
PAGES = {"": ("index.html", "text/html; charset=utf-8"), "page.js": ("page.js", "text/javascript; charset=utf-8")}
PAGES["page.css"] = ("page.css", "text/css; charset=utf-8")
EMPTY = ("/diagram", "/errorDetails")
# The filters of a list stand in the query, or all of them in the body.
LIST_RESPONDERS = {
    ListResource.on_get: ".",
    ListResource.on_get_count: ".",
    ListResource.on_post: " with the filters in the body.",
    ListResource.on_post_count: " with the filters in the body.",
}
LIVE = ("/api/tasks", "/api/tasks/{task_id}", "/api/instances/{instance_id}/path")
_FIELD = re.compile(r"\{(\w+)[^}]*\}")


def routes(commands: Commands, known: list[Route]) -> list[Route]:
    """Returns the routes of the description and of its page, which describes itself, too."""
    pages = Pages(commands)
    own: list[Route] = [("/api/docs", pages, None), ("/api/docs/{name}", pages, "file")]
    return [*own, ("/api/openapi.json", Description(commands, [*known, *own]), None)]


class Description(Resource):
    """The description of every route of this process."""

    public = True

    def __init__(self, commands: Commands, routes: Iterable[Route]) -> None:
        super().__init__(commands)
        self.document = describe(routes)

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.media = self.document


class Pages(Resource):
    """The description to browse, without any outside host."""

    public = True

    async def on_get(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        """The page that shows this description."""
        await self._send(resp, "")

    async def on_get_file(self, _req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
        """A file of the page that shows this description."""
        await self._send(resp, name)

    async def _send(self, resp: falcon.asgi.Response, name: str) -> None:
        if name not in PAGES:
            raise falcon.HTTPNotFound(description="there is no such file")
        file, resp.content_type = PAGES[name]
        resp.data = await self.commands.call((FILES / file).read_bytes)


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """Returns the OpenAPI document of the routes."""
    paths: dict[str, dict[str, Any]] = {}
    for path, resource, suffix in routes:
        found = {method: _responder(resource, method, suffix) for method in METHODS}
        described = {
            method: _operation(path, method, resource, responder) for method, responder in found.items() if responder
        }
        if described:
            paths[_FIELD.sub(r"{\1}", path)] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "Marque", "version": "1", "description": "BPMN, DMN and tasks of the motor trade."},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": dict(SCHEMAS), "securitySchemes": SECURITY},
        "security": [{name: []} for name in SECURITY],
    }


def _responder(resource: Any, method: str, suffix: str | None) -> Any:
    return getattr(resource, f"on_{method}" + (f"_{suffix}" if suffix else ""), None)


def _operation(path: str, method: str, resource: Any, responder: Any) -> dict[str, Any]:
    noun = path.removeprefix(PREFIX).removeprefix("/api").split("/")[1]
    made: dict[str, Any] = {
        "operationId": f"{method} {path}",
        "summary": _summary(path, resource, responder),
        "tags": [noun],
        "parameters": [*_path_parameters(path), *_query_parameters(resource, responder)],
        "responses": _responses(path, method),
    }
    if method in {"post", "put", "patch"}:
        made["requestBody"] = _request_body(path, method)
    if getattr(resource, "public", False):
        made["security"] = []
    return made


def _summary(path: str, resource: Any, responder: Any) -> str:
    """Returns what an operation does, in a line: the list of a noun and its count have no text of their own."""
    if isinstance(resource, ListResource) and responder.__func__ in LIST_RESPONDERS:
        *_, above, noun = path.removesuffix("/count").removeprefix(PREFIX).split("/")
        named = {"history": "past and present ", "batch": "batch "}.get(above, "") + _plural(noun.replace("-", " "))
        return ("Counts " if path.endswith("/count") else "Lists ") + named + LIST_RESPONDERS[responder.__func__]
    return _text(responder) or _text(type(resource))


def _plural(noun: str) -> str:
    return noun + ("es" if noun.endswith("ch") else "" if noun.endswith("s") else "s")


def _text(thing: Any) -> str:
    return (inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " ")


def _path_parameters(path: str) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in _FIELD.findall(path)]


def _query_parameters(resource: Any, responder: Any) -> list[dict[str, Any]]:
    asked = responder.__func__
    if not isinstance(resource, ListResource) or asked not in (ListResource.on_get, ListResource.on_get_count):
        return []
    known = {name: TYPES.get(read, {"type": "string"}) for name, (_, read) in resource.filters.items()}
    if asked is ListResource.on_get:
        known |= PAGING
        if resource.sorts:
            known["sortBy"] = {"type": "string", "enum": sorted(resource.sorts)}
            known["sortOrder"] = {"type": "string", "enum": ["asc", "desc"]}
    return [{"name": name, "in": "query", "schema": schema} for name, schema in known.items()]


def _request_body(path: str, method: str) -> dict[str, Any]:
    shape = shape_of(path) if method == "post" else Shape()
    return {"content": {shape.body_type: {"schema": shape.body}}, "required": False}


def _responses(path: str, method: str) -> dict[str, Any]:
    """A reading answers 200; a writing one with what it made, or with nothing. What is refused has one shape."""
    shape = shape_of(path)
    schema = shape.answer if method == "get" or shape.made is None else shape.made
    answer = {"description": "Done.", "content": {shape.answer_type: {"schema": schema}}}
    problem = {"content": {falcon.MEDIA_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    made: dict[str, Any] = {"200": answer, "4XX": {"description": "Refused.", **problem}}
    if method != "get":
        made |= {"201": answer, "204": {"description": "Done; there is nothing to say."}}
    elif path.endswith(EMPTY):
        made["204"] = {"description": "There is none."}
    if path in LIVE:
        made["304"] = {"description": "Nothing changed since the state that If-None-Match names."}
    if path == "/readyz":
        made["503"] = {**answer, "description": "Not ready."}
    elif path not in {"/healthz", "/api/docs"}:
        made["503"] = {"description": "The database is not available.", **problem}
    return made
