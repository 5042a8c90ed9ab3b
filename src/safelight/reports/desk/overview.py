"""The state of the desk as data: what waits, in which bands, from where; which clocks run out; what nobody reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from safelight.model import Band, Capability
from safelight.reports.desk import clocks, elusion, labels, texts, work
from safelight.reports.desk.explain import entry
from safelight.reports.desk.rank import Ranked
from safelight.reports.keep.columns import sender_of
from safelight.reports.keep.findings import findings
from safelight.reports.keep.letters import letters_of
from safelight.reports.scoring import score

if TYPE_CHECKING:
    from safelight.reports.desk.desk import Desk

QUEUE, LISTED, DUE_DAYS, GROUPS, ARRIVALS = 50, 100, 14, 10, 28
"""Lines of the queue, lines of the other lists, days ahead for clocks, values of each group, days of arrivals."""
_UNKNOWN = 3
"""Values of a group that may stand for what is not known, beside those that are counted."""
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
    labelled = desk.labelled()
    decided = {report: one.label for report, one in labelled.items()}
    bands = ranked.table.places(score.priority(ranked.log_odds))
    places, waiting = work.waiting(ranked, labelled)
    oldest = int(ranked.rows["taken_in"][waiting].min()) if len(waiting) else None
    return {
        "reports": int(ranked.current.sum()),
        "lines": len(ranked.order),
        "clusters": int((ranked.sizes > 1).sum()),
        "provisional": ranked.provisional,
        "reads_texts": desk.permit.allows(Capability.TEXT_ANALYSIS),
        "waiting": len(waiting),
        "oldest": None if oldest is None else datetime.fromtimestamp(oldest, UTC).isoformat(),
        "held": len(desk.held(labelled)),
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
        else work.capacity(
            ranked, labelled, capacity.people, capacity.minutes, capacity.hours, capacity.days
        ),
        "groups": _groups(desk, ranked, bands),
        "arrivals": _arrivals(ranked),
        "queue": _entries(desk, ranked, places[:QUEUE], waiting[:QUEUE]),
        "due": _due(desk, ranked, waiting),
        "foreign": _foreign(desk, ranked, places, waiting),
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


def _entries(desk: Desk, ranked: Ranked, places: Ints, waiting: Ints) -> list[dict[str, Any]]:
    """Lines by their places (0 is the first) and of each the report that waits, as the queue prints them."""
    numbers = {number: place + 1 for place, number in zip(places.tolist(), waiting.tolist(), strict=True)}
    return [
        {**said, "place": numbers[number], "cluster_size": cluster_size(ranked, number)}
        for number, said in zip(numbers, desk.entries(ranked, list(numbers)), strict=True)
    ]


def cluster_size(ranked: Ranked, number: int) -> int:
    """How many reports the certain cluster of a report has; 1 where it stands alone."""
    return int(ranked.sizes[ranked.clusters.certain[number]])


def _groups(desk: Desk, ranked: Ranked, bands: Ints) -> dict[str, list[dict[str, Any]]]:
    """Current reports by provider, country and language: the most frequent values, with their bands.

    What is not known comes last and says so (`known`): it is no country, and there may be more of it than of any.
    """
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

    def provider(value: int) -> str | None:
        body = bodies[firsts[value]]
        return body.provider or sender_of(body) or None

    def spoken(value: int) -> str | None:
        return None if value < 0 else letters_of(value) or None

    def group(
        values: list[tuple[int, dict[str, int]]], word: Callable[[int], str | None], lacking: str = "unknown"
    ) -> list[dict[str, Any]]:
        told = [(value, word(value), counts) for value, counts in values]
        known = [{"value": one, "known": True, "bands": counts} for _, one, counts in told if one is not None]
        return known[:GROUPS] + [
            {"value": "text not read yet" if value < 0 else lacking, "known": False, "bands": counts}
            for value, one, counts in told
            if one is None
        ]

    countries = _most(ranked.rows["country"][current], bands[current])
    return {
        "provider": group(providers, provider),
        "country": group(countries, letters_of),
        "language": group(_most(language[current], bands[current]), spoken, "no text, or language not told"),
    }


def _most(values: Ints, bands: Ints) -> list[tuple[int, dict[str, int]]]:
    """The most frequent values with how many reports of each band they have."""
    distinct, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    top = np.lexsort((distinct, -counts))[: GROUPS + _UNKNOWN]
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
    rows = {name: ranked.rows[name][waiting] for name in clocks.COLUMNS}
    running: list[tuple[int, int, str]] = []
    lines: set[int] = set()
    gone = 0
    for what, ends in zip((clocks.RECORDS, clocks.CONTENT), clocks.ends(rows, ranked.rules), strict=True):
        gone += int((ends < now).sum())
        soon = np.flatnonzero((ends >= now) & (ends < now + DUE_DAYS * clocks.DAY))
        lines.update(waiting[soon].tolist())
        first = soon[np.argsort(ends[soon], kind="stable")][:LISTED]
        running += [(int(ends[at]), int(at), what) for at in first]
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


def _foreign(desk: Desk, ranked: Ranked, places: Ints, waiting: Ints) -> dict[str, Any]:
    """Waiting lines whose text is in a language that is not read here: they need a reader of it."""
    foreign = ranked.danger[waiting] == texts.FOREIGN
    places, numbers = places[foreign], waiting[foreign]
    spoken = Counter(
        letters_of(int(code)) or "not told" for code in ranked.read.language[ranked.text_at[numbers]].tolist()
    )
    return {
        "lines": len(places),
        "languages": dict(spoken.most_common()),
        "entries": _entries(desk, ranked, places[:LISTED], numbers[:LISTED]),
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
