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
    format: str = typer.Argument(help="vics, case-uco, csv, files or html."),
    output: Path = typer.Option(..., "-o", "--output", metavar="FILE", help="File to write."),
    thumbnails: bool = typer.Option(
        False,
        "--thumbnails",
        help="html: small, grey, blurred pictures; never of what is exactly on a list of illegal material.",
    ),
    case: str | None = CASE,
) -> None:
    """Write the findings of a case as a file, whole or not at all."""
    from safelight.export.protocol import ExportOptions

    with workspace() as opened:
        written = opened.export(format, output, options=ExportOptions(thumbnails=thumbnails), case=case)
    show(
        written,
        lambda: say(
            f"Wrote {count(written['records'], 'record')} to {written['file']}",
            f"  SHA-256 {written['sha256']}",
            *written["notes"],
        ),
    )
