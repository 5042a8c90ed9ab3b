"""What a gallery says about how frequent values are: shares of sexes, languages, names, marks, places, ages, heights.

Counted once a match. A value that is rare in the gallery says more when two state it; where too few state anything, the
priors of `ratios.toml` speak with the weight that is written there.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from safelight import spelling
from safelight.persons.person import Facts, Sex
from safelight.persons.weigh import mark_words, name_words
from safelight.persons.weigh.colours import colour
from safelight.persons.weigh.distance import STEPS, kilometres, step
from safelight.persons.weigh.ratios import Ratios, delivered
from safelight.persons.weigh.spans import YEAR, middle

_PAIRS = 997
"""How far apart in the list people are whose distance is counted; a prime, so that sorted lists are mixed."""
_MOST_DISTANCES = 50_000


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people state a value, of how many that state any; all counts, so that priors can be added.

    `births`: people by year of birth; `heights`: count, sum and sum of squares in cm; `distances`: pairs of people by
    the steps of `distance.STEPS`.
    """

    people: int = 0
    sexes: Mapping[Sex, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    speaking: int = 0
    names: Mapping[str, int] = field(default_factory=dict)
    named: int = 0
    marks: Mapping[str, int] = field(default_factory=dict)
    marked: int = 0
    countries: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    placed: int = 0
    distances: tuple[int, ...] = (0,) * (len(STEPS) + 1)
    births: tuple[float, float, float] = (0, 0.0, 0.0)
    heights: tuple[float, float, float] = (0, 0.0, 0.0)
    eyes: Mapping[str, int] = field(default_factory=dict)
    ratios: Ratios = field(default_factory=delivered)

    def sex_share(self, sex: Sex) -> float:
        """Of those who are stated as girls or boys; half and half counts as ten people."""
        both = sum(self.sexes.get(one, 0) for one in (Sex.FEMALE, Sex.MALE))
        return (self.sexes.get(sex, 0) + 5) / (both + 10)

    def language_share(self, codes: Iterable[str]) -> float:
        """The share of those who speak any of these, at most 1."""
        prior, worth = self.ratios["language.share"], self.ratios["language.worth"]
        return min(
            1.0, sum((self.languages.get(c, 0) + prior * worth) for c in codes) / (self.speaking + worth)
        )

    def name_share(self, key: str) -> float:
        """The share of people with this part of a name, by its sound."""
        ratios = self.ratios
        prior = ratios["name.share_common"] if name_words.is_common(key) else ratios["name.share"]
        worth = ratios["name.worth"]
        return max((self.names.get(key, 0) + prior * worth) / (self.named + worth), ratios["name.rarest"])

    def mark_share(self, key: str) -> float:
        """Of those who are stated to have marks, the share with this one (`part/kind`), or with any there (`part/`)."""
        prior = self.ratios["mark.share_place" if key.endswith("/") else "mark.share"]
        worth = self.ratios["mark.worth"]
        return (self.marks.get(key, 0) + prior * worth) / (self.marked + worth)

    def kind_share(self, kind: str) -> float:
        """Of those who are stated to have marks, at most the share with one of this kind, wherever it is."""
        worth = self.ratios["mark.worth"]
        stated = sum(count for key, count in self.marks.items() if key.endswith(f"/{kind}"))
        return min(1.0, (stated + self.ratios["mark.share_kind"] * worth) / (self.marked + worth))

    def country_share(self, country: str) -> float:
        """The share of those whose country is stated."""
        return self._share(self.countries, country, sum(self.countries.values()), "place.country_share")

    def place_share(self, words: Iterable[str]) -> float:
        """The share of the rarest of these words of place names."""
        return min(self._share(self.places, word, self.placed, "place.words_share") for word in words)

    def _share(self, counts: Mapping[str, int], value: str, of: int, prior: str) -> float:
        worth = self.ratios["place.worth"]
        return (counts.get(value, 0) + self.ratios[prior] * worth) / (of + worth)

    def distance_share(self, step: int) -> float:
        """The share of pairs of people whose places are so far apart; an even spread counts as some pairs."""
        worth = self.ratios["place.pairs_worth"]
        return (self.distances[step] + worth / len(self.distances)) / (sum(self.distances) + worth)

    def eyes_share(self, code: str) -> float:
        """The share of those whose eyes are stated."""
        prior, worth = self.ratios["eyes.share"], self.ratios["eyes.worth"]
        return (self.eyes.get(code, 0) + prior * worth) / (sum(self.eyes.values()) + worth)

    def birth_spread(self, year: float) -> tuple[float, float]:
        """Mean and standard deviation of years of birth; `year` stands for the mean where nobody's is known."""
        enough = self.ratios["age.crowd_enough"]
        return _spread(self.births, year, self.ratios["age.crowd_years"], enough)

    def height_spread(self, height: float) -> tuple[float, float]:
        """Mean and standard deviation of stated heights, cm; `height` stands for the mean where nobody's is known."""
        return _spread(self.heights, height, self.ratios["height.crowd_cm"], self.ratios["age.crowd_enough"])


def _spread(
    sums: tuple[float, float, float], mean: float, deviation: float, worth: float
) -> tuple[float, float]:
    """Mean and deviation of counted values mixed with a prior that is worth so many of them."""
    count, total, squares = sums
    if not count:
        return mean, deviation
    centre = total / count
    spread = max(squares / count - centre * centre, 0.0)
    share = count / (count + worth)
    return centre, math.sqrt(share * spread + (1 - share) * deviation * deviation)


def crowd_of(facts: Iterable[Facts], ratios: Ratios | None = None) -> Crowd:
    """Count a gallery. One pass; memory is that of the distinct names, languages and places."""
    sexes: Counter[Sex] = Counter()
    languages: Counter[str] = Counter()
    names: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    countries: Counter[str] = Counter()
    places: Counter[str] = Counter()
    eyes: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    births, heights = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    spots: list[tuple[float, float]] = []
    for one in facts:
        totals["people"] += 1
        if one.sex:
            sexes[one.sex] += 1
        languages.update(set(one.languages))
        totals["speaking"] += bool(one.languages)
        keys = {part.key for name in one.names for part in name_words.parts(name)}
        names.update(keys)
        totals["named"] += bool(keys)
        read = [mark for stated in one.marks for mark in mark_words.read(stated)]
        marked.update({mark.key for mark in read} | {f"{mark.part}/" for mark in read})
        totals["marked"] += bool(read)
        if one.born:
            _add(births, middle(one.born) / YEAR)
        if one.height:
            _add(heights, (one.height.least + one.height.most) / 2)
        if one.eyes and (code := colour(one.eyes)):
            eyes[code] += 1
        if one.seen:
            if one.seen.country:
                countries[one.seen.country] += 1
            if one.seen.place:
                places.update(spelling.words(one.seen.place))
                totals["placed"] += 1
            if one.seen.latitude is not None and one.seen.longitude is not None:
                spots.append((one.seen.latitude, one.seen.longitude))
    return Crowd(
        people=totals["people"],
        sexes=dict(sexes),
        languages=dict(languages),
        speaking=totals["speaking"],
        names=dict(names),
        named=totals["named"],
        marks=dict(marked),
        marked=totals["marked"],
        countries=dict(countries),
        places=dict(places),
        placed=totals["placed"],
        distances=_distances(spots),
        births=(births[0], births[1], births[2]),
        heights=(heights[0], heights[1], heights[2]),
        eyes=dict(eyes),
        ratios=ratios or delivered(),
    )


def _add(sums: list[float], value: float) -> None:
    sums[0] += 1
    sums[1] += value
    sums[2] += value * value


def _distances(spots: list[tuple[float, float]]) -> tuple[int, ...]:
    """Pairs by step: each person with one far away in the list, so that the order of a register does not matter."""
    counts = [0] * (len(STEPS) + 1)
    spots = sorted(spots)  # why: the same people give the same shares, in whatever order they were enrolled
    stride = max(1, len(spots) // _MOST_DISTANCES)
    for at in range(0, len(spots) if len(spots) > 1 else 0, stride):
        other = spots[(at * _PAIRS + len(spots) // 2 + 1) % len(spots)]
        if spots[at] is not other:
            counts[step(kilometres(*spots[at], *other))] += 1
    return tuple(counts)
