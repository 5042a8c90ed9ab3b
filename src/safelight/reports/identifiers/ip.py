"""IP addresses. An address alone links nobody: a time, and for IPv4 the source port, make it somebody's.

Carriers put thousands of subscribers behind one IPv4 address (RFC 6269 names the port and the exact time as what tells
them apart), so the key is `address|port|hour`. An IPv6 subscriber has a /64 prefix for a while (RFC 6177, RFC 8981):
the key is the prefix and the day. Ranges that are nobody's: RFC 6890 and what updates it. Documentation ranges
(RFC 5737, RFC 3849) count as public, so that invented reports behave like real ones.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import AF_INET, inet_pton

from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.networks import Address, Operated, looked_up
from safelight.reports.identifiers.text import CACHED, tidy, western_digits
from safelight.reports.report import Kind, Stated

_LONGEST = 200
_TRUE = frozenset({"true", "1", "yes", "y"})
_PADDED = re.compile(r"\d{3}(?:\.\d{3}){3}")
_WITH_PORT = re.compile(
    r"(\d{1,3}(?:\.\d{1,3}){3})[:#](\d{1,5})|\[([0-9a-fA-F:.]{2,45})(?:%[\w.-]{1,20})?\](?::(\d{1,5}))?"
)
_HOUR = re.compile(r"\d{4}-\d\d-\d\dT\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EPOCH = re.compile(r"(\d{10})(\d{3})?(?:\.\d{1,9})?")
_RESERVED = (
    ("0.0.0.0/8", "an address that means no host"),
    ("10.0.0.0/8", "a private address, used in many networks"),
    ("100.64.0.0/10", "an address inside a carrier, shared by its customers"),
    ("127.0.0.0/8", "the computer itself"),
    ("169.254.0.0/16", "an address that a device gives itself"),
    ("172.16.0.0/12", "a private address, used in many networks"),
    ("192.0.0.0/24", "a reserved address"),
    ("192.88.99.0/24", "a relay"),
    ("192.168.0.0/16", "a private address, used in many networks"),
    ("198.18.0.0/15", "a reserved address"),
    ("224.0.0.0/4", "a multicast address"),
    ("240.0.0.0/4", "a reserved address"),
    ("::/127", "an address that means no host"),
    ("64:ff9b::/96", "a translator's address"),
    ("100::/64", "a reserved address"),
    ("2001::/32", "a tunnel's address"),
    ("fc00::/7", "a private address, used in many networks"),
    ("fe80::/10", "an address that a device gives itself"),
    ("ff00::/8", "a multicast address"),
)


def ip(stated: Stated, country: str | None = None) -> Identifier | None:
    """The address with its hour and port (IPv4) or its prefix and day (IPv6), as far as they are stated."""
    value = stated.value
    if len(value) > _LONGEST:
        return None
    if "|" in value:
        return _from_key(value)
    found = _host(value)
    if found is None:
        return None
    host, port = found
    port = stated.port if stated.port is not None else port
    moment, zoned = _moment(stated.time)
    proxy = "proxy" in stated.note and stated.note["proxy"].strip().casefold() in _TRUE
    return _made(host, port if port and 0 < port < 65536 else None, moment, zoned, proxy)


def _made(
    host: _Host, port: int | None, moment: datetime | None, zoned: bool, proxy: bool = False
) -> Identifier:
    text, kind, country = host.text, host.kind, host.country
    if host.reserved is not None:
        return Identifier(Kind.IP, text, Reach.SHARED, why=host.reserved)
    if proxy:
        return Identifier(Kind.IP, text, Reach.SHARED, why="a proxy or VPN, as the provider states")
    if kind is Operated.HOSTING:
        return Identifier(Kind.IP, text, Reach.SHARED, why="an address of a data centre, VPN or proxy")
    if moment is None:
        why = "an address without a time is many people's"
        return Identifier(Kind.IP, text, Reach.SHARED, why=why, country=country)
    said = "" if zoned else "; the time has no zone and is taken as UTC"
    if host.prefix is not None:
        day = moment.date().isoformat()
        why = f"a subscriber's prefix on one day{said}"
        return Identifier(Kind.IP, f"{host.prefix}|{day}", Reach.WEAK, f"{text}, {day}", why, country)
    hour = moment.isoformat()[:13]
    if port is None:
        key, shown = f"{text}||{hour}", f"{text}, {hour}"
        if kind is not None:
            why = "a network of many people, and no port is stated"
            return Identifier(Kind.IP, key, Reach.SHARED, shown, why, country)
        why = f"no port is stated, so it may be several people's{said}"
        return Identifier(Kind.IP, key, Reach.WEAK, shown, why, country)
    key, shown = f"{text}|{port}|{hour}", f"{text}:{port}, {hour}"
    if kind is Operated.SCHOOL:
        why = f"a school's or university's network{said}"
        return Identifier(Kind.IP, key, Reach.WEAK, shown, why, country)
    reach = Reach.PERSONAL if zoned else Reach.WEAK
    return Identifier(Kind.IP, key, reach, shown, said[2:] or None, country)


def _from_key(value: str) -> Identifier | None:
    """A key as it stands, as `_made` wrote it."""
    parts = [part.strip() for part in value.split("|")]
    prefix, _, length = parts[0].partition("/")
    found = _host(prefix)
    if found is None or len(parts) not in (2, 3) or length not in ("", "64"):
        return None
    pattern = _HOUR if found[0].prefix is None else _DAY
    moment = _moment(parts[-1])[0] if pattern.fullmatch(parts[-1]) else None
    number = parts[1] if len(parts) == 3 else ""
    port = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else None
    return _made(found[0], port, moment, True)


@dataclass(frozen=True, slots=True)
class _Host:
    """An address in its usual spelling, with all that does not depend on the time and port."""

    text: str
    prefix: str | None
    """The /64 of an IPv6 address."""
    reserved: str | None
    """Why it is nobody's; None: it is somebody's."""
    kind: Operated | None
    country: str | None


@lru_cache(maxsize=CACHED)
def _host(value: str) -> tuple[_Host, int | None] | None:
    """The address that a text holds, and the port beside it."""
    said = value.strip() if value.isascii() else western_digits(tidy(value))
    try:  # four decimal numbers, as nearly all are: the strict reading of POSIX takes what `ipaddress` takes
        number = int.from_bytes(inet_pton(AF_INET, said), "big")
    except (OSError, ValueError):
        pass
    else:
        return _known(4, number, said, None), None
    found = _address(said)
    if found is None:
        return None
    address, port = found
    number = int(address)
    if address.version == 4:
        return _known(4, number, str(address), None), port
    prefix = f"{IPv6Address(number >> 64 << 64)}/64"
    return _known(6, number, str(address), prefix), port


def _known(version: int, number: int, text: str, prefix: str | None) -> _Host:
    """What is known of an address: why it is nobody's, the kind of its network, its country."""
    starts, ends, whys = _ranges()[version]
    at = bisect_right(starts, number) - 1
    if at >= 0 and number <= ends[at]:
        return _Host(text, prefix, whys[at], None, None)
    return _Host(text, prefix, None, *looked_up(version, number))


@cache
def _ranges() -> dict[int, tuple[list[int], list[int], list[str]]]:
    """Beginnings, ends and reasons of the reserved ranges in order, by IP version."""
    found: dict[int, tuple[list[int], list[int], list[str]]] = {4: ([], [], []), 6: ([], [], [])}
    networks = sorted(((ip_network(text), why) for text, why in _RESERVED), key=lambda one: int(one[0][0]))
    for network, why in networks:
        starts, ends, whys = found[network.version]
        starts.append(int(network.network_address))
        ends.append(int(network.broadcast_address))
        whys.append(why)
    return found


def _address(said: str) -> tuple[Address, int | None] | None:
    if "[.]" in said:
        said = said.replace("[.]", ".")
    port = None
    if match := _WITH_PORT.fullmatch(said):
        said = match[1] or match[3]
        port = int(match[2] or match[4] or 0) or None
    elif _PADDED.fullmatch(
        said
    ):  # zeros that fill up to three digits are decimal where every group is filled
        said = ".".join(str(int(group)) for group in said.split("."))
    try:
        address: Address = ip_address(said.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = _inner(address)
    return address, port


def _inner(address: IPv6Address) -> Address:
    """The IPv4 address inside an IPv6 one that only wraps it (mapped, 6to4)."""
    inner: IPv4Address | None = address.ipv4_mapped or address.sixtofour
    return address if inner is None else inner


def _moment(stated: str | None) -> tuple[datetime | None, bool]:
    """The stated time in UTC, and whether its zone was stated. None where it is no time, or only a day."""
    if not stated or not 10 <= len(stated) <= 60:
        return None, False
    said = stated.strip()
    if said[4:5].isdecimal() and (match := _EPOCH.fullmatch(said)):
        return datetime.fromtimestamp(int(match[1]), UTC), True
    utc = said[-3:].upper() in ("UTC", "GMT")
    try:
        made = datetime.fromisoformat(said[:-3].strip() if utc else said)
        if made.tzinfo is not None:
            return made.astimezone(UTC), True
        return made.replace(tzinfo=UTC), utc
    except (ValueError, OverflowError):
        return None, False
