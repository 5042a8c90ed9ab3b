"""Name the language of each sentence: unrestricted identification, then script, neighbours, the rest of the report.

A script that one language has for itself decides. Of what is not recognised surely, nothing is claimed: `None`, unless
only languages are likely that the encoder holds: then it is read in the likeliest. A language that the encoder lacks
must not pass for one that it holds, since such a text fails in silence.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from safelight.reports.reading.embedder import HELD
from safelight.reports.reading.split import letters
from safelight.signals.models.registry import model_file

SURE = 0.55
"""Probability from which a sentence stands by itself."""
DOUBTFUL = 0.7
"""Below it a sentence in Latin letters may be of a language of another script."""
ENOUGH = 25
"""Letters from which a sentence stands by itself; below it follows the report's main language where it can."""

_SAME = {"ary": "ar", "arz": "ar", "wuu": "zh", "yue": "zh", "nn": "no", "srl": "sr", "pcm": "en"}
_NEAR = {
    "gl": ("pt", "es"), "an": ("es",), "ext": ("es",), "ca": ("es",), "oc": ("fr", "es"), "wa": ("fr",), "gcf": ("fr",),
    "af": ("nl",), "fy": ("nl",), "lb": ("de",), "vec": ("it",), "lij": ("it",), "crh": ("tr",), "la": ("it", "es"),
}  # fmt: skip
"""Close relatives, for which a held language is mistaken in short or clumsy sentences."""
_RANGES = (
    (0x41, 0x5A, "Latn"), (0x61, 0x7A, "Latn"), (0xC0, 0x24F, "Latn"), (0x370, 0x3FF, "el"), (0x400, 0x52F, "Cyrl"),
    (0x531, 0x58F, "hy"), (0x590, 0x5FF, "he"), (0x600, 0x6FF, "Arab"), (0x700, 0x74F, "syr"), (0x750, 0x77F, "Arab"),
    (0x780, 0x7BF, "dv"), (0x8A0, 0x8FF, "Arab"), (0x900, 0x97F, "hi"), (0x980, 0x9FF, "bn"), (0xA00, 0xA7F, "pa"),
    (0xA80, 0xAFF, "gu"), (0xB00, 0xB7F, "or"), (0xB80, 0xBFF, "ta"), (0xC00, 0xC7F, "te"), (0xC80, 0xCFF, "kn"),
    (0xD00, 0xD7F, "ml"), (0xD80, 0xDFF, "si"), (0xE00, 0xE7F, "th"), (0xE80, 0xEFF, "lo"), (0xF00, 0xFFF, "bo"),
    (0x1000, 0x109F, "my"), (0x10A0, 0x10FF, "ka"), (0x1100, 0x11FF, "ko"), (0x1200, 0x139F, "am"),
    (0x13A0, 0x13FF, "chr"), (0x1400, 0x167F, "iu"), (0x1780, 0x17FF, "km"), (0x1800, 0x18AF, "mn"),
    (0x1C80, 0x1C8F, "Cyrl"), (0x1C90, 0x1CBF, "ka"), (0x1E00, 0x1EFF, "Latn"), (0x1F00, 0x1FFF, "el"),
    (0x2D00, 0x2D2F, "ka"), (0x2D30, 0x2D7F, "ber"), (0x2D80, 0x2DDF, "am"), (0x3041, 0x30FF, "ja"),
    (0x3130, 0x318F, "ko"), (0x3400, 0x9FFF, "zh"), (0xAC00, 0xD7AF, "ko"), (0xF900, 0xFAFF, "zh"),
    (0xFB50, 0xFDFF, "Arab"), (0xFE70, 0xFEFE, "Arab"), (0xFF66, 0xFF9D, "ja"), (0x20000, 0x3FFFF, "zh"),
)  # fmt: skip
"""First and last code point of scripts; a script that one language has for itself, or nearly so, has that one's code.

Source: Unicode 15.1, Blocks.txt. Only letters are looked up: the danda of Devanagari ends sentences in ten scripts.
"""
_STARTS = tuple(first for first, _, _ in _RANGES)
_MANY = frozenset({"Latn", "Cyrl", "Arab"})
"""Scripts that say little of the language. Every other one decides."""
_SHARING = {"hi": ("hi", "mr", "ne", "sa"), "bn": ("bn", "as"), "he": ("he", "yi")}
"""Languages that share the script of the first of them."""
_YIDDISH = re.compile("[\u05f0-\u05f2\ufb1d-\ufb2f]|\u05d0[\u05b7\u05b8]")
"""Letters and pointed vowels of everyday Yiddish, which Hebrew does not write."""
_CYRILLIC = frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "tg", "tt", "mn", "ba", "uz", "bs"})
_UKRAINIAN = re.compile("[іїєґ]", re.IGNORECASE)
_RUSSIAN = re.compile("[ыэъё]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


def languages(sentences: Sequence[str]) -> list[str | None]:
    """The language of each sentence of one report (ISO 639-1), None where it is not known."""
    alone = [_guess(one) for one in sentences]
    weight: Counter[str] = Counter()
    for sentence, (code, sure, _) in zip(sentences, alone, strict=True):
        if code is not None:
            weight[code] += int(letters(sentence) * sure)
    main = weight.most_common(1)[0][0] if weight else None
    return [_settled(one, guess, main) for one, guess in zip(sentences, alone, strict=True)]


def identify(sentence: str) -> tuple[str | None, float]:
    """The language of one sentence by itself, and how sure that is."""
    code, sure, _ = _guess(sentence)
    return code, sure


def _guess(sentence: str) -> tuple[str | None, float, str | None]:
    """As `identify`; and where no language is sure, the one to read it in: held, and likelier than what is not."""
    script, share = _script(sentence)
    if script is None:
        return None, 0.0, None
    if script not in _MANY:
        return _of_script(script, sentence), share, None
    if letters(sentence) < 3:
        return None, 0.0, None
    ranked = _ranked(sentence)
    code, sure = max(ranked.items(), key=lambda one: one[1])
    if script == "Latn" and sure < DOUBTFUL and (name := _latin_only(sentence)):
        # Held in its own script only.
        return (None, 0.0, None) if name in HELD else (name, 0.9, None)
    for near in _NEAR.get(code, ()):
        if ranked.get(near, 0.0) > 0.12 or (sure < SURE and ranked.get(near, 0.0) > 0.05):
            code, sure = near, sure + ranked[near]
            break
    if script == "Cyrl":
        code, sure = _cyrillic(sentence, code, sure)
    likeliest = _likeliest_held(ranked) if sure < SURE else None
    return (code, sure, likeliest) if sure >= 0.25 else (None, sure, likeliest)


def _likeliest_held(ranked: dict[str, float]) -> str | None:
    """Of the languages that are held the likeliest, where they are together likelier than all others."""
    of_held = {code: share for code, share in ranked.items() if code in HELD}
    if sum(of_held.values()) <= sum(ranked.values()) - sum(of_held.values()):
        return None
    return max(of_held, key=lambda code: of_held[code])


def _settled(sentence: str, guess: tuple[str | None, float, str | None], main: str | None) -> str | None:
    """Short or doubtful sentences follow the report's main language, where its script is theirs.

    Where that is no help, a sentence that may be of several languages that are held is read all the same, in the
    likeliest of them: only what is surely of another language is left to a person.
    """
    code, sure, likeliest = guess
    long = letters(sentence) >= ENOUGH or _script(sentence)[0] not in ("Latn", "Cyrl")
    if code is not None and sure >= SURE and long:
        return code
    if main is not None and _fits(sentence, main):
        return main
    if likeliest is not None and letters(sentence) >= ENOUGH:
        return likeliest
    return code if sure >= 0.4 else None


def _fits(sentence: str, main: str) -> bool:
    script = _script(sentence)[0]
    if script == "Cyrl":
        return main in _CYRILLIC
    if script == "Latn":
        return _script_of(main) == "Latn"
    return script is None or script == _script_of(main)


def _script_of(code: str) -> str:
    if code in _CYRILLIC:
        return "Cyrl"
    if code in ("ar", "fa", "ur", "ps", "ku", "sdh"):
        return "Arab"
    return next((of for of, sharing in _SHARING.items() if code in sharing), code if code in _OWN else "Latn")


_OWN = frozenset(name for _, _, name in _RANGES) - _MANY


def _script(text: str) -> tuple[str | None, float]:
    """The script of most letters, and its share of all letters."""
    counts: Counter[str] = Counter()
    if text.isascii():
        return ("Latn", 1.0) if any(map(str.isalpha, text)) else (None, 0.0)
    for character, count in Counter(text).items():
        if character.isalpha():
            point = ord(character)
            first, last, name = _RANGES[bisect_right(_STARTS, point) - 1]
            if first <= point <= last:
                counts[name] += count
    total = sum(counts.values())
    if not total:
        return None, 0.0
    if counts["ja"] * 5 > total:  # kana beside Chinese characters is Japanese
        return "ja", 1.0
    name, most = max(counts.items(), key=lambda one: one[1] * (2.5 if one[0] in ("zh", "ko") else 1))
    return name, most / total


def _of_script(script: str, sentence: str) -> str:
    """The language of a script that one, or few, are written in."""
    sharing = _SHARING.get(script)
    if sharing is None:
        return script
    if script == "he":
        return "yi" if _YIDDISH.search(sentence) else script
    ranked = _ranked(sentence)
    return max(sharing, key=lambda code: ranked.get(code, 0.0) + (0.3 if code == script else 0.0))


def _cyrillic(sentence: str, code: str, sure: float) -> tuple[str, float]:
    """Letters that only one of the two has decide between Ukrainian and Russian in short sentences."""
    if code not in ("uk", "ru") and sure > SURE:
        return code, sure
    ukrainian, russian = len(_UKRAINIAN.findall(sentence)), len(_RUSSIAN.findall(sentence))
    if ukrainian and not russian and code in ("uk", "ru", "be", "bg", "mk", "sr"):
        return "uk", max(sure, 0.8)
    if russian and not ukrainian and code in ("uk", "ru", "bg"):
        return "ru", max(sure, 0.8)
    return code, sure


@cache
def _identifier() -> Any:
    from py3langid.langid import LanguageIdentifier

    return LanguageIdentifier.from_modelpath(str(model_file("text-language")), norm_probs=True)


def _ranked(sentence: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for code, probability in _identifier().rank(sentence.lower())[:8]:
        code = _SAME.get(code, code)
        found[code] = found.get(code, 0.0) + probability
    return found


@cache
def _romanised() -> dict[str, frozenset[str]]:
    said: dict[str, str] = tomllib.loads(files(__package__).joinpath("romanised.toml").read_text("utf-8"))
    return {code: frozenset(words.split()) for code, words in said.items()}


def _latin_only(sentence: str) -> str | None:
    """A language of another script in Latin letters, by its commonest words; None where it is not one."""
    words = _WORD.findall(sentence.lower())
    for code, common in _romanised().items():
        hits = sum(one in common for one in words)
        if hits >= 2 and hits * 4 >= len(words) and len({one for one in words if one in common}) >= 2:
            return code
    return None


def held(code: str | None) -> bool:
    """Does the encoder hold the language?"""
    return code in HELD
