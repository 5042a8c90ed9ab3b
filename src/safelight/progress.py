"""How long work tells the outside how far it is; the command line draws it, nobody has to listen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progressed:
    """So far: things done, bytes read, things that could not be read; totals where they are known."""

    stage: str
    done: int = 0
    bytes: int = 0
    unreadable: int = 0
    total: int | None = None
    total_bytes: int | None = None


Progress = Callable[[Progressed], None]


def silent(_: Progressed) -> None:
    """Tell nobody."""
