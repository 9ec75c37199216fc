"""The browser, the server under test, and the promise that no page breaks the content security policy.

MARQUE_WEB_URL names a running server in demo mode; without it the pages run against mock_api.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.web.chromium import FLAGS, find_chromium
from tests.web.desk import Desk
from tests.web.house import open_house
from tests.web.mock_api import DIST, Office, serving

OpenPage = Callable[..., Page]
Cookies = dict[str, list[Any]]
WATCH_POLICY = """
document.addEventListener('securitypolicyviolation', (event) =>
  window.reportViolation(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`))
"""


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    if url := os.environ.get("MARQUE_WEB_URL"):
        yield url.rstrip("/")
        return
    if not (DIST / "index.html").is_file():
        pytest.fail("The pages are not built: run `npm ci && npm run build` in web/.")
    with serving(Office()) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def violations() -> Iterator[list[str]]:
    """What the policy refused and what scripts threw during a test: both must stay empty."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A whole server with people and processes, for what mock_api knows nothing of; all tests share it."""
    with open_house(tmp_path_factory.mktemp("house")) as url:
        yield url


@pytest.fixture(scope="session")
def kept_cookies() -> Cookies:
    """The cookies of who has logged in to the house: once is enough for all tests."""
    return {}


@pytest.fixture
def open_page(browser: Browser, base_url: str, violations: list[str]) -> Iterator[OpenPage]:
    with opening_pages(browser, base_url, violations) as opener:
        yield opener


@pytest.fixture
def open_house_page(browser: Browser, house: str, violations: list[str], kept_cookies: Cookies) -> Iterator[OpenPage]:
    with opening_pages(browser, house, violations, kept_cookies) as opener:
        yield opener


@pytest.fixture
def person(house: str) -> Callable[[str], Desk]:
    """Somebody at another desk of the house."""
    return lambda user: Desk(house, user)


@contextmanager
def opening_pages(
    browser: Browser, base_url: str, violations: list[str], cookies: Cookies | None = None
) -> Iterator[OpenPage]:
    contexts: list[BrowserContext] = []

    def open_page(
        path: str = "/", *, user: str | None = None, language: str = "zh", width: int = 1440, theme: str = "light"
    ) -> Page:
        context = browser.new_context(
            base_url=base_url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            # A machine that is set up differently from its reader: neither locale nor zone may show on the page.
            locale="en-US",
            timezone_id="America/New_York",
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.expose_function("reportViolation", lambda text: violations.append(text))
        context.add_init_script(WATCH_POLICY)
        if language == "en":
            context.add_init_script("localStorage.setItem('marque.language', 'en')")
        known = cookies.get(user) if cookies and user else None
        if known:
            context.add_cookies(known)
        page = context.new_page()
        page.on("pageerror", lambda error: violations.append(str(error)))
        page.on("console", lambda message: violations.extend(policy_messages(message)))
        page.goto(path)
        if user and not known:
            log_in(page, user)
            if cookies is not None:
                cookies[user] = context.cookies()
        return page

    yield open_page
    for context in contexts:
        context.close()


def policy_messages(message: ConsoleMessage) -> list[str]:
    return [message.text] if "Content Security Policy" in message.text else []


def log_in(page: Page, user: str) -> None:
    page.locator("input[name=username]").fill(user)
    page.locator("input[name=password]").fill("marque-demo")
    page.keyboard.press("Enter")
    page.wait_for_selector("header .brand")


@pytest.fixture
def desk(base_url: str) -> Desk:
    """A colleague with the same role as the reader of the page."""
    return Desk(base_url, "csr2")
