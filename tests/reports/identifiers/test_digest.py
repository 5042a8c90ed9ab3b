"""Digests of files: one key whatever the writing; digests of nothing link nobody."""

from __future__ import annotations

import base64
import hashlib

import pytest

from safelight.reports.report import Kind

from .stating import PERSONAL, SHARED, found, none

CONTENT = b"a picture"
MAKERS = {Kind.MD5: hashlib.md5, Kind.SHA1: hashlib.sha1, Kind.SHA256: hashlib.sha256}


@pytest.mark.parametrize("kind", list(MAKERS))
def test_every_writing_of_a_digest_is_one(kind: Kind) -> None:
    raw = MAKERS[kind](CONTENT).digest()
    written = [
        raw.hex(),
        raw.hex().upper(),
        f"  {raw.hex()}\n",
        f"0x{raw.hex()}",
        raw.hex(" "),
        raw.hex(":").upper(),
        raw.hex("-", 4),
        f"{kind.value.upper()}: {raw.hex()}",
        base64.b64encode(raw).decode(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode(),
    ]
    assert {found(kind, one).key for one in written} == {raw.hex()}
    assert found(kind, raw.hex()).reach is PERSONAL


@pytest.mark.parametrize("kind", list(MAKERS))
@pytest.mark.parametrize("content", [b"", b"\n", b"\0"])
def test_the_digest_of_nothing_links_nobody(kind: Kind, content: bytes) -> None:
    assert found(kind, MAKERS[kind](content).hexdigest()).reach is SHARED


@pytest.mark.parametrize("kind", [Kind.MD5, Kind.SHA1, Kind.SHA256, Kind.PDQ])
@pytest.mark.parametrize("digit", ["0", "f"])
def test_a_digest_of_one_digit_links_nobody(kind: Kind, digit: str) -> None:
    length = {Kind.MD5: 32, Kind.SHA1: 40}.get(kind, 64)
    assert found(kind, digit * length).reach is SHARED


def test_a_perceptual_hash_without_features_links_nobody() -> None:
    assert found(Kind.PDQ, "1" + "0" * 63).reach is SHARED
    assert found(Kind.PDQ, "e" + "f" * 63).reach is SHARED
    assert found(Kind.PDQ, "0f" * 32).reach is PERSONAL


@pytest.mark.parametrize("kind", [Kind.MD5, Kind.SHA1, Kind.SHA256, Kind.PDQ])
@pytest.mark.parametrize(
    "value", ["", "unknown", "0" * 31, "g" * 32, "g" * 40, "g" * 64, "0" * 65, "0x", "==", "é" * 22, "٠" * 32]
)
def test_what_is_no_digest_is_none(kind: Kind, value: str) -> None:
    assert none(kind, value)


def test_a_digest_of_another_width_is_none() -> None:
    assert none(Kind.MD5, hashlib.sha1(CONTENT).hexdigest())
    assert none(Kind.SHA256, hashlib.md5(CONTENT).hexdigest())
