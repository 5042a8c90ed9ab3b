"""`safelight init` and `safelight doctor`: make a workspace; what is installed, what is missing, how to get it."""

from __future__ import annotations

import typer

from safelight.cli.common import command, say, show, state, table, workspace


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    command(app, "init")(init)
    command(app, "doctor")(doctor)


def init(
    evaluation: bool = typer.Option(
        False, "--evaluation", help="For trying the software out: names on trust, exports marked EVALUATION."
    ),
) -> None:
    """Make the workspace. Any command that needs one makes it too."""
    with workspace(evaluation=evaluation) as opened:
        made = {"workspace": str(opened.folder), "id": opened.id, "evaluation": opened.evaluation}
    kind = "Evaluation workspace" if made["evaluation"] else "Workspace"
    show(made, lambda: say(f"{kind} {made['id']} in {made['workspace']}."))


def doctor() -> None:
    """Say what is installed, what is missing, and how to get it."""
    with workspace() as opened:
        found = opened.doctor()
    rows = [
        ("ok" if one["ok"] else "MISSING", one["what"], one["detail"] if one["ok"] else one["hint"])
        for one in found
    ]
    show(found, lambda: table("Doctor", ("state", "what", "detail"), rows, wide=2))
    if state.json:
        return
    missing = sum(not one["ok"] for one in found)
    say("Everything is there." if not missing else f"{missing} missing.")
