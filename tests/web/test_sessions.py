from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.web.desk import Desk

OpenPage = Callable[..., Page]


def test_a_demo_user_logs_in_with_one_click_and_enter(open_page: OpenPage) -> None:
    page = open_page()
    page.locator(".users button", has=page.get_by_text("css", exact=True)).click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="我的小组")).to_be_visible()


def test_demo_users_are_found_by_role_name(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_placeholder("按角色或用户名查找").fill("客服总监")
    expect(page.locator(".users li")).to_have_count(2)


def test_a_wrong_password_is_said_in_words_and_lets_nobody_in(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_label("用户名", exact=True).fill("css")
    page.get_by_label("密码", exact=True).fill("nonsense")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_have_text("用户名或密码不正确。")
    expect(page.locator("#task-list")).to_have_count(0)


def test_english_is_one_click_away_and_stays(open_page: OpenPage) -> None:
    page = open_page(user="csr")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="My groups")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="My groups")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en-GB")


def test_a_link_to_a_task_survives_the_log_in(open_page: OpenPage, desk: Desk) -> None:
    case = desk.start_call()
    page = open_page(f"/tasks/{case.task_id}", user="csr")
    expect(page.locator("article dl")).to_contain_text(case.customer)


def test_a_session_that_ended_at_the_server_leads_back_to_the_log_in(open_page: OpenPage) -> None:
    page = open_page(user="csr")
    page.context.clear_cookies()
    page.get_by_role("link", name="新建事项").click()
    expect(page.locator("input[name=username]")).to_be_visible()


def test_logging_out_leaves_no_draft_behind(open_page: OpenPage, desk: Desk) -> None:
    case = desk.start_call()
    page = open_page(f"/tasks/{case.task_id}", user="csr")
    page.get_by_role("button", name="认领").click()
    page.get_by_label("短信").check()
    expect(page.locator(f'a[data-task="{case.task_id}"]').or_(page.get_by_role("heading", level=1))).not_to_have_count(
        0
    )
    assert stored(page) != "{}"
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="账户").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.locator("input[name=username]")).to_be_visible()
    assert stored(page) == "{}"


def test_personal_text_never_reaches_any_storage_of_the_browser(open_page: OpenPage, desk: Desk) -> None:
    case = desk.start_call()
    page = open_page(f"/tasks/{case.task_id}", user="csr")
    page.get_by_role("button", name="认领").click()
    page.get_by_label("意见或建议").fill("车内异味，客户王女士")
    page.get_by_label("短信").check()
    page.wait_for_timeout(600)
    kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert "sms" in kept
    assert "王女士" not in kept


def stored(page: Page) -> str:
    page.wait_for_timeout(500)
    script = """JSON.stringify(Object.fromEntries(Object.entries(sessionStorage)
      .filter(([key]) => key.startsWith('marque.draft.'))))"""
    return str(page.evaluate(script))


def test_the_menu_opens_and_closes_without_a_mouse(open_page: OpenPage) -> None:
    page = open_page(user="csr")
    opener = page.get_by_role("button", name="账户")
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="请假代办")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(page.get_by_role("button", name="退出登录")).to_be_hidden()
