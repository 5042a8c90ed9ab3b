"""The table of weights: our defaults with their rationale, and an agency's own values over them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from safelight.errors import UsageError
from safelight.model import Band


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights 0..1 by reason code, settings of the rules, and the lowest priority of each band."""

    grounds: Mapping[str, float]
    circumstances: Mapping[str, float]
    rationale: Mapping[str, str]
    settings: Mapping[str, float]
    bands: Mapping[Band, float]

    def band(self, priority: float) -> Band:
        """The word for a priority 0..1."""
        return Band.of(priority, self.bands)


def load(own: Path | None = None) -> Weights:
    """Our table, with the values of the agency's file over it. Raises UsageError for unknown or wild ones."""
    table = tomllib.loads(files(__package__).joinpath("weights.toml").read_text(encoding="utf-8"))
    if own is not None:
        try:
            _overlay(table, tomllib.loads(own.read_text(encoding="utf-8")), str(own))
        except (OSError, ValueError) as error:
            raise UsageError(f"The weights file {own} cannot be used: {error}") from error
    return Weights(
        grounds={code: row["weight"] for code, row in table["grounds"].items()},
        circumstances={code: row["weight"] for code, row in table["circumstances"].items()},
        rationale={
            code: row["rationale"]
            for kind in ("grounds", "circumstances")
            for code, row in table[kind].items()
        },
        settings=table["settings"],
        bands={Band(name): value for name, value in table["bands"].items()},
    )


def _overlay(table: dict[str, Any], own: dict[str, Any], where: str) -> None:
    for name, value in own.items():
        if name not in table:
            raise ValueError(f"'{where}' is not a place for '{name}'")
        if isinstance(table[name], dict):
            if not isinstance(value, dict):
                raise ValueError(f"'{name}' must be a table")
            _overlay(table[name], value, name)
        elif isinstance(table[name], str):
            table[name] = str(value)
        elif (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or value < 0
            or (name == "weight" and value > 1)
        ):
            raise ValueError(f"'{where}.{name}' must be a number between 0 and 1")
        else:
            table[name] = value
