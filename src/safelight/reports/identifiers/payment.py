"""Ways to pay: IBAN (ISO 13616, check digits ISO 7064), cards (ISO/IEC 7812, Luhn) and handles of payment services.

A full card number is kept nowhere: the key is the SHA-256 of its digits, and people are shown the first six and last
four (as PCI DSS 3.4 allows). The digest keeps the number out of sight, not secret: there are too few numbers for that.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache, lru_cache

from safelight.reports.identifiers.account import is_default
from safelight.reports.identifiers.email import email, looks_like_email
from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.phone import phone
from safelight.reports.identifiers.providers import known, provider_key
from safelight.reports.identifiers.text import CACHED, LONGEST, folded, table, tidy, western_digits
from safelight.reports.report import Kind, Stated

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"[2-6]\d{12,18}")
_MASKED = re.compile(r"(\d{0,6})[*x•·#.]{3,13}(\d{4})")
_HASHED = re.compile(r"card:[0-9a-f]{64}")
_UPI = re.compile(r"[a-z0-9._-]{2,64}@[a-z]{2,16}")
_BETWEEN = re.compile(r"[\s._-]+")


def payment(stated: Stated, country: str | None = None) -> Identifier | None:
    """`iban:…`, `card:SHA-256`, or `service:handle`. The service is the provider, else the note's `type`."""
    if len(stated.value) > LONGEST:
        return None
    service = stated.provider or stated.note.get("type")
    if service and folded(service[:100]) in _general():
        service = None
    return _payment(stated.value, provider_key(service))


@lru_cache(maxsize=CACHED)
def _payment(value: str, key: str | None) -> Identifier | None:
    said = western_digits(tidy(value))
    low = said.lower()
    if _HASHED.fullmatch(low):
        return Identifier(Kind.PAYMENT, low)
    together = _BETWEEN.sub("", said).upper().removeprefix("IBAN").removeprefix(":")
    if _IBAN.fullmatch(together) and together[:2] in _lengths():
        return _iban(together)
    if _CARD.fullmatch(together) and luhn(together):
        return _card(together)
    masked = _MASKED.fullmatch(low.replace(" ", "").replace("-", "").removeprefix("card:"))
    if masked:
        shown = f"{masked[1]}…{masked[2]}"
        why = "a masked card number, which many cards share"
        return Identifier(Kind.PAYMENT, f"card:{masked[1]}****{masked[2]}", Reach.WEAK, shown, why)
    if said.startswith("$"):
        return handle_of(said[1:], "cashapp")
    return handle_of(said, key)


def handle_of(name: str, key: str | None) -> Identifier | None:
    """The handle, address or number by which a payment service knows its user; a hint where no service is named."""
    if len(name) > LONGEST:
        return None
    said = folded(name).lstrip("@$ ")
    if key is None:
        before, colon, after = said.partition(":")
        if colon and after and (known(before) is not None or before == "upi"):
            key, said = before, after.lstrip("@$ ")
    if not said:
        return None
    if looks_like_email(said) and (address := email(Stated(Kind.EMAIL, said))) is not None:
        said = address.key
    elif key is None and _UPI.fullmatch(said):
        key = (
            "upi"  # a virtual payment address of India's Unified Payments Interface: a bank's name, no domain
        )
    elif said.startswith("+") and (number := phone(Stated(Kind.PHONE, said))) is not None:
        said = number.key
    joined = f"{key}:{said}" if key else said
    if is_default(said):
        return Identifier(Kind.PAYMENT, joined, Reach.SHARED, why="a name that many people are given")
    if key is None:
        return Identifier(Kind.PAYMENT, joined, Reach.WEAK, why="no payment service is named for it")
    return Identifier(Kind.PAYMENT, joined)


def _iban(number: str) -> Identifier:
    country, key = number[:2], f"iban:{number.lower()}"
    shown = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    as_digits = "".join(str(int(c, 36)) for c in number[4:] + number[:4])
    if len(number) == _lengths()[country] and int(as_digits) % 97 == 1:
        return Identifier(Kind.PAYMENT, key, Reach.PERSONAL, shown, country=country)
    return Identifier(Kind.PAYMENT, key, Reach.WEAK, shown, "its check digits are wrong", country)


def _card(digits: str) -> Identifier:
    shown = f"{digits[:6]}…{digits[-4:]}"
    key = f"card:{hashlib.sha256(digits.encode()).hexdigest()}"
    if len(set(digits)) <= 2:
        return Identifier(Kind.PAYMENT, key, Reach.SHARED, shown, "a number for trying out")
    return Identifier(Kind.PAYMENT, key, Reach.PERSONAL, shown)


def luhn(digits: str) -> bool:
    """Is the last of the ASCII digits the right check digit (ISO/IEC 7812-1, annex B)?"""
    total = 0
    for place, character in enumerate(reversed(digits)):
        number = int(character) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


@cache
def _lengths() -> dict[str, int]:
    found: dict[str, int] = table("payments")["iban"]
    return found


@cache
def _general() -> frozenset[str]:
    return frozenset(table("payments")["general"])
