"""The media of reports: looked at as any evidence is, but only those that a person at the provider has viewed.

A file that nobody has viewed (the flag false, or not there) stays closed without the capability `open-unviewed`: it is
not read, hashed, decoded or shown; what the report states of it is all there is. Which file of a bundle is which file
of a report, its name tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from safelight.evidence.names import join_path
from safelight.evidence.scope import Scope
from safelight.governance.gate import Permit
from safelight.model import Capability
from safelight.pipeline import scan as scanning
from safelight.progress import Progress
from safelight.reports.desk.media import MediaSaid
from safelight.reports.intake.documents import Medium
from safelight.reports.intake.take_in import StatedFile, Taken
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
    """Not viewed by the provider, or named by no report: nobody opened them."""
    not_allowed: int = 0
    """They may be opened, but the case does not allow to compare digests."""


def look_at(
    house: scanning.House, permit: Permit, sources: Sequence[Path], taken: Taken, progress: Progress
) -> Looked:
    """Scan the media of what was taken in, and note which report each belongs to."""
    every = permit.allows(Capability.OPEN_UNVIEWED)
    wanted: dict[str, str] = {}
    for medium in taken.media:
        stated = taken.stated.get(medium.bundle, {})
        file = _file_of(medium, stated)
        if file is not None and (file.viewed or every):
            wanted[medium.path] = file.report
    closed = len(taken.media) - len(wanted)
    if not wanted:
        return Looked(0, closed)
    if not permit.allows(Capability.HASH_MATCH):
        return Looked(0, closed, len(wanted))
    for source in sources:
        mine = {path: report for path, report in wanted.items() if _within(path, source)}
        if mine:
            _scan(house, permit, source, mine, progress)
    return Looked(len(wanted), closed)


def _file_of(medium: Medium, stated: Mapping[str, StatedFile]) -> StatedFile | None:
    """The file of a report that a medium is, by its name; where several reports state it, one not viewed closes it."""
    return stated.get(medium.name.casefold())


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
        row = {"case_id": case_id, "report": report, "sha256": entry.digests.sha256}
        same = sa.and_(*(report_medium.c[column] == value for column, value in row.items()))
        if connection.execute(sa.select(report_medium.c.report).where(same)).first() is None:
            sealed = seal(sealer, {"name": name}, f"report_medium:{report}:{entry.digests.sha256.hex()}")
            connection.execute(report_medium.insert().values(**row, sealed=sealed))


def said(connection: sa.Connection, sealer: Sealer, case_id: str) -> dict[str, list[MediaSaid]]:
    """What the look at media says for each report, by the report's id. Pictures themselves are never shown."""
    rows = connection.execute(sa.select(report_medium).where(report_medium.c.case_id == case_id)).all()
    if not rows:
        return {}
    by_item = {lead.sha256: lead for lead in leads.queue(connection, sealer, case_id)}
    found: dict[str, list[MediaSaid]] = {}
    for row in rows:
        name = unseal(sealer, row.sealed, f"report_medium:{row.report}:{row.sha256.hex()}")["name"]
        lead = by_item.get(row.sha256.hex())
        codes = tuple(reason.code for reason in lead.reasons) if lead else ()
        texts = tuple(reason.text for reason in lead.reasons) if lead else ()
        found.setdefault(row.report, []).append(
            MediaSaid(name, row.sha256.hex(), lead.id if lead else None, codes, texts)
        )
    return found
