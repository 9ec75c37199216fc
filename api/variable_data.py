"""The bytes of one variable: uploaded as multipart/form-data, downloaded as a file, never shown as a page."""

from __future__ import annotations

from urllib.parse import quote

import falcon
import falcon.asgi

from api.typed_values import file_of
from engine.errors import InvalidRequest
from engine.values import Binary, Value

OCTETS = "application/octet-stream"
# Browsers run these; they are handed out as bytes of no kind.
ACTIVE = ("html", "xml", "svg", "javascript", "ecmascript", "pdf", "flash")
KINDS = ("Bytes", "File")


async def read_upload(req: falcon.asgi.Request) -> Binary:
    """Reads the parts `data` and `valueType` (Bytes or File); raises InvalidRequest."""
    if not (req.content_type or "").startswith(falcon.MEDIA_MULTIPART):
        raise InvalidRequest(
            "the bytes of a variable are sent as multipart/form-data with the parts data and valueType"
        )
    found: tuple[bytes, str | None, str] | None = None
    kind = "Bytes"
    async for part in await req.get_media():
        if part.name == "data":
            found = await part.get_data(), part.filename, part.content_type
        elif part.name in {"valueType", "type"}:
            kind = (await part.get_data()).decode(errors="replace").strip()
    if found is None:
        raise InvalidRequest("the part data is missing")
    if kind not in KINDS:
        raise InvalidRequest(f"valueType must be one of {', '.join(KINDS)}")
    body, name, media_type = found
    if kind == "Bytes":
        return Binary(body)
    if not name:
        raise InvalidRequest("a File needs a file name in the part data")
    plain_type, _, more = media_type.partition(";")
    charset = more.strip().removeprefix("charset=") or None
    return file_of(body, name, plain_type.strip() or None, charset)


def send(resp: falcon.asgi.Response, value: Value) -> None:
    """Answers with the bytes; raises InvalidRequest if the variable holds none that the actor may see."""
    if not isinstance(value, Binary):
        raise InvalidRequest("the variable holds no bytes, or none that you may see")
    media_type = value.media_type or OCTETS
    resp.content_type = OCTETS if any(word in media_type.lower() for word in ACTIVE) else media_type
    resp.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(value.name or 'data', safe='')}")
    resp.set_header("Content-Security-Policy", "default-src 'none'; sandbox")
    resp.data = value.body
