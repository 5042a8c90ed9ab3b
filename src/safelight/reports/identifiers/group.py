"""Groups, channels and rooms: per provider, an invite link reduced to its code.

A link to a group (`providers.toml` knows their forms) and its code stated alone give one key, `provider:code`.
"""

from __future__ import annotations

from safelight.reports.identifiers.account import is_default
from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.providers import known, provider_key
from safelight.reports.identifiers.text import LONGEST, folded
from safelight.reports.report import Kind, Stated

_COMMON = frozenset(
    {"general", "chat", "group", "main", "lobby", "room", "public", "teen", "teens", "family", "friends"}
)


def group(stated: Stated, country: str | None = None) -> Identifier | None:
    """The group as `provider:name`; without a provider only a hint. (An address comes through `url`.)"""
    return group_of(stated.value, provider_key(stated.provider))


def group_of(name: str, key: str | None) -> Identifier | None:
    """The group of this name, code or id at the provider with this key (`providers.provider_key`)."""
    if len(name) > LONGEST:
        return None
    said = folded(name)
    if key is None:
        before, colon, after = said.partition(":")
        if colon and after and known(before) is not None:
            key, said = before, after.strip()
    said = said.lstrip("#@+ ")
    if not said:
        return None
    joined = f"{key}:{said}" if key else said
    shown = name if joined != name else None
    if is_default(said) or said in _COMMON:
        return Identifier(Kind.GROUP, joined, Reach.SHARED, shown, "a name that many groups have")
    if key is None:
        return Identifier(Kind.GROUP, joined, Reach.WEAK, shown, "no provider is named for it")
    return Identifier(Kind.GROUP, joined, Reach.PERSONAL, shown)
