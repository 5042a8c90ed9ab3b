"""Names of people, across scripts: a key that does not care for order, case, marks or honorifics.

Letters are written in Latin by `anyascii`; German digraphs (`ue` for `ü`) are folded, particles (`van`, `bin`) stay.
Arabic and Hebrew names lose their vowels so: they join among themselves, not with their Latin spellings. A name never
identifies anybody; together with a full date of birth it does (`name_and_birth`).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from anyascii import anyascii

from safelight.reports.dates import day
from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.text import CACHED, folded, table
from safelight.reports.report import Kind, Stated

_LONGEST = 300
_MOST_TOKENS = 12
_BEYOND_LATIN = 0x250
_TOKEN = re.compile(r"[a-z0-9]+")
_DIGRAPH = re.compile(r"([aou])e+")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,4}")
_UNWRITTEN = re.compile(r"['’ʼ`´\u02bb\u0640\u064b-\u065f\u0670\u0591-\u05c7]")
"""Apostrophes, and the vowel marks of Arabic and Hebrew, which most people leave out."""


def name(stated: Stated, country: str | None = None) -> Identifier | None:
    """The name as sorted tokens in Latin letters; a hint at most."""
    value = stated.value
    if "|" in value:
        before, _, after = value.partition("|")
        return name_and_birth(before, after)
    return _name(value) if len(value) <= _LONGEST else None


@lru_cache(maxsize=CACHED)
def _name(value: str) -> Identifier | None:
    tokens = name_tokens(value)
    if not any(c.isalpha() for token in tokens for c in token):
        return None
    key = " ".join(tokens)
    shown = value if key != value else None
    if key in _nobodys():
        return Identifier(Kind.NAME, key, Reach.SHARED, shown, "a name that stands for nobody")
    if len(tokens) == 1 and key in _common():
        return Identifier(Kind.NAME, key, Reach.SHARED, shown, "a common name alone")
    return Identifier(Kind.NAME, key, Reach.WEAK, shown, "a name does not identify a person")


def name_tokens(value: str) -> tuple[str, ...]:
    """The parts of a name, in Latin letters, sorted, without honorifics."""
    if len(value) > _LONGEST:
        return ()
    said = _UNWRITTEN.sub("", folded(value))
    if not said.isascii():
        latin = all(ord(c) < _BEYOND_LATIN for c in said if c.isalpha())
        said = _UNWRITTEN.sub("", anyascii(_HAN.sub(_family_first, said)).lower()[:_LONGEST])
        if not latin:  # no honorific of ours: عمر is written `mr`, and is a name
            return tuple(sorted(map(_undigraphed, _TOKEN.findall(said)[:_MOST_TOKENS])))
    found = list(map(_undigraphed, _TOKEN.findall(said)[:_MOST_TOKENS]))
    kept = [token for token in found if token not in _honorifics()]
    return tuple(sorted(kept or found))


def _undigraphed(token: str) -> str:
    return _DIGRAPH.sub(r"\1", token)


def name_and_birth(value: str, birth_date: str | None) -> Identifier | None:
    """A name with a date of birth, `anna muller|2001-02-03`: personal where both are full and the date is no default.

    A year alone leaves a hint. None without a name of two parts or without a date.
    """
    if len(value) > _LONGEST or not birth_date:
        return None
    alone = _name(value)
    if alone is None or alone.reach is Reach.SHARED or " " not in alone.key:
        return None
    born = day(birth_date)
    if born is None:
        return None
    key = f"{alone.key}|{born.isoformat()}"
    shown = f"{value}, {born.isoformat()}"
    if (born.month, born.day) == (1, 1) or born.year < 1910:
        return Identifier(
            Kind.NAME, key, Reach.WEAK, shown, "the first of January is what forms and offices fill in"
        )
    return Identifier(Kind.NAME, key, Reach.PERSONAL, shown)


def _family_first(match: re.Match[str]) -> str:
    """A Chinese name as family name and given name, as it is written in Latin letters."""
    whole = match[0]
    length = 2 if len(whole) > 2 and whole[:2] in table("names")["double"] else 1
    return f" {whole[:length]} {whole[length:]} "


@cache
def _honorifics() -> frozenset[str]:
    return frozenset(table("names")["honorifics"])


@cache
def _nobodys() -> frozenset[str]:
    return frozenset(" ".join(name_tokens(one)) for one in table("names")["nobodys"])


@cache
def _common() -> frozenset[str]:
    return frozenset(_DIGRAPH.sub(r"\1", one) for one in table("names")["common"])
