"""Invented people with one fact or another, and a gallery that states enough for its shares to count."""

from __future__ import annotations

from datetime import date, timedelta

from safelight.persons.person import Days, Facts, Seen, Sex, Span, Status, Weighed
from safelight.persons.weigh import Crowd, crowd_of, weigh

NOBODY = Crowd()
"""A gallery that states nothing: priors alone."""


def day(year: int, month: int = 6, of: int = 15) -> Days:
    return Days.of(date(year, month, of))


def in_year(year: int) -> Days:
    return Days(date(year, 1, 1), date(year, 12, 31))


def seen(when: Days | None = None, **more: object) -> Seen:
    return Seen(days=when, **more)  # type: ignore[arg-type]


def tall(height: float) -> Span:
    return Span(height, height)


def weighed(missing: Facts, found: Facts, crowd: Crowd = NOBODY, **taken: Days | None) -> tuple[Weighed, ...]:
    """A missing and a found person, weighed; photographs undated unless `missing_taken`, `found_taken` say so."""
    return weigh(
        found,
        missing,
        taken_probe=taken.get("found_taken"),
        taken_other=taken.get("missing_taken"),
        crowd=crowd,
        probe_is=Status.FOUND,
        other_is=Status.MISSING,
    )


def only(code: str, missing: Facts, found: Facts, crowd: Crowd = NOBODY, **taken: Days | None) -> Weighed:
    """The one line about a fact."""
    lines = [one for one in weighed(missing, found, crowd, **taken) if one.code == code]
    assert len(lines) == 1, f"{len(lines)} lines about {code}"
    return lines[0]


def gallery(count: int = 400, *, girls: float = 0.5) -> list[Facts]:
    """People whose facts are spread evenly; no two of them state the same of everything."""
    given = ["Sunari", "Kavelo", "Timbor", "Relisa", "Nadovi", "Posuma", "Garelo", "Dimari"]
    family = ["Kumar", "Devi", "Vostek", "Lamori", "Teruna"]
    people = []
    for number in range(count):
        when = date(2018, 1, 1) + timedelta(days=number % 365)
        people.append(
            Facts(
                names=(f"{given[number % 8]} {family[number % 5]}",),
                sex=Sex.FEMALE if (number % 100) < 100 * girls else Sex.MALE,
                born=Days.of(when - timedelta(days=365 * (3 + number % 12))),
                height=tall(90 + 5 * (number % 12)),
                languages=("hi",) if number % 10 else ("ta",),
                seen=seen(
                    Days.of(when), country="IN", latitude=10.0 + number % 20, longitude=72.0 + number % 15
                ),
            )
        )
    return people


CROWD = crowd_of(gallery())
