"""Read an exhibit: every place becomes an inventory entry, every new medium a job for the workers.

One pass over the bytes gives the three digests; what was read by an earlier run is not read again.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic

from safelight.errors import EvidenceError
from safelight.evidence.found import Found
from safelight.evidence.protocol import Kind
from safelight.evidence.sniff import is_media, sniff
from safelight.evidence.stream import NO_ROOM
from safelight.model import LOCKED, Digests, Place, State
from safelight.pipeline.entries import add_items, as_listed, is_preview, read_whole, salvage
from safelight.pipeline.known import Known, Seen, counts_of
from safelight.pipeline.looking import Job
from safelight.pipeline.salvage import SECOND
from safelight.pipeline.waiting import TimeOverError, Waiting
from safelight.progress import Progress, Progressed
from safelight.store import inventory
from safelight.store.database import Database
from safelight.store.entry import NOT_READ
from safelight.store.inventory import CLOSED, FINDING, Entry
from safelight.store.keys import Sealer
from safelight.store.page import IS_FINDING, IS_MARK, NOT_EXAMINED

PAGE_ENTRIES = 2_000
PAGE_SECONDS = 2.0
"""A page is stored when it is full or this old, and before its media are looked at."""
BATCH_ITEMS = 16
BATCH_BYTES = 32 << 20
SLICE = 0.25
"""Seconds of reading between two batches of media that wait for their look."""
COLLECT_AFTER = 5_000
"""Values made, less those that are gone, after which the youngest are searched for cycles (Python's own: 700)."""


@dataclass(slots=True)
class Context:
    """What reading needs of its run: where to store, what is known, what is wanted of media."""

    database: Database
    sealer: Sealer
    case_id: str
    exhibit_id: str
    known: Known
    lacks_look: Callable[[bytes], bool]
    """Does an item lack a signal, and is its look not under way?"""
    wants_look: Callable[[Digests, Place], Job | None]
    """Given an item's digests and where it lies: an empty job where it lacks a look, once; else None."""
    anyone_missing: Callable[[], bool]
    """Are there media of earlier runs that still have to be looked at?"""
    media_bytes: int
    progress: Progress
    waiting: Waiting | None = None
    """Where media wait for their look while everything is digested first; None where they are looked at at once."""
    until: float | None = None
    """When the time of this scan is over (`monotonic`)."""
    grace: float = 0.0
    """Seconds for which what is left is still listed then."""
    meanwhile: Callable[[], None] = lambda: None
    """Asked from time to time, outside of transactions: rank what there is by now."""
    counts: Counter[str] = field(default_factory=Counter)
    read_bytes: int = 0
    said: set[str] = field(default_factory=set)
    """Reasons given for the exhibit itself, a medium that is damaged or cannot be opened."""


class ExhibitReader:
    """Consumes a walk; iterating it yields batches of jobs, and stores pages on the way."""

    def __init__(self, context: Context, stage: str) -> None:
        self.context = context
        self._stage = stage
        self._page: list[Entry] = []
        self._media: list[tuple[int, Entry]] = []
        self._jobs: list[Job] = []
        self._job_bytes = 0
        self._since = self._grace = monotonic()
        self._told = 0.0
        self._given = 0
        """Media given to the workers."""
        self._unlisted: list[bytes] = []
        self._walk: Iterator[Found] = iter(())
        self._held: Found | None = None
        """What has been met, and is read later."""
        self._broken = False
        self.stopped = False
        """Is the time of this scan over?"""
        self.listed = False
        """Was everything listed, read or not?"""

    def enter(self, found: Found) -> bool:
        """Whether a container must be gone through; called by the walk after it was consumed."""
        context = self.context
        if self.stopped:
            return found.kind is Kind.LAYER  # to be listed
        if context.known.is_closed(found.place) and not context.anyone_missing():
            context.counts.update(context.known.counts_within(found.place))
            return False
        return True

    def left(self, found: Found) -> None:
        """A container was listed to its end; called by the walk."""
        if not self.stopped and not self.context.known.is_listed(found.place):
            self._page.append(Entry(found.place, CLOSED))

    def batches(self, walk: Iterator[Found]) -> Iterator[list[Job]]:
        """Read everything the walk yields; batches of media to look at come out as they fill, or as they are wanted."""
        self._walk = walk
        more = True
        with _seldom_collected():
            while more or self._held is not None:
                more = self.read_on()
                while batch := self._next(more):
                    yield batch
                    if more:
                        break
                self.context.meanwhile()

    def idle(self) -> bool:
        """Read on while all workers are busy; returns whether there is more to read before they are given more."""
        return self.context.waiting is not None and self.read_on() and not self._is_full()

    def read_on(self) -> bool:
        """Read for a while; returns whether there is more to read now."""
        until = monotonic() + SLICE
        while not self._is_full():
            found = self._held if self._held is not None else next(self._walk, None)
            self._held = None
            if found is None:
                self.listed = self.listed or not self._broken
                self.flush()
                return False
            if self._comes_later(found):
                self._held = found
                return False
            self._take(found)
            now = self._tell()
            if len(self._page) >= PAGE_ENTRIES or now - self._since > PAGE_SECONDS:
                self.flush()
                self.context.meanwhile()
            if self._is_over(now):
                self._broken, self._walk = True, iter(())
            if now > until and self.context.waiting is not None:
                break
        return True

    def _is_full(self) -> bool:
        return len(self._jobs) >= BATCH_ITEMS or self._job_bytes >= BATCH_BYTES

    def _comes_later(self, found: Found) -> bool:
        """What is carved is read when all that was found by name was looked at."""
        if found.place.state is not State.CARVED or self.stopped:
            return False
        return (bool(self.context.waiting) or bool(self._jobs)) and not self._in_time()

    def _in_time(self) -> bool:
        return self.context.until is not None and monotonic() >= self.context.until

    def _next(self, more: bool) -> list[Job]:
        """The next batch for the workers: what cannot wait, and then the most promising of what waits."""
        waiting = None if self._in_time() else self.context.waiting
        if not (self._is_full() or waiting or not more):
            return []
        batch = self._batch()
        while waiting and not batch:
            batch = waiting.jobs(BATCH_ITEMS, BATCH_BYTES)
        self._given += len(batch)
        if waiting is not None and not more:  # nothing is read any more that would tell how far this is
            total = self._given + len(waiting)
            self.context.progress(Progressed("looking at media", self._given, total=total))
        return batch

    def _is_over(self, now: float) -> bool:
        """Has the time come to stop altogether? After the scan's time was over, what is left is listed for a while."""
        until = self.context.until
        if until is None or now < until:
            return False
        if not self.stopped:
            self.stopped = True
            self._grace = now + self.context.grace
        return now >= self._grace

    def note_gone(self) -> None:
        """After a folder was walked to its end: say of what was read before and is no longer there that it is gone."""
        context, unmet = self.context, self.context.known.unmet()
        if not unmet:
            return
        reason = f"no longer there when the folder was read again ({datetime.now(UTC):%Y-%m-%d %H:%M} UTC)"
        gone: dict[bytes, Entry] = {}
        with context.database.transaction() as connection:
            for page in inventory.pages(connection, context.sealer, context.exhibit_id):
                for number, key in enumerate(page.keys):
                    if key in unmet and not page.flags[number] & (IS_MARK | IS_FINDING | NOT_EXAMINED):
                        gone[key] = page[number]
            lines = [replace(one, gone=True, error=reason) for one in gone.values() if self._was_listed(one)]
            if lines:
                inventory.append_page(connection, context.sealer, context.exhibit_id, lines)
        context.counts["unreadable"] += len(lines)

    def _was_listed(self, entry: Entry) -> bool:
        """Could the folders above it be listed, so that its absence is known?"""
        return not any(entry.place.trail[0].startswith(folder) for folder in self._unlisted)

    def flush(self) -> None:
        """Store the open page, its items and places, in one transaction."""
        self._since = monotonic()
        if not self._page:
            return
        context = self.context
        with context.database.transaction() as connection:
            page_id = inventory.append_page(connection, context.sealer, context.exhibit_id, self._page)
            if self._media:
                add_items(connection, context.case_id, page_id, self._media)
        self._page, self._media = [], []

    def _batch(self) -> list[Job]:
        self.flush()  # an item's row must exist before its signals come back
        batch, self._jobs, self._job_bytes = self._jobs, [], 0
        return batch

    def _take(self, found: Found) -> None:
        context = self.context
        if found.kind is Kind.PAUSE:
            found.descend = not self.stopped
            return
        if not found.examined and context.known.leave_shut(found.place):
            context.counts["not_examined"] += 1
            return  # what an earlier order allowed to be read stays as it was read
        if self.stopped:
            self._leave(found)
            return
        if found.kind is Kind.FOLDER and found.error is not None:
            self._unlisted.append(found.place.trail[-1] + b"/")
        is_said = found.kind in (Kind.FINDING, Kind.NOTE)  # of a place that has a line of its own
        before = context.known.find(found.place) if context.known and found.examined and not is_said else None
        if LOCKED in (found.error or "") and self._was_opened(found, before):
            found.descend = False
            context.counts.update(context.known.counts_within(found.place))
            context.counts.update(before.counts if before is not None else ())
            return
        if before is not None and found.error is None:
            for name in before.counts:
                context.counts[name] += 1
            found.descend = before.container
            if before.media and before.sha256 is not None:
                self._look_again(found, before.sha256)
            return
        try:
            entry = self._read(found) if found.kind is Kind.FILE and found.examined else as_listed(found)
        except TimeOverError:
            self._leave(found)
            return
        for name in counts_of(entry):
            context.counts[name] += 1
        if context.known.has_said(entry):
            return
        if entry.media:
            self._media.append((len(self._page), entry))
        if entry.kind == FINDING and entry.error and len(entry.place.trail) == 1:
            context.said.add(entry.error)
        self._page.append(entry)

    def _was_opened(self, found: Found, before: Seen | None) -> bool:
        """Was this opened by an earlier run, with a key that this one does not have? It stays as it was read."""
        if before is not None:
            return before.sha256 is not None
        return found.kind is Kind.FINDING and self.context.known.was_opened(found.place)

    def _leave(self, found: Found) -> None:
        """List something that is not read any more; what an earlier run read stays as it was read."""
        found.descend = False
        read = found.kind is Kind.FILE and found.examined
        if read and self.context.known.find(found.place) is not None:
            return
        entry = as_listed(found)
        if read and found.readable:
            entry = replace(entry, examined=False, note=NOT_READ)
        for name in counts_of(entry):
            self.context.counts[name] += 1
        if not self.context.known.has_said(entry):
            self._page.append(entry)

    def _look_again(self, found: Found, sha256: bytes) -> None:
        """A medium that was listed, but whose look was lost with the run (or is wanted anew)."""
        if self.context.lacks_look(sha256):
            with suppress(TimeOverError):  # it waits for the next scan
                self._read(found)

    def _read(self, found: Found) -> Entry:
        """Digest a file in one pass; a medium's bytes are kept for its look."""
        context = self.context
        if found.place.trail and context.known:
            context.known.read_anew(found.place)
        try:
            container = found.container
            source = found.content()
            _, digests, data = read_whole(source, context.media_bytes, found.head(), context.until)
            format_, problem = found.format, found.error
        except TimeOverError:
            raise
        except Exception as error:  # noqa: BLE001 -- why: a parser under it may raise anything on hostile bytes
            said = found.error or (
                str(error) if isinstance(error, EvidenceError) else f"{type(error).__name__}: {error}"
            )
            salvaged = salvage(found, context.media_bytes)
            if salvaged is None:
                return Entry(found.place, found.kind, error=said, note=found.node.note)
            source, (head, digests, data) = salvaged
            container, found.descend = None, False
            format_, problem = sniff(head), source.damage or f"{said}; {SECOND}"
        context.read_bytes += source.size
        if problem is not None and NO_ROOM in problem:  # cut here, not there: no digest, and nothing inside
            found.descend = False
            place = replace(found.place, size=found.node.size)
            return Entry(place, found.kind, error=problem, note=found.node.note)
        media = is_media(format_) and not is_preview(found.place)
        if media:
            job = context.wants_look(digests, found.place)
            waiting = context.waiting if data is not None and problem is None else None
            if job is not None and waiting is not None and waiting.take(found, job):
                job = None
            if job is not None and data is not None:
                self._jobs.append(Job(job.sha256, data, job.thumbnail))
                self._job_bytes += len(data)
            elif job is not None:
                large = f"larger than {context.media_bytes >> 20} MiB: digested, not decoded"
                problem = f"{problem}; {large}" if problem else large
        note = found.node.note
        return Entry(found.place, found.kind, format_, digests, problem, True, container, media, note=note)

    def _tell(self) -> float:
        """Report progress from time to time; returns the time, in seconds."""
        now = monotonic()
        if now - self._told > 0.1:
            self._told = now
            counts = self.context.counts
            self.context.progress(
                Progressed(self._stage, counts["files"], self.context.read_bytes, counts["unreadable"])
            )
        return now


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for cycles less often while values are made by the million, few of which are part of one.

    What exists already (modules, what is known) is left out: going through it took a tenth of a scan's time.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
