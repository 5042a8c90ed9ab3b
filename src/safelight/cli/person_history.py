"""The history of a person's entry in words: what changed, from what to what, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_OWN = ("kind", "by", "at", "before", "after", "where", "reason", "status")
"""What is said in words; anything else an event holds is written out after it."""


def history(events: Iterable[Mapping[str, Any]], register: str) -> Iterator[str]:
    """A line an event, and a line for each fact that changed in it."""
    for one in events:
        when = f"{one['at'][:16].replace('T', ' ')} UTC"
        kind = one["kind"]
        before, after = one.get("before"), one.get("after")
        if isinstance(before, dict) and isinstance(after, dict):
            yield f"  {when}  {kind} by {one['by']}{_ground(one)}"
            yield from (f"    {line}" for line in changes(before, after, register))
        elif before is not None and after is not None:
            yield f"  {when}  {kind} by {one['by']}: {before}, then {after}{_ground(one)}"
        else:
            what = f" as {one['status']}" if one.get("status") else ""
            yield f"  {when}  {kind}{what} by {one['by']}{_ground(one)}"
        yield from (f"    {name}: {plain(one[name])}" for name in one if name not in _OWN and one[name])


def changes(before: Mapping[str, Any], after: Mapping[str, Any], register: str) -> Iterator[str]:
    """Only the facts that differ, as they are shown elsewhere."""
    from safelight.export.person_phrases import stated

    if before.get("status") != after.get("status"):
        yield f"status: {before.get('status')}, then {after.get('status')}"
    was, now = (dict(stated(_facts(one), register)) for one in (before, after))
    differing = [label for label in dict.fromkeys((*was, *now)) if was.get(label) != now.get(label)]
    for label in differing:
        old, new = ("; ".join(one.get(label, ())) or "not stated" for one in (was, now))
        yield f"{label}: {old}, then {new}"
    if not differing and before.get("status") == after.get("status"):
        yield "only how it was read changed, nothing that is shown"


def _facts(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """A register's line keeps facts below `facts`, a correction the changed ones alone."""
    facts = said.get("facts")
    return facts if isinstance(facts, dict) else said


def _ground(one: Mapping[str, Any]) -> str:
    ground = ", ".join(str(one[name]) for name in ("where", "reason") if one.get(name))
    return f" ({ground})" if ground else ""


def plain(value: Any) -> str:
    """A value of any form on one line."""
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')}: {plain(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "; ".join(plain(one) for one in value)
    return str(value)
