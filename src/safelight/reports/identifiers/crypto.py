"""Addresses of cryptocurrencies, told apart and checked by their own checksums: `btc:…`, `eth:0x…`.

Base58Check (Bitcoin, Litecoin, Dogecoin, Dash, Tron; XRP with its own alphabet), bech32 and bech32m (BIP 173, BIP 350),
EIP-55 (Ethereum and what shares its addresses), Monero and Solana by their shape. A wrong checksum is a typing error
or no address: it stays as a hint.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from Cryptodome.Hash import keccak

from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.identifiers.text import CACHED, tidy
from safelight.reports.report import Kind, Stated

_LONGEST = 400
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VERSIONS = {
    0x00: "btc",
    0x05: "btc",  # also older Litecoin scripts; Bitcoin's are far more
    0x30: "ltc",
    0x32: "ltc",
    0x1E: "doge",
    0x16: "doge",
    0x4C: "dash",
    0x10: "dash",
    0x41: "trx",
}
_LEGACY = re.compile(rf"[13LMDAX7T][{_BASE58}]{{24,34}}")
_XRP = re.compile(rf"r[{_BASE58}]{{24,34}}")
_MONERO = re.compile(rf"[48][{_BASE58}]{{94}}|4[{_BASE58}]{{105}}")
_SOLANA = re.compile(rf"[{_BASE58}]{{32,44}}")
_SEGWIT = re.compile(r"(bc|ltc|tb)1([02-9ac-hj-np-z]{6,87})", re.IGNORECASE)
_ETHEREUM = re.compile(r"0x[0-9a-fA-F]{40}")
_TRANSACTION = re.compile(r"(?:0x)?[0-9a-fA-F]{64}")
_CASH = re.compile(r"(?:bitcoincash:|bch:)([qp][02-9ac-hj-np-z]{41})", re.IGNORECASE)
_ENS = re.compile(r"[a-z0-9-]{3,60}\.eth", re.IGNORECASE)
_PREFIX = re.compile(
    r"(?:(?:bitcoin|btc|litecoin|ltc|ethereum|eth|monero|xmr|tron|trx|doge(?:coin)?|dash|xrp|ripple|sol(?:ana)?|usdt|ens|test)"
    r"(?: (?:address|wallet))? ?[:=] ?)+",
    re.IGNORECASE,
)
_NOBODYS = frozenset(
    {
        "eth:0x0000000000000000000000000000000000000000",
        "eth:0x000000000000000000000000000000000000dead",
        "btc:1111111111111111111114oLvT2",
        "btc:1BitcoinEaterAddressDontSendf59kuE",
        "btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    }
)


def crypto(stated: Stated, country: str | None = None) -> Identifier | None:
    """The address with its currency; what has no known shape is a hint, and what is a transaction too."""
    return _crypto(stated.value) if len(stated.value) <= _LONGEST else None


@lru_cache(maxsize=CACHED)
def _crypto(value: str) -> Identifier | None:
    said = tidy(value)
    if (cash := _CASH.fullmatch(said.partition("?")[0])) is not None:
        return _found("bch", cash[1].lower(), None)
    said = _PREFIX.sub("", said, count=1).partition("?")[0].strip() if _PREFIX.match(said) else said
    if not said:
        return None
    if _ETHEREUM.fullmatch(said):
        return _found("eth", said.lower(), None if _eip55(said) else "its checksum is wrong (EIP-55)")
    if (segwit := _SEGWIT.fullmatch(said)) is not None:
        coin = {"bc": "btc", "tb": "test", "ltc": "ltc"}[segwit[1].lower()]
        return _found(coin, said.lower(), None if _bech32(said) else "its checksum is wrong (bech32)")
    if _LEGACY.fullmatch(said):
        raw = _checked(said, _BASE58)
        if raw is not None and raw[0] in _VERSIONS:
            return _found(_VERSIONS[raw[0]], said, None)
    if _XRP.fullmatch(said) and _checked(said, _RIPPLE) is not None:
        return _found("xrp", said, None)
    if _MONERO.fullmatch(said):
        return _found("xmr", said, None)
    if _ENS.fullmatch(said):
        return _found("ens", said.lower(), None)
    if _LEGACY.fullmatch(said) and said[0] in "13":
        return _found("btc", said, "its checksum is wrong (Base58Check)")
    if _SOLANA.fullmatch(said) and len(_decoded(said, _BASE58)) == 32:
        return _found("sol", said, None)
    if _TRANSACTION.fullmatch(said):
        low = said.lower().removeprefix("0x")
        return Identifier(Kind.CRYPTO, low, Reach.WEAK, why="a transaction or a key, no address")
    return Identifier(Kind.CRYPTO, said, Reach.WEAK, why="no known form of an address")


def _found(coin: str, address: str, wrong: str | None) -> Identifier:
    key = f"{coin}:{address}"
    if key in _NOBODYS:
        return Identifier(
            Kind.CRYPTO, key, Reach.SHARED, address, "an address that is nobody's, known to all"
        )
    return Identifier(Kind.CRYPTO, key, Reach.WEAK if wrong else Reach.PERSONAL, address, wrong)


def _decoded(text: str, alphabet: str) -> bytes:
    number = 0
    for character in text:
        number = number * 58 + alphabet.index(character)
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _checked(text: str, alphabet: str) -> bytes | None:
    """Version and payload of a Base58Check text; None where its length or checksum is wrong."""
    raw = _decoded(text, alphabet)
    if len(raw) != 25:
        return None
    digest = hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()
    return raw[:-4] if digest[:4] == raw[-4:] else None


def _bech32(text: str) -> bool:
    """BIP 173 for witness version 0, BIP 350 for later ones; one case only."""
    if text != text.lower() and text != text.upper():
        return False
    human, _, data = text.lower().rpartition("1")
    values = [_BECH32.index(character) for character in data]
    expanded = [ord(c) >> 5 for c in human] + [0] + [ord(c) & 31 for c in human]
    check = 1
    for value in expanded + values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, constant in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= constant if top >> bit & 1 else 0
    return check == (1 if values[0] == 0 else 0x2BC830A3)


def _eip55(address: str) -> bool:
    """Is the case of its letters the checksum? All in one case carries none, and is right."""
    digits = address[2:]
    if digits in (digits.lower(), digits.upper()):
        return True
    digest = keccak.new(digest_bits=256, data=digits.lower().encode()).hexdigest()
    return all((c.isupper() == (int(d, 16) > 7)) for c, d in zip(digits, digest, strict=False) if c.isalpha())
