"""The words of `told.toml` and `told_times.toml`: expressions by language, and the text as they need it."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "de", "nl", "fr", "es", "pt", "it", "pl", "tr", "ru", "uk", "ar", "hi", "zh", "ja", "ko")
"""Languages in which ages and times are found, ISO 639-1."""
FILES = ("told.toml", "told_times.toml")
SPACELESS = frozenset({"zh", "ja"})
"""Their words stand without spaces."""

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("’ʼ‘`´", "'"),
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("أإآٱ", "ا"),
        "ى": "ي",
        "ة": "ه",
        "ـ": None,
        "\u0307": None,  # what lower case leaves of the Turkish capital İ
        **dict.fromkeys(map(chr, range(0x64B, 0x660))),  # vowel signs
    }
)
_SPACE = r"[\s-]"


def folded(text: str) -> str:
    """Lower case, one form for a letter: digits of all scripts stay what they are."""
    whole = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return whole.casefold().translate(_ALIKE)


def table(language: str, about: str) -> Mapping[str, Any]:
    """The expressions of a language: `about` is `age`, `grade` or `ahead`."""
    row: Mapping[str, Any] = _all()[about][language]
    return row


@cache
def _all() -> dict[str, dict[str, dict[str, Any]]]:
    folder = files(__package__)
    return {
        about: rows
        for name in FILES
        for about, rows in tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8")).items()
    }


def spaced(expression: str) -> str:
    """An expression of the table, in which a space stands for white space or a hyphen."""
    made, inside = [], False
    for at, character in enumerate(expression):
        if character in "[]" and expression[at - 1 : at] != "\\":
            inside = character == "["
        made.append(character if character != " " else r"\s\-" if inside else _SPACE)
    return "".join(made)


def literal(words: Iterable[str]) -> str:
    """Any of some plain words, the longest first; "" for none."""
    known = sorted({folded(word) for word in words if word}, key=lambda one: (-len(one), one))
    return "|".join(re.escape(one).replace(r"\ ", r"\s") for one in known)


def whole(expression: str, language: str) -> str:
    """The expression as a word of its own, where the language has spaces and its letters are Python's."""
    if language in SPACELESS:
        return f"(?:{expression})"
    prefix = "[وفبلك]?" if language == "ar" else ""
    after = "" if language in ("ko", "hi") else r"(?!\w)"
    return rf"(?<!\w){prefix}(?:{expression}){after}"


@cache
def values(language: str) -> tuple[tuple[re.Pattern[str], int], ...]:
    """The number words of a language, 1 to 17, each with what it says."""
    listed = spaced(table(language, "age")["numbers"].replace(" ", "\n")).split("\n")
    return tuple((re.compile(one), number) for number, one in enumerate(listed, start=1))


@cache
def number(language: str) -> str:
    """A number of 1 to 17, in digits or words, that is no part of another number."""
    words = "|".join(sorted((one.pattern for one, _ in values(language)), key=len, reverse=True))
    before = r"(?<![\d一二三四五六七八九十百零〇第])" if language in SPACELESS else r"(?<![\w-])"
    digits = r"(?<![\d.,:/])(?:1[0-7]|[1-9])" if language in SPACELESS else r"(?<![\w.,:/])(?:1[0-7]|[1-9])"
    if language in ("ar", "hi"):  # digits of their own
        digits = r"(?<![\w.,:/])(?:[1١१][0-7٠-٧०-७]|[1-9١-٩१-९])"
    return rf"(?:{digits}(?!\d|[.,:/]\d)|{before}(?:{words}))"


def value(said: str, language: str) -> int | None:
    """What a number that `number` found says."""
    if said.isdecimal():
        return int(said)
    return next((worth for one, worth in values(language) if one.fullmatch(said)), None)
