"""One table from what the engine refuses to what HTTP says, in Camunda 7's shape `{type, message, code}`."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import falcon
import falcon.asgi
from sqlalchemy.exc import OperationalError

from api import representations
from api.params import TooLarge, UnsupportedType
from api.rate_limits import TooManyRequests
from api.time_limits import AnswerTooSlow, BodyTooSlow
from engine.errors import (
    Conflict,
    ExecutionFailed,
    Forbidden,
    FormInvalid,
    InvalidRequest,
    MarqueError,
    MigrationRefused,
    NotCorrelated,
    NotFound,
    ParseFailed,
    StaleRevision,
    Unauthenticated,
)
from engine.findings import Finding
from engine.logins import PasswordIsPublic
from engine.passwords import PasswordRefused
from engine.values import dump

log = logging.getLogger("marque.http")

# The Modeler looks for these words to show what is wrong with a diagram.
PARSE_PREFIX = "ENGINE-09005 Could not parse BPMN process."
# What is wrong with tables or forms alone is not said of a diagram.
PREFIXES = ((".dmn", "ENGINE-22004 Unable to transform DMN resource."), (".form", "The form cannot be used."))
OPTIMISTIC_LOCKING = 1

# The first class that fits counts: subclasses stand above their bases.
TABLE: tuple[tuple[type[MarqueError], str, str], ...] = (
    (TooLarge, falcon.HTTP_413, "InvalidRequestException"),
    (UnsupportedType, falcon.HTTP_415, "NotSupportedException"),
    (TooManyRequests, falcon.HTTP_429, "TooManyRequestsException"),
    (BodyTooSlow, falcon.HTTP_408, "InvalidRequestException"),
    (AnswerTooSlow, falcon.HTTP_503, "ProcessEngineException"),
    (ParseFailed, falcon.HTTP_400, "ParseException"),
    (FormInvalid, falcon.HTTP_400, "FormInvalidException"),
    (MigrationRefused, falcon.HTTP_400, "MigratingProcessInstanceValidationException"),
    (NotCorrelated, falcon.HTTP_400, "MismatchingMessageCorrelationException"),
    (InvalidRequest, falcon.HTTP_400, "InvalidRequestException"),
    (Unauthenticated, falcon.HTTP_401, "AuthenticationException"),
    (Forbidden, falcon.HTTP_403, "AuthorizationException"),
    (NotFound, falcon.HTTP_404, "InvalidRequestException"),
    (StaleRevision, falcon.HTTP_409, "OptimisticLockingException"),
    (Conflict, falcon.HTTP_409, "ConflictException"),
    # The instance stays where it was: what was sent leads where the diagram or a table cannot go on.
    (ExecutionFailed, falcon.HTTP_400, "ProcessEngineException"),
)

# What Falcon refuses by itself, by status.
FALCON_TYPES: Mapping[int, str] = {
    404: "InvalidRequestException",
    405: "NotAllowedException",
    413: "InvalidRequestException",
    415: "NotSupportedException",
    500: "ProcessEngineException",
}


async def refuse(
    req: falcon.asgi.Request, resp: falcon.asgi.Response, error: MarqueError, _params: dict[str, Any]
) -> None:
    """Answers with the status and shape of an engine error."""
    status, kind = next(
        ((status, kind) for known, status, kind in TABLE if isinstance(error, known)),
        (falcon.HTTP_500, "ProcessEngineException"),
    )
    req.context.refused = error  # for the access log, which stands around all of this
    resp.status = status
    resp.media = {"type": kind, "message": str(error), "code": None, **_details(req, error)}
    if isinstance(error, Unauthenticated):
        resp.set_header("WWW-Authenticate", _challenge(req))
    if isinstance(error, TooManyRequests):
        resp.set_header("Retry-After", str(error.retry_after))


def _details(req: falcon.asgi.Request, error: MarqueError) -> dict[str, Any]:
    match error:
        case FormInvalid():
            return _form_details(req, error)
        case ParseFailed():
            return _parse_details(error)
        case PasswordRefused():
            return {**_said(req, error.zh, str(error)), "reason": error.reason}
        case PasswordIsPublic():
            return {**_said(req, error.zh, str(error)), "reason": "public"}
        case MigrationRefused():
            return {"details": [representations.finding(found) for found in error.findings]}
        case Forbidden():
            kind, _, thing = error.resource.partition(" ")
            missing = {"permissionName": error.operation, "resourceName": kind, "resourceId": thing or None}
            return {**_message(req, error), "userId": error.user_id, "missingAuthorizations": [missing], **missing}
        case StaleRevision():
            return {"code": OPTIMISTIC_LOCKING, "holder": error.holder}
        case Conflict():
            return {"holder": error.holder}
    return {}


def _message(req: falcon.asgi.Request, error: Forbidden) -> dict[str, Any]:
    """Says a refusal that has reasons in the reader's language, and both texts beside it for programs."""
    return {} if error.zh is None else _said(req, error.zh, str(error))


def _said(req: falcon.asgi.Request, zh: str, en: str) -> dict[str, Any]:
    chinese = prefers_chinese(req.get_header("Accept-Language") or "")
    return {"message": zh if chinese else en, "said": {"zh": zh, "en": en}}


def _form_details(req: falcon.asgi.Request, error: FormInvalid) -> dict[str, Any]:
    chinese = prefers_chinese(req.get_header("Accept-Language") or "")
    faults = [{"field": one.field, "code": one.code, "zh": one.zh, "en": one.en} for one in error.errors]
    said = "；".join(one.zh for one in error.errors) if chinese else str(error)
    return {"message": said, "errors": faults}


def prefers_chinese(accepted: str) -> bool:
    """Tells which of the two languages an Accept-Language header wants; English if it names neither."""
    best, chinese = 0.0, False
    for part in accepted.lower().split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        language = tag.split("-")[0]
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if language in {"zh", "en"} and weight > best:
            best, chinese = weight, language == "zh"
    return chinese


def _parse_details(error: ParseFailed) -> dict[str, Any]:
    listed = "; ".join(
        f"{_placed(found)} | resource {name}"
        for name, items in error.findings.items()
        for found in items
        if found.severity == "error"
    )
    prefix = next((said for ending, said in PREFIXES if all(name.endswith(ending) for name in error.findings)), None)
    details = {name: _findings(items) for name, items in error.findings.items()}
    return {"message": f"{prefix or PARSE_PREFIX} {listed}", "details": details}


def _placed(found: Finding) -> str:
    """Says what is wrong and, where the sentence does not say it, at which element and line."""
    places = []
    if found.element_id and found.element_id not in found.en:
        places.append(f"at {found.element_id}")
    if found.line and f"line {found.line}" not in found.en:
        places.append(f"line {found.line}")
    return f"{found.en} ({', '.join(places)})" if places else found.en


def _findings(found: Sequence[Finding]) -> dict[str, list[dict[str, Any]]]:
    def of(severity: str) -> list[dict[str, Any]]:
        return [representations.finding(one) for one in found if one.severity == severity]

    return {"errors": of("error"), "warnings": of("warning")}


def _challenge(req: falcon.asgi.Request) -> str:
    """The browser asks for a password itself when it sees Basic; the pages have a log-in form for that."""
    return 'Basic realm="marque"' if req.path.startswith("/engine-rest") else 'Session realm="marque"'


async def report_bug(
    req: falcon.asgi.Request, resp: falcon.asgi.Response, error: Exception, _params: dict[str, Any]
) -> None:
    """The last handler: a bug of ours. The log names the place and the class, because a message may quote a value."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    request_id = getattr(req.context, "request_id", None)
    log.error("request.failed", extra={"request": request_id, "error": type(error).__name__, "where": where})
    unavailable = isinstance(error, OperationalError)
    resp.status = falcon.HTTP_503 if unavailable else falcon.HTTP_500
    said = "the database is not available; try again" if unavailable else f"internal error, request {request_id}"
    resp.media = {"type": "ProcessEngineException", "message": said, "code": None}


def serialize_falcon_error(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """Gives what the framework refuses (no such route, wrong method) the same shape."""
    kind = FALCON_TYPES.get(error.status_code, "InvalidRequestException")
    said = error.description or error.title or error.status
    if isinstance(error, falcon.HTTPMethodNotAllowed):
        said = f"{req.method} is not answered here, {dict(error.headers or {}).get('Allow', 'nothing')} is"
    resp.content_type = falcon.MEDIA_JSON
    resp.data = dump({"type": kind, "message": said, "code": None})


def add_error_handlers(app: falcon.asgi.App[Any, Any]) -> None:
    """Registers the table; the more special handler wins in Falcon."""
    app.add_error_handler(Exception, report_bug)
    app.add_error_handler(MarqueError, refuse)
    app.set_error_serializer(serialize_falcon_error)
