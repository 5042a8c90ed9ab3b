"""One small tree of exceptions; each carries a sentence for the user, what they can do, and an exit code."""

from __future__ import annotations


class SafelightError(Exception):
    """Something failed. `str(error)` is the sentence for the user, `hint` what they can do about it."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(SafelightError):
    """The command or call was wrong (exit 2)."""

    exit_code = 2


class RefusedError(SafelightError):
    """Policy refused: no authority, expired, capability not allowed, second person missing (exit 3).

    `ground` names what is missing, in one or two words that a script can compare.
    """

    exit_code = 3

    def __init__(self, message: str, ground: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.ground = ground


class IntegrityError(SafelightError):
    """The audit log, a blob, a model or evidence does not verify (exit 4)."""

    exit_code = 4
    findings: dict[str, object] | None = None
    """What a verification found, for those who want it as data."""


class KeyMissingError(SafelightError):
    """A key is not there: destroyed on purpose, or the key file is not at hand."""


class BusyError(SafelightError):
    """Another process is doing this to the same workspace."""


class EvidenceError(SafelightError):
    """An exhibit or a part of it cannot be read; recorded as a finding, never the end of a run."""


class FormatError(SafelightError):
    """A file is not what its format promises (a hash list, an image container, a picture)."""


class ModelMissingError(SafelightError):
    """A model file is not installed or not the pinned one; the signal is then *not computed*."""
