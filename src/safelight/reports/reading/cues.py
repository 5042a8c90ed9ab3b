"""Cue words of a sentence by its language: negation, quotation, fiction, time, doubt; read from `cues.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

KINDS = ("negation", "cleared", "quoted", "fiction", "past", "hypothetical", "still", "ahead")
"""The kinds of cues, in the order of the columns."""
MARKS = ("question", "quotation-marks", "digits", "length")
WIDTH = len(KINDS) + len(MARKS)
"""Columns of `cues`."""

_QUOTES = re.compile('["«»„“”「」『』]')
_DIGITS = re.compile(r"\d")


def cues(sentences: Sequence[str], languages: Sequence[str | None]) -> npt.NDArray[np.float32]:
    """`(n, WIDTH)`: how often each kind of cue occurs (0, 1/2, 1 from two on), then marks 0..1."""
    out = np.zeros((len(sentences), WIDTH), np.float32)
    for row, (sentence, language) in enumerate(zip(sentences, languages, strict=True)):
        text = sentence.lower()
        for column, pattern in enumerate(_patterns(language or "")):
            if pattern is not None:
                out[row, column] = min(2, sum(1 for _ in pattern.finditer(text))) / 2
        out[row, len(KINDS) :] = (
            "?" in text or "？" in text or "؟" in text,
            bool(_QUOTES.search(text)),
            min(2, len(_DIGITS.findall(text))) / 2,
            min(len(text), 300) / 300,
        )
    return out


@cache
def _patterns(language: str) -> tuple[re.Pattern[str] | None, ...]:
    words = _words().get(language, {})
    return tuple(_pattern(words.get(kind, ""), language) for kind in KINDS)


@cache
def _words() -> dict[str, dict[str, str]]:
    said: dict[str, dict[str, str]] = tomllib.loads(
        files(__package__).joinpath("cues.toml").read_text("utf-8")
    )
    return said


def _pattern(words: str, language: str) -> re.Pattern[str] | None:
    listed = [_word(word) for word in words.split()]
    if not listed:
        return None
    joined = "|".join(sorted(listed, key=len, reverse=True))
    if language == "zh":
        return re.compile(joined)
    prefix = "[وفبل]?(?:ال)?" if language == "ar" else ""
    return re.compile(rf"(?<!\w){prefix}(?:{joined})(?!\w)")


def _word(word: str) -> str:
    stem = re.escape(word.rstrip("*").replace("_", " "))
    return stem + r"\w*" if word.endswith("*") else stem
