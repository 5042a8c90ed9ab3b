"""What every command shares: the global options (before or after the subcommand), printing, exit codes."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import typer

if TYPE_CHECKING:
    from safelight.governance.users import Proof
    from safelight.workspace import Workspace

BROKEN = 4
"""Exit code: the log, evidence, a model or a blob does not verify."""
UNREAD = 5
"""Exit code: done, but some inputs could not be read."""
INTERRUPTED = 130
"""Exit code: broken off by the user (128 + SIGINT, as shells have it)."""

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(slots=True)
class State:
    """The global options of this run."""

    workspace: Path | None = None
    actor: str | None = None
    json: bool = False


state = State()
"""Filled by the option callbacks; one process runs one command."""


def _keep_workspace(value: Path | None) -> None:
    state.workspace = value or state.workspace


def _keep_actor(value: str | None) -> None:
    state.actor = value or state.actor


def _keep_json(value: bool) -> None:
    state.json = value or state.json


WORKSPACE = typer.Option(
    None,
    "--workspace",
    metavar="DIR",
    callback=_keep_workspace,
    is_eager=True,
    help="The workspace folder. Default: SAFELIGHT_WORKSPACE, else the XDG data folder.",
)
AS = typer.Option(
    None,
    "--as",
    metavar="NAME",
    callback=_keep_actor,
    is_eager=True,
    help="The acting user. Default: SAFELIGHT_USER, else the login name.",
)
JSON = typer.Option(
    False, "--json", callback=_keep_json, is_eager=True, help="Print one JSON document on standard output."
)
_GLOBAL = {"workspace_": (Path | None, WORKSPACE), "as_": (str | None, AS), "json_": (bool, JSON)}


def with_globals(function: Function) -> Function:
    """The same function, taking the global options too; their callbacks keep them in `state`."""
    own = inspect.signature(function, eval_str=True)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind)
        for name, (kind, option) in _GLOBAL.items()
    ]

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{name: value for name, value in kwargs.items() if name not in _GLOBAL})

    called.__signature__ = own.replace(parameters=[*own.parameters.values(), *more])  # type: ignore[attr-defined]
    called.__annotations__ = {name: one.annotation for name, one in called.__signature__.parameters.items()}  # type: ignore[attr-defined]
    return cast(Function, called)


def group(name: str, text: str) -> typer.Typer:
    """A command group such as `case`, printing its help when called bare; it takes the global options too."""
    made = typer.Typer(name=name, help=text, short_help=text, no_args_is_help=True, context_settings=CONTEXT)

    def options() -> None:
        """The callbacks of the options keep them."""

    made.callback(help=text)(with_globals(options))
    return made


CONTEXT = {"help_option_names": ["-h", "--help"]}


def command(app: typer.Typer, name: str) -> Callable[[Function], Function]:
    """Register a function as a command that takes the global options."""

    def register(function: Function) -> Function:
        said = inspect.getdoc(function) or ""  # whole: Click would cut what it lists a command with
        app.command(name, short_help=said.split("\n\n")[0], context_settings=CONTEXT)(with_globals(function))
        return function

    return register


@contextmanager
def workspace(*, make: bool = False, evaluation: bool = False) -> Iterator[Workspace]:
    """The workspace that the global options name, opened for the acting user; made only where `make` says so.

    Commands that can only read what is there never make one: a mistyped path would look like an empty workspace.
    """
    from safelight.workspace import open_workspace

    with open_workspace(
        state.workspace, actor=state.actor, proof=proof_of_user, evaluation=evaluation, make=make
    ) as opened:
        yield opened


def proof_of_user() -> Proof:
    """What the acting user gives to prove who they are: the settings' files, else what they type."""
    from safelight.governance.users import Proof
    from safelight.settings import settings

    given = Proof(settings().user_passphrase(), settings().user_key)
    if given == Proof() and sys.stdin.isatty():
        given = Proof(
            typer.prompt(f"Passphrase of {state.actor or settings().user}", hide_input=True, err=True)
        )
    return given


def show(value: Any, text: Callable[[], None]) -> None:
    """Print `value` as one JSON document under `--json`, else what `text` prints for people."""
    if state.json:
        print_json(value)
    else:
        text()


def print_json(value: Any) -> None:
    """One JSON document, strict UTF-8, on standard output."""
    import orjson

    sys.stdout.buffer.write(orjson.dumps(_plain(value), option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()


def table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, wide: int | None = None
) -> None:
    """Print a table for people; `wide` is the column that takes the rest of the line and wraps."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    made = Table(title=title, title_justify="left", header_style="bold", show_edge=False, pad_edge=False)
    for number, column in enumerate(columns):
        made.add_column(column, overflow="fold", ratio=1 if number == wide else None)
    for row in rows:
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console.print(made)


def say(*lines: str) -> None:
    """Print lines for people on standard output."""
    for line in lines:
        print(line)


def note(*lines: str) -> None:
    """Print messages on standard error, where they disturb no script."""
    for line in lines:
        print(line, file=sys.stderr)


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 lead`, `21 leads`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def priority(value: float) -> str:
    """A report's priority to two digits; never 0 or 1, which would be a certainty. Pages say it in words."""
    return "<0.01" if value < 0.005 else ">0.99" if value >= 0.995 else f"{value:.2f}"


def colour() -> bool:
    """Whether standard error is a terminal that people look at."""
    return sys.stderr.isatty() and "NO_COLOR" not in os.environ


def _plain(value: Any) -> Any:
    """JSON-able, with text that strict UTF-8 can hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, Path):
        return _plain(str(value))
    return value
