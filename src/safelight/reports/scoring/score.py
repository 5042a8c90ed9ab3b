"""The sum: log-odds of all reports at once, from columns of strengths. Nothing here knows where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.scoring.table import Table

Floats = npt.NDArray[np.float32]


def total(strengths: Mapping[str, npt.NDArray[Any]], table: Table, reports: int) -> Floats:
    """Log-odds `(reports,)`: the base and weight times strength of every term.

    Strengths are `uint8` (255 is full) or floats (used as they are); a term without a column adds nothing.
    """
    made = np.full(reports, table.settings["base"], dtype=np.float32)
    add(made, strengths, table)
    return made


def add(log_odds: Floats, strengths: Mapping[str, npt.NDArray[Any]], table: Table) -> None:
    """Add what terms weigh to log-odds, in place."""
    for code, strength in strengths.items():
        term = table.terms.get(code)
        if term is None or not term.weight:
            continue
        if strength.dtype == np.uint8:
            log_odds += (np.arange(256, dtype=np.float32) * np.float32(term.weight / 255))[strength]
        else:
            log_odds += strength.astype(np.float32) * np.float32(term.weight)


def priority(log_odds: npt.NDArray[Any]) -> Floats:
    """0..1 of log-odds."""
    made: Floats = (1.0 / (1.0 + np.exp(-log_odds.astype(np.float32)))).astype(np.float32)
    return made


def priority_of(log_odds: float) -> float:
    """0..1 of one log-odds."""
    return float(1.0 / (1.0 + np.exp(-np.float64(log_odds))))


def log_odds(probability: Any) -> Any:
    """The log-odds of probabilities, kept off the ends."""
    kept = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.log(kept / (1 - kept))


def of_text(danger: npt.NDArray[Any], table: Table) -> Floats:
    """What a text's danger `(n,)` (0..1) adds, in log-odds over the usual text, within the table's bounds."""
    settings = table.settings
    over = log_odds(danger) - log_odds(settings["text_usual"])
    made: Floats = np.clip(over, settings["text_least"], settings["text_most"]).astype(np.float32)
    return made


def saturating(count: npt.NDArray[Any], full: int) -> npt.NDArray[np.uint8]:
    """Counts as strengths: none 0, one about a third, `full` and more 255; each further one adds less."""
    steps = np.round(np.log2(1.0 + np.arange(full + 1)) / np.log2(1.0 + full) * 255).astype(np.uint8)
    made: npt.NDArray[np.uint8] = steps[np.clip(count, 0, full)]
    return made
