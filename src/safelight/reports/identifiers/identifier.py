"""What an identifier in normal form is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum

from safelight.reports.report import Kind, Stated


class Reach(StrEnum):
    """How much it means that two reports share it; `weights.toml` of the links gives each a strength."""

    PERSONAL = "personal"
    """one person's: an account, a device, a personal mailbox, a number"""
    WEAK = "weak"
    """hints at a person: a display name, a handle without its provider, an address in a range"""
    SHARED = "shared"
    """many people's by nature: a role mailbox, carrier NAT, a VPN, Tor, a default handle. Never links."""


@dataclass(frozen=True, slots=True, init=False)
class Identifier:
    """An identifier in normal form. Two with equal `kind` and `key` are the same thing.

    `key` is the normal form (`anna@example.org`, `+4915112345678`, `chatapp:mueller92`), `shown` what people are
    shown where it differs, `why` the reason for a reach below personal.
    """

    kind: Kind
    key: str
    reach: Reach = Reach.PERSONAL
    shown: str | None = None
    why: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2 where the identifier itself tells it (a phone number, an address's network)."""

    def __init__(
        self,
        kind: Kind,
        key: str,
        reach: Reach = Reach.PERSONAL,
        shown: str | None = None,
        why: str | None = None,
        country: str | None = None,
    ) -> None:
        # As of `Stated`: its members are set directly, at half the price of `object.__setattr__`.
        set_kind, set_key, set_reach, set_shown, set_why, set_country = _SET
        set_kind(self, kind)
        set_key(self, key)
        set_reach(self, reach)
        set_shown(self, shown)
        set_why(self, why)
        set_country(self, country)


_SET = tuple(getattr(Identifier, one.name).__set__ for one in fields(Identifier))

Normaliser = Callable[[Stated, str | None], Identifier | None]
"""Takes what is stated and the country assumed for it (alpha-2, None unknown); None: it is no such identifier."""
