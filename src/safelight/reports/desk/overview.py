"""The state of the desk as data: what waits, in which bands, from where; which clocks run out; what nobody reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from safelight.model import Band, Capability
from safelight.reports.desk import acts, clocks, elusion, labels, texts, work
from safelight.reports.desk.explain import entry
from safelight.reports.desk.rank import Ranked
from safelight.reports.keep.columns import country_code, sender_of
from safelight.reports.keep.findings import findings
from safelight.reports.scoring import score

if TYPE_CHECKING:
    from safelight.reports.desk.desk import Desk

QUEUE, LISTED, DUE_DAYS, GROUPS, ARRIVALS = 50, 100, 14, 10, 28
"""Lines of the queue, lines of the other lists, days ahead for clocks, values of each group, days of arrivals."""
_REASONS = 1_000

Ints = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Capacity:
    """Who works at the desk: so many people, minutes a report, hours a day, days ahead."""

    people: int
    minutes: float
    hours: float = 8.0
    days: int = 30


def overview(desk: Desk, ranked: Ranked, capacity: Capacity | None = None) -> dict[str, Any]:
    """Everything that the page of the desk's state shows. A line stands for the reports that say the same."""
    decided = desk.decided()
    bands = ranked.table.places(score.priority(ranked.log_odds))
    waits = work.waiting(ranked, decided)
    waiting = ranked.order[waits]
    taken = work.held(desk.done(acts.HOLD, acts.RELEASE), ranked.now)
    oldest = int(ranked.rows["taken_in"][waiting].min()) if len(waiting) else None
    return {
        "reports": int(ranked.current.sum()),
        "lines": len(ranked.order),
        "clusters": int((ranked.sizes > 1).sum()),
        "provisional": ranked.provisional,
        "reads_texts": desk.permit.allows(Capability.TEXT_ANALYSIS),
        "waiting": len(waiting),
        "oldest": None if oldest is None else datetime.fromtimestamp(oldest, UTC).isoformat(),
        "held": len(taken.keys() - decided.keys()),
        "bands": [
            {
                "band": str(band),
                "lines": int((bands[ranked.order] == number).sum()),
                "waiting": int((bands[waiting] == number).sum()),
                "reports": int((bands[ranked.current] == number).sum()),
            }
            for number, band in enumerate(Band)
        ],
        "decisions": _decisions(desk),
        "elusion": elusion.estimate(ranked, desk.drawn(), decided),
        "capacity": None
        if capacity is None
        else work.capacity(ranked, decided, capacity.people, capacity.minutes, capacity.hours, capacity.days),
        "groups": _groups(desk, ranked, bands),
        "arrivals": _arrivals(ranked),
        "queue": _entries(desk, ranked, np.flatnonzero(waits)[:QUEUE]),
        "due": _due(desk, ranked, waiting),
        "foreign": _foreign(desk, ranked, waits),
        "unread": unread(desk),
    }


def _decisions(desk: Desk) -> dict[str, Any]:
    """How many, by how many people, by label. Totals only: the page compares no people."""
    with desk.permit.transaction() as connection:
        made = labels.everything(connection, desk.sealer, desk.case.id)
    last = {one.report: one.label for one in made}
    return {
        "decisions": len(made),
        "reports": len(last),
        "people": len({one.by for one in made}),
        "labels": dict(Counter(last.values()).most_common()),
    }


def _entries(desk: Desk, ranked: Ranked, places: Iterable[int]) -> list[dict[str, Any]]:
    """Lines by their places (0 is the first), as the queue prints them."""
    numbers = {int(ranked.order[place]): int(place) + 1 for place in places}
    bodies = dict(desk.store.reports(ranked.segments, numbers))
    return [{**entry(ranked, number, bodies[number]), "place": place} for number, place in numbers.items()]


def _groups(desk: Desk, ranked: Ranked, bands: Ints) -> dict[str, list[dict[str, Any]]]:
    """Current reports by provider, country and language: the most frequent values, with their bands."""
    current = np.flatnonzero(ranked.current)
    language = np.zeros(len(ranked), dtype=np.int64)
    read = ranked.text_at >= 0
    language[read] = ranked.read.language[ranked.text_at[read]]
    language[(ranked.danger == texts.UNREAD) & ~read] = -1
    providers = _most(ranked.rows["sender"][current], bands[current])
    firsts = {
        value: int(current[np.argmax(ranked.rows["sender"][current] == value)]) for value, _ in providers
    }
    bodies = dict(desk.store.reports(ranked.segments, firsts.values()))

    def provider(value: int) -> str:
        body = bodies[firsts[value]]
        return body.provider or sender_of(body) or "not stated"

    def spoken(value: int) -> str:
        return "text not read yet" if value < 0 else texts.language_code(value) or "no text, or not told"

    countries = _most(ranked.rows["country"][current], bands[current])
    return {
        "provider": [{"value": provider(value), "bands": counts} for value, counts in providers],
        "country": [
            {"value": country_code(value) or "unknown", "bands": counts} for value, counts in countries
        ],
        "language": [
            {"value": spoken(value), "bands": counts}
            for value, counts in _most(language[current], bands[current])
        ],
    }


def _most(values: Ints, bands: Ints) -> list[tuple[int, dict[str, int]]]:
    """The most frequent values with how many reports of each band they have."""
    distinct, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    top = np.lexsort((distinct, -counts))[:GROUPS]
    table = np.bincount(inverse * len(Band) + bands, minlength=len(distinct) * len(Band))
    table = table.reshape(-1, len(Band))
    return [
        (int(distinct[one]), {str(band): int(table[one, number]) for number, band in enumerate(Band)})
        for one in top
    ]


def _arrivals(ranked: Ranked) -> list[dict[str, Any]]:
    """Current reports received on each day (UTC), the last four weeks up to the newest."""
    days = ranked.rows["received"][ranked.current] // clocks.DAY
    days = days[days <= int(ranked.now.timestamp()) // clocks.DAY]
    if not len(days):
        return []
    newest = int(days.max())
    first = max(int(days.min()), newest - ARRIVALS + 1)
    counts = np.bincount(days[days >= first] - first, minlength=newest - first + 1)
    return [
        {
            "day": datetime.fromtimestamp((first + at) * clocks.DAY, UTC).date().isoformat(),
            "reports": int(count),
        }
        for at, count in enumerate(counts)
    ]


def _due(desk: Desk, ranked: Ranked, waiting: Ints) -> dict[str, Any]:
    """Clocks of waiting lines that run out within `DUE_DAYS`, the first first; and how many have run out already."""
    now = int(ranked.now.timestamp())
    countries, received = ranked.rows["country"][waiting], ranked.rows["received"][waiting]
    running: list[tuple[int, int, str]] = []
    lines: set[int] = set()
    gone = 0
    for country in np.unique(countries).tolist():
        mine = np.flatnonzero(countries == country)
        for clock in clocks.of_report(0, country_code(int(country)), ranked.rules):
            ends = received[mine] + int(clock.at.timestamp())
            gone += int((ends < now).sum())
            soon = (ends >= now) & (ends < now + DUE_DAYS * clocks.DAY)
            lines.update(waiting[mine[soon]].tolist())
            first = np.flatnonzero(soon)[np.argsort(ends[soon], kind="stable")][:LISTED]
            running += [(int(ends[at]), int(mine[at]), clock.what) for at in first.tolist()]
    running = sorted(running)[:LISTED]
    numbers = {int(waiting[at]) for _, at, _ in running}
    said = {
        number: entry(ranked, number, body) for number, body in desk.store.reports(ranked.segments, numbers)
    }
    return {
        "days": DUE_DAYS,
        "lines": len(lines),
        "run_out": gone,
        "entries": [
            {
                **said[int(waiting[at])],
                "what": what,
                "at": datetime.fromtimestamp(end, UTC).isoformat(),
            }
            for end, at, what in running
        ],
    }


def _foreign(desk: Desk, ranked: Ranked, waits: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Waiting lines whose text is in a language that is not read here: they need a reader of it."""
    places = np.flatnonzero(waits & (ranked.danger[ranked.order] == texts.FOREIGN))
    numbers = ranked.order[places]
    spoken = Counter(
        texts.language_code(int(code)) or "not told"
        for code in ranked.read.language[ranked.text_at[numbers]].tolist()
    )
    return {
        "lines": len(places),
        "languages": dict(spoken.most_common()),
        "entries": _entries(desk, ranked, places[:LISTED]),
    }


def unread(desk: Desk) -> dict[str, Any]:
    """What could not be read of what came in: how much, by reason (numbers left out), and the first of it."""
    reasons: Counter[str] = Counter()
    entries: list[dict[str, str]] = []
    count = 0
    with desk.permit.transaction() as connection:
        for where, reason in findings(connection, desk.sealer, desk.case.id):
            count += 1
            kind = re.sub(r"\d+", "…", reason)[:200]
            reasons[kind if kind in reasons or len(reasons) < _REASONS else "other reasons"] += 1
            if len(entries) < LISTED:
                entries.append({"path": where, "reason": reason})
    return {"count": count, "reasons": dict(reasons.most_common(40)), "entries": entries}


__all__ = ["Capacity", "overview", "unread"]
