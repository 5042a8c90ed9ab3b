"""Devices: IMEI and MEID, IMSI and ICCID, MAC, UUIDs of advertising and installations, Android ids, UDIDs, serials.

The key is `class:value`; the class comes from the value's form where that is unmistakable, else from the stated type,
so that one id stated under two names is one. Sources: 3GPP TS 23.003 (IMEI, IMSI), ITU-T E.118 (ICCID), IEEE 802
(MAC: a locally administered address may be random), RFC 9562 (UUID). A model or a user agent is no device.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.payment import luhn
from safelight.reports.identifiers.text import CACHED, LONGEST, folded, table, tidy, western_digits
from safelight.reports.report import Kind, Stated

_UUID = re.compile(r"\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?")
_DASHED = re.compile(r"\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?")
_MAC = re.compile(r"[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}")
_HEX = re.compile(r"[0-9a-f]+")
_UDID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{8}-[0-9a-f]{16}")
_SERIAL = re.compile(r"[A-Z0-9]{5,40}")
_LABEL = re.compile(r"([a-z][a-z0-9 _-]{0,30}?)\s*[:=]\s*(.+)")
_WRONG = "its check digit is wrong"


def device(stated: Stated, country: str | None = None) -> Identifier | None:
    """The device id as `class:value`; the note's `type` says what it is where its form does not."""
    if len(stated.value) > LONGEST:
        return None
    return _device(stated.value, _class_of(stated.note.get("type", "")[:100]))


@lru_cache(maxsize=CACHED)
def _device(value: str, of_class: str) -> Identifier | None:
    said = western_digits(tidy(value)).lower()
    label = _LABEL.fullmatch(said)
    if label is not None and (named := _class_of(label[1])):
        of_class, said = named, label[2].strip()
    if not any(c.isalnum() for c in said):
        return None
    if of_class == "model":
        return _model(said)
    together = re.sub(r"[\s:./_-]+", "", said)
    if _DASHED.fullmatch(said) or (of_class == "uuid" and _UUID.fullmatch(said)):
        match = _UUID.fullmatch(said)
        return _found("uuid", "-".join(match.groups())) if match else None
    if _MAC.fullmatch(said) or (of_class == "mac" and len(together) == 12 and _HEX.fullmatch(together)):
        return _mac(together)
    if _UDID.fullmatch(said) or _UDID.fullmatch(together):
        return _found("udid", together)
    if together.isdecimal() and (found := _number(together, of_class)) is not None:
        return found
    if of_class == "meid" and len(together) in (14, 15) and _HEX.fullmatch(together[:14]):
        return _found("meid", together[:14])
    if len(together) == 16 and _HEX.fullmatch(together) and of_class in ("android", ""):
        return _found("android", together)
    return _serial(said, together.upper())


def _number(digits: str, of_class: str) -> Identifier | None:
    """What a row of digits is: by its length, its check digit and the stated class."""
    if of_class in ("imei", "") and len(digits) == 15 and luhn(digits):
        return _found("imei", digits)
    if of_class == "imei" and len(digits) in (
        14,
        16,
    ):  # without check digit; with a software version instead of it
        return _found("imei", with_check_digit(digits[:14]))
    if of_class == "imei":
        return Identifier(Kind.DEVICE, f"imei:{digits}", Reach.WEAK, why=_WRONG)
    if of_class == "imsi" and 14 <= len(digits) <= 15:
        return _found("imsi", digits)
    if digits.startswith("89") and 18 <= len(digits) <= 20 and of_class in ("iccid", ""):
        return _found("iccid", digits)
    return None


def with_check_digit(digits: str) -> str:
    """The digits and their Luhn check digit."""
    return next(digits + check for check in "0123456789" if luhn(digits + check))


def _mac(digits: str) -> Identifier:
    key = "mac:" + digits
    shown = ":".join(digits[i : i + 2] for i in range(0, 12, 2))
    first = int(digits[:2], 16)
    if digits in _nobodys("mac") or first & 1:
        return Identifier(Kind.DEVICE, key, Reach.SHARED, shown, "an address of no one device")
    if first & 2:
        why = "a locally administered address, which may be random"
        return Identifier(Kind.DEVICE, key, Reach.WEAK, shown, why)
    return Identifier(Kind.DEVICE, key, Reach.PERSONAL, shown)


def _serial(said: str, together: str) -> Identifier | None:
    if not together.isascii() or not together.isalnum() or len(together) > 200:
        return _model(said)
    if " " in said or not any(c.isdigit() for c in together) or len(together) < 5:
        return _model(said)
    if together in _nobodys("serial") or len(set(together)) == 1:
        return Identifier(
            Kind.DEVICE, f"serial:{together}", Reach.SHARED, why="a serial that makers leave unset"
        )
    if not _SERIAL.fullmatch(together) or len(together) < 8:
        return Identifier(Kind.DEVICE, f"serial:{together}", Reach.WEAK, why="of no known form")
    return Identifier(Kind.DEVICE, f"serial:{together}")


def _model(said: str) -> Identifier:
    return Identifier(Kind.DEVICE, f"model:{folded(said)[:200]}", Reach.SHARED, why="a model, not one device")


def _found(of_class: str, value: str) -> Identifier:
    key = f"{of_class}:{value}"
    if value in _nobodys(of_class) or len(set(value) - {"-"}) == 1:
        return Identifier(Kind.DEVICE, key, Reach.SHARED, why="an id that many devices have")
    return Identifier(Kind.DEVICE, key)


@cache
def _nobodys(of_class: str) -> frozenset[str]:
    return frozenset(table("devices")["nobodys"].get(of_class, ()))


@lru_cache(maxsize=256)
def _class_of(stated: str) -> str:
    """The class that a stated type means; empty where it means none of ours."""
    plain = "".join(c for c in folded(stated) if c.isalnum())
    for of_class, words in table("devices")["types"].items():
        if plain == of_class or plain in words:
            return str(of_class)
    return ""
