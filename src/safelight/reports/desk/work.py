"""Who works on what: the next report for a desk, held for a time; what N people will see by when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.model import Band
from safelight.reports.desk.acts import HOLD, RELEASE, Act
from safelight.reports.desk.labels import Labelled
from safelight.reports.desk.rank import Ranked
from safelight.reports.keep.columns import key_of, report_id
from safelight.reports.scoring import score

Numbers = npt.NDArray[np.int64]
OLDEST_EVERY, SAMPLE_EVERY = 10, 20
"""Of what is handed out, every tenth is the one that has waited longest, every twentieth from the drawn sample."""


@dataclass(frozen=True, slots=True)
class Held:
    """A report that somebody works on."""

    report: str
    desk: str
    by: str
    until: datetime


def held(made: Iterable[Act], decided: Mapping[str, Labelled], now: datetime) -> dict[str, Held]:
    """What is held now, by the report's id: not released, not decided since, and not over."""
    found: dict[str, Held] = {}
    for act in made:
        if act.kind == RELEASE:
            found.pop(act.report, None)
        elif act.kind == HOLD and not (act.report in decided and decided[act.report].at >= act.at):
            found[act.report] = Held(
                act.report, act.said["desk"], act.by, datetime.fromisoformat(act.said["until"])
            )
    return {report: one for report, one in found.items() if one.until > now}


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is handed out next, and why this one."""

    number: int
    why: str


def draw(
    ranked: Ranked,
    decided: Mapping[str, Labelled],
    taken: Mapping[str, Held],
    handed_out: int,
    sample: Iterable[str],
) -> Drawn | None:
    """The next report that nobody decided about or holds; None where there is none.

    Best first; so that none starves, every tenth is the one that has waited longest, and every twentieth is of the
    random sample of the low band, by which the share of what the order misses is estimated.
    """
    _, free = waiting(ranked, decided)
    free = free[~np.isin(ranked.rows["key"][free], keys(taken))]
    if not len(free):
        return None
    turn = handed_out + 1
    if turn % SAMPLE_EVERY == 0:
        of_sample = free[np.isin(ranked.rows["key"][free], keys(sample))]
        if len(of_sample):
            return Drawn(int(of_sample[0]), "sample")
    if turn % OLDEST_EVERY == 0:
        since = ranked.rows["taken_in"][free]
        return Drawn(int(free[since == since.min()].min()), "oldest")
    return Drawn(int(free[0]), "priority")


def waiting(ranked: Ranked, decided: Mapping[str, Labelled]) -> tuple[Numbers, Numbers]:
    """The lines in which something waits: their places in the order, and of each the best report that waits.

    A decision covers what stood in the line when it was made. A later version, or a further copy, is not covered.
    """
    places, numbers = np.arange(len(ranked.order)), np.array(ranked.order, dtype=np.int64)
    about = np.flatnonzero(np.isin(ranked.rows["key"], keys(decided)) & ranked.current)
    if not len(about):
        return places, numbers
    seen = np.array([decided[report_id(int(key))].seen for key in ranked.rows["key"][about]])
    lines, of = np.unique(ranked.line[about], return_inverse=True)
    covered = np.zeros(len(lines), dtype=np.int64)
    np.maximum.at(covered, of, seen)
    members = np.flatnonzero(np.isin(ranked.line, lines) & ranked.current)
    left = members[members >= covered[np.searchsorted(lines, ranked.line[members])]]
    left = left[np.lexsort((left, -ranked.log_odds[left]))]
    again, first = np.unique(ranked.line[left], return_index=True)
    at = np.flatnonzero(np.isin(numbers, again))
    numbers[at] = left[first[np.searchsorted(again, numbers[at])]]
    keep = ~np.isin(ranked.order, np.setdiff1d(lines, again))
    return places[keep], numbers[keep]


def keys(ids: Iterable[str]) -> npt.NDArray[np.uint64]:
    """The keys of reports, from their ids."""
    return np.array([key_of(one) for one in ids], dtype=np.uint64)


def capacity(
    ranked: Ranked, decided: Mapping[str, Labelled], people: int, minutes: float, hours: float, days: int
) -> dict[str, Any]:
    """What will be seen by when, with so many people, minutes a report and hours a day; and what will not in `days`.

    New reports come in at the mean rate of the last 28 days and take places by the same shares of bands.
    """
    _, left_over = waiting(ranked, decided)
    places = ranked.table.places(score.priority(ranked.log_odds[left_over]))
    counts = np.bincount(places, minlength=len(Band)).tolist()
    a_day = people * hours * 60 / minutes
    arriving = _arriving(ranked)
    found = []
    before, better_arriving = 0.0, 0.0
    for band, count in zip(Band, counts, strict=True):
        before += count
        better_arriving += arriving * count / max(1, len(left_over))
        left = a_day - better_arriving
        needed = before / left if left > 0 else None
        at = ranked.now + timedelta(days=needed) if needed is not None and needed < 36_500 else None
        seen = (
            count
            if needed is not None and needed <= days
            else max(0, round(count - (before - max(0.0, left) * days)))
        )
        found.append(
            {
                "band": str(band),
                "reports": count,
                "seen_by": at.isoformat() if at and count else None,
                "not_seen": count - min(count, seen),
            }
        )
    return {
        "people": people,
        "minutes": minutes,
        "hours": hours,
        "days": days,
        "a_day": round(a_day, 1),
        "arriving_a_day": round(arriving, 1),
        "waiting": len(left_over),
        "bands": found,
    }


def _arriving(ranked: Ranked) -> float:
    """Reports received a day, over the last 28 days before the newest."""
    received = ranked.rows["received"][ranked.order] if len(ranked.order) else np.zeros(0, dtype=np.int64)
    if not len(received):
        return 0.0
    newest = int(received.max())
    since = max(int(received.min()), newest - 28 * 86_400)
    days = max(1.0, (newest - since) / 86_400)
    return float((received >= since).sum() / days)
