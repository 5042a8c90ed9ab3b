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

from safelight.governance.gate import Permit
from safelight.hashsets import library
from safelight.matching.match import Matcher
from safelight.model import Capability
from safelight.progress import Progress, Progressed
from safelight.reports.desk import bursts, clocks, groups, lines, material, media, texts, words_told
from safelight.reports.desk.acts import edits, learned
from safelight.reports.desk.blocks import each_block
from safelight.reports.desk.known import NO_FILES, known_shares
from safelight.reports.desk.media import MediaSaid
from safelight.reports.desk.rows import TIMES, Columns
from safelight.reports.keep import derived
from safelight.reports.keep.columns import key_of, report_id
from safelight.reports.keep.store import ReportStore, Segment, newest, segment_of
from safelight.reports.linking import people_alike
from safelight.reports.linking.kept import Links
from safelight.reports.linking.state import bring_up
from safelight.reports.linking.world import World
from safelight.reports.scoring import score, told
from safelight.reports.scoring.observe import LIKELY, OBSERVED
from safelight.reports.scoring.table import Table, load
from safelight.settings import Settings
from safelight.store.database import Database
from safelight.store.keys import Sealer

DYNAMIC = (
    "previous-reports",
    "several-providers",
    "linked-danger",
    "known-material",
    "new-material",
    "explicit-young",
    "camera-seen",
    "young-told",
    "ahead-told",
    "text-unread",
    "burst",
    "waiting",
    "clock",
)
"""Strengths that follow from other reports, lists and time: columns of the state beside those of the reports."""

TOLD = ("young-told", "ahead-told")
"""Of those, what is read in words beside the text's danger."""

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
    spared: material.Spared
    """Where words keep what terms about material would take."""

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

    def strengths(self, code: str, numbers: Ints) -> npt.NDArray[np.float64]:
        """With what strength, 0..1, a term counts in several reports: what the words keep of it is taken off."""
        if code in DYNAMIC:
            made = self.dynamic[code][numbers] / 255
        else:
            made = np.array([self.feature(code, int(one)) for one in numbers], dtype=np.float64) / 255
        about_material = self.table.terms[code].about == material.MATERIAL
        return made * self.spared.share(numbers) if about_material else made


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
    people = people_alike.bring_up(store, segments, current)
    world = World(
        store,
        segments,
        current,
        rows["sender"],
        Voices(rows),
        said.by_number(rows.newest(key for pair in (*said.cut, *said.join) for key in pair)),
        rows["f_victim-account"] == round(LIKELY * 255),
        people.pairs(current),
        people.mark,
        Keys(rows),
    )
    links = bring_up(world)
    dynamic = {code: np.zeros(reports, dtype=np.uint8) for code in DYNAMIC}
    known = known_shares(store, segments, matcher, _lists_version(matcher))

    def observe(part: slice) -> None:
        of_part = {**_from_links(links, world.protected, part), **_from_lists(known, part)}
        here = {name: rows.times(name)[part].astype(np.int64) for name in TIMES}
        here["country"] = rows["country"][part]
        for code, strength in {**of_part, **clocks.of_reports(here, table, now, rules)}.items():
            dynamic[code][part] = strength

    each_block(observe, reports)
    if seen:
        _add_media(dynamic, seen, rows)
    came = bursts.first_taken_in(rows.times("taken_in"), rows["replaces"])
    dynamic["burst"] = bursts.bursts(rows["sender"], rows.times("received"), came, current, table)
    structure, lowered = _structure(store, segments, table, reports)
    _add_dynamic(structure, dynamic, table)
    read, provisional = texts.empty(), 0
    if permit.allows(Capability.TEXT_ANALYSIS):
        read = _read_texts(store, segments, rows, current, structure, progress, texts_at_most)
    danger, at = read.of(rows["text"])
    if not permit.allows(Capability.TEXT_ANALYSIS):
        danger[:] = texts.NONE
    provisional = int(((danger == texts.UNREAD) & current).sum())
    text_part = _text_part(danger, table)
    alone = structure + text_part
    dynamic.update(_from_words(read, at, rows))
    score.add(alone, {code: dynamic[code] for code in TOLD if dynamic[code].any()}, table)
    spared = material.spare(alone, text_part, {code: dynamic[code] for code in TOLD}, lowered, dynamic, table)
    del lowered
    if (foreign := danger == texts.FOREIGN).any():
        dynamic["text-unread"][foreign] = 255
        score.add(alone, {"text-unread": dynamic["text-unread"]}, table)
    sizes = _sizes(links.certain, current)
    dynamic["linked-danger"] = _linked(alone, links.certain, sizes, current, table)
    log_odds = alone
    if dynamic["linked-danger"].any():
        score.add(log_odds, {"linked-danger": dynamic["linked-danger"]}, table)
    group = groups.bring_up(store, segments, rows)
    line, order, counts = lines.lines(group, current, log_odds, dynamic["burst"])
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
        sizes,
        world,
        current,
        spared,
        store,
    )


_STRUCTURE = "state-structure"


_PARTS = ("structure", "lowered")


def _structure(
    store: ReportStore, segments: Sequence[Segment], table: Table, reports: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """What the structure of each report adds up to, with the base; and what of it is of terms about material.

    Kept, and made for segments that are new.
    """
    said = [(code, table.terms[code].weight, table.terms[code].about) for code in OBSERVED]
    by = hashlib.sha256(repr(said).encode()).hexdigest() + f" {table.settings['base']}"
    before = derived.load(store, _STRUCTURE, by, segments, _PARTS)
    done = before.count if before is not None else 0
    made, lowered = (
        before.columns[name] if before is not None else np.zeros(reports, dtype=np.float32) for name in _PARTS
    )
    about_material = [code for code in OBSERVED if table.terms[code].about == material.MATERIAL]
    names = tuple(f"f_{code}" for code in OBSERVED)

    def add_up(segment: Segment) -> None:
        rows = store.rows_of(segment, names)
        of_segment = {code: rows[f"f_{code}"] for code in OBSERVED}
        here = slice(segment.first, segment.first + segment.count)
        made[here] = score.total(of_segment, table, segment.count)
        score.add(lowered[here], {code: of_segment[code] for code in about_material}, table)

    new = [one for one in segments if one.first >= done]
    store.each(add_up, new)
    if new:
        changed = np.arange(done, reports)
        derived.save(
            store,
            _STRUCTURE,
            by,
            segments,
            lambda some: {"structure": made[some], "lowered": lowered[some]},
            before,
            changed,
        )
    return made, lowered


class Voices:
    """The number of a report's voice, by its number: one sender on one day. Made for those that are asked for."""

    def __init__(self, rows: Columns) -> None:
        self._rows = rows

    def __getitem__(self, numbers: Ints) -> Ints:
        """The voices of some reports: equal for one sender and day, however they are asked for."""
        day = self._rows.times("received")[numbers].astype(np.int64) // 86_400
        made: Ints = self._rows["sender"][numbers].astype(np.int64) << 32 | day + (1 << 31)
        return made


class Keys:
    """The keys of reports, by their numbers. The column is read when it is first asked for: few cases hold a cut."""

    def __init__(self, rows: Columns) -> None:
        self._rows = rows

    def __getitem__(self, numbers: Ints) -> Ints:
        """The keys of some reports."""
        made: Ints = self._rows["key"][numbers]
        return made


def _from_links(
    links: Links, protected: npt.NDArray[np.bool_], part: slice
) -> dict[str, npt.NDArray[np.uint8]]:
    # A child to protect is never counted as an offender; what only may be one is, until a person has looked.
    child = protected[part] | links.child[part]
    others = np.where(child, 0, links.others[part])
    return {
        "previous-reports": score.saturating(others, 8),
        "several-providers": score.saturating(links.senders[part], 3),
    }


def _from_lists(known: npt.NDArray[np.uint8], part: slice) -> dict[str, npt.NDArray[np.uint8]]:
    has = known[part] != NO_FILES
    if not has.any():
        return {}
    return {
        "known-material": np.where(has & (known[part] >= 199), 255, 0).astype(np.uint8),
        "new-material": np.where(has, 255 - np.minimum(known[part], 200) / 200 * 255, 0).astype(np.uint8),
    }


def _add_media(
    dynamic: dict[str, npt.NDArray[np.uint8]], seen: Mapping[str, Sequence[MediaSaid]], rows: Columns
) -> None:
    """What was seen in the media of reports goes before what their stated digests tell."""
    numbers = rows.newest(map(key_of, seen))
    by_id = {report_id(key): number for key, number in numbers.items()}
    made = media.strengths(seen, by_id, len(dynamic["camera-seen"]))
    touched = np.array(sorted(by_id.values()), dtype=np.intp)
    for code in ("explicit-young", "new-material", "known-material", "camera-seen"):
        dynamic[code][touched] = made[code][touched]


def _add_dynamic(
    log_odds: npt.NDArray[np.float32], dynamic: Mapping[str, npt.NDArray[np.uint8]], table: Table
) -> None:
    some = {code: strength for code, strength in dynamic.items() if strength.any()}
    each_block(
        lambda part: score.add(log_odds[part], {code: some[code][part] for code in some}, table),
        len(log_odds),
    )


def _text_part(danger: npt.NDArray[np.uint8], table: Table) -> npt.NDArray[np.float32]:
    was_read = danger <= 200
    made = np.zeros(len(danger), dtype=np.float32)
    if was_read.any():
        made[was_read] = score.of_text(texts.shares(danger[was_read]), table) * np.float32(
            table.terms["text"].weight
        )
    return made


def _sizes(label: Ints, current: npt.NDArray[np.bool_]) -> Ints:
    """How many current reports each cluster has, by its label. Most reports are the first of theirs."""
    made = current.astype(np.int32)
    others = np.flatnonzero((label != np.arange(len(label), dtype=np.int32)) & current)
    made[others] = 0
    np.add.at(made, label[others], np.int32(1))
    return made


def _from_words(read: texts.TextColumns, at: Ints, rows: Columns) -> dict[str, npt.NDArray[np.uint8]]:
    """What words tell of ages and times, as far as no field states more."""
    made = words_told.strengths(read.told, at, rows.times("received"))
    for code, stated in (("young-told", "f_young"), ("ahead-told", "f_date-ahead")):
        if made[code].any():
            made[code] -= np.minimum(made[code], rows[stated])
    return made


_LEAST_SHARE = 0.1
"""Of the strength of a linked report's danger; less is nothing."""


def _linked(
    alone: npt.NDArray[np.float32],
    label: Ints,
    sizes: Ints,
    current: npt.NDArray[np.bool_],
    table: Table,
) -> npt.NDArray[np.uint8]:
    """How dangerous the most dangerous *other* report of the cluster is: full at the table's `linked_full`.

    `sizes` is how many current reports each cluster has, by its label.
    """
    made = np.zeros(len(alone), dtype=np.uint8)
    full = np.float32(table.settings["linked_full"])
    # What is too little to count is nothing, so that only reports above it can be another's danger.
    least = float(full) * _LEAST_SHARE
    dangerous = np.flatnonzero(
        (alone > score.log_odds(min(least, 0.5)) - 0.01) & current if least > 0.001 else current
    )
    dangerous = dangerous[sizes[label[dangerous]] > 1]
    if not len(dangerous):
        return made
    packed = label[dangerous].astype(np.uint64) << np.uint64(32) | lines.falling(alone[dangerous])
    packed.sort()
    of = (packed >> np.uint64(32)).astype(np.int32)
    begins = np.flatnonzero(np.append(True, of[1:] != of[:-1]))
    several = np.append(of[begins[:-1] + 1] == of[begins[:-1]], begins[-1] + 1 < len(of))
    clusters = of[begins]
    best = lines.from_falling(packed[begins])
    second = np.full(len(clusters), -30, dtype=np.float32)
    second[several] = lines.from_falling(packed[begins[several] + 1])
    place = np.zeros(len(alone), dtype=np.int32)
    place[clusters] = np.arange(1, len(clusters) + 1, dtype=np.int32)

    def fill(part: slice) -> None:
        where = place.take(label[part])
        where[~current[part]] = 0
        mine = np.flatnonzero(where)
        where = where[mine] - 1
        is_best = alone[part][mine] == best[where]  # of two best ones each has the other
        share = score.priority(np.where(is_best, second[where], best[where])) / full
        share[share < _LEAST_SHARE] = 0
        made[part][mine] = np.round(np.minimum(share, 1) * 255).astype(np.uint8)

    each_block(fill, len(alone))
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
    version = f"{reader.version} {told.version()}"
    known = texts.load(store, version)
    unread = np.flatnonzero((known.of(rows["text"])[0] == texts.UNREAD) & current)
    wanted = unread[np.argsort(-structure[unread], kind="stable")]
    if at_most is not None:
        wanted = wanted[:at_most]

    def tell(done: int, total: int) -> None:
        progress(Progressed("reading texts", done, total=total))

    for more in texts.read_on(store, segments, known, wanted, rows["text"], reader, tell):
        known = more
        texts.save(store, known, version)
    return known


def _lists_version(matcher: Matcher) -> str:
    names = sorted(f"{one.id}:{one.kind}" for one in matcher.hash_sets)
    return hashlib.sha256("|".join(names).encode()).hexdigest()[:12]
