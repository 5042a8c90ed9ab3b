"""Encrypted RAR archives that RAR wrote (from the tests of libarchive), and ones encrypted here after the layout."""

from __future__ import annotations

import hashlib
import hmac
import os
import random
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from safelight.evidence.archives import foreign
from safelight.evidence.archives.rar_headers import NEW, members, read_archive
from safelight.evidence.protocol import Limits
from safelight.evidence.source import BytesSource
from safelight.evidence.unlock import Keys
from safelight.model import LOCKED
from tests.evidence.archives import samples
from tests.evidence.encrypted.made import Seen, seen

SAMPLES = Path(os.environ.get("SAFELIGHT_SAMPLES") or "/nonexistent")
needs_library = pytest.mark.skipif(not foreign.installed(), reason="Debian's libarchive13 is not installed")
TWELVE = (*(f"wrong {number}" for number in range(4)), "password", *(f"more {number}" for number in range(7)))
SALT, VECTOR, ROUNDS = bytes(range(16)), bytes(range(40, 56)), 5


def opened(folder: Path, data: bytes, *passwords: str) -> Seen:
    path = folder / "x.rar"
    path.write_bytes(data)
    found = seen(path, *passwords)
    content = {name.partition("//")[2]: data for name, data in found.content.items() if "//" in name}
    return Seen(content, found.notes, found.errors)


@pytest.mark.parametrize("data", [samples.RAR4_ENCRYPTED, samples.RAR5_ENCRYPTED], ids=["3", "5"])
@needs_library
def test_a_member_opens_with_its_password_and_another_stays_locked(data: bytes, tmp_path: Path) -> None:
    found = opened(tmp_path, data, *TWELVE)
    assert found.notes == ["opened with password 5 of 12"]
    assert {name: len(content) for name, content in found.content.items()} == {
        "a.txt": 18,
        "b.txt": 18,
        "c.txt": 18,
    }
    (said,) = found.errors  # it has another password
    assert LOCKED in said and "none of the 12 given opens it" in said


@needs_library
def test_names_that_are_encrypted_open_too(tmp_path: Path) -> None:
    found = opened(tmp_path, samples.RAR5_ENCRYPTED_FILENAMES, *TWELVE)
    assert sorted(found.content) == ["a.txt", "b.txt", "c.txt", "d.txt"] and not found.errors
    assert found.notes[0] == "its names were encrypted: opened with password 5 of 12"
    (said,) = opened(tmp_path, samples.RAR5_ENCRYPTED_FILENAMES, "x").errors
    assert LOCKED in said and "none of the 1 given" in said


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def read_number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
        if byte < 0x80:
            return value, at


def keys(password: str) -> tuple[bytes, bytes, bytes]:
    """Key, key of checksums, check value."""
    made = [
        hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, (1 << ROUNDS) + more) for more in (0, 16, 32)
    ]
    folded = bytes(
        a ^ b ^ c ^ d for a, b, c, d in zip(*(made[2][at : at + 8] for at in (0, 8, 16, 24)), strict=True)
    )
    return made[0], made[1], folded + hashlib.sha256(folded).digest()[:4]


def encrypted(
    plain: bytes, password: str, *, check: bool = True, tweaked: bool = True, summed: bool = True
) -> bytes:
    """An archive of RAR 5 with every member encrypted, as its technote says."""
    source = BytesSource(plain)
    archive = read_archive(source)
    key, of_sums, value = keys(password)
    out = [plain[: archive.start]]
    end = archive.start
    for member in members(source, archive):
        _, at = read_number(plain, member.begin + 4)
        kind, at = read_number(plain, at)
        flags, at = read_number(plain, at)
        extra_size, at = read_number(plain, at) if flags & 1 else (0, at)
        _, at = read_number(plain, at)
        header_end = member.data
        body, extra = plain[at : header_end - extra_size], plain[header_end - extra_size : header_end]
        if tweaked and member.crc is not None:
            digest = hmac.digest(of_sums, member.crc.to_bytes(4, "little"), "sha256")
            sums = [int.from_bytes(digest[low : low + 4], "little") for low in range(0, 32, 4)]
            keyed = 0
            for one in sums:
                keyed ^= one
            body = body.replace(member.crc.to_bytes(4, "little"), keyed.to_bytes(4, "little"), 1)
        if not summed and member.crc is not None:  # the first byte of the body are its flags
            body = bytes((body[0] & ~4,)) + body[1:].replace(keyed.to_bytes(4, "little"), b"", 1)
        data = plain[member.data : member.data + member.packed]
        data += bytes(-len(data) % 16)
        data = Cipher(AES(key), CBC(VECTOR)).encryptor().update(data)
        record = number(1) + number(0) + number(check | tweaked << 1) + bytes((ROUNDS,)) + SALT + VECTOR
        record += value if check else b""
        kept = b"" if b"\x22\x02" in extra[:2] else extra  # a digest that would have to be keyed as well
        extra = number(len(record)) + record + kept
        head = number(kind) + number(flags | 1) + number(len(extra)) + number(len(data)) + body + extra
        sized = number(len(head)) + head
        out += [zlib.crc32(sized).to_bytes(4, "little"), sized, data]
        end = member.data + member.packed
    return b"".join((*out, plain[end:]))


@needs_library
@pytest.mark.parametrize(
    "data", [samples.RAR5_MULTIPLE_FILES, samples.RAR5_MULTIPLE_FILES_SOLID], ids=["", "solid"]
)
@pytest.mark.parametrize("check", [True, False], ids=["stated", "by content"])
@pytest.mark.parametrize("tweaked", [True, False])
def test_packed_members_are_decrypted_and_unpacked(
    data: bytes, check: bool, tweaked: bool, tmp_path: Path
) -> None:
    plain = opened(tmp_path, data)
    assert len(plain.content) == 4 and not plain.errors
    locked = encrypted(data, "gas light ü", check=check, tweaked=tweaked)
    found = opened(tmp_path, locked, "wrong", "gas light ü")
    assert found.content == plain.content and not found.errors
    assert found.notes == ["opened with password 2 of 2"] * 4
    assert all(LOCKED in error for error in opened(tmp_path, locked, "wrong").errors)


def test_where_nothing_would_show_a_password_to_be_right_none_is_tried(tmp_path: Path) -> None:
    found = opened(tmp_path, encrypted(stored_archive(), "x", check=False, summed=False), "x")
    (said,) = found.errors
    assert "so none is tried" in said and not found.notes and not found.content


@needs_library
def test_damage_of_what_was_decrypted_is_said(tmp_path: Path) -> None:
    locked = bytearray(encrypted(samples.RAR5_MULTIPLE_FILES, "x"))
    first = next(iter(members(BytesSource(bytes(locked)), read_archive(BytesSource(bytes(locked))))))
    locked[first.data + first.packed // 2] ^= 1
    found = opened(tmp_path, bytes(locked), "x")
    assert len(found.errors) == 1 and len(found.content) == 4


@needs_library
@pytest.mark.parametrize("method", ["packed", "stored"])
def test_an_encrypted_member_that_is_changed_or_cut_off_is_said(method: str, tmp_path: Path) -> None:
    data = samples.RAR5_ENCRYPTED if method == "packed" else encrypted(stored_archive(), "password")
    source = BytesSource(data)
    member = next(member for member in members(source, read_archive(source)) if member.encrypted)
    assert member.stored is (method == "stored")
    assert not [error for error in opened(tmp_path, data, "password").errors if LOCKED not in error]
    changed = bytearray(data)
    changed[member.data + 3] ^= 1
    for broken in (bytes(changed), data[: member.data + 8]):
        assert [error for error in opened(tmp_path, broken, "password").errors if LOCKED not in error]


def stored_archive() -> bytes:
    """The first member of a sample, which RAR stored."""
    source = BytesSource(samples.RAR5_ENCRYPTED)
    archive = read_archive(source)
    first = next(iter(members(source, archive)))
    assert first.stored and not first.encrypted
    return samples.RAR5_ENCRYPTED[: first.data + first.packed] + bytes.fromhex("1d77565103050400")


def test_absurd_rounds_are_refused_at_once(tmp_path: Path) -> None:
    data = bytearray(samples.RAR5_ENCRYPTED)
    source = BytesSource(bytes(data))
    b = next(member for member in members(source, read_archive(source)) if member.seal is not None)
    assert b.seal is not None
    data[data.index(b.seal.salt) - 1] = 63
    found = opened(tmp_path, bytes(data), "password")
    assert any("2^63 rounds" in error for error in found.errors)


@needs_library
def test_archives_with_flipped_bits_end_in_findings_never_worse(tmp_path: Path) -> None:
    rng = random.Random(11)
    for data in (samples.RAR4_ENCRYPTED, samples.RAR5_ENCRYPTED, samples.RAR5_ENCRYPTED_FILENAMES):
        for _ in range(10):
            broken = bytearray(data)
            for _ in range(rng.choice((1, 3))):
                broken[rng.randrange(len(NEW), len(data))] ^= 1 << rng.randrange(8)
            found = opened(tmp_path, bytes(broken[: rng.randrange(60, len(data) + 1)]), "password")
            assert not [error for error in found.errors if "reader failed" in error], found.errors


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="SAFELIGHT_SAMPLES names no folder")
@pytest.mark.parametrize(
    ("path", "password", "least"),
    [
        ("rarfile/test/files/rar5-psw.rar", "password", 2),
        ("rarfile/test/files/rar5-psw-blake.rar", "password", 2),
        ("rarfile/test/files/rar5-hpsw.rar", "password", 2),
        ("rarfile/test/files/rar3-comment-hpsw.rar", "password", 2),
        ("john-samples/RAR5/rar5-hp0-password.rar", "password", 1),
        ("john-samples/RAR5/rar5-p0-password.rar", "password", 1),
        ("john-samples/RAR/first-file-plain.rar", "password", 2),
        ("john-samples/RAR/p1-comment.rar", "password", 2),
        ("john-samples/RAR/hp0.rar", "password", 1),
    ],
)
def test_archives_that_others_publish(path: str, password: str, least: int) -> None:
    found = seen(SAMPLES / path, "wrong", password, limits=Limits(keys=Keys(("wrong", password))))
    assert not found.errors and len(found.content) == least + 1
    assert any("opened with password 2 of 2" in note for note in found.notes)
