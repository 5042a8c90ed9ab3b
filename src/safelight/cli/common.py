"""What every command shares: the global options (before or after the subcommand), printing, exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperOption

if TYPE_CHECKING:
    from safelight.workspace import Workspace

UNREAD = 5
"""Exit code: done, but some inputs could not be read."""

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(slots=True)
class State:
    """The global options of this run."""

    workspace: Path | None = None
    actor: str | None = None
    json: bool = False


state = State()
"""Filled by the option callbacks; one process runs one command."""


def _keep(name: str) -> Callable[[Any, Any, Any], Any]:
    def callback(_context: Any, _option: Any, value: Any) -> Any:
        if value not in (None, False):
            setattr(state, name, Path(value) if name == "workspace" else value)
        return value

    return callback


def global_options() -> list[TyperOption]:
    """Fresh options `--workspace`, `--as` and `--json`, for the application and for every command."""
    return [
        TyperOption(
            param_decls=["--workspace"],
            metavar="DIR",
            help="The workspace folder. Default: SAFELIGHT_WORKSPACE, else the XDG data folder.",
            expose_value=False,
            callback=_keep("workspace"),
            is_eager=True,
            type=str,
            rich_help_panel="Everywhere",
        ),
        TyperOption(
            param_decls=["--as"],
            metavar="NAME",
            help="The acting user. Default: SAFELIGHT_USER, else the login name.",
            expose_value=False,
            callback=_keep("actor"),
            is_eager=True,
            type=str,
            rich_help_panel="Everywhere",
        ),
        TyperOption(
            param_decls=["--json"],
            is_flag=True,
            help="Print one JSON document on standard output.",
            expose_value=False,
            callback=_keep("json"),
            is_eager=True,
            rich_help_panel="Everywhere",
        ),
    ]


class Command(TyperCommand):
    """A command that also takes the global options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["params"] = [*(kwargs.get("params") or []), *global_options()]
        super().__init__(*args, **kwargs)


def group(name: str, text: str) -> typer.Typer:
    """A command group such as `case`, printing its help when called bare."""
    return typer.Typer(name=name, help=text, no_args_is_help=True, context_settings=CONTEXT)


CONTEXT = {"help_option_names": ["-h", "--help"]}


def command(app: typer.Typer, name: str) -> Callable[[Function], Function]:
    """Register a function as a command that takes the global options."""
    return app.command(name, cls=Command, context_settings=CONTEXT)


@contextmanager
def workspace(*, evaluation: bool = False) -> Iterator[Workspace]:
    """The workspace that the global options name, opened for the acting user."""
    from safelight.workspace import open_workspace

    with open_workspace(state.workspace, actor=state.actor, evaluation=evaluation) as opened:
        yield opened


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
