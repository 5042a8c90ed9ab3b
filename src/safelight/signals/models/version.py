"""The version of a signal that stands on models: code revision and pins, or that a model is missing."""

from __future__ import annotations

from collections.abc import Sequence

from safelight.signals.models.card import card
from safelight.signals.models.registry import installed

VERSION_DIGITS = 8
"""So many hexadecimal digits of a model's SHA-256 stand at least in the version of what it made."""


class ModelVersion:
    """What names a signal's results in the cache.

    `1+864bb37bf886` (with several models, eight digits each, joined by dots), or `1+missing` while one is not
    installed: what was *not computed* for that reason is computed once the model is there.
    """

    __slots__ = ("_fixed", "_models", "_revision")

    def __init__(self, revision: str, models: Sequence[str]) -> None:
        self._revision = revision
        self._models = tuple(models)
        self._fixed: str | None = None

    def fix(self) -> None:
        """Look for the models now and keep the answer: inside the jail nothing can be looked for."""
        self._fixed = self._look()

    def __str__(self) -> str:
        return self._fixed or self._look()

    @property
    def missing(self) -> str:
        """The version of results that are absent because of a model."""
        return f"{self._revision}+missing"

    def _look(self) -> str:
        if not all(installed(name) for name in self._models):
            return self.missing
        digits = 12 if len(self._models) == 1 else VERSION_DIGITS
        return f"{self._revision}+{'.'.join(card(name).sha256[:digits] for name in self._models)}"
