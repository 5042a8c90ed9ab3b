"""The media of reports: looked at as any evidence is, but only those that a person at the provider has viewed.

A file that nobody has viewed (the flag false, or not there) stays closed without the capability `open-unviewed`: it is
not read, hashed, decoded or shown; what the report states of it is all there is. Which file of a bundle is which file
of a report, its name tells. What was looked at and is stated as not viewed later is withdrawn: it counts for nothing
from then on, its digest is not shown, and the report's history says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from safelight.evidence.names import join_path
from safelight.evidence.scope import Scope
from safelight.governance.gate import Permit
from safelight.model import Capability
from safelight.pipeline import scan as scanning
from safelight.progress import Progress
from safelight.reports.desk.desk import FOLDER
from safelight.reports.desk.media import MediaSaid
from safelight.reports.desk.rows import Columns
from safelight.reports.intake.naming import own_name
from safelight.reports.intake.pieces import UNNAMED
from safelight.reports.intake.taken import NAMED, Taken
from safelight.reports.keep.columns import key_of
from safelight.reports.keep.store import ReportStore, Segment
from safelight.reports.report import Report
from safelight.store import inventory
from safelight.store.keys import Sealer
from safelight.store.sealed import seal, unseal
from safelight.store.tables import report_medium
from safelight.triage import leads

ORDER = "files of reports that the provider has viewed"
_CONTAINED = "//"


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of the media of an import."""

    opened: int = 0
    closed: int = 0
    """Not viewed by the provider, named by no report, or of a name that several files have: nobody opened them."""
    not_allowed: int = 0
    """They may be opened, but the case does not allow to compare digests."""
    closed_files: tuple[dict[str, str], ...] = ()
    """The first 100 of what was not looked at, each with its `path` and `why`."""


def look_at(
    house: scanning.House, permit: Permit, sources: Sequence[Path], taken: Taken, progress: Progress
) -> Looked:
    """Scan the media of what was taken in, and note which report each belongs to."""
    wanted, closed = dict(taken.wanted), taken.closed
    why_closed = list(taken.closed_files)
    if not permit.allows(Capability.OPEN_UNVIEWED):
        withdraw(house, permit)
        for path in _no_longer(house, permit, wanted):
            del wanted[path]
            closed += 1
            why_closed.append((path, "a later version of its report states it as not viewed"))
    named = tuple({"path": path, "why": why} for path, why in why_closed[:NAMED])
    if not wanted:
        return Looked(0, closed, closed_files=named)
    if not permit.allows(Capability.HASH_MATCH):
        return Looked(0, closed, len(wanted), named)
    for source in sources:
        mine = {path: report for path, report in wanted.items() if _within(path, source)}
        if mine:
            _scan(house, permit, source, mine, progress)
    return Looked(len(wanted), closed, closed_files=named)


def withdraw(house: scanning.House, permit: Permit) -> None:
    """Note of each file that was looked at whether the newest version of its report states it as not viewed.

    Only reports with a version that is newer than the last one asked are read.
    """
    with permit.transaction() as connection:
        rows = connection.execute(_rows_of(permit.the_case.id)).all()
        sealer = permit.sealer(connection)
    if not rows:
        return
    store, segments, numbers = _newest(house, permit, {row.report for row in rows})
    told = {row: unseal(sealer, row.sealed, _context(row.report, row.sha256)) for row in rows}
    asked = [row for row in rows if told[row].get("number", -1) < numbers.get(key_of(row.report), -1)]
    reports = dict(store.reports(segments, sorted({numbers[key_of(row.report)] for row in asked})))
    now = datetime.now(UTC).isoformat()
    with permit.transaction() as connection:
        for row in asked:
            number, said_of = numbers[key_of(row.report)], told[row]
            withdrawn = said_of.get("withdrawn")
            if withdrawn is None and _states_unviewed(reports[number], said_of["name"]):
                withdrawn = now
            changed = {**said_of, "number": number, "withdrawn": withdrawn}
            _put(connection, sealer, permit.the_case.id, row.report, row.sha256, changed)


def _no_longer(house: scanning.House, permit: Permit, wanted: Mapping[str, str]) -> list[str]:
    """Paths of files that came as viewed, and that the newest version of their report states as not viewed."""
    if not wanted:
        return []
    store, segments, numbers = _newest(house, permit, set(wanted.values()))
    by_number: dict[int, list[str]] = {}
    for path, report in wanted.items():
        if (number := numbers.get(key_of(report))) is not None:
            by_number.setdefault(number, []).append(path)
    return [
        path
        for number, report in store.reports(segments, sorted(by_number))
        for path in by_number[number]
        if _states_unviewed(report, own_name(path))
    ]


def _newest(
    house: scanning.House, permit: Permit, reports: Iterable[str]
) -> tuple[ReportStore, list[Segment], dict[int, int]]:
    """Where the reports of the case lie, and the number of the newest version of each of some, by its key."""
    with permit.transaction() as connection:
        store = ReportStore(house.folder / FOLDER, permit.the_case.id, permit.sealer(connection))
        segments = store.segments(connection)
    return store, segments, Columns(store, segments).newest(map(key_of, reports))


def _states_unviewed(report: Report, name: str) -> bool:
    """Does the report state a file of this name, without stating that it was viewed?"""
    return any(
        name.casefold()
        in {str(one).casefold() for one in (file.name, file.original_name, file.file_id) if one}
        for file in report.files
        if file.viewed is not True and UNNAMED not in file.annotations
    )


def _rows_of(case_id: str) -> sa.Select[Any]:
    return sa.select(report_medium).where(report_medium.c.case_id == case_id)


def _put(
    connection: sa.Connection,
    sealer: Sealer,
    case_id: str,
    report: str,
    sha256: bytes,
    value: Mapping[str, Any],
) -> None:
    """Write a medium's row, in place of the one that there is."""
    row = {"case_id": case_id, "report": report, "sha256": sha256}
    same = sa.and_(*(report_medium.c[column] == of for column, of in row.items()))
    connection.execute(report_medium.delete().where(same))
    sealed = seal(sealer, value, _context(report, sha256))
    connection.execute(report_medium.insert().values(**row, sealed=sealed))


def _within(path: str, source: Path) -> bool:
    whole = str(source.absolute())
    return (
        path == whole
        or path.startswith((f"{whole}/", f"{whole}{_CONTAINED}"))
        or path.startswith(str(source))
    )


def _scan(
    house: scanning.House, permit: Permit, source: Path, wanted: Mapping[str, str], progress: Progress
) -> None:
    below = {_below(path, source): report for path, report in wanted.items()}
    scope = Scope.just([one for path in below for one in _with_archives(path)], ORDER)
    kept = permit.detail, permit.personal, list(permit.subjects)
    summary = scanning.scan(
        house, permit, [source], scanning.Order(), house.config.worker_count(), progress, scope=scope
    )
    permit.detail, permit.personal, permit.subjects[:] = *kept[:2], kept[2]
    with house.database.transaction() as connection:
        sealer = permit.sealer(connection)
        for one in summary["exhibits"]:
            _note(connection, sealer, permit.the_case.id, one["id"], below)


def _below(path: str, source: Path) -> str:
    """The path as the scan of the source names it: below a folder, or with the file's own name first."""
    for start in (str(source.absolute()), str(source)):
        if path.startswith(start):
            rest = path[len(start) :]
            return rest.lstrip("/") if source.is_dir() else f"{source.name}{rest}"
    return path


def _with_archives(path: str) -> Iterable[str]:
    """The path, and the archives that it lies in."""
    parts = path.split(_CONTAINED)
    return [_CONTAINED.join(parts[: count + 1]) for count in range(len(parts))]


def _note(
    connection: sa.Connection, sealer: Sealer, case_id: str, exhibit: str, wanted: Mapping[str, str]
) -> None:
    for _, _, entry in inventory.newest(connection, sealer, exhibit):
        report = wanted.get(join_path(entry.place.trail, entry.place.layers))
        if report is None or entry.digests is None:
            continue
        name = join_path(entry.place.trail[-1:], entry.place.layers[-1:])
        # Looked at anew: that holds, until a version that comes after this says otherwise.
        _put(connection, sealer, case_id, report, entry.digests.sha256, {"name": name})


def _context(report: str, sha256: bytes) -> str:
    """What the sealed part of a medium's row is bound to."""
    return f"report_medium:{report}:{sha256.hex()}"


def said(connection: sa.Connection, sealer: Sealer, case_id: str) -> dict[str, list[MediaSaid]]:
    """What the look at media says for each report, by the report's id. Pictures themselves are never shown."""
    rows = connection.execute(_rows_of(case_id)).all()
    if not rows:
        return {}
    by_item = {lead.sha256: lead for lead in leads.queue(connection, sealer, case_id)}
    found: dict[str, list[MediaSaid]] = {}
    for row in rows:
        told = unseal(sealer, row.sealed, _context(row.report, row.sha256))
        name = told["name"]
        if told.get("withdrawn") is not None:
            gone = MediaSaid(name, "", None, (), (), told["withdrawn"])
            found.setdefault(row.report, []).append(gone)
            continue
        lead = by_item.get(row.sha256.hex())
        codes = tuple(reason.code for reason in lead.reasons) if lead else ()
        texts = tuple(reason.text for reason in lead.reasons) if lead else ()
        found.setdefault(row.report, []).append(
            MediaSaid(name, row.sha256.hex(), lead.id if lead else None, codes, texts)
        )
    return found
