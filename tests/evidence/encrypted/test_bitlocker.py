"""BitLocker: opened by every kind of key, said without one, read like pybde and dislocker do, and hostile metadata."""

from __future__ import annotations

import random
import struct
from functools import cache
from pathlib import Path

import pytest

from safelight.evidence.encrypted.bitlocker import BitlockerReader
from safelight.evidence.encrypted.bitlocker_keys import recovery_words
from safelight.evidence.protocol import Kind, Limits, Source
from safelight.evidence.source import BytesSource
from safelight.evidence.unlock import Keys
from tests.evidence.encrypted.bitlocker_writer import KEY_SIZES, RECOVERY, written
from tests.evidence.encrypted.made import PASSWORD, TWELVE, needs, seen, volume
from tests.evidence.images import folder, jpeg, run

PICTURE = {"one.jpg": jpeg(21)}


@cache
def ntfs() -> Path:
    """A small NTFS volume: what libbde expects to find inside."""
    image = folder() / "to-encrypt.ntfs"
    with image.open("wb") as file:
        file.truncate(8 << 20)
    run("mkntfs", "-F", "-q", "-s", "512", "-p", "0", "-H", "16", "-S", "63", image)
    return image


def image(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "stick.img"
    path.write_bytes(data)
    return path


def names(content: dict[str, bytes]) -> dict[str, bytes]:
    return {path.rpartition("/")[2]: data for path, data in content.items()}


def decrypted(data: bytes, keys: Keys) -> Source:
    layers = [one for one in BitlockerReader().walk(BytesSource(data), Limits(keys=keys)) if one.open]
    assert len(layers) == 1 and layers[0].open is not None
    return layers[0].open()


def test_a_password_opens_it_and_its_number_is_said(tmp_path: Path) -> None:
    data = written(volume().read_bytes(), method=0x8004, encrypted=3 << 20)
    found = seen(image(tmp_path, data), *TWELVE[2:6])
    assert names(found.content) == PICTURE
    assert found.notes == ["BitLocker, AES-XTS 128: opened with password 2 of 4"]
    assert not found.errors


def test_a_recovery_password_opens_it_however_it_is_typed(tmp_path: Path) -> None:
    data = written(volume().read_bytes(), password=None, recovery=RECOVERY)
    typed = RECOVERY.replace("-", " ")
    found = seen(image(tmp_path, data), "x", recovery=("000000-", typed))
    assert names(found.content) == PICTURE
    assert found.notes == ["BitLocker, AES-XTS 128: opened with recovery key 2 of 2"]


def test_suspended_protection_needs_no_key_where_the_case_allows_unlock(tmp_path: Path) -> None:
    path = image(tmp_path, written(volume().read_bytes(), password=None, clear=True))
    found = seen(path, limits=Limits(keys=Keys(allowed=True), carve=False))
    assert names(found.content) == PICTURE and not found.errors
    said = "protection is suspended: opened with the clear key that the volume holds itself"
    assert found.notes == [f"BitLocker, AES-XTS 128: {said}"]


def test_suspended_protection_stays_shut_where_the_case_does_not(tmp_path: Path) -> None:
    found = seen(image(tmp_path, written(volume().read_bytes(), password=None, clear=True)))
    assert not found.content and not found.notes
    (said,) = found.errors
    assert said.startswith("BitLocker volume ") and "its protection is suspended" in said
    assert "no other is needed, where the case allows unlock: this one does not" in said


@pytest.mark.parametrize(("to_go", "shown"), [(False, "-FVE-FS-"), (True, "BitLocker To Go")])
def test_without_a_key_it_is_said_what_would_open_it(to_go: bool, shown: str, tmp_path: Path) -> None:
    data = written(volume().read_bytes(), recovery=RECOVERY, to_go=to_go, encrypted=0x4000)
    found = seen(image(tmp_path, data))
    assert not found.content and len(found.errors) == 1
    (said,) = found.errors
    assert shown in said and "described as DESK TestVolume" in said
    assert "a password or key is needed (password " in said and "; recovery password " in said
    assert "none was given" in said


def test_a_wrong_key_is_said_to_be_wrong(tmp_path: Path) -> None:
    data = written(volume().read_bytes(), to_go=True, encrypted=0x4000)
    found = seen(image(tmp_path, data), "wrong", recovery=(RECOVERY,))
    assert not found.content and "none of the 2 given opens it" in found.errors[0]


def test_a_stick_in_a_partition_is_opened(tmp_path: Path) -> None:
    data = written(volume().read_bytes(), to_go=True)
    sectors = len(data) // 512
    entry = struct.pack("<B3sB3sII", 0, b"\0\2\0", 7, b"\0\2\0", 2048, sectors)
    disk = bytearray(2048 * 512) + data
    disk[446 : 446 + 16], disk[510:512] = entry, b"\x55\xaa"
    found = seen(image(tmp_path, bytes(disk)), PASSWORD)
    assert found.content == {"stick.img//p1/one.jpg": jpeg(21)}


@needs("mkntfs")
@pytest.mark.parametrize("method", sorted(KEY_SIZES))
def test_every_method_reads_as_libbde_reads_it(method: int, tmp_path: Path) -> None:
    pybde = pytest.importorskip("pybde", reason="libbde-python is not installed")
    plain = ntfs().read_bytes()
    encrypted = 1 << 20 if method < 0x8002 else None  # the diffuser is slow to write in plain Python
    data = written(plain, method=method, encrypted=encrypted)
    other = pybde.volume()
    other.set_password(PASSWORD)
    other.open(str(image(tmp_path, data)))
    mine = decrypted(data, Keys((PASSWORD,))).read_at(0, len(data))
    free = len(plain) - (2 << 20)
    assert mine[:free] == plain[:free]
    assert mine[: encrypted or free] == other.read_buffer_at_offset(encrypted or free, 0)
    other.close()


@needs("dislocker-file", "mkntfs")
@pytest.mark.parametrize("to_go", [False, True])
def test_dislocker_reads_the_same(to_go: bool, tmp_path: Path) -> None:
    data = written((volume() if to_go else ntfs()).read_bytes(), method=0x8005, to_go=to_go)
    run("dislocker-file", "-V", image(tmp_path, data), f"-u{PASSWORD}", tmp_path / "clear.img")
    free = len(data) - (2 << 20)
    mine = decrypted(data, Keys((PASSWORD,)))
    assert mine.read_at(0, free) == (tmp_path / "clear.img").read_bytes()[:free]


def test_the_second_copy_of_the_metadata_is_used_where_the_first_is_damaged(tmp_path: Path) -> None:
    data = bytearray(written(volume().read_bytes(), encrypted=3 << 20))
    first = struct.unpack_from("<Q", data, 176)[0]
    data[first + 300 : first + 400] = bytes(100)
    found = seen(image(tmp_path, bytes(data)), PASSWORD)
    assert names(found.content) == PICTURE and not found.errors


def test_what_is_not_a_recovery_password_is_no_candidate() -> None:
    assert recovery_words(RECOVERY) is not None
    assert recovery_words(RECOVERY[:-1] + "1") is None  # not a multiple of 11
    assert recovery_words("720896-" * 7 + "720896") is None  # beyond 16 bits
    assert recovery_words("lantern") is None


def test_damaged_metadata_end_in_a_finding_never_worse() -> None:
    data = written(volume().read_bytes(), clear=True, encrypted=0x4000)
    places = struct.unpack_from("<3Q", data, 176)
    rng = random.Random(5)
    for number in range(200):
        broken = bytearray(data)
        for place in places:  # the same damage in every copy
            spot = rng.randrange(900)
            at = place + (spot if number % 2 else number)
            broken[at : at + rng.choice((1, 2, 4))] = rng.choice((b"\0", b"\xff\xff", b"\x7f" * 4))
        source = BytesSource(bytes(broken))
        reader = BitlockerReader()
        try:
            for node in reader.walk(source, Limits(keys=Keys(allowed=True))):
                if node.open is not None:
                    opened = node.open()
                    assert node.kind is Kind.LAYER and opened.size <= source.size
                    assert len(opened.read_at(0, 1 << 16)) == 1 << 16
        except Exception as error:  # noqa: BLE001 -- why: whatever it is, its name is looked at
            assert type(error).__name__ in ("EvidenceError", "LockedError"), repr(error)
