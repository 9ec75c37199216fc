import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.desk import Desk

OpenPage = Callable[..., Page]


def row(page: Page, text: str) -> Locator:
    return page.locator("a[data-task]", has_text=text)


def test_overdue_tasks_stand_first_and_say_so_without_colour(open_page: OpenPage, desk: Desk) -> None:
    calm = desk.start_call(hours_ago=1)
    late = desk.start_call(hours_ago=49.5)
    page = open_page("/?view=groups", user="csr")
    expect(row(page, late.customer)).to_contain_text("已超时")
    expect(row(page, late.customer)).to_contain_text("超 1 天 1 小时")
    expect(row(page, calm.customer)).to_contain_text("剩 22 小时")
    order = page.locator("a[data-task]").all_inner_texts()
    places = [next(i for i, text in enumerate(order) if case.customer in text) for case in (late, calm)]
    assert places == sorted(places)


def test_the_exact_time_and_the_clause_stand_behind_the_relative_time(open_page: OpenPage, desk: Desk) -> None:
    case = desk.start_call()
    page = open_page("/?view=groups", user="csr")
    hover = row(page, case.customer).locator(".due").get_attribute("title") or ""
    assert re.search(r"到期：\d{4}年\d{1,2}月\d{1,2}日", hover)
    assert "依据：R2-10-1" in hover


def test_the_due_filter_is_part_of_the_address(open_page: OpenPage, desk: Desk) -> None:
    calm = desk.start_call(hours_ago=1)
    late = desk.start_call(hours_ago=30)
    page = open_page("/?view=groups", user="csr")
    page.get_by_role("link", name="已超时", exact=True).click()
    expect(row(page, late.customer)).to_be_visible()
    expect(row(page, calm.customer)).to_have_count(0)
    assert "due=overdue" in page.url
    assert "view=groups" in page.url


def test_the_list_shows_the_customer_number_and_no_entered_text(open_page: OpenPage, desk: Desk) -> None:
    case = desk.start_call()
    page = open_page("/?view=groups", user="csr")
    text = row(page, case.customer).inner_text()
    assert "回访客户" in text
    assert "SH-01" not in text


def test_claiming_shows_at_once_and_opens_the_form_for_writing(open_page: OpenPage, desk: Desk) -> None:
    case = desk.start_call()
    page = open_page(f"/tasks/{case.task_id}?view=groups", user="csr")
    expect(page.get_by_label("意见或建议")).to_have_attribute("readonly", "")
    page.get_by_role("button", name="认领").click()
    expect(page.get_by_label("意见或建议")).to_be_editable()
    expect(row(page, case.customer)).to_contain_text("我")


def test_a_claim_that_comes_second_is_taken_back_and_names_the_holder(open_page: OpenPage, desk: Desk) -> None:
    case = desk.start_call()
    page = open_page(f"/tasks/{case.task_id}?view=groups", user="csr")
    expect(page.get_by_role("button", name="认领")).to_be_visible()
    page.route("**/api/tasks?*", lambda route: route.abort())
    desk.claim(case)
    page.get_by_role("button", name="认领").click()
    expect(page.get_by_text("已由 csr2 认领。")).to_be_visible()
    expect(page.get_by_label("意见或建议")).to_have_attribute("readonly", "")
    expect(page.locator("article dl")).to_contain_text("csr2")


def test_a_claimed_task_goes_back_to_the_group(open_page: OpenPage, desk: Desk) -> None:
    case = desk.start_call()
    page = open_page(f"/tasks/{case.task_id}", user="csr")
    page.get_by_role("button", name="认领").click()
    page.get_by_role("button", name="放回小组").click()
    expect(page.get_by_role("button", name="认领")).to_be_visible()


def test_a_new_task_waits_behind_a_pill_and_moves_nothing(open_page: OpenPage, desk: Desk) -> None:
    desk.start_call(hours_ago=1)
    page = open_page("/?view=groups", user="csr")
    page.wait_for_selector("a[data-task]")
    before = page.locator("a[data-task]").evaluate_all("rows => rows.map((row) => row.dataset.task)")
    urgent = desk.start_call(hours_ago=80)
    pill = page.get_by_role("button", name=re.compile(r"\d+ 项新任务"))
    expect(pill).to_be_visible(timeout=12_000)
    assert page.locator("a[data-task]").evaluate_all("rows => rows.map((row) => row.dataset.task)") == before
    pill.click()
    expect(row(page, urgent.customer)).to_be_visible()
    expect(pill).to_have_count(0)


def test_a_task_that_somebody_else_took_is_marked_where_it_stands(open_page: OpenPage, desk: Desk) -> None:
    case = desk.start_call()
    page = open_page("/?view=groups", user="csr")
    expect(row(page, case.customer)).to_be_visible()
    desk.claim(case)
    expect(row(page, case.customer)).to_contain_text("已不在列表中", timeout=12_000)


def test_an_unchanged_list_is_answered_with_304(open_page: OpenPage, desk: Desk) -> None:
    desk.start_call()
    page = open_page("/?view=groups", user="csr")
    page.wait_for_selector("a[data-task]")
    with page.expect_response(
        lambda response: "view=groups" in response.url and response.status == 304, timeout=15_000
    ):
        pass


def test_j_k_enter_and_c_work_without_a_mouse(open_page: OpenPage, desk: Desk) -> None:
    desk.start_call(hours_ago=200)
    desk.start_call(hours_ago=199)
    page = open_page("/?view=groups", user="csr")
    page.wait_for_selector("a[data-task]")
    first, second = page.locator("a[data-task]").nth(0), page.locator("a[data-task]").nth(1)
    page.keyboard.press("j")
    expect(first).to_be_focused()
    page.keyboard.press("j")
    expect(second).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(first).to_have_attribute("aria-current", "true")
    page.keyboard.press("c")
    expect(first).to_contain_text("我")


def test_letters_typed_into_a_field_are_only_letters(open_page: OpenPage, desk: Desk) -> None:
    case = desk.start_call()
    page = open_page(f"/tasks/{case.task_id}?view=groups", user="csr")
    page.get_by_role("button", name="认领").click()
    field = page.get_by_label("意见或建议")
    expect(field).to_be_editable()
    field.click()
    page.keyboard.type("jkc?")
    expect(field).to_have_value("jkc?")
    expect(field).to_be_focused()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_the_question_mark_lists_the_keys(open_page: OpenPage) -> None:
    page = open_page(user="csr")
    page.wait_for_selector("#task-list")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="键盘快捷键")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_an_empty_list_says_where_to_look(open_page: OpenPage) -> None:
    page = open_page(user="opsd2")
    expect(page.get_by_text("没有分派给您的任务。")).to_be_visible()


def test_a_task_that_does_not_exist_is_said_in_words(open_page: OpenPage) -> None:
    page = open_page("/tasks/0190-no-such-task", user="csr")
    expect(page.get_by_role("alert")).to_have_text("任务不存在，或已办结。")


def test_a_server_that_is_away_is_said_and_comes_back(open_page: OpenPage, desk: Desk) -> None:
    desk.start_call()
    page = open_page("/?view=groups", user="csr")
    page.wait_for_selector("a[data-task]")
    page.route("**/api/tasks?*", lambda route: route.abort())
    expect(page.get_by_text("无法连接服务器，正在重试…")).to_be_visible(timeout=12_000)
    page.unroute("**/api/tasks?*")
    expect(page.get_by_text("无法连接服务器，正在重试…")).to_have_count(0, timeout=12_000)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_either_the_list_or_the_task_and_never_scrolls_sideways(
    open_page: OpenPage, desk: Desk, theme: str
) -> None:
    case = desk.start_call()
    page = open_page("/?view=groups", user="csr", width=390, theme=theme)
    row(page, case.customer).click()
    page.wait_for_selector(".fjs-form-field")
    expect(page.locator("#task-list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="返回列表").click()
    expect(page.locator("#task-list")).to_be_visible()
