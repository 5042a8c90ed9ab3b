"""Digests of files, as lower-case hexadecimal: MD5, SHA-1 and SHA-256, and the perceptual hash PDQ.

Digests of nothing, of a blank line, of the one-pixel picture that pages load, and of pictures without features are in
every collection: they link nobody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from functools import cache

from safelight.reports.identifiers.identifier import Identifier, Normaliser, Reach
from safelight.reports.identifiers.text import tidy
from safelight.reports.report import Kind, Stated

_WIDTH = {Kind.MD5: 16, Kind.SHA1: 20, Kind.SHA256: 32, Kind.PDQ: 32}
_LONGEST = 400
_LABEL = re.compile(r"(?:md-?5|sha-?1|sha-?256|pdq|hash)(?:sum|hash)?\s*[:=]\s*", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]+")
_BETWEEN = str.maketrans("", "", " :-")
_FEW_BITS = 32
"""A PDQ hash has about 128 of 256 bits set, for it cuts at the median; one with so few or so many says nothing."""

_PIXEL = bytes.fromhex(  # the transparent GIF of one pixel
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
_TRIVIAL = (b"", b"\n", b"\r\n", b"\0", b" ", b"0", b"1", b"{}", b"[]", b"null", b"test", b"test\n", _PIXEL)


def _normaliser(kind: Kind) -> Normaliser:
    def digest(stated: Stated, country: str | None = None) -> Identifier | None:
        return digest_of(kind, stated.value)

    return digest


def digest_of(kind: Kind, value: str) -> Identifier | None:
    """The digest that a text holds; None where it is none of that kind."""
    if len(value) > _LONGEST:
        return None
    width = _WIDTH[kind]
    said = value.lower()
    if len(said) != 2 * width or not _HEX.fullmatch(said):
        found = _otherwise(value, width)
        if found is None:
            return None
        said = found
    if said in _nobodys():
        return Identifier(kind, said, Reach.SHARED, why="the digest of a file without content of its own")
    if kind is Kind.PDQ:
        bits = int(said, 16).bit_count()
        if not _FEW_BITS <= bits <= 256 - _FEW_BITS:
            return Identifier(kind, said, Reach.SHARED, why="a picture without features")
    return Identifier(kind, said)


def _otherwise(value: str, width: int) -> str | None:
    """Hexadecimal with a name, 0x, blanks or colons; or base64 (RFC 4648, also its URL form)."""
    text = tidy(value)
    text = _LABEL.sub("", text, count=1) if _LABEL.match(text) else text
    low = text.lower().removeprefix("0x").translate(_BETWEEN)
    if len(low) == 2 * width and _HEX.fullmatch(low):
        return low
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    if len(bare) != -(-width * 4 // 3):
        return None
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).hex()
    except (binascii.Error, ValueError):
        return None


@cache
def _nobodys() -> frozenset[str]:
    def of(make: Callable[..., hashlib._Hash]) -> set[str]:
        return {make(content, usedforsecurity=False).hexdigest() for content in _TRIVIAL}

    uniform = {digit * 2 * width for digit in "0f" for width in _WIDTH.values()}
    return frozenset(of(hashlib.md5) | of(hashlib.sha1) | of(hashlib.sha256) | uniform)


md5 = _normaliser(Kind.MD5)
sha1 = _normaliser(Kind.SHA1)
sha256 = _normaliser(Kind.SHA256)
pdq = _normaliser(Kind.PDQ)
