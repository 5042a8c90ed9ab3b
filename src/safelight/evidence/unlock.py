"""Open what a password or key protects: the candidates that an order gives, tried one after the other.

The case must allow `unlock`; without that no candidate reaches a reader (`Limits.keys` is empty), and what holds its
own key stays shut too (`Keys.may_unlock`). What opened a container is said by its number (`opened with password 3 of
12`), never in clear, anywhere.
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
_OF_HEADER, _MOST_HEADERS = 32 << 20, 16
"""Bytes that are read of a header of LUKS: cryptsetup makes detached ones of 16 MiB."""
_LARGEST_PIM, _MOST_PIMS = 10_000, 8
"""Of VeraCrypt: the largest takes half a minute with each password, twenty times as long as none."""
_LUKS = (b"LUKS\xba\xbe", b"SKUL\xba\xbe")
T = TypeVar("T")


@dataclass(slots=True)
class Spent:
    """What one scan keeps in mind of what it tried."""

    seconds: float = 0.0
    """Those that went into what only may be locked."""
    headers: dict[int, object] = field(default_factory=dict, repr=False)
    """What came of each of `Keys.headers`, by its number: its keys are derived once."""


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
    headers: tuple[bytes, ...] = field(default=(), repr=False)
    """Headers of LUKS whose data lie elsewhere."""
    pims: tuple[int, ...] = field(default=(), repr=False)
    """VeraCrypt's numbers beside a password; alone they open nothing."""
    spent: Spent = field(default_factory=Spent, repr=False, compare=False)
    allowed: bool = False
    """Does the case allow `unlock`, whether or not any key is given?"""

    def __bool__(self) -> bool:
        return bool(self.passwords or self.recovery or self.files or self.headers)

    @property
    def may_unlock(self) -> bool:
        """May what is encrypted and holds its own key be opened with that? (Keys are only given where that is so.)"""
        return self.allowed or bool(self)


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
        own_key: bool = False,
    ) -> None:
        """`what` it is and by what that shows; `opens` is what would open it; `tried` how many candidates failed.

        `tries` False: nothing of this kind is opened by this version, whatever is given. `own_key`: the key lies in the
        evidence where its format keeps it, and opens it without another one in a case that allows `unlock`.
        """
        tried = len(keys.passwords) + len(keys.recovery) if tried is None else tried
        given = f"none of the {tried:,} given opens it" if tried else "none was given"
        if not tries:
            given = "this version tries none"
        elif own_key:
            given = "that is used, and no other is needed, where the case allows unlock: this one does not"
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
    password_file: Path | None = None,
    recovery: Sequence[str] = (),
    files: Sequence[Path] = (),
    headers: Sequence[Path] = (),
    pims: Sequence[int] = (),
) -> Keys:
    """Read candidates: one password a line (UTF-8, only the line end is cut off, empty lines are left out).

    `files` are key files, of which every byte counts; `headers` begin with a header of LUKS; `pims` go with VeraCrypt's
    passwords. Raises UsageError where a file cannot be read, is empty or too large, is no header, where the passwords
    are no text or more than `MOST`, or a PIM would take hours or has no password and no key file beside it.
    """
    passwords: list[str] = []
    if password_file is not None:
        data = _begin(password_file, _LONGEST + 1)
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
    if any(not 0 < pim <= _LARGEST_PIM for pim in pims) or len(pims) > _MOST_PIMS:
        raise UsageError(f"A PIM is a number from 1 to {_LARGEST_PIM:,}; {_MOST_PIMS} at the most are tried.")
    if pims and not (passwords or files):
        raise UsageError("A PIM opens nothing by itself.", "Give --password-file or --key-file, too.")
    numbers = tuple(dict.fromkeys(pims))
    return Keys(tuple(passwords), keys, files=_key_files(files), headers=_headers(headers), pims=numbers)


def _key_files(paths: Sequence[Path]) -> tuple[bytes, ...]:
    """What key files hold. Raises UsageError."""
    if len(paths) > MOST_FILES:
        raise UsageError(f"More than {MOST_FILES} key files.")
    found = []
    for path in paths:
        data = _begin(path, LARGEST_FILE + 1)
        if not data:
            raise UsageError(f"{path} is empty.", "A key file holds the key; it was perhaps not copied.")
        if len(data) > LARGEST_FILE:
            raise UsageError(f"{path} is larger than a key file may be ({LARGEST_FILE >> 20} MiB).")
        found.append(data)
    return tuple(found)


def _headers(paths: Sequence[Path]) -> tuple[bytes, ...]:
    """The first bytes of files that begin with a header of LUKS. Raises UsageError."""
    if len(paths) > _MOST_HEADERS:
        raise UsageError(f"More than {_MOST_HEADERS} headers of LUKS.")
    found = tuple(_begin(path, _OF_HEADER) for path in paths)
    for path, data in zip(paths, found, strict=True):
        if not data.startswith(_LUKS[0]) and not any(
            data.startswith(_LUKS[1], 0x4000 << shift) for shift in range(9)
        ):
            raise UsageError(
                f"{path} begins with no header of LUKS.",
                "Give the file or partition that the header was put on, or a backup of it (luksHeaderBackup).",
            )
    return found


def _begin(path: Path, most: int) -> bytes:
    """The first bytes of a file that the examiner gave. Raises UsageError."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
