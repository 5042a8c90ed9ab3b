"""Find the readers, decoders, signals and exporters that packages offer as entry points."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any


@cache
def load(folder: str) -> dict[str, Any]:
    """Return one instance of everything under `safelight.<folder>`, by entry-point name.

    Ours and third parties' alike: a format is one file and one line in its package's pyproject.toml.
    """
    found = sorted(entry_points(group=f"safelight.{folder}"), key=lambda point: point.name)
    return {point.name: point.load()() for point in found}
