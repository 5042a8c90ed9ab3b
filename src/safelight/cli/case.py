"""`safelight case`, and `safelight init`: cases and their authority."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import typer

from safelight.cli.common import command, count, group, say, show, table, workspace
from safelight.errors import UsageError
from safelight.model import Authority, Basis, Capability, Ground

app = group("case", "Open, list, show and close cases; everything belongs to one.")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is not a date.", "Write it as YYYY-MM-DD.") from error


def capabilities(text: str) -> frozenset[Capability]:
    """`hash-match,classify` as capabilities. Raises UsageError naming all there are."""
    try:
        return frozenset(Capability(name.strip()) for name in text.split(",") if name.strip())
    except ValueError as error:
        raise UsageError(f"{error}.", f"Capabilities are: {', '.join(Capability)}.") from error


@command(app, "open")
def open_case(
    name: str = typer.Argument(help="Name of the case, unique in the workspace."),
    basis: Basis = typer.Option(help="Kind of legal ground."),
    reference: str = typer.Option(help="Reference of the order."),
    issued_by: str = typer.Option(help="Who issued it."),
    valid_until: str = typer.Option(metavar="DATE", help="Last day it is valid (YYYY-MM-DD, in UTC)."),
    allow: str = typer.Option(metavar="CAP[,CAP…]", help=f"What it allows: {', '.join(Capability)}."),
    valid_from: str = typer.Option("", metavar="DATE", help="First day it is valid. Default: today."),
    approved_by: str = typer.Option("", help="Who approved face search; someone other than the acting user."),
    ground: Ground | None = typer.Option(None, help="Why faces may be searched."),
    offence: str = typer.Option("", help="The offence, with the ground 'suspect'."),
    scheme: str = typer.Option("us", help="Category scheme: us, us-older, uk, interpol, or a TOML file."),
) -> None:
    """Open a case on an authority. Nothing runs without one."""
    authority = Authority(
        basis=basis,
        reference=reference,
        issued_by=issued_by,
        valid_from=_date(valid_from) if valid_from else datetime.now(UTC).date(),
        valid_until=_date(valid_until),
        allows=capabilities(allow),
        approved_by=approved_by or None,
        ground=ground,
        offence=offence or None,
    )
    with workspace(make=True) as opened:
        case = opened.open_case(name, authority, scheme=scheme)
    from safelight.export.deliver import case_json

    show(
        case_json(case),
        lambda: say(f"Opened case '{case.name}' ({case.id}), valid until {authority.valid_until}."),
    )


@command(app, "list")
def list_cases() -> None:
    """List all cases of the workspace."""
    from safelight.export.deliver import case_json

    with workspace() as opened:
        found = [case_json(case) for case in opened.list_cases()]
    rows = [
        (
            one["id"],
            one["name"],
            one["authority"]["valid_until"],
            "closed" if one["closed_at"] else "open",
            one["opened_by"],
        )
        for one in found
    ]
    show(found, lambda: table("Cases", ("id", "name", "valid until", "state", "opened by"), rows, wide=1))


CASE = typer.Option(
    None, "--case", metavar="NAME", help="Name or id of the case; not needed when one is open."
)


NAMED = typer.Argument(None, metavar="NAME", help="Name or id of the case; not needed when one is open.")


@command(app, "show")
def show_case(name: str | None = NAMED, case: str | None = CASE) -> None:
    """Show a case, its authority and the counts of everything found in it; a closed one by its name."""
    with workspace() as opened:
        found = opened.show_case(case=_one_of(name, case))
    show(found, lambda: _print_case(found))


@command(app, "close")
def close_case(name: str | None = NAMED, case: str | None = CASE) -> None:
    """Close a case for good: nothing runs in it any more, exports neither; findings and log stay."""
    with workspace() as opened:
        closed = opened.close_case(case=_one_of(name, case))
    show({"id": closed.id, "name": closed.name, "closed": True}, lambda: say(f"Closed case '{closed.name}'."))


def _one_of(name: str | None, case: str | None) -> str | None:
    """The case that was named, as the argument or as the option. Raises UsageError where both name one, and differ."""
    if name is not None and case is not None and name != case:
        raise UsageError(f"Two cases are named: '{name}' and '{case}'.", "Name one.")
    return name if case is None else case


def _print_case(found: dict[str, Any]) -> None:
    authority = found["authority"]
    say(
        f"{found['name']} ({found['id']}), {_standing(found)}",
        f"  authority   {authority['basis']} {authority['reference']}, issued by {authority['issued_by']}",
        f"  valid       {authority['valid_from']} to {authority['valid_until']}",
        f"  allows      {', '.join(authority['allows'])}",
    )
    if authority["ground"]:
        say(f"  faces       {authority['ground']}, approved by {authority['approved_by']}")
    for exhibit in found["exhibits"]:
        say(f"  exhibit     {exhibit['id']} {exhibit['kind']} {exhibit['path']} ({exhibit['state']})")
    counted = ", ".join(
        _counted(number, name.replace("_", " ")) for name, number in found["counts"].items() if number
    )
    of = found["reports"]
    if counted or not (of["reports"] or of["unreadable"]):
        say(f"  found       {counted or 'nothing yet'}", f"  decided     {count(found['decided'], 'lead')}")
    if of["reports"] or of["unreadable"]:
        unread = f"; {count(of['unreadable'], 'thing')} could not be read" if of["unreadable"] else ""
        say(f"  reports     {count(of['reports'], 'report')}, {of['decided']:,} decided{unread}")


def _standing(found: dict[str, Any]) -> str:
    """Is it open, or closed and since when?"""
    return f"closed {found['closed_at'][:19]}Z" if found["closed_at"] else "open"


def _counted(number: int, what: str) -> str:
    return count(number, what.removesuffix("s")) if what.endswith("s") else f"{number:,} {what}"
