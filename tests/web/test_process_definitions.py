from collections.abc import Callable

from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]


def test_a_new_case_starts_from_its_form_and_opens_its_first_task(open_page: OpenPage) -> None:
    page = open_page("/new", user="csr")
    page.get_by_role("link", name="回访", exact=True).click()
    page.get_by_label("回访类型").select_option("return")
    page.get_by_role("button", name="现在").click()
    page.get_by_label("业务线").select_option("rental")
    page.get_by_label("客户编号").fill("C-100777")
    page.get_by_role("button", name="开始").click()
    expect(page.get_by_role("heading", name="回访客户")).to_be_visible()
    expect(page.locator("article dl")).to_contain_text("C-100777")


def test_a_start_form_with_a_gap_is_not_sent(open_page: OpenPage) -> None:
    page = open_page("/new/follow_up_call", user="csr")
    page.wait_for_selector(".fjs-form-field")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_label("回访类型")).to_be_focused()
    assert not any("/api/start" in url for url in sent)
