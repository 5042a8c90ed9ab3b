"""Corrections by hand: which facts a change states or clears, and which of them a register may not undo.

A fact is named as in `Facts`; what was last seen and columns of their own are named one by one (`seen.place`,
`more.ward`), so that correcting the place does not lose the day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from safelight.errors import UsageError
from safelight.persons.keep.people import Kept
from safelight.persons.person import Facts, Seen
from safelight.persons.registers.facts import facts_of
from safelight.persons.registers.mapping import Mapped
from safelight.persons.registers.row import Plan, Row, Told, said_of
from safelight.persons.registers.text import cleaned
from safelight.persons.registers.words import is_unknown

_NAMES = ("name", "given_name", "middle_name", "family_name", "other_names")
_CLEARS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_NAMES, ("names",)),
    **dict.fromkeys(("birth_date", "age", "age_to", "age_on"), ("born", "born_from")),
    **dict.fromkeys(("height", "height_to"), ("height", "height_on")),
    **dict.fromkeys(("place", "city", "region"), ("seen.place",)),
    **dict.fromkeys(("latitude", "longitude", "coordinates"), ("seen.latitude", "seen.longitude")),
    **{
        one: (one,) for one in ("sex", "height_on", "marks", "languages", "eyes", "hair", "clothes", "source")
    },
    "country": ("seen.country",),
    "seen_on": ("seen.days",),
}
"""What a column that states nothing takes back."""
_TOGETHER = {"born": "born_from", "born_from": "born"}


def corrected(kept: Kept, changes: Mapping[str, str]) -> Kept:
    """What a person is stated to be after a change, as a register's columns say it; an empty value clears the fact.

    Raises UsageError for a column that there is not, that is no fact, or whose value is not understood.
    """
    row = Row("the change", tuple(changes), tuple(changes.values()))
    plan = Plan.of(Mapped(), row.columns)
    before = _flat(kept.facts)
    after = before | dict.fromkeys(_cleared(row, plan, before))
    said = said_of(row, plan, Told())
    stated = _flat(facts_of(said))
    wrong = said.notes or [f"there is no column '{one}'" for one in said.more if f"more.{one}" not in before]
    if wrong:
        raise UsageError(
            f"Not understood: {'; '.join(wrong)}.", "See the columns of registers in the documentation."
        )
    after |= {name: value for name, value in stated.items() if value is not None}
    changed = {name for name in after if after[name] != before.get(name)}
    by_hand = {*kept.corrected, *changed, *(_TOGETHER[one] for one in changed if one in _TOGETHER)}
    return replace(kept, facts=_facts(after), corrected=tuple(sorted(by_hand)))


def keeping(stated: Facts, before: Kept) -> tuple[Facts, tuple[str, ...]]:
    """What a register states now, with the corrections that were made by hand; and what it states otherwise."""
    new, old = _flat(stated), _flat(before.facts)
    otherwise = tuple(name for name in before.corrected if new.get(name) != old.get(name))
    kept = new | {name: old.get(name) for name in before.corrected}
    return (_facts(kept) if otherwise else stated), otherwise


def _cleared(row: Row, plan: Plan, before: Collection[str]) -> set[str]:
    """The facts that are taken back. UsageError for a column that is none of a person's facts."""
    found: set[str] = set()
    for place in plan.places:
        column, text = row.columns[place.index], cleaned(row.values[place.index])
        if place.field not in _CLEARS:
            hint = "Use --status." if place.field == "status" else "Enrol it with a register."
            raise UsageError(f"'{column}' is no fact that can be corrected.", hint)
        if not text or is_unknown(text, place.field in _NAMES):
            found.update(_CLEARS[place.field])
    for index, column in enumerate(row.columns):
        if index not in plan.placed and not cleaned(row.values[index]):
            if f"more.{column}" not in before:
                raise UsageError(f"There is no fact '{column}' to clear.", "See `safelight persons show`.")
            found.add(f"more.{column}")
    return found


def _flat(facts: Facts) -> dict[str, Any]:
    """Every fact by name; None where it is not stated."""
    found = {one.name: getattr(facts, one.name) for one in fields(Facts) if one.name not in ("seen", "more")}
    found |= {f"seen.{one.name}": getattr(facts.seen, one.name, None) for one in fields(Seen)}
    found |= {f"more.{name}": value for name, value in facts.more.items()}
    return {name: value if value not in ("", ()) else None for name, value in found.items()}


def _facts(flat: Mapping[str, Any]) -> Facts:
    """The other way round; what is None is not stated."""
    seen = {one.name: flat.get(f"seen.{one.name}") for one in fields(Seen)}
    more = {name.removeprefix("more."): value for name, value in flat.items() if name.startswith("more.")}
    plain = {one.name: flat.get(one.name) for one in fields(Facts) if one.name not in ("seen", "more")}
    return Facts(
        **{name: value for name, value in plain.items() if value is not None},
        seen=Seen(**seen) if any(value is not None for value in seen.values()) else None,
        more={name: value for name, value in more.items() if value is not None},
    )


__all__ = ["corrected", "keeping"]
