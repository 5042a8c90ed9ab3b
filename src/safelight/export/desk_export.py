"""What the workspace asks for a page of the report desk, or for its reports as leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from safelight.errors import UsageError
from safelight.governance.gate import Permit
from safelight.progress import silent
from safelight.store.tables import report_segment

if TYPE_CHECKING:
    from safelight.export.protocol import Exporter
    from safelight.reports.desk.desk import House


def check(
    format: str, report: str | None, cluster: str | None, desk: bool, people: int | None, minutes: float | None
) -> None:
    """Raise UsageError unless one page is asked for, in a format that has it."""
    if format != "html":
        raise UsageError(f"A page of the report desk is no '{format}'.", "`safelight export html` makes it.")
    if (report is not None) + (cluster is not None) + desk != 1:
        raise UsageError("These are several pages.", "Give one of --report, --cluster and --desk.")
    if (people is None) != (minutes is None) or (people is not None and not desk):
        raise UsageError(
            "What will be seen by when needs people and minutes, and is on the page of the desk's state.",
            "Give --desk, --people and --minutes together.",
        )
    if people is not None and minutes is not None and (people < 1 or minutes <= 0):
        raise UsageError("Nobody at work, or no time: nothing would be seen.", "Give --people and --minutes above zero.")


def page(
    house: House,
    permit: Permit,
    report: str | None,
    cluster: str | None,
    people: int | None,
    minutes: float | None,
) -> tuple[Exporter, list[str]]:
    """The page as an exporter, and the ids of the reports that are on it. No text is read for it."""
    # The desk brings in Arrow and SciPy, which other verbs do not need.
    from safelight.export import desk_pages
    from safelight.reports.desk import cluster as clusters
    from safelight.reports.desk.desk import Desk
    from safelight.reports.desk.overview import Capacity, overview

    desk = Desk(house, permit)
    ranked = desk.ranked(silent, 0)
    if report is not None:
        shown = desk.show(ranked, report)
        return desk_pages.of_report(shown), [shown["id"]]
    if cluster is not None:
        found = clusters.cluster(desk, ranked, cluster)
        return desk_pages.of_cluster(found, ranked.now), [one["id"] for one in found["reports"]]
    state = overview(desk, ranked, Capacity(people, minutes) if people and minutes else None)
    listed = [*state["queue"], *state["due"]["entries"], *state["foreign"]["entries"]]
    return desk_pages.of_desk(state), sorted({one["id"] for one in listed})


def leads(
    house: House, permit: Permit, connection: sa.Connection, top: int | None, undecided: bool
) -> list[dict[str, Any]]:
    """The best `top` lines of the desk's queue as leads; none, and no work, where the case has no reports."""
    first = sa.select(report_segment.c.number).where(report_segment.c.case_id == permit.the_case.id).limit(1)
    if connection.scalar(first) is None:
        return []
    from safelight.reports.desk import leads as of_desk
    from safelight.reports.desk.desk import Desk

    desk = Desk(house, permit)
    return of_desk.leads(desk, desk.ranked(silent, 0), top, undecided)
