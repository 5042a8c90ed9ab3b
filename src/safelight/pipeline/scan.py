"""The scan of exhibits, start to leads: each step stores what it has, and starts again from what is stored."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import sqlalchemy as sa

from safelight import logs
from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, TaskLimits
from safelight.errors import EvidenceError, UsageError
from safelight.evidence.agenda import Agenda, Learned
from safelight.evidence.describe import describe
from safelight.evidence.names import join_path, show
from safelight.evidence.protocol import Limits
from safelight.evidence.scope import Scope
from safelight.evidence.sniff import is_media
from safelight.evidence.unlock import NO_KEYS, Keys
from safelight.evidence.walk import walk
from safelight.governance.authority import check_allows
from safelight.governance.gate import Permit
from safelight.hashsets import library
from safelight.hashsets.hints import expectation
from safelight.matching.match import Matcher
from safelight.model import Capability, Digests, HashSetKind, Place
from safelight.pipeline import again, looking, medium
from safelight.pipeline.known import Known
from safelight.pipeline.looking import Job, Look, Looked
from safelight.pipeline.matched import Tally, exact, match_case
from safelight.pipeline.meanwhile import Meanwhile
from safelight.pipeline.reading import Context, ExhibitReader
from safelight.pipeline.waiting import Waiting
from safelight.plugins import load
from safelight.progress import Progress, Progressed
from safelight.settings import Settings
from safelight.store import exhibits, inventory
from safelight.store.blobs import BlobStore
from safelight.store.database import Database
from safelight.store.keys import KeyRing
from safelight.store.tables import item, signal
from safelight.triage import facts, leads
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
    scope = scope or Scope.parse(list(order.only), list(order.exclude))
    resolved = list(dict.fromkeys(_resolved(path) for path in paths))
    house.blobs.tidy()  # what a scan that was killed left half-written; no other scan runs beside this one
    for path in resolved:
        if house.folder.resolve().is_relative_to(path):
            raise UsageError(
                f"The workspace ({house.folder}) lies inside {path}, which is to be examined.",
                "Evidence and what is found in it are kept apart: take another --workspace.",
            )
    started = monotonic()
    run = _Run(house, permit, order, scope, progress)
    names = looking.wanted_signals(sorted(permit.the_case.authority.allows))
    permit.detail = {"signals": run.prepare(names), "only": len(order.only), "exclude": len(order.exclude)}
    if order.keys:  # how many, never which
        permit.detail |= {"passwords": len(order.keys.passwords), "recovery_keys": len(order.keys.recovery)}
    permit.personal = {
        "paths": [show(os.fsencode(path)) for path in resolved],
        "only": order.only,
        "exclude": order.exclude,
    }
    task = Look(names, TaskLimits(house.config.worker_memory, house.config.seconds_per_item))
    with closing(PoolEngine(workers)) as engine:
        outcomes = engine.map(task, run.read_all(resolved), run.read_on)
        for outcome in outcomes:
            if isinstance(outcome, Done):
                run.store(outcome.results)
            else:
                run.store([Looked(outcome.item.sha256, error=f"the decoder failed on it: {outcome.reason}")])
        permit.detail["jail"] = engine.jail  # None where nothing was decoded
    summary = run.finish()
    if run.stopped:
        summary["stopped"] = f"the time of this scan ({order.budget:,.0f} seconds) was over"
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
            lists = library.open_lists(connection, house.folder / "hashsets")
        self.matcher = Matcher(lists)
        wanted = [known for hash_set, known in lists if hash_set.kind is not HashSetKind.KNOWN_GOOD]
        self.counts: Counter[str] = Counter()
        self.records: list[exhibits.Record] = []
        self._before: dict[str, str] = {}
        """Exhibits that took the place of another one at the same path, and that one."""
        self.changed: list[str] = []
        self._versions: dict[str, str] = {}
        self._looked: dict[bytes, set[str]] = {}
        self._missing = False
        self._until = None if order.budget is None else monotonic() + order.budget
        self.stopped = False
        """Was the time over before everything was read and looked at?"""
        self._expected = expectation(known.hints() for known in wanted)
        self._learned = Learned(self._expected)
        self._meanwhile = Meanwhile(self._rank_now)
        self._at_hand: tuple[exhibits.Record, Context] | None = None
        self._reader: ExhibitReader | None = None

    def prepare(self, names: Sequence[str]) -> dict[str, str]:
        """Learn which items have which signals already, in the versions of now."""
        self._versions = looking.versions(names)
        with self.house.database.transaction() as connection:
            rows = connection.execute(
                sa.select(item.c.sha256, signal.c.name, signal.c.version)
                .outerjoin(signal, (signal.c.case_id == item.c.case_id) & (signal.c.sha256 == item.c.sha256))
                .where(item.c.case_id == self.case.id)
            )
            for row in rows:
                have = self._looked.setdefault(row.sha256, set())
                if row.name is not None and self._versions.get(row.name) == row.version:
                    have.add(row.name)
            lacking = [sha256 for sha256, have in self._looked.items() if have < self._versions.keys()]
            self._missing = any(self._is_for_looking(connection, sha256) for sha256 in lacking)
        return self._versions

    def _is_for_looking(self, connection: sa.Connection, sha256: bytes) -> bool:
        """Is the item a medium that is looked at: not known good, not too large?"""
        of_item = (item.c.case_id == self.case.id) & (item.c.sha256 == sha256)
        row = connection.execute(
            sa.select(item.c.md5, item.c.sha1, item.c.size, item.c.format).where(of_item)
        ).one()
        if not is_media(row.format) or row.size > self.house.config.media_bytes:
            return False
        return self._kinds(Digests(row.md5, row.sha1, sha256)) != {HashSetKind.KNOWN_GOOD}

    def _kinds(self, digests: Digests) -> set[HashSetKind]:
        """What the lists say of exactly this content."""
        return {one.kind for one in exact(self.matcher, [digests])[0]} if self.matcher else set()

    def lacks_look(self, sha256: bytes) -> bool:
        """Does the item lack a signal that is wanted, and is its look not under way?"""
        have = self._looked.get(sha256)
        return have is None or not have >= self._versions.keys()

    def wants_look(self, digests: Digests, place: Place) -> Job | None:
        """An empty job where the item lacks a look, once per run; None where it has one, or is known good.

        What a list knows makes its folder promising, and the leads due.
        """
        sha256 = digests.sha256
        if not self.lacks_look(sha256):
            return None
        kinds = self._kinds(digests)
        self._looked[sha256] = set(self._versions)
        if kinds == {HashSetKind.KNOWN_GOOD}:
            return None
        if kinds:
            self._learned.praise(place.trail)
            self._meanwhile.found()
        return Job(sha256, b"", thumbnail=HashSetKind.KNOWN_ILLEGAL not in kinds)

    def read_on(self) -> bool:
        """Read on in the exhibit at hand while all workers are busy; returns whether there is more to read."""
        return self._reader is not None and self._reader.idle()

    def read_all(self, paths: Sequence[Path]) -> Iterator[list[Job]]:
        """Read every exhibit in turn; yields batches of media to look at."""
        for path in paths:
            yield from self._read(path)

    def _read(self, path: Path) -> Iterator[list[Job]]:
        logs.debug("exhibit", path=str(path))
        described = describe(path)
        facts = {
            "path": show(os.fsencode(path)),
            "stored": dict(described.digests),
            "only": self.scope.texts()["only"],
            "exclude": self.scope.texts()["exclude"],
            "medium": described.fingerprint,
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
        self._learned = Learned(self._expected)
        put_off = bool(self.matcher) and not self.order.in_order
        context = Context(
            database,
            self.sealer,
            self.case.id,
            record.id,
            known,
            self.lacks_look,
            self.wants_look,
            lambda: self._missing,
            self.house.config.media_bytes,
            self.progress,
            Waiting(self._learned, self.house.config.media_bytes, self._failed) if put_off else None,
            self._until,
            0.0 if self.stopped else _grace(self.order.budget),
            self._meanwhile,
        )
        self._at_hand = (record, context)
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
        self._digest(record, path, context)

    def _failed(self, looked: Looked) -> None:
        self.store([looked])

    def _stop(self, reader: ExhibitReader) -> None:
        """Leave an exhibit as it is when the time is over: begun, with what was and was not read of it."""
        record, context = self.records[-1], reader.context
        self.stopped = True
        context.counts["not_looked_at"] += len(context.waiting or ())
        left = {**_state(context), "stopped": True, "listed": reader.listed}
        record = replace(record, state=exhibits.BEGUN, facts={**record.facts, "reading": left})
        with self.house.database.transaction() as connection:
            exhibits.save(connection, self.sealer, record)
        self.records[-1] = record
        self.counts.update(context.counts)

    def _rank_now(self) -> None:
        """Match and rank what was read by now, and say how far the reading is."""
        with self.house.database.transaction() as connection:
            match_case(connection, self.sealer, self.case.id, self.matcher, set())
            self._rank(connection)
            if self._at_hand is not None:
                record, context = self._at_hand
                told = replace(record, facts={**record.facts, "reading": _state(context)})
                exhibits.save(connection, self.sealer, told)

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
                digest, verified, findings = medium.digest_medium(path, self.progress, context.said)
            record = replace(record, sha256=digest, verified=verified)
        if findings:
            with database.transaction() as connection:
                inventory.append_page(connection, self.sealer, record.id, findings)
            context.counts["unreadable"] += len(findings)
        verified_after = self._read_again(record, path) if self.order.verify_after else None
        counts = dict(context.counts)
        record = replace(
            record,
            state=exhibits.READ,
            facts={
                **record.facts,
                "counts": counts,
                "finished": datetime.now(UTC).isoformat(),
                "verified_after": verified_after,
                "reading": None,
            },
        )
        with database.transaction() as connection:
            exhibits.save(connection, self.sealer, record)
        self.records[-1] = record
        self.counts.update(context.counts)
        logs.info("exhibit read", exhibit=record.id, kind=record.kind, **_told(counts))

    def _read_again(self, record: exhibits.Record, path: Path) -> bool:
        """Compare the evidence with what was read; what differs is a finding of this run."""
        database = self.house.database
        with database.transaction() as connection:
            before = [entry for _, _, entry in inventory.newest(connection, self.sealer, record.id)]
        changed = again.differences(path, record, iter(before), self.progress)
        self.changed += [f"{record.path}: {one}" for one in changed]
        return not changed

    def store(self, results: Sequence[Looked]) -> None:
        """Record what workers saw."""
        with self.house.database.transaction() as connection:
            looking.store(connection, self.sealer, self.house.blobs, self.case.id, results, self._versions)
        self._meanwhile.looked(len(results))
        self._meanwhile()

    def finish(self) -> dict[str, Any]:
        """Match and rank the whole case; the summary of this run."""
        self.progress(Progressed("matching"))
        ids = {record.id for record in self.records}
        with self.house.database.transaction() as connection:
            tally = match_case(connection, self.sealer, self.case.id, self.matcher, ids)
            library.forget_retired(connection)
            ranked = self._rank(connection)
            items = set(
                connection.execute(sa.select(item.c.sha256).where(item.c.case_id == self.case.id)).scalars()
            )
            unread = [
                {"path": join_path(entry.place.trail, entry.place.layers), "reason": reason}
                for _, entry, reason in facts.unread(
                    connection, self.sealer, self.case.id, [record.id for record in self.records]
                )
            ]
        return self._summary(tally, ranked, items & tally.items, unread)

    def _summary(
        self, tally: Tally, ranked: leads.Ranked, items: set[bytes], unread: list[dict[str, str]]
    ) -> dict[str, Any]:
        counts = self.counts
        return {
            "exhibits": [
                {
                    "id": record.id,
                    "path": record.path,
                    "kind": record.kind,
                    "sha256": record.sha256,
                    "verified": record.verified,
                    "verified_after": record.facts.get("verified_after"),
                    "before": self._before.get(record.id),
                }
                for record in self.records
            ],
            "files": counts["files"],
            "media": counts["media"],
            "items": len(items),
            "deleted": counts["deleted"],
            "carved": counts["carved"],
            "embedded": counts["embedded"],
            "unreadable": len(unread),
            "unread": unread,
            "not_examined": counts["not_examined"],
            "not_read": counts["not_read"],
            "not_looked_at": counts["not_looked_at"],
            "known_illegal": len(ranked.known_illegal & tally.items),
            "near_known": len(ranked.near_known & tally.items),
            "known_good": len(tally.good & tally.items),
            "suspected": len(ranked.suspected & tally.items),
            "leads": len(ranked.leads & tally.items),
            "not_computed": self._not_computed(),
        }

    def _not_computed(self) -> dict[str, str]:
        """Signals that no medium of this run has, and why: what they would have said is unknown, not nothing."""
        absent = {name: "not allowed" for name in load("signals") if name not in self._versions}
        missing = (name for name, version in self._versions.items() if version.endswith("missing"))
        return absent | dict.fromkeys(missing, "model missing")


def _grace(budget: float | None) -> float:
    """Seconds for which what is left is listed after the time of a scan is over."""
    return min(60.0, max(5.0, 0.1 * (budget or 0.0)))


def _state(context: Context) -> dict[str, Any]:
    """How far the reading of an exhibit is, for those who look at its leads meanwhile."""
    counts = context.counts
    return {
        "files": counts["files"],
        "not_read": counts["not_read"],
        "to_look": len(context.waiting or ()),
        "at": datetime.now(UTC).isoformat(),
    }


def _told(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) for name in ("files", "media", "unreadable")}


def _resolved(path: Path) -> Path:
    """The exhibit itself; a link given as PATH is followed."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise EvidenceError(
            f"{path} cannot be opened: {error}", "Is it there, and may you read it?"
        ) from error
