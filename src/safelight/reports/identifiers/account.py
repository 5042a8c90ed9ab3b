"""Accounts, screen names and display names: what a provider knows its users by, and what they call themselves.

An account id or a screen name means one person only together with its provider: the key is `provider:name`. Without
one it is a hint; so is a display name, always. Names that programs and forms give (`handles.toml`) are many people's.
Letters are folded with NFKC and case folding (UAX #15, UAX #31), which is how providers keep look-alikes apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.phone import phone
from safelight.reports.identifiers.providers import known, provider_key
from safelight.reports.identifiers.text import CACHED, LONGEST, folded, table
from safelight.reports.report import Kind, Stated

_ASIDE = str.maketrans("", "", " .-_()[]{}<>#'\"*/")
_NUMBER = re.compile(r"\+?[\d\s().-]{7,25}")
_DEFAULT = "a name that programs and forms give to many people"


def account(stated: Stated, country: str | None = None) -> Identifier | None:
    """The provider's own id of a user, as `provider:id`."""
    return _named(Kind.ACCOUNT, stated.value, stated.provider)


def screen_name(stated: Stated, country: str | None = None) -> Identifier | None:
    """The name a user chose at a provider, as `provider:name`, without an at-sign before it."""
    return _named(Kind.SCREEN_NAME, stated.value, stated.provider)


def display_name(stated: Stated, country: str | None = None) -> Identifier | None:
    """The name that is shown: not unique anywhere, so it only hints at a person."""
    if len(stated.value) > LONGEST:
        return None
    name = folded(stated.value)
    if not name:
        return None
    shown = stated.value if name != stated.value else None
    if is_default(name):
        return Identifier(Kind.DISPLAY_NAME, name, Reach.SHARED, shown, _DEFAULT)
    return Identifier(Kind.DISPLAY_NAME, name, Reach.WEAK, shown, "a display name is not unique")


def _named(kind: Kind, value: str, provider: str | None) -> Identifier | None:
    return _of_provider(kind, value, provider_key(provider)) if len(value) <= LONGEST else None


def of_provider(kind: Kind, name: str, key: str | None) -> Identifier | None:
    """The identifier `kind` that `name` is at the provider with this key (`providers.provider_key`)."""
    return _of_provider(kind, name, key) if len(name) <= LONGEST else None


@lru_cache(maxsize=CACHED)
def _of_provider(kind: Kind, value: str, key: str | None) -> Identifier | None:
    name = folded(value)
    if key is None:
        before, colon, after = name.partition(":")
        if colon and after and known(before) is not None:
            key, name = before, after.strip()
    name = name.lstrip("@ ")
    service = known(key)
    if service is not None:
        if service.phone:
            name = _as_number(name)
        for character in service.ignored:
            name = name.replace(character, "")
        while key == "discord" and name.endswith("#0"):  # what remained of discriminators
            name = name[:-2].rstrip()
        if kind is Kind.ACCOUNT:
            key = service.accounts_of
    name = name.lstrip("@ ").rstrip()
    if not name:
        return None
    joined = f"{key}:{name}" if key else name
    shown = value if joined != value else None
    if is_default(name) or (kind is Kind.ACCOUNT and name in _known().ids):
        return Identifier(kind, joined, Reach.SHARED, shown, _DEFAULT)
    if key is None:
        return Identifier(kind, joined, Reach.WEAK, shown, "no provider is named for it")
    if not any(c.isalnum() for c in name):
        return Identifier(kind, joined, Reach.WEAK, shown, "it has neither letters nor digits")
    return Identifier(kind, joined, Reach.PERSONAL, shown)


def _as_number(name: str) -> str:
    """Accounts of such services are numbers: in one form, whatever stands around them."""
    local = name.partition("@")[0]  # 4915…@s.whatsapp.net
    if not _NUMBER.fullmatch(local):
        return name
    number = phone(Stated(Kind.PHONE, local if local.startswith(("+", "00")) else f"+{local}"))
    return number.key if number is not None and number.key.startswith("+") else local


def is_default(name: str) -> bool:
    """Is the folded name one that many people have without choosing it?"""
    plain = name.translate(_ASIDE)
    if plain in _known().words:
        return True
    word = plain.rstrip("0123456789")
    return len(plain) - len(word) <= _known().longest_number and word != plain and word in _known().numbered


@dataclass(frozen=True, slots=True)
class _Known:
    words: frozenset[str]
    numbered: frozenset[str]
    ids: frozenset[str]
    longest_number: int


@cache
def _known() -> _Known:
    said = table("handles")

    def plain(names: list[str]) -> frozenset[str]:
        return frozenset(folded(name).translate(_ASIDE) for name in names)

    return _Known(
        plain(said["words"]), plain(said["numbered"]), frozenset(said["ids"]), said["longest_number"]
    )
