"""`safelight user`: people who act under a name that is not the login."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import typer

from safelight.cli.common import command, group, say, show, table, workspace
from safelight.errors import UsageError

app = group("user", "Register who may act under a name that is not the login (`--as NAME`).")


@command(app, "add")
def add_user(
    name: str = typer.Argument(help="The name that `--as` will take and events will carry."),
    passphrase_file: Path | None = typer.Option(
        None,
        metavar="FILE",
        help="File whose first line is that person's own passphrase. Default: ask for it.",
    ),
    key: Path | None = typer.Option(
        None,
        metavar="FILE",
        help="That person's own Ed25519 key instead (public or private; ssh-keygen, PEM).",
    ),
) -> None:
    """Register a person by a passphrase or key that they alone know. Let them type it themselves."""
    from safelight.governance.users import Proof
    from safelight.settings import read_secret

    passphrase = read_secret(passphrase_file)
    if passphrase is None and key is None:
        if not sys.stdin.isatty():
            raise UsageError("Nothing to prove this person by.", "Give --passphrase-file or --key.")
        passphrase = typer.prompt(
            f"New passphrase of {name}", hide_input=True, confirmation_prompt=True, err=True
        )
    with workspace(make=True) as opened:
        made = opened.add_user(name, Proof(passphrase, key))
    show(
        asdict(made),
        lambda: say(
            f"'{name}' may act here with --as, by their own {made.by} (key {made.fingerprint[:16]}…)."
        ),
    )


@command(app, "list")
def list_users() -> None:
    """List who may act under a name that is not the login, how they prove it, and who registered them."""
    with workspace() as opened:
        found = opened.list_users()
    rows = [(one.name, one.by, one.fingerprint[:16], one.added_by, one.added_at) for one in found]
    show(
        [asdict(one) for one in found],
        lambda: table("Users", ("name", "proves it by", "key", "registered by", "at"), rows),
    )


@command(app, "remove")
def remove_user(name: str = typer.Argument(help="Whom to take off.")) -> None:
    """Take a person off, for instance after a lost passphrase. What they did stays in the log."""
    with workspace() as opened:
        opened.remove_user(name)
    show({"removed": name}, lambda: say(f"'{name}' can no longer act here under that name."))
