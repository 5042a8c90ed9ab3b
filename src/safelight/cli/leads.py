"""`safelight leads` and `safelight decide`: the queue, and what people conclude."""

from __future__ import annotations

from typing import Any

import typer

from safelight.cli.case import CASE
from safelight.cli.common import command, say, show, table, workspace
from safelight.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    command(app, "leads")(leads)
    command(app, "decide")(decide)


def leads(
    top: int = typer.Option(20, min=1, help="So many, best first."),
    kind: str | None = typer.Option(None, help="Only this kind: media."),
    case: str | None = CASE,
) -> None:
    """Show what a person should look at, best first, with reasons."""
    if kind not in (None, "media"):
        raise UsageError(f"There are no leads of kind '{kind}'.", "Use --kind media.")
    with workspace() as opened:
        found = opened.leads(top=top, kind=kind, case=case)
    show(found, lambda: _print(found))


def decide(
    lead: str = typer.Argument(help="Id of the lead."),
    label: str = typer.Option(help="A category of the case's scheme, not-pertinent or unsure."),
    stack: bool = typer.Option(False, "--stack", help="Decide all leads of its stack."),
    note: str | None = typer.Option(None, help="Why; kept encrypted."),
    case: str | None = CASE,
) -> None:
    """Record your decision about a lead. A later one corrects it; none is erased."""
    with workspace() as opened:
        made = opened.decide(lead, label, stack=stack, note=note, case=case)
    result = {
        "label": label,
        "by": made[0].by,
        "at": made[0].at.isoformat(),
        "decisions": [{"id": one.id, "lead": one.lead} for one in made],
    }
    show(result, lambda: say(f"Decided '{label}' for {', '.join(one.lead for one in made)}."))


def _print(found: list[dict[str, Any]]) -> None:
    if not found:
        say("No leads.")
        return
    rows = []
    for lead in found:
        more = f"  (+{len(lead['paths']) - 1} more)" if len(lead["paths"]) > 1 else ""
        where = " › ".join(lead["paths"][0]["trail"]) + more if lead["paths"] else ""
        why = "\n".join(f"{reason['weight']:.2f} {reason['text']}" for reason in lead["reasons"])
        rows.append(
            (
                f"{lead['priority']:.2f}\n{lead['band']}",
                f"{lead['id']}\n{lead['decided'] or ''}",
                f"{where}\n{why}\n",
            )
        )
    table(
        "Leads, best first: an order of work, not findings of fact",
        ("priority", "lead", "where and why"),
        rows,
        wide=2,
    )
