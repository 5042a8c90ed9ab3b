"""Who works on what: the next report for a desk, held for a time; what N people will see by when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from safelight.model import Band
from safelight.reports.desk.acts import HOLD, RELEASE, Act
from safelight.reports.desk.explain import report_id
from safelight.reports.desk.rank import Ranked
from safelight.reports.scoring import score

OLDEST_EVERY, SAMPLE_EVERY = 10, 20
"""Of what is handed out, every tenth is the one that has waited longest, every twentieth from the drawn sample."""


@dataclass(frozen=True, slots=True)
class Held:
    """A report that somebody works on."""

    report: str
    desk: str
    by: str
    until: datetime


def held(made: Iterable[Act], now: datetime) -> dict[str, Held]:
    """What is held now, by the report's id."""
    found: dict[str, Held] = {}
    for act in made:
        if act.kind == RELEASE:
            found.pop(act.report, None)
        elif act.kind == HOLD:
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
    decided: Mapping[str, str],
    taken: Mapping[str, Held],
    handed_out: int,
    sample: Iterable[str],
) -> Drawn | None:
    """The next report that nobody decided about or holds; None where there is none.

    Best first; so that none starves, every tenth is the one that has waited longest, and every twentieth is of the
    random sample of the low band, by which the share of what the order misses is estimated.
    """
    ids = _Ids(ranked)
    free = [number for number in ranked.order.tolist() if _is_free(ids(number), decided, taken)]
    if not free:
        return None
    turn = handed_out + 1
    if turn % SAMPLE_EVERY == 0:
        wanted = set(sample)
        for number in free:
            if ids(number) in wanted:
                return Drawn(number, "sample")
    if turn % OLDEST_EVERY == 0:
        oldest = min(free, key=lambda number: (int(ranked.rows["taken_in"][number]), number))
        return Drawn(oldest, "oldest")
    return Drawn(free[0], "priority")


class _Ids:
    """Ids of reports by number."""

    def __init__(self, ranked: Ranked) -> None:
        self._key = ranked.rows["key"]

    def __call__(self, number: int) -> str:
        return report_id(int(self._key[number]))


def _is_free(report: str, decided: Mapping[str, str], taken: Mapping[str, Held]) -> bool:
    return report not in decided and report not in taken


def capacity(
    ranked: Ranked, decided: Mapping[str, str], people: int, minutes: float, hours: float, days: int
) -> dict[str, Any]:
    """What will be seen by when, with so many people, minutes a report and hours a day; and what will not in `days`.

    New reports come in at the mean rate of the last 28 days and take places by the same shares of bands.
    """
    ids = _Ids(ranked)
    waiting = [number for number in ranked.order.tolist() if ids(number) not in decided]
    priorities = score.priority(ranked.log_odds[waiting]) if waiting else np.zeros(0)
    bands = [ranked.table.band(float(one)) for one in priorities]
    a_day = people * hours * 60 / minutes
    arriving = _arriving(ranked)
    shares = {band: (bands.count(band) / len(bands) if bands else 0.0) for band in Band}
    found = []
    before, better_arriving = 0.0, 0.0
    for band in (Band.URGENT, Band.HIGH, Band.NORMAL, Band.LOW):
        count = bands.count(band)
        before += count
        better_arriving += arriving * shares[band]
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
        "waiting": len(waiting),
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
