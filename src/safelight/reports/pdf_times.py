"""Dates of a printed report, read in the order in which the print itself says that it writes them.

NCMEC's prints do: "All dates are displayed as MM-DD-YYYY". A date that could be read otherwise is kept as stated beside
what was made of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from safelight.reports.dates import is_doubtful, iso
from safelight.reports.report import Party, Report, ReportFile, Stated
from safelight.stated import Order

_SAYS = re.compile(
    r"(?:All )?dates(?: and times)? are (?:displayed|shown|given|written) (?:as|in)(?: the format)?[ :]{1,3}"
    r"(?:(MM)[-/.]DD|DD[-/.]MM)[-/.]YYYY\b",
    re.IGNORECASE,
)
_MOST_KEPT = 500
"""Dates that are kept as stated beside what was made of them."""


def order_of(row: str) -> Order | None:
    """In which order the print says, in this row, that it writes dates; None where the row says nothing of it."""
    match = _SAYS.match(row)
    if match is None:
        return None
    return Order.MONTH_FIRST if match[1] else Order.DAY_FIRST


@dataclass(slots=True)
class _Reading:
    """The order, and what was doubtful without it."""

    order: Order
    kept: dict[tuple[str, str], None] = field(default_factory=dict)

    def of(self, what: str, stated: str | None) -> str | None:
        """A date as ISO 8601; as stated where it is not understood."""
        made = iso(stated, self.order) if stated else None
        if made is None or stated is None:
            return stated
        if is_doubtful(stated) and len(self.kept) < _MOST_KEPT:
            first = "day" if self.order is Order.DAY_FIRST else "month"
            self.kept[f"{what} as stated", f"{stated} (read with the {first} first, as the print says)"] = (
                None
            )
        return made

    def identifiers(self, stated: tuple[Stated, ...]) -> tuple[Stated, ...]:
        """Captures with their times."""
        return tuple(
            Stated(
                one.kind, one.value, one.provider, self.of("time", one.time), one.port, one.event, one.note
            )
            if one.time
            else one
            for one in stated
        )

    def party(self, one: Party) -> Party:
        return replace(
            one,
            identifiers=self.identifiers(one.identifiers),
            birth_date=self.of("birth_date", one.birth_date),
        )

    def file(self, one: ReportFile) -> ReportFile:
        return replace(
            one, identifiers=self.identifiers(one.identifiers), uploaded=self.of("uploaded", one.uploaded)
        )


def timed(report: Report, order: Order) -> Report:
    """The report with its dates as ISO 8601, where they are dates."""
    reading = _Reading(order)
    made = replace(
        report,
        received=reading.of("received", report.received),
        occurred=reading.of("occurred", report.occurred),
        parties=tuple(map(reading.party, report.parties)),
        files=tuple(map(reading.file, report.files)),
    )
    return replace(made, unknown=(*made.unknown, *reading.kept))
