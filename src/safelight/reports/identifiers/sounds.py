"""How names sound across scripts: consonants in Latin letters, as far as transliterations agree on them.

`anyascii` writes Arabic and Hebrew without vowels, Devanagari without the inherent ones, Cyrillic in one of several
ways. What is left when vowels go and letters that stand for one sound are folded is the same in most spellings:
`Mohammed`, `Мухаммед`, `محمد`, `मोहम्मद` are all `mhmd`. It serves to find candidates; what two names have in common
is judged afterwards, by the whole of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from safelight.reports.identifiers.person import name_tokens
from safelight.reports.identifiers.text import CACHED, folded
from safelight.spelling import arabic_as_said, consonants, one_letter_a_sound

MOST_SOUNDS = 4
"""Parts of a name that are compared, the longest ones."""
_PLAIN = {**dict.fromkeys(map(ord, "ьъЬЪʹʺءאע")), **dict.fromkeys(map(ord, "عاأإآ"), "a")}
"""Letters that are no consonant in Latin writing, and would only tear a name in two."""
_SERVANT_LATIN = re.compile(r"(?<![a-z])abd[ -]?[aeu]l[ -]+(?=[a-z])")
_PARTICLES = frozenset(
    ("al", "el", "ul", "as", "ar", "bin", "ben", "ibn", "bint", "van", "von", "zu", "de", "der", "den", "da", "di",
     "del", "dos", "das", "do", "du", "la", "le", "y", "e", "ten", "ter", "te")
)  # fmt: skip
_BEFORE = re.compile(r"[,;(/|]")


def person_tokens(value: str) -> tuple[str, ...]:
    """`name_tokens` of a name whose silent letters, article and `Abd al-` are written as in Latin letters."""
    said = folded(value[:300])
    if said.isascii():
        return name_tokens(_SERVANT_LATIN.sub("abdul", said))
    return name_tokens(arabic_as_said(said).translate(_PLAIN))


@lru_cache(maxsize=CACHED)
def sound(token: str) -> str:
    """The consonants of one part of a name, lower-case Latin (`C` for *ch*); the part itself where it has none."""
    said = consonants(one_letter_a_sound(token))
    return said.rstrip("h") or said or token


def sounds(tokens: Sequence[str]) -> tuple[str, ...]:
    """How the parts of a name sound, sorted, without particles; at most `MOST_SOUNDS`."""
    kept = [token for token in tokens if token not in _PARTICLES]
    if len(kept) < 2:
        kept = list(tokens)
    kept = sorted(kept, key=lambda token: (-len(token), token))[:MOST_SOUNDS]
    return tuple(sorted(map(sound, kept)))


def place_words(city: str) -> str:
    """A town's name in Latin letters, up to a comma or bracket; empty where there is none."""
    said = _BEFORE.split(city[:200], maxsplit=1)[0]
    return " ".join(name_tokens(folded(said).translate(_PLAIN)))
