"""What holds for every page: weight, addresses, both languages complete, accessible names."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.desk import Desk
from tests.web.mock_api import DIST

OpenPage = Callable[..., Page]
SOURCE = DIST.parent / "src"
COLD_INBOX_BYTES = 45_000
VIEWER = DIST.parent / "node_modules" / "@bpmn-io" / "form-js-viewer" / "dist" / "index.es.js"


def test_the_cold_inbox_is_small_and_loads_neither_forms_nor_diagrams(open_page: OpenPage) -> None:
    page = open_page()
    loaded: set[str] = set()
    page.on("response", lambda response: loaded.add(response.url))
    page.reload()
    page.wait_for_selector("input[name=username]")
    names = {Path(url).name for url in loaded if "/assets/" in url}
    assert names
    assert not any(re.match(r"FormView|Path", name) for name in names)
    assert sum((DIST / "assets" / f"{name}.br").stat().st_size for name in names) < COLD_INBOX_BYTES


def test_every_asset_is_stored_compressed_twice() -> None:
    assets = [path for path in (DIST / "assets").iterdir() if path.suffix in (".js", ".css", ".svg")]
    assert assets
    for path in [*assets, DIST / "index.html"]:
        assert Path(f"{path}.br").is_file()
        assert Path(f"{path}.gz").is_file()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_breaks_the_policy_and_every_control_has_a_name(
    open_page: OpenPage, desk: Desk, language: str, theme: str
) -> None:
    case = desk.start_call()
    page = open_page(user="csr", language=language, theme=theme)
    for path, ready in [
        ("/?view=groups", "a[data-task]"),
        (f"/tasks/{case.task_id}", ".fjs-form-field"),
        ("/new/follow_up_call", ".fjs-form-field"),
        (f"/instances/{case.instance_id}/path", ".djs-element.path-current"),
        ("/nowhere", "main .button"),
    ]:
        page.goto(path)
        page.wait_for_selector(ready)
        nameless = page.locator("button, a[href], input:not([type=hidden]), select, textarea").evaluate_all(
            """all => all.filter((e) => e.checkVisibility() && !(e.getAttribute('aria-label') || e.innerText?.trim()
              || e.title || e.labels?.length)).map((e) => e.outerHTML.slice(0, 120))"""
        )
        # The two marks of bpmn.io are not ours to change.
        assert [html for html in nameless if "powered-by" not in html and "bpmn.io" not in html] == []


def test_an_unknown_address_says_so(open_page: OpenPage) -> None:
    page = open_page("/nowhere", user="csr")
    expect(page.get_by_text("没有这个页面。")).to_be_visible()


def test_every_sentence_of_the_form_viewer_has_a_chinese_one() -> None:
    said = set(re.findall(r"translate\('((?:[^'\\]|\\.)+)'", VIEWER.read_text()))
    said |= set(re.findall(r'translate\("([^"]+)"', VIEWER.read_text()))
    translated = (SOURCE / "lib" / "forms" / "translations.ts").read_text()
    example = {"HELLO {you}"}
    assert {text for text in said - example if text not in translated} == set()


def test_no_text_stands_outside_the_two_language_files() -> None:
    allowed = {"zh.ts", "en.ts", "translations.ts"}
    sources = [path for path in SOURCE.rglob("*") if path.suffix in (".ts", ".tsx", ".svelte")]
    strays = [path.name for path in sources if re.search(r"[一-鿿]", path.read_text()) and path.name not in allowed]
    assert strays == []
