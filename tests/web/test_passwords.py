"""Changing the own password, and choosing one before the first log-in outside demo mode; against whole servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.conftest import opening_pages
from tests.web.house import open_house

OpenPage = Callable[..., Page]
NEW = "green hills 42"


@pytest.fixture(scope="module")
def real_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A house that works now; its people are left over from the demonstration."""
    with open_house(tmp_path_factory.mktemp("real"), real=True) as url:
        yield url


@pytest.fixture
def open_real_page(browser: Browser, real_house: str, violations: list[str]) -> Iterator[OpenPage]:
    with opening_pages(browser, real_house, violations) as opener:
        yield opener


def enter(page: Page, **fields: str) -> None:
    for name, text in fields.items():
        page.locator(f"input[name={name}]").fill(text)
    page.keyboard.press("Enter")


def test_one_changes_the_own_password_and_stays_logged_in(open_house_page: OpenPage) -> None:
    page = open_house_page("/", user="hr")
    page.get_by_role("button", name="账户").click()
    page.get_by_role("link", name="修改密码").click()
    enter(page, old="marque-demo", new=NEW, again=NEW)
    expect(page.get_by_text("密码已修改。")).to_be_visible()
    page.goto("/absences")
    expect(page.get_by_role("heading", name="请假代办")).to_be_visible()

    other = open_house_page("/", language="en")
    enter(other, username="hr", password="marque-demo")
    expect(other.get_by_role("alert")).to_have_text("User name or password is wrong.")
    enter(other, username="hr", password=NEW)
    expect(other.get_by_role("link", name="My groups")).to_be_visible()


def test_what_is_wrong_stands_at_its_field_in_the_language_of_the_reader(open_house_page: OpenPage) -> None:
    page = open_house_page("/password", user="legal", language="en")
    enter(page, old="marque-demo", new=NEW, again="another hill 42")
    expect(page.get_by_role("alert")).to_have_text("The two new passwords differ.")
    expect(page.locator("input[name=again]")).to_be_focused()
    enter(page, old="not-this-one", new=NEW, again=NEW)
    expect(page.get_by_role("alert")).to_have_text("The present password is wrong.")
    expect(page.locator("input[name=old]")).to_be_focused()
    enter(page, old="marque-demo", new="short", again="short")
    expect(page.get_by_role("alert")).to_have_text("a password has 10 to 200 characters")
    expect(page.get_by_label("New password", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("alert")).to_have_text("密码须有 10 至 200 个字符")


def test_the_password_of_the_demonstration_leads_to_choosing_another(open_real_page: OpenPage) -> None:
    page = open_real_page("/")
    enter(page, username="csr", password="marque-demo")
    expect(page.get_by_role("heading", name="请先设置自己的密码")).to_be_visible()
    enter(page, new="marque-demo", again="marque-demo")
    expect(page.locator("#password-fault")).to_have_text("新密码与旧密码相同")
    enter(page, new=NEW, again=NEW)
    expect(page.get_by_role("link", name="我的小组")).to_be_visible()
    expect(page.get_by_text("密码已修改。")).to_be_visible()


def test_the_way_back_leads_to_the_log_in(open_real_page: OpenPage) -> None:
    page = open_real_page("/", language="en")
    enter(page, username="css", password="marque-demo")
    expect(page.get_by_role("heading", name="Choose a password of your own first")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    enter(page, username="css", password="wrong-password")
    expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")


def test_no_password_stays_in_the_browser(open_house_page: OpenPage) -> None:
    page = open_house_page("/", user="cashier")
    page.goto("/password")
    enter(page, old="marque-demo", new=NEW, again="green hills 43")
    expect(page.get_by_role("alert")).to_be_visible()
    kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, location.href])")
    assert NEW not in kept
