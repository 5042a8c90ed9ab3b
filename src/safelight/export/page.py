"""What every page has in common: templates, styles, and a policy under which nothing else runs or loads."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from safelight.export import phrases
from safelight.export.marking import MARK

_MARKED_PAGES = (
    f'@page {{ @top-center {{ content: "{MARK}"; font: bold 9pt sans-serif; color: #8a4b00; }} }}\n'
)


def style(evaluation: bool, *names: str) -> str:
    """The style sheets of these names as one; its printed pages bear the mark where they must."""
    return "".join(map(static, names)) + (_MARKED_PAGES if evaluation else "")


def policy(style: str, script: str | None = None) -> str:
    """A content security policy under which nothing runs or loads but these two and inline pictures."""
    scripts = f"script-src '{_source(script)}'; " if script is not None else ""
    return (
        f"default-src 'none'; style-src '{_source(style)}'; {scripts}img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")


@cache
def static(name: str) -> str:
    """A style sheet or script that lies beside the templates."""
    return (files("safelight.export") / "templates" / name).read_text("utf-8")


@cache
def environment() -> Environment:
    """Templates in which every value is escaped, and a name that is not there is an error."""
    made = Environment(
        loader=PackageLoader("safelight.export"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= phrases.FILTERS
    made.tests |= phrases.TESTS
    return made
