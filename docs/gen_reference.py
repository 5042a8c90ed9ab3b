"""Write the reference pages that follow from the code: `make docs`, or `python docs/gen_reference.py`.

The pages are kept in the repository, so that they can be read without building anything; tests/docs fails
when one of them no longer says what the code does.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import tomllib
from collections.abc import Iterator
from enum import Enum
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import typer
from platformdirs import user_config_path, user_data_path

from safelight import model
from safelight import settings as settings_module
from safelight.cli.common import AS, JSON, WORKSPACE
from safelight.cli.main import app
from safelight.export import desk_csv, desk_terms
from safelight.model import Capability
from safelight.plugins import load
from safelight.reports import hotline_columns
from safelight.reports.hotline_columns import Takes, fields
from safelight.reports.scoring.table import GROUPS
from safelight.settings import Settings
from safelight.signals.models.card import packaged_cards
from safelight.workspace import Workspace

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Made from the code by docs/gen_reference.py. Change the code, then run `make docs`. -->\n\n"
_GLOBAL = {"--workspace", "--as", "--json"}
_FOLDERS = {
    "evidence": "Evidence: what is opened",
    "media": "Media: what is decoded",
    "signals": "Signals: what is computed",
    "hashsets": "Hash sets: which lists are read",
    "reports": "Reports: which are taken in",
    "export": "Exports: what is written",
}


_DESK_EXPORTS = (
    (
        "html --desk",
        "What waits, by band and place; the first lines, with reasons; clocks; what nobody here reads.",
    ),
    (
        "html --report ID",
        "One report in full: why it stands where it stands, who, what, where, links, files, history.",
    ),
    (
        "html --cluster ID",
        "Reports that belong together: a drawing of what joins them, their times, each with its place.",
    ),
    ("csv --desk", f"The whole queue, one line for each of its lines: `{','.join(desk_csv.COLUMNS)}`."),
)


def pages() -> dict[str, str]:
    """Every generated page: file name and text."""
    made = {
        "cli.md": _cli(),
        "capabilities.md": _capabilities(),
        "formats.md": _formats(),
        "settings.md": _settings(),
        "weights.md": _weights(),
        "report-terms.md": _report_terms(),
        "glossary.md": _glossary(),
        "report-map.md": _report_map(),
        "schemes.md": _schemes(),
        "models.md": _models(),
    }
    return {name: MADE + text for name, text in made.items()}


def commands() -> Iterator[tuple[str, Any]]:
    """Every command of the command line that does something, as (`case open`, command), in order."""

    def below(prefix: str, one: Any) -> Iterator[tuple[str, Any]]:
        inner = getattr(one, "commands", None)
        if inner is None:
            yield prefix, one
        else:
            for name, command in inner.items():
                yield from below(f"{prefix} {name}".strip(), command)

    yield from below("", typer.main.get_command(app))


def options(command: Any) -> Iterator[Any]:
    """The options of a command but for the global ones and --help."""
    for one in command.params:
        shared = _GLOBAL | {"--help"}
        if one.param_type_name == "option" and not one.hidden and not shared & set(one.opts):
            yield one


def _cli() -> str:
    lines = ["# Commands", ""]
    lines += [
        "Every command also takes these, before or after its name:",
        "",
        "| option | does |",
        "| --- | --- |",
    ]
    for name, option in (("--workspace DIR", WORKSPACE), ("--as NAME", AS), ("--json", JSON)):
        lines.append(f"| `{name}` | {_cell(option.help)} |")
    lines += ["| `-h`, `--help` | Explain the command. |", ""]
    for name, command in commands():
        arguments = [one for one in command.params if one.param_type_name == "argument"]
        own = list(options(command))
        words = " ".join(_word(one) for one in arguments)
        lines += [f"## `safelight {name}`", "", f"{_text(command.help)}", "", "```text"]
        lines += [" ".join(filter(None, (f"safelight {name}", words, "[OPTIONS]" if own else ""))), "```", ""]
        if arguments or own:
            lines += ["| argument or option | means |", "| --- | --- |"]
            for one in arguments:
                lines.append(f"| `{_word(one)}` | {_cell(one.help)} |")
            for one in own:
                spelled = ", ".join(f"`{_spelled(spelling, one)}`" for spelling in one.opts)
                lines.append(f"| {spelled} | {_cell(one.help)}{_remarks(one)} |")
            lines.append("")
    return "\n".join(lines)


def _word(argument: Any) -> str:
    word = (argument.metavar or argument.name).upper()
    return f"{word}…" if argument.nargs == -1 else word


def _spelled(spelling: str, option: Any) -> str:
    if option.is_flag or not spelling.startswith("--"):
        return spelling
    return f"{spelling} {option.metavar or option.name.strip('_').upper()}"


def _remarks(option: Any) -> str:
    kind = option.type_descriptor.annotation
    choices = _member_docs(model, kind) if isinstance(kind, type) and issubclass(kind, Enum) else {}
    said = "".join(f"<br>`{value}`: {_cell(text)}." for value, text in choices.items())
    if option.required:
        return f" Required.{said}"
    if option.multiple:
        return f"{said} May be given several times."
    if option.is_flag or option.default in (None, "", ()):
        return said
    return f"{said} Default: `{getattr(option.default, 'value', option.default)}`."


def _capabilities() -> str:
    verbs = sorted(
        (mark.name, mark)
        for _, method in inspect.getmembers(Workspace, callable)
        if (mark := getattr(method, "__verb__", None)) is not None
    )
    lines = ["# Capabilities, and what each verb needs", ""]
    lines += [
        "A capability is a thing that may intrude. `safelight case open --allow` names those that the order"
    ]
    lines += [
        "covers; what it does not cover is refused, or within a scan not computed, and the report says so."
    ]
    lines += ["Allow what the order says, not more: a wider order needs a new case.", ""]
    lines += ["| capability | what it intrudes into | needed by |", "| --- | --- | --- |"]
    for value, text in _member_docs(model, Capability).items():
        needing = ", ".join(f"`{name}`" for name, mark in verbs if mark.needs == value)
        lines.append(f"| `{value}` | {_cell(text)} | {needing} |")
    lines += ["", "`scan` needs `hash-match` alone. With `classify` it also computes what models say, with"]
    lines += ["`face-search` also the templates of faces.", "", "## What each verb needs", ""]
    lines += ["Each verb passes one gate, is refused with exit code 3 when something here is missing, and is"]
    lines += ["logged either way. A long verb is logged when it begins and when it ends.", ""]
    lines += ["| verb | needs a valid case | needs the capability | long |", "| --- | --- | --- | --- |"]
    for name, mark in verbs:
        needs = f"`{mark.needs}`" if mark.needs else ""
        lines.append(f"| `{name}` | {_yes(mark.case)} | {needs} | {_yes(mark.long)} |")
    lines += [
        "",
        "`reports decide` is the verb of `safelight decide` where it is given a report: its name in the log.",
    ]
    return "\n".join([*lines, ""])


def _formats() -> str:
    lines = ["# Formats", ""]
    lines += [
        "What this installation reads and writes: one line for each entry point, ours and those of other"
    ]
    lines += ["packages. A format is recognised by content, never by name."]
    for folder, title in _FOLDERS.items():
        lines += ["", f"## {title}", "", "| name | what |", "| --- | --- |"]
        for name, one in load(folder).items():
            lines.append(f"| `{name}` | {_cell(_first_line(inspect.getmodule(type(one))))} |")
    lines += ["", "The formats above write what was found in exhibits. Of the report desk there are:", ""]
    lines += ["| asked for as | what |", "| --- | --- |"]
    lines += [f"| `{asked}` | {what} |" for asked, what in _DESK_EXPORTS]
    return "\n".join([*lines, ""])


def _settings() -> str:
    lines = ["# Settings", ""]
    lines += ["Each is an environment variable, or a line without `SAFELIGHT_` and in lower case in"]
    lines += ["`safelight/safelight.toml` in the XDG configuration folder. The environment wins."]
    lines += ["", "| variable | default | means |", "| --- | --- | --- |"]
    for name, text in _field_docs(settings_module, Settings).items():
        lines.append(f"| `SAFELIGHT_{name.upper()}` | {_default(name)} | {_cell(text)} |")
    return "\n".join([*lines, ""])


def _weights() -> str:
    table = tomllib.loads((files("safelight.triage") / "weights.toml").read_text("utf-8"))
    lines = ["# Weights of the triage table", ""]
    lines += ["Grounds make a lead; circumstances only raise one that has a ground. A priority is"]
    lines += ["1 − (1 − w₁s₁)(1 − w₂s₂)…, with each reason's weight w and its strength s in this case."]
    lines += ["An agency replaces values with its own TOML file, named by `SAFELIGHT_WEIGHTS`."]
    for part, title in (("grounds", "Grounds"), ("circumstances", "Circumstances")):
        lines += ["", f"## {title}", "", "| reason | weight | why |", "| --- | --- | --- |"]
        for code, one in table[part].items():
            lines.append(f"| `{code}` | {one['weight']:.2f} | {_cell(one['rationale'])} |")
    for part, title in (
        ("bands", "Bands: the lowest priority of each"),
        ("settings", "Settings of the table"),
    ):
        lines += ["", f"## {title}", "", "| name | value |", "| --- | --- |"]
        lines += [f"| `{name}` | {value} |" for name, value in table[part].items()]
    return "\n".join([*lines, ""])


def _report_terms() -> str:
    table = tomllib.loads((files("safelight.reports.scoring") / "terms.toml").read_text("utf-8"))
    lines = ["# Terms of the report desk", ""]
    lines += [
        "The sum of weight × strength over a report's observations, in log-odds, gives its priority. An agency"
    ]
    lines += ["replaces values with its own TOML file, named by `SAFELIGHT_REPORT_WEIGHTS`."]
    for group, title in GROUPS.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| term | weight | what is told | why |",
            "| --- | --- | --- | --- |",
        ]
        for code, one in table["terms"].items():
            if one["group"] == group:
                lines.append(
                    f"| `{code}` | {one['weight']:+.2f} | {one['text']} | {_cell(one['rationale'])} |"
                )
    for part, title in (("bands", "Bands: the lowest priority of each"), ("settings", "Settings")):
        lines += ["", f"## {title}", "", "| name | value |", "| --- | --- |"]
        lines += [f"| `{name}` | {value} |" for name, value in table[part].items()]
    kinds = tomllib.loads((files("safelight.reports.linking") / "strengths.toml").read_text("utf-8"))
    lines += ["", "## Identifiers, and how they link", ""]
    lines += [
        "`certain` and `probable`: with how many voices an identifier still links at that scale; 0: never.",
        "",
    ]
    lines += ["| identifier | strength | certain | probable |", "| --- | --- | --- | --- |"]
    for kind, one in [*kinds["kinds"].items(), ("what only hints at a person", kinds["weak"])]:
        lines.append(f"| {kind} | {one['strength']:.2f} | {one['certain']} | {one['probable']} |")
    clocks = tomllib.loads((files("safelight.reports.desk") / "clocks.toml").read_text("utf-8"))
    lines += ["", "## Legal clocks", "", "Starting points, not legal advice.", ""]
    lines += ["| what | days | source |", "| --- | --- | --- |"]
    for what, one in (
        ("content preserved by the provider", clocks["preservation"]),
        ("records, elsewhere", clocks["default"]),
    ):
        lines.append(f"| {what} | {one['days']} | {_cell(one['source'])} |")
    for country, one in clocks["ip-records"].items():
        lines.append(f"| records of connections, {country} | {one['days']} | {_cell(one['source'])} |")
    return "\n".join([*lines, ""])


def _report_map() -> str:
    lines = ["# Columns of hotlines' lists", ""]
    lines += [
        "Reports of hotlines come as CSV (a header line, any usual delimiter and encoding) or JSON (records;"
    ]
    lines += [
        "of nested objects, the column is `outer inner`). A column is known by its name, in the languages"
    ]
    lines += [
        "below, or is named by a mapping file: `safelight reports import LIST --map FILE`. Names are compared"
    ]
    lines += [
        "by letters and digits alone, of any script, in any case. A list is recognised by two columns, or by"
    ]
    lines += [
        "all that the mapping names; one that is not is read with `--format csv` or `--format hotline`."
    ]
    lines += [
        "",
        "**Nothing is lost.** A column without a field, a column whose field another one has, and a value of",
    ]
    lines += ["which nothing can be made, are kept with the report and shown as *kept without a place*."]
    lines += ["", "## The mapping file", "", "```toml"]
    lines += ['dates = "day-first"        # or "month-first": of dates such as 03/04/2026', "", "[columns]"]
    lines += [
        'report_id = "Vorgang"',
        'received = ["Datum", "Uhrzeit"]',
        'text = ["Sachverhalt", "Bemerkung"]',
        "",
    ]
    lines += ["[values]                   # what holds for every line that says nothing else"]
    lines += ['hotline = "Meldestelle Musterland"', 'country = "DE"', "```", ""]
    lines += [
        "A field that the mapping gives a column to takes no other column by its name alone, unless it takes"
    ]
    lines += ["each. Give a column to one field. What several columns of one field do:", ""]
    lines += ["| takes | of several columns |", "| --- | --- |"]
    for value, text in _member_docs(hotline_columns, Takes).items():
        lines.append(f"| {value} | {_cell(text)} |")
    lines += ["", "## Dates", ""]
    lines += [
        "Understood are ISO 8601 (`2026-04-03T10:00Z`), `2026/04/03`, `03.04.2026` (the day comes first),"
    ]
    lines += [
        "`25/11/2026` and `11/25/2026`, `3 April 2026` with the names of months in many languages, and seconds"
    ]
    lines += [
        "since 1970; each with a time and a zone behind it, where they are stated (without a zone: UTC)."
    ]
    lines += [
        "`03/04/2026` may be two days: `dates` of the mapping decides, else the other lines of the list, where"
    ]
    lines += [
        "they tell and agree. Else it is kept as stated, and `reports show` says *date not understood: the day"
    ]
    lines += ["of import counts*.", "", "## Fields", ""]
    lines += ["| field | means | takes | known by itself |", "| --- | --- | --- | --- |"]
    for name, one in fields().items():
        known = "<br>".join(f"{language}: {', '.join(names)}" for language, names in one.names.items())
        date = " A date." if one.date else ""
        lines.append(
            f"| `{name}` | {_cell(one.means[:1].upper() + one.means[1:])}.{date} | {one.takes} | {known} |"
        )
    return "\n".join([*lines, ""])


def _glossary() -> str:
    lines = ["# Glossary of the report desk", ""]
    lines += [
        "Words of the commands and pages of the report desk. Each page explains at its end those that it uses; what"
    ]
    lines += ["single reasons are called stands with the [terms of reports](report-terms.md)."]
    for term in sorted(desk_terms.TERMS, key=lambda one: one.word.casefold()):
        lines += ["", f"**{term.word}**<br>", _cell(term.meaning)]
    return "\n".join([*lines, ""])


def _schemes() -> str:
    lines = ["# Category schemes", ""]
    lines += ["Categories differ by country, so they are data files, never constants in code."]
    folder = files("safelight.hashsets") / "schemes"
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".toml"):
            scheme = tomllib.loads(entry.read_text("utf-8"))
            lines += ["", f"## `{entry.name.removesuffix('.toml')}`: {scheme['title']}", ""]
            lines += ["| category | label |", "| --- | --- |"]
            lines += [f"| `{one['code']}` | {_cell(one['label'])} |" for one in scheme["category"]]
    return "\n".join([*lines, ""])


def _models() -> str:
    lines = ["# Model cards", ""]
    lines += ["No model runs without a card and its pinned SHA-256. A score is an assessment, not proof."]
    for name, card in packaged_cards().items():
        lines += ["", f"## `{name}`", "", f"{card.purpose}.", "", "| | |", "| --- | --- |"]
        for field in dataclasses.fields(card):
            value = getattr(card, field.name)
            if field.name in ("name", "purpose") or not value:
                continue
            shown = (
                "<br>".join(_cell(str(one)) for one in value) if isinstance(value, tuple) else _cell(value)
            )
            if "sha256" in field.name or field.name in ("file", "carried_file", "converter"):
                shown = f"`{shown}`"
            label = field.name.replace("_", " ").replace("sha256", "SHA-256")
            lines.append(f"| {label} | {shown} |")
        lines.append(f"| evaluated on the agency's own data | {card.evaluated_by or '*unevaluated*'} |")
    return "\n".join([*lines, ""])


def _class_node(module: Any, cls: type) -> ast.ClassDef:
    tree = ast.parse(inspect.getsource(module))
    return next(one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == cls.__name__)


def _field_docs(module: Any, cls: type) -> dict[str, str]:
    """The string that stands below each annotated field of a class."""
    return {
        field.target.id: str(below.value.value)
        for field, below in pairwise(_class_node(module, cls).body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }


def _member_docs(module: Any, cls: type[Enum]) -> dict[str, str]:
    """The string that stands below each member of an enumeration, by the member's value."""
    return {
        str(cls[member.targets[0].id].value): str(below.value.value)
        for member, below in pairwise(_class_node(module, cls).body)
        if isinstance(member, ast.Assign)
        and isinstance(member.targets[0], ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }


def _default(name: str) -> str:
    """The default of a setting, with the folders of whoever runs this left out."""
    value = Settings.model_fields[name].default
    if value in (None, ""):
        return ""
    for folder, called in ((user_data_path(), "XDG data folder"), (user_config_path(), "XDG config folder")):
        if isinstance(value, Path) and value.is_relative_to(folder):
            return f"{called}, `{value.relative_to(folder)}`"
    return f"`{value}`"


def _first_line(module: ModuleType | None) -> str:
    """A file says in its first line what it is for."""
    return (inspect.getdoc(module) or "").split("\n\n")[0]


def _text(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: str | None) -> str:
    return _text(text).replace("|", "\\|").replace("<", "&lt;")


def _yes(value: bool) -> str:
    return "yes" if value else ""


def main() -> None:
    """Write all pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
