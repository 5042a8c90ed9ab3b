"""`safelight demo`: the main job on benign data, end to end."""

from __future__ import annotations

from pathlib import Path

import typer

from safelight.cli.common import command, count, note, say, show, state, table
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
    """Make a benign exhibit, scan it in an evaluation workspace, print what was found and where the report is."""
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
        f"The audit log verifies: {count(done.audit['events'], 'event')}.",
        f"Report: {done.report}",
    )
