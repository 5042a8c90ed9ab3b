"""`export csv`: one line a path of a lead, and one for everything that could not be read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from safelight.export.protocol import ExportOptions, ExportReport, Findings, LeadView, UnreadView
from safelight.export.text import cell, time_text
from safelight.model import IDENTITY, Match, Reason

# fmt: off
COLUMNS = (
    "lead", "kind", "band", "priority", "sha256", "md5", "exhibit", "path", "state", "size", "modified",
    "matches", "reasons", "decided", "error",
)
# fmt: on


class CsvExporter:
    """The columns of contract.md. The format has no place for a mark: the file name carries it."""

    name = "csv"
    suffix = ".csv"
    marked = False

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Write leads best first, then what could not be read. `records` counts the lines after the head."""
        return ExportReport(write_lines(out, COLUMNS, _lines(findings)), unit="line")


def write_lines(out: BinaryIO, columns: Sequence[str], lines: Iterable[Sequence[str]]) -> int:
    """Write a CSV (RFC 4180 quoting, lines end with LF) and return the count of lines after the head."""
    text = io.TextIOWrapper(out, encoding="utf-8", errors="strict", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for line in lines:
        writer.writerow([cell(value) for value in line])
        count += 1
    text.flush()
    text.detach()
    return count


def _lines(findings: Findings) -> Iterator[Sequence[str]]:
    for view in findings.leads():
        yield from _lead_lines(view)
    for unread in findings.unread():
        yield _unread_line(unread)


def _lead_lines(view: LeadView) -> Iterator[Sequence[str]]:
    lead = view.lead
    head = [lead.id, lead.kind, lead.band.value, f"{lead.priority:.4f}", lead.sha256, view.digests.md5.hex()]
    tail = [
        "; ".join(match_text(match) for match in lead.matches),
        "; ".join(reason_text(reason) for reason in lead.reasons),
        lead.decided or "",
        view.error or (f"damaged: {view.damaged}" if view.damaged else ""),
    ]
    if not view.places:
        yield [*head, "", "", "", str(view.size), "", *tail]
    for place in view.places:
        size = view.size if place.size is None else place.size
        where = [place.exhibit, place.path, place.state.value, str(size), time_text(place.times.modified)]
        yield head + where + tail


def _unread_line(unread: UnreadView) -> Sequence[str]:
    state = unread.state.value if unread.state else ""
    size = "" if unread.size is None else str(unread.size)
    return ["", "", "", "", "", "", unread.exhibit, unread.path, state, size, "", "", "", "", unread.reason]


def match_text(match: Match) -> str:
    """Return a match on one line: `list#entry by pdq distance 12 form mirrored category 1`.

    The form is told where the picture does not stand as the listed one does; of films, `covered 93/100`: percent of
    its frames and of the entry's that lie near one of the other, and `seconds 40.0-58.5`, between which its own do.
    """
    form = f" form {match.form}" if match.form != IDENTITY else ""
    category = f" category {match.category}" if match.category is not None else ""
    covered = f" covered {match.covered[0]}/{match.covered[1]}" if match.covered is not None else ""
    at = f" seconds {match.at[0]:.1f}-{match.at[1]:.1f}" if match.at is not None else ""
    return (
        f"{match.hashset}#{match.entry} by {match.by} distance {match.distance}{covered}{at}{form}{category}"
    )


def reason_text(reason: Reason) -> str:
    """Return a reason on one line: its code, weight and sentence."""
    return f"{reason.code} ({reason.weight:+.2f}): {reason.text}"
