"""Names on a named service in a report's words: `the account blue_kite_41 on ExampleChat`, `@anna (Instagram)`.

A name is taken only with the service beside it: one that `providers.toml` knows, one that the report names in a field,
or, behind a word for an account, one that is written like a service (`ExampleChat`). A name of letters only must be
marked as a name, by quotes, an at-sign or a word such as `username:`; any other word before `on Discord` is a verb.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from safelight.reports.identifiers.account import of_provider
from safelight.reports.identifiers.identifier import Identifier
from safelight.reports.identifiers.payment import handle_of
from safelight.reports.identifiers.providers import known, provider_key
from safelight.reports.identifiers.text import table
from safelight.reports.report import Kind, Report

_LONGEST = 40
_PIECES = re.compile(r"[0-9_]+")
_WORD = re.compile(r"[\w.-]*(?:#[0-9]{4})?")
_AT = re.compile(r"(?<![\w.@/])@([^\W_]?[\w.-]{1,40})")
_QUOTED = re.compile("[\"„“«»'‚‘]@?([\\w.-]{3,40})[\"“”«»'’‘]")
_CASHTAG = re.compile(r"(?<![\w$])\$([A-Za-z][\w-]{1,19})(?![\w.,]?[0-9])")
_SERVICE = re.compile(r"[^\W_][\w.'&+-]{0,30}(?: [^\W_][\w.'&+-]{0,30}){0,2}")
_SENTENCE = re.compile(r"[.!?](?=\s)|\n\s*\n")
_TOKENS = re.compile(r"[\w.'’-]+")
_QUOTES = "\"„“”«»'‚‘’"
_JOINING = (".", "-", "#")
_FAR = 80
_HITS = 500


@dataclass(frozen=True, slots=True)
class _Seen:
    """What may be a name: where it stands, and whether the words before must call it one (`9yo`, a quoted word)."""

    start: int
    end: int
    name: str
    called: bool = False
    kind: Kind = Kind.SCREEN_NAME


def names_in(text: str, report: Report) -> Iterator[Identifier | None]:
    """The names of accounts in the text."""
    for number, seen in enumerate(_seen(text)):
        if number == _HITS:
            break
        key = _service_of(text, seen, report)
        service = known(key)
        if key is not None and not (service is not None and service.phone):  # numbers are found as numbers
            yield of_provider(seen.kind, seen.name, key)
    if "$" in text:
        for match in _CASHTAG.finditer(text):
            near = text[max(0, match.start() - 40) : match.end() + 40].lower()
            if "cash app" in near or "cashapp" in near:
                yield handle_of(match[1], "cashapp")


def _seen(text: str) -> Iterator[_Seen]:
    yield from _mixed(text)
    if "@" in text:
        for match in _AT.finditer(text):
            if text[match.end() : match.end() + 1] != "@":
                yield _Seen(match.start(), match.end(), match[1].rstrip(".-"))
    if '"' in text or "„" in text or "“" in text or "«" in text or "‘" in text:
        for match in _QUOTED.finditer(text):
            yield _Seen(match.start(), match.end(), match[1], called=True)
    if ":" in text or "=" in text:
        low = text.lower()
        for words, kind in (("name", Kind.SCREEN_NAME), ("number", Kind.ACCOUNT)):
            for match in (
                _labelled(words).finditer(text) if any(word in low for word in words_of(words)) else ()
            ):
                if kind is Kind.SCREEN_NAME or match[1].isdecimal():
                    yield _Seen(match.start(), match.end(), match[1].rstrip(".-"), kind=kind)


def _mixed(text: str) -> Iterator[_Seen]:
    """Words in which a letter stands beside a digit or an underscore, which no sentence has."""
    done = 0
    for match in _PIECES.finditer(text):
        start, end = match.span()
        if start < done:
            continue
        if not (
            text[start - 1 : start].isalpha() or text[end : end + 1].isalpha() or _joined(text, start, end)
        ):
            continue
        first = start
        while (
            first > done
            and start - first <= _LONGEST
            and (text[first - 1].isalnum() or text[first - 1] in "_.-#")
        ):
            first -= 1
        found = _WORD.match(text, first)
        done = max(end, found.end()) if found is not None else end
        name = text[first:done].strip(".-")
        if text[first - 1 : first] in tuple("@/$") or text[done : done + 1] in tuple("@/"):
            continue  # a part of something longer
        if 3 <= len(name) <= _LONGEST and any(map(str.isalpha, name)) and not _is_file(name.lower()):
            yield _Seen(first, done, name, called="_" not in name and "#" not in name)


def _is_file(name: str) -> bool:
    """Is it a file's name, by its ending or because cameras and programs name them so?"""
    return name.rpartition(".")[2] in words_of("endings") or name.partition("_")[0] in words_of("cameras")


def _joined(text: str, start: int, end: int) -> bool:
    """Is a letter one mark away?"""
    if text[start - 1 : start] in _JOINING and text[max(0, start - 2) : max(0, start - 1)].isalpha():
        return True
    return text[end : end + 1] in _JOINING and text[end + 1 : end + 2].isalpha()


def _service_of(text: str, seen: _Seen, report: Report) -> str | None:
    """The key of the service that stands beside the name: behind it (`on …`, `(…)`), else before it (`… account`)."""
    before = text[max(0, seen.start - _FAR) : seen.start]
    before = _SENTENCE.split(before)[-1]
    words = [word.strip(".'’-") for word in _TOKENS.findall(before)]
    account = any(word.lower().rpartition("-")[2] in words_of("account") for word in words) or any(
        word in before.lower() for word in words_of("name") if " " in word
    )
    sure = account or not seen.called
    match = _on().match(text, seen.end) if sure else None
    if (
        match is not None
        and (key := _first(text[match.end() : match.end() + 100], report, account)) is not None
    ):
        return key
    return _last(words, report) if sure or before.rstrip(" " + _QUOTES).endswith((":", "=")) else None


def _first(behind: str, report: Report, account: bool) -> str | None:
    """The service that a text begins with, the longest name of at most three words."""
    match = _SERVICE.match(behind)
    if match is None:
        return None
    words = match[0].split(" ")
    for count in range(len(words), 0, -1):
        key = _known(" ".join(words[:count]), report)
        if key is not None:
            return key
    alone = words[0].rstrip(".,;:!?'")
    coined = any(map(str.isupper, alone[1:])) and any(map(str.islower, alone)) and alone[0].isupper()
    return provider_key(alone) if account and coined else None


def _last(words: list[str], report: Report) -> str | None:
    """The service named before, with nothing but words for an account and the like between it and the name."""
    between = words_of("between") | words_of("account")
    for at in range(len(words), max(0, len(words) - 7), -1):
        for count in range(min(3, at), 0, -1):
            if (key := _known(" ".join(words[at - count : at]), report)) is not None:
                return key
        word = words[at - 1].lower()
        service, dash, rest = words[at - 1].partition("-")
        if dash and rest.lower() in words_of("account"):  # Instagram-Konto
            return _known(service, report)
        if word not in between:
            break
    return None


def _known(said: str, report: Report) -> str | None:
    """The key of a service that is known, or that the report's fields name."""
    name = said.rstrip(".,;:!?'-")
    if len(name) > 60 or not name:
        return None
    key = provider_key(name)
    if key is None or (key not in _of(report) and known(key) is None):
        return None
    return None if name.lower() in words_of("everyday") and name == name.lower() else key


def _of(report: Report) -> tuple[str | None, ...]:
    return provider_key(report.service), provider_key(report.provider)


@cache
def words_of(name: str) -> frozenset[str]:
    """A list of `in_words.toml`."""
    return frozenset(table("in_words")[name])


@cache
def any_of(name: str) -> str:
    """A pattern of the words of a list, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words_of(name), key=lambda word: (-len(word), word)))


@cache
def _on() -> re.Pattern[str]:
    """What leads from a name to its service."""
    on, app = any_of("on"), any_of("app")
    leads = rf"(?:\([ ]?(?:(?:{on}) )?|(?:{on}) )(?:(?:{app}) )?"
    return re.compile(rf"[{_QUOTES}]?[ ]?(?:,[ ])?{leads}[{_QUOTES}]?", re.IGNORECASE)


@cache
def _labelled(words: str) -> re.Pattern[str]:
    """A word for a name or number, a colon, and what it is."""
    label = rf"(?<!\w)(?:{any_of(words)})[{_QUOTES}]?[ ]?"
    return re.compile(rf"{label}[:=][ ]?[{_QUOTES}]?@?([\w.-]{{3,40}})", re.IGNORECASE)
