"""`safelight screen`: match loose files against the hash sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from safelight.cli.case import CASE
from safelight.cli.common import UNREAD, command, show, table, workspace


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "screen")(screen)


def screen(
    files: list[Path] = typer.Argument(help="Files to match; nothing of them is stored."),
    case: str | None = CASE,
) -> None:
    """Match loose files against the hash sets: exact digests, PDQ within 31 bits, and films by vPDQ."""
    with workspace() as opened:
        found = opened.screen(files, case=case)
    show(found, lambda: _print(found))
    if any(one["error"] is not None for one in found):
        raise typer.Exit(UNREAD)


def _print(found: list[dict[str, Any]]) -> None:
    rows = [
        (
            one["file"],
            one["error"] or ("; ".join(_said(match) for match in one["matches"]) or "on no list"),
        )
        for one in found
    ]
    table("Screened", ("file", "found"), rows, wide=1)


def _said(match: dict[str, Any]) -> str:
    from safelight.matching.films import shares, when  # why: NumPy comes with it, and is not needed to start
    from safelight.matching.forms import told

    near = f"{shares(match['covered'])}{when(match['at'])}{told(match['form'])}, {match['distance']} bits"
    distance = near if match["by"] in ("pdq", "vpdq") else ""
    category = f", category {match['category']}" if match["category"] else ""
    return f"{match['kind']} in '{match['hashset']}' entry {match['entry']} (by {match['by']}{distance}{category})"
