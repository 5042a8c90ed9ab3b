"""Where an address is, and whose network it is in: looked up in the data files of `geoip2fast`, offline.

The files (GeoLite2 data of MaxMind, country and autonomous system, IPv4 and IPv6) are read directly. The package's own
class sets environment variables, starts `ps`, prefers files in the current directory and can download: none of that
has a place here. The file is a pickle; it is read with every class forbidden, so that it can hold nothing but values.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import pickle  # nosec B403
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

from safelight.errors import FormatError
from safelight.reports.identifiers.text import folded, table

_FILE = "geoip2fast-asn-ipv6.dat.gz"
_VERSIONS = (120, 121)
_FIRST_COUNTRY = 16  # what comes before it are reserved networks
_V4 = 1 << 32
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")

Address = IPv4Address | IPv6Address


class Operated(StrEnum):
    """What kind of network it is, where its operator's name tells."""

    HOSTING = "hosting"
    """a data centre, VPN, proxy or Tor: where the address is says nothing about where the person is"""
    MOBILE = "mobile"
    """a mobile carrier: many subscribers behind one address"""
    SCHOOL = "school"
    """a school, university or library: many people behind one address"""


@dataclass(frozen=True, slots=True)
class _Ranges:
    """Networks of one IP version in order: first address (IPv6: its upper 64 bits), prefix length, a number."""

    first: array[int]
    length: array[int]
    number: array[int]
    bits: int

    def find(self, address: int) -> int | None:
        """The number of the network that holds the address (IPv6: its upper 64 bits)."""
        at = bisect_right(self.first, address) - 1
        if at < 0 or address - self.first[at] >= 1 << (self.bits - self.length[at]):
            return None
        return self.number[at]


@dataclass(frozen=True, slots=True)
class _Networks:
    countries: tuple[str | None, ...]
    operators: tuple[str, ...]
    country4: _Ranges
    country6: _Ranges
    operator4: _Ranges
    operator6: _Ranges


def locate(ip: str | Address) -> str | None:
    """The country (alpha-2) in which the address is registered to be used; None where that is not known."""
    address = _address(ip)
    return None if address is None else looked_up(address.version, int(address))[1]


def operator(ip: str | Address) -> str | None:
    """The name of the operator of the address's network (autonomous system), as registered."""
    number = _operator_number(_address(ip))
    return _networks().operators[number] or None if number is not None else None


def looked_up(version: int, number: int) -> tuple[Operated | None, str | None]:
    """What kind of network an address is in, where its operator's name tells, and its country."""
    networks = _networks()
    if version == 4:
        of, country = networks.operator4.find(number), networks.country4.find(number)
    else:
        of, country = networks.operator6.find(number >> 64), networks.country6.find(number >> 64)
    return None if of is None else _kind(of), None if country is None else networks.countries[country]


def _operator_number(address: Address | None) -> int | None:
    if address is None:
        return None
    networks = _networks()
    if address.version == 4:
        return networks.operator4.find(int(address))
    return networks.operator6.find(int(address) >> 64)


def _address(ip: str | Address) -> Address | None:
    if not isinstance(ip, str):
        return ip
    try:
        return ip_address(ip.strip())
    except ValueError:
        return None


@cache
def _kind(number: int) -> Operated | None:
    return kind_of_operator(_networks().operators[number])


def kind_of_operator(name: str) -> Operated | None:
    """What kind of network an operator of this name runs. Hosting before schools before mobile carriers."""
    said = folded(name)
    words = _WORD.findall(said)
    padded = f" {' '.join(words)} "
    for kind in (Operated.HOSTING, Operated.SCHOOL, Operated.MOBILE):
        whole, begins, ends = _words(kind)
        if any(word.startswith(begins) or word.endswith(ends) for word in words) or any(
            f" {one} " in padded for one in whole
        ):
            return kind
    return None


@cache
def _words(kind: Operated) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Whole words, beginnings of words and ends of words that tell the kind."""
    said = [folded(word) for word in table("networks")[kind.value]]
    begins = tuple(word[:-1] for word in said if word.endswith("*"))
    ends = tuple(word[1:] for word in said if word.startswith("*"))
    return tuple(word for word in said if "*" not in word), begins, ends


class _Values(pickle.Unpickler):
    """Reads containers, numbers and texts; anything that would build another object is refused."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} has no place in a table of networks")


@cache
def _networks() -> _Networks:
    """The tables, read once: about half a second, then 15 MB. Raises FormatError where they are not as expected."""
    found = importlib.util.find_spec("geoip2fast")  # finds, does not import
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("geoip2fast, which carries the table of networks, is not installed")
    path = Path(found.submodule_search_locations[0], _FILE)
    try:
        version, _, _, tables = _Values(io.BytesIO(gzip.decompress(path.read_bytes()))).load()
        if version not in _VERSIONS:
            raise ValueError(f"version {version}")
        _, _, countries, operators, first, first_as, country, of_operator, length, length_as = tables
    except (OSError, EOFError, ValueError, TypeError, pickle.UnpicklingError) as error:
        raise FormatError(
            f"The table of networks in {path.name} cannot be read: {error}.", "Install geoip2fast as pinned."
        ) from error
    codes = tuple(
        code if number >= _FIRST_COUNTRY and len(code) == 2 else None
        for number, code in enumerate(name.partition(":")[0] for name in countries)
    )
    country4, country6 = _ranges(_flat(first), _flat(length), _flat(country))
    operator4, operator6 = _ranges(_flat(first_as), _flat(length_as), _flat(of_operator))
    names = tuple("" if name.startswith("<") else str(name) for name in operators)
    return _Networks(codes, names, country4, country6, operator4, operator6)


def _flat(chunks: Iterable[Sequence[int]]) -> list[int]:
    return [one for chunk in chunks for one in chunk]


def _ranges(first: list[int], length: list[int], number: list[int]) -> tuple[_Ranges, _Ranges]:
    """IPv4 and IPv6 apart. Networks smaller than a /64 (a thousandth of them) are left out."""
    split = bisect_right(first, _V4 - 1)
    small = [at for at in range(split, len(first)) if length[at] <= 64]
    four = _Ranges(array("I", first[:split]), array("B", length[:split]), array("I", number[:split]), 32)
    six = _Ranges(
        array("Q", (first[at] >> 64 for at in small)),
        array("B", (length[at] for at in small)),
        array("I", (number[at] for at in small)),
        64,
    )
    return four, six
