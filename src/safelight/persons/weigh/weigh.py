"""What two people's facts say together: a line a fact, for, against or unknown, with its weight and ground."""

from __future__ import annotations

from collections.abc import Iterable

from safelight.persons.person import Days, Facts, Side, Status, Weighed
from safelight.persons.weigh.age import weigh_age
from safelight.persons.weigh.crowd import Crowd
from safelight.persons.weigh.height import weigh_height
from safelight.persons.weigh.language import weigh_languages
from safelight.persons.weigh.looks import weigh_looks
from safelight.persons.weigh.marks import weigh_marks
from safelight.persons.weigh.names import weigh_names
from safelight.persons.weigh.pair import pair_of
from safelight.persons.weigh.place import weigh_place
from safelight.persons.weigh.seen import weigh_seen
from safelight.persons.weigh.sex import weigh_sex

_ORDER = {Side.AGAINST: 0, Side.FOR: 1, Side.UNKNOWN: 2}


def weigh(
    probe: Facts,
    other: Facts,
    *,
    taken_probe: Days | None,
    taken_other: Days | None,
    crowd: Crowd,
    probe_is: Status | None = None,
    other_is: Status | None = None,
) -> tuple[Weighed, ...]:
    """What is stated of two people, fact by fact, in the order of `table`. Pure; the order of the two does not matter.

    `taken_*`: when the photographs that were compared were taken. `probe_is`, `other_is`: who is missed and who found;
    without them nothing can be said about who was seen first, and texts call the two `one` and `the other`.
    Weights are capped per fact (`ratios.toml`); facts are taken as independent, which they are not quite: a language, a
    country and a name come together, and look-alikes are mostly of one sex and age. So each counts with caution.
    """
    pair = pair_of(
        probe,
        other,
        taken_probe=taken_probe,
        taken_other=taken_other,
        crowd=crowd,
        probe_is=probe_is,
        other_is=other_is,
    )
    return table(
        (
            *weigh_seen(pair),
            weigh_names(pair),
            weigh_age(pair),
            weigh_sex(pair),
            weigh_height(pair),
            weigh_marks(pair),
            weigh_languages(pair),
            weigh_place(pair),
            *weigh_looks(pair),
        )
    )


def table(weighed: Iterable[Weighed]) -> tuple[Weighed, ...]:
    """In the order for people: contradictions, against, for, unknown; the strongest first."""
    return tuple(
        sorted(weighed, key=lambda one: (not one.contradiction, _ORDER[one.side], -abs(one.weight), one.code))
    )


def weighed_json(one: Weighed) -> dict[str, object]:
    """A fact that was weighed, as every `--json` of the desk gives it."""
    return {
        "code": one.code,
        "text": one.text,
        "weight": round(one.weight, 2),
        "side": str(one.side),
        "source": one.source,
        "contradiction": one.contradiction,
    }
