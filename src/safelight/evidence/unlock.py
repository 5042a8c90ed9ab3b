"""Open what a password or key protects: the candidates that an order gives, tried one after the other.

The case must allow `unlock`; without that no candidate reaches a reader (`Limits.keys` is empty). What opened a
container is said by its number (`opened with password 3 of 12`), never in clear, anywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from safelight.errors import EvidenceError, UsageError
from safelight.model import LOCKED

MOST = 100_000
"""Candidates of one file: it is for passwords that somebody wrote down, not for guessing."""
_LONGEST = 16 << 20
LARGEST_FILE = 8 << 20
"""Bytes of a key file: what cryptsetup reads of one at most."""
MOST_FILES = 100
T = TypeVar("T")


@dataclass(slots=True)
class Spent:
    """Seconds of one scan that went into what only may be locked."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Keys:
    """Candidates, in the order they were given. None of them is shown by `repr`."""

    passwords: tuple[str, ...] = field(default=(), repr=False)
    recovery: tuple[str, ...] = field(default=(), repr=False)
    """Recovery keys and recovery passwords, as they are printed (BitLocker: eight groups of six digits)."""
    seconds: float = 1_800.0
    """How long one container may take: deriving a key from one candidate takes up to some seconds."""
    files: tuple[bytes, ...] = field(default=(), repr=False)
    """The content of key files, every byte of it."""
    spent: Spent = field(default_factory=Spent, repr=False, compare=False)

    def __bool__(self) -> bool:
        return bool(self.passwords or self.recovery or self.files)


NO_KEYS = Keys()


class LockedError(EvidenceError):
    """A container needs a password or key that was not given. Its listing ends, and the next scan tries again."""

    def __init__(
        self,
        what: str,
        keys: Keys,
        *,
        opens: str = "a password",
        tried: int | None = None,
        tries: bool = True,
    ) -> None:
        """`what` it is and by what that shows; `opens` is what would open it; `tried` how many candidates failed.

        `tries` False: nothing of this kind is opened by this version, whatever is given.
        """
        tried = len(keys.passwords) + len(keys.recovery) if tried is None else tried
        given = f"none of the {tried:,} given opens it" if tried else "none was given"
        if not tries:
            given = "this version tries none"
        super().__init__(
            f"{what}: {LOCKED} ({opens}; {given})",
            "Scan again with --password-file, --key-file or --recovery-key, where the case allows unlock.",
        )


class MayBeLockedError(EvidenceError):
    """What may be a container and shows no sign of it did not open: a note, no failure; the next scan tries again."""


def unlocked(
    keys: Keys,
    attempt: Callable[[str], T | None],
    *,
    recovery: Callable[[str], T | None] | None = None,
    file: Callable[[bytes], T | None] | None = None,
) -> tuple[T, str] | None:
    """Try recovery keys with `recovery`, key files with `file`, then passwords with `attempt`; None where none opens.

    Each returns None for a candidate that does not fit. Returns what opened, and the note that says which one did.
    Raises EvidenceError when the time for one container is over.
    """
    until = time.monotonic() + keys.seconds
    kinds: list[tuple[str, Sequence[Callable[[], T | None]]]] = [
        ("recovery key", [partial(recovery, key) for key in keys.recovery] if recovery is not None else []),
        ("key file", [partial(file, data) for data in keys.files] if file is not None else []),
        ("password", [partial(attempt, password) for password in keys.passwords]),
    ]
    for kind, attempts in kinds:
        for number, try_one in enumerate(attempts, 1):
            opened = try_one()
            if opened is not None:
                return opened, f"opened with {kind} {number:,} of {len(attempts):,}"
            if time.monotonic() > until:
                raise EvidenceError(
                    f"{LOCKED}: after {keys.seconds:,.0f} seconds {number:,} of {len(attempts):,} {kind}s were tried"
                )
    return None


def read_keys(
    password_file: Path | None = None, recovery: Sequence[str] = (), files: Sequence[Path] = ()
) -> Keys:
    """Read candidates: one password a line (UTF-8, only the line end is cut off, empty lines are left out).

    `files` are key files, of which every byte counts. Raises UsageError where one cannot be read, is empty or too
    large, or the passwords are no text or more than `MOST`.
    """
    passwords: list[str] = []
    if password_file is not None:
        try:
            with password_file.open("rb") as file:
                data = file.read(_LONGEST + 1)
        except OSError as error:
            raise UsageError(f"{password_file} cannot be read: {error.strerror}") from error
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UsageError(f"{password_file} is no UTF-8 text.", "One password a line.") from error
        passwords = [line.removesuffix("\r") for line in text.split("\n")]
        passwords = list(dict.fromkeys(line for line in passwords if line))
        if len(data) > _LONGEST or len(passwords) > MOST:
            raise UsageError(f"{password_file} holds more than {MOST:,} passwords.")
        if not passwords:
            raise UsageError(f"{password_file} holds no password.", "One password a line.")
    keys = tuple(dict.fromkeys(key.strip() for key in recovery if key.strip()))
    return Keys(tuple(passwords), keys, files=_key_files(files))


def _key_files(paths: Sequence[Path]) -> tuple[bytes, ...]:
    """What key files hold. Raises UsageError."""
    if len(paths) > MOST_FILES:
        raise UsageError(f"More than {MOST_FILES} key files.")
    found = []
    for path in paths:
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from error
        if not data:
            raise UsageError(f"{path} is empty.", "A key file holds the key; it was perhaps not copied.")
        if len(data) > LARGEST_FILE:
            raise UsageError(f"{path} is larger than a key file may be ({LARGEST_FILE >> 20} MiB).")
        found.append(data)
    return tuple(found)
