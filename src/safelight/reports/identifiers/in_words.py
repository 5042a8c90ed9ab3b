"""Identifiers that stand in a report's words: addresses, numbers, names on a named service, devices, digests.

Hotlines and citizens write them into the text. Nobody says whose they are there, and they may be the writer's own: so
each is a hint, and has no role. Taken is only what its own form or the words beside it make unmistakable, which is left
to the normaliser of its kind (numbering plans, check digits); everything else stays text. Texts are hostile: patterns
are linear, and texts, tries and finds are bounded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache
from itertools import islice

from safelight.reports.identifiers.crypto import crypto
from safelight.reports.identifiers.device import device
from safelight.reports.identifiers.digest import digest_of
from safelight.reports.identifiers.email import email
from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.named_in_words import any_of, names_in, words_of
from safelight.reports.identifiers.normal import normalise
from safelight.reports.identifiers.payment import payment
from safelight.reports.identifiers.phone import phone
from safelight.reports.identifiers.place import Whereabouts
from safelight.reports.identifiers.providers import of_host
from safelight.reports.identifiers.text import table
from safelight.reports.identifiers.url import url
from safelight.reports.report import DIGEST_KINDS, Kind, Report, Role, Stated
from safelight.reports.words import free_texts

LONGEST = 200_000
"""Characters of a report's texts that are looked at."""
MOST = 50
"""Identifiers in the words of one report."""
WHY = "stands in the words; whose it is is not said"
_MOST_A_KIND = 20
_TRIES = 500
"""Candidates of each sort that are tried, so that what only looks like identifiers costs little."""
_CHUNK = 256
"""Characters that are brought into normal form at once: that takes quadratic time on rows of combining marks."""

_ODD = re.compile(
    "[\u00ad\u061c\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f\u0ae6-\u0aef\u0b66-\u0b6f"
    "\u0be6-\u0bef\u0c66-\u0c6f\u0ce6-\u0cef\u0d66-\u0d6f\u0e50-\u0e59\u0ed0-\u0ed9\u0f20-\u0f29\u1040-\u1049\u17e0-\u17e9"
    "\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2070-\u209f\u2460-\u24ff\ufe00-\ufe0f\ufe50-\ufe6b\ufeff"
    "\uff0b\uff0d-\uff19\uff20-\uff3a\uff3f\uff41-\uff5a\U0001d400-\U0001d7ff]"
)
"""What hides or disguises: invisible characters, digits of other scripts, wide and styled letters, no punctuation."""
_HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ud800-\udfff]"
)
_DIGITS = re.compile(r"[0-9]")
_DIGIT = re.compile(r"(?![0-9])\d")
_BLANK = " \t\u00a0\u2009\u202f"
_BETWEEN = rf"[{_BLANK}().\-–/·]{{0,3}}"
_NUMBER = re.compile(rf"(?<![\w+])\+[{_BLANK}(]?[1-9](?:{_BETWEEN}[0-9]){{6,14}}(?![0-9])")
_NUMBER_00 = re.compile(rf"(?<![\w+.,:/-])00[{_BLANK}(]?[1-9](?:{_BETWEEN}[0-9]){{8,14}}(?![0-9])")
_NATIONAL = re.compile(rf"(?<![\w+])\(?[0-9](?:{_BETWEEN}[0-9]){{5,13}}(?![0-9])")
_LAST_GROUP = re.compile(rf"[{_BLANK}/][^{_BLANK}/]*$")
_DATE = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}\.[0-9]{1,2}\.(?:19|20)[0-9]{2}")
_LOCAL = r"(?<![\w.+%/'-])[\w.+%'-]{1,64}"
_EMAIL = re.compile(rf"({_LOCAL})@((?:[\w-]{{1,63}}\.){{1,6}}[\w-]{{2,63}})")
_SPOKEN = re.compile(" at ", re.IGNORECASE)
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u9fff\uac00-\ud7af]")
"""Scripts that put no blank between words."""
_WEB = re.compile(r"(?<![\w@])(?:(?:https?|hxxps?)://|www\.)[^\s<>\"'`|\\^]{3,2000}", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w@./:-])(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,12}/[^\s<>\"'`|\\^]{2,300}", re.IGNORECASE
)
_TRAILING = ".,;:!?…'\"*_”“’»"
_LONG = re.compile(r"(?<!\w)[A-Za-z0-9]{15,110}(?!\w)")
_HEX = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE)
_UUID = re.compile(r"(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])", re.IGNORECASE)
_IMEI = re.compile(
    r"\bimei(?:[ -]?[12])?\b[^\w\n]{0,5}(?:\w{1,8}[^\w\n]{1,3})?([0-9](?:[ /.-]?[0-9]){14})(?![0-9])",
    re.IGNORECASE,
)
_IBAN = re.compile(
    r"\biban\b[^\w\n]{0,5}(?:\w{1,8}[^\w\n]{1,3})?([a-z]{2}[0-9]{2}[a-z0-9 ]{11,45})", re.IGNORECASE
)
_ETHEREUM = re.compile(r"0x[0-9a-fA-F]{40}")
_COINS = frozenset({"btc", "ltc", "doge", "dash", "trx", "xrp", "eth"})
"""Currencies whose addresses hold a checksum."""
_KINDS = {32: Kind.MD5, 40: Kind.SHA1, 64: Kind.SHA256}
_SURE = frozenset({"address", "incident", "phone", "payment", "vehicle"})
"""What tells a country well enough to read a number in its national form."""


def in_words(
    report: Report, stated: Collection[str] | None = None, country: str | None = None
) -> list[Identifier]:
    """What stands in the report's free texts and in none of its fields: weak, at most `MOST`, each once.

    `stated` are the keys that the report's fields give (None: they are made here), `country` (alpha-2) is that of
    numbers in national form, where it is certain (`certain_country`); without it there are none.
    """
    kept: dict[str, Identifier] = {}
    left = LONGEST
    fields, own = stated, None
    for text in free_texts(report):
        if left <= 0 or len(kept) >= MOST:
            break
        cut, left = text[:left], left - len(text)
        for one in _found(cut, report, country):
            if own is None:  # made only where there is something to compare
                own = _organisation(report)
                fields = _stated(report) if fields is None else fields
            if one.key not in kept and one.key not in (fields or ()) and not _is_at(one, own):
                kept[one.key] = Identifier(one.kind, one.key, Reach.WEAK, one.shown, WHY, one.country)
    return list(kept.values())[:MOST]


def certain_country(found: Whereabouts) -> str | None:
    """The country in which numbers without their country's code may be read: stated well, and not contradicted."""
    sure = any(source in _SURE and code == found.country for source, code in found.sources)
    return found.country if sure and not found.conflict else None


def _found(text: str, report: Report, country: str | None) -> Iterator[Identifier]:
    """What a text holds, each sort only where a cheap look shows that there may be one."""
    if not text.isascii() and _ODD.search(text):
        text = _undisguised(text)
    if "\n" in text and (end := _closing().search(text)) is not None:
        text = _without_signature(text, end)
    if "@" in text:
        yield from _some(_emails(text))
    if "(" in text or "[" in text or "{" in text or " dot " in text:
        yield from _some(_spelled_emails(text))
    if "/" in text or "www." in text:
        yield from _some(_pages(text))
    yield from _some(names_in(text, report))
    if _DIGITS.search(text) is None:
        return
    if "+" in text or "00" in text or country is not None:
        yield from _some(_numbers(text, country))
    if any(map(_DIGITS.search, [word for word in text.split() if len(word) >= 15])):
        yield from _some(_long_words(text))
        yield from _some(_uuids(text))
    low = text.lower()
    if "imei" in low or "iban" in low:
        yield from _some(_named_numbers(text))


def _some(found: Iterator[Identifier | None]) -> Iterator[Identifier]:
    """Those that mean one person, or one thing, as far as their form tells; each once, a few of a sort."""
    seen: set[str] = set()
    for one in islice(found, _TRIES):
        if one is not None and one.reach is Reach.PERSONAL and one.key not in seen:
            seen.add(one.key)
            yield one
            if len(seen) == _MOST_A_KIND:
                break


def _undisguised(text: str) -> str:
    """Compatibility forms folded, invisible characters gone, digits of all scripts as 0-9; lines stay."""
    parts = [unicodedata.normalize("NFKC", text[at : at + _CHUNK]) for at in range(0, len(text), _CHUNK)]
    plain = _HIDDEN.sub("", "".join(parts)[:LONGEST])
    return _DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), plain)


@cache
def _closing() -> re.Pattern[str]:
    return re.compile(
        rf"\n[ \t]{{0,5}}(?:-- ?\n|(?:{any_of('closings')})[ \t,.!]{{0,3}}(?:\n|$))", re.IGNORECASE
    )


def _without_signature(text: str, end: re.Match[str]) -> str:
    """Without the lines below a letter's closing: whose they are is clear. What is quoted below them stays."""
    kept, at = [], 0
    for _ in range(50):
        kept.append(text[at : end.start()])
        at = end.end() + 500
        below = text[end.end() : at]
        quoted = min(
            (place for mark in ("\n---", "\n___", "\n>", "\n\n\n") if (place := below.find(mark)) >= 0),
            default=-1,
        )
        at = end.end() + quoted if quoted >= 0 else at
        found = _closing().search(text, at)
        if found is None:
            break
        end = found
    return "\n".join((*kept, text[at:]))


def _emails(text: str) -> Iterator[Identifier | None]:
    for match in _EMAIL.finditer(text):
        before = text[max(0, match.start() - 16) : match.start()].lower().rstrip(" <")
        if not before.endswith(("cid:", "message-id:", "in-reply-to:", "references:")):
            yield _email(match[1], match[2])


def _spelled_emails(text: str) -> Iterator[Identifier | None]:
    """Each at-sign that is spelled: in brackets, or as a word where the full stops are words as well."""
    at, name, rest = _spelled()
    bracketed = at.finditer(text) if "(" in text or "[" in text or "{" in text else iter(())
    spoken = _SPOKEN.finditer(text) if " dot " in text else iter(())
    for sign in (*islice(bracketed, _TRIES), *islice(spoken, _TRIES)):
        local = name.search(text[max(0, sign.start() - 66) : sign.start()].rstrip(_BLANK))
        domain = rest.match(text, sign.end())
        if local is not None and domain is not None and (sign[0] != " at " or " dot " in domain[0]):
            yield _email(local[0], ".".join(re.findall(r"[\w-]+", _dots().sub(".", domain[0]))))


def _email(local: str, domain: str) -> Identifier | None:
    if not local.isascii():  # a sentence in such a script runs up to the address
        local = _UNSPACED.split(local)[-1] or local
    if not domain.isascii():
        last = domain.rpartition(".")[2]
        if last[:2].isascii() and (wide := _UNSPACED.search(last)) is not None:
            domain = domain[: len(domain) - len(last) + wide.start()]
    if domain.rpartition(".")[2].lower() in words_of("endings"):
        return None
    found = email(Stated(Kind.EMAIL, local.strip(".'-") + "@" + domain))
    if found is not None and found.reach is Reach.WEAK:  # disposable: a hint like all others here
        return Identifier(found.kind, found.key)
    return found


@cache
def _spelled() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """An at-sign that is spelled, in brackets; the name before it and the domain behind."""
    at = rf"[\[({{][{_BLANK}]?(?:{'|'.join(table('in_words')['at'])})[{_BLANK}]?[\])}}][{_BLANK}]?"
    domain = rf"(?:[\w-]{{1,63}}{_dots().pattern}){{1,6}}[\w-]{{2,63}}"
    return (
        re.compile(at, re.IGNORECASE),
        re.compile(r"(?<![\w.+%/'-])[\w.+%'-]{1,64}$"),
        re.compile(domain, re.IGNORECASE),
    )


@cache
def _dots() -> re.Pattern[str]:
    dot = "|".join(table("in_words")["dot"])
    bracketed = rf"[{_BLANK}]?[\[({{][{_BLANK}]?(?:{dot})[{_BLANK}]?[\])}}][{_BLANK}]?"
    return re.compile(rf"(?:\.|{bracketed}| dot )", re.IGNORECASE)


def _pages(text: str) -> Iterator[Identifier | None]:
    for match in _WEB.finditer(text):
        yield _page(match[0])
    for match in _BARE.finditer(text):
        host = match[0].partition("/")[0].lower()
        if of_host(host) is not None:  # without a scheme only where it cannot be two words with a slash
            yield _page(match[0])


def _page(said: str) -> Identifier | None:
    said = said.rstrip(_TRAILING)
    for opened, closed in ("()", "[]", "{}"):
        if said.endswith(closed) and opened not in said:
            said = said.rstrip(closed + _TRAILING)
    return url(Stated(Kind.URL, said))


def _numbers(text: str, country: str | None) -> Iterator[Identifier | None]:
    for pattern, sign in ((_NUMBER, "+"), (_NUMBER_00, "00")):
        for match in pattern.finditer(text) if sign in text else ():
            zone = text[max(0, match.start() - 5) : match.start()].upper()
            if "UTC" not in zone and "GMT" not in zone and not _DATE.search(match[0]):
                yield _number(match[0], None)
    for match in _NATIONAL.finditer(text) if country is not None else ():
        before = text[max(0, match.start() - 45) : match.start()].rpartition("\n")[2]
        near = _beside("phone").search(before) is not None and not _DATE.search(match[0])
        found = _number(match[0], country) if near else None
        yield found if found is not None and found.country == country else None


def _number(said: str, country: str | None) -> Identifier | None:
    """The number, without the groups of digits behind it that make it none."""
    found = None
    for _ in range(3):
        found = phone(Stated(Kind.PHONE, said), country)
        if (found is not None and found.reach is Reach.PERSONAL) or _LAST_GROUP.search(said) is None:
            break
        said = _LAST_GROUP.sub("", said)
    return found


def _long_words(text: str) -> Iterator[Identifier | None]:
    for match in _LONG.finditer(text):
        word = match[0]
        near = text[max(0, match.start() - 60) : match.start()] + " " + text[match.end() : match.end() + 15]
        if _HEX.fullmatch(word):
            if _beside("file").search(near):
                yield digest_of(_KINDS[len(word)], word)
        elif len(word) >= 25:
            yield _coin(word)
        if word[2:4].isdecimal() and word[:2].isalpha() and word.isupper():
            yield _iban(word)


def _coin(word: str) -> Identifier | None:
    if _ETHEREUM.fullmatch(word) and word[2:] in (word[2:].lower(), word[2:].upper()):
        return None  # in one case it holds no checksum
    found = crypto(Stated(Kind.CRYPTO, word))
    return found if found is not None and found.key.partition(":")[0] in _COINS else None


def _uuids(text: str) -> Iterator[Identifier | None]:
    for match in _UUID.finditer(text):
        near = text[max(0, match.start() - 60) : match.start()] + " " + text[match.end() : match.end() + 25]
        if _beside("device").search(near):
            yield device(Stated(Kind.DEVICE, match[0], note={"type": "uuid"}))


def _named_numbers(text: str) -> Iterator[Identifier | None]:
    for match in _IMEI.finditer(text):
        yield device(Stated(Kind.DEVICE, "".join(filter(str.isdecimal, match[1])), note={"type": "imei"}))
    for match in _IBAN.finditer(text):
        yield _iban(match[1])


def _iban(said: str) -> Identifier | None:
    """The account's number, as long as its country has them."""
    together = said.replace(" ", "").upper()
    length = table("payments")["iban"].get(together[:2])
    return payment(Stated(Kind.PAYMENT, together[:length])) if length and len(together) >= length else None


@cache
def _beside(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{any_of(words)})(?!\w)", re.IGNORECASE)


def _stated(report: Report) -> frozenset[str]:
    """The keys of what stands in fields, whoever's it is."""
    fields = [one for party in report.parties for one in party.identifiers]
    fields += [one for file in report.files for one in file.identifiers]
    found = set()
    for one in (*fields, *report.groups):
        for service in (one.provider,) if one.provider else (None, report.service, report.provider):
            normal = normalise(Stated(one.kind, one.value, service, one.time, one.port, one.event, one.note))
            if normal is not None:
                found.add(normal.key)
    for file in report.files:
        for name, value in file.digests.items():
            digest = digest_of(DIGEST_KINDS[name], value) if name in DIGEST_KINDS else None
            if digest is not None:
                found.add(digest.key)
    return frozenset(found)


def _organisation(report: Report) -> frozenset[str]:
    """Domains that are the sender's own: a reporter's mailbox by function shows them to be no person's."""
    found = set()
    for party in report.parties:
        for one in party.identifiers if party.role is Role.REPORTER else ():
            mailbox = email(one) if one.kind is Kind.EMAIL else None
            if mailbox is not None:
                name, _, host = mailbox.key.rpartition("@")
                if (mailbox.reach is Reach.SHARED or name in words_of("desks")) and of_host(host) is None:
                    found.add(host)
    return frozenset(found)


def _is_at(one: Identifier, domains: Collection[str]) -> bool:
    """Is it a mailbox or a page at one of the domains?"""
    if one.kind is Kind.EMAIL:
        return one.key.rpartition("@")[2] in domains
    return one.kind is Kind.URL and one.key.partition("/")[0] in domains
