"""The built pages: what is a file, what is a place, what is lost."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from falcon import testing

from api.app import create_app
from engine.process_engine import ProcessEngine

PAGE, SCRIPT = "<!doctype html><title>Marque</title>", "export const a = 1"


@pytest.fixture
def built(engine: ProcessEngine, tmp_path: Path) -> testing.TestClient:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "studio.html").write_text("<!doctype html><title>Studio</title>")
    (folder / "assets" / "main-1a2b.js").write_text(SCRIPT)
    (folder / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (folder / "assets" / "main-1a2b.js.br").write_bytes(b"brotli")
    (tmp_path / "secret.txt").write_text("secret")
    engine.settings = replace(engine.settings, web=folder)
    return testing.TestClient(create_app(engine, run_jobs=False))


def test_every_place_inside_the_pages_is_their_document(built: testing.TestClient) -> None:
    for path in ("/", "/tasks/01a2", "/processes"):
        answer = built.simulate_get(path)
        assert (answer.status_code, answer.text) == (200, PAGE), path
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
        etag = answer.headers["ETag"]
        assert built.simulate_get(path, headers={"If-None-Match": etag}).status_code == 304


def test_the_editors_have_their_own_document_and_policy(built: testing.TestClient) -> None:
    for path in ("/studio", "/studio/calls", "/studio.html"):
        policy = built.simulate_get(path).headers["Content-Security-Policy"]
        assert "style-src 'self' 'unsafe-inline'" in policy, path
        assert "script-src 'self';" in policy


def test_assets_stay_for_ever_and_a_lost_one_is_not_found(built: testing.TestClient) -> None:
    found = built.simulate_get("/assets/main-1a2b.js")
    assert found.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert found.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert built.simulate_get("/assets/lost-9z.js").status_code == 404
    assert built.simulate_get("/favicon.ico").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("", None), ("identity", None)],
)
def test_the_packed_form_is_sent_to_whoever_takes_it(
    built: testing.TestClient, accepted: str, encoding: str | None
) -> None:
    answer = built.simulate_get("/assets/main-1a2b.js", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_nothing_outside_the_folder_is_served(built: testing.TestClient) -> None:
    for path in ("/../secret.txt", "/assets/../../secret.txt", "/..%2fsecret.txt", "/assets/main-1a2b.js.gz"):
        answer = built.simulate_get(path)
        assert answer.status_code == 404, path
        assert "secret" not in answer.text.replace("no such", "")


def test_pages_are_read_and_nothing_else(built: testing.TestClient) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = built.simulate_request(method, "/tasks")
        assert answer.status_code == 405, method
        assert "GET" in answer.headers["Allow"]
    head = built.simulate_request("HEAD", "/")
    assert (head.status_code, head.content) == (200, b"")


def test_without_a_build_the_page_says_how_to_make_one(engine: ProcessEngine, tmp_path: Path) -> None:
    engine.settings = replace(engine.settings, web=tmp_path / "nothing")
    client = testing.TestClient(create_app(engine, run_jobs=False))
    answer = client.simulate_get("/")
    assert answer.status_code == 503
    assert "make run" in answer.text
    assert "界面尚未构建" in answer.text
    assert client.simulate_get("/healthz").status_code == 200
    assert client.simulate_get("/readyz").json == {"status": "ok"}
