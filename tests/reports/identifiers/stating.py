"""Short ways to state and normalise, for tables."""

from __future__ import annotations

from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.normal import normalise
from safelight.reports.report import Kind, Stated

PERSONAL, WEAK, SHARED = Reach.PERSONAL, Reach.WEAK, Reach.SHARED


def found(
    kind: Kind, value: str, provider: str | None = None, country: str | None = None, **more: object
) -> Identifier:
    """The normal form, which there must be."""
    made = normalise(Stated(kind, value, provider, **more), country)  # type: ignore[arg-type]
    assert made is not None
    return made


def none(kind: Kind, value: str) -> bool:
    """Is it no such identifier?"""
    return normalise(Stated(kind, value)) is None
