"""`safelight demo`: the main jobs on benign data, end to end."""

from __future__ import annotations

from pathlib import Path

import typer

from safelight.cli.common import command, count, note, priority, say, show, state, table
from safelight.cli.drawing import drawn


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "demo")(demo)


def demo(
    output: Path | None = typer.Option(
        None,
        "-o",
        "--output",
        metavar="DIR",
        help="Where exhibit, workspace and report go. Default: a new temporary folder.",
    ),
) -> None:
    """Scan a benign exhibit, rank invented reports and match an invented register; print what was found, and where."""
    from safelight.demo.persons import told
    from safelight.demo.tour import tour

    with drawn() as progress:
        done = tour(output, progress, note)
    show(done.summary(), lambda: None)
    if state.json:
        return
    rows = [
        (
            f"{lead['priority']:.2f} {lead['band']}",
            " › ".join(lead["paths"][0]["trail"])
            + (f"  (+{len(lead['paths']) - 1})" if len(lead["paths"]) > 1 else ""),
            " ".join(reason["text"] for reason in lead["reasons"][:3]),
        )
        for lead in done.leads
    ]
    table(
        "Findings, best first (drawn pictures stand in for known material)",
        ("priority", "where", "why"),
        rows,
        wide=2,
    )
    scan = done.scan
    say(
        "",
        f"Read {count(scan['files'], 'file')} in {scan['seconds']:.1f} s ({scan['deleted']} deleted, "
        f"{scan['carved']} carved, {scan['embedded']} in archives); "
        f"{scan['unreadable']} could not be read, each is listed with its reason.",
        f"{scan['known_illegal']} on the known list, {scan['near_known']} near copies, "
        f"{scan['known_good']} known good.",
        "",
    )
    table(
        "The report desk on invented reports, first things first",
        ("priority", "report", "why"),
        [
            (
                f"{priority(one['priority'])}\n{one['band']}",
                f"{one['report_id']}\n{one['provider'] or ''}",
                "\n".join(f"{reason['weight']:+.1f} {reason['text']}" for reason in one["reasons"][:4])
                + f"\n{one['counterfactual']}\n",
            )
            for one in done.desk.ranked["queue"]
        ],
        wide=2,
    )
    measured, first = done.desk.measured, done.desk.measured["top"][2]
    say(
        "",
        f"{count(done.desk.ranked['reports'], 'invented report')} in {count(done.desk.ranked['lines'], 'line')}; a "
        f"child is in danger in {measured['in_danger']} of them (the hidden truth), {first['found']} of those stand in "
        "the first 5 %.",
        "",
        told.title(done.persons),
        *(f"  {line}" for line in told.lines(done.persons)),
        "",
        f"The audit log verifies: {count(done.audit['events'], 'event')}.",
        f"Report: {done.report}",
        f"Desk:   {done.desk_page}",
    )
