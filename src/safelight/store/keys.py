"""The hierarchy of keys, workspace › case › subject: destroying one destroys all that was sealed under it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, delete, insert, select

from safelight.errors import IntegrityError, KeyMissingError, SafelightError, UsageError
from safelight.store.sealing import KEY_BYTES, NONCE_BYTES, SCRYPT, ExtendedGcm, Sealer, derive, stretch
from safelight.store.tables import key as key_table

__all__ = ["ROOT", "KeyRing", "Sealer", "WorkspaceKey", "key_path"]

ROOT = "workspace"
"""The parent of keys that the workspace key itself wraps."""

_SCRYPT_MEMORY = 1 << 30
_DEPTH = 8
_MANY = 500
"""Keys read at a time."""


@dataclass(frozen=True, slots=True)
class WorkspaceKey:
    """The root of the hierarchy and the log's signing key; lies in one file outside the workspace."""

    workspace_id: str
    secret: bytes = field(repr=False)
    """32 bytes: wraps the keys of cases."""
    signer: Ed25519PrivateKey = field(repr=False)
    """Signs the checkpoints of the audit log."""

    @classmethod
    def create(cls, folder: Path, workspace_id: str, passphrase: str | None = None) -> WorkspaceKey:
        """Make a new key and write `folder/<workspace_id>.key` (0600), whole or not at all.

        With a passphrase the secrets in it are wrapped (scrypt, AES-256-GCM). UsageError if it exists.
        """
        made = cls(workspace_id, secrets.token_bytes(KEY_BYTES), Ed25519PrivateKey.generate())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = key_path(folder, workspace_id)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_encode(made, passphrase))
                file.flush()
                os.fsync(file.fileno())
            _place(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        return made

    @classmethod
    def load(cls, folder: Path, workspace_id: str, passphrase: str | None = None) -> WorkspaceKey:
        """Read the key file.

        Raises KeyMissingError if there is none or its passphrase was not given, IntegrityError if the
        passphrase is wrong or the file damaged, SafelightError if others can read an unwrapped key.
        """
        path = key_path(folder, workspace_id)
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                data = file.read(1 << 16)
        except FileNotFoundError:
            raise KeyMissingError(
                f"The key of this workspace is not at hand ({path}).",
                "Copy the key file there, or set SAFELIGHT_KEY_FOLDER to the folder that holds it.",
            ) from None
        except OSError as error:
            raise KeyMissingError(
                f"The key of this workspace cannot be read ({path}): {error.strerror}.",
                "Run as the user who owns the key file.",
            ) from error
        made, wrapped = _decode(data, path, workspace_id, passphrase)
        if mode & 0o077 and not wrapped:
            raise SafelightError(
                f"The workspace key can be read by others ({path}).", f"Run `chmod 600 {path}`."
            )
        return made


def key_path(folder: Path, workspace_id: str) -> Path:
    """Where the key file of a workspace lies. UsageError for an id that would leave the folder."""
    if not workspace_id or not all(c.isalnum() or c in "-_" for c in workspace_id):
        raise UsageError(f"{workspace_id!r} is not the id of a workspace.")
    return folder / f"{workspace_id}.key"


class KeyRing:
    """Every other key: 32 random bytes wrapped under its parent, a row in table `key`.

    All methods take the caller's connection, so that a key comes and goes in the caller's transaction.
    What is cached is the unwrapped form of a row; the row is read each time, so a key that was rolled
    back, or destroyed by another process, is never used from the cache.
    """

    def __init__(self, workspace_key: WorkspaceKey) -> None:
        self._root = workspace_key.secret
        self._cache: dict[str, tuple[tuple[str, bytes], bytes, Sealer]] = {}

    def create(self, connection: Connection, key_id: str, parent: str = ROOT) -> Sealer:
        """Make a key and return its sealer. KeyMissingError without its parent, UsageError if it exists."""
        if key_id == ROOT or self._row(connection, key_id) is not None:
            raise UsageError(f"The key {key_id!r} exists already.")
        wrapper = self._secret(connection, parent, 0)
        secret, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
        wrapped = nonce + _wrapping(wrapper).encrypt(nonce, secret, _binding(key_id, parent))
        connection.execute(insert(key_table).values(id=key_id, parent=parent, wrapped=wrapped))
        return self.sealer(connection, key_id)

    def has(self, connection: Connection, key_id: str) -> bool:
        """Is there such a key?"""
        return self._row(connection, key_id) is not None

    def sealer(self, connection: Connection, key_id: str) -> Sealer:
        """Return what seals under `key_id`; KeyMissingError once destroyed. Hold it for a batch."""
        self._secret(connection, key_id, 0)
        return self._cache[key_id][2]

    def sealers(self, connection: Connection, key_ids: Sequence[str]) -> Iterator[tuple[str, Sealer]]:
        """Yield the sealer of each of many keys, in their order, none of them kept; those that are gone are left out.

        For reading a whole gallery: one query for some hundred keys instead of one each, and memory that stays flat.
        """
        parents: dict[str, ExtendedGcm] = {}
        for start in range(0, len(key_ids), _MANY):
            some = key_ids[start : start + _MANY]
            query = select(key_table.c.id, key_table.c.parent, key_table.c.wrapped)
            rows = {
                row[0]: (row[1], row[2]) for row in connection.execute(query.where(key_table.c.id.in_(some)))
            }
            above = {parent for parent, _ in rows.values() if parent not in parents}
            for parent in above:
                parents[parent] = _wrapping(self._secret(connection, parent, 0))
            for key_id in some:
                if key_id in rows:
                    yield key_id, Sealer(_unwrapped(key_id, *rows[key_id], parents[rows[key_id][0]]))

    def destroy(self, connection: Connection, key_id: str) -> int:
        """Delete the key and all below it; return how many. KeyMissingError if it is not there.

        The bytes are gone once the transaction is committed *and* the write-ahead log truncated
        (`PRAGMA wal_checkpoint(TRUNCATE)`), with `PRAGMA secure_delete` on; copies elsewhere are not.
        """
        if self._row(connection, key_id) is None:
            raise _destroyed(key_id)
        doomed, layer = [key_id], [key_id]
        while layer:
            found = connection.scalars(select(key_table.c.id).where(key_table.c.parent.in_(layer)))
            layer = [child for child in found if child not in doomed]
            doomed += layer
        connection.execute(delete(key_table).where(key_table.c.id.in_(doomed)))
        for gone in doomed:
            self._cache.pop(gone, None)
        return len(doomed)

    def _row(self, connection: Connection, key_id: str) -> tuple[str, bytes] | None:
        query = select(key_table.c.parent, key_table.c.wrapped).where(key_table.c.id == key_id)
        row = connection.execute(query).one_or_none()
        return None if row is None else (row[0], row[1])

    def _secret(self, connection: Connection, key_id: str, depth: int) -> bytes:
        if key_id == ROOT:
            return self._root
        row = self._row(connection, key_id)
        if row is None:
            self._cache.pop(key_id, None)
            raise _destroyed(key_id)
        cached = self._cache.get(key_id)
        if cached is not None and cached[0] == row:
            return cached[1]
        parent, wrapped = row
        if depth >= _DEPTH:
            raise IntegrityError(
                f"The key {key_id!r} lies in a loop of keys.", "Restore the store from a backup."
            )
        secret = _unwrapped(key_id, parent, wrapped, _wrapping(self._secret(connection, parent, depth + 1)))
        self._cache[key_id] = (row, secret, Sealer(secret))
        return secret


def _unwrapped(key_id: str, parent: str, wrapped: bytes, wrapper: ExtendedGcm) -> bytes:
    try:
        return wrapper.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _binding(key_id, parent))
    except (InvalidTag, TypeError):  # TypeError: the column holds no bytes
        raise IntegrityError(
            f"The key {key_id!r} does not verify: it was altered, or the workspace key is another one.",
            "Check that the key file belongs to this workspace, or restore the store from a backup.",
        ) from None


def _destroyed(key_id: str) -> KeyMissingError:
    return KeyMissingError(
        f"The key {key_id!r} was destroyed or never existed; what was sealed under it cannot be read.",
        "Erased data cannot be recovered; `safelight audit show` says who erased it and why.",
    )


def _wrapping(secret: bytes) -> ExtendedGcm:
    return ExtendedGcm(derive(secret, "safelight/1/wrap"))


def _binding(key_id: str, parent: str) -> bytes:
    return json.dumps([key_id, parent]).encode()


def _encode(made: WorkspaceKey, passphrase: str | None) -> bytes:
    """The key file: JSON, `secret` is workspace key and Ed25519 seed, 64 bytes, in clear or wrapped."""
    secret = made.secret + made.signer.private_bytes_raw()
    header: dict[str, Any] = {"v": 1, "workspace": made.workspace_id, "kdf": None}
    if passphrase is not None:
        if not passphrase:
            raise UsageError("The passphrase is empty.")
        header["kdf"] = {"name": "scrypt", **SCRYPT, "salt": secrets.token_hex(16)}
        nonce = secrets.token_bytes(NONCE_BYTES)
        secret = nonce + _passphrase_cipher(passphrase, header["kdf"]).encrypt(
            nonce, secret, _context(header)
        )
    return json.dumps({**header, "secret": base64.b64encode(secret).decode()}, indent=1).encode() + b"\n"


def _decode(data: bytes, path: Path, workspace_id: str, passphrase: str | None) -> tuple[WorkspaceKey, bool]:
    damaged = IntegrityError(f"The key file is damaged ({path}).", "Restore it from its backup.")
    try:
        content = json.loads(data)
        header = {name: content[name] for name in ("v", "workspace", "kdf")}
        secret = base64.b64decode(content["secret"], validate=True)
    except (ValueError, KeyError, TypeError):
        raise damaged from None
    if header["v"] != 1 or header["workspace"] != workspace_id:
        raise IntegrityError(
            f"The key file belongs to another workspace or version ({path}).", "Put the right key file there."
        )
    wrapped = header["kdf"] is not None
    if wrapped:
        if passphrase is None:
            raise KeyMissingError(
                "The key of this workspace is protected by a passphrase, and none was given.",
                "Set SAFELIGHT_PASSPHRASE_FILE to a file that holds it.",
            )
        try:
            cipher = _passphrase_cipher(passphrase, header["kdf"])
        except (ValueError, KeyError, TypeError):
            raise damaged from None
        try:
            secret = cipher.decrypt(secret[:NONCE_BYTES], secret[NONCE_BYTES:], _context(header))
        except InvalidTag:
            raise IntegrityError(
                "The passphrase is wrong, or the key file damaged.", "Check the passphrase file."
            ) from None
    if len(secret) != 2 * KEY_BYTES:
        raise damaged
    signer = Ed25519PrivateKey.from_private_bytes(secret[KEY_BYTES:])
    return WorkspaceKey(workspace_id, secret[:KEY_BYTES], signer), wrapped


def _context(header: dict[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True).encode()


def _passphrase_cipher(passphrase: str, kdf: dict[str, Any]) -> ExtendedGcm:
    """Raises ValueError, KeyError or TypeError for parameters that no key file of ours has."""
    n, r, p = int(kdf["n"]), int(kdf["r"]), int(kdf["p"])
    if kdf["name"] != "scrypt" or min(n, r, p) < 1 or 128 * n * r > _SCRYPT_MEMORY or p > 16:
        raise ValueError("parameters of scrypt out of range")
    return ExtendedGcm(stretch(passphrase, bytes.fromhex(kdf["salt"]), n, r, p))


def _place(temporary: Path, path: Path) -> None:
    """Give the finished file its name, never over an existing one."""
    taken = UsageError(f"A key file exists already ({path}).", "Workspace keys are never overwritten.")
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise taken from None
    except OSError:  # a file system without hard links (a FAT stick)
        if path.exists():
            raise taken from None
        temporary.rename(path)
    with contextlib.suppress(OSError):  # some file systems cannot sync a folder
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
