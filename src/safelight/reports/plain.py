"""Free text as people wrote it: markup removed, control characters gone, cut at a length that is said."""

from __future__ import annotations

import html
import re

LONGEST = 200_000
"""Characters kept of one free text; more is cut, and the text says so."""

_CUT = " […]"
_BREAKS = re.compile(r"<(?:br|p|div|li|tr|h[1-6])\b[^<>]{0,2000}>|</(?:p|div|li|tr|h[1-6])>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(script|style)\b[^<>]{0,2000}>[^<]*(?:<(?!/\1)[^<]*)*</\1\s*>", re.IGNORECASE)
_TAGS = re.compile(r"<[a-zA-Z/!?][^<>]{0,4000}>")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ENTITY = re.compile(r"&[#\w]")
_SPACES = re.compile(r"[ \t\r\xa0]+")
_LINES = re.compile(r" ?\n[ \n]*")


def plain(text: str) -> str:
    """The text without HTML markup, entities resolved, spaces folded, line ends kept; empty where nothing is left."""
    if _ordinary(text):
        return text.strip(" ")
    text = text[: LONGEST * 4]
    if "<" in text:
        text = _TAGS.sub(" ", _BREAKS.sub("\n", _HIDDEN.sub(" ", text)))
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
        if "<" in text:  # markup that was escaped once more, as exports do
            text = _TAGS.sub(" ", _BREAKS.sub("\n", text))
    if not text.isprintable():
        text = _LINES.sub("\n", _SPACES.sub(" ", _CONTROL.sub(" ", text).replace("\u2028", "\n")))
    elif "  " in text:
        text = _SPACES.sub(" ", text)
    text = text.strip()
    return text if len(text) <= LONGEST else text[:LONGEST] + _CUT


def line(text: str | None) -> str | None:
    """One line of a short field: as `plain`, without line ends; None where it is empty or a word for nothing."""
    if not text:
        return None
    # Asked for every field of every report: what `_ordinary` tells is looked at here.
    if text.isprintable() and "<" not in text and "&" not in text and "  " not in text and len(text) <= _LINE:
        said = text.strip(" ")
    else:
        said = plain(text[:_LINE]).replace("\n", " ")
    return None if len(said) < _LONGEST_NOTHING and said.casefold() in _NOTHING else said


def _ordinary(text: str) -> bool:
    """Is there nothing in it that would be changed?"""
    return (
        text.isprintable()
        and "<" not in text
        and "&" not in text
        and "  " not in text
        and len(text) <= LONGEST
    )


_LINE = 10_000
_LONGEST_NOTHING = 10

_NOTHING = frozenset({"", "null", "none", "n/a", "na", "nil", "undefined", "-", "--", "[]", "{}"})
