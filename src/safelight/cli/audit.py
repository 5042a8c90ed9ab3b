"""`safelight audit`: the log of everything that was done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from safelight.cli.common import command, count, group, note, print_json, say, show, state, table, workspace
from safelight.errors import IntegrityError, KeyMissingError, UsageError

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


KEY = typer.Option(
    None,
    "--key",
    metavar="VKEY",
    help="The public key as it was noted when the workspace was made, or a file that holds it.",
)


@command(app, "verify")
def verify(
    checkpoint: list[Path] = typer.Option(
        [], "--checkpoint", metavar="FILE", help="A checkpoint that you kept: the log must go on from it."
    ),
    key: str | None = KEY,
) -> None:
    """Recompute the whole log; works on a copied workspace with the public key alone, and writes nothing there."""
    from sqlalchemy.exc import OperationalError

    from safelight.governance.inspection import may_log, read_checkpoint, verify_folder
    from safelight.settings import settings

    folder = state.workspace or settings().workspace
    kept, noted = [read_checkpoint(file) for file in checkpoint], _noted(key)
    found = None
    if may_log(folder, settings().key_folder):
        try:
            with workspace() as opened:
                found = opened.audit_verify(kept=kept, key=noted)
        except (KeyMissingError, IntegrityError, OperationalError, OSError) as error:
            if getattr(error, "findings", None) is not None:
                raise
            # one that is read-only or cut: nothing can be written into it, so nothing is
    if found is None:
        found = verify_folder(folder, kept=kept, key=noted)
        note("This look at the log is not in it: it is that of a copy, or the key is not at hand.")
    show(found, lambda: _verified(found))


def _verified(found: dict[str, Any]) -> None:
    say(f"The log verifies: {count(found['events'], 'event')}, root {found['root']}.")
    for size in found["kept"]:
        say(f"It goes on from the checkpoint of {count(size, 'event')} that you gave.")


def _noted(key: str | None) -> str | None:
    """A public key given as text, or as a file that holds it."""
    if key is None or ("+" in key and not Path(key).is_file()):
        return key.strip() if key else None
    try:
        return Path(key).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{key} is no public key, nor a file with one.", "It is the line in the workspace's audit.pub."
        ) from error


@command(app, "checkpoint")
def checkpoint() -> None:
    """Print the signed checkpoint of the log, to be kept by a second party."""
    with workspace() as opened:
        signed = opened.audit_checkpoint()
    show({"checkpoint": signed}, lambda: say(signed.rstrip("\n")))


@command(app, "prove")
def prove(event: int = typer.Argument(min=0, help="Number of the event.")) -> None:
    """Print an inclusion proof (RFC 6962) of one event, as JSON."""
    with workspace() as opened:
        print_json(opened.audit_prove(event))


@command(app, "check-proof")
def check_proof(
    file: Path = typer.Argument(help="What `safelight audit prove` printed."),
    key: str = typer.Option(
        ..., "--key", metavar="VKEY", help="The public key of the log, or a file that holds it (audit.pub)."
    ),
) -> None:
    """Check that an event is in the log, from its proof and the public key alone; no workspace is needed."""
    from safelight.governance.inspection import read_proof
    from safelight.governance.proofs import check_inclusion

    proof, vkey = read_proof(file), _noted(key) or ""
    event = check_inclusion(proof, vkey)
    found = {
        "ok": True,
        "event": {
            "seq": event.seq,
            "time": event.time,
            "actor": event.actor,
            "os_account": event.os_account,
            "host": event.host,
            "verb": event.verb,
            "phase": str(event.phase),
            "case": event.case,
            "subject": list(event.subject),
            "detail": dict(event.detail),
        },
        "size": proof["size"],
        "root": proof["root"],
    }
    show(
        found,
        lambda: say(
            f"Event {event.seq} is in the log of {count(proof['size'], 'event')} that this key signed:",
            f"  {event.time}  {event.actor} ({event.os_account} on {event.host})  {event.verb}  {event.phase}"
            + (f"  case {event.case}" if event.case else ""),
            f"  {_detail(dict(event.detail))}",
        ),
    )


def _detail(detail: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in detail.items() if not isinstance(value, dict))
