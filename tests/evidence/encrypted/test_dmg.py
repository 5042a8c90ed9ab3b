"""Encrypted Apple images, written here by the published layout: opened, said, and damaged."""

from __future__ import annotations

import hashlib
import hmac
import random
import struct
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from safelight.evidence.encrypted.dmg_locked import EncryptedDmgReader
from safelight.evidence.protocol import Limits
from safelight.evidence.source import BytesSource
from safelight.evidence.unlock import Keys
from tests.evidence.encrypted.made import PASSWORD, TWELVE, seen, volume
from tests.evidence.images import jpeg

RNG = random.Random(17)
WRAP_VECTOR = bytes.fromhex("4adda22c79e82105")


def padded(data: bytes) -> bytes:
    size = 8 - len(data) % 8
    return data + bytes([size]) * size


def des(key: bytes, vector: bytes, data: bytes) -> bytes:
    return Cipher(TripleDES(key), CBC(vector)).encryptor().update(padded(data))


def blocks(plain: bytes, block: int, key: bytes, vector_key: bytes) -> bytes:
    out = b""
    for number in range(-(-len(plain) // block)):
        vector = hmac.digest(vector_key, number.to_bytes(4, "big"), "sha1")[:16]
        data = plain[number * block : (number + 1) * block].ljust(block, b"\0")
        out += Cipher(AES(key), CBC(vector)).encryptor().update(data)
    return out


def version_2(plain: bytes, bits: int = 128, block: int = 512, certificates: int = 0) -> bytes:
    """The header of OS X 10.4 and later, then the data."""
    key, vector_key, salt, vector = (RNG.randbytes(size) for size in (bits // 8, 20, 20, 8))
    wrapping = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt, 1000, 24)
    wrapped = des(wrapping, vector, key + vector_key + b"CKIE\0")
    way = struct.pack(">4I32sI32s5I", 103, 0, 1000, len(salt), salt, 8, vector, 192, 17, 7, 6, len(wrapped))
    way = (way + wrapped).ljust(616, b"\0")
    ways = [(2, way)] * certificates + [(1, way)]
    offset = 122_880 if block == 4096 else 122_368
    head = b"encrcdsa" + struct.pack(">7I", 2, 16, 5, 0x80000001, bits, 91, 160) + RNG.randbytes(16)
    head += struct.pack(">IQQI", block, len(plain), offset, len(ways))
    at, bodies = 76 + 20 * len(ways), b""
    for kind, body in ways:
        head += struct.pack(">IQQ", kind, at + len(bodies), len(body))
        bodies += body
    return (head + bodies).ljust(offset, b"\0") + blocks(plain, block, key, vector_key)


def version_1(plain: bytes, bits: int = 128) -> bytes:
    """The data, then the trailer of OS X 10.3."""
    key, vector_key, salt = (RNG.randbytes(size) for size in (bits // 8, 20, 20))
    wrapping = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt, 1000, 24)

    def wrapped(one: bytes) -> bytes:
        vector = RNG.randbytes(8)
        inner = vector + des(wrapping, vector, bytes(4) + one)
        return des(wrapping, WRAP_VECTOR, inner[::-1])

    tail = bytearray(1276)
    struct.pack_into(">I", tail, 0x10, 4096)
    struct.pack_into(">2I20s", tail, 0x30, 1000, 20, salt)
    struct.pack_into(">2I", tail, 0x60, 0x80000001, bits)
    for at, one in ((0x88, wrapped(key)), (0x1B4, wrapped(vector_key))):
        struct.pack_into(">I", tail, at, len(one))
        tail[at + 4 : at + 4 + len(one)] = one
    struct.pack_into(">Q", tail, 0x4E8, len(plain))
    tail[-8:] = b"cdsaencr"
    return blocks(plain, 4096, key, vector_key) + tail


@cache
def plain() -> bytes:
    return volume(2).read_bytes()


def file(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "private.dmg"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("bits", [128, 256])
@pytest.mark.parametrize("block", [512, 4096])
def test_a_password_opens_it(bits: int, block: int, tmp_path: Path) -> None:
    found = seen(file(tmp_path, version_2(plain(), bits, block)), *TWELVE)
    assert found.content == {"private.dmg//one.jpg": jpeg(21)}
    assert found.notes == ["encrypted disk image: opened with password 4 of 12"] and not found.errors


@pytest.mark.parametrize("bits", [128, 256])
def test_the_old_form_is_opened_too(bits: int, tmp_path: Path) -> None:
    found = seen(file(tmp_path, version_1(plain(), bits)), "wrong", PASSWORD)
    assert found.content == {"private.dmg//one.jpg": jpeg(21)} and not found.errors


def test_a_size_that_is_no_whole_block_is_read_to_its_last_byte() -> None:
    data = version_2(plain()[:100_001], block=4096)
    *_, layer = EncryptedDmgReader().walk(BytesSource(data), Limits(keys=Keys((PASSWORD,))))
    assert layer.open is not None and layer.open().read_at(0, 1 << 20) == plain()[:100_001]


@pytest.mark.parametrize(("make", "mark"), [(version_2, "encrcdsa"), (version_1, "cdsaencr")])
def test_without_a_key_it_is_said_what_would_open_it(make: type, mark: str, tmp_path: Path) -> None:
    for given, shown in (((), "none was given"), (("x",), "none of the 1 given opens it")):
        found = seen(file(tmp_path, make(plain())), *given)
        assert not found.notes and len(found.errors) == 1
        assert (
            mark in found.errors[0]
            and f"a password or key is needed (its password; {shown})" in found.errors[0]
        )


def test_certificates_are_said_to_be_a_way_in(tmp_path: Path) -> None:
    path = file(tmp_path, version_2(plain(), certificates=2))
    assert "or the key of one of 2 certificates" in seen(path).errors[0]
    assert seen(path, PASSWORD).content == {"private.dmg//one.jpg": jpeg(21)}


def test_an_image_that_is_cut_off_gives_what_is_there(tmp_path: Path) -> None:
    found = seen(file(tmp_path, version_2(plain())[:-500_000]), PASSWORD)
    assert found.content == {"private.dmg//one.jpg": jpeg(21)}
    assert any("it is cut off" in error for error in found.errors)


def test_flipped_bits_of_the_header_end_in_a_finding_never_worse() -> None:
    for make, start in ((version_2, 8), (version_1, -1276)):
        data = make(plain()[:65_536])
        for number in range(200):
            broken = bytearray(data)
            at = start + number * 6
            broken[at] ^= 0xFF
            try:
                for node in EncryptedDmgReader().walk(
                    BytesSource(bytes(broken)), Limits(keys=Keys((PASSWORD,)))
                ):
                    if node.open is not None:
                        assert len(node.open().read_at(0, 1 << 20)) <= 1 << 20
            except Exception as error:  # noqa: BLE001 -- why: whatever it is, its name is looked at
                assert type(error).__name__ in ("EvidenceError", "LockedError"), repr(error)
