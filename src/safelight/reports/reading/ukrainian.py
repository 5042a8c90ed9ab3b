"""Ukrainian in Russian spelling, for an encoder that was trained on Russian and not on Ukrainian.

Words that the two languages share are spelled in Russian letters; common ones that they do not share are replaced by
a glossary (`ukrainian.toml`). The result is read by the encoder alone and shown to nobody. Measured gain: see the
card of `sentence-encoder`.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

_WORD = re.compile(r"[\w'’ʼ]+")
_LETTERS = str.maketrans({"і": "и", "ї": "и", "є": "е", "ґ": "г", "'": "ъ", "’": "ъ", "ʼ": "ъ"})
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'"})
_LONGEST = 14
_ENDINGS = {
    "уватися": "оваться", "увати": "овать", "атися": "аться", "итися": "иться", "тися": "ться", "ати": "ать",
    "ити": "ить", "іти": "еть", "ти": "ть",
    "ується": "уется", "ається": "ается", "ує": "ует", "ає": "ает", "іє": "еет", "ють": "ют", "ять": "ят", "уть": "ут",
    "ання": "ание", "ення": "ение", "іння": "ение", "анні": "ании", "енні": "ении", "ість": "ость", "ості": "ости",
    "ський": "ский", "ська": "ская", "ського": "ского", "ий": "ый", "ої": "ой", "ію": "ию", "ів": "ов", "ові": "у",
    "ією": "ией", "ею": "ей", "ою": "ой", "ла": "ла", "ли": "ли", "ція": "ция", "ції": "ции", "ться": "тся",
}  # fmt: skip
"""Endings that differ regularly."""


def russified(sentence: str) -> str:
    """A Ukrainian sentence in lower case, word by word as an encoder of Russian reads it best."""
    return _WORD.sub(lambda found: _word(found[0]), sentence)


@lru_cache(maxsize=20_000)
def _word(word: str) -> str:
    words, stems = _glossary()
    word = word.translate(_APOSTROPHES)
    whole = words.get(word)
    if whole is not None:
        return whole
    for length in range(min(len(word), _LONGEST), 1, -1):
        stem = stems.get(word[:length])
        if stem is not None and (length > 2 or length == len(word)):
            return stem + _ended(word[length:])
    return _ended(word)


@cache
def _glossary() -> tuple[dict[str, str], dict[str, str]]:
    said: dict[str, str] = tomllib.loads(files(__package__).joinpath("ukrainian.toml").read_text("utf-8"))
    return _pairs(said["words"]), _pairs(said["stems"])


def _pairs(text: str) -> dict[str, str]:
    """`from to` by two spaces or a line end; the second part may be several words."""
    pairs = (
        one.split(" ", 1) for line in text.splitlines() for one in line.split("  ") if " " in one.strip()
    )
    return {one[0]: one[1] for one in pairs}


def _ended(part: str) -> str:
    """A word, or what follows a stem, with its ending as in Russian."""
    for length in range(min(len(part), 7), 1, -1):
        ending = _ENDINGS.get(part[-length:])
        if ending is not None:
            return part[:-length].translate(_LETTERS) + ending
    return part.translate(_LETTERS)
