"""The `safelight` command: its groups, and how errors become sentences and exit codes."""

from __future__ import annotations

import sys
from typing import Any

import typer

from safelight.cli import (
    audit,
    case,
    common,
    demo,
    doctor,
    export,
    hashset,
    leads,
    models,
    persons,
    reports,
    retention,
    scan,
    screen,
    user,
)
from safelight.errors import IntegrityError, RefusedError, SafelightError

app = typer.Typer(
    name="safelight",
    help="Find what matters on seized devices, so that people need to look at as little as possible. "
    "It orders and explains; a person decides.",
    no_args_is_help=True,
    context_settings=common.CONTEXT,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(value: bool) -> None:
    if value:
        from safelight import __version__

        print(f"safelight {__version__}")
        raise typer.Exit


@app.callback()
@common.with_globals
def _application(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Find what matters on seized devices. It orders and explains; a person decides."""


for module in (case, hashset, reports, persons, retention, audit, models, user):
    app.add_typer(module.app)
for module in (demo, doctor, scan, leads, screen, export):
    module.register(app)


def main() -> None:
    """Run the command line and leave with the contract's exit codes."""
    try:
        code = app(prog_name="safelight", standalone_mode=False)
    except SafelightError as error:
        code = _report(error)
    except (KeyboardInterrupt, typer.Abort):  # Abort: broken off at a prompt
        code = common.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    except Exception as error:  # noqa: BLE001  # why: the last resort of the command line; known errors have a sentence
        code = _other(error)
    if code == common.INTERRUPTED:  # Typer makes a code of it where it comes in a command
        _interrupted()
    sys.exit(code if isinstance(code, int) else 0)


def _interrupted() -> None:
    hint = "Give the same command again and it goes on from there."
    if common.state.json:
        common.print_json({"error": {"code": common.INTERRUPTED, "message": "Interrupted.", "hint": hint}})
    common.note(f"Interrupted. {hint}")


def _report(error: SafelightError) -> int:
    if common.state.json:
        said: dict[str, Any] = {"error": {"code": error.exit_code, "message": str(error), "hint": error.hint}}
        if isinstance(error, RefusedError):
            said["error"]["ground"] = error.ground
        if isinstance(error, IntegrityError) and error.findings is not None:
            said = {**error.findings, **said}
        common.print_json(said)
    kind = "Refused" if isinstance(error, RefusedError) else "Error"
    common.note(f"{kind}: {error}", *([error.hint] if error.hint else []), *getattr(error, "__notes__", ()))
    return error.exit_code


def _other(error: Exception) -> int:
    """Wrong usage as the parser found it, a full disk or locked store in words, a traceback for the rest."""
    show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
    common.state.json = common.state.json or "--json" in sys.argv[1:]  # the parser may have failed before it
    if callable(show) and isinstance(code, int):
        if common.state.json:
            said = getattr(error, "format_message", error.__str__)()
            common.print_json({"error": {"code": code, "message": said, "hint": "See --help."}})
        show()
        return code
    if isinstance(code, int):
        return code
    import sqlite3

    cause = getattr(error, "orig", error)
    if isinstance(cause, sqlite3.Error | OSError):
        return _report(
            SafelightError(f"The workspace cannot be used: {cause}.", "Is the disk full, or not writable?")
        )
    if common.state.json:
        common.print_json({"error": {"code": 1, "message": f"{type(error).__name__}: {error}", "hint": ""}})
    raise error
