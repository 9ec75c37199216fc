"""Attachments: what was uploaded comes back bit by bit, to nobody who lacks the key, and only as what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crm import attachments
from crm.attachments import MAX_BYTES, PIECE, Attachment, AttachmentStore, media_type
from engine.context import SYSTEM_ACTOR
from engine.errors import ExecutionFailed, FormInvalid, InvalidRequest, NotFound
from engine.process_engine import ProcessEngine
from tests.conftest import Deploy
from tests.crm.cases import FRONT, REPAIR, open_case

JPEG = b"\xff\xd8\xff\xe0" + b"picture of a door" * 10


@pytest.fixture
def case(engine: ProcessEngine, deploy: Deploy) -> str:
    deploy(repair__bpmn=REPAIR)
    return open_case(engine)


@pytest.fixture
def store(engine: ProcessEngine) -> AttachmentStore:
    return AttachmentStore(engine.settings.attachments, engine.vault.keystore)  # type: ignore[attr-defined]


def upload(engine: ProcessEngine, store: AttachmentStore, case: str, *chunks: bytes) -> Attachment:
    key = engine.vault.keystore.key_for("customer:K1", engine.clock.now())  # type: ignore[attr-defined]
    stored = store.store(key, chunks)
    return engine.run(FRONT, lambda ctx: attachments.add(ctx, stored, process_instance_id=case))


def download(engine: ProcessEngine, store: AttachmentStore, attachment_id: str) -> bytes:
    with engine.reading(FRONT) as ctx:
        return b"".join(store.read(ctx, attachments.get(ctx, attachment_id)))


def pieces_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, PIECE - len(JPEG), PIECE, 3 * PIECE + 5])
def test_a_file_comes_back_as_it_was(engine: ProcessEngine, store: AttachmentStore, case: str, size: int) -> None:
    body = JPEG + b"x" * size

    made = upload(engine, store, case, body[:7], body[7:100], b"", body[100:])

    assert (made.size, made.type, made.sha256) == (len(body), "image/jpeg", hashlib.sha256(body).hexdigest())
    assert made.created_by == "front"
    assert download(engine, store, made.id) == body


def test_a_file_lies_encrypted_under_the_digest_of_its_bytes(
    engine: ProcessEngine, store: AttachmentStore, case: str
) -> None:
    made = upload(engine, store, case, JPEG)

    (path,) = pieces_of(engine.settings.attachments)
    assert b"picture of a door" not in path.read_bytes()
    assert path.name == made.stored_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_mode & 0o077 == 0


def test_erasing_the_person_makes_the_file_unreadable(engine: ProcessEngine, store: AttachmentStore, case: str) -> None:
    made = upload(engine, store, case, JPEG)

    engine.run(SYSTEM_ACTOR, engine.vault.erase, "customer:K1")  # type: ignore[attr-defined]

    with pytest.raises(NotFound):
        download(engine, store, made.id)


def test_any_change_of_the_stored_file_is_noticed(engine: ProcessEngine, store: AttachmentStore, case: str) -> None:
    made = upload(engine, store, case, JPEG + b"x" * 2 * PIECE)
    (path,) = pieces_of(engine.settings.attachments)
    stored = path.read_bytes()
    sealed, head = attachments.SEALED_PIECE, 11
    swapped = stored[:head] + stored[head + sealed : head + 2 * sealed] + stored[head : head + sealed]
    for changed in (
        stored[:-1] + bytes([stored[-1] ^ 1]),
        stored[: head + sealed],  # the end is cut off where a piece ends
        stored[:40],
        stored[:head],
        swapped + stored[head + 2 * sealed :],
        b"MQA2" + stored[4:],
        stored + b"x",
    ):
        path.write_bytes(changed)
        with pytest.raises(ExecutionFailed, match="altered"):
            download(engine, store, made.id)


def test_a_file_cannot_pass_for_another(engine: ProcessEngine, store: AttachmentStore, case: str) -> None:
    first, second = upload(engine, store, case, JPEG), upload(engine, store, case, JPEG + b"other")

    with engine.reading(FRONT) as ctx, pytest.raises(ExecutionFailed):
        b"".join(store.read(ctx, replace(first, stored_sha256=second.stored_sha256)))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a" * 63, "A" * 64, "..", ""])
def test_nothing_from_outside_becomes_a_path(
    engine: ProcessEngine, store: AttachmentStore, case: str, name: str
) -> None:
    made = upload(engine, store, case, JPEG)

    with engine.reading(FRONT) as ctx, pytest.raises(NotFound):
        store.read(ctx, replace(made, stored_sha256=name))
    with pytest.raises(NotFound):
        store.remove(name)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"plain text",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"GIF89a",
        b"\x00\x00\x00\x18ftypheic",
        b" %PDF-1.7",
    ],
)
def test_other_types_are_refused_and_leave_nothing_behind(
    engine: ProcessEngine, store: AttachmentStore, case: str, body: bytes
) -> None:
    with pytest.raises(InvalidRequest, match="PDF"):
        upload(engine, store, case, body)

    assert pieces_of(engine.settings.attachments) == []


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\xff\xd8\xff\xdb", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", None),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
    ],
)
def test_the_bytes_say_what_a_file_is(head: bytes, found: str | None) -> None:
    assert media_type(head) == found


def test_a_file_that_is_too_large_is_refused_while_it_comes_in(
    engine: ProcessEngine, store: AttachmentStore, case: str
) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield JPEG
        while True:
            sent += 1024 * 1024
            yield bytes(1024 * 1024)

    key = engine.vault.keystore.key_for("customer:K1", engine.clock.now())  # type: ignore[attr-defined]
    with pytest.raises(InvalidRequest, match="25 MB"):
        store.store(key, endless())

    assert sent <= MAX_BYTES + 2 * 1024 * 1024
    assert pieces_of(engine.settings.attachments) == []


def test_a_form_takes_files_of_its_own_case_only(engine: ProcessEngine, store: AttachmentStore, case: str) -> None:
    mine = upload(engine, store, case, JPEG).reference
    other = upload(engine, store, open_case(engine), JPEG).reference

    def required(values: dict[str, Any]) -> None:
        engine.read(FRONT, attachments.require, [case], values)

    required({"media": [mine], "damage": [{"photos": [mine]}], "text": "x"})
    required({"text": "x"})
    for wrong in (other, {**mine, "sha256": "0" * 64}, {**mine, "type": "video/mp4"}, {**mine, "attachment_id": "x"}):
        with pytest.raises(FormInvalid) as invalid:
            required({"damage": [{"photos": [mine, wrong]}]})
        assert [error.field for error in invalid.value.errors] == ["damage"]


def test_files_of_a_case_are_under_the_key_of_its_customer(engine: ProcessEngine, case: str) -> None:
    known = open_case(engine, customer_ref="K7")

    def subject(of: str) -> str:
        return engine.read(FRONT, attachments.key_for_case, engine.vault, of)[1].subject  # type: ignore[arg-type]

    assert subject(known) == "customer:K7"
    assert subject(case) == f"case:{case}"
    with pytest.raises(NotFound):
        subject("no-such")


def test_an_unknown_attachment_is_not_found(engine: ProcessEngine) -> None:
    with pytest.raises(NotFound):
        engine.read(FRONT, attachments.get, "no-such")
