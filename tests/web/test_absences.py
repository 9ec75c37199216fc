"""Recording, changing and ending absences, and the tasks of who is away; against a whole server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.web.desk import Desk

OpenPage = Callable[..., Page]
Someone = Callable[[str], Desk]


def instant(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")


def away(by: Desk, substitute: str, *, begin: float = -0.1, end: float = 3, **fields: Any) -> dict[str, Any]:
    body = {"substituteId": substitute, "from": instant(begin), "until": instant(end), **fields}
    made: dict[str, Any] = by.call("POST", "/api/absences", body)
    return made


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=text)


def field(page: Page, label: str) -> Locator:
    return page.locator(".fjs-form-field", has_text=label)


def enter_moment(page: Page, label: str, date: str, time: str) -> None:
    field(page, label).locator("input[id]").nth(0).fill(date)
    field(page, label).locator(".moment-time").fill(time)


def test_one_records_the_own_absence_changes_and_ends_it(open_house_page: OpenPage) -> None:
    page = open_house_page("/absences", user="front")
    expect(page.get_by_text("没有进行中或将开始的请假。")).to_be_visible()
    page.get_by_role("button", name="登记请假").click()
    page.get_by_label("代办人").select_option("front2")
    enter_moment(page, "结束", "2099-01-01", "9:00")
    page.get_by_role("button", name="保存").click()
    expect(field(page, "结束")).to_contain_text("一次请假最长 366 天")
    day = instant(4)[:10]
    enter_moment(page, "结束", day, "9:00")
    page.keyboard.press("Control+Enter")
    mine = row(page, "我请假，由 front2 代办")
    expect(mine).to_contain_text("进行中")
    expect(mine).to_contain_text("09:00")

    mine.get_by_role("button", name="变更").click()
    enter_moment(page, "结束", day, "1815")
    page.get_by_role("button", name="保存").click()
    expect(mine).to_contain_text("18:15")

    page.on("dialog", lambda dialog: dialog.accept())
    mine.get_by_role("button", name="立即结束").click()
    expect(page.get_by_text("没有进行中或将开始的请假。")).to_be_visible()
    page.get_by_text("已结束的请假（1）").click()
    expect(mine).to_contain_text("已结束")
    expect(mine.get_by_role("button")).to_have_count(0)


def test_what_the_server_refuses_stands_at_the_field(open_house_page: OpenPage, person: Someone) -> None:
    away(person("tech"), "tech2", begin=1, end=2)
    page = open_house_page("/absences", user="tech", language="en")
    page.get_by_role("button", name="Record an absence").click()
    page.get_by_role("button", name="Save").click()
    expect(field(page, "Substitute")).to_contain_text("required")
    page.get_by_label("Substitute").select_option("tech2")
    enter_moment(page, "Until", "2020-01-01", "9:00")
    page.get_by_role("button", name="Save").click()
    expect(field(page, "Until")).to_contain_text("an absence ends after it begins, and in the future")
    enter_moment(page, "Until", instant(5)[:10], "9:00")
    page.get_by_role("button", name="Save").click()
    expect(field(page, "From")).to_contain_text("There is an absence in this time already")


def test_who_leads_a_department_records_it_for_others(open_house_page: OpenPage) -> None:
    page = open_house_page("/absences", user="ssup", language="en")
    page.get_by_role("button", name="Record an absence").click()
    page.get_by_label("Who is away").select_option("sales")
    page.get_by_label("Substitute").select_option("csd")
    enter_moment(page, "Until", instant(5)[:10], "9:00")
    page.get_by_role("button", name="Save").click()
    made = row(page, "sales is away, csd stands in")
    expect(made).to_contain_text("recorded by ssup")
    page.once("dialog", lambda dialog: dialog.dismiss())
    made.get_by_role("button", name="End now").click()
    expect(made).to_contain_text("now")


def test_a_substitute_sees_it_and_changes_nothing(open_house_page: OpenPage, person: Someone) -> None:
    away(person("store"), "store2")
    page = open_house_page("/absences", user="store2")
    mine = row(page, "我代 store 办理")
    expect(mine.get_by_role("button")).to_have_count(0)
    mine.get_by_role("link", name="查看代办任务").click()
    expect(page.get_by_text("目前没有需要代办的任务。")).to_be_visible()


def test_the_tasks_of_who_is_away_stand_in_a_view_of_their_own(open_house_page: OpenPage, person: Someone) -> None:
    csr = person("csr")
    case = csr.start_call()
    csr.claim(case)
    page = open_house_page("/", user="csr2")
    expect(page.get_by_role("link", name="我的小组")).to_be_visible()
    tab = page.get_by_role("link", name="代办")
    expect(tab).to_have_count(0)
    made = away(csr, "csr2")
    expect(tab).to_be_visible(timeout=12_000)

    tab.click()
    task = page.locator("a[data-task]", has_text=case.customer)
    expect(task).to_contain_text("代 csr")
    task.click()
    expect(page.locator("article dl")).to_contain_text("代 csr 办理")
    page.get_by_label("意见或建议").fill("空调异响")
    expect(page.get_by_role("button", name="完成")).to_be_enabled()
    csr.call("DELETE", f"/api/absences/{made['id']}")
    expect(task).to_contain_text("已不在列表中", timeout=12_000)


def test_the_own_task_says_who_does_it_in_ones_place(open_house_page: OpenPage, person: Someone) -> None:
    csr2 = person("csr2")
    case = csr2.start_call()
    csr2.claim(case)
    away(csr2, "css")
    person("css").claim(case)
    page = open_house_page(f"/tasks/{case.task_id}?view=all", user="csr2", language="en")
    expect(page.locator("article dl")).to_contain_text("css, in place of csr2")


def test_a_list_that_does_not_come_is_said_and_asked_for_again(open_house_page: OpenPage) -> None:
    page = open_house_page("/", user="mkt")
    page.route("**/api/absences", lambda route: route.abort())
    page.goto("/absences")
    expect(page.get_by_role("alert")).to_have_text("服务器出错，请稍后重试。")
    page.unroute("**/api/absences")
    page.get_by_role("button", name="重试").click()
    expect(page.get_by_text("没有进行中或将开始的请假。")).to_be_visible()
