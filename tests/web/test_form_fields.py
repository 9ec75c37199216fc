"""Fields that the follow-up call does not have, with the forms that have them laid into one of its tasks."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, Route, TimeoutError, expect

from tests.web.desk import Case, Desk
from tests.web.mock_api import ROOT

OpenPage = Callable[..., Page]
PNG: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(8)}


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.start_call()


def schema_of(process: str, form: str) -> dict[str, Any]:
    path = ROOT / "processes" / process / "forms" / f"{process}_{form}.form"
    schema: dict[str, Any] = json.loads(path.read_text())
    return schema


def open_with(
    open_page: OpenPage, case: Case, schema: dict[str, Any], sent: list[dict[str, Any]], **reply: Any
) -> Page:
    """The task with another form; what it sends is kept, and answered with the faults given."""
    page = open_page("/", user="csr")

    def with_schema(route: Route) -> None:
        task = route.fetch().json()
        data = reply.get("data", {})
        task |= {"form": {"id": "x", "schema": schema}, "data": data, "masked": reply.get("masked", [])}
        route.fulfill(json=task)

    def keep(route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        sent.append(body["data"])
        route.fulfill(status=400, json={"type": "FormInvalidException", "errors": reply.get("errors", [])})

    page.route(f"**/api/tasks/{case.task_id}", with_schema)
    page.route(f"**/api/tasks/{case.task_id}/complete", keep)
    page.goto(f"/tasks/{case.task_id}")
    page.get_by_role("button", name="认领").click()
    expect(page.get_by_role("button", name="完成")).to_be_visible()
    return page


def only(schema: dict[str, Any], *keys: str) -> dict[str, Any]:
    kept = [part for part in schema["components"] if part.get("key") in keys or part.get("path") in keys]
    return schema | {"components": kept}


def test_a_photo_goes_to_the_server_at_once_and_its_digest_with_the_form(open_page: OpenPage, case: Case) -> None:
    sent: list[dict[str, Any]] = []
    page = open_with(open_page, case, only(schema_of("vehicle_pickup", "walkaround"), "media"), sent)
    photo: FilePayload = {"name": "左前门.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0" + bytes(14)}
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.get_by_role("link", name="左前门.jpg")).to_be_visible()
    page.get_by_role("button", name="完成").click()
    page.wait_for_timeout(300)
    [file] = sent[0]["media"]
    assert len(file["sha256"]) == 64
    assert file["size"] == 18
    assert file["type"] == "image/jpeg"


def test_a_file_is_removed_again_by_name(open_page: OpenPage, case: Case) -> None:
    page = open_with(open_page, case, only(schema_of("vehicle_pickup", "walkaround"), "media"), [])
    page.locator("input[type=file]").set_input_files(PNG)
    page.get_by_role("button", name="移除 a.png").click()
    expect(page.get_by_role("link", name="a.png")).to_have_count(0)


def test_an_upload_that_fails_is_said_at_the_field(open_page: OpenPage, case: Case) -> None:
    page = open_with(open_page, case, only(schema_of("vehicle_pickup", "walkaround"), "media"), [])
    page.route("**/api/attachments*", lambda route: route.abort())
    page.locator("input[type=file]").set_input_files(PNG)
    expect(page.get_by_text("a.png 上传失败。")).to_be_visible()


def test_text_being_typed_survives_the_end_of_an_upload(open_page: OpenPage, case: Case) -> None:
    note = {"type": "textfield", "id": "note", "key": "note", "label": "备注"}
    schema = only(schema_of("vehicle_pickup", "walkaround"), "media")
    schema["components"].append(note)
    page = open_with(open_page, case, schema, [])
    held: list[Route] = []
    page.route("**/api/attachments*", lambda route: held.append(route))
    page.locator("input[type=file]").set_input_files(PNG)
    page.get_by_label("备注").press_sequentially("左前门有划痕")
    stored = {"attachment_id": "1", "sha256": "0" * 64, "size": 16, "type": "image/png"}
    held[0].fulfill(status=201, json=stored)
    expect(page.get_by_role("link", name="a.png")).to_be_visible()
    expect(page.get_by_label("备注")).to_have_value("左前门有划痕")


def test_a_number_is_sent_as_a_number(open_page: OpenPage, case: Case) -> None:
    sent: list[dict[str, Any]] = []
    page = open_with(open_page, case, only(schema_of("vehicle_return", "inspect"), "mileage_in"), sent)
    page.locator(".fjs-form-field-number input").press_sequentially("43210")
    page.get_by_role("button", name="完成").click()
    page.wait_for_timeout(300)
    assert sent == [{"mileage_in": 43210}]


def test_amounts_are_typed_in_yuan_and_sent_in_fen(open_page: OpenPage, case: Case) -> None:
    sent: list[dict[str, Any]] = []
    page = open_with(open_page, case, only(schema_of("complaint", "proposal"), "amount_fen"), sent)
    field = page.locator(".fjs-form-field-amount input")
    field.fill("1,234.5")
    field.blur()
    expect(field).to_have_value("1,234.50")
    page.get_by_role("button", name="完成").click()
    page.wait_for_timeout(300)
    assert sent[0]["amount_fen"] == 123450
    expect(page.locator(".fjs-form-field-amount label")).not_to_contain_text("分")


def test_what_is_no_amount_is_refused_at_the_field(open_page: OpenPage, case: Case) -> None:
    sent: list[dict[str, Any]] = []
    page = open_with(open_page, case, only(schema_of("complaint", "proposal"), "amount_fen"), sent)
    page.locator(".fjs-form-field-amount input").fill("1.234,50")
    page.get_by_role("button", name="完成").click()
    expect(page.get_by_text("请填写数字。")).to_be_visible()
    assert sent == []


def test_a_fault_in_a_row_of_a_list_stands_in_that_row(open_page: OpenPage, case: Case) -> None:
    lines = [
        {"item": name, "labour_hours": 1, "hour_rate_fen": 10000, "material_fen": 500} for name in ("机油", "刹车片")
    ]
    fault = {"field": "lines[1].item", "code": "x", "zh": "第二行不对", "en": "row two is wrong"}
    schema = only(schema_of("reception_to_quote", "prepare_quote"), "lines")
    page = open_with(open_page, case, schema, [], data={"lines": lines}, errors=[fault])
    page.get_by_role("button", name="完成").click()
    expect(page.get_by_text("第二行不对")).to_be_visible()
    faulty = page.locator(".fjs-has-errors input").first
    expect(faulty).to_be_focused()
    expect(faulty).to_have_value("刹车片")
    expect(page.get_by_role("button", name="移除第 2 行")).to_be_visible()


def test_a_fault_outside_the_form_is_said_above_it(open_page: OpenPage, case: Case) -> None:
    fault = {"field": "somewhere_else", "code": "x", "zh": "别处不对", "en": "wrong elsewhere"}
    schema = only(schema_of("complaint", "proposal"), "amount_fen")
    page = open_with(open_page, case, schema, [], errors=[fault])
    page.get_by_role("button", name="完成").click()
    expect(page.get_by_role("alert").filter(has_text="别处不对")).to_be_visible()


def test_a_masked_value_is_shown_and_never_sent_back(open_page: OpenPage, case: Case) -> None:
    sent: list[dict[str, Any]] = []
    contact = {"type": "textfield", "id": "contact", "key": "contact", "label": "联系方式"}
    note = {"type": "textfield", "id": "note", "key": "note", "label": "备注"}
    schema = {"type": "default", "id": "x", "schemaVersion": 19, "components": [contact, note]}
    page = open_with(open_page, case, schema, sent, data={"contact": "138****5678"}, masked=["contact"])
    expect(page.get_by_label("联系方式")).to_have_value("138****5678")
    expect(page.get_by_label("联系方式")).to_be_disabled()
    page.get_by_role("button", name="完成").click()
    page.wait_for_timeout(300)
    assert sent == [{"note": None}]


def test_every_shipped_form_is_shown(open_page: OpenPage, case: Case) -> None:
    schema: dict[str, Any] = {"type": "default", "components": []}
    page = open_with(open_page, case, schema, [])
    unshown = []
    for path in sorted((ROOT / "processes").glob("*/forms/*.form")):
        schema.clear()
        schema.update(json.loads(path.read_text()))
        page.goto(f"/tasks/{case.task_id}")
        fields = page.locator(".marque-form .fjs-form-field").first
        try:
            fields.wait_for(state="attached", timeout=5_000)
        except TimeoutError:
            unshown.append(path.name)
    assert unshown == []
