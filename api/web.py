"""Serves the built pages: assets for ever, pages checked each time, and what is no file is a place inside the pages."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import falcon
import falcon.asgi

from api.commands import Commands
from api.middleware import CSP

# bpmn-js and dmn-js set inline styles; only the editors' own document gets this.
STUDIO_CSP = CSP.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
STUDIO = "studio"
IMMUTABLE = "public, max-age=31536000, immutable"
API = ("/api", "/engine-rest", "/healthz", "/readyz", "/metrics")
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".json": falcon.MEDIA_JSON,
}
UNBUILT = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>Marque</title>
<h1>界面尚未构建</h1><p>接口已在运行。要构建界面，请在项目目录执行 <code>make run</code>。</p>
<h1 lang="en">The pages are not built yet</h1>
<p lang="en">The interface is running. To build the pages, run <code>make run</code> in the project's folder.</p>
</html>"""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: bytes as they go over the wire."""

    body: bytes
    etag: str
    encoding: str | None


class Pages:
    """Everything that no resource answers: a sink, because a page's address may be anything."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._root = commands.engine.settings.web.resolve()

    async def __call__(self, req: falcon.asgi.Request, resp: falcon.asgi.Response | None, **_: Any) -> None:
        assert resp is not None, "None is for WebSockets, which have no page"
        if any(req.path == prefix or req.path.startswith(f"{prefix}/") for prefix in API):
            raise falcon.HTTPNotFound(description="there is no such resource")
        if req.method not in {"GET", "HEAD"}:
            raise falcon.HTTPMethodNotAllowed(["GET", "HEAD"])
        await self._answer(req, resp)

    async def _answer(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        file = await self._commands.call(lambda: self._find(req.path))
        if file is None:
            await self._missing(req, resp)
            return
        accepted = req.get_header("Accept-Encoding") or ""
        page = await self._commands.call(lambda: read_page(file, accepted))
        resp.content_type = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        resp.set_header("Vary", "Accept-Encoding")
        resp.set_header("ETag", page.etag)
        resp.set_header("Cache-Control", IMMUTABLE if "/assets/" in req.path else "no-cache")
        if file.name == f"{STUDIO}.html":
            resp.set_header("Content-Security-Policy", STUDIO_CSP)
        if page.etag in (req.get_header("If-None-Match") or ""):
            resp.status = falcon.HTTP_304
            return
        if page.encoding:
            resp.set_header("Content-Encoding", page.encoding)
        resp.data = page.body

    def _find(self, path: str) -> Path | None:
        """Returns the file of a path; of a place inside the pages their document; None for what is lost."""
        relative = path.lstrip("/")
        file = (self._root / relative).resolve()
        if not file.is_relative_to(self._root) or "\x00" in path:
            return None
        if relative and file.is_file() and file.suffix not in {".br", ".gz"}:
            return file
        # A lost chunk must be 404, or the browser would take the page for a script.
        if relative.startswith("assets/") or "." in relative.rsplit("/", 1)[-1]:
            return None
        studio = relative.split("/")[0] == STUDIO
        document = self._root / (f"{STUDIO}.html" if studio else "index.html")
        return document if document.is_file() else None

    async def _missing(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        built = await self._commands.call((self._root / "index.html").is_file)
        if built or "." in req.path.rsplit("/", 1)[-1]:
            raise falcon.HTTPNotFound(description="there is no such file")
        resp.status = falcon.HTTP_503
        resp.content_type = TYPES[".html"]
        resp.set_header("Cache-Control", "no-store")
        resp.text = UNBUILT


def read_page(file: Path, accepted: str) -> Page:
    """Reads a file, in the best precompressed form that lies beside it and that the browser takes."""
    for encoding, suffix in ENCODINGS:
        packed = file.with_name(file.name + suffix)
        if accepts(accepted, encoding) and packed.is_file():
            return _page(packed.read_bytes(), encoding)
    return _page(file.read_bytes(), None)


def _page(body: bytes, encoding: str | None) -> Page:
    return Page(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', encoding)


def accepts(header: str, encoding: str) -> bool:
    """Tells whether an Accept-Encoding header takes an encoding (RFC 9110, 12.5.3); `q=0` refuses it."""
    for part in header.lower().split(","):
        name, _, quality = part.strip().partition(";")
        if name.strip() == encoding:
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
