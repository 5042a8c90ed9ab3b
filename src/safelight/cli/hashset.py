"""`safelight hashset`: lists of known media."""

from __future__ import annotations

from pathlib import Path

import typer

from safelight.cli.common import UNREAD, command, count, group, note, say, show, table, workspace
from safelight.cli.drawing import drawn
from safelight.errors import UsageError
from safelight.model import HashSetKind

app = group("hashset", "Import, list, export and remove lists of known media.")


@command(app, "import")
def import_list(
    file: Path = typer.Argument(help="The list: VICS, CSV, NSRL, NCMEC XML, ICSE, PDQ or plain digests."),
    name: str = typer.Option(help="Name of the set; importing again under it replaces it."),
    kind: HashSetKind = typer.Option(help="What being on the list means."),
    format: str = typer.Option("auto", help="auto, vics, csv, nsrl, ncmec, icse, pdq or hex."),
    column: list[str] = typer.Option(
        [],
        metavar="ROLE=NAME",
        help="Column of a CSV that its header does not tell: digest=Fingerprint, id=ImageID, category=Cat.",
    ),
    scheme: str | None = typer.Option(
        None, help="Category scheme of the list: us, us-older, uk, interpol, or a TOML file."
    ),
) -> None:
    """Import a list. A broken file leaves the old set of that name as it was."""
    columns = {}
    for pair in column:
        role, separator, named = pair.partition("=")
        if not separator:
            raise UsageError(f"'{pair}' is not ROLE=NAME.", "For example --column digest=MD5.")
        if role.strip() in columns:
            raise UsageError(
                f"'{role.strip()}' is named twice.",
                "A column that its header calls MD5, SHA1 or PDQ needs no name.",
            )
        columns[role.strip()] = named.strip()
    if columns and format == "auto":
        format = "csv"  # only a CSV has columns, and one whose header names no digest is not known by itself
    with workspace(make=True) as opened, drawn() as progress:
        made = opened.import_hashset(
            file, name=name, kind=kind, format=format, columns=columns, scheme=scheme, progress=progress
        )
    result = {
        "name": name,
        "kind": str(kind),
        "format": made.format,
        "records": made.records,
        "added": made.added,
        "rejected": [{"line": one.line, "reason": one.reason} for one in made.rejected],
        "rejected_count": made.rejected_count,
        "cited_by": made.cited_by,
        "unknown_categories": made.unknown_categories,
        "seconds": round(made.seconds, 3),
    }
    show(
        result,
        lambda: say(
            f"'{name}' ({kind}, {made.format}): {made.added:,} of {count(made.records, 'record')} added."
        ),
    )
    _tell_cited(made.cited_by)
    if made.unknown_categories:
        records = count(sum(made.unknown_categories.values()), "record has", "records have")
        some = ", ".join(f"{name}: {number:,}" for name, number in list(made.unknown_categories.items())[:10])
        note(
            f"{records} a category that the scheme '{scheme}' does not know ({some}). They are kept, and match; "
            "what the category means is not known. Is it the right --scheme?"
        )
    if made.rejected_count:
        for one in made.rejected[:20]:
            note(f"  line {one.line}: {one.reason}")
        if made.rejected_count > 20:
            note(f"  … and {made.rejected_count - 20:,} more.")
        note(f"{count(made.rejected_count, 'record was', 'records were')} rejected.")
        raise typer.Exit(UNREAD)


@command(app, "list")
def list_sets() -> None:
    """List the hash sets of the workspace."""
    with workspace() as opened:
        found = [
            {
                "name": one.name,
                "kind": str(one.kind),
                "format": one.format,
                "scheme": one.scheme,
                "records": one.records,
                "source_sha256": one.source_sha256,
                "imported_at": one.imported_at.isoformat() if one.imported_at else None,
            }
            for one in opened.list_hashsets()
        ]
    rows = [
        (
            one["name"],
            one["kind"],
            one["format"],
            f"{one['records']:,}",
            f"{one['imported_at'][:19]}Z" if one["imported_at"] else "",
        )
        for one in found
    ]
    show(found, lambda: table("Hash sets", ("name", "kind", "format", "records", "imported"), rows, wide=0))


@command(app, "export")
def export_list(
    name: str = typer.Argument(help="Name of the set."),
    output: Path = typer.Option(..., "-o", "--output", metavar="FILE", help="File to write."),
    format: str = typer.Option("csv", help="csv or vics."),
) -> None:
    """Write a hash set as a file."""
    with workspace() as opened:
        written = opened.export_hashset(name, output, format=format)
    show(
        {"name": name, "file": output, "records": written},
        lambda: say(f"Wrote {count(written, 'record')} to {output}."),
    )


@command(app, "remove")
def remove_list(name: str = typer.Argument(help="Name of the set.")) -> None:
    """Remove a hash set from the workspace."""
    with workspace() as opened:
        cited_by = opened.remove_hashset(name)
    show({"name": name, "removed": True, "cited_by": cited_by}, lambda: say(f"Removed '{name}'."))
    _tell_cited(cited_by)


def _tell_cited(cases: int) -> None:
    if cases:
        note(
            f"{cases} {'case has' if cases == 1 else 'cases have'} findings with the set as it was. They stay as they "
            "are until the case is scanned again, which is quick: nothing that was read is read anew."
        )
