"""Ways to pay: IBAN by its check digits, cards never in full, handles by their service."""

from __future__ import annotations

import pytest

from safelight.reports.identifiers.device import with_check_digit
from safelight.reports.report import Kind

from .stating import PERSONAL, SHARED, WEAK, found, none

IBAN = "DE89370400440532013000"  # the example of the standard's users everywhere
CARD = with_check_digit("499999012345678")


@pytest.mark.parametrize(
    "value",
    [IBAN, IBAN.lower(), "DE89 3704 0044 0532 0130 00", f"IBAN: {IBAN}", "de89-3704-0044-0532-0130-00"],
)
def test_spellings_of_one_iban_are_one(value: str) -> None:
    one = found(Kind.PAYMENT, value)
    assert (one.key, one.reach, one.country) == (f"iban:{IBAN.lower()}", PERSONAL, "DE")


@pytest.mark.parametrize(
    "value",
    [
        "GB82 WEST 1234 5698 7654 32",
        "FR14 2004 1010 0505 0001 3M02 606",
        "NL91 ABNA 0417 1643 00",
        "NO93 8601 1117 947",
    ],
)
def test_ibans_of_other_countries_pass_their_check(value: str) -> None:
    one = found(Kind.PAYMENT, value)
    assert (one.reach, one.country) == (PERSONAL, value[:2])


@pytest.mark.parametrize("value", ["DE88370400440532013000", IBAN[:-1], "GB82WEST12345698765433"])
def test_a_wrong_iban_is_a_hint(value: str) -> None:
    one = found(Kind.PAYMENT, value)
    assert (one.reach, one.why) == (WEAK, "its check digits are wrong")


@pytest.mark.parametrize(
    "value", [CARD, f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}", f"{CARD[:4]}-{CARD[4:8]}-{CARD[8:]}"]
)
def test_a_card_number_is_one_and_is_nowhere_in_full(value: str) -> None:
    one = found(Kind.PAYMENT, value, "Visa")
    assert one.key == found(Kind.PAYMENT, CARD).key
    assert one.reach is PERSONAL
    assert CARD[4:14] not in repr(one)
    assert one.shown == f"{CARD[:6]}…{CARD[-4:]}"


def test_a_number_without_the_right_check_digit_is_no_card() -> None:
    wrong = CARD[:-1] + str((int(CARD[-1]) + 1) % 10)
    assert not found(Kind.PAYMENT, wrong).key.startswith("card:")


def test_a_trial_card_links_nobody() -> None:
    assert found(Kind.PAYMENT, "4111 1111 1111 1111").reach is SHARED


@pytest.mark.parametrize("value", ["**** **** **** 1234", "xxxx-xxxx-xxxx-1234", "499999******1234"])
def test_a_masked_card_is_a_hint(value: str) -> None:
    assert found(Kind.PAYMENT, value, "card").reach is WEAK


@pytest.mark.parametrize(
    ("key", "value", "provider"),
    [
        ("cashapp:anna92", "$Anna92", None),
        ("cashapp:anna92", "$anna92", "Cash App"),
        ("cashapp:anna92", "anna92", "Square Cash"),
        ("venmo:anna-92", "@Anna-92", "Venmo"),
        ("paypal:anna92", "Anna92", "PayPal Holdings, Inc."),
        ("paypal:anna@example.org", "Anna@Example.org", "PayPal"),
        ("zelle:+12025550123", "+1 (202) 555-0123", "Zelle"),
        ("upi:anna92@examplebank", "Anna92@ExampleBank", None),
    ],
)
def test_a_handle_is_its_services(key: str, value: str, provider: str | None) -> None:
    one = found(Kind.PAYMENT, value, provider)
    assert (one.key, one.reach) == (key, PERSONAL)


def test_the_note_names_the_service_where_no_provider_is_stated() -> None:
    assert found(Kind.PAYMENT, "anna92", note={"type": "Venmo"}).key == "venmo:anna92"
    assert found(Kind.PAYMENT, "anna92", note={"type": "bank account"}).reach is WEAK


def test_a_handle_without_a_service_is_a_hint() -> None:
    assert found(Kind.PAYMENT, "anna92").reach is WEAK


def test_a_default_handle_links_nobody() -> None:
    assert found(Kind.PAYMENT, "unknown", "PayPal").reach is SHARED


@pytest.mark.parametrize("value", ["", " ", "@", "$"])
def test_nothing_is_no_payment(value: str) -> None:
    assert none(Kind.PAYMENT, value)
