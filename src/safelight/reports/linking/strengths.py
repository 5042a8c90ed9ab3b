"""The table of link strengths, as arrays by the numbers that kinds have in the columns."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.keep.columns import KINDS


@dataclass(frozen=True, slots=True)
class Strengths:
    """By kind's number, and by weak (0 or 1): `(kinds, 2)` arrays."""

    strength: npt.NDArray[np.float32]
    certain: npt.NDArray[np.int32]
    probable: npt.NDArray[np.int32]
    a_voice: int
    largest_certain: int
    largest_probable: int


@cache
def strengths() -> Strengths:
    """The delivered table."""
    said: dict[str, Any] = tomllib.loads(
        files(__package__).joinpath("strengths.toml").read_text(encoding="utf-8")
    )
    none = {"strength": 0.0, "certain": 0, "probable": 0}
    both = [(said["kinds"].get(kind.value, none), said["weak"]) for kind in KINDS]

    def column(name: str, dtype: Any) -> Any:
        made = np.array([[strong[name], min(strong[name], weak[name])] for strong, weak in both], dtype=dtype)
        made.setflags(write=False)
        return made

    settings = said["settings"]
    return Strengths(
        column("strength", np.float32),
        column("certain", np.int32),
        column("probable", np.int32),
        settings["reports_a_voice"],
        settings["largest_certain"],
        settings["largest_probable"],
    )
