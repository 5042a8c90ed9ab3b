"""`safelight init` and `safelight doctor`: make a workspace; what is installed, what is missing, how to get it."""

from __future__ import annotations

from typing import Any

import typer

from safelight.cli.common import command, count, say, show, state, table, workspace


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    command(app, "init")(init)
    command(app, "doctor")(doctor)


def init(
    evaluation: bool = typer.Option(
        False, "--evaluation", help="For trying the software out: names on trust, exports marked EVALUATION."
    ),
) -> None:
    """Make the workspace, and say where its keys lie. The first case, list or scan makes it too."""
    from safelight.governance.inspection import PUBLIC_KEY
    from safelight.store.keys import key_path

    with workspace(make=True, evaluation=evaluation) as opened:
        made = {
            "workspace": str(opened.folder),
            "id": opened.id,
            "evaluation": opened.evaluation,
            "key_file": str(key_path(opened.config.key_folder, opened.id)),
            "public_key": opened.log.vkey,
            "public_key_file": str(opened.folder / PUBLIC_KEY),
        }
    kind = "Evaluation workspace" if made["evaluation"] else "Workspace"
    show(
        made,
        lambda: say(
            f"{kind} {made['id']} in {made['workspace']}.",
            f"  secret key  {made['key_file']}",
            "              Keep a copy of it apart from the workspace: without it, what is encrypted stays so.",
            f"  public key  {made['public_key']}",
            f"              Also in {made['public_key_file']}. Note it elsewhere: with it anybody can verify the log.",
        ),
    )


def doctor() -> None:
    """Say what is installed, what is missing, and how to get it."""
    from safelight.governance.inspection import is_workspace
    from safelight.settings import settings

    folder = state.workspace or settings().workspace
    if is_workspace(folder):
        with workspace() as opened:
            found = opened.doctor()
    else:  # it answers before there is one too, and makes none
        from safelight.pipeline.doctor import check

        found = check(next(one for one in folder.absolute().parents if one.is_dir()))
    rows = [(_state(one), one["what"], one["hint"] if one["hint"] else one["detail"]) for one in found]
    show(found, lambda: table("Doctor", ("state", "what", "detail"), rows, wide=2))
    if state.json:
        return
    missing = sum(not one["ok"] for one in found)
    warnings = sum(bool(one.get("warning")) for one in found)
    more = f" {count(warnings, 'warning')}: see above." if warnings else ""
    say(("Everything is there." if not missing else f"{missing} missing.") + more)


def _state(one: dict[str, Any]) -> str:
    """How a line begins."""
    if not one["ok"]:
        return "MISSING"
    return "WARNING" if one.get("warning") else "ok"
