"""What similarities mean in this gallery: the chance of a look-alike, what the face alone weighs, who is shown.

Everything is calibrated on pairs of different people of the very gallery that is searched; where it is too small for
that, nothing is said but the similarity, and a measured cut-off of the embedder decides who is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safelight.persons.calibrate import chance, face
from safelight.persons.calibrate.calibration import Calibration, calibrate
from safelight.persons.calibrate.discovery import Discovery, discover
from safelight.persons.calibrate.face import DLIB, Genuine
from safelight.persons.calibrate.listed import Listed, by_chance
from safelight.persons.calibrate.neighbourhood import Near
from safelight.persons.compare.gallery import Gallery
from safelight.persons.compare.search import top
from safelight.persons.person import Weighed
from safelight.persons.protocol import Floats
from safelight.persons.weigh.age_gap import Discount

SEARCH_LIMIT, MATCH_LIMIT = 1.0, 0.1
"""Look-alikes that chance may bring to the list of one probe: one where somebody asks about one photograph, one in ten
where everybody is compared and people must look at every list. An age gap allows as many times more as its curve says
(`weigh/age_gap.py`)."""
SHOWN_FROM = {"dlib-mirrored": 0.9, "dlib-plain": 0.9}
"""Cosine from which somebody is shown in a gallery that is too small to calibrate, by embedder: among public adults 1
in 100 pairs of strangers scores more, and hardly any two photographs of one adult less. Others show the nearest."""
GENUINE = {"dlib-mirrored": DLIB}
"""Measured scores of one person, by embedder."""
_NEIGHBOURS = 20
WHOLE, WHOLE_IN_MATCH = 20_000, 150_000
"""Up to so many people everybody is held against everybody, so that the tail reaches to one pair of the gallery: some
seconds, and in a match, which does as much work anyhow, up to a minute or two. In a gallery that is larger only `_ROWS`
people are, drawn at even steps by id: they may show who is enrolled twice, and no more. The tail is then that of a
sample, whose interval is wide where lists end."""
_ROWS = 4_000
_WIDEST = 10.0

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Every probe against its nearest people. Arrays `(m, k)`; `fmr` and its ends are None where not calibrated."""

    similarity: Doubles
    places: NDArray[np.int64]
    adjusted: Doubles
    fmr: Doubles | None
    interval: tuple[Doubles, Doubles] | None
    discovery: Discovery | None
    near: Near
    """The probes' own neighbourhoods, `(m,)`."""

    def of_row(self, row: int) -> Near:
        """The neighbourhood of one probe, `(1,)`."""
        return self.near.rows(np.array([row]))


class Meaning:
    """The calibration of one gallery."""

    def __init__(self, gallery: Gallery, embedder: str, limit: float, whole: int = WHOLE) -> None:
        self.size = len(gallery)
        self.limit = limit
        self._gallery = gallery
        self._genuine: Genuine | None = GENUINE.get(embedder)
        self._shown_from = SHOWN_FROM.get(embedder, -1.0)
        numbers = np.arange(self.size, dtype=np.int64)
        drawn = self.size if self.size <= whole else _ROWS
        rows = np.unique(np.linspace(0, max(self.size - 1, 0), min(self.size, drawn)).astype(np.int64))
        nearest = None
        if self.size > _NEIGHBOURS:
            _, nearest = top(gallery.people[rows], gallery.people, _NEIGHBOURS + 1, longest=gallery.longest)
        self.calibration: Calibration = calibrate(gallery.people, numbers, nearest=nearest, rows=rows)
        self._near = self.calibration.gallery

    @property
    def is_calibrated(self) -> bool:
        """Are the pairs of this gallery enough to say what a score means?"""
        return self.calibration.tail is not None

    def score(self, vectors: Floats, count: int) -> Scored:
        """Hold each probe `(m, d)` against the gallery; the `count` nearest."""
        similarity, places = self._gallery.search(vectors, self._gallery.version, count)
        own = self.calibration.near(vectors)
        probes, near = own.rows(np.arange(len(vectors))[:, None]), self._near.rows(places)
        adjusted = self.calibration.adjusted(similarity, probes, near)
        fmr = self.calibration.fmr(similarity, probes, near)
        interval = self.calibration.fmr_interval(similarity, probes, near)
        found = discover(fmr, interval, self.size) if fmr is not None and interval is not None else None
        return Scored(similarity, places, adjusted, fmr, interval, found, own)

    def could_be_shown(self, scored: Scored, row: int) -> NDArray[np.int64]:
        """Which of a probe's nearest people are worth weighing facts for, by place in its row; the nearest first."""
        if scored.fmr is None:
            return np.flatnonzero(scored.similarity[row] >= self._shown_from)
        return np.flatnonzero(scored.fmr[row] * self.size <= self.limit * _WIDEST)

    def is_shown(self, scored: Scored, row: int, at: int, gap: Discount) -> bool:
        """Is this one near enough to be a candidate, given the years between the photographs?"""
        if scored.fmr is None:
            return bool(scored.similarity[row, at] >= self._shown_from)
        return bool(scored.fmr[row, at] * self.size <= self._reach(gap))

    def mean_by_chance(self, gaps: Sequence[Discount]) -> float | None:
        """Look-alikes that chance gives, on the mean, to the list of a probe with these years to people of the gallery.

        Before the list is cut. None: not calibrated.
        """
        if not self.is_calibrated or not gaps:
            return None
        return sum(min(self._reach(gap), float(self.size)) for gap in gaps) / len(gaps)

    def listed(self, scored: Scored | None, count: int, means: Sequence[float], most: int) -> Listed | None:
        """What chance gives to `count` candidates, at most `most` of each probe; `means`: `mean_by_chance` of each.

        None: not calibrated.
        """
        tail = self.calibration.tail
        if tail is None or scored is None or scored.fmr is None or scored.interval is None or not means:
            return None
        rates = scored.fmr.reshape(-1)
        ends = (1.0, 1.0)
        known = np.flatnonzero(rates > 0)
        if len(known):
            # The calibration is as sure of the whole list as of the rate at which lists end.
            end = sum(means) / len(means) / self.size
            at = known[np.argmin(np.abs(np.log(rates[known] / end)))]
            low, high = (float(one.reshape(-1)[at] / rates[at]) for one in scored.interval)
            ends = low, high
        return by_chance(count, np.array(means), ends, most=most, unevenness=tail.unevenness)

    def _reach(self, gap: Discount) -> float:
        """The look-alikes by chance up to which somebody is shown across a gap."""
        return self.limit * min(gap.widen, _WIDEST)

    def face(self, scored: Scored, row: int, at: int, gap: Discount) -> Weighed:
        """What the face alone says."""
        similarity = float(scored.similarity[row, at])
        return self._face(similarity, float(scored.adjusted[row, at]), gap)

    def fmr(self, scored: Scored, row: int, at: int) -> float | None:
        """The chance that two different people of this gallery score this high; None: not calibrated."""
        return None if scored.fmr is None else float(scored.fmr[row, at])

    def expected(self, scored: Scored, row: int, at: int) -> float | None:
        """Look-alikes as near as this one that chance gives this probe in this gallery."""
        return None if scored.fmr is None else float(scored.fmr[row, at]) * self.size

    def q(self, scored: Scored, row: int, at: int) -> float | None:
        """The false-discovery rate of all pairs of the match down to this one."""
        return None if scored.discovery is None else float(scored.discovery.q_pair[row, at])

    def of_pair(
        self, vector: Floats, own: Near, place: int, gap: Discount
    ) -> tuple[float, float | None, Weighed]:
        """Similarity, false-match rate (None: not calibrated) and face of any one pair, however unlike: for foils.

        `own` `(1,)` is the neighbourhood of the probe.
        """
        similarity = np.array(
            [float(self._gallery.people[place].astype(np.float64) @ vector.astype(np.float64))]
        )
        adjusted = self.calibration.adjusted(similarity, own, self._near.rows(np.array([place])))
        fmr = None if self.calibration.tail is None else float(self.calibration.tail.fmr(adjusted)[0])
        return float(similarity[0]), fmr, self._face(float(similarity[0]), float(adjusted[0]), gap)

    def are_unlike(self, vector: Floats, places: Sequence[int]) -> dict[int, bool]:
        """Which people of the gallery, by place, nobody would show for a probe, whatever the gallery."""
        similarity = (self._gallery.people[list(places)] @ vector).tolist()
        return {place: one < self._shown_from - 0.03 for place, one in zip(places, similarity, strict=True)}

    def _face(self, similarity: float, adjusted: float, gap: Discount) -> Weighed:
        tail = self.calibration.tail
        if tail is None:
            return face.weighed(similarity, None, None, self._genuine)
        by_chance = chance.of_probe(tail, adjusted, self.size)
        if self._genuine is None:
            return face.weighed(similarity, None, by_chance, None)
        factor = np.array([gap.weight_factor])
        weight = face.log_ratio(tail, np.array([similarity]), np.array([adjusted]), self._genuine, factor)
        return face.weighed(similarity, float(weight[0]), by_chance, self._genuine, gap.text)

    def sentence(self, listed: Listed | None) -> str:
        """What chance gives over all that was compared, for people."""
        if listed is None:
            return f"{chance.NOT_KNOWN} {self.calibration.sentence}"
        return listed.sentence()

    def enrolled_twice(self) -> list[dict[str, Any]]:
        """Pairs of the gallery too near for chance, who may be one person: for somebody to look at."""
        ids = self._gallery.ids
        return [
            {"people": [ids[one.first], ids[one.second]], "similarity": round(one.similarity, 4)}
            for one in self.calibration.duplicates
        ]
