"""A small /api in memory for the browser tests, until the server answers: the follow-up call as one process.

It serves the built pages under the content security policy of the product, so that a violation shows here already.
"""

import hashlib
import json
import re
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = Path(__file__).parents[2]
DIST = ROOT / "web" / "dist"
PROCESS = ROOT / "processes" / "follow_up_call"
PASSWORD = "marque-demo"
SHANGHAI = timezone(timedelta(hours=8))
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
ROLES = {
    "CSR": ("客服专员", "Service agent"),
    "CSS": ("客服主管", "Service supervisor"),
    "CSD": ("客服总监", "Service director"),
    "OPS": ("运营部", "Operations"),
    "FRONT": ("前台接待", "Reception"),
    "TECH": ("维修技师", "Technician"),
    "STORE": ("门店", "Store"),
    "OPSD": ("运营总监", "Operations director"),
}
USERS = {name: [name.rstrip("2").upper()] for code in ROLES for name in (code.lower(), f"{code.lower()}2")}
PROCESS_NAME = {"zh": "回访", "en": "Follow-up call"}
CALL = {"zh": "回访客户", "en": "Call the customer back"}
ANSWER = {"zh": "答复客户意见", "en": "Answer the opinion"}
CALL_TEXT = {
    "zh": "在 08:00–21:00 之间致电；打不通先保存为联系记录，最后可改发短信。",
    "en": "Call between 08:00 and 21:00. Save a failed call as an attempt; an SMS is the last resort.",
}


def form(name: str) -> dict[str, Any]:
    return {"id": name, "schema": json.loads((PROCESS / "forms" / f"{name}.form").read_text())}


def iso(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M:%S.000%z")


class Refused(Exception):
    def __init__(self, status: int, **body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class Office:
    """Everybody's tasks. One lock around every request, like one transaction after the other."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.sessions: dict[str, tuple[str, str]] = {}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.paths: dict[str, dict[str, Any]] = {}

    def user(self, name: str) -> dict[str, Any]:
        roles = [{"code": code, "zh": ROLES[code][0], "en": ROLES[code][1]} for code in USERS[name]]
        return {"id": name, "name": name, "roles": roles}

    def start(self, user: str, data: dict[str, Any]) -> dict[str, Any]:
        require(data, ["kind", "anchor_at", "business_line", "customer_ref"])
        anchor = datetime.fromisoformat(data["anchor_at"])
        case = f"HF-2026-{len(self.paths) + 1:04d}"
        task = self.open_task("call", CALL, ["CSR"], case, data["customer_ref"], anchor, hours=24)
        return {"processInstanceId": task["processInstanceId"], "caseNo": case, "next": self.card(task, user)}

    def open_task(
        self,
        element: str,
        name: dict[str, str],
        groups: list[str],
        case: str,
        customer: str,
        anchor: datetime,
        *,
        hours: float,
        instance: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        limit = timedelta(hours=hours)
        task = {
            "id": str(uuid.uuid4()),
            "name": name,
            "elementId": element,
            "processKey": "follow_up_call",
            "processName": PROCESS_NAME,
            "processInstanceId": instance or str(uuid.uuid4()),
            "businessKey": case,
            "caseNo": case,
            "customerRef": customer,
            "assignee": None,
            "created": iso(datetime.now(UTC)),
            "due": iso(anchor + limit),
            "deadline": {
                "code": "followup_return",
                "dueAt": iso(anchor + limit),
                "anchorAt": iso(anchor),
                "state": "open",
                "clause": "R2-10-1a",
                "warnAt": [iso(anchor + limit * 0.5), iso(anchor + limit * 0.8)],
                "escalatedTo": [],
            },
            "priority": 50,
            "candidateGroups": groups,
            "attempts": [],
        } | more
        self.tasks[task["id"]] = task
        flows = ["follow_up_due_to_open_deadline", "open_deadline_to_call"]
        path = self.paths.setdefault(
            task["processInstanceId"], {"flows": flows, "completed": ["follow_up_due", "open_deadline"], "ended": None}
        )
        path["current"] = [element]
        return task

    def card(self, task: dict[str, Any], user: str) -> dict[str, Any]:
        roles = USERS[user]
        group = next((role for role in task["candidateGroups"] if role in roles), None)
        escalated = task["deadline"] and next((r for r in task["deadline"]["escalatedTo"] if r in roles), None)
        why: dict[str, Any] | None = {"kind": "group", "group": group} if group else None
        if task["assignee"] == user:
            why = {"kind": "assignee", "group": None}
        elif escalated:
            why = {"kind": "escalation", "group": escalated}
        card = {key: value for key, value in task.items() if key != "attempts"}
        return card | {"why": why, "mayComplete": task["assignee"] == user or bool(escalated)}

    def visible(self, user: str, view: str) -> list[dict[str, Any]]:
        cards = [self.card(task, user) for task in self.tasks.values()]
        chosen: dict[str, Callable[[dict[str, Any]], bool]] = {
            "mine": lambda card: card["assignee"] == user,
            "groups": lambda card: card["assignee"] is None and card["why"] is not None,
            "all": lambda card: card["why"] is not None,
        }
        return sorted(filter(chosen[view], cards), key=lambda card: card["due"] or "9")

    def page(self, user: str, view: str, due: str | None, limit: int) -> dict[str, Any]:
        now = iso(datetime.now(UTC))
        cards = self.visible(user, view)
        if due == "overdue":
            cards = [card for card in cards if card["due"] and card["due"] < now]
        if due == "today":
            cards = [card for card in cards if card["due"] and card["due"][:10] == now[:10]]
        counts = {name: len(self.visible(user, name)) for name in ("mine", "groups", "all")}
        return {"items": cards[:limit], "total": len(cards), "counts": counts}

    def task(self, task_id: str, user: str) -> dict[str, Any]:
        task = self.tasks.get(task_id)
        if task is None:
            raise Refused(404, type="InvalidRequestException", message="no such task")
        if self.card(task, user)["why"] is None:
            raise Refused(403, type="AuthorizationException", message="not yours")
        return task

    def detail(self, task: dict[str, Any], user: str) -> dict[str, Any]:
        element = task["elementId"]
        data = {"opinion": task.get("opinion", "空调异响")} if element == "department_answer" else {}
        return self.card(task, user) | {
            "documentation": CALL_TEXT if element == "call" else None,
            "form": form(f"follow_up_call_{element}"),
            "data": data,
            "attempts": task["attempts"],
        }

    def claim(self, task: dict[str, Any], user: str) -> dict[str, Any]:
        if task["assignee"] not in (None, user):
            raise Refused(409, type="TaskAlreadyClaimedException", message="claimed", holder=task["assignee"])
        task["assignee"] = user
        return self.card(task, user)

    def complete(self, task: dict[str, Any], user: str, data: dict[str, Any]) -> dict[str, Any]:
        if not self.card(task, user)["mayComplete"]:
            if task["assignee"]:
                raise Refused(409, type="OptimisticLockingException", message="changed", holder=task["assignee"])
            raise Refused(403, type="AuthorizationException", message="claim it first")
        if task["elementId"] == "call":
            check_call(data)
        del self.tasks[task["id"]]
        path = self.paths[task["processInstanceId"]]
        path["completed"] += [task["elementId"], "reached"]
        path["flows"] += ["call_to_reached", "reached_to_complaint"]
        path.update(current=[], ended="done")
        cards = self.visible(user, "mine")
        return {"completed": task["id"], "next": cards[0] if cards else None}


def require(data: dict[str, Any], fields: list[str]) -> None:
    missing = [field for field in fields if data.get(field) is None]
    if missing:
        fault = {"code": "required", "zh": "此项必填。", "en": "Field is required."}
        raise Refused(400, type="FormInvalidException", errors=[{"field": field} | fault for field in missing])


def check_call(data: dict[str, Any]) -> None:
    """The cross-field rules of the form, of which the browser knows nothing."""
    require(data, ["contacted_at", "method"])
    errors = []
    rules = {rule["field"]: rule for rule in form("follow_up_call_call")["schema"]["properties"]["rules"]}
    if datetime.fromisoformat(data["contacted_at"]) > datetime.now(UTC):
        errors.append(
            rules["contacted_at"] | {"zh": "回访时间不能晚于现在", "en": "The contact cannot lie in the future"}
        )
    if not data.get("reached") and data["method"] != "sms":
        errors.append(rules["reached"])
    if errors:
        faults = [{"field": rule["field"], "code": "rule", "zh": rule["zh"], "en": rule["en"]} for rule in errors]
        raise Refused(400, type="FormInvalidException", message="invalid", code=None, errors=faults)


class Handler(BaseHTTPRequestHandler):
    office: Office
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.answer("GET")

    def do_POST(self) -> None:
        self.answer("POST")

    def do_DELETE(self) -> None:
        self.answer("DELETE")

    def answer(self, method: str) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not url.path.startswith("/api/"):
            self.page(url.path)
            return
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            with self.office.lock:
                self.api(method, unquote(url.path.removeprefix("/api/")), query, body)
        except Refused as refusal:
            self.reply(refusal.status, refusal.body)

    def page(self, path: str) -> None:
        file = (DIST / path.lstrip("/")).resolve()
        if not file.is_file():
            file = DIST / "index.html"
        if path.startswith("/assets/") and file.name == "index.html":
            self.send(404, b"", "text/plain")
            return
        self.send(200, file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream"))

    def api(self, method: str, path: str, query: dict[str, str], body: bytes) -> None:
        data = json.loads(body) if body and path != "attachments" else {}
        if path == "demo":
            users = [{"id": name, "roles": self.office.user(name)["roles"]} for name in USERS]
            self.reply(200, {"demo": True, "users": users})
        elif path == "session" and method == "POST":
            self.log_in(data)
        else:
            self.api_for(self.session_user(method), method, path, query, data, body)

    def api_for(
        self, user: str, method: str, path: str, query: dict[str, str], data: dict[str, Any], body: bytes
    ) -> None:
        office = self.office
        if path == "session":
            self.reply(204 if method == "DELETE" else 200, self.session_body())
        elif path == "tasks":
            page = office.page(user, query["view"], query.get("due"), int(query.get("maxResults", 50)))
            self.reply(200, page, tagged=True)
        elif found := re.fullmatch(r"tasks/([^/]+)(?:/(\w+))?", path):
            self.task(user, office.task(found[1], user), found[2], data)
        elif path == "startable":
            start = form("follow_up_call_start")
            self.reply(200, [{"processKey": "follow_up_call", "name": PROCESS_NAME, "message": None, "form": start}])
        elif path == "start":
            self.reply(200, office.start(user, data["data"]))
        elif found := re.fullmatch(r"instances/([^/]+)/path", path):
            self.path_of(found[1])
        elif path == "attachments":
            self.upload(body)
        else:
            raise Refused(404, type="InvalidRequestException", message=path)

    def task(self, user: str, task: dict[str, Any], act: str | None, data: dict[str, Any]) -> None:
        office = self.office
        if act is None:
            self.reply(200, office.detail(task, user))
        elif act == "claim":
            self.reply(200, office.claim(task, user))
        elif act == "unclaim":
            task["assignee"] = None
            self.reply(200, office.card(task, user))
        elif act == "attempts":
            task["attempts"].append({"at": iso(datetime.now(UTC)), "by": user, "data": data["data"]})
            self.reply(200, office.card(task, user))
        else:
            self.reply(200, office.complete(task, user, data["data"]))

    def path_of(self, instance: str) -> None:
        if instance not in self.office.paths:
            raise Refused(404, type="InvalidRequestException", message="no such instance")
        xml = (PROCESS / "follow_up_call.bpmn").read_text()
        head = {"processKey": "follow_up_call", "name": PROCESS_NAME, "xml": xml}
        self.reply(200, head | self.office.paths[instance])

    def upload(self, body: bytes) -> None:
        file_id = str(uuid.uuid4())
        media_type = self.headers["Content-Type"]
        self.office.files[file_id] = (media_type, body)
        digest = hashlib.sha256(body).hexdigest()
        self.reply(201, {"attachment_id": file_id, "sha256": digest, "size": len(body), "type": media_type})

    def log_in(self, data: dict[str, Any]) -> None:
        if data.get("username") not in USERS or data.get("password") != PASSWORD:
            raise Refused(401, type="AuthenticationException", message="wrong")
        key, token = secrets.token_hex(), secrets.token_hex()
        self.office.sessions[key] = (data["username"], token)
        body = {"user": self.office.user(data["username"]), "csrfToken": token, "demo": True}
        self.reply(200, body, cookie=f"marque={key}; HttpOnly; SameSite=Strict; Path=/")

    def session_key(self) -> str:
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("marque")
        if cookie is None or cookie.value not in self.office.sessions:
            raise Refused(401, type="AuthenticationException", message="log in")
        return cookie.value

    def session_user(self, method: str) -> str:
        user, token = self.office.sessions[self.session_key()]
        if method != "GET" and self.headers.get("X-CSRF-Token") != token:
            raise Refused(403, type="AuthorizationException", message="CSRF token")
        return user

    def session_body(self) -> dict[str, Any]:
        user, token = self.office.sessions[self.session_key()]
        if self.command == "DELETE":
            del self.office.sessions[self.session_key()]
        return {"user": self.office.user(user), "csrfToken": token, "demo": True}

    def reply(self, status: int, body: Any, *, tagged: bool = False, cookie: str | None = None) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Set-Cookie": cookie} if cookie else {}
        if tagged:
            # The present instant is not part of the answer's identity, else nothing would ever be unchanged.
            headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            if self.headers.get("If-None-Match") == headers["ETag"]:
                status = 304
            content = json.dumps(body | {"now": iso(datetime.now(UTC))}, ensure_ascii=False).encode()
        self.send(status, b"" if status in (204, 304) else content, "application/json", headers)

    def send(self, status: int, content: bytes, media_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(office: Office, port: int = 0) -> Iterator[str]:
    """Serves the office on loopback; gives the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", port), type("OfficeHandler", (Handler,), {"office": office}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
