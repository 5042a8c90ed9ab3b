"""How tall children are, and how they grow: median and standard deviation by sex and age (`growth.tsv`).

2000 CDC growth charts (Kuczmarski et al., Vital Health Stat 11(246), 2002; public domain). A reference of American
children; what differs elsewhere is in `ratios.toml` (`height.shift`, `height.spread`).
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache, lru_cache
from importlib.resources import files

from safelight.persons.person import Sex

GROWN = 20.0
"""Years from which nobody grows in the table."""
SOURCE = "2000 CDC growth charts (Kuczmarski et al., Vital Health Stat 11(246), 2002)"
_Rows = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]


@cache
def _table() -> dict[Sex, _Rows]:
    """Months, medians and deviations by sex."""
    rows: dict[Sex, list[tuple[float, float, float]]] = {}
    for line in files(__package__).joinpath("growth.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith(("#", "sex")):
            continue
        sex, months, median, deviation = line.split("\t")
        rows.setdefault(Sex(sex), []).append((float(months), float(median), float(deviation)))
    made = {}
    for sex, lines in rows.items():
        months_of, medians, deviations = zip(*lines, strict=True)
        made[sex] = (months_of, medians, deviations)
    return made


def height_at(age: float, sex: Sex | None) -> tuple[float, float]:
    """Median height and standard deviation in cm at an age in years; of both sexes together where none is known."""
    return _height_at(round(min(max(age, 0.0), GROWN) * 120), sex)


@lru_cache(maxsize=1 << 14)
def _height_at(tenths: int, sex: Sex | None) -> tuple[float, float]:
    """At tenths of a month, which no register states."""
    if sex not in (Sex.FEMALE, Sex.MALE):
        (first, one), (second, other) = _height_at(tenths, Sex.FEMALE), _height_at(tenths, Sex.MALE)
        return (first + second) / 2, (one + other) / 2 + abs(first - second) / 2
    months, medians, deviations = _table()[sex]
    at = tenths / 10
    above = min(max(bisect_right(months, at), 1), len(months) - 1)
    share = (at - months[above - 1]) / (months[above] - months[above - 1])
    return (
        medians[above - 1] + share * (medians[above] - medians[above - 1]),
        deviations[above - 1] + share * (deviations[above] - deviations[above - 1]),
    )
