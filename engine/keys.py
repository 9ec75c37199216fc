"""The master key: one file, made once, from which a key per purpose is derived. It never enters the database."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.errors import InvalidRequest

KEY_BYTES = 32


def read_master_key(path: Path) -> bytes:
    """Returns the 32 bytes of the key file, which is made with mode 0600 if it does not exist."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Another process may make the file at the same moment; then its key is the one.
        with contextlib.suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(KEY_BYTES))
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError as cause:
        raise InvalidRequest(f"{path} is no key file: it must hold {2 * KEY_BYTES} hexadecimal digits") from cause
    if len(key) != KEY_BYTES:
        raise InvalidRequest(f"{path} is no key file: it must hold {2 * KEY_BYTES} hexadecimal digits")
    return key


def derive_key(master: bytes, purpose: str) -> bytes:
    """Returns 32 bytes for one purpose (HKDF-SHA-256, RFC 5869), so that no key serves two."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"marque:" + purpose.encode()).derive(master)
