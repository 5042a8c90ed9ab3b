"""Names of the segments that an image or archive was cut into: `.000` or `.001` and on, `.aa` and on."""

from __future__ import annotations

from safelight.evidence.protocol import Source

FIRST = ("aa", "aaa", "000", "001", "0000", "0001")
"""Suffixes of a first segment."""


def next_name(name: str) -> str:
    """Return the name of the following segment: `x.009` → `x.010`, `x.az` → `x.ba`; empty after the last."""
    stem, _, suffix = name.rpartition(".")
    if suffix.isdecimal():
        number = str(int(suffix) + 1).zfill(len(suffix))
        return f"{stem}.{number}" if len(number) == len(suffix) else ""
    letters = list(suffix)
    for position in reversed(range(len(letters))):
        if letters[position] < "z":
            letters[position] = chr(ord(letters[position]) + 1)
            return f"{stem}.{''.join(letters)}"
        letters[position] = "a"
    return ""


def is_later(source: Source) -> bool:
    """Is it named as a segment after the first, and is the first one beside it?"""
    stem, _, suffix = source.name.rpartition(".")
    if not stem or suffix in FIRST or not (suffix.isdecimal() or (suffix.isalpha() and suffix.islower())):
        return False
    for first in FIRST:
        alike = len(first) == len(suffix) and first.isdecimal() == suffix.isdecimal()
        if alike and (found := source.sibling(f"{stem}.{first}")) is not None:
            found.close()
            return True
    return False
