"""The verbs of the report desk, which the workspace has as its own: `reports import`, `rank`, `show` …"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from safelight.governance.authority import check_allows
from safelight.governance.gate import Permit, verb
from safelight.model import Capability
from safelight.progress import Progress, silent
from safelight.verb_house import VerbHouse

if TYPE_CHECKING:
    from safelight.reports.desk.desk import Desk
    from safelight.reports.desk.rank import Ranked


class ReportVerbs(VerbHouse):
    """Verbs over the reports of a case."""

    @verb("reports import", needs=Capability.REPORT_TRIAGE, long=True)
    def import_reports(
        self,
        permit: Permit,
        paths: Sequence[Path],
        *,
        case: str | None = None,
        format: str = "auto",
        columns: Mapping[str, object] | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Take reports in; killed anywhere, the next call goes on, and nothing is taken in twice."""
        started = monotonic()
        from safelight.pipeline import report_media

        taken = open_desk(self, permit).take_in(paths, format, columns or {}, progress)
        looked = report_media.look_at(self, permit, paths, taken, progress)
        found = {
            "files": taken.files,
            "reports": taken.reports,
            "new": taken.new,
            "again": taken.again,
            "updated": taken.updated,
            "retracted": taken.retracted,
            "claimed": taken.claimed,
            "media": {
                "opened": looked.opened,
                "closed": looked.closed,
                "not_allowed": looked.not_allowed,
                "closed_files": list(looked.closed_files),
            },
            "unreadable": taken.unreadable,
            "unreadable_count": taken.unreadable_count,
        }
        permit.detail = {name: value for name, value in found.items() if isinstance(value, int)}
        return {**found, "seconds": round(monotonic() - started, 3)}

    @verb("reports rank", needs=Capability.REPORT_TRIAGE, long=True)
    def rank_reports(
        self,
        permit: Permit,
        *,
        top: int = 100,
        texts: int | None = None,
        undecided: bool = False,
        case: str | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Link, score and order all reports; the first `top` with their reasons."""
        started = monotonic()
        desk = open_desk(self, permit)
        found = desk.summary(desk.ranked(progress, texts), top, started, undecided)
        permit.detail = {"reports": found["reports"], "shown": len(found["queue"])}
        permit.subjects += [one["id"] for one in found["queue"]]
        return found

    @verb("reports next", needs=Capability.REPORT_TRIAGE)
    def next_report(
        self,
        permit: Permit,
        desk: str,
        *,
        minutes: float = 60.0,
        case: str | None = None,
    ) -> dict[str, Any] | None:
        """The next report to work on, held for the acting person; None where nothing is left."""
        opened, ranked = _ranked(self, permit)
        found = opened.next(ranked, desk, minutes)
        if found is not None:
            permit.subjects.append(found["id"])
            permit.detail = {"drawn": found["drawn"]}
        return found

    @verb("reports release", needs=Capability.REPORT_TRIAGE)
    def release_report(self, permit: Permit, report: str, *, case: str | None = None) -> str:
        """Give a held report back to the queue."""
        opened, ranked = _ranked(self, permit)
        released = opened.release(ranked, report)
        permit.subjects.append(released)
        return released

    @verb("reports show", needs=Capability.REPORT_TRIAGE)
    def show_report(self, permit: Permit, report: str, *, case: str | None = None) -> dict[str, Any]:
        """Everything about one report."""
        opened, ranked = _ranked(self, permit)
        found = opened.show(ranked, report)
        permit.subjects.append(found["id"])
        return found

    @verb("reports links", needs=Capability.REPORT_TRIAGE)
    def report_links(self, permit: Permit, report: str, *, case: str | None = None) -> dict[str, Any]:
        """Which reports belong with one, and by which identifiers."""
        opened, ranked = _ranked(self, permit)
        found = opened.links(ranked, report)
        permit.subjects += [found["id"], *(one["to"] for one in found["links"])]
        return found

    @verb("reports cut", needs=Capability.REPORT_TRIAGE)
    def cut_reports(
        self, permit: Permit, a: str, b: str, *, reason: str, case: str | None = None
    ) -> dict[str, Any]:
        """Say that two reports are not about the same people; it holds whenever they are linked anew."""
        return _edit(self, permit, "cut", a, b, reason)

    @verb("reports join", needs=Capability.REPORT_TRIAGE)
    def join_reports(
        self, permit: Permit, a: str, b: str, *, reason: str, case: str | None = None
    ) -> dict[str, Any]:
        """Say that two reports are about the same people; it holds whenever they are linked anew."""
        return _edit(self, permit, "join", a, b, reason)

    @verb("reports decide", needs=Capability.REPORT_TRIAGE)
    def decide_report(
        self, permit: Permit, report: str, label: str, *, note: str | None = None, case: str | None = None
    ) -> dict[str, Any]:
        """Record what the acting person concluded about a report."""
        opened, ranked = _ranked(self, permit)
        made = opened.decide(ranked, report, label, note)
        permit.subjects.append(made.report)
        permit.detail = {"label": label}
        permit.personal = {"note": note} if note else {}
        return {
            "id": made.id,
            "report": made.report,
            "label": label,
            "by": made.by,
            "at": made.at.isoformat(),
        }

    @verb("reports sample", needs=Capability.REPORT_TRIAGE)
    def sample_reports(self, permit: Permit, *, size: int, case: str | None = None) -> dict[str, Any]:
        """Draw a random sample of the low band, to estimate what the order misses."""
        opened, ranked = _ranked(self, permit)
        found = opened.sample(ranked, size)
        permit.subjects += found["drawn"]
        return found

    @verb("reports capacity", needs=Capability.REPORT_TRIAGE)
    def report_capacity(
        self,
        permit: Permit,
        *,
        people: int,
        minutes: float,
        hours: float = 8.0,
        days: int = 30,
        case: str | None = None,
    ) -> dict[str, Any]:
        """With so many people at so many minutes a report: what will be seen by when, and what will not."""
        opened, ranked = _ranked(self, permit)
        return opened.capacity(ranked, people, minutes, hours, days)

    @verb("reports learn", needs=Capability.REPORT_TRIAGE)
    def learn_reports(
        self, permit: Permit, *, accept: str | None = None, case: str | None = None
    ) -> dict[str, Any]:
        """Propose weights from decisions, with what they change on held-out ones; or accept a proposal by its id."""
        if accept is None:
            opened, ranked = _ranked(self, permit)
            found = opened.learn(ranked)
        else:
            found = open_desk(self, permit).accept(accept)
        permit.detail = {
            "proposal": found["id"],
            "decisions": found["decisions"],
            "accepted": accept is not None,
        }
        return found

    @verb("reports evaluate", needs=Capability.REPORT_TRIAGE, long=True)
    def evaluate_reports(
        self,
        permit: Permit,
        labels: Path,
        *,
        out: Path | None = None,
        case: str | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Measure the order on reports whose truth is known; with `out`, write it as a page as well: an export."""
        if out is not None:
            check_allows(permit.the_case, Capability.EXPORT)
        opened = open_desk(self, permit)
        found = opened.evaluate(opened.ranked(progress), labels)
        permit.detail = {"reports": found["reports"], "in_danger": found["in_danger"]}
        if out is not None:
            found["page"] = _written(self, permit, found, labels, out)
            permit.detail["sha256"] = found["page"]["sha256"]
        return found


def _written(
    house: ReportVerbs, permit: Permit, found: dict[str, Any], labels: Path, out: Path
) -> dict[str, Any]:
    from safelight.export import deliver, desk_pages
    from safelight.export.protocol import ExportOptions

    page = desk_pages.of_evaluation(found, labels.name)
    with permit.snapshot() as connection:
        findings = deliver.CaseFindings(house, connection, permit.the_case)
        kept = (house.folder, house.config.key_folder)
        return deliver.write(findings, page, out, ExportOptions(), kept)


def open_desk(house: ReportVerbs, permit: Permit) -> Desk:
    """The desk of a permit's case, with what the look at its reports' files said."""
    from safelight.pipeline import report_media
    from safelight.reports.desk.desk import Desk

    with permit.transaction() as connection:
        seen = report_media.said(connection, permit.sealer(connection), permit.the_case.id)
    return Desk(house, permit, seen)


def _ranked(house: ReportVerbs, permit: Permit) -> tuple[Desk, Ranked]:
    """The desk, and the order as it is without reading any more texts."""
    desk = open_desk(house, permit)
    return desk, desk.ranked(silent, 0)


def _edit(house: ReportVerbs, permit: Permit, kind: str, a: str, b: str, reason: str) -> dict[str, Any]:
    opened, ranked = _ranked(house, permit)
    found = opened.edit(ranked, kind, a, b, reason)
    permit.subjects += found["reports"]
    permit.personal = {"reason": reason}
    return found


__all__ = ["ReportVerbs", "open_desk"]
