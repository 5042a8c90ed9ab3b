"""What the pages of the report desk say, in words: texts of reports, times, weights, roles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from safelight.export import phrases
from safelight.export.desk_weights import signed
from safelight.export.plots import shorten
from safelight.export.text import clean

_HIDDEN = frozenset(("Cc", "Cf", "Co", "Zl", "Zp"))
_JOINERS = "\u200c\u200d"
"""Arabic, Persian, Hindi and many signs are written with them; alone they can neither hide nor reorder anything."""
_BREAK = re.compile(r"\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
_MARKS = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED = re.compile(f"({_MARKS}{{4}}){_MARKS}+")
"""Marks piled on one letter, which would cover the lines above; four of them stay."""

_ROLES = {
    "reported": "reported person or account",
    "recipient": "recipient",
    "victim": "child, or an account of the child",
    "reporter": "who reports",
    "other": "somebody else whom the report names",
}
_TIME = 60
"""Characters of what is stated as a time."""
_KINDS = {
    "email": "e-mail",
    "ip": "IP address",
    "url": "web address",
    "md5": "MD5",
    "sha1": "SHA-1",
    "sha256": "SHA-256",
    "pdq": "PDQ",
    "crypto": "crypto address",
}
_LANGUAGES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
"""By ISO 639-1; the code alone says too little where `uk` may be a country as well."""
_FORMATS = {
    "csv": "a hotline’s CSV",
    "cybertip": "CyberTipline XML",
    "eml": "an e-mail",
    "hotline": "a hotline’s JSON",
    "json": "the JSON that police receive",
    "pdf": "the PDF that police receive",
}
_ACTS = {
    "hold": "taken on",
    "release": "given back",
    "decision": "decided",
    "version": "taken in",
    "cut": "cut from",
    "join": "joined with",
}


def passage(text: str) -> Markup:
    """A free text with its own lines; what could hide or reorder its characters is shown as `⟨U+202E⟩`."""
    lines = _BREAK.split(_STACKED.sub(r"\1⟨…⟩", clean(text)))
    return Markup("\n").join(_shown(line) for line in lines)


def _shown(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(
        f"⟨U+{ord(char):04X}⟩"
        if char != "\t" and char not in _JOINERS and unicodedata.category(char) in _HIDDEN
        else char
        for char in line
    )


def stated(value: object, limit: int = phrases.LONGEST) -> Markup:
    """A value as the report states it, isolated: its direction cannot reorder what stands around it."""
    told = _STACKED.sub(r"\1…", shorten(clean(str(value)), limit))
    return Markup("<bdi>{}</bdi>").format(phrases.name(told))


def moment(value: str | None) -> Markup:
    """A time in ISO 8601 with a zone as `2026-03-01 09:30 UTC`; anything else as it is stated."""
    if not value:
        return Markup("not stated")
    try:
        at = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        if at.tzinfo is None:
            return Markup('{} <span class="source">(no zone stated)</span>').format(
                stated(value.replace("T", " "), _TIME)
            )
        shown = at.astimezone(UTC)
    except (ValueError, OverflowError):
        return stated(value, _TIME)
    return Markup('<span class="nowrap">{} UTC</span>').format(f"{shown:%Y-%m-%d %H:%M}")


def day(value: str) -> Markup:
    """The day (UTC) of one of our own times."""
    return Markup('<span class="nowrap">{}</span>').format(value[:10])


def word(value: str) -> str:
    """A code as words: `access-to-child` as `access to child`."""
    return phrases.name(value.replace("-", " "))


def kind_words(value: str) -> str:
    """What an identifier is, in words."""
    return _KINDS.get(value, word(value))


def language(value: str | None) -> str:
    """A language by its name and code; another text, such as `none`, as it is."""
    if not value:
        return "not told"
    return f"{_LANGUAGES[value]} ({value})" if value in _LANGUAGES else phrases.name(value)


def priority(value: float) -> str:
    """A priority to two digits; never 0 or 1, which would be a certainty."""
    return "below 0.01" if value < 0.005 else "above 0.99" if value >= 0.995 else f"{value:.2f}"


def role(value: str) -> str:
    """A role in words."""
    return _ROLES.get(value, word(value))


def roles(value: Mapping[str, int]) -> str:
    """In which roles an identifier stands, how often: `reported (3), victim (1)`."""
    return ", ".join(f"{word(name)} ({count:,})" for name, count in value.items())


def form(value: str) -> str:
    """A format of reports in words."""
    return _FORMATS.get(value, phrases.name(value))


def act(value: str) -> str:
    """What somebody did, in words."""
    return _ACTS.get(value, word(value))


def share(value: float | None, digits: int = 0) -> str:
    """0..1 in per cent."""
    return "—" if value is None else f"{value:.{digits}%}"


def interval(value: tuple[float, float] | None, digits: int = 0) -> str:
    """The ends of an interval in per cent: `25% to 75%`."""
    return "—" if value is None else f"{value[0]:.{digits}%} to {value[1]:.{digits}%}"


def rest(value: int, noun: str, plural: str = "") -> str:
    """`12 further links`."""
    return phrases.count(value, f"further {noun}", f"further {plural or noun + 's'}")


def details(one: Mapping[str, Any]) -> Markup:
    """What else is stated of an identifier: provider, event, time, port, notes."""
    parts: list[str | Markup] = []
    if one["provider"]:
        parts.append(Markup("at {}").format(stated(one["provider"])))
    if one["event"]:
        parts.append(stated(one["event"]))
    if one["time"]:
        parts.append(moment(one["time"]))
    if one["port"]:
        parts.append(f"port {one['port']}")
    parts += [Markup("{} {}").format(word(name), stated(value)) for name, value in one["note"].items()]
    return Markup(", ").join(parts)


FILTERS: dict[str, Callable[..., Any]] = {
    "passage": passage,
    "stated": stated,
    "moment": moment,
    "day": day,
    "word": word,
    "kind": kind_words,
    "language": language,
    "priority": priority,
    "role": role,
    "roles": roles,
    "act": act,
    "form": form,
    "share": share,
    "interval": interval,
    "rest": rest,
    "details": details,
    "signed": signed,
}
