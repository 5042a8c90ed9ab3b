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
from safelight.reports.keep.columns import country_code
from safelight.reports.scoring.table import Table

DAY = 86_400


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


def of_report(received: int, country: str | None, rules: Mapping[str, Any]) -> tuple[Clock, ...]:
    """The clocks of one report, the first to run out first. `received` in seconds since 1970, UTC."""
    records = rules["ip-records"].get(country or "", rules["default"])
    where = f" in {country}" if country in rules["ip-records"] else ""
    found = [
        Clock(f"records of connections{where}", _after(received, records["days"]), records["source"]),
        Clock(
            "content preserved by the provider",
            _after(received, rules["preservation"]["days"]),
            rules["preservation"]["source"],
        ),
    ]
    return tuple(sorted(found, key=lambda clock: clock.at))


def _after(received: int, days: int) -> datetime:
    return datetime.fromtimestamp(received + days * DAY, UTC)


def of_reports(
    rows: Mapping[str, npt.NDArray[Any]], table: Table, now: datetime, rules: Mapping[str, Any]
) -> dict[str, npt.NDArray[np.uint8]]:
    """Strengths of `waiting` and `clock` for all reports at once."""
    seconds = now.timestamp()
    waited = np.clip((seconds - rows["taken_in"]) / DAY / table.settings["waiting_full"], 0, 1)
    countries = np.unique(rows["country"])
    days = np.array(
        [
            min(
                rules["ip-records"].get(country_code(int(one)) or "", rules["default"])["days"],
                rules["preservation"]["days"],
            )
            for one in countries
        ],
        dtype=np.float64,
    )
    at = days[np.searchsorted(countries, rows["country"])] if len(countries) else np.zeros(0)
    left = at - (seconds - rows["received"]) / DAY
    near = 1 - left / table.settings["clock_days"]
    clock = np.where((left > 0) & (left < table.settings["clock_days"]), near, 0)
    return {
        "waiting": np.round(waited * 255).astype(np.uint8),
        "clock": np.round(np.clip(clock, 0, 1) * 255).astype(np.uint8),
    }
