"""A case's findings as exporters and the command line see them: read from the store, unsealed, in text."""

from __future__ import annotations

import hashlib
import os
import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from safelight.errors import IntegrityError, SafelightError, UsageError
from safelight.evidence.names import join_path, raw, show, shown_trail
from safelight.export import desk_counts, phrases
from safelight.export.coverage import coverage
from safelight.export.log_state import log_state
from safelight.export.marking import marked_path
from safelight.export.protocol import (
    NOT_ALLOWED,
    Coverage,
    EventView,
    ExhibitView,
    Exporter,
    ExportOptions,
    FileView,
    LeadView,
    LogState,
    ModelView,
    PlaceView,
    UnreadView,
)
from safelight.governance import inspection, log
from safelight.hashsets import library
from safelight.model import NOT_APPLICABLE, Case, Digests, HashSet, Lead, Pdq, SignalValue
from safelight.plugins import load
from safelight.review.decisions import decisions_of
from safelight.settings import Settings
from safelight.signals.models import registry as models
from safelight.signals.models.version import VERSION_DIGITS
from safelight.store import exhibits, inventory
from safelight.store.blobs import BlobStore
from safelight.store.database import Database
from safelight.store.inventory import Entry
from safelight.store.keys import KeyRing, Sealer
from safelight.store.sealed import unseal
from safelight.store.tables import item, signal
from safelight.store.whole import no_export_into, whole_file
from safelight.triage import facts
from safelight.triage import leads as triage

_SHOWN_LIBRARIES = ("pytsk3", "onnxruntime", "dlib-bin", "pillow", "av", "pdqhash", "faiss-cpu")


class House(Protocol):
    """What an export needs of the workspace."""

    folder: Path
    config: Settings
    database: Database
    keys: KeyRing
    blobs: BlobStore
    evaluation: bool
    actor: str


class CaseFindings:
    """`export.protocol.Findings` over the store; read within the transaction it was given."""

    def __init__(self, house: House, connection: sa.Connection, case: Case) -> None:
        self.case = case
        self.evaluation = house.evaluation
        self.generated_at = datetime.now(UTC)
        self.generated_by = house.actor
        self._house, self._connection = house, connection
        self._sealer = house.keys.sealer(connection, case.id)
        self._records = exhibits.records(connection, self._sealer, case.id)
        self._paths = {record.id: record.path for record in self._records}

    @property
    def software(self) -> Mapping[str, str]:
        """Safelight, Python, and the libraries that read evidence or compute signals."""
        return {
            "safelight": version("safelight"),
            "python": platform.python_version(),
            **{name: version(name) for name in _SHOWN_LIBRARIES},
        }

    @property
    def settings(self) -> Mapping[str, str]:
        """Limits and files that change findings."""
        config = self._house.config
        return {
            "media_bytes": str(config.media_bytes),
            "seconds_per_item": str(config.seconds_per_item),
            "worker_memory": str(config.worker_memory),
            "weights": str(config.weights or "as delivered"),
        }

    @property
    def models(self) -> Sequence[ModelView]:
        """All models with cards; used are those that the version of a signal in this case names."""
        from safelight.persons.desk import trials

        query = sa.select(signal.c.version).where(signal.c.case_id == self.case.id).distinct()
        versions = self._connection.scalars(query).all()
        return [
            _model_view(state, any(state.card.sha256[:VERSION_DIGITS] in version for version in versions))
            for state in trials.with_trials(self._connection, self._house.keys, models.list_models())
        ]

    @property
    def hash_sets(self) -> Sequence[HashSet]:
        """The lists in use, and those that findings of this case cite though they were replaced or removed since."""
        return library.of_case(self._connection, self.case.id)

    @property
    def exhibits(self) -> Sequence[ExhibitView]:
        """In the order of their first scan."""
        return [_exhibit_view(record, self._unread_of[record.id]) for record in self._records]

    @cached_property
    def _unread_of(self) -> Counter[str]:
        """How many lines of what could not be read each exhibit has."""
        return Counter(one.exhibit for one in self.unread())

    @property
    def coverage(self) -> Sequence[Coverage]:
        """Each signal over all media of the case."""
        return coverage(self._connection, self.case)

    @cached_property
    def reports(self) -> int:
        """Reports of the case, each once."""
        return desk_counts.reports(self._house, self._connection, self._sealer, self.case.id)

    @property
    def audit_checkpoint(self) -> str:
        """The signed note over the log before this export."""
        return inspection.checkpoint(self._connection)

    @property
    def audit_log(self) -> LogState:
        """The log's public key, and whether it verifies now; recomputed each time this is asked for."""
        return log_state(self._house.database, self._house.folder)

    def leads(self) -> Iterator[LeadView]:
        """Best first, each with all places, signals and decisions."""
        found = triage.queue(self._connection, self._sealer, self.case.id)
        yield from lead_views(self._connection, self._sealer, self.case.id, found)

    def files(self) -> Iterator[FileView]:
        """Every place's newest entry, exhibit by exhibit."""
        silent = facts.without_picture(self._connection, self.case.id)
        for record in self._records:
            for _, _, entry in inventory.newest(self._connection, self._sealer, record.id):
                yield FileView(
                    place_view(record.id, entry),
                    entry.kind,
                    entry.format,
                    entry.digests,
                    entry.error,
                    entry.examined,
                    show(entry.target) if entry.target is not None else None,
                    _noted(entry, silent),
                )

    def unread(self) -> Iterator[UnreadView]:
        """Everything that could not be read or decoded, wholly or in part."""
        ids = [record.id for record in self._records]
        for exhibit_id, entry, reason in facts.unread(self._connection, self._sealer, self.case.id, ids):
            place = entry.place
            yield UnreadView(
                exhibit_id, join_path(place.trail, place.layers), reason, place.state, place.size
            )

    def events(self) -> Iterator[EventView]:
        """The case's events, without what is sealed in them."""
        for event in log.events(self._connection, case=self.case.id):
            yield EventView(
                event.seq,
                datetime.fromisoformat(event.time),
                event.actor,
                event.verb,
                str(event.phase),
                event.operation,
                tuple(subject for subject in event.subject if subject in self._paths),
            )

    def thumbnail(self, sha256: str) -> bytes | None:
        """The small picture of an item, unsealed; None where none was kept."""
        bound = self._connection.scalar(
            sa.select(item.c.thumbnail).where(
                item.c.case_id == self.case.id, item.c.sha256 == bytes.fromhex(sha256)
            )
        )
        if not bound:
            return None
        blob = str(bound).partition(".")[0]
        if facts.bound_thumbnail(self._sealer, bytes.fromhex(sha256), blob) != bound:
            raise IntegrityError(
                f"The small picture of item {sha256[:16]}… is another item's: the store was altered.",
                "Restore the store from a backup.",
            )
        return self._house.blobs.get(self._sealer, blob)


def write(
    findings: CaseFindings,
    format: str | Exporter,
    out: Path,
    options: ExportOptions,
    kept: Sequence[Path] = (),
) -> dict[str, Any]:
    """Write an export whole or not at all; where, how many records, its SHA-256, notes for the user.

    `format` is the name of one, or an exporter at hand, such as a page of the report desk.
    Never over or into an exhibit of the case, or what is `kept`: UsageError.
    """
    exporters = load("export")
    if isinstance(format, str) and format not in exporters:
        raise UsageError(f"There is no export '{format}'.", f"One of: {', '.join(sorted(exporters))}.")
    exporter: Exporter = exporters[format] if isinstance(format, str) else format
    exhibits_at = [Path(os.fsdecode(raw(one.path))) for one in findings.exhibits]
    no_export_into(out, (*kept, *exhibits_at))
    path = marked_path(out, exporter, findings.evaluation)
    try:
        with whole_file(path) as file:
            report = exporter.write(findings, file, options)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SafelightError(
            f"{path} cannot be written: {error.strerror or error}.", "Choose another -o FILE."
        ) from error
    return {
        "file": str(path),
        "format": exporter.name,
        "records": report.records,
        "unit": report.unit,
        "sha256": digest,
        "notes": [*report.notes, *(_of_reports(findings, exporter.name) if isinstance(format, str) else ())],
    }


def _of_reports(findings: CaseFindings, format: str) -> Iterator[str]:
    """What an export of a case that has reports does not hold, and what does."""
    if not findings.reports:
        return
    said = phrases.count(findings.reports, "report")
    desk = "csv --desk" if format in ("csv", "files") else "html --desk"
    yield (
        f"The case has {said} at the report desk, which {'is' if findings.reports == 1 else 'are'} not in this file: "
        f"`safelight export {desk}` writes that."
    )


def summary(house: House, connection: sa.Connection, case: Case) -> dict[str, Any]:
    """The case, its authority, and the counts of everything found in it."""
    sealer = house.keys.sealer(connection, case.id)
    records = exhibits.records(connection, sealer, case.id)
    found = triage.queue(connection, sealer, case.id)
    labelled = triage.labels(connection, sealer, case.id)
    reports_decided = sum(one.startswith("R-") for one in labelled)
    counts: Counter[str] = Counter()
    for record in records:
        counts.update(record.facts.get("counts") or {})
    ids = [record.id for record in records]
    counts["unreadable"] = sum(1 for _ in facts.unread(connection, sealer, case.id, ids))
    items = connection.scalar(sa.select(sa.func.count()).select_from(item).where(item.c.case_id == case.id))
    return {
        **case_json(case),
        "exhibits": [
            {
                "id": one.id,
                "path": one.path,
                "kind": one.kind,
                "sha256": one.sha256,
                "verified": one.verified,
                "state": one.state,
            }
            for one in records
        ],
        "counts": {**{name: counts[name] for name in _COUNTS}, "items": items, "leads": len(found)},
        "bands": dict(Counter(str(one.band) for one in found)),
        "decided": len(labelled) - reports_decided,
        "reports": {
            "reports": desk_counts.reports(house, connection, sealer, case.id),
            "decided": reports_decided,
            "unreadable": desk_counts.unread(connection, sealer, case.id),
        },
    }


_COUNTS = ("files", "media", "deleted", "carved", "embedded", "unreadable", "not_examined")


def case_json(case: Case) -> dict[str, Any]:
    """A case and its authority as plain data."""
    authority = case.authority
    return {
        "id": case.id,
        "name": case.name,
        "opened_by": case.opened_by,
        "opened_at": case.opened_at.isoformat(),
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "scheme": case.scheme,
        "authority": {
            "basis": str(authority.basis),
            "reference": authority.reference,
            "issued_by": authority.issued_by,
            "valid_from": authority.valid_from.isoformat(),
            "valid_until": authority.valid_until.isoformat(),
            "allows": sorted(authority.allows),
            "approved_by": authority.approved_by,
            "ground": str(authority.ground) if authority.ground else None,
            "offence": authority.offence,
        },
    }


def place_view(exhibit_id: str, entry: Entry) -> PlaceView:
    """A place in text."""
    place = entry.place
    return PlaceView(
        exhibit_id,
        join_path(place.trail, place.layers),
        tuple(shown_trail(place.trail, place.layers)),
        place.state,
        place.size,
        place.times,
        place.address,
        place.layers,
        entry.note,
    )


def lead_views(
    connection: sa.Connection, sealer: Sealer, case_id: str, found: list[Lead]
) -> Iterator[LeadView]:
    """These leads with all that is known of each."""
    stacks = triage.stack_sizes(connection, case_id)
    decisions = decisions_of(connection, sealer, case_id)
    places = facts.locate(connection, sealer, case_id, {bytes.fromhex(one.sha256) for one in found})
    for one in found:
        sha256 = bytes.fromhex(one.sha256)
        row = connection.execute(
            sa.select(item).where(item.c.case_id == case_id, item.c.sha256 == sha256)
        ).one()
        signals, pdq = _signals(connection, sealer, case_id, sha256)
        yield LeadView(
            lead=one,
            digests=Digests(row.md5, row.sha1, row.sha256),
            size=row.size,
            format=row.format,
            places=tuple(
                place_view(exhibit_id, entry)
                for exhibit_id, entry in places.get(sha256, facts.Located()).entries
            ),
            width=row.width,
            height=row.height,
            damaged=row.damaged,
            error=row.error,
            pdq=pdq,
            signals=signals,
            stack_size=stacks[one.stack],
            decisions=tuple(decisions.get(one.id, ())),
        )


def _noted(entry: Entry, silent: set[bytes]) -> str | None:
    """What is to be known of an entry, and whether there is nothing to be seen in it though it begins like a film."""
    if entry.digests is None or entry.digests.sha256 not in silent:
        return entry.note
    said = "sound only: there is no moving picture in it"
    return said if entry.note is None else f"{entry.note}; {said}"


def _signals(
    connection: sa.Connection, sealer: Sealer, case_id: str, sha256: bytes
) -> tuple[dict[str, SignalValue], Pdq | None]:
    found = {}
    pdq = None
    for row in connection.execute(
        sa.select(signal).where(signal.c.case_id == case_id, signal.c.sha256 == sha256)
    ):
        value, absent = unseal(sealer, row.sealed, facts.signal_context(sha256, row.name))
        found[row.name] = SignalValue(row.name, row.version, value, absent)
        if row.name == "pdq" and value and value[0]["position"] is None:  # else it is a film
            pdq = Pdq(bytes.fromhex(value[0]["hash"]), value[0]["quality"])
    for name in load("signals"):
        found.setdefault(name, SignalValue(name, "", None, NOT_ALLOWED))
    return {
        name: one for name, one in found.items() if not (one.absent or "").startswith(NOT_APPLICABLE)
    }, pdq


def _exhibit_view(record: exhibits.Record, unread: int) -> ExhibitView:
    stated = record.facts
    counts = {**(stated.get("counts") or {}), "unreadable": unread}
    return ExhibitView(
        record.id,
        record.path,
        record.kind,
        record.sha256,
        record.verified,
        stated.get("stored") or {},
        stated.get("verified_after"),
        stated.get("size"),
        counts,
        tuple(stated.get("only") or ()),
        tuple(stated.get("exclude") or ()),
        counts.get("not_examined", 0),
        _time(stated.get("begun")),
        _time(stated.get("finished")),
        tuple(_order(one) for one in (stated.get("orders") or ())[:-1]),
        {} if stated.get("finished") else stated.get("reading") or {},
        stated.get("read_again"),
    )


def _order(stated: Mapping[str, Any]) -> str:
    """A scope in words, with the day it was first read under."""
    rules = [f"only {', '.join(stated['only'])}"] if stated.get("only") else []
    rules += [f"not {', '.join(stated['exclude'])}"] if stated.get("exclude") else []
    return f"{str(stated.get('begun'))[:10]}: {'; '.join(rules) or 'everything'}"


def _time(stated: str | None) -> datetime | None:
    return datetime.fromisoformat(stated) if stated else None


def _model_view(state: models.ModelState, used: bool) -> ModelView:
    card = state.card
    return ModelView(
        card.name,
        card.sha256[:12],
        card.sha256,
        card.licence,
        card.purpose,
        tuple(card.limits),
        card.evaluated,
        used,
    )


__all__ = ["CaseFindings", "case_json", "lead_views", "place_view", "summary", "write"]
