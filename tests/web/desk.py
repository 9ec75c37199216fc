"""What a colleague does at another desk, over HTTP: starts cases and claims tasks while a test watches the page."""

import json
import urllib.request
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from typing import Any

PASSWORD = "marque-demo"


@dataclass
class Desk:
    base_url: str
    user: str
    cookies: CookieJar = field(default_factory=CookieJar)
    token: str = ""

    def __post_init__(self) -> None:
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        session = self.call("POST", "/api/session", {"username": self.user, "password": PASSWORD})
        self.token = session["csrfToken"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self.token}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, headers, method=method)
        with self.opener.open(request) as response:
            content = response.read()
        return json.loads(content) if content else None

    def start_call(self, *, hours_ago: float = 1) -> "Case":
        """Opens a follow-up call whose car came back some hours ago; the limit for calling is 24 hours."""
        anchor = datetime.now(UTC) - timedelta(hours=hours_ago)
        customer = f"C-{uuid.uuid4().hex[:8]}"
        data = {
            "kind": "return",
            "anchor_at": anchor.isoformat(timespec="seconds"),
            "business_line": "rental",
            "branch_id": "SH-01",
            "customer_ref": customer,
            "rating_seen": "none",
            "followup_number": 1,
        }
        started = self.call("POST", "/api/start", {"processKey": "follow_up_call", "data": data})
        tasks = self.call("GET", "/api/tasks?view=all&maxResults=500")["items"]
        task = next(task for task in tasks if task["processInstanceId"] == started["processInstanceId"])
        return Case(task["id"], started["processInstanceId"], customer)

    def claim(self, case: "Case") -> None:
        self.call("POST", f"/api/tasks/{case.task_id}/claim", {})


@dataclass(frozen=True)
class Case:
    task_id: str
    instance_id: str
    customer: str
