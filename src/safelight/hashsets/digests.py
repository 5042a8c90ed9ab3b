"""The digests that lists carry: names as lists write them, widths, and how their text is read."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

WIDTH: Final = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32, "photodna": 144}
"""Bytes of each kind of digest."""

STRONGEST_FIRST: Final = ("sha256", "sha1", "md5", "pdq", "photodna")
"""The order in which a digest stands for an entry that has no id of its own."""

_NAMES: Final = {
    "md5": "md5",
    "md5hash": "md5",
    "md5sum": "md5",
    "sha1": "sha1",
    "sha1hash": "sha1",
    "sha1sum": "sha1",
    "sha256": "sha256",
    "sha2256": "sha256",
    "sha256hash": "sha256",
    "sha256sum": "sha256",
    "pdq": "pdq",
    "pdqhash": "pdq",
    "photodna": "photodna",
    "photodnahash": "photodna",
    "pdna": "photodna",
}

_HEX: Final = frozenset("0123456789abcdefABCDEF")
_BITS_OF_A_PDQ: Final = 128  # PDQ thresholds 256 values at their median, so half of its bits are set


def algorithm_named(name: str) -> str | None:
    """Which digest a list means by `name` (`SHA-1`, `md5 hash`, `PhotoDNA` …), or None."""
    return _named(name) if len(name) <= 32 else None


@lru_cache(maxsize=256)
def _named(name: str) -> str | None:
    return _NAMES.get("".join(letter for letter in name.lower() if letter.isalnum()))


def parse_digest(algorithm: str, text: str) -> bytes:
    """Read a digest written as hex, or as base64 where hex does not fit.

    Raises:
        ValueError: it is neither, or not of that algorithm's width; the message is fit to show.
    """
    width = WIDTH[algorithm]
    text = text.strip()
    if len(text) == 2 * width:
        try:
            return binascii.unhexlify(text)
        except (binascii.Error, ValueError):
            raise ValueError(f"{algorithm} is not hexadecimal") from None
    if len(text) == 4 * -(-width // 3):
        try:
            raw = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) == width:
            return raw
    raise ValueError(f"{algorithm} has {len(text)} characters, not {2 * width}")


@dataclass(slots=True)
class Stated:
    """The digests of one record: those that are known here, others by the list's own name, and what is wrong."""

    found: dict[str, bytes] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def stated_digests(pairs: Iterable[tuple[str, str]]) -> Stated:
    """Read the `(name, text)` pairs of one record. A digest given twice that differs is a fault; the first is kept."""
    stated = Stated()
    for name, text in pairs:
        algorithm = algorithm_named(name)
        if algorithm is None:
            stated.others[name] = text
            continue
        try:
            digest = parse_digest(algorithm, text)
        except ValueError as error:
            stated.faults.append(str(error))
            continue
        if stated.found.setdefault(algorithm, digest) != digest:
            stated.faults.append(f"{algorithm} is given twice, and differs")
    return stated


def algorithm_of_length(digits: int) -> str | None:
    """The digest that has so many hex digits; 64 are read as SHA-256 (see `meaning_of_64_digits`)."""
    return {32: "md5", 40: "sha1", 64: "sha256", 288: "photodna"}.get(digits)


def is_hex_digest(text: str) -> bool:
    """Is this one digest in hex, by its length and its letters?"""
    text = text.strip()
    return algorithm_of_length(len(text)) is not None and _HEX.issuperset(text)


def meaning_of_64_digits(samples: Sequence[bytes]) -> tuple[str, ...]:
    """Whether 32-byte digests of an unnamed column are SHA-256, PDQ, or cannot be told apart.

    A PDQ hash has 128 of its 256 bits set, because its threshold is the median; one SHA-256 in twenty has.
    With fewer than 32 samples the answer is both: a digest looked up under the wrong name matches nothing
    (two unrelated 256-bit values lie about 128 bits apart), while one that is left out would be missed.
    """
    if len(samples) < 32:
        return ("sha256", "pdq")
    halves = sum(int.from_bytes(sample, "big").bit_count() == _BITS_OF_A_PDQ for sample in samples)
    return ("pdq",) if 2 * halves >= len(samples) else ("sha256",)


def likelier_of_64_digits(samples: Iterable[bytes]) -> str:
    """Which one of the two kinds digests of unknown kind are to be called, where one name must be given.

    PDQ where three quarters have half their bits set; of one SHA-256 alone that is wrong in one case of twenty.
    """
    halves = total = 0
    for sample in samples:
        total += 1
        halves += int.from_bytes(sample, "big").bit_count() == _BITS_OF_A_PDQ
    return "pdq" if total and 4 * halves >= 3 * total else "sha256"


def strongest(digests: Mapping[str, bytes]) -> str:
    """The hex form that stands for an entry without an id."""
    return next(digests[name].hex() for name in STRONGEST_FIRST if name in digests)
