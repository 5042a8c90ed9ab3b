"""Cryptocurrency addresses: recognised and checked by their own checksums. All are made here or in the standards."""

from __future__ import annotations

import hashlib

import pytest

from safelight.reports.report import Kind

from .stating import PERSONAL, SHARED, WEAK, found, none

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"


def made(version: int, alphabet: str = BASE58) -> str:
    """A Base58Check address of an invented key."""
    raw = bytes([version]) + bytes(range(1, 21))
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return alphabet[0] * (len(raw) - len(raw.lstrip(b"\0"))) + text


@pytest.mark.parametrize(
    ("coin", "version"),
    [
        ("btc", 0x00),
        ("btc", 0x05),
        ("ltc", 0x30),
        ("ltc", 0x32),
        ("doge", 0x1E),
        ("dash", 0x4C),
        ("trx", 0x41),
    ],
)
def test_an_address_tells_its_currency(coin: str, version: int) -> None:
    one = found(Kind.CRYPTO, made(version))
    assert (one.key, one.reach) == (f"{coin}:{made(version)}", PERSONAL)


def test_xrp_has_an_alphabet_of_its_own() -> None:
    assert found(Kind.CRYPTO, made(0, RIPPLE)).key == f"xrp:{made(0, RIPPLE)}"


@pytest.mark.parametrize("change", [5, 12, 20])
def test_a_typing_error_is_a_hint(change: int) -> None:
    address = made(0)
    other = "z" if address[change] != "z" else "y"
    one = found(Kind.CRYPTO, address[:change] + other + address[change + 1 :])
    assert one.reach is WEAK


SEGWIT = [  # the test vectors of BIP 173 and BIP 350
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    "BC1SW50QGDZ25J",
    "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
]


@pytest.mark.parametrize("address", SEGWIT)
def test_bech32_is_checked_and_has_no_case(address: str) -> None:
    one = found(Kind.CRYPTO, address)
    assert (one.key, one.reach) == (f"btc:{address.lower()}", PERSONAL)
    assert found(Kind.CRYPTO, address.swapcase()).key == one.key


@pytest.mark.parametrize(
    "address",
    [
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",  # a wrong checksum
        "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",  # a letter that there is not
        "BC1QW508d6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",  # both cases
        "bc1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",  # bech32m where bech32 belongs
    ],
)
def test_a_wrong_bech32_is_a_hint(address: str) -> None:
    assert found(Kind.CRYPTO, address).reach is WEAK


EIP55 = [  # the test vectors of EIP-55
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
]


@pytest.mark.parametrize("address", EIP55)
def test_ethereums_case_is_a_checksum_and_the_key_has_none(address: str) -> None:
    one = found(Kind.CRYPTO, address)
    assert (one.key, one.reach) == (f"eth:{address.lower()}", PERSONAL)
    assert found(Kind.CRYPTO, address.lower()).reach is PERSONAL


def test_a_wrong_case_is_a_hint_under_the_same_key() -> None:
    one = found(Kind.CRYPTO, "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
    assert (one.key, one.reach) == (f"eth:{EIP55[2].lower()}", WEAK)


def test_what_stands_around_an_address_is_left_out() -> None:
    plain = found(Kind.CRYPTO, made(0)).key
    written = [
        f"bitcoin:{made(0)}?amount=1&label=x",
        f"BTC: {made(0)}",
        f"BTC address: {made(0)}",
        f" {made(0)}\n",
    ]
    assert {found(Kind.CRYPTO, one).key for one in written} == {plain}
    assert found(Kind.CRYPTO, "bitcoincash:q" + "q" * 41).key == "bch:q" + "q" * 41


def test_monero_goes_by_its_shape() -> None:
    assert found(Kind.CRYPTO, "4" + "A" * 94).key == "xmr:4" + "A" * 94


def test_an_address_of_nobody_links_nobody() -> None:
    assert found(Kind.CRYPTO, "0x" + "0" * 40).reach is SHARED


def test_a_transaction_is_a_hint() -> None:
    assert found(Kind.CRYPTO, "ab" * 32).reach is WEAK


def test_text_is_a_hint_at_most() -> None:
    assert found(Kind.CRYPTO, "a wallet").reach is WEAK
    assert none(Kind.CRYPTO, "")
    assert none(Kind.CRYPTO, "1" * 401)
