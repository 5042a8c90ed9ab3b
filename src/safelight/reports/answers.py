"""What a field answers: yes, no, or that it is not known, however it is written.

A field for a yes or no holds words of people: "No known convictions", "nein", "Not stated", "Yes, since 2019". What is
not known is never a yes: on a page it would be a false statement about a named person.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files

_LONGEST = 500
"""Characters of an answer that are looked at; the rest of a longer text tells no more."""
_CLAUSES = re.compile(r"[,;!?()\[\]\n|。，；！？、،؛؟]+(?!\d)|\.(?=\s|$)|\s[-–—]{1,2}\s")
_ASKS = re.compile("[?？؟]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_FEW = 4
"""Words of a clause that says hardly more than one of them."""
_NUMBER = re.compile(r"[\d\s.,-]+")


class Answer(StrEnum):
    """What is answered."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Words:
    """The table of words; `plain`: a plain yes, a plain no."""

    plain: tuple[frozenset[str], frozenset[str]]
    whole: dict[str, Answer]
    denying: frozenset[str]
    denying_anywhere: re.Pattern[str]
    supposing: frozenset[str]
    remote: frozenset[str]
    but: frozenset[str]
    about: dict[str, re.Pattern[str]]


def plainly(said: str | None) -> bool | None:
    """Only a plain yes is a yes, only a plain no a no: for fields that hold nothing else. None for all other texts."""
    if not said or len(said) > _LONGEST:
        return None
    plain_yes, plain_no = _words().plain
    text = " ".join(said.casefold().split())
    return True if text in plain_yes else False if text in plain_no else None


def answer(said: str | None) -> Answer:
    """What a field says that takes a yes, a no, or a text.

    A word of the table decides, alone or before a comma. Of other texts those clauses count that deny nothing: "Lives
    with the child, mother not present" is a yes, "Not a relative, no family relation" a no.
    """
    return _answered(said[:_LONGEST], None) if said else Answer.UNKNOWN


def answer_on(subject: str, said: str | None) -> Answer:
    """As `answer`, where a text is a yes only if it says so: in `convicted` "convicted in 2012", not "see page 3".

    `subject` is one of the table's: `convicted`, `compromised`. What is only supposed, or asked, is not known.
    """
    return _answered(said[:_LONGEST], subject) if said else Answer.UNKNOWN


def affirmed(said: str | None) -> str:
    """The clauses of a text that deny nothing and tell something: "Uncle" of "Uncle, not the father"."""
    return ". ".join(_affirmed(_clauses(_plain(said[:_LONGEST])))) if said else ""


def is_family(said: str | None) -> bool:
    """Does a stated relationship make somebody one of the child's family, or of those who look after it?"""
    return _words().about["family"].search(affirmed(said)) is not None


@lru_cache(maxsize=4096)
def _answered(said: str, subject: str | None) -> Answer:
    words = _words()
    text = _plain(said)
    if (whole := words.whole.get(text)) is not None:
        return whole
    clauses = _clauses(text)
    told = _affirmed(clauses)
    if _NUMBER.fullmatch(text) and not (subject == "convicted" and _YEAR.fullmatch(text)):
        return Answer.UNKNOWN  # a count or an age, of what is not said
    first = words.whole.get(clauses[0]) if clauses else None
    if first is Answer.YES or (first is Answer.NO and not _goes_on(clauses)):
        return first
    if subject is None:
        told = [one for one in told if not _is_remote(one)]
    else:
        asks = _ASKS.search(text) is not None
        certain = [one for one in told if not asks and words.supposing.isdisjoint(_WORD.findall(one))]
        said_so = words.about[subject]
        # A year in the field of convictions is one's, unless something else is denied or supposed beside it.
        told = [one for one in certain if said_so.search(one)] or [
            one
            for one in certain
            if subject == "convicted" and len(certain) == len(clauses) and _YEAR.search(one)
        ]
    if told:
        return Answer.YES
    denied = any(_denies(one) for one in clauses if not _is_word(one))
    return Answer.NO if denied else _of(clauses)


def _of(clauses: list[str]) -> Answer:
    """Of clauses that are all words of the table."""
    found = {_words().whole.get(clause) for clause in clauses}
    return Answer.NO if Answer.NO in found and Answer.YES not in found else Answer.UNKNOWN


def _goes_on(clauses: list[str]) -> bool:
    """Does a "but" follow the answer?"""
    return any((_WORD.findall(clause) or [""])[0] in _words().but for clause in clauses[1:])


def _affirmed(clauses: list[str]) -> list[str]:
    return [one for one in clauses if not _is_word(one) and _WORD.search(one) and not _denies(one)]


def _is_word(clause: str) -> bool:
    """Is it a word of the table, or several: "unknown/not stated"?"""
    whole = _words().whole
    return clause in whole or all(not one or one in whole for one in map(_plain, clause.split("/")))


def _is_remote(clause: str) -> bool:
    """Does a short clause only say that somebody reaches a child from afar?"""
    words = _WORD.findall(clause)
    return len(words) <= _FEW and not _words().remote.isdisjoint(words)


def _denies(clause: str) -> bool:
    words = _words()
    if words.denying_anywhere.search(clause):
        return True
    return any(
        one in words.denying or one.endswith("n't") or one.startswith("n'") for one in _WORD.findall(clause)
    )


def _clauses(text: str) -> list[str]:
    """The parts of a text that deny or affirm for themselves."""
    but = _words().but
    found = []
    for part in _CLAUSES.split(text):
        begin = 0
        for word in _WORD.finditer(part):
            if word[0] in but and word.start() > begin:
                found.append(part[begin : word.start()])
                begin = word.start()
        found.append(part[begin:])
    return [clause for one in found if (clause := one.strip(" \t\r.\"'“”„»«*-–—"))]


def _plain(said: str) -> str:
    return " ".join(said.casefold().replace("’", "'").replace("\n", " | ").split()).strip(" .;,!|")


@cache
def _words() -> _Words:
    said = tomllib.loads(files(__package__).joinpath("answers.toml").read_text(encoding="utf-8"))
    whole: dict[str, Answer] = {}
    for of in Answer:
        listed = _listed(said[of]) + _listed(said.get(f"plain_{of}", ""))
        whole |= {_plain(word) or word: of for word in listed}
    return _Words(
        (_set(said["plain_yes"]), _set(said["plain_no"])),
        whole,
        _set(said["denying"]),
        re.compile("|".join(map(re.escape, _listed(said["denying_anywhere"])))),
        _set(said["supposing"]),
        _set(said["remote"]),
        _set(said["but"]),
        {
            name: _pattern(_set(words), whole_words=name in _WHOLE_WORDS)
            for name, words in said["about"].items()
        },
    )


def _listed(said: str) -> list[str]:
    return [one for part in said.split(",") if (one := part.strip())]


def _set(said: str) -> frozenset[str]:
    return frozenset(map(_plain, _listed(said)))


def _pattern(words: frozenset[str], *, whole_words: bool) -> re.Pattern[str]:
    """The words at the beginning of a word, or as whole ones; those of scripts without spaces anywhere."""
    wide = [re.escape(one) for one in sorted(words) if _WIDE.match(one)]
    spaced = [re.escape(one) for one in sorted(words) if not _WIDE.match(one)]
    end = r"(?![^\W_])" if whole_words else ""
    return re.compile("|".join([rf"(?<![^\W_])(?:{'|'.join(spaced)}){end}", *wide]))


_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WHOLE_WORDS = ("family",)
