"""`safelight models`: model cards and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from safelight.cli.common import BROKEN, command, group, note, say, show, table, workspace

app = group("models", "List, verify and add the models behind the signals.")


@command(app, "list")
def list_models() -> None:
    """List every model with its card: purpose, licence, limits, and whether its file is there."""
    with workspace(make=True) as opened:
        found = [_plain(one) for one in opened.list_models()]
    rows = [(one["name"], one["state"], one["licence"], one["purpose"]) for one in found]
    show(found, lambda: table("Models", ("name", "state", "licence", "purpose"), rows, wide=3))


@command(app, "verify")
def verify_models() -> None:
    """Read every model file and compare its SHA-256 with the pinned one."""
    with workspace(make=True) as opened:
        found = [_plain(one) for one in opened.verify_models()]
    rows = [(one["name"], one["state"], one["sha256"]) for one in found]
    show(found, lambda: table("Models", ("name", "state", "pinned SHA-256"), rows, wide=2))
    if any(not one["usable"] for one in found):
        note("Not every model is there as pinned. Run `make setup`, or `safelight models add FOLDER`.")
        raise typer.Exit(BROKEN)


@command(app, "add")
def add_models(
    path: Path = typer.Argument(help="Folder (or file) holding model files that a card pins."),
) -> None:
    """Take model files from a folder, where a package with them is not to be had."""
    with workspace(make=True) as opened:
        added = opened.add_models(path)
    show({"added": added}, lambda: say(f"Added: {', '.join(added) or 'nothing that a card pins'}."))


def _plain(one: Any) -> dict[str, Any]:
    card = one.card
    return {
        "name": card.name,
        "usable": one.usable,
        "state": one.problem or "ok",
        "sha256": card.sha256,
        "licence": card.licence,
        "purpose": card.purpose,
        "limits": list(card.limits),
        "evaluated": card.evaluated,
    }
