"""The words of `words.toml`, as they are compared."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from safelight.persons.person import Status
from safelight.persons.registers.text import folded

_LONGEST = 40
_NOT = frozenset(("not", "no", "non", "nicht", "never", "yet", "без", "не", "pas", "sin", "não"))
_VAGUE = frozenset(("open", "active"))
"""Of cases; a sheet named so says nothing of whom it holds."""
_STEM = 6
"""Letters from which a word of the table also stands for longer ones, as `gefunden` for *gefundene*."""
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2,}")
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


def status_in(title: str) -> Status | None:
    """Missing or found, where a title (of a sheet) plainly says one of them."""
    said = folded(title)
    spoken = re.findall(r"[^\W\d_]+", said)
    if not _NOT.isdisjoint(spoken):
        return None
    found = set()
    for word, status in words()["status"].items():
        if status not in (Status.MISSING, Status.FOUND) or word in _VAGUE:
            continue
        is_there = f" {word} " in f" {' '.join(spoken)} " or (_UNSPACED.fullmatch(word) and word in said)
        if is_there or (len(word) >= _STEM and any(one.startswith(word) for one in spoken)):
            found.add(status)
    return Status(found.pop()) if len(found) == 1 else None


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
