"""The words of `words.toml`, as they are compared."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from safelight.persons.registers.text import folded

_LONGEST = 40
_NAMES = frozenset(("na", "nan", "nil"))


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """For each table of the file: a word, folded, to what it means. `unknown`, `about` and `to` mean themselves."""
    said = tomllib.loads((files(__package__) / "words.toml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, str]] = {}
    for name, table in said.items():
        if isinstance(table, list):
            found[name] = {folded(one): name for one in table}
            continue
        found[name] = {}
        for means, several in table.items():
            for one in several:
                found[name].setdefault(folded(one), means)
    return found


def is_unknown(value: str, of_names: bool = False) -> bool:
    """Does it say only that nothing is known? Na, Nan and Nil are names, too."""
    if len(value) > _LONGEST or not _is_unknown(value):
        return False
    return not (of_names and folded(value) in _NAMES)


@lru_cache(maxsize=16_384)
def _is_unknown(value: str) -> bool:
    said = folded(value)
    bare = said.strip(" .:;()[]")
    return not bare or bare in words()["unknown"] or said in words()["unknown"]
