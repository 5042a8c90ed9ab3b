"""Telephone numbers: E.164 by the numbering plans, judged as the library judges them, only faster."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from safelight.reports.identifiers.phone import phone
from safelight.reports.report import Kind, Stated

from .stating import PERSONAL, SHARED, WEAK, found, none

# +1 202 555 01xx is set aside for fiction; the others are the library's own examples.
SPELLINGS = [
    ("+12025550123", "+1 202 555 0123", None),
    ("+12025550123", "+1 (202) 555-0123", None),
    ("+12025550123", "+1.202.555.0123", None),
    ("+12025550123", "001 202 555 0123", None),
    ("+12025550123", "tel:+1-202-555-0123", None),
    ("+12025550123", "(202) 555-0123", "US"),
    ("+12025550123", "1-202-555-0123", "US"),
    ("+12025550123", "011 1 202 555 0123", "US"),
    ("+12025550123", "202 555 0123", "us"),
    ("+12025550123", "+1 202 555 0123", "DE"),
    ("+12025550123", "+1 202-555-0123 ext. 5", None),
    ("+4915123456789", "+49 (0)1512 3456789", None),
    ("+4915123456789", "01512/3456789", "DE"),
    ("+4915123456789", "0049 1512 3456789", None),
    ("+4915123456789", "+49 0151 23456789", None),
    ("+4915123456789", "٠١٥١٢٣٤٥٦٧٨٩", "DE"),
    ("+918123456789", "+९१ ८१२३ ४५६७८९", None),
    ("+390212345678", "+39 02 1234 5678", None),
    ("+390212345678", "02 1234 5678", "IT"),
    ("+79123456789", "8 (912) 345-67-89", "RU"),
    ("+12025550123", "＋１ ２０２ ５５５ ０１２３", None),
]


@pytest.mark.parametrize(("key", "spelling", "country"), SPELLINGS)
def test_spellings_of_one_number_are_one(key: str, spelling: str, country: str | None) -> None:
    one = found(Kind.PHONE, spelling, None, country)
    assert (one.key, one.reach) == (key, PERSONAL)


@pytest.mark.parametrize(
    ("value", "country"),
    [
        ("+12025550123", "US"),
        ("+14165550123", "CA"),
        ("+447400123456", "GB"),
        ("+441534123456", "JE"),
        ("+77710009998", "KZ"),
    ],
)
def test_the_country_is_that_of_the_number_not_of_its_code(value: str, country: str) -> None:
    assert found(Kind.PHONE, value).country == country


EXAMPLES = [
    (region, kind, example)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in PhoneNumberType.values()
    if (example := phonenumbers.example_number_for_type(region, kind)) is not None
]
SERVICES = {
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
}


def test_every_example_of_every_plan_is_judged_as_the_library_does() -> None:
    differing = []
    for _region, _kind, example in EXAMPLES:
        written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        one = found(Kind.PHONE, written)
        if one.why and "placeholder" in one.why:  # many examples are 12345678
            continue
        service = phonenumbers.number_type(example) in SERVICES
        expected = (written, SHARED if service else PERSONAL, phonenumbers.region_code_for_number(example))
        if (one.key, one.reach, one.country) != expected:
            differing.append((one, expected))
    assert len(EXAMPLES) > 1000
    assert differing == []


@pytest.mark.parametrize("value", ["110", "911", "12345", "*100#"])
def test_a_short_code_links_nobody(value: str) -> None:
    assert found(Kind.PHONE, value).reach is SHARED


@pytest.mark.parametrize("value", ["0000000000", "1234567890", "+1 1234567890", "999-999-9999", "11111111"])
def test_a_placeholder_links_nobody(value: str) -> None:
    assert found(Kind.PHONE, value).reach is SHARED


@pytest.mark.parametrize("value", ["+44 7700 900123", "+999 123 456 789", "+49 1", "+1 202 555 01234567"])
def test_a_number_that_no_plan_holds_is_a_hint(value: str) -> None:
    one = found(Kind.PHONE, value)
    assert one.reach is not PERSONAL
    assert one.why


def test_digits_without_a_country_are_a_hint_and_meet_the_full_number_where_they_can_be_one() -> None:
    bare = found(Kind.PHONE, "4915123456789")
    assert (bare.key, bare.reach) == ("+4915123456789", WEAK)
    assert found(Kind.PHONE, "2025550123").reach is WEAK


@pytest.mark.parametrize("value", ["", "unknown", "n/a", "+", "12", "anna@example.org", "1" * 251])
def test_what_is_no_number_is_none(value: str) -> None:
    assert none(Kind.PHONE, value)


def test_the_country_of_the_note_stands_before_the_assumed_one() -> None:
    stated = Stated(Kind.PHONE, "(202) 555-0123", note={"country": "US"})
    one = phone(stated, "DE")
    assert one is not None
    assert one.key == "+12025550123"
