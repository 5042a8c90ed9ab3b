"""`reports rank`: link, score and order every report of a case; what comes out is kept for the other verbs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from safelight.governance.gate import Permit
from safelight.hashsets import library
from safelight.matching.match import Matcher
from safelight.model import Capability
from safelight.progress import Progress, Progressed
from safelight.reports.desk import clocks, lines, media, texts
from safelight.reports.desk.acts import edits, learned
from safelight.reports.desk.known import NO_FILES, known_shares
from safelight.reports.desk.media import MediaSaid
from safelight.reports.keep.store import ReportStore, Segment, newest, segment_of
from safelight.reports.linking import people_alike
from safelight.reports.linking.sieve import Sieve
from safelight.reports.linking.state import Links, World, bring_up
from safelight.reports.scoring import score
from safelight.reports.scoring.observe import OBSERVED
from safelight.reports.scoring.table import Table, load
from safelight.settings import Settings
from safelight.store.database import Database
from safelight.store.keys import Sealer

STATE = "state-rank"
DYNAMIC = (
    "previous-reports",
    "several-providers",
    "linked-danger",
    "known-material",
    "new-material",
    "explicit-young",
    "camera-seen",
    "text-unread",
    "burst",
    "waiting",
    "clock",
)
"""Strengths that follow from other reports, lists and time: columns of the state beside those of the reports."""

Ints = npt.NDArray[Any]


class House(Protocol):
    """What ranking needs of the workspace."""

    folder: Path
    config: Settings
    database: Database


@dataclass(slots=True)
class Ranked:
    """The order of all reports. Arrays are by report number unless they say otherwise."""

    segments: list[Segment]
    rows: Columns
    """Columns by name; `feature` has the observations of one report."""
    table: Table
    read: texts.TextColumns
    text_at: Ints
    danger: npt.NDArray[np.uint8]
    clusters: Links
    dynamic: dict[str, npt.NDArray[np.uint8]]
    text_part: npt.NDArray[np.float32]
    """What the words add, in log-odds."""
    log_odds: npt.NDArray[np.float32]
    line: Ints
    """The report that stands for it in the queue: itself, or one that says the same."""
    order: Ints
    """Numbers of the reports that stand in the queue, best first."""
    counts: Ints
    """How many reports each line stands for, by the line's report."""
    provisional: int
    now: datetime
    rules: Mapping[str, Any]
    """Of the legal clocks."""
    sizes: Ints
    """How many current reports a certain cluster has, by its label."""
    world: World
    current: npt.NDArray[np.bool_]

    store: ReportStore
    """Where the columns lie that are not held."""
    _opened: dict[int, dict[str, Ints]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.log_odds)

    def feature(self, code: str, number: int) -> int:
        """An observation of one report, 0..255."""
        segment = segment_of(self.segments, number)
        if segment.number not in self._opened:
            if len(self._opened) > 8:
                self._opened.clear()
            self._opened[segment.number] = self.store.rows_of(segment, [f"f_{one}" for one in OBSERVED])
        return int(self._opened[segment.number][f"f_{code}"][number - segment.first])

    def features(self, code: str, numbers: Ints) -> Ints:
        """An observation of several reports, 0..255 each."""
        return np.array([self.feature(code, int(one)) for one in numbers], dtype=np.float64)


def rank(
    house: House,
    permit: Permit,
    store: ReportStore,
    sealer: Sealer,
    progress: Progress,
    *,
    texts_at_most: int | None = None,
    seen: Mapping[str, Sequence[MediaSaid]] | None = None,
    now: datetime | None = None,
) -> Ranked:
    """Bring the order up to date and keep it. Texts are read where the authority allows it, the most telling first."""
    now = now or datetime.now(UTC)
    with permit.transaction() as connection:
        segments = store.segments(connection)
        matcher = Matcher(library.open_lists(connection, house.folder / "hashsets"))
        said = edits(connection, sealer, store.case_id)
        rules = clocks.rules(house.config.report_clocks)
        table = learned(connection, sealer, store.case_id, load(house.config.report_weights))
    rows = Columns(store, segments)
    current = newest(rows["replaces"])
    reports = len(current)
    progress(Progressed("linking", 0, total=reports))
    by_key = (
        {int(key): number for number, key in enumerate(rows["key"].tolist())} if said.cut or said.join else {}
    )
    people = people_alike.bring_up(store, segments, current)
    world = World(
        store,
        segments,
        current,
        rows["sender"],
        voices(rows),
        said.by_number(by_key),
        people.pairs(current),
        people.mark,
    )
    links = bring_up(world)
    dynamic = {code: np.zeros(reports, dtype=np.uint8) for code in DYNAMIC}
    dynamic.update(_from_links(links, rows))
    dynamic.update(_from_lists(known_shares(store, segments, matcher, _lists_version(matcher))))
    if seen:
        _add_media(dynamic, seen, rows, current)
    dynamic.update(clocks.of_reports(rows, table, now, rules))
    dynamic["burst"] = lines.bursts(rows, current, table)
    structure = _structure(store, segments, table, reports)
    score.add(structure, dynamic, table)
    read, provisional = texts.empty(), 0
    if permit.allows(Capability.TEXT_ANALYSIS):
        read = _read_texts(store, segments, rows, current, structure, progress, texts_at_most)
    danger, at = read.of(rows["text"])
    if not permit.allows(Capability.TEXT_ANALYSIS):
        danger[:] = texts.NONE
    provisional = int(((danger == texts.UNREAD) & current).sum())
    text_part = _text_part(danger, table)
    dynamic["text-unread"] = np.where(danger == texts.FOREIGN, 255, 0).astype(np.uint8)
    alone = (
        structure + text_part + dynamic["text-unread"] * np.float32(table.terms["text-unread"].weight / 255)
    )
    dynamic["linked-danger"] = _linked(alone, links.certain, current, table)
    log_odds = alone + dynamic["linked-danger"] * np.float32(table.terms["linked-danger"].weight / 255)
    line, order, counts = lines.lines(rows, current, log_odds, dynamic["burst"])
    return Ranked(
        segments,
        rows,
        table,
        read,
        at,
        danger,
        links,
        dynamic,
        text_part,
        log_odds,
        line,
        order,
        counts,
        provisional,
        now,
        rules,
        np.bincount(links.certain[current], minlength=reports),
        world,
        current,
        store,
    )


class Columns(dict[str, Ints]):
    """The columns that are held whole, each read when it is first asked for; senders numbered from 0."""

    def __init__(self, store: ReportStore, segments: Sequence[Segment]) -> None:
        super().__init__()
        self._store, self._segments = store, segments

    def __missing__(self, name: str) -> Ints:
        made = self._store.rows(self._segments, [name])[name]
        if name == "sender":
            made = pa.array(made).dictionary_encode().indices.to_numpy()
        self[name] = made
        return made


_STRUCTURE = "state-structure"
_SAVED_EVERY = 20
"""Batches of texts: so much is read again after a kill."""


def _structure(
    store: ReportStore, segments: Sequence[Segment], table: Table, reports: int
) -> npt.NDArray[np.float32]:
    """What the structure of each report adds up to, with the base: kept, and made for segments that are new."""
    mark = hashlib.sha256(repr([(code, table.terms[code].weight) for code in OBSERVED]).encode()).hexdigest()
    mark += f" {table.settings['base']}"
    made = np.empty(reports, dtype=np.float32)
    done = 0
    if store.vault.path(_STRUCTURE).exists():
        kept = store.vault.read(_STRUCTURE)
        if (kept.schema.metadata or {}).get(b"mark") == mark.encode() and kept.num_rows <= reports:
            done = kept.num_rows
            made[:done] = kept.column("structure").to_numpy()
    names = tuple(f"f_{code}" for code in OBSERVED)

    def add_up(segment: Segment) -> None:
        rows = store.rows_of(segment, names)
        of_segment = {code: rows[f"f_{code}"] for code in OBSERVED}
        made[segment.first : segment.first + segment.count] = score.total(of_segment, table, segment.count)

    new = [one for one in segments if one.first >= done]
    store.each(add_up, new)
    if new:
        store.vault.write(
            _STRUCTURE,
            pa.table({"structure": made}).replace_schema_metadata({"mark": mark}),
            compression="lz4",
        )
    return made


def voices(rows: Columns) -> Ints:
    """The number of each report's voice: one sender on one day."""
    day = rows["received"] // 86_400
    width = int(day.max() - day.min()) + 1 if len(day) else 1
    made: Ints = rows["sender"].astype(np.int64) * width + (day - (day.min() if len(day) else 0))
    return made


def _from_links(links: Links, rows: Columns) -> dict[str, npt.NDArray[np.uint8]]:
    others = np.where(rows["f_victim-account"] > 0, 0, links.others)  # a child to protect, never an offender
    return {
        "previous-reports": score.saturating(others, 8),
        "several-providers": score.saturating(links.senders, 3),
    }


def _from_lists(known: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.uint8]]:
    has = known != NO_FILES
    return {
        "known-material": np.where(has & (known >= 199), 255, 0).astype(np.uint8),
        "new-material": np.where(has, 255 - np.minimum(known, 200) / 200 * 255, 0).astype(np.uint8),
    }


def _add_media(
    dynamic: dict[str, npt.NDArray[np.uint8]],
    seen: Mapping[str, Sequence[MediaSaid]],
    rows: Columns,
    current: Ints,
) -> None:
    """What was seen in the media of reports goes before what their stated digests tell."""
    wanted = np.sort(np.array([int(one.removeprefix("R-"), 16) for one in seen], dtype=np.uint64))
    numbers = np.flatnonzero(current)[Sieve(wanted)(rows["key"][current])]
    by_id = {f"R-{int(rows['key'][number]):016x}": int(number) for number in numbers}
    made = media.strengths(seen, by_id, len(current))
    touched = np.array(sorted(by_id.values()), dtype=np.intp)
    for code in ("explicit-young", "new-material", "known-material"):
        dynamic[code][touched] = made[code][touched]
    dynamic["camera-seen"][touched] = made["camera-seen"][touched]


def _text_part(danger: npt.NDArray[np.uint8], table: Table) -> npt.NDArray[np.float32]:
    was_read = danger <= 200
    made = np.zeros(len(danger), dtype=np.float32)
    made[was_read] = score.of_text(texts.shares(danger[was_read]), table) * np.float32(
        table.terms["text"].weight
    )
    return made


def _linked(
    alone: npt.NDArray[np.float32], label: Ints, current: npt.NDArray[np.bool_], table: Table
) -> npt.NDArray[np.uint8]:
    """How dangerous the most dangerous *other* report of the cluster is: full at the table's `linked_full`."""
    reports = len(alone)
    own = np.where(current, alone, np.float32(-30))
    best = np.full(reports, -30, dtype=np.float32)
    np.maximum.at(best, label, own)
    is_best = own == best[label]
    holders = np.bincount(label[is_best], minlength=reports)
    second = np.full(reports, -30, dtype=np.float32)
    rest = ~is_best
    np.maximum.at(second, label[rest], own[rest])
    other = np.where(is_best & (holders[label] == 1), second[label], best[label])
    alone_in_cluster = np.bincount(label[current], minlength=reports)[label] < 2
    share = score.priority(other) / np.float32(table.settings["linked_full"])
    share[alone_in_cluster] = 0
    share[share < 0.1] = 0
    made: npt.NDArray[np.uint8] = np.round(np.minimum(share, 1) * 255).astype(np.uint8)
    return made


def _read_texts(
    store: ReportStore,
    segments: Sequence[Segment],
    rows: Columns,
    current: npt.NDArray[np.bool_],
    structure: npt.NDArray[np.float32],
    progress: Progress,
    at_most: int | None,
) -> texts.TextColumns:
    from safelight.reports.reading.reader import Reader

    reader = Reader()
    known = texts.load(store, reader.version)
    unread = np.flatnonzero((known.of(rows["text"])[0] == texts.UNREAD) & current)
    wanted = unread[np.argsort(-structure[unread], kind="stable")]
    if at_most is not None:
        wanted = wanted[:at_most]

    def tell(done: int, total: int) -> None:
        progress(Progressed("reading texts", done, total=total))

    unsaved = 0
    for more in texts.read_on(store, segments, known, wanted, rows["text"], reader, tell):
        known, unsaved = more, unsaved + 1
        if unsaved == _SAVED_EVERY:
            texts.save(store, known, reader.version)
            unsaved = 0
    if unsaved:
        texts.save(store, known, reader.version)
    return known


def _lists_version(matcher: Matcher) -> str:
    names = sorted(f"{one.id}:{one.kind}" for one in matcher.hash_sets)
    return hashlib.sha256("|".join(names).encode()).hexdigest()[:12]
