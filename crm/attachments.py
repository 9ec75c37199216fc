"""Attachments: uploaded photos, videos and documents, encrypted in a folder under the key of the person.

A file is read as a stream, cut into pieces of 64 KiB and each piece sealed with AES-256-GCM (a STREAM construction:
number and finality of a piece are in its nonce, so none can be left out, swapped or moved to another file). The
encrypted file is named by its own SHA-256; nothing of a path comes from outside. To erase a person makes the files
unreadable, too.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert, select

from crm.keystore import KeyStore, PersonKey
from crm.models import attachment
from crm.vault import PersonVault, case_subject, customer_subject
from engine import models
from engine.context import CommandContext
from engine.errors import ExecutionFailed, FieldError, FormInvalid, InvalidRequest, NotFound
from engine.ids import new_id
from engine.settings import Settings

MAX_BYTES = 25 * 1024 * 1024
PIECE = 64 * 1024
SEALED_PIECE = PIECE + 16  # the tag of GCM
MAGIC = b"MQA1"
PREFIX_BYTES = 7
HEAD_BYTES = 64  # enough to know a type by

_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file. `sha256` and `size` are of the file as uploaded; `type` is what its bytes say, not its sender."""

    id: str
    process_instance_id: str
    subject: str
    key_id: str
    type: str
    size: int
    sha256: str
    stored_sha256: str
    created_at: int
    created_by: str

    @property
    def reference(self) -> dict[str, Any]:
        """What a form's file field holds."""
        return {"attachment_id": self.id, "sha256": self.sha256, "size": self.size, "type": self.type}


COLUMNS = [attachment.c[name] for name in Attachment.__slots__]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies encrypted in the folder and has no row yet."""

    id: str
    key: PersonKey
    type: str
    size: int
    sha256: str
    stored_sha256: str


class AttachmentStore:
    """The folder of encrypted files. Storing needs no transaction: `add` makes the row afterwards."""

    def __init__(self, folder: Path, keystore: KeyStore) -> None:
        self._folder = folder
        self._keystore = keystore

    def store(self, key: PersonKey, chunks: Iterable[bytes]) -> StoredFile:
        """Encrypts a stream into the folder. Raises InvalidRequest if it is too large or of no allowed type."""
        self._folder.mkdir(parents=True, exist_ok=True)
        file_id = new_id()
        temporary = self._folder / f"{file_id}.part"
        try:
            with temporary.open("xb") as target:
                os.chmod(temporary, 0o600)
                stored = _encrypt(target, chunks, file_id=file_id, key=key)
                target.flush()
                os.fsync(target.fileno())
            path = self._path(stored.stored_sha256)
            path.parent.mkdir(exist_ok=True)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        return stored

    def read(self, ctx: CommandContext, found: Attachment) -> Iterator[bytes]:
        """Yields the file as uploaded, piece by piece. Raises NotFound if its person was erased, ExecutionFailed before
        the first piece if the file is not the one that was stored."""
        key = self._keystore.keys({found.key_id}, ctx.now).get(found.key_id)
        path = self._path(found.stored_sha256)
        if key is None or not path.is_file():
            raise NotFound(f"the file of attachment {found.id} was deleted")
        with path.open("rb") as stored:
            if hashlib.file_digest(stored, "sha256").hexdigest() != found.stored_sha256:
                raise _altered(found)
        return _decrypt(path, found, key)

    def remove(self, stored_sha256: str) -> None:
        """Deletes a file, for instance one whose row could not be written."""
        with contextlib.suppress(FileNotFoundError):
            self._path(stored_sha256).unlink()

    def _path(self, stored_sha256: str) -> Path:
        if not _NAME.fullmatch(stored_sha256):
            raise NotFound("there is no such file")
        return self._folder / stored_sha256[:2] / stored_sha256


def open_attachments(settings: Settings, vault: PersonVault) -> AttachmentStore:
    """Opens the folder of the settings."""
    return AttachmentStore(settings.attachments, vault.keystore)


def key_for_case(ctx: CommandContext, vault: PersonVault, process_instance_id: str) -> tuple[str, PersonKey]:
    """Returns the root of a case and the key that its files are encrypted under: the customer's, else the case's.

    Raises NotFound if there is no such case.
    """
    table = models.process_instance
    query = select(table.c.root_id, table.c.customer_ref).where(table.c.id == process_instance_id)
    row = ctx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no process instance {process_instance_id}")
    subject = customer_subject(row.customer_ref) if row.customer_ref else case_subject(row.root_id)
    return row.root_id, vault.keystore.key_for(subject, ctx.now)


def add(ctx: CommandContext, stored: StoredFile, *, process_instance_id: str) -> Attachment:
    """Writes the row of a stored file."""
    row = Attachment(
        id=stored.id,
        process_instance_id=process_instance_id,
        subject=stored.key.subject,
        key_id=stored.key.id,
        type=stored.type,
        size=stored.size,
        sha256=stored.sha256,
        stored_sha256=stored.stored_sha256,
        created_at=ctx.now_micros,
        created_by=ctx.actor.user_id,
    )
    ctx.connection.execute(insert(attachment).values(**{name: getattr(row, name) for name in row.__slots__}))
    return row


def get(ctx: CommandContext, attachment_id: str) -> Attachment:
    """Returns an attachment; raises NotFound."""
    row = ctx.connection.execute(select(*COLUMNS).where(attachment.c.id == attachment_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no attachment {attachment_id}")
    return Attachment(*row)


def require(ctx: CommandContext, process_instance_ids: Iterable[str], values: Mapping[str, Any]) -> None:
    """Raises FormInvalid if a submitted file is not, with this digest, an attachment of the case."""
    wanted = [(name, file) for name, value in values.items() for file in _files(value)]
    if not wanted:
        return
    ids = {file["attachment_id"] for _, file in wanted}
    rows = ctx.connection.execute(
        select(*COLUMNS).where(
            attachment.c.id.in_(ids), attachment.c.process_instance_id.in_(list(process_instance_ids))
        )
    )
    known = {row.id: Attachment(*row).reference for row in rows}
    wrong = {name for name, file in wanted if not _agrees(file, known.get(file["attachment_id"]))}
    if wrong:
        zh, en = "文件未上传到本个案", "the file was not uploaded to this case"
        raise FormInvalid([FieldError(name, "file", zh, en) for name in sorted(wrong)])


def _files(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if "attachment_id" in value:
            yield value
        for item in value.values():
            yield from _files(item)
    elif isinstance(value, list):
        for item in value:
            yield from _files(item)


def _agrees(file: Mapping[str, Any], known: Mapping[str, Any] | None) -> bool:
    return known is not None and all(file.get(name) == wanted for name, wanted in known.items())


# ------------------------------------------------------------ types


def media_type(head: bytes) -> str | None:
    """Returns the type that a file's first bytes show, None if it is none of the allowed ones."""
    for start, found in ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (_PNG, "image/png")):
        if head.startswith(start):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _film(head[8:12])
    return None


_PNG = b"\x89PNG\r\n\x1a\n"


def _film(brand: bytes) -> str | None:
    """ISO 14496-12: the major brand tells a film of a camera from a still (HEIC, AVIF), which is not allowed."""
    if brand == b"qt  ":
        return "video/quicktime"
    known = brand[:3] in (b"iso", b"mp4", b"avc", b"M4V") or brand in (b"MSNV", b"dash")
    return "video/mp4" if known else None


# ------------------------------------------------------------ encryption


def _encrypt(target: IO[bytes], chunks: Iterable[bytes], *, file_id: str, key: PersonKey) -> StoredFile:
    cipher, prefix, bound = AESGCM(key.secret), os.urandom(PREFIX_BYTES), _bound(file_id, key.subject)
    plain, stored = hashlib.sha256(), hashlib.sha256()
    size, found = 0, None

    def write(body: bytes) -> None:
        stored.update(body)
        target.write(body)

    write(MAGIC + prefix)
    for number, (piece, last) in enumerate(_pieces(chunks)):
        if number == 0:
            found = media_type(piece[:HEAD_BYTES])
        if found is None:
            raise InvalidRequest("only PDF, JPEG, PNG, WebP, MP4 and MOV files are taken")
        size += len(piece)
        if size > MAX_BYTES:
            raise InvalidRequest(f"a file has at most {MAX_BYTES // 1024 // 1024} MB")
        plain.update(piece)
        write(cipher.encrypt(_nonce(prefix, number, last=last), piece, bound))
    assert found is not None, "there is always a first piece"
    return StoredFile(file_id, key, found, size, plain.hexdigest(), stored.hexdigest())


def _pieces(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yields pieces of 64 KiB and whether each is the last; an empty stream is one empty piece."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > PIECE:
            yield bytes(waiting[:PIECE]), False
            del waiting[:PIECE]
    yield bytes(waiting), True


def _decrypt(path: Path, found: Attachment, key: PersonKey) -> Iterator[bytes]:
    cipher, bound = AESGCM(key.secret), _bound(found.id, found.subject)
    with path.open("rb") as source:
        magic, prefix = source.read(len(MAGIC)), source.read(PREFIX_BYTES)
        if magic != MAGIC:
            raise _altered(found)
        sealed, number, last = source.read(SEALED_PIECE), 0, False
        while not last:
            following = source.read(SEALED_PIECE)
            last = not following
            try:
                yield cipher.decrypt(_nonce(prefix, number, last=last), sealed, bound)
            except InvalidTag as cause:
                raise _altered(found) from cause
            sealed, number = following, number + 1


def _altered(found: Attachment) -> ExecutionFailed:
    return ExecutionFailed(f"the file of attachment {found.id} was altered", code="attachmentAltered")


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _bound(file_id: str, subject: str) -> bytes:
    return f"marque:attachment:1\x00{file_id}\x00{subject}".encode()
