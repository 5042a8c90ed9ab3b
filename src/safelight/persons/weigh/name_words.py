"""What the table `names.toml` says of a name: nobody's, shared by very many, short for another."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from safelight import spelling
from safelight.spelling import Part


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("names.toml").read_text(encoding="utf-8"))


@cache
def _nobody() -> frozenset[str]:
    return frozenset(map(spelling.folded, _table()["nobody"]))


@cache
def _common() -> frozenset[str]:
    return frozenset(part.key for name in _table()["common"] for part in spelling.parts(name))


@cache
def _nicknames() -> dict[str, tuple[tuple[int, Part], ...]]:
    """By sound: which lines a name stands in, and how it is spelt there."""
    found: dict[str, list[tuple[int, Part]]] = {}
    for number, line in enumerate(_table()["nicknames"]):
        for name in line:
            part = spelling.joined(spelling.parts(name))
            found.setdefault(part.key, []).append((number, part))
    return {key: tuple(rows) for key, rows in found.items()}


def parts(name: str) -> tuple[Part, ...]:
    """The parts of a stated name; none where it is a word for nobody."""
    return _parts(name[: spelling.LONGEST])


@lru_cache(maxsize=1 << 17)
def _parts(name: str) -> tuple[Part, ...]:
    return () if spelling.folded(name) in _nobody() else spelling.parts(name)


def is_common(key: str) -> bool:
    """Do very many people have this part of a name?"""
    return key in _common()


@lru_cache(maxsize=1 << 16)
def lines(part: Part) -> frozenset[int]:
    """The lines of nicknames that a part stands in."""
    return frozenset(
        number for number, one in _nicknames().get(part.key, ()) if spelling.alike(one, part) == 1.0
    )
