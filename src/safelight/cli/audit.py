"""`safelight audit`: the log of everything that was done."""

from __future__ import annotations

from typing import Any

import typer

from safelight.cli.common import command, group, print_json, say, show, state, table, workspace
from safelight.errors import IntegrityError, KeyMissingError

app = group("audit", "Show, verify and prove the audit log.")


@command(app, "show")
def show_log(
    case: str | None = typer.Option(
        None, "--case", metavar="ID", help="Only events of the case with this id."
    ),
    top: int = typer.Option(50, min=1, help="The last so many."),
) -> None:
    """Show the newest events: who, when, what, in which case."""
    with workspace() as opened:
        found = opened.audit_show(case_id=case, top=top)
    rows = [
        (
            one["seq"],
            one["time"][:19] + "Z",
            one["actor"],
            one["verb"],
            one["phase"],
            one["case"],
            _detail(one["detail"]),
        )
        for one in found
    ]
    show(
        found,
        lambda: table("Audit log", ("event", "time", "who", "verb", "phase", "case", "detail"), rows, wide=6),
    )


@command(app, "verify")
def verify() -> None:
    """Recompute the whole log; works on a copied workspace with the public key alone."""
    from sqlalchemy.exc import OperationalError

    from safelight.governance.inspection import verify_folder
    from safelight.settings import settings

    try:
        with workspace() as opened:
            found = opened.audit_verify()
    except (KeyMissingError, IntegrityError, OperationalError, PermissionError) as error:
        if getattr(error, "findings", None) is not None:
            raise
        # a copy without its key, or one that is read-only or cut: nothing can be written into it, so nothing is
        found = verify_folder(state.workspace or settings().workspace)
    show(found, lambda: say(f"The log verifies: {found['events']:,} events, root {found['root']}."))


@command(app, "checkpoint")
def checkpoint() -> None:
    """Print the signed checkpoint of the log, to be kept by a second party."""
    with workspace() as opened:
        note = opened.audit_checkpoint()
    show({"checkpoint": note}, lambda: say(note.rstrip("\n")))


@command(app, "prove")
def prove(event: int = typer.Argument(min=0, help="Number of the event.")) -> None:
    """Print an inclusion proof (RFC 6962) of one event, as JSON."""
    with workspace() as opened:
        print_json(opened.audit_prove(event))


def _detail(detail: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in detail.items() if not isinstance(value, dict))
