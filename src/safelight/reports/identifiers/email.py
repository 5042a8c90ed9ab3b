"""E-mail addresses: one spelling a mailbox.

Rules: RFC 5321 (shape, lengths), RFC 5891/UTS 46 (domains in other scripts), RFC 2142 (mailboxes by function); what a
provider documents about its own addresses (dots, tags, names of one domain) stands in `emails.toml` with its source.
The local part is case-folded though RFC 5321 lets a host distinguish case: no provider in use does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import idna

from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.text import CACHED, LONGEST, folded, table
from safelight.reports.report import Kind, Stated

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z0-9-]*[a-z]){_LABEL}")
_DEFANGED = (
    ("[at]", "@"),
    ("(at)", "@"),
    ("[@]", "@"),
    ("[dot]", "."),
    ("(dot)", "."),
    ("[.]", "."),
    ("hxxp", "http"),
)
_SEPARATORS = str.maketrans("", "", ".-_")


def email(stated: Stated, country: str | None = None) -> Identifier | None:
    """The mailbox. Role and placeholder addresses are shared, disposable ones weak; what is no address is None."""
    return _email(stated.value) if len(stated.value) <= LONGEST else None


@lru_cache(maxsize=CACHED)
def _email(value: str) -> Identifier | None:
    said = _bare(folded(value))
    local, at, domain = said.rpartition("@")
    if not at or not local or len(said) > 320:
        return None
    if local.startswith('"') and local.endswith('"') and len(local) > 2:
        local = local[1:-1]
    name = domain_name(domain)
    if name is None or not 0 < len(local.encode("utf-8", "replace")) <= 64:
        return None
    if not _LOCAL.fullmatch(local if local.isascii() else "".join(c if c.isascii() else "x" for c in local)):
        return None
    local, name = _one_mailbox(local, name)
    local = local.strip(".'")
    if not local:
        return None
    key = f"{local}@{name}"
    known = _known()
    plain = local.translate(_SEPARATORS)
    if plain in known.role or plain.startswith(("noreply", "donotreply")):
        return Identifier(Kind.EMAIL, key, Reach.SHARED, why="a mailbox by function, which many people use")
    if plain in known.placeholder:
        return Identifier(Kind.EMAIL, key, Reach.SHARED, why="a placeholder, not anybody's address")
    if name in known.disposable:
        return Identifier(Kind.EMAIL, key, Reach.WEAK, why="a disposable address that anybody can take again")
    return Identifier(Kind.EMAIL, key)


def domain_name(domain: str) -> str | None:
    """A host name in lower-case ASCII (punycode), at least two labels; None where it is none."""
    domain = domain.rstrip(".")
    if not domain or len(domain) > 253:  # idna takes quadratic time on long labels
        return None
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True, transitional=False).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    domain = domain.lower()
    return domain if len(domain) <= 253 and _DOMAIN.fullmatch(domain) else None


def looks_like_email(value: str) -> bool:
    """Is it worth trying? A cheap look before normalising names that may be addresses."""
    at = value.find("@", 1)
    return 0 < at < 256 and "." in value[at:] and " " not in value.strip()


def _bare(said: str) -> str:
    """Without what mail programs and careful people put around an address."""
    if "<" in said and said.endswith(">"):
        said = said[said.rfind("<") + 1 : -1]
    said = said.removeprefix("mailto:").partition("?")[0] if said.startswith("mailto:") else said
    if "[" in said or "(" in said:
        for armed, plain in _DEFANGED:
            said = said.replace(f" {armed} ", plain).replace(armed, plain)
    return said.strip(" <>,;.'")


def _one_mailbox(local: str, domain: str) -> tuple[str, str]:
    rule = _known().rules.get(domain)
    if rule is None:
        return local, domain
    if rule.tag:
        local = local.partition(rule.tag)[0]
    for character in rule.ignored:
        local = local.replace(character, "")
    for pair in rule.same:
        local = local.replace(pair[0], pair[1])
    return local, rule.domain


@dataclass(frozen=True, slots=True)
class _Rule:
    domain: str
    tag: str
    ignored: str
    same: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    role: frozenset[str]
    placeholder: frozenset[str]
    disposable: frozenset[str]
    rules: dict[str, _Rule]


@cache
def _known() -> _Known:
    said = table("emails")
    rules = {
        domain: _Rule(
            one["domains"][0], one.get("tag", ""), one.get("ignored", ""), tuple(one.get("same", ()))
        )
        for one in said["provider"]
        for domain in one["domains"]
    }
    role = frozenset(name.translate(_SEPARATORS) for name in said["role"])
    return _Known(role, frozenset(said["placeholder"]), frozenset(said["disposable"]), rules)
