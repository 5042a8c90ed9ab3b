"""Addresses on the web: one spelling a page, and a profile's address as the account it shows.

Rules: RFC 3986 section 6 (case, percent-encoding, dot segments, default port), UTS 46 for host names; mobile hosts,
parameters that only track (`urls.toml`) and the scheme of web pages are folded away. Where `providers.toml` knows the
pattern of a service's profiles, the identifier is that screen name, account, group, number or payment handle, so that
`https://m.example.org/@anna?ref=x` and the screen name `anna` of that service are one. Nothing is ever fetched.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import quote, unquote, urlsplit

from safelight.reports.identifiers.account import of_provider
from safelight.reports.identifiers.email import domain_name, email, looks_like_email
from safelight.reports.identifiers.group import group_of
from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.payment import handle_of
from safelight.reports.identifiers.phone import phone
from safelight.reports.identifiers.providers import Provider, of_host
from safelight.reports.identifiers.text import CACHED, LONGEST, table, tidy
from safelight.reports.report import Kind, Stated

_SCHEME = re.compile(r"([a-z][a-z0-9+-]{0,20})(?:://|:(?!\d{1,5}(?:[/?#]|$)))", re.IGNORECASE | re.ASCII)
_ENCODED = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_AFTER = "/,;'"  # what stands after an address in a text, and the slash that means nothing at its end
_SAFE = "%/:@!$&'()*+,;=~?[]"
_QUOTED = re.compile(rf"[A-Za-z0-9_.~{re.escape(_SAFE)}-]*+")
"""What `quote` would leave as it is."""
_WEB = frozenset({"http", "https"})
_NO_PLACE = frozenset({"data", "blob", "javascript", "file", "about", "content", "cid", "view-source"})
_MOBILE = ("www.", "m.", "mobile.", "wap.", "amp.", "touch.")
_DEFANGED = (
    ("[.]", "."),
    ("(.)", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("[:]", ":"),
    ("[/]", "/"),
    ("[:/]", ":/"),
)


def url(stated: Stated, country: str | None = None) -> Identifier | None:
    """The page, or the account whose profile it is. None where the text is no address of anything."""
    return _url(stated.value) if len(stated.value) <= LONGEST else None


def looks_like_url(value: str) -> bool:
    """Is it worth trying? A cheap look before normalising names that may be addresses of profiles."""
    return "/" in value and (
        "://" in value[:12] or value.startswith("www.") or "." in value.partition("/")[0]
    )


@lru_cache(maxsize=CACHED)
def _url(value: str) -> Identifier | None:
    said = _armed(tidy(value))
    match = _SCHEME.match(said)
    scheme = match[1].lower() if match else "http"
    if scheme in _NO_PLACE or not said:
        return None
    if scheme in ("mailto", "tel"):
        kind = Kind.EMAIL if scheme == "mailto" else Kind.PHONE
        return (email if scheme == "mailto" else phone)(
            Stated(kind, said.partition(":")[2].partition("?")[0])
        )
    if match is None and "/" not in said and looks_like_email(said):
        return email(Stated(Kind.EMAIL, said))
    if match is None:
        said = "http://" + said.lstrip("/")
    elif scheme in _WEB:
        said = f"{scheme}://{said[match.end() :].lstrip('/')}"
    try:
        parts = urlsplit(said)
        host, port = parts.hostname or "", _port(parts.netloc)
    except ValueError:
        return None
    name = _host(host)
    if name is None:
        return _deep_link(scheme, said, match is not None)
    place = _Place(
        name, port, _path(parts.path), _query(parts.query), _fragment(parts.path, parts.fragment), scheme
    )
    service = of_host(name)
    if service is not None and (found := _profile(service, place)) is not None:
        return found
    return _page(place, service)


@dataclass(frozen=True, slots=True)
class _Place:
    host: str
    port: int | None
    path: str
    query: str
    fragment: str
    scheme: str

    def key(self) -> str:
        start = "" if self.scheme in _WEB else f"{self.scheme}://"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        query = f"?{self.query}" if self.query else ""
        return f"{start}{host}{port}{self.path}{query}{self.fragment}"


def _armed(said: str) -> str:
    """Made an address again where somebody made it harmless (`hxxps://example[.]org`)."""
    said = said.strip("<>\"'`,; ")
    if said[:4].lower() == "hxxp":
        said = "http" + said[4:]
    if "[" in said or "(" in said:
        for harmless, plain in _DEFANGED:
            said = said.replace(harmless, plain)
    return said.replace(" ", "%20").replace("\\", "/")


def _port(netloc: str) -> int | None:
    """The port where it is not the usual one. Text that is no port is left out."""
    said = netloc.rpartition(":")[2]
    if not (said.isascii() and said.isdecimal()) or len(said) > 5 or netloc.endswith("]"):
        return None
    return None if int(said) in (0, 80, 443) or int(said) > 65535 else int(said)


def _host(host: str) -> str | None:
    """The host's name without what only says `the mobile page`; an IP address in its normal form."""
    if ":" in host or host.replace(".", "").isdecimal():
        try:
            return str(ipaddress.ip_address(host.partition("%")[0]))
        except ValueError:
            return None
    name = domain_name(host)
    if name is None:
        return None
    for _ in range(2):
        for prefix in _MOBILE:
            if name.startswith(prefix) and name.count(".") > 1:
                name = name[len(prefix) :]
    return name


def _encoded(text: str) -> str:
    """Percent-encoding as RFC 3986 wants it: unreserved characters plain, hexadecimal in capitals, the rest encoded."""

    def one(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    if "%" in text:
        text = _ENCODED.sub(one, text)
    return text if _QUOTED.fullmatch(text) else quote(text, safe=_SAFE, errors="replace")


def _path(path: str) -> str:
    """Dot segments removed (RFC 3986, 5.2.4), no slash at the end."""
    path = _encoded(path)
    if "/." in path:
        kept: list[str] = []
        for part in path.split("/"):
            if part == "..":
                kept = kept[:-1]
            elif part != ".":
                kept.append(part)
        path = "/".join(kept)
    path = path.rstrip(_AFTER)
    return path if not path or path.startswith("/") else "/" + path


def _query(query: str) -> str:
    if not query:
        return ""
    known = _known()
    kept = []
    for pair in (one.rstrip(_AFTER) for one in _encoded(query).split("&")):
        name = pair.partition("=")[0].lower()
        if pair and name not in known.tracking and not name.startswith(known.prefixes):
            kept.append(pair)
    return "&".join(sorted(kept))


def _fragment(path: str, fragment: str) -> str:
    """The fragment only where it is what leads on: pages that route by it (`#/…`), folders of file hosts (`#!id!…`)."""
    if path.strip("/") or not fragment.startswith(("/", "!", "F!", "P!")):
        return ""
    if "!" in fragment[:2]:  # what follows the id is the key, which is not needed to tell folders apart
        return "#" + _encoded("!".join(fragment.split("!")[:2])).rstrip(_AFTER)
    return "#" + _encoded(fragment).rstrip(_AFTER)


def _profile(service: Provider, place: _Place) -> Identifier | None:
    """The account, group, number or handle that the service's patterns see in the address."""
    whole = unquote(place.path, errors="replace") or "/" + unquote(place.fragment, errors="replace")
    asked = f"{whole}?{place.query}"
    shown = place.key()
    if (name := _below(service, place.host)) is not None:
        return _shown(of_provider(Kind.SCREEN_NAME, name, service.key), shown)
    for gives, pattern, hosts in service.patterns:
        if hosts and place.host not in hosts:
            continue
        match = pattern.fullmatch(whole) or (pattern.fullmatch(asked) if place.query else None)
        if match is None or (gives in ("profile", "payment") and match[1].lower() in service.reserved):
            continue
        if gives == "profile":
            return _shown(of_provider(Kind.SCREEN_NAME, match[1], service.key), shown)
        if gives == "account":
            return _shown(of_provider(Kind.ACCOUNT, match[1], service.key), shown)
        if gives == "payment":
            return _shown(handle_of(match[1], service.key), shown)
        if gives == "phone_path":
            number = match[1] if match[1].startswith(("0", "+")) else "+" + match[1]
            return phone(Stated(Kind.PHONE, number), "VN" if service.key == "zalo" else None)
        return _shown(group_of(match[1], service.key), shown)
    return None


def _below(service: Provider, host: str) -> str | None:
    """NAME of `NAME.host` at services that give people a host of their own."""
    name, _, above = host.partition(".")
    if above in service.subdomains and name not in _known().own:
        return name
    return None


def _shown(found: Identifier | None, shown: str) -> Identifier | None:
    if found is None:
        return None
    return Identifier(found.kind, found.key, found.reach, shown, found.why, found.country)


def _page(place: _Place, service: Provider | None) -> Identifier:
    key = place.key()
    if not place.path and not place.query and not place.fragment:
        return Identifier(Kind.URL, key, Reach.SHARED, why="a home page")
    parts = place.path.lower().split("/")
    if len(parts) < 4 and any(part in _known().everybodys for part in parts[1:2]):
        return Identifier(Kind.URL, key, Reach.SHARED, why="a page that every visitor sees")
    if service is not None and not service.shares:
        return Identifier(Kind.URL, key, Reach.WEAK, why="a page of a large service, not a profile")
    return Identifier(Kind.URL, key)


def _deep_link(scheme: str, said: str, has_scheme: bool) -> Identifier | None:
    """Links that open a program (`tg://resolve?domain=…`) and other schemes without a host of the web."""
    if not has_scheme or scheme in _WEB:
        return None
    rest = said.partition(":")[2].lstrip("/")
    if scheme == "tg" and (
        match := re.match(r"resolve/?\?(?:[^#]*&)?domain=([a-z0-9_]{3,40})", rest, re.IGNORECASE)
    ):
        return of_provider(Kind.SCREEN_NAME, match[1], "telegram")
    if scheme == "skype" and rest.partition("?")[0]:
        return of_provider(Kind.SCREEN_NAME, rest.partition("?")[0], "skype")
    if not rest:
        return None
    return Identifier(Kind.URL, f"{scheme}:{_encoded(rest)}", Reach.WEAK, why="an address outside the web")


@dataclass(frozen=True, slots=True)
class _Known:
    tracking: frozenset[str]
    prefixes: tuple[str, ...]
    everybodys: frozenset[str]
    own: frozenset[str]


@cache
def _known() -> _Known:
    said = table("urls")
    return _Known(
        frozenset(said["tracking"]),
        tuple(said["tracking_prefixes"]),
        frozenset(said["everybodys"]),
        frozenset(said["own_subdomains"]),
    )
