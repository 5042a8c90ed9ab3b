"""`safelight export`: findings out of the house."""

from __future__ import annotations

from pathlib import Path

import typer

from safelight.cli.case import CASE
from safelight.cli.common import command, count, say, show, workspace


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "export")(export)


def export(
    format: str = typer.Argument(help="vics, case-uco, csv, files, html or cybertip."),
    output: Path = typer.Option(..., "-o", "--output", metavar="FILE", help="File to write."),
    thumbnails: bool = typer.Option(
        False,
        "--thumbnails",
        help="html: small, grey, blurred pictures; never of what is exactly on a list of illegal material.",
    ),
    report: str | None = typer.Option(
        None,
        metavar="ID",
        help="html: the page of one report, by its id (R-…) or the number that it bears; cybertip: that report as XML.",
    ),
    cluster: str | None = typer.Option(
        None, metavar="ID", help="html: the page of a cluster (C-…), or of that in which a report is."
    ),
    desk: bool = typer.Option(
        False, "--desk", help="html: the page of the report desk’s state; csv: its queue, one line each."
    ),
    people: int | None = typer.Option(
        None, min=1, max=100_000, help="With --desk: so many people work, for what will be seen by when."
    ),
    minutes: float | None = typer.Option(None, min=0.1, max=10_000, help="With --desk: minutes a report."),
    person: str | None = typer.Option(
        None,
        metavar="ID",
        help="html: the page of one missing or found person (P-… or the register's number), with photographs.",
    ),
    case: str | None = CASE,
) -> None:
    """Write the findings of a case as a file, whole or not at all."""
    from safelight.export.protocol import ExportOptions

    with workspace() as opened:
        written = opened.export(
            format,
            output,
            options=ExportOptions(thumbnails=thumbnails),
            report=report,
            cluster=cluster,
            desk=desk,
            people=people,
            minutes=minutes,
            person=person,
            case=case,
        )
    show(
        written,
        lambda: say(
            f"Wrote {count(written['records'], written['unit'])} to {written['file']}",
            f"  SHA-256 {written['sha256']}",
            *written["notes"],
        ),
    )
