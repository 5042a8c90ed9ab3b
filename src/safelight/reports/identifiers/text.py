"""What all normalisers share: text made comparable, tables read, values too long to be an identifier turned away."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

LONGEST = 4096
"""Characters of an identifier; a longer text is none, and costs no time."""

CACHED = 16_384
"""Normal forms that each kind remembers: repeated values are cheap, and memory stays bounded."""

_GONE = frozenset({"Cf", "Cs", "Co", "Cn"})
_VARIATION = dict.fromkeys(range(0xFE00, 0xFE10))


def tidy(value: str) -> str:
    """Compatibility forms folded (NFKC), invisible characters gone, spaces single, none at the ends.

    Hidden characters (zero-width, direction marks, lone surrogates) are how one name is made to look like two.
    """
    if value.isascii():
        if value.isprintable():
            return " ".join(value.split()) if " " in value else value
        return " ".join("".join(c if c.isprintable() else " " for c in value).split())
    kept = []
    for character in unicodedata.normalize("NFKC", value.translate(_VARIATION)):
        category = unicodedata.category(character)
        if category == "Cc":
            kept.append(" ")
        elif category not in _GONE:
            kept.append(character)
    # Once more: what was dropped may have kept two characters from composing.
    return " ".join(unicodedata.normalize("NFKC", "".join(kept)).split())


def folded(value: str) -> str:
    """`tidy`, and without case (Unicode's NFKC_Casefold): equal for what people read as one name."""
    text = tidy(value)
    if text.isascii():
        return text.lower()
    for _ in range(4):  # case folding may undo the normal form once more, for a few characters
        once = tidy(text.casefold())
        if once == text:
            break
        text = once
    return text


def western_digits(text: str) -> str:
    """Decimal digits of any script as 0-9; everything else as it is."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text)


@cache
def table(name: str) -> dict[str, Any]:
    """The data file `name` of this folder."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
