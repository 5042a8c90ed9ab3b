"""Name the language of each sentence: unrestricted identification, then script, neighbours, the rest of the report.

Of what is not recognised surely, nothing is claimed: `None`. A language that the encoder lacks must not pass for one
that it holds, since such a text fails in silence.
"""

from __future__ import annotations

import re
import tomllib
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
_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("Cyrl", re.compile("[\u0400-\u04ff]")),
    ("Arab", re.compile("[\u0600-\u06ff]")),
    ("Latn", re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
)
_CYRILLIC = frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "tg", "tt", "mn", "ba", "uz", "bs"})
_UKRAINIAN = re.compile("[іїєґ]", re.IGNORECASE)
_RUSSIAN = re.compile("[ыэъё]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


def languages(sentences: Sequence[str]) -> list[str | None]:
    """The language of each sentence of one report (ISO 639-1), None where it is not known."""
    alone = [identify(one) for one in sentences]
    weight: Counter[str] = Counter()
    for sentence, (code, sure) in zip(sentences, alone, strict=True):
        if code is not None:
            weight[code] += int(letters(sentence) * sure)
    main = weight.most_common(1)[0][0] if weight else None
    return [_settled(one, code, sure, main) for one, (code, sure) in zip(sentences, alone, strict=True)]


def identify(sentence: str) -> tuple[str | None, float]:
    """The language of one sentence by itself, and how sure that is."""
    script, share = _script(sentence)
    if script is None:
        return None, 0.0
    if script in ("zh", "ja", "ko", "th", "hi", "el", "he"):
        return (_indic(sentence) if script == "hi" else script), share
    if letters(sentence) < 3:
        return None, 0.0
    ranked = _ranked(sentence)
    code, sure = max(ranked.items(), key=lambda one: one[1])
    if script == "Latn" and sure < DOUBTFUL and (name := _latin_only(sentence)):
        return (None, 0.0) if name in HELD else (name, 0.9)  # held in its own script only
    for near in _NEAR.get(code, ()):
        if ranked.get(near, 0.0) > 0.12 or (sure < SURE and ranked.get(near, 0.0) > 0.05):
            code, sure = near, sure + ranked[near]
            break
    if script == "Cyrl":
        code, sure = _cyrillic(sentence, code, sure)
    return (code, sure) if sure >= 0.25 else (None, sure)


def _settled(sentence: str, code: str | None, sure: float, main: str | None) -> str | None:
    """Short or doubtful sentences follow the report's main language, where its script is theirs."""
    long = letters(sentence) >= ENOUGH or _script(sentence)[0] not in ("Latn", "Cyrl")
    if code is not None and sure >= SURE and long:
        return code
    if main is not None and (code is None or code != main) and _fits(sentence, main):
        return main
    return code if sure >= 0.4 else None


def _fits(sentence: str, main: str) -> bool:
    script = _script(sentence)[0]
    if script == "Cyrl":
        return main in _CYRILLIC
    if script == "Latn":
        return _script_of(main) == "Latn"
    return script is None or script == _script_of(main)


def _script_of(code: str) -> str:
    if code in ("zh", "ja", "ko", "th", "hi", "el", "he"):
        return code
    if code in _CYRILLIC:
        return "Cyrl"
    return "Arab" if code in ("ar", "fa", "ur", "ps", "ku", "sdh") else "Latn"


def _script(text: str) -> tuple[str | None, float]:
    counts = [(name, len(pattern.findall(text))) for name, pattern in _SCRIPTS]
    total = sum(count for _, count in counts)
    if not total:
        return None, 0.0
    if counts[0][1] * 5 > total:  # kana beside Chinese characters is Japanese
        return "ja", 1.0
    name, most = max(counts, key=lambda one: one[1] * (2.5 if one[0] in ("zh", "ko") else 1))
    return name, most / total


def _indic(sentence: str) -> str:
    ranked = _ranked(sentence)
    return max(
        ("hi", "mr", "ne", "sa"), key=lambda code: ranked.get(code, 0.0) + (0.3 if code == "hi" else 0.0)
    )


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
