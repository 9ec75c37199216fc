"""The keys of persons, in a database of their own.

A key is made and committed before its first use, so that no ciphertext can exist whose key a crash took away.
To erase a person is to destroy the key. This store is backed up apart from the main database, so that a restored
main database does not bring an erased person back.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.schema import CreateIndex, CreateTable

from engine.clock import to_micros
from engine.database import Database
from engine.errors import InvalidRequest
from engine.ids import new_id
from engine.keys import derive_key, read_master_key
from engine.settings import Settings

KEY_BYTES = 32
NONCE_BYTES = 12
CACHED_KEYS = 10_000
# Another process may erase a person; a cached key outlives that by at most this long.
CACHED_FOR = timedelta(seconds=30)

metadata = MetaData()

# `wrapped` is the key under the master key, NULL once destroyed. At most one living key per subject.
person_key = Table(
    "person_key",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("subject", String(255), nullable=False),
    Column("wrapped", LargeBinary),
    Column("created_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
)
LIVING = text("wrapped IS NOT NULL")
one_living_key = Index(
    "uq_person_key_living", person_key.c.subject, unique=True, sqlite_where=LIVING, postgresql_where=LIVING
)


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A key of one person; never printed."""

    id: str
    subject: str
    secret: bytes

    def __repr__(self) -> str:
        return f"PersonKey({self.id})"


class KeyStore:
    """Makes, finds and destroys the keys of persons. Safe to share between threads."""

    def __init__(self, url: str, wrapping_key: bytes) -> None:
        self.search_key = derive_key(wrapping_key, "search terms")
        self._database = Database(url)
        self._wrap = AESGCM(wrapping_key)
        self._lock = threading.Lock()
        self._by_subject: OrderedDict[str, tuple[PersonKey, datetime]] = OrderedDict()
        self._by_id: OrderedDict[str, tuple[PersonKey, datetime]] = OrderedDict()
        self._create_table()

    def key_for(self, subject: str, now: datetime) -> PersonKey:
        """Returns the living key of a subject, making and committing one if there is none."""
        cached = self._cached(self._by_subject, subject, now)
        if cached is not None:
            return cached
        key = self._find(subject) or self._make(subject, now)
        self._remember(key, now)
        return key

    def keys(self, ids: set[str], now: datetime) -> dict[str, PersonKey]:
        """Returns the keys that still live, by id; destroyed ones are missing."""
        found = {key_id: self._cached(self._by_id, key_id, now) for key_id in ids}
        keys = {key_id: key for key_id, key in found.items() if key is not None}
        missing = sorted(ids - keys.keys())
        for start in range(0, len(missing), 500):
            for key in self._load(missing[start : start + 500]):
                self._remember(key, now)
                keys[key.id] = key
        return keys

    def erase(self, subject: str, now: datetime) -> int:
        """Destroys all keys of a subject; returns how many lived. Doing it again is harmless."""
        living = person_key.c.subject == subject, person_key.c.wrapped.is_not(None)
        with self._database.write() as connection:
            done = connection.execute(update(person_key).where(*living).values(wrapped=None, erased_at=to_micros(now)))
        with self._lock:
            for cache in (self._by_subject, self._by_id):
                for name in [name for name, (key, _) in cache.items() if key.subject == subject]:
                    del cache[name]
        return done.rowcount

    def erased_subjects(self) -> set[str]:
        """Returns who was erased and has no living key since."""
        living = select(person_key.c.subject).where(person_key.c.wrapped.is_not(None))
        query = select(person_key.c.subject).where(person_key.c.wrapped.is_(None), person_key.c.subject.not_in(living))
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())

    def close(self) -> None:
        """Forgets all keys and closes the connections."""
        with self._lock:
            self._by_subject.clear()
            self._by_id.clear()
        self._database.dispose()

    # ------------------------------------------------------------ database

    def _create_table(self) -> None:
        """Creates the table if it is missing. Of two processes at once one may fail, and tries again."""
        for last in (False, True):
            try:
                with self._database.write() as connection:
                    connection.execute(CreateTable(person_key, if_not_exists=True))
                    connection.execute(CreateIndex(one_living_key, if_not_exists=True))
                return
            except (IntegrityError, OperationalError, ProgrammingError):
                if last:
                    raise

    def _find(self, subject: str) -> PersonKey | None:
        query = select(person_key).where(person_key.c.subject == subject, person_key.c.wrapped.is_not(None))
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return self._unwrapped(row.id, row.subject, row.wrapped) if row else None

    def _load(self, ids: list[str]) -> list[PersonKey]:
        query = select(person_key).where(person_key.c.id.in_(ids), person_key.c.wrapped.is_not(None))
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [self._unwrapped(row.id, row.subject, row.wrapped) for row in rows]

    def _make(self, subject: str, now: datetime) -> PersonKey:
        key = PersonKey(new_id(), subject, AESGCM.generate_key(KEY_BYTES * 8))
        dialect = sqlite if self._database.is_sqlite else postgresql
        statement = dialect.insert(person_key).on_conflict_do_nothing(index_elements=["subject"], index_where=LIVING)
        row = {
            "id": key.id,
            "subject": subject,
            "wrapped": self._wrapped(key),
            "created_at": to_micros(now),
        }
        with self._database.write() as connection:
            connection.execute(statement, [row])
        # Somebody else may have made one at the same moment: the committed one is the key.
        found = self._find(subject)
        if found is None:
            raise InvalidRequest("the person was erased at this moment; try again")
        return found

    # ------------------------------------------------------------ wrapping and caching

    def _wrapped(self, key: PersonKey) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrap.encrypt(nonce, key.secret, _bound(key.id, key.subject))

    def _unwrapped(self, key_id: str, subject: str, wrapped: bytes) -> PersonKey:
        nonce, body = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return PersonKey(key_id, subject, self._wrap.decrypt(nonce, body, _bound(key_id, subject)))
        except InvalidTag as cause:
            raise InvalidRequest(
                f"person key {key_id} does not open; MARQUE_KEY_FILE must be the one it was made with"
            ) from cause

    def _cached(
        self, cache: OrderedDict[str, tuple[PersonKey, datetime]], name: str, now: datetime
    ) -> PersonKey | None:
        with self._lock:
            key, since = cache.get(name, (None, now))
            if key is None or not timedelta() <= now - since < CACHED_FOR:
                return None
            cache.move_to_end(name)
            return key

    def _remember(self, key: PersonKey, now: datetime) -> None:
        with self._lock:
            for cache, name in ((self._by_subject, key.subject), (self._by_id, key.id)):
                cache[name] = (key, now)
                cache.move_to_end(name)
                if len(cache) > CACHED_KEYS:
                    cache.popitem(last=False)


def _bound(key_id: str, subject: str) -> bytes:
    return f"marque:person-key:1\x00{key_id}\x00{subject}".encode()


def open_keystore(settings: Settings) -> KeyStore:
    """Opens the key store of the settings; refuses one inside the main database."""
    if settings.keystore_url == settings.database_url:
        raise InvalidRequest("MARQUE_KEYSTORE_URL must name another database than MARQUE_DATABASE_URL")
    master = read_master_key(settings.key_file)
    return KeyStore(settings.keystore_url, derive_key(master, "person keys"))
