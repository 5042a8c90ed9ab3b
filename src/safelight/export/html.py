"""`export html`: one file that a prosecutor or a court opens offline, without scripts, and can print."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from markupsafe import Markup

from safelight.export import page, phrases, plots, text
from safelight.export.marking import MARK, SENTENCE
from safelight.export.pictures import Pictures
from safelight.export.protocol import (
    NOT_LOOKED_AT,
    EventView,
    ExportOptions,
    ExportReport,
    Findings,
    LeadView,
    LogState,
)
from safelight.export.room import Room
from safelight.export.summary import LISTED, STATES, Summary, kind_rows, months, summarise

_EVENTS = 500
_BARS = 10


class HtmlExporter:
    """The report. What a large case leaves out is counted and said; the file stays below 20 MB."""

    name = "html"
    suffix = ".html"
    marked = True

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Read the case twice (numbers, then the table of leads) and write the report piece by piece."""
        summary = summarise(findings, options.full_leads)
        pictures = Pictures().of(findings, summary.described() if options.thumbnails else ())
        context = _context(findings, summary, options, pictures)
        for piece in page.environment().get_template("report.html.j2").generate(context):
            out.write(piece.encode("utf-8", "strict"))
        return ExportReport(summary.leads, tuple(_notes(summary, options, pictures, context["log"])), "lead")


def _context(
    findings: Findings, summary: Summary, options: ExportOptions, pictures: Pictures
) -> dict[str, Any]:
    style, script = page.style(findings.evaluation, "report.css"), page.static("filter.js")
    coverage, log = findings.coverage, findings.audit_log
    return {
        "findings": findings,
        "case": findings.case,
        "authority": findings.case.authority,
        "summary": summary,
        "options": options,
        "mark": MARK,
        "mark_sentence": SENTENCE,
        "style": style,
        "script": script,
        "policy": page.policy(style, script),
        "plots": list(_plots(summary)),
        "coverage": list(coverage),
        "unassessed": phrases.unassessed(coverage),
        "log": log,
        "not_looked_at": any(NOT_LOOKED_AT in one.missing for one in coverage),
        "not_allowed": [one.signal for one in coverage if not one.allowed],
        "table": _table(findings, options.table_leads),
        "full": {view.lead.id for view in summary.described()},
        "pictures": pictures,
        "events": _last_events(findings),
        "matched_at": max((one.finished for one in findings.exhibits if one.finished), default=None),
        "room": Room(),
        "listed": LISTED,
    }


def _plots(summary: Summary) -> Iterator[tuple[str, Markup, str]]:
    """Caption, picture, and what it counts."""
    rows = kind_rows(summary)
    yield (
        "Files read, by kind and state",
        plots.stacked("Files read, by kind and state", rows, STATES, "plot-kinds"),
        "Kind is judged by content, never by name. “Not read”: files without a digest; section 8 has these, and more "
        "that could be read in part.",
    )
    undated = f" {summary.undated:,} without a usable time are left out." if summary.undated else ""
    yield (
        "Leads by time",
        plots.columns("Leads by time", list(months(summary)), "plot-months"),
        f"The camera’s own time where stated, else the file’s. Local and UTC times are not told apart here.{undated}",
    )
    yield (
        "Leads by folder or archive",
        plots.bars("Leads by folder or archive", _top(summary.folders), "plot-folders"),
        "A lead found in several folders counts in each.",
    )
    yield (
        "Leads by camera",
        plots.bars("Leads by camera", _top(summary.cameras), "plot-cameras"),
        "As the files state it. Such statements can be altered.",
    )


def _top(counter: Mapping[str, int]) -> list[tuple[str, int]]:
    ranked = sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [(text.visible(name), count) for name, count in ranked[:_BARS]]
    rest = ranked[_BARS:]
    if rest:
        rows.append((f"{len(rest):,} others together", sum(count for _, count in rest)))
    return rows


def _table(findings: Findings, limit: int) -> Iterator[LeadView]:
    for number, view in enumerate(findings.leads()):
        if number == limit:
            return
        yield view


def _last_events(findings: Findings) -> tuple[list[EventView], int]:
    """The newest events, and how many older ones are left out."""
    kept: deque[EventView] = deque(maxlen=_EVENTS)
    count = 0
    for event in findings.events():
        kept.append(event)
        count += 1
    return list(kept), count - len(kept)


def _notes(summary: Summary, options: ExportOptions, pictures: Pictures, log: LogState) -> Iterator[str]:
    if log.verified is False:
        yield f"The report says that the audit log did not verify: {log.problem}"
    if options.thumbnails:
        yield f"{phrases.count(len(pictures.addresses), 'small blurred picture')} in the report."
    if summary.stacks_left_out:
        yield (
            f"{summary.stacks_left_out:,} further stacks stand in the report's table only; "
            "`export csv` lists every lead and path."
        )
    if summary.leads > options.table_leads:
        yield f"{summary.leads - options.table_leads:,} leads of low priority are only in `export csv`."
