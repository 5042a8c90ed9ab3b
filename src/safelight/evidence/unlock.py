"""Open what a password or key protects: the candidates that an order gives, tried one after the other.

The case must allow `unlock`; without that no candidate reaches a reader (`Limits.keys` is empty). What opened a
container is said by its number (`opened with password 3 of 12`), never in clear, anywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from safelight.errors import EvidenceError, UsageError
from safelight.model import LOCKED

MOST = 100_000
"""Candidates of one file: it is for passwords that somebody wrote down, not for guessing."""
_LONGEST = 16 << 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Keys:
    """Candidates, in the order they were given. None of them is shown by `repr`."""

    passwords: tuple[str, ...] = field(default=(), repr=False)
    recovery: tuple[str, ...] = field(default=(), repr=False)
    """Recovery keys and recovery passwords, as they are printed (BitLocker: eight groups of six digits)."""
    seconds: float = 1_800.0
    """How long one container may take: deriving a key from one candidate takes up to some seconds."""

    def __bool__(self) -> bool:
        return bool(self.passwords or self.recovery)


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
            "Scan again with --password-file or --recovery-key, where the case allows unlock.",
        )


def unlocked(
    keys: Keys,
    attempt: Callable[[str], T | None],
    *,
    recovery: Callable[[str], T | None] | None = None,
) -> tuple[T, str] | None:
    """Try every password with `attempt`, every recovery key with `recovery`; None where none opens.

    Both return None for a candidate that does not fit. Returns what opened, and the note that says which one did.
    Raises EvidenceError when the time for one container is over.
    """
    until = time.monotonic() + keys.seconds
    kinds: list[tuple[str, Sequence[str], Callable[[str], T | None]]] = [
        ("password", keys.passwords, attempt)
    ]
    if recovery is not None:
        kinds.insert(0, ("recovery key", keys.recovery, recovery))
    for kind, candidates, try_one in kinds:
        for number, candidate in enumerate(candidates, 1):
            opened = try_one(candidate)
            if opened is not None:
                return opened, f"opened with {kind} {number:,} of {len(candidates):,}"
            if time.monotonic() > until:
                raise EvidenceError(
                    f"{LOCKED}: after {keys.seconds:,.0f} seconds {number:,} of {len(candidates):,} {kind}s were tried"
                )
    return None


def read_keys(password_file: Path | None = None, recovery: Sequence[str] = ()) -> Keys:
    """Read candidates: one password a line (UTF-8, only the line end is cut off, empty lines are left out).

    Raises UsageError where the file cannot be read, is no text, or holds more than `MOST` lines.
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
    return Keys(tuple(passwords), keys)
