"""Colours of eyes and hair from words of many languages (`colours.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from safelight import spelling

_STEM = 3


@cache
def _words() -> dict[str, str]:
    tables = tomllib.loads(files(__package__).joinpath("colours.toml").read_text(encoding="utf-8"))
    return {spelling.folded(word): code for code, words in tables["colour"].items() for word in words}


def colour(stated: str) -> str | None:
    """`black`, `brown`, `green`, `grey`, `blue` … of the last word that names one; None where none does."""
    return _colour(stated[:60])


@lru_cache(maxsize=4096)
def _colour(stated: str) -> str | None:
    found = None
    said = spelling.folded(stated)
    for word in said.replace("-", " ").replace("/", " ").split():
        for length in range(len(word), min(_STEM, len(word)) - 1, -1):
            if code := _words().get(word[:length]):
                found = code
                break
    return found or next(
        (code for word, code in _words().items() if not word.isascii() and word in said), None
    )
