"""Bearer tokens of the house's identity provider (OpenID Connect): checked here, without asking the provider each time.

Only RS256 and ES256 count, whatever a token says of itself, and only keys of those kinds are taken from the provider:
a public key never serves as a secret. Somebody from there is `oidc-<sub>` here, so that no provider can name one of
the local users, and has the roles of a claim as far as the access matrix knows them, and the branches of another claim.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from engine.errors import InvalidRequest, Unauthenticated
from engine.provided_users import Claims
from engine.settings import Settings
from engine.users import PROVIDED, User, is_id

ALGORITHMS = ("RS256", "ES256")
LEEWAY_SECONDS = 30
KEYS_FOR = timedelta(minutes=10)
# A token with an unknown key lets us look for new keys at most this often.
LOOK_AGAIN = timedelta(minutes=1)
FETCH_SECONDS = 5
UNKNOWN_SECONDS = 1
KEYS_BYTES = 256 * 1024
NAME_LENGTH = 100
_SUBJECT = re.compile(r"[A-Za-z0-9._@-]{1,58}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Provider:
    """Whom we trust: `jwks` is a file or an address of the provider's public keys."""

    issuer: str
    audience: str
    jwks: str
    roles_claim: str
    branches_claim: str


def provider_of(settings: Settings) -> Provider | None:
    """Returns the provider of the settings, if there is one; raises InvalidRequest if it is half given."""
    given = (settings.oidc_issuer, settings.oidc_audience, settings.oidc_jwks)
    if not any(given):
        return None
    if not all(given):
        raise InvalidRequest("MARQUE_OIDC_ISSUER, MARQUE_OIDC_AUDIENCE and MARQUE_OIDC_JWKS belong together")
    address = urlsplit(settings.oidc_jwks)
    if address.scheme == "http" and address.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise InvalidRequest("MARQUE_OIDC_JWKS must be a file or an https address")
    return Provider(*given, settings.oidc_roles_claim, settings.oidc_branches_claim)


class Keys:
    """The public keys of a provider, kept for ten minutes."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._read_at: datetime | None = None
        self._found = KeySet([])

    def current(self, now: datetime, *, unknown: bool = False) -> KeySet:
        """Returns the keys; `unknown` says that a token has a key that they lack, which may be a new one.

        Without an answer of the provider the keys that are known stay in use, and nobody whose key is among them waits
        while another asks: a provider that hangs must not hold all threads. A key that nobody knows, which anybody
        can make up, waits a moment.
        """
        patience = UNKNOWN_SECONDS if unknown else 0
        if not self._lock.acquire(timeout=patience if self._found.keys else FETCH_SECONDS):
            return self._found
        try:
            kept_for = LOOK_AGAIN if unknown else KEYS_FOR
            if self._read_at is None or not timedelta() <= now - self._read_at < kept_for:
                self._read_at = now
                try:
                    self._found = _keys(_read(self._source))
                except (OSError, ValueError, KeyError, TypeError, AttributeError, JoseError) as cause:
                    if not self._found.keys:
                        self._read_at = None
                        raise Unauthenticated("the keys of the identity provider cannot be read") from cause
            return self._found
        finally:
            self._lock.release()


class Tokens:
    """Checks bearer tokens of one provider."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._keys = Keys(provider.jwks)

    def check(self, token: str, now: datetime) -> Claims:
        """Returns what a token claims; raises Unauthenticated in the same words whatever is wrong with it."""
        try:
            claims = self._claims(token, now)
            subject, issued_at = claims["sub"], int(claims["iat"] * 1_000_000)
            if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject) or not is_id(PROVIDED + subject):
                raise ValueError("the subject cannot be an id here")
            if issued_at < 0:
                raise ValueError("nobody issued tokens then")
        except (JoseError, ValueError, KeyError, TypeError, OverflowError) as cause:
            raise Unauthenticated("the token is unknown, expired or revoked") from cause
        paths = self._provider.roles_claim, self._provider.branches_claim
        roles, branches = (texts_of(claims, path) for path in paths)
        user = User(PROVIDED + subject, name_of(claims) or subject, roles, branches=branches)
        return Claims(user, issued_at)

    def _claims(self, token: str, now: datetime) -> Mapping[str, Any]:
        kid = _kid(token)
        keys = self._keys.current(now)
        if all(key.kid != kid for key in keys.keys):
            keys = self._keys.current(now, unknown=True)
        decoded = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._provider.issuer},
            aud={"essential": True, "value": self._provider.audience},
            exp={"essential": True},
            # Without it nobody could tell which of two tokens says what holds now (OpenID Connect Core 1.0, section 2).
            iat={"essential": True},
            sub={"essential": True},
        )
        registry.validate(decoded.claims)
        return decoded.claims


def name_of(claims: Mapping[str, Any]) -> str:
    """Returns the name that colleagues see, without what cannot be printed or turns the text around."""
    name = claims.get("name")
    spaced = " ".join(name.split()) if isinstance(name, str) else ""
    return "".join(one for one in spaced if one.isprintable())[:NAME_LENGTH].strip()


def texts_of(claims: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """Returns the texts of a claim, which may stand inside others: `realm_access.roles`."""
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    listed = value.split() if isinstance(value, str) else value
    if not isinstance(listed, list):
        return ()
    return tuple(sorted({role for role in listed if isinstance(role, str)}))


def _kid(token: str) -> str | None:
    """Returns the name of the key that a token claims; nothing is believed because of it."""
    part = token.partition(".")[0]
    header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    kid = header.get("kid") if isinstance(header, dict) else None
    return kid if isinstance(kid, str) else None


def _read(source: str) -> bytes:
    if urlsplit(source).scheme in {"http", "https"}:
        with urllib.request.urlopen(source, timeout=FETCH_SECONDS) as answer:  # noqa: S310 - http(s) only, see above
            body: bytes = answer.read(KEYS_BYTES + 1)
    else:
        body = Path(source).read_bytes()
    if len(body) > KEYS_BYTES:
        raise ValueError("the keys are too many")
    return body


def _keys(body: bytes) -> KeySet:
    """Returns the RSA and EC keys; secrets and keys of other kinds are left out."""
    listed = json.loads(body)["keys"]
    kinds: dict[str, Any] = {"RSA": RSAKey, "EC": ECKey}
    usable = [one for one in listed if one.get("kty") in kinds and one.get("use", "sig") == "sig"]
    return KeySet([kinds[one["kty"]].import_key(one) for one in usable])
