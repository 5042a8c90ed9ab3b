"""Time: what waits rises, and legal clocks run out. The rules are data (`clocks.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.errors import UsageError
from safelight.reports.keep.letters import letters_of
from safelight.reports.scoring.table import Table

DAY = 86_400
COLUMNS = ("received", "connected", "taken_in", "country")
"""Columns of reports that time goes by."""
RECORDS, CONTENT = "records of connections", "content preserved by the provider"


@dataclass(frozen=True, slots=True)
class Clock:
    """Something that will be gone: what, on which day (UTC), by which rule."""

    what: str
    at: datetime
    source: str


@cache
def rules(own: Path | None = None) -> Mapping[str, Any]:
    """The delivered rules, or an agency's own file instead. UsageError where it is none."""
    try:
        text = (
            files(__package__).joinpath("clocks.toml").read_text(encoding="utf-8")
            if own is None
            else own.read_text(encoding="utf-8")
        )
        said = tomllib.loads(text)
        for rule in (said["preservation"], said["default"], *said["ip-records"].values()):
            if not 0 < float(rule["days"]) < 36_500:
                raise ValueError("`days` must be a number of days")
            str(rule["source"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"The file of legal clocks {own} cannot be used: {error}") from error
    return said


def of_report(
    received: int, connected: int, country: str | None, rules: Mapping[str, Any]
) -> tuple[Clock, ...]:
    """The clocks of one report, the first to run out first. Times in seconds since 1970, UTC.

    Records of connections are kept from the connection on: `connected` is the last one that is stated, else when it
    happened; 0 where nothing is stated, then the receipt stands in for it.
    """
    records = rules["ip-records"].get(country or "", rules["default"])
    where = f" in {country}" if country in rules["ip-records"] else ""
    since = f" of {_after(connected, 0):%Y-%m-%d}" if connected else ""
    found = [
        Clock(
            f"{RECORDS}{since}{where}",
            _after(connected or received, records["days"]),
            records["source"],
        ),
        Clock(CONTENT, _after(received, rules["preservation"]["days"]), rules["preservation"]["source"]),
    ]
    return tuple(sorted(found, key=lambda clock: clock.at))


def _after(received: int, days: int) -> datetime:
    return datetime.fromtimestamp(received + days * DAY, UTC)


def ends(
    rows: Mapping[str, npt.NDArray[Any]], rules: Mapping[str, Any]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """When the records of connections and the preserved content of many reports are gone: seconds since 1970, UTC."""
    days = np.zeros(1 << 16, dtype=np.int64)
    for one in np.flatnonzero(np.bincount(rows["country"], minlength=len(days))).tolist():
        days[one] = round(rules["ip-records"].get(letters_of(one) or "", rules["default"])["days"])
    since = np.where(rows["connected"] > 0, rows["connected"], rows["received"])
    content = rows["received"] + round(rules["preservation"]["days"] * DAY)
    return since + days.take(rows["country"]) * DAY, content


def of_reports(
    rows: Mapping[str, npt.NDArray[Any]], table: Table, now: datetime, rules: Mapping[str, Any]
) -> dict[str, npt.NDArray[np.uint8]]:
    """Strengths of `waiting` and `clock` for many reports at once."""
    seconds = now.timestamp()
    waited = np.clip((seconds - rows["taken_in"]) / DAY / table.settings["waiting_full"], 0, 1)
    records, content = ends(rows, rules)
    left = (np.where(records > seconds, np.minimum(records, content), content) - seconds) / DAY
    near = 1 - left / table.settings["clock_days"]
    clock = np.where((left > 0) & (left < table.settings["clock_days"]), near, 0)
    return {
        "waiting": np.round(waited * 255).astype(np.uint8),
        "clock": np.round(np.clip(clock, 0, 1) * 255).astype(np.uint8),
    }
