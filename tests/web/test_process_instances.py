from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.desk import Case, Desk

OpenPage = Callable[..., Page]


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.start_call()


def visual(page: Page, element_id: str) -> tuple[str, float]:
    """Colour and width of the line that draws an element."""
    script = "(e) => { const s = getComputedStyle(e); return [s.stroke, parseFloat(s.strokeWidth)] }"
    drawn = ":is(rect, path[d], circle, polygon)"
    shape = page.locator(f'.djs-element[data-element-id="{element_id}"] > .djs-visual > {drawn}').first
    colour, width = shape.evaluate(script)
    return colour, width


def test_the_path_taken_differs_in_colour_and_in_width(open_page: OpenPage, case: Case) -> None:
    page = open_page(f"/instances/{case.instance_id}/path", user="csr")
    page.wait_for_selector(".djs-element.path-current")
    taken, ahead = visual(page, "open_deadline_to_call"), visual(page, "call_to_reached")
    done, current, later = visual(page, "open_deadline"), visual(page, "call"), visual(page, "department_answer")
    assert taken[0] != ahead[0]
    assert taken[1] > ahead[1]
    assert len({done[0], current[0], later[0]}) == 3
    assert current[1] > done[1] > later[1]
    expect(page.get_by_text("当前：回访客户")).to_be_visible()


def test_the_diagram_speaks_english(open_page: OpenPage, case: Case) -> None:
    page = open_page(f"/instances/{case.instance_id}/path", user="csr", language="en")
    expect(page.get_by_text("Now: Call the customer back")).to_be_visible()
    expect(page.locator(".djs-container text", has_text="Reached?")).to_be_visible()


def test_the_way_leads_from_the_task_to_its_path_and_back(open_page: OpenPage, case: Case) -> None:
    page = open_page(f"/tasks/{case.task_id}", user="csr")
    page.get_by_role("link", name="流程位置").click()
    page.wait_for_selector(".djs-element.path-current")
    page.get_by_role("link", name="返回任务").click()
    expect(page).to_have_url(f"/tasks/{case.task_id}")


def test_what_was_said_of_the_task_is_not_said_of_its_path(open_page: OpenPage, case: Case) -> None:
    page = open_page(f"/tasks/{case.task_id}", user="csr")
    page.get_by_role("button", name="认领").click()
    said = page.locator(".announcements p")
    expect(said).to_have_count(1)
    page.get_by_role("link", name="流程位置").click()
    page.wait_for_selector(".djs-element.path-current")
    expect(said).to_have_count(0, timeout=1_000)


def test_an_instance_that_does_not_exist_is_said_in_words(open_page: OpenPage) -> None:
    page = open_page("/instances/no-such-instance/path", user="csr")
    expect(page.get_by_role("alert")).to_contain_text("找不到该流程实例")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_the_watermark_of_the_diagram_is_fully_visible(open_page: OpenPage, case: Case, theme: str, width: int) -> None:
    page = open_page(f"/instances/{case.instance_id}/path", user="csr", theme=theme, width=width)
    mark = page.locator(".bjs-powered-by")
    expect(mark).to_be_in_viewport(ratio=1)
    box = mark.bounding_box()
    assert box is not None
    corners = [(box["x"] + 8, box["y"] + 8), (box["x"] + box["width"] - 8, box["y"] + box["height"] - 8)]
    for x, y in corners:
        assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).closest('.bjs-powered-by') !== null", [x, y])
