"""Keys: one file outside the workspace, a hierarchy in it, and destruction that is final."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, select, text, update

from safelight.errors import IntegrityError, KeyMissingError, SafelightError, UsageError
from safelight.store.database import Database
from safelight.store.keys import KeyRing, WorkspaceKey, key_path
from safelight.store.tables import key, metadata


@pytest.fixture(scope="module")
def workspace_key(tmp_path_factory: pytest.TempPathFactory) -> WorkspaceKey:
    return WorkspaceKey.create(tmp_path_factory.mktemp("keys"), "W-1")


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_the_key_file_is_for_its_owner_alone_and_opens_again(tmp_path: Path) -> None:
    made = WorkspaceKey.create(tmp_path / "keys", "W-1")
    path = key_path(tmp_path / "keys", "W-1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["W-1.key"]
    again = WorkspaceKey.load(tmp_path / "keys", "W-1")
    assert again.secret == made.secret
    assert again.signer.private_bytes_raw() == made.signer.private_bytes_raw()
    assert made.secret.hex() not in repr(made)


def test_an_existing_key_file_is_never_overwritten(tmp_path: Path) -> None:
    made = WorkspaceKey.create(tmp_path, "W-1")
    with pytest.raises(UsageError, match="exists"):
        WorkspaceKey.create(tmp_path, "W-1")
    assert WorkspaceKey.load(tmp_path, "W-1").secret == made.secret


def test_a_passphrase_wraps_both_secrets(tmp_path: Path) -> None:
    made = WorkspaceKey.create(tmp_path, "W-1", "correct horse é")
    content = json.loads(key_path(tmp_path, "W-1").read_text())
    assert content["kdf"]["name"] == "scrypt"
    assert made.secret.hex() not in key_path(tmp_path, "W-1").read_bytes().hex()
    assert WorkspaceKey.load(tmp_path, "W-1", "correct horse é").secret == made.secret
    with pytest.raises(IntegrityError, match="passphrase is wrong"):
        WorkspaceKey.load(tmp_path, "W-1", "battery staple")
    with pytest.raises(KeyMissingError, match="protected by a passphrase"):
        WorkspaceKey.load(tmp_path, "W-1")


def test_a_missing_key_file_says_where_it_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(KeyMissingError, match="not at hand") as caught:
        WorkspaceKey.load(tmp_path, "W-1")
    assert "SAFELIGHT_KEY_FOLDER" in caught.value.hint


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    WorkspaceKey.create(tmp_path, "W-1")
    key_path(tmp_path, "W-1").chmod(0o640)
    with pytest.raises(SafelightError, match="read by others"):
        WorkspaceKey.load(tmp_path, "W-1")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"null", b"\xff", b'{"v":1,"workspace":"W-1","kdf":null,"secret":"AA=="}',
        b'{"v":1,"workspace":"W-2","kdf":null,"secret":"AA=="}', b'{"v":1,"workspace":"W-1","kdf":null,"secret":5}',
        b'{"v":1,"workspace":"W-1","kdf":{"name":"scrypt","n":1099511627776,"r":8,"p":1,"salt":""},"secret":"AA=="}',
        b'{"v":1,"workspace":"W-1","kdf":{"name":"scrypt","n":3,"r":8,"p":1,"salt":""},"secret":"AA=="}',
        b'{"v":1,"workspace":"W-1","kdf":[],"secret":"AA=="}',
        b'{"v":1,"workspace":"W-1","kdf":{"name":"scrypt","n":2,"r":8,"p":1,"salt":""},"secret":"AA=="}',
    ],
)  # fmt: skip
def test_a_damaged_key_file_is_an_integrity_error(tmp_path: Path, content: bytes) -> None:
    key_path(tmp_path, "W-1").write_bytes(content)
    key_path(tmp_path, "W-1").chmod(0o600)
    with pytest.raises(IntegrityError):
        WorkspaceKey.load(tmp_path, "W-1", "passphrase")


@pytest.mark.parametrize("workspace_id", ["", "../x", "a/b", "a\0", "."])
def test_an_id_that_would_leave_the_folder_is_refused(tmp_path: Path, workspace_id: str) -> None:
    with pytest.raises(UsageError):
        key_path(tmp_path, workspace_id)


def test_keys_hang_below_each_other(connection: Connection, workspace_key: WorkspaceKey) -> None:
    ring = KeyRing(workspace_key)
    ring.create(connection, "case")
    sealed = ring.create(connection, "person", "case").seal(b"name", b"x")
    again = KeyRing(workspace_key)
    assert again.sealer(connection, "person").unseal(sealed, b"x") == b"name"
    with pytest.raises(IntegrityError):
        again.sealer(connection, "case").unseal(sealed, b"x")


def test_destroying_a_key_destroys_all_below_it(connection: Connection, workspace_key: WorkspaceKey) -> None:
    ring = KeyRing(workspace_key)
    for name, parent in (("a", "workspace"), ("b", "workspace"), ("a1", "a"), ("a2", "a"), ("a11", "a1")):
        ring.create(connection, name, parent)
    assert ring.destroy(connection, "a") == 4
    assert connection.scalars(select(key.c.id)).all() == ["b"]
    for gone in ("a", "a1", "a2", "a11"):
        with pytest.raises(KeyMissingError, match="destroyed"):
            ring.sealer(connection, gone)
    with pytest.raises(KeyMissingError):
        ring.destroy(connection, "a")
    with pytest.raises(KeyMissingError):
        ring.create(connection, "a3", "a")
    ring.sealer(connection, "b")


def test_a_key_made_again_under_an_old_name_is_another_key(
    connection: Connection, workspace_key: WorkspaceKey
) -> None:
    ring = KeyRing(workspace_key)
    sealed = ring.create(connection, "case").seal(b"x", b"")
    ring.destroy(connection, "case")
    with pytest.raises(IntegrityError):
        ring.create(connection, "case").unseal(sealed, b"")


def test_a_key_is_made_once(connection: Connection, workspace_key: WorkspaceKey) -> None:
    ring = KeyRing(workspace_key)
    ring.create(connection, "case")
    for name in ("case", "workspace"):
        with pytest.raises(UsageError, match="exists"):
            ring.create(connection, name)


def test_a_key_that_was_rolled_back_is_not_used_from_the_cache(
    connection: Connection, workspace_key: WorkspaceKey
) -> None:
    ring = KeyRing(workspace_key)
    ring.create(connection, "case")
    connection.rollback()
    with pytest.raises(KeyMissingError):
        ring.sealer(connection, "case")


def test_a_key_moved_to_another_name_or_parent_does_not_open(
    connection: Connection, workspace_key: WorkspaceKey
) -> None:
    ring = KeyRing(workspace_key)
    ring.create(connection, "a")
    ring.create(connection, "b")
    ring.create(connection, "a1", "a")
    for change in (
        update(key).where(key.c.id == "a1").values(parent="b"),
        update(key).values(wrapped=b"short"),
        update(key).values(wrapped=text("'text'")),
    ):
        connection.execute(change)
        with pytest.raises(IntegrityError):
            KeyRing(workspace_key).sealer(connection, "a1")


def test_keys_in_a_loop_are_an_integrity_error(connection: Connection, workspace_key: WorkspaceKey) -> None:
    ring = KeyRing(workspace_key)
    ring.create(connection, "a")
    connection.execute(update(key).values(parent="a"))
    with pytest.raises(IntegrityError, match="loop"):
        KeyRing(workspace_key).sealer(connection, "a")
    assert ring.destroy(connection, "a") == 1


def test_after_destruction_the_wrapped_key_is_in_no_file_of_the_store(
    tmp_path: Path, workspace_key: WorkspaceKey
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'safelight.db'}")
    metadata.create_all(database.engine)
    ring = KeyRing(workspace_key)
    with database.transaction() as connection:
        ring.create(connection, "case")
        ring.create(connection, "person", "case")
    with database.transaction() as connection:
        wrapped = connection.scalars(select(key.c.wrapped)).all()
    assert len(wrapped) == 2
    with database.transaction() as connection:
        ring.destroy(connection, "case")
    database.shrink_wal()
    database.close()
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert not any(one in data or one[24:] in data for one in wrapped), path


def test_many_sealers_come_in_their_order_without_those_that_are_gone(
    connection: Connection, workspace_key: WorkspaceKey
) -> None:
    ring = KeyRing(workspace_key)
    ring.create(connection, "case")
    names = [f"person:{number}" for number in range(1200)]
    sealed = {name: ring.create(connection, name, "case").seal(name.encode(), b"test") for name in names}
    ring.destroy(connection, "person:7")
    found = dict(KeyRing(workspace_key).sealers(connection, names))
    assert list(found) == [name for name in names if name != "person:7"]
    assert all(one.unseal(sealed[name], b"test") == name.encode() for name, one in found.items())


def test_a_key_is_there_until_it_is_destroyed(connection: Connection, workspace_key: WorkspaceKey) -> None:
    ring = KeyRing(workspace_key)
    ring.create(connection, "case")
    assert ring.has(connection, "case")
    ring.destroy(connection, "case")
    assert not ring.has(connection, "case")
