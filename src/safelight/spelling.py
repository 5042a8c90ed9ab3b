"""How names are spelt across scripts: their parts in Latin letters, and how each part sounds.

`anyascii` writes Arabic and Hebrew without short vowels, Devanagari and its relatives without the inherent one,
Cyrillic in one of several ways, Chinese in pinyin. What stays when vowels go and letters for one sound are folded is
nearly the same in all spellings: `Mohammed`, `Мухаммед`, `محمد`, `मोहम्मद` are all `mhmd`. That finds names; whether two
parts are one is then judged by the vowels too, as far as both scripts write them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from anyascii import anyascii

LONGEST = 200
"""Characters of a name that are looked at."""
MOST_PARTS = 8
_CACHED = 1 << 17
_GONE = frozenset({"Cf", "Cs", "Co", "Cn"})
_UNWRITTEN = re.compile(r"['’ʼ`´\u02bb\u0640\u064b-\u065f\u0670\u0591-\u05c7]")
"""Apostrophes, and the vowel marks of Arabic and Hebrew, which most people leave out."""
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,4}")
_DOUBLE = frozenset(
    (
        "欧阳",
        "歐陽",
        "司马",
        "司馬",
        "上官",
        "诸葛",
        "諸葛",
        "司徒",
        "东方",
        "夏侯",
        "尉迟",
        "皇甫",
        "公孙",
        "慕容",
    )
)
"""Chinese family names of two characters."""
_SURNAMES = {
    "单": "shan",
    "曾": "zeng",
    "解": "xie",
    "任": "ren",
    "仇": "qiu",
    "查": "zha",
    "区": "ou",
    "翟": "zhai",
}
"""Characters that are read differently as family names."""
_SEMITIC = re.compile(r"[\u0590-\u08ff]")
_INDIC = re.compile(r"[\u0900-\u0dff]")
_PLAIN = {
    **dict.fromkeys(map(ord, "ьъʹʺءאע")),
    **dict.fromkeys(map(ord, "عاأإآٱىة"), "a"),
    ord("ه"): "H",
}
"""Letters that are no consonant in Latin writing and would only tear a name in two; and a heh that stays one (`zH`)."""
_LONG_U = re.compile(r"(?<=[\u0621-\u064a])و")
_ARTICLE = re.compile(r"(?<!\S)ال(?=\S{3})")
_SERVANT = re.compile(r"(?<!\S)عبد\s+ال")
_SERVANT_LATIN = re.compile(r"(?<![a-z])abd[ -]?[aeu][lrsnz][ -]+(?=[a-z])")
_SERVANT_ONE = re.compile(r"\babd[aeou]([rsnzdt])(?=\1)")
"""`Abdurrahman` is `Abdul Rahman`."""
_OF = re.compile(r"\b(?:[sdwc]/o|(?:son|daughter|child|wife) of)\b.*")
_TOKEN = re.compile(r"[a-zH0-9]+")
_PARTICLES = frozenset(
    ("al", "el", "ul", "ur", "as", "ar", "bin", "ben", "ibn", "bint", "van", "von", "zu", "de", "der", "den", "da",
     "di", "del", "dos", "das", "do", "du", "la", "le", "y", "e", "ten", "ter", "te", "mr", "mrs", "ms", "miss", "dr",
     "shri", "sri", "smt", "herr", "frau", "baby", "master", "km")
)  # fmt: skip
"""Particles and titles: no part of a name, unless nothing else is left."""
_SAME = (
    ("schtsch", "s"), ("shch", "s"), ("tsch", "C"), ("sch", "s"), ("tch", "C"), ("ts", "z"), ("tz", "z"), ("dzh", "j"),
    ("sh", "s"), ("sz", "s"), ("cz", "C"), ("ch", "C"), ("kh", "h"), ("gh", "g"), ("zh", "z"), ("ph", "f"), ("th", "t"),
    ("dh", "d"), ("bh", "b"), ("dj", "j"), ("ck", "k"), ("x", "ks"), ("q", "k"), ("w", "v"), ("ff", "v"),
)  # fmt: skip
_SOFT_C = re.compile(r"c(?=[eiy])")
_VOWELS = re.compile(r"[aeiouy]+")
_DOUBLED = re.compile(r"(.)\1+")
_POOR = str.maketrans("vp", "fb")
"""Arabic writes v as f and p as b."""
_LONG = (("ee", "i"), ("oo", "u"), ("ou", "u"), ("ue", "u"), ("ae", "a"), ("oe", "o"), ("ie", "i"), ("iy", "i"),
         ("y", "i"), ("e", "i"), ("o", "u"))  # fmt: skip


class Vowels(IntEnum):
    """How far a script writes vowels."""

    NONE = 0
    """Arabic, Hebrew: some of the long ones"""
    SOME = 1
    """Devanagari and its relatives: all but the inherent a"""
    ALL = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a name."""

    text: str
    """In lower-case Latin letters."""
    key: str
    """How it sounds: its consonants (`C` for *ch*), or all of it where it has none."""
    voiced: str
    """With vowels folded: long as short, e as i, o as u."""
    vowels: Vowels


def folded(text: str) -> str:
    """Without case, compatibility forms, invisible characters, needless spaces: equal for what people read as one."""
    if text.isascii():
        return " ".join(text.lower().split())
    kept = [
        " " if unicodedata.category(c) == "Cc" else c
        for c in unicodedata.normalize("NFKC", text).casefold()
        if unicodedata.category(c) not in _GONE
    ]
    return " ".join(unicodedata.normalize("NFKC", "".join(kept)).split())


def parts(name: str) -> tuple[Part, ...]:
    """The parts of a stated name in its own order, without titles and particles; at most `MOST_PARTS`."""
    return _parts(name[:LONGEST])


@lru_cache(maxsize=_CACHED)
def _parts(name: str) -> tuple[Part, ...]:
    said = _OF.sub("", _UNWRITTEN.sub("", folded(name)))
    vowels = Vowels.ALL
    if said.isascii():
        latin = said
    else:
        if _SEMITIC.search(said):
            vowels = Vowels.NONE
        elif _INDIC.search(said):
            vowels = Vowels.SOME
        said = arabic_as_said(said).translate(_PLAIN)
        latin = _UNWRITTEN.sub("", anyascii(_HAN.sub(_family_first, said)))[:LONGEST]
        latin = latin if vowels is Vowels.NONE else latin.lower()
    latin = _SERVANT_ONE.sub(r"abdul", _SERVANT_LATIN.sub("abdul", latin))
    found = _TOKEN.findall(latin)[:MOST_PARTS]
    kept = [token for token in found if token not in _PARTICLES and not token.isdigit()]
    return tuple(_part(token, vowels) for token in kept or found)


def joined(some: tuple[Part, ...]) -> Part:
    """Several parts written as one: `Xiao Li` is `Xiaoli`."""
    return _part("".join(part.text for part in some), min(part.vowels for part in some))


def alike(a: Part, b: Part) -> float:
    """1 where two parts are one name in two spellings, 0.5 where one letter sets them apart, 0 else."""
    if a.text == b.text:
        return 1.0
    if a.key == b.key:
        return 1.0 if len(a.key) > 3 else _by_vowels(a, b)
    if Vowels.NONE in (a.vowels, b.vowels) and a.key.translate(_POOR) == b.key.translate(_POOR):
        return _by_vowels(a, b)
    if a.key[0] != b.key[0]:
        return 0.0
    first, second = (a.voiced, b.voiced) if len(a.voiced) <= len(b.voiced) else (b.voiced, a.voiced)
    if second == first + "g" and first[-1] == "n":  # why: Cyrillic writes Ming and Min nearly alike
        return 0.5
    return 0.5 if len(first) > 4 and _one_apart(first, second) else 0.0


def _by_vowels(a: Part, b: Part) -> float:
    """Parts with the same consonants, told apart by the vowels that both scripts write."""
    first, second = sorted((a, b), key=lambda part: (part.vowels, len(part.voiced), part.voiced))
    if first.vowels is Vowels.NONE:
        rest = iter(second.voiced.translate(_POOR))
        return float(all(letter in rest for letter in first.voiced.translate(_POOR)))
    one, other = first.voiced, second.voiced
    if first.vowels is Vowels.SOME:
        one, other = (said[0] + said[1:].replace("a", "") for said in (one, other))
    if one == other:
        return 1.0
    return 0.5 if min(len(first.voiced), len(second.voiced)) > 4 and _one_apart(one, other) else 0.0


def words(text: str) -> frozenset[str]:
    """How the words of a place name sound, three letters and more."""
    return _words(text[:LONGEST])


@lru_cache(maxsize=_CACHED)
def _words(text: str) -> frozenset[str]:
    return frozenset(part.key for part in parts(text) if len(part.text) > 2 and not part.text.isdigit())


def arabic_as_said(name: str) -> str:
    """A name in Arabic letters without the article, `Abd al-` as one part, and waw within a word as `u`."""
    return _LONG_U.sub("u", _ARTICLE.sub("", _SERVANT.sub("عبدال", name)))


def one_letter_a_sound(token: str) -> str:
    """Lower-case Latin letters with one for each sound that transliterations write in several ways (`C` for *ch*)."""
    for letters, one in _SAME:
        if letters in token:
            token = token.replace(letters, one)
    return _SOFT_C.sub("s", token).replace("c", "k")


def consonants(token: str) -> str:
    """What is left without vowels, doubled letters once."""
    return _DOUBLED.sub(r"\1", _VOWELS.sub("", token))


def sound(token: str) -> str:
    """The consonants of one part of a name in Latin letters; the part itself where it has none."""
    return _part(token, Vowels.ALL).key


@lru_cache(maxsize=_CACHED)
def _part(token: str, vowels: Vowels) -> Part:
    said = one_letter_a_sound(token).replace("H", "h")
    key = consonants(said).rstrip("h")
    for letters, one in _LONG:
        if letters in said:
            said = said.replace(letters, one)
    voiced = _DOUBLED.sub(r"\1", said)
    return Part(token.lower(), key or said or token, voiced.rstrip("h") or voiced, vowels)


def _family_first(match: re.Match[str]) -> str:
    """A Chinese name as family name and given name, as it is written in Latin letters."""
    whole = match[0]
    length = 2 if len(whole) > 2 and whole[:2] in _DOUBLE else 1
    return f" {_SURNAMES.get(whole[:length], whole[:length])} {whole[length:]} "


def _one_apart(a: str, b: str) -> bool:
    """Is there at most one letter to add, leave out, change, or exchange with its neighbour?"""
    if abs(len(a) - len(b)) > 1:
        return False
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        return a[at + 1 :] == b[at + 1 :] or (
            a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
        )
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[at + 1 :] == shorter[at:]
