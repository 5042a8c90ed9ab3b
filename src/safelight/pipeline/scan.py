"""The scan of exhibits, start to leads: each step stores what it has, and starts again from what is stored."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import sqlalchemy as sa

from safelight import logs
from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, TaskLimits
from safelight.errors import SafelightError, UsageError
from safelight.evidence.agenda import Agenda, Learned
from safelight.evidence.describe import describe, resolved
from safelight.evidence.names import show
from safelight.evidence.protocol import Limits
from safelight.evidence.scope import Scope
from safelight.evidence.unlock import NO_KEYS, Keys
from safelight.evidence.walk import walk
from safelight.governance.authority import check_allows
from safelight.governance.gate import Permit
from safelight.hashsets import library
from safelight.hashsets.hints import expectation
from safelight.matching.match import Matcher
from safelight.model import Capability, Digests, HashSetKind, Place
from safelight.pipeline import account, again, looking, medium
from safelight.pipeline.known import Known
from safelight.pipeline.looking import Job, Look, Looked
from safelight.pipeline.matched import match_case
from safelight.pipeline.meanwhile import Meanwhile
from safelight.pipeline.reading import Context, ExhibitReader
from safelight.pipeline.summary import summary_of, unread_of
from safelight.pipeline.waiting import TimeOverError, Waiting
from safelight.pipeline.wanted import Wanted
from safelight.progress import Progress, Progressed
from safelight.settings import Settings
from safelight.store import exhibits, inventory
from safelight.store.blobs import BlobStore
from safelight.store.database import Database
from safelight.store.keys import KeyRing
from safelight.store.tables import item
from safelight.triage import leads
from safelight.triage import weights as weighing


@dataclass(frozen=True, slots=True)
class Order:
    """The scope of the order, and whether the evidence is to be read once more at the end."""

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    verify_after: bool = False
    keys: Keys = NO_KEYS
    """Passwords and recovery keys that may be tried, where the case allows `unlock`."""
    budget: float | None = None
    """Seconds after which nothing more is read; None: everything is read."""
    in_order: bool = False
    """Read in the order of the folders, not of what files promise."""


class House(Protocol):
    """What a scan needs of the workspace."""

    folder: Path
    config: Settings
    database: Database
    keys: KeyRing
    blobs: BlobStore


def scan(
    house: House,
    permit: Permit,
    paths: Sequence[Path],
    order: Order,
    workers: int,
    progress: Progress,
    *,
    scope: Scope | None = None,
) -> dict[str, Any]:
    """Read the exhibits, look at new media, match, rank; returns the summary of `scan --json`.

    `scope` goes before the order's rules, where the places that may be opened are known one by one.
    """
    if not paths:
        raise UsageError("Nothing to scan.", "Name a folder, a file or a disk image.")
    if order.keys:
        check_allows(permit.the_case, Capability.UNLOCK)
    # What holds its own key needs no other, and still the case has to allow that it is opened.
    may_unlock = Capability.UNLOCK in permit.the_case.authority.allows
    order = replace(order, keys=replace(order.keys, allowed=may_unlock))
    scope = scope or Scope.parse(list(order.only), list(order.exclude))
    places = list(dict.fromkeys(resolved(path) for path in paths))
    house.blobs.tidy()  # what a scan that was killed left half-written; no other scan runs beside this one
    for path in places:
        if house.folder.resolve().is_relative_to(path):
            raise UsageError(
                f"The workspace ({house.folder}) lies inside {path}, which is to be examined.",
                "Evidence and what is found in it are kept apart: take another --workspace.",
            )
    with house.database.transaction() as connection:
        sealer = permit.sealer(connection)
    with account.in_work(house.database, sealer, permit.the_case.id, places):
        return _carry_out(house, permit, places, order, scope, workers, progress)


def _carry_out(
    house: House,
    permit: Permit,
    places: Sequence[Path],
    order: Order,
    scope: Scope,
    workers: int,
    progress: Progress,
) -> dict[str, Any]:
    """Do what the order allows; see `scan`."""
    started = monotonic()
    run = _Run(house, permit, order, scope, progress)
    names = looking.wanted_signals(sorted(permit.the_case.authority.allows))
    with house.database.transaction() as connection:
        run.wanted.prepare(connection, names)
    permit.detail = {"signals": run.wanted.versions, "only": len(order.only), "exclude": len(order.exclude)}
    if order.keys:  # how many, never which
        permit.detail |= {"passwords": len(order.keys.passwords), "recovery_keys": len(order.keys.recovery)}
        permit.detail |= {"key_files": len(order.keys.files), "luks_headers": len(order.keys.headers)}
        permit.detail |= {"pims": len(order.keys.pims)}
    permit.personal = {
        "paths": [show(os.fsencode(path)) for path in places],
        "only": order.only,
        "exclude": order.exclude,
    }
    task = Look(names, TaskLimits(house.config.worker_memory, house.config.seconds_per_item))
    with closing(PoolEngine(workers)) as engine:
        outcomes = engine.map(task, run.read_all(places), run.read_on)
        with run.noted_when_cut_off():
            for outcome in outcomes:
                if isinstance(outcome, Done):
                    run.store(outcome.results)
                else:
                    why = f"the decoder failed on it: {outcome.reason}"
                    run.store([Looked(outcome.item.sha256, error=why)])
                if run.is_over():
                    break  # what workers are still at waits for the next scan
        permit.detail["jail"] = engine.jail  # None where nothing was decoded
    summary = run.finish()
    if run.replaced:
        permit.detail["replaced"] = dict(run.replaced)
    if run.stopped:
        noun = "second" if order.budget == 1 else "seconds"
        summary["stopped"] = f"the time of this scan ({order.budget:,.0f} {noun}) was over"
    if order.verify_after:
        summary["changed"] = run.changed
    summary["seconds"] = round(monotonic() - started, 3)
    permit.subjects += [one["id"] for one in summary["exhibits"]]
    permit.detail |= {name: value for name, value in summary.items() if isinstance(value, int)}
    return summary


class _Run:
    """The state of one scan: what is wanted, what was counted, which exhibits it read."""

    def __init__(self, house: House, permit: Permit, order: Order, scope: Scope, progress: Progress) -> None:
        self.house, self.permit, self.order, self.scope, self.progress = house, permit, order, scope, progress
        self.case = permit.the_case
        with house.database.transaction() as connection:
            self.sealer = permit.sealer(connection)
            lists = library.open_lists(connection, house.folder / "hashsets", house.keys)
        self.matcher = Matcher(lists)
        self.wanted = Wanted(self.case.id, self.matcher, house.config.media_bytes)
        searched = [known for hash_set, known in lists if hash_set.kind is not HashSetKind.KNOWN_GOOD]
        self.counts: Counter[str] = Counter()
        self.replaced: Counter[str] = Counter()
        """Values of signals that were there in another version, see `looking.store`."""
        self.records: list[exhibits.Record] = []
        self._paths: list[Path] = []
        """Of the records."""
        self._before: dict[str, str] = {}
        """Exhibits that took the place of another one at the same path, and that one."""
        self.changed: list[str] = []
        self._until = None if order.budget is None else monotonic() + order.budget
        self.stopped = False
        """Was the time over before everything was read and looked at?"""
        self._not_listed: list[str] = []
        """Exhibits that were not listed to their end when the time was over."""
        self._ended = False
        self._expected = expectation(known.hints() for known in searched)
        self._learned = Learned(self._expected)
        self._meanwhile = Meanwhile(self._rank_now, self._note_now)
        self._at_hand: Context | None = None
        """Of the last of the records, while it is read."""
        self._out: set[bytes] = set()
        """Media that workers are at."""
        self._ending: dict[int, set[bytes]] = {}
        """Exhibits that were read to their end, by number, and which of their media workers are still at."""
        self._reader: ExhibitReader | None = None

    def wants_look(self, digests: Digests, place: Place) -> Job | None:
        """An empty job where the item lacks a look, once per run; None where it has one, or is known good.

        What a list knows makes its folder promising, and the leads due.
        """
        if not self.wanted.lacks(digests.sha256):
            return None
        kinds = self.wanted.taken(digests)
        if kinds == {HashSetKind.KNOWN_GOOD}:
            return None
        if kinds:
            self._learned.praise(place.trail)
            self._meanwhile.found()
        return Job(digests.sha256, b"", thumbnail=HashSetKind.KNOWN_ILLEGAL not in kinds)

    def read_on(self) -> bool:
        """Read on in the exhibit at hand while all workers are busy; returns whether there is more to read."""
        return self._reader is not None and self._reader.idle()

    def read_all(self, paths: Sequence[Path]) -> Iterator[list[Job]]:
        """Read every exhibit in turn; yields batches of media to look at."""
        for path in paths:
            for batch in self._read(path):
                self._out.update(job.sha256 for job in batch)
                yield batch
        self._ended = True

    def is_over(self) -> bool:
        """Is everything read that will be, and the time over, the grace for what was begun included?"""
        late = self._until is not None and monotonic() >= self._until + account.grace(self.order.budget)
        return late and self._ended

    def _read(self, path: Path) -> Iterator[list[Job]]:
        logs.debug("exhibit", path=str(path))
        described = describe(path)
        facts = {
            "path": show(os.fsencode(path)),
            "stored": dict(described.digests),
            "only": self.scope.texts()["only"],
            "exclude": self.scope.texts()["exclude"],
            "medium": described.fingerprint,
            "verified_after": None,
            "read_again": None,
        }
        database = self.house.database
        with database.transaction() as connection:
            record = exhibits.register(connection, self.sealer, self.case.id, path, described.kind, facts)
            known = Known(inventory.pages(connection, self.sealer, record.id))
            if known and described.kind == "disk image" and record.sha256 is None:
                mark = inventory.Entry(medium.place(path), inventory.ANEW)
                inventory.append_page(connection, self.sealer, record.id, [mark])
                known.walk_anew()
            if others := exhibits.others_at(connection, self.sealer, record):
                self._before[record.id] = others[-1].id
        self.records.append(record)
        self._paths.append(path)
        self._learned = Learned(self._expected)
        put_off = bool(self.matcher) and not self.order.in_order
        context = Context(
            database,
            self.sealer,
            self.case.id,
            record.id,
            known,
            self.wanted.lacks,
            self.wants_look,
            lambda: self.wanted.missing,
            self.house.config.media_bytes,
            self.progress,
            Waiting(self._learned, self.house.config.media_bytes, self._failed) if put_off else None,
            self._until,
            0.0 if self.stopped else account.grace(self.order.budget),
            self._meanwhile,
        )
        self._at_hand = context
        reader = self._reader = ExhibitReader(context, f"reading {described.kind}")
        with Agenda(self._learned) as agenda:
            found = walk(
                path,
                scope=self.scope,
                limits=Limits(keys=self.order.keys),
                enter=reader.enter,
                left=reader.left,
                agenda=None if self.order.in_order else agenda,
            )
            yield from reader.batches(found)
        self._reader = None
        if reader.stopped or context.waiting:
            self._stop(reader)
            return
        if described.kind == "folder":
            reader.note_gone()
        try:
            self._digest(record, path, context)
        except TimeOverError:
            self._stop(reader)

    def _failed(self, looked: Looked) -> None:
        """Say of a medium why it could not be read once more. It has no signals then: the next scan tries again."""
        with self.house.database.transaction() as connection:
            looking.store(connection, self.sealer, self.house.blobs, self.case.id, [looked], {})

    def _stop(self, reader: ExhibitReader) -> None:
        """Leave an exhibit as it is when the time is over: begun, with what was and was not read of it."""
        record, context = self.records[-1], reader.context
        self.stopped = True
        if not reader.listed:
            self._not_listed.append(record.path)
        left = {**account.state_of(context), "stopped": True, "listed": reader.listed}
        record = replace(record, state=exhibits.BEGUN, facts={**record.facts, "reading": left})
        with self.house.database.transaction() as connection:
            exhibits.save(connection, self.sealer, record)
        self.records[-1], self._at_hand = record, None
        self.counts.update(context.counts)

    def _rank_now(self) -> None:
        """Match and rank what was read by now, say how far the reading is, and which exhibits have ended."""
        with self.house.database.transaction() as connection:
            match_case(connection, self.sealer, self.case.id, self.matcher, set())
            self._rank(connection)
            self._note(connection)
            done = [number for number, looks in self._ending.items() if not looks]
            self._end(connection, done)
        for number in done:
            del self._ending[number]

    def _note_now(self) -> None:
        with self.house.database.transaction() as connection:
            self._note(connection)

    def _note(self, connection: sa.Connection) -> None:
        """Say how far the reading of the exhibit at hand is."""
        if self._at_hand is not None:
            record = self.records[-1]
            state = account.so_far(self._at_hand, record.facts.get("reading") or {})
            exhibits.save(connection, self.sealer, exhibits.with_facts(record, reading=state))

    @contextmanager
    def noted_when_cut_off(self) -> Iterator[None]:
        """However this ends: what was read by then is said of the exhibit at hand."""
        try:
            yield
        except BaseException:  # why: Ctrl-C and an end from outside too; it is raised again
            with suppress(SafelightError, sa.exc.SQLAlchemyError):  # what cut it off is what is to be told
                self._note_now()
            raise

    def _rank(self, connection: sa.Connection) -> leads.Ranked:
        categories = library.categories(connection, self.case.scheme)
        weights = weighing.load(self.house.config.weights)
        return leads.rank(connection, self.sealer, self.case.id, weights, categories, datetime.now(UTC))

    def _digest(self, record: exhibits.Record, path: Path, context: Context) -> None:
        """Digest the exhibit as a whole, compare what its container states, note what it held."""
        findings: list[inventory.Entry] = []
        database = self.house.database
        if record.kind == "folder" or record.sha256 is None:
            digest: str | None
            verified: bool | None = None
            if record.kind == "folder":
                with database.transaction() as connection:
                    digest = exhibits.manifest_sha256(connection, self.sealer, record.id)
            else:
                digest, verified, findings = medium.digest_medium(
                    path, self.progress, context.said, self._until
                )
            record = replace(record, sha256=digest, verified=verified)
        if findings:
            with database.transaction() as connection:
                inventory.append_page(connection, self.sealer, record.id, findings)
            context.counts["unreadable"] += len(findings)
        counts = dict(context.counts)
        record = replace(
            record,
            state=exhibits.READ,
            facts={
                **record.facts,
                "counts": counts,
                # It has ended when all is looked at too, see `finish`: until then a kill leaves it unfinished.
                "reading": {**account.state_of(context), "listed": True},
            },
        )
        with database.transaction() as connection:
            exhibits.save(connection, self.sealer, record)
        self.records[-1], self._at_hand = record, None
        self._ending[len(self.records) - 1] = set(self._out)
        if not self._out:
            self._meanwhile.ended()
            self._meanwhile()
        self.counts.update(context.counts)
        logs.info("exhibit read", exhibit=record.id, kind=record.kind, **_told(counts))

    def _read_again(self) -> None:
        """Compare the evidence with what was read, as far as the time goes; what differs is a finding of this run."""
        for number, (record, path) in enumerate(zip(self.records, self._paths, strict=True)):
            if record.state != exhibits.READ:  # its reading has not ended
                found = again.Again(of=None)
                record = again.noted(self.house.database, self.sealer, record, found, begun=True)
            else:
                found, record = again.read_again(
                    self.house.database, self.sealer, path, record, self.progress, self._until
                )
            self.records[number] = record
            self.changed += [f"{record.path}: {one}" for one in found.differences]

    def store(self, results: Sequence[Looked]) -> None:
        """Record what workers saw."""
        with self.house.database.transaction() as connection:
            self.replaced += looking.store(
                connection, self.sealer, self.house.blobs, self.case.id, results, self.wanted.versions
            )
        self._meanwhile.looked(len(results))
        seen = {one.sha256 for one in results}
        self._out -= seen
        for looks in self._ending.values():
            if looks:
                looks -= seen
                if not looks:
                    self._meanwhile.ended()
        self._meanwhile()

    def finish(self) -> dict[str, Any]:
        """Match and rank the whole case; the summary of this run."""
        self.progress(Progressed("matching"))
        ids = {record.id for record in self.records}
        with self.house.database.transaction() as connection:
            tally = match_case(connection, self.sealer, self.case.id, self.matcher, ids)
            library.forget_retired(connection)
            ranked = self._rank(connection)
            self._end(connection, list(self._ending))
            if self.order.budget is not None:
                self._account(connection)
            items = set(
                connection.execute(sa.select(item.c.sha256).where(item.c.case_id == self.case.id)).scalars()
            )
            unread = unread_of(connection, self.sealer, self.case.id, self.records)
        if self.order.verify_after:
            self._read_again()
        return summary_of(
            self.records,
            self._before,
            self.counts,
            tally,
            ranked,
            items & tally.items,
            unread=unread,
            not_listed=self._not_listed,
            versions=self.wanted.versions,
        )

    def _end(self, connection: sa.Connection, numbers: Sequence[int]) -> None:
        """Say of exhibits that were read to their end that they are finished: all of them is looked at by now."""
        for number in numbers:
            record = self.records[number]
            record = exhibits.with_facts(record, finished=record.facts["reading"]["at"], reading=None)
            exhibits.save(connection, self.sealer, record)
            self.records[number] = record

    def _account(self, connection: sa.Connection) -> None:
        """Say of each exhibit that the time was not enough for how many media of it were not looked at, by any scan."""
        lacking = self.wanted.not_looked_at(connection)
        self.counts["not_looked_at"] = len(lacking)
        for number, record in enumerate(self.records):
            here: set[bytes] = set()
            for page in inventory.pages(connection, self.sealer, record.id) if lacking else ():
                here.update(lacking.intersection(one for one in page.sha256s if one is not None))
            reading = record.facts.get("reading")
            if reading is None and not here:
                continue
            self.stopped = True
            # One that was read to its end, but of which workers were still at something, has not ended either.
            reading = reading or {
                **record.facts["counts"],
                "stopped": True,
                "listed": True,
                "at": account.now(),
            }
            told = {**record.facts, "finished": None, "reading": {**reading, "to_look": len(here)}}
            self.records[number] = replace(record, state=exhibits.BEGUN, facts=told)
            exhibits.save(connection, self.sealer, self.records[number])


def _told(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) for name in ("files", "media", "unreadable")}
