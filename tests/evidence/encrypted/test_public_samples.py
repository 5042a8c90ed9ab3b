"""Real samples: volumes of Windows, Linux and macOS that others publish, where their folders are at hand.

SAFELIGHT_SAMPLES names a folder with checkouts of `dissect.fve` (Fox-IT) and `john-samples` (Openwall). They are not
part of this project, and nothing is downloaded; without them these tests are skipped.
"""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pytest

from safelight.evidence.encrypted.bitlocker import BitlockerReader
from safelight.evidence.encrypted.bitlocker_header import external_key
from safelight.evidence.encrypted.dmg_locked import EncryptedDmgReader
from safelight.evidence.encrypted.luks import LuksReader
from safelight.evidence.protocol import Kind, Limits, Node, Reader, Source
from safelight.evidence.source import FileSource
from safelight.evidence.unlock import Keys
from tests.evidence.encrypted.made import seen

SAMPLES = Path(os.environ.get("SAFELIGHT_SAMPLES") or "/nonexistent")
WINDOWS, LINUX = SAMPLES / "dissect.fve/tests/_data/bde", SAMPLES / "dissect.fve/tests/_data"
JOHN = SAMPLES / "john-samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="SAFELIGHT_SAMPLES names no folder")


def unpacked(path: Path, tmp_path: Path) -> Path:
    image = tmp_path / path.stem
    with gzip.open(path) as packed, image.open("wb") as out:
        shutil.copyfileobj(packed, out)
    return image


def opened(
    reader: Reader,
    path: Path,
    *passwords: str,
    recovery: tuple[str, ...] = (),
    files: tuple[bytes, ...] = (),
) -> tuple[str, Source]:
    """What the reader notes, and the volume that it opens."""
    keys = Keys(passwords, recovery, files=files)
    nodes: list[Node] = list(reader.walk(FileSource(path), Limits(keys=keys)))
    assert [node.kind for node in nodes] == [Kind.NOTE, Kind.LAYER]
    note, layer = nodes
    assert note.note is not None and layer.open is not None
    return note.note, layer.open()


def is_ntfs(volume: Source) -> bool:
    return volume.read_at(3, 8) == b"NTFS    " and volume.read_at(0x2000, 4) == b"FILE"


@pytest.mark.parametrize(
    "name", ["aes_128", "aes_256", "aes_128_diffuser", "aes_256_diffuser", "aes-xts_128", "aes-xts_256"]
)
def test_bitlocker_by_password(name: str, tmp_path: Path) -> None:
    pybde = pytest.importorskip("pybde", reason="libbde-python is not installed")
    image = unpacked(WINDOWS / f"{name}.bin.gz", tmp_path)
    note, volume = opened(BitlockerReader(), image, "wrong", "password12!@")
    assert note.endswith("opened with password 2 of 2") and is_ntfs(volume)
    other = pybde.volume()
    other.set_password("password12!@")
    other.open(str(image))
    for offset in range(0, volume.size, 1 << 20):
        data = volume.read_at(offset, 1 << 20)
        assert data == other.read_buffer_at_offset(len(data), offset)
    other.close()


def test_bitlocker_by_recovery_password_key_file_and_key_in_clear(tmp_path: Path) -> None:
    recovery = "284867-596541-514998-422114-660297-261613-215424-199408"
    image = unpacked(WINDOWS / "recovery_password.bin.gz", tmp_path)
    assert is_ntfs(opened(BitlockerReader(), image, recovery=(recovery,))[1])
    for name in ("recovery_key", "startup_key"):
        found = external_key((WINDOWS / f"{name}.bek").read_bytes())
        assert found is not None
        image = unpacked(WINDOWS / f"{name}.bin.gz", tmp_path)
        assert is_ntfs(opened(BitlockerReader(), image, recovery=(found[1].hex(),))[1])
        file = (WINDOWS / f"{name}.bek").read_bytes()
        note, volume = opened(BitlockerReader(), image, files=(b"another file", file))
        assert note.endswith("opened with key file 2 of 2") and is_ntfs(volume)
    note, volume = opened(BitlockerReader(), unpacked(WINDOWS / "suspended.bin.gz", tmp_path), "wrong")
    assert "suspended" in note and is_ntfs(volume)
    note, volume = opened(BitlockerReader(), unpacked(WINDOWS / "decrypted.bin.gz", tmp_path))
    assert "not encrypted any more" in note and is_ntfs(volume)


def test_bitlocker_of_vista_and_what_is_encrypted_in_part(tmp_path: Path) -> None:
    recovery = "517506-503998-044583-576191-587004-635965-501270-087802"
    _, volume = opened(BitlockerReader(), unpacked(WINDOWS / "vista.bin.gz", tmp_path), recovery=(recovery,))
    assert volume.read_at(3, 8) == b"NTFS    "
    found = seen(unpacked(WINDOWS / "eow_partial.bin.gz", tmp_path), "password12!@")
    assert len(found.errors) == 1 and "was not finished" in found.errors[0]


@pytest.mark.parametrize(
    "path",
    [
        "luks1/aes-ecb", "luks1/sha1", "luks2/aes-cbc-plain", "luks2/aes-cbc-essiv", "luks2/aes-ecb",
        "luks2/aes-ecb-pbkdf2", "luks2/aes-xts-plain64", "luks2/multiple-slots",
    ],
)  # fmt: skip
def test_luks(path: str, tmp_path: Path) -> None:
    _, volume = opened(LuksReader(), unpacked(LINUX / f"{path}.bin.gz", tmp_path), "password")
    assert volume.read_at(0, 2048) == b"".join(bytes([number]) * 512 for number in range(4))


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (f"testimage.AES-{bits}.64k.header_v{version}.dmg", "vilefault")
        for bits in (128, 256)
        for version in (1, 2)
    ]
    + [("HFS+-UDZO-password-data.dmg", "password"), ("MS-DOS-UDBZ-openwall-data.dmg", "openwall")]
    + [
        ("RO-openwall.dmg", "openwall"),
        ("dmg-hard.dmg", "easytodolater"),
        ("hybrid-openwall.dmg", "openwall"),
    ],
)
def test_disk_images_of_macos(name: str, password: str) -> None:
    _, image = opened(EncryptedDmgReader(), JOHN / "Apple_DMG" / name, "wrong", password)
    tail, head = image.read_at(image.size - 512, 512), image.read_at(0, 8)
    assert tail[:4] == b"koly" or b"EFI PART" in (tail[:8], image.read_at(512, 8)) or head[:2] == b"ER"


def test_apfs_that_is_encrypted() -> None:
    path = JOHN / "APFS" / "Apple Disk Image Media.dmg"
    found = seen(path, "wrong", "password")
    assert (
        not found.errors
        and "“apfs-encrypted”" in found.notes[0]
        and found.notes[0].endswith("password 2 of 2")
    )
    assert "encrypted with FileVault" in seen(path, "wrong").errors[0]


@pytest.mark.parametrize(
    ("path", "password"),
    [
        ("ZIP/winzip-AES-128-testpassword#.zip", "testpassword#"),
        ("ZIP/winzip-AES-192-magnum.zip", "magnum"),
        ("ZIP/winzip-AES-256-testpassword#.zip", "testpassword#"),
        ("ZIP/winzip-zip2-testpassword#.zip", "testpassword#"),
        ("ZIP/ChristmasGIFts_123456.zip", "123456"),
        ("ZIP/d64N_1234.zip", "1234"),
        ("7-Zip/encrypted-double-files.7z", "password"),
        ("7-Zip/header-encrypted.7z", "password"),
    ],
)
def test_archives(path: str, password: str) -> None:
    found = seen(JOHN / path, "wrong", password)
    assert len(found.content) > 1 and not found.errors
    assert found.notes and all(note.endswith("opened with password 2 of 2") for note in found.notes)
