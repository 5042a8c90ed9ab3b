"""Ages of children that a sentence tells: with a unit of years, with a word for a child, by class at school.

A number alone is no age, and years alone are none: "for 12 years", "12 years ago" and "sentenced to 12 years" say how
long. Ages from eighteen on are not looked for. Whether the sentence is of now and meant in earnest is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from safelight.reports.scoring.ages import ADULT, Age
from safelight.reports.scoring.told_words import LANGUAGES, folded, number, spaced, table, value, whole

NURSERY = Age(3, 6)
"""Who goes to kindergarten."""
_NEAR = 32
"""Characters before an age in which something may say that it is none."""
_CLASSES = 12


@dataclass(frozen=True, slots=True)
class _Ages:
    """The expressions of one language."""

    any_number: re.Pattern[str]
    years: tuple[re.Pattern[str], ...]
    """With the groups `first` (of a range) and `n`."""
    months: re.Pattern[str]
    words: tuple[tuple[re.Pattern[str], int], ...]
    before: re.Pattern[str]
    """At the end of what stands before an age."""
    after: re.Pattern[str]
    """At the beginning of what stands behind it."""


@dataclass(frozen=True, slots=True)
class _Classes:
    """The same for classes at school."""

    numbered: tuple[tuple[re.Pattern[str], Age], ...]
    """With the group `n`; the ages in the first class."""
    named: tuple[tuple[re.Pattern[str], Age], ...]
    nursery: re.Pattern[str]
    teaching: re.Pattern[str]
    ordinals: tuple[re.Pattern[str], ...]


def told_ages(sentence: str, language: str | None) -> tuple[Age, ...]:
    """Every age below eighteen that the sentence tells of somebody, each once; empty for a language not held here."""
    if language not in LANGUAGES:
        return ()
    text = folded(sentence)
    found = [*_of_years(text, language), *_of_classes(text, language)]
    return tuple(dict.fromkeys(found))


def _of_years(text: str, language: str) -> Iterator[Age]:
    ages = _ages(language)
    for word, years in ages.words:
        if any(_stands(ages, text, one) for one in word.finditer(text)):
            yield Age(years, years)
    if not ages.any_number.search(text):
        return
    for pattern in ages.years:
        for one in pattern.finditer(text):
            most = value(one["n"], language)
            first = value(one["first"], language) if one["first"] else most
            if most is None or first is None or not _stands(ages, text, one):
                continue
            yield Age(min(first, most), max(first, most))
    for one in ages.months.finditer(text):
        count = value(one["n"], language)
        if count is not None and _stands(ages, text, one):
            yield Age(round(count / 12, 2), round(count / 12, 2))


def _stands(ages: _Ages, text: str, one: re.Match[str]) -> bool:
    """Does nothing beside it say that it is a limit, the age of a thing, or a part of a higher number?"""
    if ages.before.search(text, max(0, one.start() - _NEAR), one.start()):
        return False
    return not ages.after.match(text, one.end())


def _of_classes(text: str, language: str) -> Iterator[Age]:
    classes = _classes(language)
    for pattern, age in classes.numbered:
        for one in pattern.finditer(text):
            place = _place(classes, one["n"])
            if place and not _is_taught(classes, text, one) and age.most + place - 1 <= ADULT:
                yield Age(age.least + place - 1, age.most + place - 1)
    for pattern, age in classes.named:
        if any(not _is_taught(classes, text, one) for one in pattern.finditer(text)):
            yield age
    if any(not _is_taught(classes, text, one) for one in classes.nursery.finditer(text)):
        yield NURSERY


def _is_taught(classes: _Classes, text: str, one: re.Match[str]) -> bool:
    return classes.teaching.search(text, max(0, one.start() - _NEAR), one.end() + _NEAR // 2) is not None


def _place(classes: _Classes, said: str) -> int | None:
    digits = re.match(r"\d{1,2}", said)
    if digits:
        made = int(digits[0])
        return made if 1 <= made <= _CLASSES else None
    return next((place for place, one in enumerate(classes.ordinals, start=1) if one.fullmatch(said)), None)


@cache
def _ages(language: str) -> _Ages:
    row = {name: spaced(said) for name, said in table(language, "age").items() if name != "numbers"}
    one, to, years, after = number(language), row["to"], row["years"], row["after"]
    many = rf"(?:(?P<first>{one})(?:[\s-]?(?:{to}|/)[\s-]?|\s?-\s?))?(?P<n>{one})"
    ends = rf"(?=\s*(?:[.,;:!?)\]…]|$|-\s)|\s+(?:{row['and']})(?!\w))"
    begin = "" if language in ("zh", "ja", "ko", "ar") else r"(?<!\w)"
    person = rf"(?<!\w)(?:{row['person']})"
    unless = rf"(?!{row['unless']})" if "unless" in row else ""
    parts: tuple[str, ...] = (
        rf"{many}(?:{row['old']})",
        rf"{begin}(?:{row['open']})\s?{many}(?:{years}|(?![\w%]|-\w))",
        rf"{begin}(?:{row['be']}){many}(?:{years}|{ends})",
        rf"{begin}(?:{row['have']}){many}(?:{years})(?!\w){unless}",
        rf"{person}(?:{row['link']}){many}(?:{years}(?!\w){unless}|{ends})",
        rf"{person}\s\((?:\w{{1,8}}[\s:]\s?)?{many}(?:{years})?\)",
        rf"{person},\s{many}(?:{years})?(?=\s?[,.)]|\s?$)",
    )
    if language in ("zh", "ja", "ko", "hi", "tr"):  # a unit says it there
        parts = parts[:2]
    elif language in ("pl", "ar"):  # a unit has to be there
        parts = (*parts[:2], *parts[3:6])
    tens = rf"(?:{row['tens']})[\s-](?:(?:y|e|et)[\s-])?$|" if "tens" in row else ""
    words = (entry.partition(":") for entry in row.get("words", "").split(_ENTRY) if entry)
    return _Ages(
        re.compile(one),
        tuple(re.compile(part) for part in parts),
        re.compile(rf"(?P<n>{one})(?:{row['months']})"),
        tuple((re.compile(rf"(?<!\w)(?:{word})"), int(age)) for age, _, word in words),
        re.compile(rf"{tens}{begin}(?:{row['before']})$"),
        re.compile(after),
    )


_ENTRY = spaced(" ")
"""What parts the entries of a list in the table, once it is prepared."""


@cache
def _classes(language: str) -> _Classes:
    row = table(language, "grade")
    ordinals = [spaced(one) for one in row["ordinals"].split()]
    end = row["end"]
    figure = r"(?<!\d)(?:1[0-2]|[1-9])(?!\d)"
    word = rf"(?:{'|'.join(sorted(ordinals, key=len, reverse=True))}){end}"
    either = rf"(?P<n>{figure}(?:{row['digit']})|{word})"
    numbered = []
    for expression, least, most in row["school"]:
        said = spaced(expression).replace("<n>", either).replace("<f>", rf"(?P<n>{figure})")
        said = said.replace("<w>", rf"(?P<n>{figure}-?|{'|'.join(ordinals)})-?")
        numbered.append((re.compile(whole(said, language) if language != "ko" else said), Age(least, most)))
    named = []
    for entry in row["names"].split():
        years, _, name = entry.partition(":")
        least, _, most = years.partition("-")
        named.append((re.compile(whole(name, language)), Age(int(least), int(most))))
    return _Classes(
        tuple(numbered),
        tuple(named),
        re.compile(whole(spaced(row["nursery"]), "zh" if language in ("ko", "hi", "ar") else language)),
        re.compile(spaced(row["teaching"])),
        tuple(re.compile(rf"(?:{one}){end}?") for one in ordinals),
    )
