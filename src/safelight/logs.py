"""The operational log, for whoever runs the software: on standard error, nothing by default but warnings.

It is not the audit log. From the level *info* up it holds no names, paths or content of evidence: a fact whose
name is not in `CLEAR`, or whose value is not a number or a plain word, is withheld. *debug* shows everything,
paths too, and belongs on a machine where the evidence may be seen.
"""

from __future__ import annotations

import re
import sys
from collections.abc import MutableMapping
from functools import cache
from typing import Any

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "off": 100}
CLEAR = frozenset(
    {
        "event", "level", "timestamp", "verb", "phase", "case", "operation", "exhibit", "kind", "seconds", "files",
        "media", "unreadable", "bytes", "items", "leads", "jailed", "cause", "ground", "version",
    }
)  # fmt: skip
"""Names of facts that come out at info and above."""
_WORD = re.compile(r"[\w:+.-]+(?: [\w:+.-]+){0,7}", re.ASCII)

_chosen = {"level": LEVELS["warning"], "json": False}


def configure(level: str, json: bool) -> None:
    """Choose what comes out, and whether as text or as one JSON object a line."""
    _chosen.update(level=LEVELS[level], json=json)


def debug(event: str, **facts: Any) -> None:
    """What a developer wants to see, names of evidence included."""
    _emit("debug", event, facts)


def info(event: str, **facts: Any) -> None:
    """What an operator may want to see."""
    _emit("info", event, facts)


def warning(event: str, **facts: Any) -> None:
    """What an operator should look at."""
    _emit("warning", event, facts)


def _emit(level: str, event: str, facts: dict[str, Any]) -> None:
    if LEVELS[level] >= _chosen["level"]:
        getattr(_logger(bool(_chosen["json"])), level)(event, **facts)


def withhold(_: Any, method: str, facts: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: take out what could name or describe evidence."""
    if method == "debug":
        return facts
    return {
        name: value if name in ("event", "timestamp", "level") or _plain(name, value) else "(withheld)"
        for name, value in facts.items()
    }


def _plain(name: str, value: Any) -> bool:
    if name not in CLEAR:
        return False
    return value is None or isinstance(value, bool | int | float) or bool(_WORD.fullmatch(str(value)))


@cache
def _logger(json: bool) -> Any:
    import structlog  # why here: most runs log nothing, and importing it takes longer than all of ours

    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            withhold,
            structlog.processors.JSONRenderer()
            if json
            else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
    )


__all__ = ["CLEAR", "LEVELS", "configure", "debug", "info", "warning", "withhold"]
