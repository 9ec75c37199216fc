"""The vault: personal values encrypted with AES-256-GCM under a key per person, in the command's transaction.

A ciphertext is bound to its reference, its person and its data class, so that none can be moved to another.
Errors name the reference and never a value.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Row, insert, select

from crm import searches
from crm.keystore import NONCE_BYTES, KeyStore, PersonKey, open_keystore
from crm.models import personal_value
from engine import models
from engine.context import CommandContext
from engine.errors import ExecutionFailed, InvalidRequest
from engine.ids import new_id
from engine.personal_values import DATA_CLASSES, PersonalItem
from engine.settings import Settings
from engine.values import PersonalRef, Value, decode, encode

ROWS_PER_QUERY = 500


class PersonVault:
    """The engine's Vault, over `personal_value` and the key store."""

    def __init__(self, keystore: KeyStore) -> None:
        self.keystore = keystore

    def put(self, ctx: CommandContext, *, subject: str, data_class: str, value: Value) -> PersonalRef:
        """Stores one value and returns what stands for it."""
        return self.put_many(ctx, [PersonalItem(subject, data_class, value)])[0]

    def put_many(self, ctx: CommandContext, items: Sequence[PersonalItem]) -> list[PersonalRef]:
        """Stores several values with one statement; the references come in the order of the items."""
        if not items:
            return []
        rows = [self._row(ctx, item) for item in items]
        ctx.connection.execute(insert(personal_value), rows)
        return [PersonalRef(row["ref"], _digest(row["ciphertext"]), row["data_class"]) for row in rows]

    def get_many(self, ctx: CommandContext, refs: Iterable[PersonalRef]) -> dict[str, Value]:
        """Returns ref -> value; None for a value that was erased or deleted.

        Raises ExecutionFailed if a stored value is not the one that its reference was made for.
        """
        wanted = {ref.ref: ref for ref in refs}
        rows = list(_rows(ctx, sorted(wanted)))
        keys = self.keystore.keys({row.key_id for row in rows}, ctx.now)
        values: dict[str, Value] = dict.fromkeys(wanted)
        for row in rows:
            _check(row, wanted[row.ref])
            if row.key_id in keys:
                values[row.ref] = _decrypted(row, keys[row.key_id])
        return values

    def erase(self, ctx: CommandContext, subject: str) -> int:
        """Destroys the keys of a person, at once: all values and files of the person are then unreadable.

        Irreversible whatever becomes of the transaction; run again, a command finds nothing left to do.
        """
        searches.forget(ctx, subject)
        return self.keystore.erase(subject, ctx.now)

    def index(self, ctx: CommandContext, *, subject: str, root_id: str, values: Mapping[str, Any]) -> None:
        """Lets the case be found by what is searched for among these values; see crm/searches.py."""
        searches.index(ctx, self.keystore.search_key, subject=subject, root_id=root_id, values=values)

    def erase_customer(self, ctx: CommandContext, customer_ref: str) -> int:
        """Destroys the keys of a customer and of the cases that began before the customer was known; see `erase`."""
        table = models.process_instance
        cases = select(table.c.root_id).where(table.c.customer_ref == customer_ref).distinct()
        roots = ctx.connection.execute(cases).scalars().all()
        subjects = [customer_subject(customer_ref), *(case_subject(root) for root in roots)]
        return sum(self.erase(ctx, subject) for subject in subjects)

    def close(self) -> None:
        """Forgets all keys."""
        self.keystore.close()

    def _row(self, ctx: CommandContext, item: PersonalItem) -> dict[str, Any]:
        if item.data_class not in DATA_CLASSES:
            raise InvalidRequest(f"{item.data_class} is no data class")
        if not item.subject:
            raise InvalidRequest("a personal value needs a subject: the customer, else the case")
        key = self.keystore.key_for(item.subject, ctx.now)
        ref, nonce = new_id(), os.urandom(NONCE_BYTES)
        bound = _bound(ref, item.subject, item.data_class)
        return {
            "ref": ref,
            "subject": item.subject,
            "data_class": item.data_class,
            "key_id": key.id,
            "ciphertext": nonce + AESGCM(key.secret).encrypt(nonce, encode(item.value), bound),
            "created_at": ctx.now_micros,
        }


def customer_subject(customer_ref: str) -> str:
    """Returns whose key a customer's values are under."""
    return f"customer:{customer_ref}"


def case_subject(root_id: str) -> str:
    """Returns whose key the values of a case without a known customer are under."""
    return f"case:{root_id}"


def open_vault(settings: Settings) -> PersonVault:
    """Opens the vault of the settings."""
    return PersonVault(open_keystore(settings))


def _rows(ctx: CommandContext, refs: list[str]) -> Iterator[Row[Any]]:
    for start in range(0, len(refs), ROWS_PER_QUERY):
        chunk = refs[start : start + ROWS_PER_QUERY]
        yield from ctx.connection.execute(select(personal_value).where(personal_value.c.ref.in_(chunk)))


def _check(row: Row[Any], ref: PersonalRef) -> None:
    if row.data_class != ref.data_class or _digest(row.ciphertext) != ref.digest:
        raise ExecutionFailed(f"the personal value {ref.ref} was altered", code="personalValueAltered")


def _decrypted(row: Row[Any], key: PersonKey) -> Value:
    nonce, sealed = row.ciphertext[:NONCE_BYTES], row.ciphertext[NONCE_BYTES:]
    try:
        return decode(AESGCM(key.secret).decrypt(nonce, sealed, _bound(row.ref, row.subject, row.data_class)))
    except InvalidTag as cause:
        raise ExecutionFailed(f"the personal value {row.ref} was altered", code="personalValueAltered") from cause


def _bound(ref: str, subject: str, data_class: str) -> bytes:
    """Returns what a ciphertext is bound to: format, reference, person and class."""
    return "\x00".join(["marque:personal:1", ref, subject, data_class]).encode()


def _digest(ciphertext: bytes) -> str:
    return hashlib.sha256(ciphertext).hexdigest()
