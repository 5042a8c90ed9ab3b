"""The invented world: senders, people with their accounts, carriers' addresses, files. All drawn from the seed."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Final

CARRIERS: Final = ("203.0.113.10", "203.0.113.77", "203.0.113.140")
"""Three carriers' shared addresses: thousands of people each."""
KNOWN: Final = 3_000
"""So many files are on the list of known media."""


def seeded(*parts: object) -> Random:
    """A generator of its own for whatever the parts name: equal parts, equal draws."""
    return Random("|".join(map(str, parts)))  # nosec B311  # why: sample data, to be repeatable


@dataclass(frozen=True, slots=True)
class Provider:
    """A sender of reports; shares are probabilities."""

    name: str
    weight: float
    language: str
    calm: float
    """How often it escalates a report without a child in danger."""
    danger: float
    """How often it escalates one with."""
    ports: bool
    text: float
    viewed: float
    number: int = 0
    kind: str = "provider"
    """`provider`, `hotline`, or `mail`: people who write by themselves."""

    @property
    def host(self) -> str:
        """Its invented host."""
        return f"{self.name.lower().replace(' ', '-')}.example.com"


@dataclass(frozen=True, slots=True)
class Account:
    """One person at one provider, as that provider knows it."""

    provider: Provider
    number: str
    screen_name: str
    email: str | None
    phone: str | None
    device: str | None
    display_name: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who is reported. What providers know of the same person differs, and now and then conflicts."""

    id: str
    language: str
    country: str
    first: str
    last: str
    born: date
    minor: bool
    handle: str
    email: str
    phone: str | None
    device: str
    home: str
    """The address of its own line, IPv6."""
    seed: str = field(repr=False)

    def at(self, provider: Provider) -> Account:
        """Its account there: mostly the same mailbox, handle and device as elsewhere, not always."""
        rng = seeded(self.seed, provider.name)
        other = _handle(rng)
        screen_name = self.handle if rng.random() < 0.6 else other
        if rng.random() < 0.03:
            screen_name = f"user{rng.randrange(10_000)}"
        email = self.email if rng.random() < 0.75 else _mailbox(rng, other)
        return Account(
            provider,
            str(rng.randrange(10**8, 10**10)),
            screen_name,
            email if rng.random() < 0.85 else None,
            self.phone if rng.random() < 0.6 else None,
            self.device if rng.random() < 0.5 else None,
            f"{self.first} {self.last[:1]}." if rng.random() < 0.4 else None,
        )


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is equal for all reports of one seed."""

    seed: str
    providers: tuple[Provider, ...]
    languages: tuple[str, ...]
    weights: tuple[float, ...]
    countries: Mapping[str, tuple[str, ...]]
    names: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    places: Mapping[str, tuple[str, ...]]

    def person(self, number: int, *, language: str | None = None, minor: bool | None = None) -> Person:
        """The person with this number: always the same one for a world."""
        seed = f"{self.seed}|person|{number}|{language}|{minor}"
        rng = seeded(seed)
        spoken = language or rng.choices(self.languages, self.weights)[0]
        first, last = self.names[spoken]
        young = rng.random() < 0.06 if minor is None else minor
        age = rng.randint(12, 17) if young else round(rng.triangular(18, 75, 32))
        handle = _handle(rng)
        country = rng.choice(self.countries[spoken])
        return Person(
            f"P-{number:06d}",
            spoken,
            country,
            rng.choice(first),
            rng.choice(last),
            # The years count from the reports' time, which lies between two birthdays.
            date(2026 - age, 1, 1) + timedelta(days=rng.randrange(300)),
            young,
            handle,
            _mailbox(rng, handle),
            _phone(rng, country),
            # A device in a family now and then has two users.
            _device(self.seed, number - 1 if rng.random() < 0.02 else number),
            _line(rng),
            seed,
        )

    def provider(self, rng: Random, *kinds: str) -> Provider:
        """A sender by its share; only of the kinds, where some are named."""
        among = [one for one in self.providers if not kinds or one.kind in kinds]
        return rng.choices(among, [one.weight for one in among])[0]


def world(seed: int, languages: Mapping[str, float]) -> World:
    """The world of a seed, in which people speak these languages, by weight."""
    said = _said()
    return World(
        f"world|{seed}",
        tuple(Provider(**one, number=number) for number, one in enumerate(said["providers"])),
        tuple(languages),
        tuple(languages.values()),
        {code: tuple(one["countries"]) for code, one in said["languages"].items()},
        {code: (tuple(one["first"]), tuple(one["last"])) for code, one in said["languages"].items()},
        {name: tuple(values) for name, values in said["places"].items()},
    )


def language_weights() -> dict[str, float]:
    """How much is written in which language, in this world."""
    return {code: float(one["weight"]) for code, one in _said()["languages"].items()}


def digests(name: str) -> dict[str, str]:
    """MD5 and SHA-1 of a file that does not exist: digits drawn from its name."""
    drawn = hashlib.sha256(f"invented file {name}".encode()).hexdigest()
    return {"md5": drawn[:32], "sha1": drawn[:20] + drawn[40:60]}


def known_file(number: int) -> str:
    """The name of a file on the list of known media."""
    return f"known {number % KNOWN}"


@cache
def _said() -> dict[str, Any]:
    text = files(__package__).joinpath("world.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _handle(rng: Random) -> str:
    words: Sequence[str] = _said()["places"]["words"]
    mark = rng.choice(("", "_", "."))
    return f"{rng.choice(words)}{mark}{rng.choice(words)}{rng.randrange(1, 9_999)}"


def _mailbox(rng: Random, handle: str) -> str:
    return f"{handle}@{rng.choice(('mail', 'post', 'box'))}.example.{rng.choice(('org', 'com', 'net'))}"


def _line(rng: Random) -> str:
    net, line, host = (rng.randrange(1, 0xFFFF) for _ in range(3))
    return f"2001:db8:{net:x}:{line:x}::{host:x}"


def _device(seed: str, number: int) -> str:
    drawn = hashlib.sha256(f"{seed}|device|{number}".encode()).hexdigest()
    return "-".join((drawn[:8], drawn[8:12], "4" + drawn[13:16], "a" + drawn[17:20], drawn[20:32]))


def _phone(rng: Random, country: str) -> str | None:
    """A number of the ranges that regulators keep free for films; None where we know of none."""
    if rng.random() < 0.4:
        return None
    if country == "GB":  # Ofcom
        return f"+44 7700 900{rng.randrange(1_000):03d}"
    if country in ("US", "CA"):  # NANPA: 555-0100 to 0199
        return (
            f"+1 {rng.choice((212, 312, 415, 617, 713, 206, 305, 416, 604))} 555 01{rng.randrange(100):02d}"
        )
    if country == "DE":  # Bundesnetzagentur
        return f"+49 171 39200{rng.randrange(100):02d}"
    if country == "FR":  # ARCEP
        return f"+33 6 39 98 {rng.randrange(100):02d} {rng.randrange(100):02d}"
    return None
