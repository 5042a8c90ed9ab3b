"""One pass over a case for the report: the numbers, what the plots show, and the stacks written out in full.

Memory is bounded whatever the size of the case: so many stacks, so many members of each, so many distinct
folders; what goes beyond is counted, and the report says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from safelight.export.media_kinds import OTHER, media_kind
from safelight.export.protocol import NOT_ALLOWED, FileView, Findings, LeadView, PlaceView, UnreadView
from safelight.export.text import TRAIL
from safelight.model import HashSetKind, State
from safelight.store.entry import NOT_READ

Key = TypeVar("Key")

MEMBERS = 40
"""Leads of one stack that the report describes below its first; the others are counted."""
EXACT = 2_000
"""Leads beyond those, of all stacks, that are described because they are exactly on a list."""
LISTED = 1_000
"""Lines of each list of what was not read, not examined, or disagreed about."""
_KEYS = 50_000
NO_CAMERA = "no camera named"
ELSEWHERE = "other folders"


@dataclass(slots=True)
class Stack:
    """Near-copies shown once: the lead of highest priority, and the others named with it."""

    id: str
    shown: LeadView
    members: list[LeadView] = field(default_factory=list)
    size: int = 0

    def add(self, view: LeadView, exact_left: int) -> bool:
        """Take a lead in, best first; was it one of those that are kept only because they are exact?"""
        self.size = max(self.size, view.stack_size)
        if view is self.shown:
            return False
        if len(self.members) < MEMBERS:
            self.members.append(view)
            return False
        if exact_left > 0 and is_exact(view):
            self.members.append(view)
            return True
        return False


@dataclass(slots=True)
class Summary:
    """Everything of a case that the report prints as numbers or plots."""

    leads: int = 0
    decided: int = 0
    bands: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    known_exact: int = 0
    known_near: int = 0
    stacks: list[Stack] = field(default_factory=list)
    stacks_extra: int = 0
    """Those among `stacks` that are of low priority and there because a file of theirs is exactly on a list."""
    stacks_left_out: int = 0
    conflicts: list[LeadView] = field(default_factory=list)
    conflicts_count: int = 0
    paths: int = 0
    files: int = 0
    without_digest: int = 0
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    months: Counter[str] = field(default_factory=Counter)
    undated: int = 0
    folders: Counter[str] = field(default_factory=Counter)
    cameras: Counter[str] = field(default_factory=Counter)
    absent: Counter[tuple[str, str]] = field(default_factory=Counter)
    computed: Counter[str] = field(default_factory=Counter)
    unread: list[UnreadView] = field(default_factory=list)
    unread_count: int = 0
    """Lines of the list of what could not be read: the one number that the report gives for it."""
    unread_of: Counter[str] = field(default_factory=Counter)
    """The same by exhibit."""
    unread_reasons: Counter[str] = field(default_factory=Counter)
    not_examined: list[PlaceView] = field(default_factory=list)
    not_examined_count: int = 0
    not_read_count: int = 0
    """Within the order's scope, listed, and not read because the time of a scan was over."""

    def described(self) -> Iterator[LeadView]:
        """The leads that section 5 describes: the first of each stack, and the others kept with it."""
        for stack in self.stacks:
            yield stack.shown
            yield from stack.members


def summarise(findings: Findings, full_stacks: int) -> Summary:
    """Read the whole case once and return its numbers.

    `full_stacks`: so many are kept in full, and as many again that hold what is exactly on a list.
    """
    summary = Summary()
    latest = f"{findings.generated_at:%Y-%m}"
    stacks: dict[str, Stack] = {}
    left_out: set[str] = set()
    exact_left = EXACT
    for view in findings.leads():
        _count_lead(summary, view, latest)
        stack = stacks.get(view.lead.stack)
        if stack is None:
            if len(stacks) >= (2 * full_stacks if is_exact(view) else full_stacks):
                left_out.add(view.lead.stack)
                continue
            left_out.discard(view.lead.stack)
            stack = stacks[view.lead.stack] = Stack(view.lead.stack, view)
        exact_left -= stack.add(view, exact_left)
    summary.stacks = list(stacks.values())
    summary.stacks_extra = max(0, len(stacks) - full_stacks)
    summary.stacks_left_out = len(left_out)
    for file in findings.files():
        _count_file(summary, file)
    for unread in findings.unread():
        summary.unread_count += 1
        summary.unread_of[unread.exhibit] += 1
        _add(summary.unread_reasons, _general(unread.reason), "other reasons")
        if len(summary.unread) < LISTED:
            summary.unread.append(unread)
    return summary


def is_exact(view: LeadView) -> bool:
    """Does a list hold exactly this file, by a digest?"""
    return any(not match.is_perceptual for match in view.lead.matches)


def is_conflict(view: LeadView) -> bool:
    """Do lists disagree: does one call it known-good or harmless, and another not?"""
    kinds = {match.kind for match in view.lead.matches}
    against = any(reason.code == "conflict" for reason in view.lead.reasons)
    return against or (HashSetKind.KNOWN_GOOD in kinds and len(kinds) > 1)


def camera(view: LeadView) -> str:
    """Return make and model as the file states them."""
    exif = view.signals.get("exif")
    stated = exif.value if exif and isinstance(exif.value, dict) else {}
    make, model = (str(stated.get(name) or "").strip() for name in ("make", "model"))
    name = model if model.casefold().startswith(make.casefold()) else f"{make} {model}"
    return name.strip() or NO_CAMERA


def taken(view: LeadView) -> str | None:
    """Return the earliest stated time, `YYYY-MM-DD…`: the camera's, else the first place's."""
    exif = view.signals.get("exif")
    if exif and isinstance(exif.value, dict) and exif.value.get("taken"):
        return str(exif.value["taken"])
    for place in view.places:
        for time in (place.times.modified, place.times.created):
            if time:
                return time.value
    return None


def folder(place: PlaceView) -> str:
    """Return the trail of the folder or archive where something lies, for people."""
    *containers, name = place.trail
    parent = name.rpartition("/")[0]
    return TRAIL.join([*containers, parent] if parent else containers) or "/"


def months(summary: Summary) -> Iterator[tuple[str, int]]:
    """Yield every month, or every year where there are more than 48, between the first and the last."""
    if not summary.months:
        return
    first, last = min(summary.months), max(summary.months)
    spans = [(year, month) for year in range(int(first[:4]), int(last[:4]) + 1) for month in range(1, 13)]
    keys = [key for key in (f"{year}-{month:02d}" for year, month in spans) if first <= key <= last]
    if len(keys) <= 48:
        yield from ((key, summary.months[key]) for key in keys)
        return
    years: Counter[str] = Counter()
    for key, count in summary.months.items():
        years[key[:4]] += count
    yield from ((str(year), years[str(year)]) for year in range(int(first[:4]), int(last[:4]) + 1))


def _count_lead(summary: Summary, view: LeadView, latest: str) -> None:
    lead = view.lead
    summary.leads += 1
    summary.bands[lead.band.value] += 1
    if lead.decided is not None:
        summary.decided += 1
        summary.labels[lead.decided] += 1
    codes = {reason.code for reason in lead.reasons}
    summary.known_exact += "known-illegal" in codes
    summary.known_near += "near-known" in codes
    if is_conflict(view):
        summary.conflicts_count += 1
        if len(summary.conflicts) < LISTED:
            summary.conflicts.append(view)
    month = (taken(view) or "")[:7]
    if (
        len(month) == 7
        and month[4] == "-"
        and "1990-01" <= month <= latest
        and month.replace("-", "").isdigit()
    ):
        summary.months[month] += 1
    else:
        summary.undated += 1
    for name in {folder(place) for place in view.places}:
        _add(summary.folders, name, ELSEWHERE)
    _add(summary.cameras, camera(view), "other cameras")
    for signal in view.signals.values():
        if signal.absent is None:
            summary.computed[signal.name] += 1
        elif signal.absent != NOT_ALLOWED:
            _add(summary.absent, (signal.name, signal.absent), (signal.name, "other reasons"))


def _count_file(summary: Summary, file: FileView) -> None:
    summary.paths += 1
    if not file.examined and file.note == NOT_READ:
        summary.not_read_count += 1
        return
    if not file.examined:
        summary.not_examined_count += 1
        if len(summary.not_examined) < LISTED:
            summary.not_examined.append(file.place)
        return
    if file.kind != "file":
        return
    summary.files += 1
    if file.digests is None:
        summary.without_digest += 1
    kind = media_kind(file.format) if file.digests else "not read"
    summary.kinds.setdefault(kind, Counter())[file.place.state.value] += 1


def kind_rows(summary: Summary) -> list[tuple[str, Counter[str]]]:
    """Return what was read by kind and state, in a fixed order."""
    order = ["pictures", "videos", OTHER, "not read"]
    return [(kind, summary.kinds[kind]) for kind in order if kind in summary.kinds]


STATES = [state.value for state in State]


def _add(counter: Counter[Key], key: Key, rest: Key) -> None:
    counter[key if key in counter or len(counter) < _KEYS else rest] += 1


def _general(reason: str) -> str:
    """Return a reason without its numbers, so that alike ones are counted together."""
    return "".join("#" if char.isdigit() else char for char in reason)[:120]
