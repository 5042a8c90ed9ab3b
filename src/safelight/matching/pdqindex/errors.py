"""What is wrong with an index that can be built again."""

from __future__ import annotations

from safelight.errors import IntegrityError


class DamagedIndexError(IntegrityError):
    """A file of an index is missing, not whole, altered, or of other codes: it is built again from the list."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "It is built again from the list.")
