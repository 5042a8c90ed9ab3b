"""AES over many sectors at once gives what OpenSSL gives for each sector; reads of any part are those of the whole."""

from __future__ import annotations

import hashlib
import random

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB, XTS
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import EvidenceError
from safelight.evidence.encrypted import aes
from safelight.evidence.encrypted.derive import argon2, pbkdf2
from safelight.evidence.encrypted.sectors import Region, Sectors
from safelight.evidence.source import BytesSource

NOISE = random.Random(1).randbytes(64 << 10)


@pytest.mark.parametrize("bits", [128, 256])
@pytest.mark.parametrize("sector", [512, 1024, 2048, 4096])
@pytest.mark.parametrize("first", [0, 1, (1 << 40) + 7])
def test_xts_is_that_of_openssl(bits: int, sector: int, first: int) -> None:
    key, step = random.Random(bits).randbytes(bits // 4), sector // 512
    expected = b"".join(
        Cipher(AES(key), XTS((first + number * step).to_bytes(16, "little")))
        .decryptor()
        .update(NOISE[number * sector : (number + 1) * sector])
        for number in range(len(NOISE) // sector)
    )
    assert aes.xts(key, sector, step)(NOISE, first) == expected


def test_cbc_with_encrypted_numbers_is_that_of_openssl() -> None:
    key, first = NOISE[:32], 1 << 33
    salt = hashlib.sha256(key).digest()
    expected = b""
    for number in range(len(NOISE) // 512):
        place = (first + number).to_bytes(16, "little")
        vector = Cipher(AES(salt), ECB()).encryptor().update(place)
        expected += Cipher(AES(key), CBC(vector)).decryptor().update(NOISE[number * 512 : (number + 1) * 512])
    assert aes.cbc(key, 512, aes.essiv(salt))(NOISE, first) == expected


@settings(max_examples=60, deadline=None)
@given(offset=st.integers(0, 300_000), length=st.integers(0, 300_000))
def test_a_part_reads_as_in_the_whole(offset: int, length: int) -> None:
    data = random.Random(2).randbytes(250_001)
    regions = [
        Region(0, 8192, 100_352),
        Region(8192, 100_352, 8192),
        Region(100_352, 108_544, None),
        Region(108_544, 150_016, 108_544),
        Region(150_016, 250_001, 150_016, encrypted=False),
    ]
    volume = Sectors(BytesSource(data), regions, 512, aes.xts(NOISE[:64], 512))
    whole = b"".join(volume.read_at(at, 4096) for at in range(0, 250_001, 4096))
    assert len(whole) == 250_001 and whole[150_016:] == data[150_016:]
    assert not whole[100_352:108_544].strip(b"\0")
    assert volume.read_at(offset, length) == whole[offset : offset + length]


def test_a_volume_that_ends_early_says_so() -> None:
    volume = Sectors(BytesSource(NOISE), [Region(0, 1 << 20, 0)], 512, aes.ecb(NOISE[:16]))
    with pytest.raises(EvidenceError, match="ends after 65,536 bytes"):
        volume.read_at(0, 1 << 20)


def test_keys_that_take_for_ever_are_not_derived() -> None:
    with pytest.raises(EvidenceError, match="rounds"):
        pbkdf2("sha256", b"", b"salt", 4_000_000_000, 32)
    with pytest.raises(EvidenceError, match="not available"):
        pbkdf2("no-such", b"", b"salt", 1, 32)
    with pytest.raises(EvidenceError, match="MiB"):
        argon2("argon2id", b"", b"salt" * 4, 1_000_000, 1 << 20, 1, 32)
    with pytest.raises(EvidenceError, match="not known"):
        argon2("argon2x", b"", b"salt" * 4, 1, 1 << 10, 1, 32)
