"""The access log for those who supervise, and the check of the chains; against a whole server."""

from __future__ import annotations

import json
import re
import urllib.error
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from engine import access_log
from tests.web.desk import Desk
from tests.web.mock_api import DIST

OpenPage = Callable[..., Page]
Someone = Callable[[str], Desk]


def refuse(desk: Desk) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403") as refusal:
        desk.call("GET", "/api/access-log")
    refusal.value.close()


def test_refusals_and_readings_are_listed_and_narrowed(open_house_page: OpenPage, person: Someone) -> None:
    refuse(person("rm"))
    page = open_house_page("/", user="compl")
    page.get_by_role("button", name="账户").click()
    page.get_by_role("link", name="访问日志").click()
    page.get_by_label("用户名").fill("rm")
    page.get_by_label("类别").select_option("accessRefused")
    page.get_by_role("button", name="筛选").click()
    refused = page.locator("tbody tr")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("拒绝访问")
    expect(refused).to_contain_text("GET /api/access-log")
    expect(refused).to_contain_text("缺少权限 AccessLog：read")
    expect(refused).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"))
    assert "kind=accessRefused" in page.url
    page.get_by_role("link", name="清除").click()
    expect(page.get_by_label("用户名")).to_have_value("")
    expect(page.locator("tbody tr")).not_to_have_count(1)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_entry_has_a_name(language: str) -> None:
    known = {*access_log.CHAINS, *access_log.RIGHTS, "personalDataRead", "attachmentRead"}
    texts = (DIST.parent / "src" / "lib" / "texts" / f"{language}.ts").read_text()
    kinds = texts[texts.index("    kinds: {") : texts.index("  adHoc: {")]
    assert known - set(re.findall(r"^ {6}(\w+):", kinds, re.MULTILINE)) == set()


def test_what_roles_were_and_are_stands_in_the_log(open_house_page: OpenPage) -> None:
    page = open_house_page("/", user="compl")
    entry = {"id": "a:1", "at": "2026-10-01T08:00:00.000+0800", "kind": "rolesChanged", "userId": "admin",
             "processInstanceId": None, "details": {"user": "wang", "before": ["CSR"], "roles": ["CSS"]}}  # fmt: skip
    page.route(re.compile(r"/api/access-log\?"), lambda route: route.fulfill(body=json.dumps([entry])))
    page.goto("/access-log")
    expect(page.locator("td.details")).to_contain_text("用户 wang")
    expect(page.locator("td.details")).to_contain_text("原为 客服专员")
    expect(page.locator("td.details")).to_contain_text("角色 客服主管")


def test_a_reading_of_a_case_leads_to_the_case(open_house_page: OpenPage, person: Someone) -> None:
    case = person("csr").start_call()
    person("supv").call("GET", f"/api/instances/{case.instance_id}/path")
    page = open_house_page("/access-log?person=supv", user="pio", language="en")
    entry = page.locator("tbody tr", has_text="Read by privilege").first
    expect(entry).to_contain_text("/api/instances/{instance_id}/path")
    entry.get_by_role("link", name="This case only").click()
    expect(page.get_by_label("Case (instance id)")).to_have_value(case.instance_id)
    page.locator("tbody tr").first.get_by_role("link", name="Where it is").click()
    expect(page).to_have_url(re.compile(f"/instances/{case.instance_id}/path$"))
    page.wait_for_selector(".djs-element.path-current")


def test_no_value_of_a_person_stands_in_the_log(open_house_page: OpenPage, person: Someone) -> None:
    csr = person("csr")
    case = csr.start_call()
    csr.claim(case)
    csr.call("POST", f"/api/tasks/{case.task_id}/attempts", {"data": {"opinion": "王女士的车漏油", "reached": False}})
    person("compl").call("GET", f"/api/tasks/{case.task_id}")
    page = open_house_page("/access-log?person=compl", user="compl")
    expect(page.locator("tbody tr", has_text=case.task_id)).to_be_visible()
    assert "王女士" not in page.content()


def test_days_are_those_of_beijing_and_a_wrong_one_is_said_at_its_field(open_house_page: OpenPage) -> None:
    page = open_house_page("/access-log", user="compl")
    page.get_by_label("自", exact=True).fill("2026-02-30")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_label("自", exact=True)).to_be_focused()
    expect(page.get_by_role("alert")).to_have_text("请按“年-月-日”填写日期。")
    page.get_by_label("自", exact=True).fill("2020/1/1")
    page.get_by_label("至", exact=True).fill("2020-01-02")
    with page.expect_request(re.compile(r"/api/access-log\?")) as asked:
        page.get_by_role("button", name="筛选").click()
    assert "after=2020-01-01T00%3A00%3A00.000%2B0800&before=2020-01-03T00%3A00%3A00.000%2B0800" in asked.value.url
    expect(page.get_by_text("没有符合条件的记录。")).to_be_visible()


def test_a_long_log_is_read_page_by_page(open_house_page: OpenPage) -> None:
    page = open_house_page("/", user="adm", language="en")
    entries = [
        {"id": f"a:{n}", "at": "2026-10-01T08:00:00.000+0800", "kind": "accessRefused", "userId": f"u{n}",
         "processInstanceId": None, "details": {}}
        for n in range(50)
    ]  # fmt: skip
    page.route(re.compile(r"/api/access-log\?"), lambda route: route.fulfill(body=json.dumps(entries)))
    page.route(re.compile(r"/api/access-log/count"), lambda route: route.fulfill(body=json.dumps({"count": 120})))
    page.goto("/access-log")
    expect(page.get_by_text("1–50 of 120")).to_be_visible()
    with page.expect_request(re.compile(r"firstResult=50&maxResults=50")):
        page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("51–100 of 120")).to_be_visible()
    page.get_by_role("link", name="Newer").click()
    expect(page.get_by_text("1–50 of 120")).to_be_visible()


def test_whoever_may_not_read_it_is_told_so_and_is_not_led_there(open_house_page: OpenPage) -> None:
    page = open_house_page("/access-log", user="csr")
    expect(page.get_by_role("alert")).to_have_text("您没有查看访问日志的权限。")
    page.get_by_role("button", name="账户").click()
    expect(page.get_by_role("link", name="请假代办")).to_be_visible()
    expect(page.get_by_role("link", name="访问日志")).to_have_count(0)


def test_the_chains_are_verified_and_it_is_said_what_was_checked(open_house_page: OpenPage) -> None:
    page = open_house_page("/access-log", user="compl", language="en")
    page.get_by_role("button", name="Verify the records").click()
    expect(page.get_by_text(re.compile(r"Intact: \d+ chains with \d+ events checked"))).to_be_visible()
    expect(page.get_by_text("The program alone cannot see: a whole instance removed")).to_be_visible()


def test_what_is_wrong_with_a_chain_is_named(open_house_page: OpenPage) -> None:
    page = open_house_page("/access-log", user="compl")
    fault = {"chainId": "access:read", "seq": 7, "reason": {"zh": "第 7 个事件缺失", "en": "event 7 is missing"}}
    answer = {"intact": False, "chains": 3, "events": 40, "faults": [fault], "blindSpots": []}
    page.route("**/api/audit/verify", lambda route: route.fulfill(body=json.dumps(answer)))
    page.get_by_role("button", name="校验记录").click()
    expect(page.get_by_text("发现 1 处不符")).to_be_visible()
    expect(page.get_by_text("链 access:read，第 7 个事件 第 7 个事件缺失")).to_be_visible()


def test_who_may_read_but_not_verify_is_offered_no_check(open_house_page: OpenPage) -> None:
    page = open_house_page("/access-log", user="pio")
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.get_by_role("button", name="校验记录")).to_have_count(0)
