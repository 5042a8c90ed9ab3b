"""Where a report belongs: country and region by all that tells them, conflicts shown, and the units it goes to."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from safelight.reports.desk.rank import Ranked
from safelight.reports.desk.texts import language_code
from safelight.reports.identifiers import of_report
from safelight.reports.keep.columns import country_code, sender_of
from safelight.reports.report import Report


def whereabouts(report: Report) -> dict[str, Any]:
    """Country, region, what says so, and whether it disagrees."""
    found = of_report.where_of(report)
    return {
        "country": found.country,
        "region": found.region,
        "sources": [{"source": source, "country": country} for source, country in found.sources],
        "conflict": found.conflict,
    }


@cache
def _rules() -> list[dict[str, Any]]:
    said = tomllib.loads(files(__package__).joinpath("routing.toml").read_text(encoding="utf-8"))
    rules: list[dict[str, Any]] = said["rules"]
    return rules


def units(report: Report, where: Mapping[str, Any], said: Mapping[str, Any]) -> list[dict[str, str]]:
    """The units whose rule a report meets, in the rules' order."""
    told = {
        "country": where["country"],
        "region": where["region"],
        "band": said["band"],
        "child_to_protect": said["child_to_protect"],
        "language": said["language"],
        "provider": (report.provider or "").casefold(),
        "conflict": where["conflict"],
    }
    return [
        {"unit": rule["unit"], "why": rule["why"]}
        for rule in _rules()
        if all(_meets(told.get(name), wanted) for name, wanted in rule["when"].items())
    ]


def _meets(told: Any, wanted: Any) -> bool:
    return told in wanted if isinstance(wanted, list) else told == wanted


def groups(ranked: Ranked, number: int, report: Report) -> dict[str, str]:
    """The groups in which an evaluation counts a report."""
    at = int(ranked.text_at[number])
    language = language_code(int(ranked.read.language[at])) if at >= 0 else None
    country = country_code(int(ranked.rows["country"][number]))
    return {
        "language": language or "none",
        "provider": sender_of(report) or "unknown",
        "country": country or "unknown",
    }
