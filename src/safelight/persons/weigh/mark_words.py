"""Lasting marks read from words of many languages: where on the body, which side, of what kind (`marks.toml`)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from safelight import spelling

_LONGEST = 300
_MOST = 8
_SHORTEST_STEM = 4
"""Letters from which a word of the table also stands for longer ones: `scar` for `scars`; one less beyond Latin."""
_WORD = re.compile(r"[^\s\d.:()\[\]{}\"'!?\\–—_-]+")
"""Between spaces and signs; not `\\w`, which vowel signs of Devanagari are not."""
_BREAK = re.compile(r"[,;/|\n、，；。]|(?<!\S)(?:and|und|et|y|e|и|और|aur|و|اور|ve)(?!\S)")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """One mark as far as it is understood; empty where a word for it is missing."""

    part: str
    """`cheek`, `hand` …"""
    kind: str
    """`scar`, `mole`, `burn`, `missing`, `tattoo` …"""
    side: str
    """`left`, `right` or empty"""

    @property
    def key(self) -> str:
        """Under which a gallery counts it."""
        return f"{self.part}/{self.kind}"


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("marks.toml").read_text(encoding="utf-8"))


@cache
def _words() -> tuple[dict[str, tuple[str, str]], tuple[tuple[str, tuple[str, str]], ...], dict[str, int]]:
    """Words of one word, by word; everything else (Chinese, several words), longest first; the order of codes."""
    single: dict[str, tuple[str, str]] = {}
    longer: list[tuple[str, tuple[str, str]]] = []
    order: dict[str, int] = {}
    for what in ("part", "side", "kind"):
        for code, words in _table()[what].items():
            order[code] = len(order)
            for word in map(spelling.folded, words):
                if " " in word or _HAN.search(word):
                    longer.append((word, (what, code)))
                else:
                    single.setdefault(word, (what, code))
    return single, tuple(sorted(longer, key=lambda one: (-len(one[0]), one[0]))), order


def read(stated: str) -> tuple[Mark, ...]:
    """The marks of one entry, a piece between commas each; a piece that only names a place takes the kind before it."""
    return _read(stated[:_LONGEST])


@lru_cache(maxsize=1 << 15)
def _read(stated: str) -> tuple[Mark, ...]:
    found: list[Mark] = []
    for piece in _BREAK.split(spelling.folded(stated))[:_MOST]:
        if states_none(piece):
            continue
        mark = _read_one(piece)
        if mark.part and not mark.kind and found:
            mark = replace(mark, kind=found[-1].kind)
        if mark.part or mark.kind:
            found.append(mark)
    return tuple(dict.fromkeys(found))


def states_none(stated: str) -> bool:
    """Does an entry say that there is no mark? Then it is no mark, and proves nothing."""
    return _states_none(stated[:_LONGEST])


@lru_cache(maxsize=1 << 15)
def _states_none(stated: str) -> bool:
    first = _WORD.search(spelling.folded(stated))
    return first is None or first[0] in _table()["none"]


def is_described(stated: str) -> bool:
    """Is there more than one word of some length, as in “tattoo: anchor”?"""
    return sum(len(word) > 2 for word in _WORD.findall(spelling.folded(stated[:_LONGEST]))) > 1


def _read_one(piece: str) -> Mark:
    single, longer, order = _words()
    for words in _table()["passed_over"]:
        piece = piece.replace(words, " ")
    found: list[tuple[str, str]] = []
    for word, meant in longer:
        if word in piece:
            found.append(meant)
            piece = piece.replace(word, " ")
    for word in _WORD.findall(piece):
        stem = word.removeprefix("ال")  # why: the Arabic article is written with its word
        shortest = _SHORTEST_STEM if stem.isascii() else _SHORTEST_STEM - 1
        for length in range(len(stem), min(shortest, len(stem)) - 1, -1):
            if meaning := single.get(stem[:length]):
                found.append(meaning)
                break
    found.sort(key=lambda one: order[one[1]])
    said: dict[str, str] = {}
    for what, code in found:
        said.setdefault(what, code)
    return Mark(said.get("part", ""), said.get("kind", ""), said.get("side", ""))


def shown(mark: Mark) -> str:
    """`scar, left cheek`."""
    where = f"{mark.side} {mark.part}".strip()
    return ", ".join(one for one in (mark.kind, where) if one)
