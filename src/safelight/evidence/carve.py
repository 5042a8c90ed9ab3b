"""The front of carving (`carving/`): what readers call for space that no file occupies."""

from __future__ import annotations

from safelight.evidence.carving.search import carve
from safelight.evidence.carving.space import Ranges

__all__ = ["Ranges", "carve"]
