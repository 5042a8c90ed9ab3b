"""`safelight models`: model cards and files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from safelight.cli.case import CASE
from safelight.cli.common import BROKEN, command, count, group, note, say, show, table, workspace
from safelight.cli.drawing import drawn

app = group("models", "List, verify and add the models behind the signals.")


@command(app, "list")
def list_models() -> None:
    """List every model with its card: purpose, licence, limits, and whether its file is there."""
    with workspace(make=True) as opened:
        found = [_plain(one) for one in opened.list_models()]
    rows = [
        (one["name"], one["state"], "yes" if one["evaluated"] else "no", one["licence"], one["purpose"])
        for one in found
    ]
    heads = ("name", "state", "evaluated here", "licence", "purpose")
    show(found, lambda: table("Models", heads, rows, wide=4))


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


@command(app, "evaluate")
def evaluate(
    path: Path = typer.Argument(
        help="PAIRS.csv, or a folder with a sub-folder of photographs for each person."
    ),
    out: Path | None = typer.Option(None, "-o", metavar="FILE", help="Write the page with plots as well."),
    false_matches: float | None = typer.Option(
        None, min=1, help="Times the overall false-match rate a group may have."
    ),
    misses: float | None = typer.Option(None, min=1, help="Times the overall miss rate a group may have."),
    case: str | None = CASE,
) -> None:
    """Measure the face model in use on your own photographs; the same as `persons evaluate`."""
    evaluate_faces(path, out, false_matches, misses, case)


@command(app, "accept")
def accept(reason: str = typer.Option(help="Why it may run all the same; kept encrypted.")) -> None:
    """Let the face model in use run in spite of a gap between groups: your decision, under your name."""
    with workspace() as opened:
        found = opened.accept_model(reason=reason)
    show(found, lambda: say(f"{_name(found['model'])}: {found['state']}."))


def evaluate_faces(
    path: Path, out: Path | None, false_matches: float | None, misses: float | None, case: str | None
) -> None:
    """What `models evaluate` and `persons evaluate` do."""
    with workspace() as opened, drawn() as progress:
        found = opened.evaluate_faces(
            path, out=out, false_matches=false_matches, misses=misses, case=case, progress=progress
        )
    show(found, lambda: say(*_evaluation(found)))


def _evaluation(found: dict[str, Any]) -> Iterator[str]:
    pairs = found["pairs"]
    yield f"{_name(found['model'])}: {pairs['same']:,} pairs of one person, {pairs['different']:,} of different people."
    if found["lacking"]:
        yield f"How often it errs is not known: {found['lacking']}."
    if found["photos"] is not None:
        yield f"{count(found['photos'], 'photograph')}, {found['failures']:,} without one usable face."
    for one in found["thresholds"]:
        if one["score"] is None:
            yield f"  false-match rate {one['rate']:g}: {one['why']}"
        else:
            misses = one["misses"]
            low, high = misses["interval"]
            yield (
                f"  false-match rate {one['rate']:g}: similarity {one['score']:.3f}, misses {misses['share']:.1%} "
                f"({low:.1%} to {high:.1%})"
            )
    for one in found["ranks"][:5]:
        low, high = one["interval"]
        yield f"  at rank {one['rank']} or better: {one['share']:.1%} ({low:.1%} to {high:.1%})"
    for one in found["gaps"]:
        yield f"  {one['text']}"
    shown = {one["text"] for one in found["gaps"]}
    for text in found["standing"]:
        if text not in shown:
            yield f"  from an earlier evaluation, not lifted by this one: {text}"
    if found["blocked"]:
        yield (
            "This blocks the model until the same groups are measured to be within the delivered limits, on as many "
            "pairs, or a named person accepts it: `safelight models accept --reason …`."
        )
    yield f"The model is now: {found['state']}."
    if "page" in found:
        yield f"The page is {found['page']['file']}."


def _name(model: str) -> str:
    """A model without its version, which `--json` has."""
    return model.partition("/")[0]


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
