"""What the workspace asks of the report desk: a page or its queue to export, its reports as leads among the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from safelight.errors import UsageError
from safelight.export import desk_counts, queue
from safelight.governance import authority as rules
from safelight.governance.gate import Permit
from safelight.model import Capability
from safelight.progress import silent

if TYPE_CHECKING:
    from safelight.export.protocol import Exporter
    from safelight.reports.desk import work
    from safelight.reports.desk.desk import Desk
    from safelight.reports.desk.rank import Ranked
    from safelight.store.keys import KeyRing

    OpenDesk = Callable[[], Desk]

CYBERTIP = "cybertip"
"""The form of one report as providers send it; see `desk_cybertip.py`."""
_AT_ONCE = 20_000
"""Lines of the queue whose reports are held at once while it is written."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page is wanted, if one is: a report, a cluster, the report desk's state (as CSV, its queue), a person."""

    report: str | None = None
    cluster: str | None = None
    desk: bool = False
    people: int | None = None
    minutes: float | None = None
    person: str | None = None

    @property
    def pages(self) -> int:
        """How many pages are asked for."""
        asked = (self.report is not None, self.cluster is not None, self.desk, self.person is not None)
        return sum(asked)

    def check(self, format: str) -> None:
        """Raise UsageError unless this is one page, in a format that has it."""
        alone = self.people is None and self.minutes is None
        if (format == "csv" and self.desk and alone) or (format == CYBERTIP and self.report and alone):
            pass  # the queue, or one report as it was sent
        elif format != "html":
            raise UsageError(
                f"A page of a desk is no '{format}'.",
                "`safelight export html` makes it; `csv --desk` lists the queue, `cybertip --report` a report.",
            )
        if self.pages > 1:
            raise UsageError(
                "These are several pages.", "Give one of --report, --cluster, --desk and --person."
            )
        if (self.people is None) != (self.minutes is None) or (self.people is not None and not self.desk):
            raise UsageError(
                "What will be seen by when needs people and minutes, and is on the page of the desk's state.",
                "Give --desk, --people and --minutes together.",
            )
        if self.people is not None and self.minutes is not None and (self.people < 1 or self.minutes <= 0):
            raise UsageError(
                "Nobody at work, or no time: nothing would be seen.", "Give more than zero of each."
            )


def exporter(open_desk: OpenDesk, permit: Permit, format: str, asked: Asked) -> str | Exporter:
    """The page that is asked for, as an exporter; the name of the format where none is.

    No text is read for it. The permit's event names the reports that are on a page; the queue as CSV is all of them.
    Raises RefusedError where the case does not allow `report-triage`.
    """
    if asked == Asked() and format == CYBERTIP:
        raise UsageError("Which report is to be written?", "Give --report.")
    if asked == Asked():
        return format
    asked.check(format)
    if asked.person is not None:
        return format  # `person_pages.of_person` makes it, within the snapshot that the export reads
    rules.check_allows(permit.the_case, Capability.REPORT_TRIAGE)
    # The desk brings in Arrow and SciPy, which other verbs do not need.
    from safelight.export import desk_pages
    from safelight.export.desk_csv import DeskCsv
    from safelight.export.desk_cybertip import CybertipZip
    from safelight.reports.desk import cluster as clusters
    from safelight.reports.desk.overview import Capacity, cluster_size, overview

    desk = open_desk()
    ranked = desk.ranked(silent, 0)
    if format == "csv":
        return DeskCsv(lambda: _queue(desk, ranked))
    if format == CYBERTIP and asked.report is not None:
        number = desk.number(ranked, asked.report)
        permit.subjects.append(desk.id_of(ranked, number))
        return CybertipZip(desk.store.report(ranked.segments, number))
    if asked.report is not None:
        shown = desk.show(ranked, asked.report)
        permit.subjects.append(shown["id"])
        size = cluster_size(ranked, desk.number(ranked, shown["id"]))
        return desk_pages.of_report({**shown, "cluster_size": size})
    if asked.cluster is not None:
        found = clusters.cluster(desk, ranked, asked.cluster)
        permit.subjects += [one["id"] for one in found["reports"]]
        return desk_pages.of_cluster(found, ranked.now)
    at_work = Capacity(asked.people, asked.minutes) if asked.people and asked.minutes else None
    state = overview(desk, ranked, at_work)
    listed = [*state["queue"], *state["due"]["entries"], *state["foreign"]["entries"]]
    permit.subjects += sorted({one["id"] for one in listed})
    return desk_pages.of_desk(state)


def _queue(desk: Desk, ranked: Ranked) -> Iterator[dict[str, Any]]:
    """Every line of the queue in order, as `reports rank --json` prints it, and what the columns beside it know."""
    from safelight.reports.keep.letters import letters_of

    labelled = desk.labelled()
    taken = desk.held(labelled)
    for begin in range(0, len(ranked.order), _AT_ONCE):
        numbers = ranked.order[begin : begin + _AT_ONCE].tolist()
        for place, (number, said) in enumerate(
            zip(numbers, desk.entries(ranked, numbers), strict=True), start=begin + 1
        ):
            yield {
                **said,
                "place": place,
                "country": letters_of(int(ranked.rows["country"][number])),
                "decided": labelled[said["id"]].label if said["id"] in labelled else None,
                "held": _held(taken.get(said["id"])),
            }


def _held(one: work.Held | None) -> str | None:
    return None if one is None else f"by {one.by}, desk {one.desk}, until {_minute(one.until)}"


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}Z"


def leads(
    keys: KeyRing,
    open_desk: OpenDesk,
    permit: Permit,
    connection: sa.Connection,
    top: int | None,
    kind: str | None,
    undecided: bool,
    lead: str | None,
) -> list[dict[str, Any]]:
    """The queue of a case, media and reports together unless one `kind` is wanted; or one `lead` of media in full.

    Raises RefusedError where reports are wanted and the case does not allow `report-triage`.
    """
    case = permit.the_case
    if lead is not None:
        if lead.startswith("R-"):
            raise UsageError(f"{lead} is a report.", f"`safelight reports show {lead}` shows it in full.")
        return [queue.whole(connection, keys, case, lead)]
    if kind == "report":
        rules.check_allows(case, Capability.REPORT_TRIAGE)
        return _reports(open_desk, permit, connection, top, undecided)
    media = queue.leads(connection, keys, case, top, kind, undecided)
    if kind is not None or not permit.allows(Capability.REPORT_TRIAGE):
        return media
    return queue.together(media, _reports(open_desk, permit, connection, top, undecided), top)


def _reports(
    open_desk: OpenDesk, permit: Permit, connection: sa.Connection, top: int | None, undecided: bool
) -> list[dict[str, Any]]:
    """The best `top` lines of the desk's queue as leads; none, and no work, where the case has no reports."""
    if not desk_counts.has_reports(connection, permit.the_case.id):
        return []
    from safelight.reports.desk import leads as of_desk

    desk = open_desk()
    return of_desk.leads(desk, desk.ranked(silent, 0), top, undecided)


__all__ = ["Asked", "exporter", "leads"]
