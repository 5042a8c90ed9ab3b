"""Where a report belongs: country and region by all that tells them, conflicts shown, and the units it goes to."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from safelight.errors import UsageError
from safelight.reports.desk.rank import Ranked
from safelight.reports.identifiers import of_report
from safelight.reports.keep.columns import sender_of
from safelight.reports.keep.letters import letters_of
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
def rules(own: Path | None = None) -> Sequence[Mapping[str, Any]]:
    """The delivered rules, or an agency's own file instead. UsageError where it is none."""
    try:
        text = (
            files(__package__).joinpath("routing.toml").read_text(encoding="utf-8")
            if own is None
            else own.read_text(encoding="utf-8")
        )
        said: list[dict[str, Any]] = tomllib.loads(text)["rules"]
        for rule in said:
            if unknown := set(rule["when"]) - TOLD:
                raise ValueError(f"`when` knows no {', '.join(sorted(unknown))}")
            str(rule["unit"]), str(rule["why"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"The file of routing rules {own} cannot be used: {error}") from error
    return said


TOLD = frozenset({"country", "region", "band", "child_to_protect", "language", "provider", "conflict"})
"""What a rule may compare."""


def units(
    report: Report, where: Mapping[str, Any], said: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
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
        for rule in rules
        if all(_meets(told.get(name), wanted) for name, wanted in rule["when"].items())
    ]


def _meets(told: Any, wanted: Any) -> bool:
    return told in wanted if isinstance(wanted, list) else told == wanted


def groups(ranked: Ranked, number: int, report: Report) -> dict[str, str]:
    """The groups in which an evaluation counts a report."""
    at = int(ranked.text_at[number])
    language = letters_of(int(ranked.read.language[at])) if at >= 0 else None
    country = letters_of(int(ranked.rows["country"][number]))
    return {
        "language": language or "none",
        "provider": sender_of(report) or "unknown",
        "country": country or "unknown",
    }
