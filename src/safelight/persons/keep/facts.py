"""Facts as JSON and back: what the sealed columns hold."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from safelight.persons.person import Days, Facts, Seen, Sex, Span


def to_json(facts: Facts) -> dict[str, Any]:
    """Only what is stated; dates as ISO 8601."""
    return {name: _plain(value) for name, value in asdict(facts).items() if value not in (None, "", (), {})}


def from_json(said: dict[str, Any]) -> Facts:
    """What `to_json` made."""
    seen = said.get("seen")
    return Facts(
        names=tuple(said.get("names", ())),
        sex=Sex(said["sex"]) if "sex" in said else None,
        born=days(said.get("born")),
        born_from=said.get("born_from", ""),
        height=_span(said.get("height")),
        height_on=days(said.get("height_on")),
        marks=tuple(said.get("marks", ())),
        languages=tuple(said.get("languages", ())),
        eyes=said.get("eyes"),
        hair=said.get("hair"),
        clothes=said.get("clothes"),
        seen=Seen(**{**seen, "days": days(seen.get("days"))}) if seen else None,
        source=said.get("source"),
        more=dict(said.get("more", {})),
    )


def days(said: dict[str, str] | None) -> Days | None:
    """A span of days, as `to_json` writes it."""
    return Days(date.fromisoformat(said["first"]), date.fromisoformat(said["last"])) if said else None


def _span(said: dict[str, float] | None) -> Span | None:
    return Span(said["least"], said["most"]) if said else None


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value
