"""How names, times and trails of the evidence are spelt in exports: strict UTF-8, zones said, no formulas."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from safelight.model import Timestamp

TRAIL = " › "

_SURROGATE = re.compile("[\ud800-\udfff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_HIDDEN = frozenset(("Cc", "Cf", "Zl", "Zp", "Co"))


def clean(text: str) -> str:
    """Return `text` as strict UTF-8 can say it: a byte that is none becomes `\\xNN`, so does NUL.

    The workspace hands over clean text; this is the guard that no lone surrogate ever leaves it.
    """
    text = text.replace("\0", "\\x00")
    return _SURROGATE.sub(_escape, text) if _SURROGATE.search(text) else text


def cleaned(value: Any) -> Any:
    """Return JSON-able data with every text in it clean."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): cleaned(item) for key, item in value.items()}
    return [cleaned(item) for item in value] if isinstance(value, list) else value


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def cell(text: str) -> str:
    """Return `text` for a CSV cell: clean, and never a formula to a spreadsheet.

    A cell that starts with `= + - @`, a tab or a line break gets a leading apostrophe (OWASP, CSV
    injection); so does one that already starts with an apostrophe before such a sign, which keeps the
    spelling reversible: take one apostrophe away where another sign of the list follows it.
    """
    text = clean(text)
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def visible(text: str) -> str:
    """Return `text` for the eye: control and direction characters become `⟨U+202E⟩`, so no name hides.

    Line breaks in a name are shown as such a sign as well: a name is one line.
    """
    text = clean(text)
    if text.isprintable():
        return text
    return "".join(f"⟨U+{ord(char):04X}⟩" if unicodedata.category(char) in _HIDDEN else char for char in text)


def time_text(time: Timestamp | None) -> str:
    """Return a time as the evidence states it: `…Z`, with its offset, or with the word `local`."""
    if time is None:
        return ""
    if time.zone == "local":
        return f"{time.value} local"
    zone = "Z" if time.zone == "utc" else time.zone
    return time.value if time.value.endswith(("Z", zone)) else f"{time.value}{zone}"


def instant(time: datetime) -> str:
    """Return one of our own times in UTC, to the second: `2026-03-01T09:30:00Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
