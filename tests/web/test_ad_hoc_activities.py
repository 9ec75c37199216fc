"""Activities that are started by hand, on the task and on the case; against a whole server."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.desk import Desk

OpenPage = Callable[..., Page]
Someone = Callable[[str], Desk]


@pytest.fixture
def case(person: Someone) -> str:
    """A new case of roadside help; returns its id."""
    start = "/engine-rest/process-definition/key/roadside_help/start"
    return str(person("admin").call("POST", start, {})["id"])


def task_of(desk: Desk, case: str) -> str:
    (task,) = desk.call("GET", f"/engine-rest/task?processInstanceId={case}&taskDefinitionKey=keep_in_touch")
    return str(task["id"])


def test_an_activity_is_started_beside_the_task(open_house_page: OpenPage, person: Someone, case: str) -> None:
    page = open_house_page(f"/tasks/{task_of(person('csr'), case)}?view=groups", user="csr")
    choices = page.get_by_role("region", name="可随时开始：现场救援")
    expect(choices.get_by_role("button", name="开始：派送替换车")).to_be_visible()
    expect(choices).to_contain_text("由其他角色开始：现场抢修")
    choices.get_by_role("button", name="开始：预约出租车").click()
    expect(page.get_by_text("已开始：预约出租车")).to_be_visible()
    tasks = person("csr").call("GET", f"/engine-rest/task?processInstanceId={case}")
    assert sorted(task["taskDefinitionKey"] for task in tasks) == ["book_taxi", "keep_in_touch"]

    choices.get_by_role("button", name="开始：派送替换车").click()
    expect(page.get_by_text("现在不能开始或结束")).to_be_visible()


def test_the_sub_process_is_ended_on_the_page_of_the_case(open_house_page: OpenPage, case: str) -> None:
    page = open_house_page(f"/instances/{case}/path", user="csr", language="en")
    choices = page.get_by_role("region", name="To be started at any time: Help on the spot")
    choices.get_by_role("button", name="Start: Send a replacement car").click()
    expect(page.locator('.djs-element.path-current[data-element-id="send_car"]')).to_be_visible()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    choices.get_by_role("button", name="End: Help on the spot").click()
    expect(page.get_by_text("Ended: Help on the spot")).to_be_visible()
    expect(choices).to_have_count(0)
    assert asked == ["End “Help on the spot”? The case then goes on, and nothing more can be started here."]


def test_who_may_start_nothing_has_no_button(open_house_page: OpenPage, case: str) -> None:
    page = open_house_page(f"/instances/{case}/path", user="compl")
    choices = page.get_by_role("region", name="可随时开始：现场救援")
    expect(choices).to_contain_text("由其他角色开始：派送替换车、预约出租车、现场抢修")
    expect(choices.get_by_role("button")).to_have_count(0)


def test_a_task_without_choices_asks_for_none(open_house_page: OpenPage, person: Someone) -> None:
    call = person("csr").start_call()
    page = open_house_page("/", user="csr")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/tasks/{call.task_id}")
    page.wait_for_selector(".fjs-form-field")
    assert not [url for url in asked if "ad-hoc" in url]
