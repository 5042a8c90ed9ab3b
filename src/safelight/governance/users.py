"""Who acts: the login, or a person who proves to be somebody else by their own passphrase or key.

A person's identity is an Ed25519 public key in the store. The private half is derived from a passphrase
(scrypt, RFC 7914; the salt is in the store) or lies in a key file of their own (`ssh-keygen -t ed25519`, or PEM).
Neither is ever stored here.
"""

from __future__ import annotations

import os
import pwd
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from safelight.errors import KeyMissingError, RefusedError, UsageError
from safelight.store.sealing import SCRYPT, stretch
from safelight.store.tables import user

GROUND = "identity"
"""The ground of every refusal that concerns who acts."""
SHORTEST = 12
"""Characters of a passphrase: online guessing costs 0.3 s a try, but the store may be stolen."""
_KEY_FILE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person gives to show who they are: a passphrase, or a key file (which a passphrase may open)."""

    passphrase: str | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The acting user as events carry them; `problem` says why they may not act."""

    name: str
    proven: bool
    """Proven by the login or by a key, not only claimed."""
    problem: str = ""
    hint: str = ""

    def check(self) -> None:
        """Raise RefusedError (ground `identity`) where this person may not act."""
        if self.problem:
            raise RefusedError(self.problem, GROUND, self.hint)


@dataclass(frozen=True, slots=True)
class User:
    """A person whose public key the workspace knows."""

    name: str
    by: str
    """How they prove it: `passphrase` or `key`."""
    fingerprint: str
    """SHA-256 of the public key, hexadecimal."""
    added_by: str
    added_at: str


def os_account() -> str:
    """The login: the name of the account this process runs under, whatever the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@lru_cache(maxsize=1024)  # why: a list for review asks it of every verdict in the store
def folded(name: str) -> str:
    """A name as two spellings of it are compared: NFKC, no case, no spaces, nothing that cannot be seen."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(one for one in plain if not one.isspace() and unicodedata.category(one) != "Cf")


def same_person(one: str, other: str) -> bool:
    """Do two names stand for one person? `Anna`, `anna ` and `ANNA` do: a spelling makes nobody a second person."""
    return folded(one) == folded(other)


def find(connection: sa.Connection, name: str) -> sa.Row[tuple[object, ...]] | None:
    """The row of a registered person, or None."""
    return connection.execute(sa.select(user).where(user.c.name == name)).one_or_none()


def identify(
    name: str, row: sa.Row[tuple[object, ...]] | None, trusted: bool, ask: Callable[[], Proof] | None
) -> Identity:
    """Say who acts under `name`; `row` is what `find` gave. `trusted`: an evaluation workspace, names on trust.

    `ask` is called only where a registered person must prove who they are; it may wait for them.
    """
    if name == os_account():
        return Identity(name, proven=True)
    if trusted:
        return Identity(name, proven=False)
    if row is None:
        return Identity(
            name,
            False,
            f"'{name}' is not the login of this session ('{os_account()}'), and not a user of this workspace.",
            f"Act under your own login, or register that person: safelight user add {name}",
        )
    how = "SAFELIGHT_USER_KEY" if row.salt is None else "SAFELIGHT_USER_PASSPHRASE_FILE"
    hint = f"Set {how} to that person's own file, or start it where it can ask for the passphrase."
    proof = ask() if ask is not None else Proof()
    try:
        given = _private_key(proof, row.salt)
    except (UsageError, KeyMissingError) as error:
        return Identity(name, False, f"'{name}' has not proven who they are: {error}", error.hint or hint)
    if given is None:
        return Identity(
            name, False, f"'{name}' has not proven who they are: no passphrase or key given.", hint
        )
    if given.public_key().public_bytes_raw() != row.public_key:
        return Identity(name, False, f"That is not the passphrase or key of '{name}'.", hint)
    return Identity(name, proven=True)


def add(connection: sa.Connection, name: str, proof: Proof, added_by: str) -> User:
    """Register a person by the public half of what they gave. UsageError if the name is taken or the proof weak."""
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise UsageError("A user's name is printable text without spaces around it.")
    for taken in connection.scalars(sa.select(user.c.name)):
        if same_person(name, taken):
            raise UsageError(
                f"'{taken}' is a user of this workspace already.",
                f"Whoever lost their passphrase is removed first: safelight user remove {taken}",
            )
    if same_person(name, os_account()):
        raise UsageError(
            f"'{name}' is the login of this session ('{os_account()}'), only spelt otherwise at most.",
            "Whoever works under the login needs no registration; another person needs another name.",
        )
    if proof.key_file is not None:
        salt, public = None, _read_public_key(proof.key_file, proof.passphrase)
    else:
        if proof.passphrase is None or len(proof.passphrase) < SHORTEST:
            raise UsageError(
                f"A passphrase has at least {SHORTEST} characters.", "Four random words will do."
            )
        salt = secrets.token_bytes(16)
        public = _derived(proof.passphrase, salt).public_key().public_bytes_raw()
    made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    connection.execute(
        sa.insert(user).values(name=name, public_key=public, salt=salt, added_by=added_by, added_at=made)
    )
    return User(name, _by(salt), sha256(public).hexdigest(), added_by, made)


def remove(connection: sa.Connection, name: str) -> str:
    """Take a person off; returns the fingerprint of their key. UsageError if there is no such user."""
    row = connection.execute(sa.select(user.c.public_key).where(user.c.name == name)).one_or_none()
    if row is None:
        raise UsageError(f"'{name}' is not a user of this workspace.", "safelight user list shows them.")
    connection.execute(sa.delete(user).where(user.c.name == name))
    return sha256(row.public_key).hexdigest()


def everyone(connection: sa.Connection) -> list[User]:
    """The registered people, by name."""
    rows = connection.execute(sa.select(user).order_by(user.c.name))
    return [
        User(row.name, _by(row.salt), sha256(row.public_key).hexdigest(), row.added_by, row.added_at)
        for row in rows
    ]


def _by(salt: bytes | None) -> str:
    return "key" if salt is None else "passphrase"


def _private_key(proof: Proof, salt: bytes | None) -> Ed25519PrivateKey | None:
    """What the proof gives for a person registered by key (no salt) or by passphrase; None: not given."""
    if salt is not None:
        return None if proof.passphrase is None else _derived(proof.passphrase, salt)
    if proof.key_file is None:
        return None
    data = _read(proof.key_file)
    if proof.key_file.stat().st_mode & 0o077:
        raise UsageError(
            f"The key file {proof.key_file} can be read by others.", f"Run `chmod 600 {proof.key_file}`."
        )
    return _load_private(data, proof.key_file, proof.passphrase)


def _read_public_key(file: Path, passphrase: str | None) -> bytes:
    """The raw public key in a file that holds a public or a private key."""
    data = _read(file)
    for load in (serialization.load_ssh_public_key, serialization.load_pem_public_key):
        try:
            public = load(data)
        except (ValueError, UnsupportedAlgorithm):
            continue
        if not isinstance(public, Ed25519PublicKey):
            raise UsageError(f"The key in {file} is not an Ed25519 key.", _MAKE)
        return public.public_bytes_raw()
    return _load_private(data, file, passphrase).public_key().public_bytes_raw()


def _load_private(data: bytes, file: Path, passphrase: str | None) -> Ed25519PrivateKey:
    password = passphrase.encode() if passphrase else None
    for load in (serialization.load_ssh_private_key, serialization.load_pem_private_key):
        for secret in dict.fromkeys((None, password)):
            try:
                found = load(data, secret)
            except (ValueError, TypeError, UnsupportedAlgorithm):
                continue
            if isinstance(found, Ed25519PrivateKey):
                return found
    raise UsageError(f"There is no Ed25519 key to be had from {file}.", _MAKE)


_MAKE = (
    "Make one with `ssh-keygen -t ed25519 -N ''`, or under a passphrase (give that too) with"
    " `openssl genpkey -algorithm ed25519 -aes256`."
)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_KEY_FILE_BYTES)
    except OSError as error:
        raise KeyMissingError(f"The key file {path} cannot be read: {error.strerror}.") from error


def _derived(passphrase: str, salt: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(stretch(passphrase, salt, **SCRYPT))


__all__ = [
    "GROUND",
    "Identity",
    "Proof",
    "User",
    "add",
    "everyone",
    "folded",
    "identify",
    "os_account",
    "remove",
    "same_person",
]
