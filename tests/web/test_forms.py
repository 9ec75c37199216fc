import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.web.desk import Case, Desk

OpenPage = Callable[..., Page]


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.start_call()


def open_claimed(open_page: OpenPage, case: Case, **settings: str) -> Page:
    page = open_page(f"/tasks/{case.task_id}", user="csr", **settings)
    page.locator("footer .button.primary").click()
    expect(page.locator("textarea")).to_be_editable()
    return page


def test_labels_and_options_follow_the_language_and_keep_what_was_typed(open_page: OpenPage, case: Case) -> None:
    page = open_claimed(open_page, case)
    page.get_by_label("意见或建议").fill("空调")
    page.get_by_label("意见或建议").blur()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("SMS")).to_be_visible()
    expect(page.locator("textarea")).to_have_value("空调")


def test_a_missing_field_is_said_at_the_field_and_has_the_focus(open_page: OpenPage, case: Case) -> None:
    page = open_claimed(open_page, case)
    page.get_by_role("button", name="完成").click()
    expect(page.locator(".fjs-form-field-error").first).to_have_text("此项必填。")
    expect(page.get_by_label("回访时间").first).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="处需要改正")).to_be_visible()


def test_the_servers_rules_are_shown_at_their_fields_in_both_languages(open_page: OpenPage, case: Case) -> None:
    page = open_claimed(open_page, case)
    page.get_by_role("button", name="现在").click()
    page.get_by_label("电话").check()
    page.get_by_role("button", name="完成").click()
    expect(page.get_by_text("请先保存为联系记录")).to_be_visible()
    expect(page.get_by_label("联系上", exact=True)).to_be_focused()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("Not reached by phone: save it as an attempt")).to_be_visible()


def test_ctrl_enter_completes_from_inside_the_form_and_opens_the_next_task(
    open_page: OpenPage, desk: Desk, case: Case
) -> None:
    following = desk.start_call(hours_ago=0.5)
    page = open_page(f"/tasks/{following.task_id}", user="csr")
    page.get_by_role("button", name="认领").click()
    expect(page.locator("textarea")).to_be_editable()
    page.goto(f"/tasks/{case.task_id}")
    page.get_by_role("button", name="认领").click()
    page.get_by_role("button", name="现在").click()
    page.get_by_label("短信").check()
    page.get_by_label("意见或建议").fill("无")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="已完成：回访客户")).to_be_visible()
    expect(page).not_to_have_url(f"/tasks/{case.task_id}")
    left = desk.call("GET", "/api/tasks?view=all&maxResults=500")["items"]
    assert case.task_id not in {task["id"] for task in left}


def test_a_failed_call_is_recorded_without_completing(open_page: OpenPage, case: Case) -> None:
    page = open_claimed(open_page, case)
    page.get_by_role("button", name="现在").click()
    page.get_by_label("电话").check()
    page.get_by_role("button", name="记录未联系上").click()
    expect(page.get_by_text("联系尝试 1 次")).to_be_visible()
    expect(page.get_by_role("button", name="完成")).to_be_visible()


def test_dates_are_chinese_start_on_monday_and_mean_beijing_time(open_page: OpenPage, case: Case) -> None:
    page = open_claimed(open_page, case)
    page.get_by_label("回访时间").first.click()
    expect(page.locator(".flatpickr-weekday").first).to_have_text("周一")
    page.keyboard.press("Escape")
    page.get_by_label("回访时间").first.fill("2026/1/5")
    page.get_by_label("回访时间 时间").fill("905")
    page.get_by_label("短信").check()
    expect(page.get_by_label("回访时间").first).to_have_value("2026-01-05")
    expect(page.get_by_label("回访时间 时间")).to_have_value("09:05")
    with page.expect_request(f"**/api/tasks/{case.task_id}/complete") as sent:
        page.get_by_role("button", name="完成").click()
    assert json.loads(sent.value.post_data or "{}")["data"]["contacted_at"] == "2026-01-05T09:05:00+08:00"


def test_the_english_calendar_starts_on_monday_too(open_page: OpenPage, case: Case) -> None:
    page = open_claimed(open_page, case, language="en")
    page.locator(".moment-date .fjs-input").click()
    expect(page.locator(".flatpickr-weekday").first).to_have_text("Mon")


def test_a_day_that_does_not_exist_is_refused_at_the_field(open_page: OpenPage, case: Case) -> None:
    page = open_claimed(open_page, case)
    page.get_by_label("回访时间").first.fill("2026-02-30")
    page.keyboard.press("Tab")
    expect(page.get_by_text("请按“年-月-日”填写日期。")).to_be_visible()


def test_a_draft_survives_moving_to_another_task(open_page: OpenPage, desk: Desk, case: Case) -> None:
    page = open_claimed(open_page, case)
    page.get_by_label("意见或建议").fill("稍后继续")
    page.get_by_label("意见或建议").blur()
    page.get_by_role("link", name="新建事项").click()
    page.go_back()
    expect(page.get_by_label("意见或建议")).to_have_value("稍后继续")


def test_leaving_the_window_with_a_draft_asks_first(open_page: OpenPage, case: Case) -> None:
    page = open_claimed(open_page, case)
    page.get_by_label("短信").check()
    page.wait_for_timeout(300)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.goto("/new")
    assert asked == ["beforeunload"]


def test_a_task_of_somebody_else_cannot_be_completed_from_a_stale_page(
    open_page: OpenPage, desk: Desk, base_url: str, case: Case
) -> None:
    page = open_claimed(open_page, case)
    page.route("**/api/tasks?*", lambda route: route.abort())
    page.get_by_role("button", name="现在").click()
    page.get_by_label("短信").check()
    Desk(base_url, "csr").call("POST", f"/api/tasks/{case.task_id}/unclaim", {})
    desk.claim(case)
    page.get_by_role("button", name="完成").click()
    expect(page.get_by_text("当前由 csr2 办理")).to_be_visible()


def test_the_mark_of_bpmn_io_is_fully_visible(open_page: OpenPage, case: Case) -> None:
    page = open_claimed(open_page, case, theme="dark")
    mark = page.locator(".fjs-powered-by-link")
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None
    assert box["width"] >= 53
    centre = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    assert page.evaluate("({x, y}) => document.elementFromPoint(x, y).closest('.fjs-powered-by-link') !== null", centre)
