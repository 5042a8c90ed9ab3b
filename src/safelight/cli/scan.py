"""`safelight scan`: the main job."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer

from safelight.cli.case import CASE
from safelight.cli.common import BROKEN, UNREAD, command, count, note, say, show, workspace
from safelight.cli.drawing import drawn
from safelight.errors import UsageError
from safelight.evidence.unlock import read_keys
from safelight.model import LOCKED

_LISTED = 20


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "scan")(scan)


def scan(
    paths: list[Path] = typer.Argument(help="Folders, archives or disk images."),
    case: str | None = CASE,
    only: list[str] = typer.Option(
        [], metavar="RULE", help="Examine only this: a path pattern, modified:FROM..TO, or kind:image."
    ),
    exclude: list[str] = typer.Option([], metavar="RULE", help="Leave this out, and never open it."),
    workers: int = typer.Option(0, min=0, help="Decoding processes; 0: one a core."),
    engine: str = typer.Option("local", help="Where batches run: local."),
    resume: bool = typer.Option(
        False, "--resume", help="Go on with a scan that was cut off (it always does)."
    ),
    verify_after: bool = typer.Option(
        False, "--verify-after", help="Read the evidence again at the end, within --budget, and compare."
    ),
    budget: str | None = typer.Option(
        None,
        metavar="TIME",
        help="Stop reading after this long (90s, 10m, 2h), --verify-after included, and say what was not read.",
    ),
    in_order: bool = typer.Option(
        False, "--in-order", help="Read in the order of folders, not what promises most first."
    ),
    password_file: Path | None = typer.Option(
        None, metavar="FILE", help="Passwords to try on what is encrypted, one a line (needs unlock)."
    ),
    recovery_key: list[str] = typer.Option(
        [], metavar="KEY", help="Recovery keys to try on what is encrypted (needs unlock)."
    ),
    key_file: list[Path] = typer.Option(
        [], metavar="FILE", help="Key files to try on what is encrypted, whole (needs unlock)."
    ),
    luks_header: list[Path] = typer.Option(
        [], metavar="FILE", help="Headers of LUKS that lie apart from their data (needs unlock)."
    ),
    veracrypt_pim: list[int] = typer.Option(
        [], metavar="N", help="VeraCrypt's number (PIM) to try with each password (needs unlock)."
    ),
) -> None:
    """Read exhibits, recognise what is known, and put first what may be a child in danger now."""
    if engine != "local":
        raise UsageError(f"There is no engine '{engine}'.", "Use --engine local.")
    with workspace(make=True) as opened, drawn() as progress:
        found = opened.scan(
            paths,
            case=case,
            only=only,
            exclude=exclude,
            workers=workers or None,
            verify_after=verify_after,
            keys=read_keys(password_file, recovery_key, key_file, luks_header, veracrypt_pim),
            budget=seconds(budget),
            in_order=in_order,
            progress=progress,
        )
    show(found, lambda: _print(found))
    if found["not_examined"] and not found["files"]:
        note(
            f"This order left out everything: {count(found['not_examined'], 'entry', 'entries')}. Is the rule spelled "
            "right?"
        )
    elif not (found["files"] or found["unreadable"] or "stopped" in found):
        note("There was no file to read. Is it the right medium or folder, and mounted?")
    if any(exhibit["verified"] is False for exhibit in found["exhibits"]):
        note(
            "The digest stored in an exhibit's container is not that of its content; see what could not be read."
        )
        raise typer.Exit(BROKEN)
    if found.get("changed"):
        note(f"The evidence changed while it was read: {'; '.join(found['changed'][:5])}")
        raise typer.Exit(BROKEN)
    if "stopped" in found:
        note(
            f"Stopped: {found['stopped']}. {count(found['not_read'], 'file was', 'files were')} listed and not read, "
            f"{count(found['not_looked_at'], 'medium was', 'media were')} digested and not looked at. Scan again to "
            "go on."
        )
        for path in found["not_listed"]:
            note(
                f"  {path} was not listed to its end: more may lie there, free space included, than is counted here."
            )
    unverified = any(_is_cut_short(exhibit["read_again"]) for exhibit in found["exhibits"])
    if unverified:
        note(
            "Not all of the evidence was read again before the time was over. Scan with --verify-after to do so."
        )
    if found["unreadable"] or "stopped" in found or unverified:
        raise typer.Exit(UNREAD)


def seconds(time: str | None) -> float | None:
    """What `90`, `90s`, `10m`, `1.5h` are in seconds. Raises UsageError."""
    if time is None:
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)?\s*", time)
    if match is None or not float(match[1]):
        raise UsageError(f"“{time}” is no time.", "Give it like 90s, 10m or 2h.")
    return float(match[1]) * {"s": 1, "m": 60, "min": 60, "h": 3_600}[match[2] or "s"]


def _is_cut_short(again: dict[str, int | None] | None) -> bool:
    """Was the evidence to be read again, and was it not, or not to its end?"""
    return again is not None and again["files"] != again["of"]


def _read_again(again: dict[str, int | None]) -> str:
    if not again["files"] or again["of"] is None:
        return "Not read again: the time of this scan was over"
    of = f"{again['files']:,} of {count(again['of'], 'file')}"
    return f"Read again: {of}, each with the same digest, until the time of this scan was over"


def _print(found: dict[str, Any]) -> None:
    for exhibit in found["exhibits"]:
        verified = {True: ", stored digest verified", False: ", STORED DIGEST DOES NOT VERIFY", None: ""}
        say(f"{exhibit['id']}  {exhibit['kind']}  {exhibit['path']}{verified[exhibit['verified']]}")
        why = "the time of this scan was over" if "stopped" in found else "it could not be read to its end"
        say(f"  SHA-256 {exhibit['sha256'] or f'not computed: {why}'}")
        if exhibit["verified_after"] and exhibit["sha256"]:
            what = "every file has the same digest" if exhibit["kind"] == "folder" else "the same digest"
            say(f"  Read again: {what}.")
        elif _is_cut_short(exhibit["read_again"]) and exhibit["verified_after"] is None:
            say(f"  {_read_again(exhibit['read_again'])}.")
        if exhibit["before"]:
            note(
                f"Another medium lay at {exhibit['path']} when {exhibit['before']} was read there. This is an exhibit "
                "of its own; what was found on the other one stays with it."
            )
    suspected = f"{found['suspected']:,}"
    if "explicit" in found["not_computed"]:
        suspected = f"not computed ({found['not_computed']['explicit']})"
    say(
        f"Read {count(found['files'], 'file')} in {found['seconds']:.1f} s: {found['deleted']:,} deleted, "
        f"{found['carved']:,} carved, {found['embedded']:,} in archives; {found['media']:,} media, "
        f"{count(found['items'], 'distinct item')}.",
        f"Known illegal {found['known_illegal']:,}, near known {found['near_known']:,}, "
        f"known good {found['known_good']:,}, suspected {suspected}.",
        f"{count(found['leads'], 'lead')}. See `safelight leads`; a person decides.",
    )
    if found["not_examined"]:
        left_out = count(found["not_examined"], "entry was", "entries were")
        say(f"{left_out} not examined, by the order's scope.")
    if found["unreadable"]:
        note(f"{found['unreadable']:,} could not be read, wholly or in part:")
        for one in found["unread"][:_LISTED]:
            note(f"  {' › '.join(one['trail'])}: {one['reason']}")
        if found["unreadable"] > _LISTED:
            note(f"  … and {found['unreadable'] - _LISTED:,} more; `safelight export files` lists all.")
        if locked := sum(LOCKED in one["reason"] for one in found["unread"]):
            note(
                f"{count(locked, 'thing is', 'things are')} locked. Where the order allows `unlock` and somebody has "
                "the key, scan again with --password-file, --recovery-key or --key-file."
            )
