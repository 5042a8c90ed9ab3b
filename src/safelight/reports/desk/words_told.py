"""What the words of reports tell of ages and times, as columns beside what was read in them, and as strengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.scoring.told import Told
from safelight.reports.scoring.told_times import AHEAD

Ints = npt.NDArray[Any]

COLUMNS: Mapping[str, Any] = {
    "told_young": np.uint8,
    "told_least": np.uint8,  # years
    "told_most": np.uint8,
    "told_ahead": np.uint8,
    "told_day": np.int32,  # since 1970; 0: none
    "told_dated": np.uint8,
}
"""Strengths are 255 where they are full. The texts are kept by their hash, so nothing here depends on one report
but the year of a day that is told without one."""
_EPOCH = date(1970, 1, 1)
_SECONDS = 86_400


def nothing() -> dict[str, Ints]:
    """The columns of no text."""
    return {name: np.zeros(0, dtype) for name, dtype in COLUMNS.items()}


def columns(told: Sequence[Told]) -> dict[str, Ints]:
    """The columns of some texts."""
    made = {name: np.zeros(len(told), dtype) for name, dtype in COLUMNS.items()}
    for row, one in enumerate(told):
        if one.age is not None:
            made["told_least"][row], made["told_most"][row] = int(one.age.least), int(one.age.most)
            made["told_young"][row] = round(one.young * 255)
        made["told_ahead"][row] = round(one.ahead * 255)
        if one.day is not None:
            made["told_day"][row] = (one.day - _EPOCH).days
            made["told_dated"][row] = round(one.dated * 255)
    return made


def strengths(told: Mapping[str, Ints], at: Ints, received: Ints) -> dict[str, npt.NDArray[np.uint8]]:
    """Of reports, by where their text stands in the columns (-1: nowhere) and when they came in (seconds).

    A day that is told counts from the day of receipt on, for as long ahead as a day counts as near.
    """
    young, ahead = np.zeros(len(at), np.uint8), np.zeros(len(at), np.uint8)
    some = np.flatnonzero(at >= 0)
    if len(some) and len(told["told_young"]):
        of = at[some]
        young[some] = told["told_young"][of]
        until = told["told_day"][of].astype(np.int64) - received[some].astype(np.int64) // _SECONDS
        near = (told["told_day"][of] != 0) & (until >= 0) & (until <= AHEAD)
        ahead[some] = np.maximum(told["told_ahead"][of], np.where(near, told["told_dated"][of], 0))
    return {"young-told": young, "ahead-told": ahead}


def age_said(told: Mapping[str, Ints], at: int) -> str:
    """The age in words: "12 years", "10 to 11 years"."""
    least, most = int(told["told_least"][at]), int(told["told_most"][at])
    if most < 1:
        return "below one year"
    return f"{least} to {most} years" if most > least else f"{most} year{'s' if most > 1 else ''}"


def day_said(told: Mapping[str, Ints], at: int) -> str | None:
    """The day that is told by its date, as ISO 8601; None where none is."""
    days = int(told["told_day"][at])
    return (_EPOCH + timedelta(days)).isoformat() if days else None
