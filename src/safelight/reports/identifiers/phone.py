"""Telephone numbers as E.164, by the numbering plans in `phonenumbers` (Google's libphonenumber).

A number in international form is judged by the plan's own patterns without parsing it again (about 5 µs); all others
go through the library with the country that is assumed. Service numbers (toll-free, premium, short codes) are shared.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber

from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.place import country_code
from safelight.reports.identifiers.text import CACHED, tidy, western_digits
from safelight.reports.report import Kind, Stated

_LONGEST = 250  # as the library's own limit
_ASIDE = re.compile(r"[\s().\-–—/·]+")
_INTERNATIONAL = re.compile(r"\+([1-9]\d{6,14})")
_REPEATED = re.compile(r"(\d)\1{5,}|0?1234567890?|0?123456789")


def phone(stated: Stated, country: str | None = None) -> Identifier | None:
    """The number as `+491511234567`. `country` is taken for numbers that do not say theirs."""
    value = stated.value
    if len(value) > _LONGEST:
        return None
    if value.startswith("+"):  # it says its country: the same entry of the cache whatever is assumed
        return _phone(value, "")
    return _phone(value, country_code(stated.note.get("country")) or (country or "").upper())


@lru_cache(maxsize=CACHED)
def _phone(value: str, region: str) -> Identifier | None:
    said = western_digits(tidy(value)).removeprefix("tel:")
    bare = _ASIDE.sub("", said)
    if not region and bare.startswith("00") and bare[2:3] not in ("", "0"):
        bare = said = "+" + bare[2:]
    # A zero behind the country's code is the national one, put there by mistake or in brackets: the library knows.
    if "(0" not in said and (match := _INTERNATIONAL.fullmatch(bare)):
        number = _split(match[1])
        if number is not None:
            return _judged(*number)
    digits = "".join(c for c in bare if c.isdecimal())
    if len(digits) < 3:
        return None
    if _REPEATED.fullmatch(digits):
        return Identifier(Kind.PHONE, digits, Reach.SHARED, why="a placeholder, not anybody's number")
    plus = "+" if bare.startswith("+") else ""
    if plus or len(digits) > 6 or any(c.isalpha() for c in bare):
        found = _by_library(said, region)
        if found is not None:
            return found
    if digits.startswith("00"):
        digits = digits.lstrip("0")
    if len(digits) < 3 or (plus and any(c.isalpha() for c in bare)):
        return None
    if not plus and len(digits) < 7:
        why = "a short code or an extension, of no one person"
        return Identifier(Kind.PHONE, digits, Reach.SHARED, why=why)
    return _without_country(digits, plus)


def _by_library(said: str, region: str) -> Identifier | None:
    known = region in phonenumbers.SUPPORTED_REGIONS
    try:
        number = phonenumbers.parse(said, region if known else None)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code is None or not phonenumbers.is_possible_number(number):
        return None
    national = phonenumbers.national_significant_number(number)
    return None if national.startswith("00") else _judged(number.country_code, national)


def _without_country(digits: str, plus: str) -> Identifier | None:
    """Digits alone: with the country's code, if they are valid so; else as they are, and hardly a hint."""
    if len(digits) > 15:
        return None
    if plus:
        return Identifier(Kind.PHONE, plus + digits, Reach.WEAK, why="no number of this form exists")
    if len(digits) >= 11 and (number := _split(digits)) is not None:
        found = _judged(*number)
        if found is not None and found.reach is Reach.PERSONAL:
            why = "no country is stated, read as an international number"
            return Identifier(Kind.PHONE, found.key, Reach.WEAK, why=why, country=found.country)
    return Identifier(Kind.PHONE, digits, Reach.WEAK, why="no country is stated")


def _split(digits: str) -> tuple[int, str] | None:
    """Country calling code and national number; None where there is no such code, or a national prefix behind it."""
    for length in (1, 2, 3):
        code = int(digits[:length])
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            national = digits[length:]
            return None if national.startswith("0") or not national else (code, national)
    return None


def _judged(code: int, national: str) -> Identifier | None:
    key = f"+{code}{national}"
    if _REPEATED.fullmatch(national):
        return Identifier(Kind.PHONE, key, Reach.SHARED, why="a placeholder, not anybody's number")
    region = _region(code, national)
    if region is None:
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ())
        country = regions[0] if len(regions) == 1 and len(regions[0]) == 2 and regions[0].isalpha() else None
        why = "no such number is in use by the numbering plan"
        return Identifier(Kind.PHONE, key, Reach.WEAK, why=why, country=country)
    country = region if region.isalpha() else None
    service = _plan(region, code)[1]
    if service is not None and service.fullmatch(national):
        return Identifier(Kind.PHONE, key, Reach.SHARED, why="a service number", country=country)
    return Identifier(Kind.PHONE, key, country=country)


def _region(code: int, national: str) -> str | None:
    """Alpha-2 of the country whose plan holds the number (`001` for numbers of no country); None where none does."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    if len(regions) == 1:
        valid = _plan(regions[0], code)[0]
        return regions[0] if valid is not None and valid.fullmatch(national) else None
    zeros = len(national) - len(national.lstrip("0"))
    number = PhoneNumber(
        country_code=code,
        national_number=int(national or "0"),
        italian_leading_zero=zeros > 0 or None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )
    return phonenumbers.region_code_for_number(number)


@cache
def _plan(region: str, code: int) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    """Patterns of a region's valid numbers and of its service numbers, from the library's tables."""
    found = (
        PhoneMetadata.metadata_for_nongeo_region(code, None)
        if region == "001"
        else PhoneMetadata.metadata_for_region(region, None)
    )
    if found is None:
        return None, None
    service = (found.toll_free, found.premium_rate, found.shared_cost, found.uan, found.voicemail)
    people = (found.fixed_line, found.mobile, found.voip, found.personal_number, found.pager)
    return _any_of((*people, *service)), _any_of(service)


def _any_of(descriptions: tuple[object, ...]) -> re.Pattern[str] | None:
    patterns = {getattr(one, "national_number_pattern", None) for one in descriptions}
    usable = sorted(one for one in patterns if one and one != "NA")
    return re.compile("|".join(f"(?:{one})" for one in usable)) if usable else None
