"""Keys of persons: one each, kept wrapped and apart, gone for good when destroyed."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm.keystore import CACHED_FOR, KeyStore, open_keystore
from engine.errors import InvalidRequest
from engine.settings import Settings

NOW = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'keys.db'}"
    found: str = request.getfixturevalue("postgresql_url")
    return found


@pytest.fixture
def wrapping_key() -> bytes:
    return b"k" * 32


def opened(url: str, wrapping_key: bytes) -> KeyStore:
    return KeyStore(url, wrapping_key)


def test_a_subject_has_one_key_in_every_process(url: str, wrapping_key: bytes) -> None:
    first, second = opened(url, wrapping_key), opened(url, wrapping_key)

    key = first.key_for("customer:K1", NOW)

    assert second.key_for("customer:K1", NOW) == key
    assert first.key_for("customer:K2", NOW).secret != key.secret
    assert second.keys({key.id, "unknown"}, NOW) == {key.id: key}
    first.close()
    second.close()


def test_threads_that_race_for_a_new_subject_get_the_same_key(url: str, wrapping_key: bytes) -> None:
    stores = [opened(url, wrapping_key) for _ in range(4)]
    barrier, found = threading.Barrier(8), []

    def ask(store: KeyStore) -> None:
        barrier.wait()
        found.append(store.key_for("customer:K1", NOW).id)

    threads = [threading.Thread(target=ask, args=(stores[n % 4],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    for store in stores:
        store.close()


def test_an_erased_key_is_gone_and_a_returning_person_gets_another(url: str, wrapping_key: bytes) -> None:
    store = opened(url, wrapping_key)
    old = store.key_for("customer:K1", NOW)
    other = store.key_for("customer:K2", NOW)

    assert store.erase("customer:K1", NOW) == 1
    assert store.erase("customer:K1", NOW) == 0

    assert store.keys({old.id, other.id}, NOW) == {other.id: other}
    assert store.key_for("customer:K1", NOW).id != old.id
    store.close()


def test_another_process_forgets_an_erased_key_within_half_a_minute(url: str, wrapping_key: bytes) -> None:
    first, second = opened(url, wrapping_key), opened(url, wrapping_key)
    key = second.key_for("customer:K1", NOW)

    first.erase("customer:K1", NOW)

    assert second.keys({key.id}, NOW + CACHED_FOR) == {}
    assert second.key_for("customer:K1", NOW + CACHED_FOR).id != key.id
    first.close()
    second.close()


def test_a_key_lies_wrapped_and_opens_with_its_master_key_only(tmp_path: Path, wrapping_key: bytes) -> None:
    path = tmp_path / "keys.db"
    store = opened(f"sqlite:///{path}", wrapping_key)
    key = store.key_for("customer:K1", NOW)
    store.close()

    assert key.secret not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert key.secret.hex() not in repr(key)
    wrong = opened(f"sqlite:///{path}", b"x" * 32)
    with pytest.raises(InvalidRequest, match="MARQUE_KEY_FILE"):
        wrong.key_for("customer:K1", NOW)
    wrong.close()


def test_a_wrapped_key_cannot_be_given_to_another_person(tmp_path: Path, wrapping_key: bytes) -> None:
    path = tmp_path / "keys.db"
    store = opened(f"sqlite:///{path}", wrapping_key)
    store.key_for("customer:K1", NOW)
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE person_key SET subject = 'customer:K2'")
    connection.commit()
    connection.close()

    moved = opened(f"sqlite:///{path}", wrapping_key)
    with pytest.raises(InvalidRequest):
        moved.key_for("customer:K2", NOW)
    moved.close()


def test_the_cache_is_bounded(url: str, wrapping_key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.keystore.CACHED_KEYS", 2)
    store = opened(url, wrapping_key)

    keys = [store.key_for(f"customer:K{n}", NOW) for n in range(4)]

    assert len(store._by_id) == len(store._by_subject) == 2
    assert [store.key_for(f"customer:K{n}", NOW + timedelta(seconds=1)) for n in range(4)] == keys
    store.close()


def test_the_key_store_is_a_database_of_its_own(tmp_path: Path) -> None:
    same = f"sqlite:///{tmp_path / 'marque.db'}"

    with pytest.raises(InvalidRequest, match="MARQUE_KEYSTORE_URL"):
        open_keystore(replace(Settings(), database_url=same, keystore_url=same, key_file=tmp_path / "key"))
