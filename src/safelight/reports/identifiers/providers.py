"""Which service a report means: one key for every name, product, company form and host in `providers.toml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from safelight.reports.identifiers.text import CACHED, folded, table

_LONGEST = 300
_LEGAL = frozenset(
    re.findall(
        r"\w+",
        "inc llc llp ltd limited corp corporation co company gmbh mbh ag kg se bv nv plc sa sas sarl srl spa"
        " oy oyj ab as aps pte pty kk pbc lp holdings ооо ао",
    )
)
"""Forms of companies, which say nothing about which one it is."""
_ENDINGS = re.compile(r"\.(?:com|net|org|io|app|co|me|tv|gg|im|chat|live|social|example)")
_PARTS = re.compile(r"[/|()\[\]–—]| - ")
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Provider:
    """A service that is known: its hosts' addresses tell whose profile they are."""

    key: str
    accounts_of: str
    phone: bool
    """Accounts are telephone numbers."""
    shares: bool
    """Addresses there that are no profile are somebody's files."""
    patterns: tuple[tuple[str, re.Pattern[str], frozenset[str]], ...]
    """What it gives (`account`, `profile` …), the path's pattern, the hosts it holds for (none: all)."""
    subdomains: frozenset[str]
    """Hosts below which a name stands for a profile."""
    reserved: frozenset[str]
    ignored: str
    """Characters in names that the service does not count."""


def provider_key(name: str | None) -> str | None:
    """One key a service: `Facebook, Inc.`, `facebook.com` and `FB` are `facebook`. None where nothing is named."""
    return _key(name) if name and len(name) <= _LONGEST else None


@lru_cache(maxsize=CACHED)
def _key(name: str) -> str | None:
    said = folded(name)
    if "." in said and " " not in said.strip():
        host = said.rpartition("://")[2].partition("/")[0].removeprefix("www.").removeprefix("m.")
        if (known := of_host(host)) is not None:
            return known.key
        said = _ENDINGS.sub("", host) if _ENDINGS.search(host[-8:]) else said
    words = _WORDS.findall(said)
    for kept in (words, _without_legal(words)):
        joined = "".join(kept)
        if joined in _names():
            return _names()[joined]
    for part in _PARTS.split(said):  # `Twitter, Inc. / Vine.co`, `Google - Gmail`, `Kik (MediaLab)`
        joined = "".join(_without_legal(_WORDS.findall(part)))
        if joined in _names():
            return _names()[joined]
    return "".join(_without_legal(words)) or None


def _without_legal(words: list[str]) -> list[str]:
    end = len(words)
    while end > 1 and words[end - 1] in _LEGAL:
        end -= 1
    return words[:end]


def of_host(host: str) -> Provider | None:
    """The service that a host, or a domain above it, belongs to."""
    hosts = _hosts()
    while host:
        if host in hosts:
            return hosts[host]
        host = host.partition(".")[2]
    return None


def known(key: str | None) -> Provider | None:
    """The service of a key, where it is in the table."""
    return _providers().get(key) if key else None


@cache
def _providers() -> dict[str, Provider]:
    return {key: _provider(key, said) for key, said in table("providers").items()}


def _provider(key: str, said: dict[str, Any]) -> Provider:
    patterns = []
    for gives in ("account", "phone_path", "group", "payment", "profile"):
        only = frozenset(said.get(f"{gives}_hosts", ()))
        # A group's short form holds at its own host only; the others of a kind hold everywhere.
        for number, pattern in enumerate(said.get(gives, ())):
            last = number == len(said[gives]) - 1
            patterns.append(
                (gives, re.compile(pattern, re.IGNORECASE | re.ASCII), only if last else frozenset[str]())
            )
    below = said.get("subdomain_hosts", said["hosts"]) if said.get("subdomain") else ()
    return Provider(
        key,
        said.get("accounts_of", key),
        said.get("phone", False),
        said.get("shares", False),
        tuple(patterns),
        frozenset(below),
        frozenset(said.get("reserved", ())),
        said.get("ignored", ""),
    )


@cache
def _hosts() -> dict[str, Provider]:
    return {host: _providers()[key] for key, said in table("providers").items() for host in said["hosts"]}


@cache
def _names() -> dict[str, str]:
    """Every name, letters and digits only, to the key."""
    found = {}
    for key, said in table("providers").items():
        for name in (key, *said["names"]):
            found["".join(_WORDS.findall(folded(name)))] = key
    return found
