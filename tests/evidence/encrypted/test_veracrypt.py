"""VeraCrypt and TrueCrypt: containers built after the published layout, which cryptsetup opens too, and real ones."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import XTS

from safelight.errors import UsageError
from safelight.evidence.encrypted import veracrypt_header
from safelight.evidence.encrypted.veracrypt import UnmarkedPartitionReader, UnmarkedReader, is_noise
from safelight.evidence.encrypted.veracrypt_header import mixed, open_header
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import BytesSource
from safelight.evidence.unlock import Keys, read_keys
from safelight.evidence.walk import walk
from tests.evidence.encrypted.made import PASSWORD, needs, seen, volume
from tests.evidence.images import jpeg, mbr

SAMPLES = Path(os.environ.get("SAFELIGHT_SAMPLES") or "/nonexistent") / "john-samples"
BEGIN = 1 << 17
HIDDEN_BEGIN = 2 << 20


def xts(key: bytes, data: bytes, number: int, unit: int = 512) -> bytes:
    """Encrypt units of data, numbered from `number`."""
    return b"".join(
        Cipher(AES(key), XTS((number + at // unit).to_bytes(16, "little")))
        .encryptor()
        .update(data[at : at + unit])
        for at in range(0, len(data), unit)
    )


def header(
    secret: bytes, salt: bytes, key: bytes, begin: int, size: int, program: str, pim: int | None = None
) -> bytes:
    """A header of 512 bytes, after the volume format specification."""
    magic, rounds = (b"VERA", 500_000) if program == "VeraCrypt" else (b"TRUE", 1_000)
    rounds = rounds if pim is None else 15_000 + 1_000 * pim
    keys = key.ljust(256, b"\0")
    head = struct.pack(
        ">4sHHI16xQQQQII", magic, 5, 0x10B, zlib.crc32(keys), 0, size, begin, size, 0, 512
    ).ljust(188, b"\0")
    clear = head + zlib.crc32(head).to_bytes(4, "big") + keys
    derived = hashlib.pbkdf2_hmac("sha512", secret, salt, rounds, 64)
    return salt + xts(derived, clear, 0, len(clear))


def container(
    secret: bytes,
    *,
    program: str = "TrueCrypt",
    hidden: bytes | None = None,
    content: bytes | None = None,
    pim: int | None = None,
) -> bytes:
    """The small volume in a container, and perhaps the same in a hidden one, where the outer is noise."""
    rng, plain = random.Random(5), volume(2).read_bytes() if content is None else content
    data = bytearray(rng.randbytes(6 << 20))
    salt, key = rng.randbytes(64), rng.randbytes(64)
    data[:512] = header(secret, salt, key, BEGIN, len(plain), program, pim)
    if hidden is None:
        data[BEGIN : BEGIN + len(plain)] = xts(key, plain, BEGIN // 512)
    else:
        data[BEGIN : BEGIN + 512] = xts(key, bytes(512), BEGIN // 512)
        salt, key = rng.randbytes(64), rng.randbytes(64)
        data[1 << 16 : (1 << 16) + 512] = header(hidden, salt, key, HIDDEN_BEGIN, len(plain), program)
        data[HIDDEN_BEGIN : HIDDEN_BEGIN + len(plain)] = xts(key, plain, HIDDEN_BEGIN // 512)
    return bytes(data)


def named(folder: Path, data: bytes) -> Path:
    path = folder / "holiday.dat"
    path.write_bytes(data)
    return path


def pictures(found: dict[str, bytes]) -> list[bytes]:
    return [data for path, data in found.items() if "//" in path]


pytestmark = needs("mkfs.vfat", "mcopy")


@pytest.fixture
def truecrypt_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys as TrueCrypt does and no further: VeraCrypt's take a second for each candidate."""
    monkeypatch.setattr(veracrypt_header, "_VERA", ())


@pytest.mark.parametrize("program", ["TrueCrypt", "VeraCrypt"])
def test_a_password_opens_a_container(program: str, tmp_path: Path) -> None:
    path = named(tmp_path, container(PASSWORD.encode(), program=program))
    found = seen(path, "wrong", PASSWORD)
    assert pictures(found.content) == [jpeg(21)]
    assert (
        found.notes == [f"volume of {program} (AES, sha512): opened with password 2 of 2"]
        and not found.errors
    )


def test_a_pim_that_is_given_is_tried_with_every_password(tmp_path: Path) -> None:
    path = named(tmp_path, container(PASSWORD.encode(), program="VeraCrypt", pim=7))
    limits = Limits(keys=Keys((PASSWORD,), pims=(3, 7)), carve=False)
    found = seen(path, limits=limits)
    assert pictures(found.content) == [jpeg(21)]
    assert found.notes == ["volume of VeraCrypt (AES, sha512): opened with password 1 of 1 and PIM 2 of 2"]


@needs("cryptsetup")
def test_cryptsetup_opens_the_container_with_the_pim(tmp_path: Path) -> None:
    path = named(tmp_path, container(PASSWORD.encode(), program="VeraCrypt", pim=7))
    command = ("cryptsetup", "tcryptDump", "--veracrypt-pim", "7", path)
    ran = subprocess.run(command, input=PASSWORD.encode(), capture_output=True, check=False)
    if ran.returncode == 4 or b"kernel" in ran.stderr:
        pytest.skip("this kernel gives cryptsetup no ciphers")
    assert ran.returncode == 0, ran.stderr


def test_a_pim_needs_a_password_and_is_a_number_that_ends(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("one\n", encoding="ascii")
    assert read_keys(tmp_path / "words", pims=[5, 5, 7]).pims == (5, 7)
    for pims in ([0], [-3], [2_000_000], list(range(1, 40))):
        with pytest.raises(UsageError, match="A PIM is a number from 1"):
            read_keys(tmp_path / "words", pims=pims)
    with pytest.raises(UsageError, match="opens nothing by itself"):
        read_keys(pims=[5])


@pytest.mark.usefixtures("truecrypt_alone")
def test_a_hidden_volume_opens_with_its_own_password(tmp_path: Path) -> None:
    path = named(tmp_path, container(b"outer", hidden=PASSWORD.encode()))
    found = seen(path, PASSWORD, "outer")
    assert pictures(found.content) == [jpeg(21)]
    assert found.notes == ["hidden volume of TrueCrypt (AES, sha512): opened with password 1 of 2"]


@pytest.mark.usefixtures("truecrypt_alone")
def test_key_files_count_alone_and_together(tmp_path: Path) -> None:
    one, two = b"first key file" * 300, os.urandom(5000)
    for files, password, note in (
        ((one,), PASSWORD, "opened with password 1 of 1 and key file 1 of 2"),
        ((one, two), PASSWORD, "opened with password 1 of 1 and all 2 key files"),
        ((two,), "", "opened with key file 2 of 2"),
    ):
        path = named(tmp_path, container(mixed(password.encode(), files)))
        found = seen(path, PASSWORD, files=(one, two))
        assert pictures(found.content) == [jpeg(21)]
        assert found.notes == [f"volume of TrueCrypt (AES, sha512): {note}"]


@needs("cryptsetup")
def test_cryptsetup_knows_the_password_of_what_the_tests_build(tmp_path: Path) -> None:
    file = b"a key file"
    path, key = named(tmp_path, container(mixed(PASSWORD.encode(), (file,)))), tmp_path / "key"
    key.write_bytes(file)
    command = ("cryptsetup", "tcryptDump", "--key-file", key, path)
    ran = subprocess.run(command, input=PASSWORD.encode(), capture_output=True, check=False)
    if ran.returncode == 4 or b"kernel" in ran.stderr:
        pytest.skip("this kernel gives cryptsetup no ciphers")
    assert ran.returncode == 0, ran.stderr
    assert b"aes" in ran.stdout and b"sha512" in ran.stdout


@pytest.mark.usefixtures("truecrypt_alone")
def test_noise_without_a_password_is_noted_and_no_more(tmp_path: Path) -> None:
    path = named(tmp_path, container(b"x"))
    for passwords, said in (
        ((), "without any signature"),
        (("wrong",), "none of the 1 passwords and key files given"),
    ):
        found = seen(path, *passwords)
        (note,) = found.notes
        assert "may be an encrypted container" in note and said in note
        assert not found.errors and list(found.content.values()) == [path.read_bytes()]


@pytest.mark.usefixtures("truecrypt_alone")
def test_what_did_not_open_is_looked_at_again_by_a_later_scan(tmp_path: Path) -> None:
    path = named(tmp_path, container(PASSWORD.encode()))
    for password, done in (("wrong", []), (PASSWORD, [b"holiday.dat"])):
        left: list[bytes] = []
        limits = Limits(keys=Keys((password,)), carve=False)
        list(walk(tmp_path, limits=limits, left=lambda found, left=left: left.append(found.place.trail[-1])))
        assert left == done and path.exists()


@pytest.mark.usefixtures("truecrypt_alone")
def test_all_files_of_noise_share_the_time_that_one_container_has(tmp_path: Path) -> None:
    keys = Keys(("wrong",), seconds=60)
    path = named(tmp_path, container(PASSWORD.encode()))
    (note,) = seen(path, limits=Limits(keys=keys, carve=False)).notes
    assert "none of the 1 passwords" in note and keys.spent.seconds > 0
    keys.spent.seconds = 60
    (note,) = seen(path, limits=Limits(keys=keys, carve=False)).notes
    assert "not tried: the 60 seconds for files without a signature are over" in note


@pytest.mark.usefixtures("truecrypt_alone")
def test_a_partition_of_noise_is_a_finding_and_opens(tmp_path: Path) -> None:
    inside = container(PASSWORD.encode())
    disk = mbr(2048 + len(inside) // 512, [(0x07, 2048, len(inside) // 512)])
    disk[2048 * 512 :] = inside
    path = tmp_path / "disk.img"
    path.write_bytes(disk)
    (said,) = seen(path).errors
    assert said.startswith("no file system that is known here: it may be an encrypted container")
    found = seen(path, PASSWORD)
    assert list(found.content.values()) == [jpeg(21)] and not found.errors


def test_what_is_no_noise_is_not_noted(tmp_path: Path) -> None:
    rng = random.Random(8)
    noise, size = rng.randbytes(1 << 20), 1 << 20
    text = rng.randbytes(700_000).hex().encode()
    deflated = zlib.compress(text, 1)
    samples = {
        "one byte more": noise + b"x",
        "small": noise[: 200 << 10],
        "deflated": deflated[: len(deflated) // 512 * 512],
        "text": text[:size],
        "a hole": noise[: size // 2] + bytes(1 << 17) + noise[size // 2 :],
        "an ASCII mark": b"!<arch>\n" + noise[8:],
        "zeros": bytes(size),
    }
    for name, data in samples.items():
        assert not is_noise(data[: 1 << 16], BytesSource(data)), name
    assert is_noise(noise[: 1 << 16], BytesSource(noise))


@pytest.mark.usefixtures("truecrypt_alone")
@pytest.mark.parametrize("reader", [UnmarkedReader(), UnmarkedPartitionReader()])
def test_headers_that_lie_about_their_volume_end_well(reader: UnmarkedReader) -> None:
    rng = random.Random(3)
    for begin, size in ((1 << 63, 1 << 40), (0, 1 << 63), ((6 << 20) - 512, 1 << 62), (131_072, 0)):
        data = bytearray(rng.randbytes(6 << 20))
        data[:512] = header(b"x", rng.randbytes(64), rng.randbytes(64), begin, size, "TrueCrypt")
        nodes = list(reader.walk(BytesSource(bytes(data)), Limits(keys=Keys(("x",)))))
        assert [node.kind for node in nodes] == [Kind.NOTE, Kind.LAYER]
        assert nodes[1].open is not None
        content = nodes[1].open()
        assert content.size <= len(data)
        content.read_at(0, 4096)


def test_no_password_at_all_is_not_tried() -> None:
    assert open_header(BytesSource(bytes(1 << 20)), b"") is None
    assert open_header(BytesSource(b""), b"x") is None


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="SAFELIGHT_SAMPLES has no john-samples")
@pytest.mark.parametrize(
    ("path", "password", "files", "shown"),
    [
        ("VeraCrypt/VC-STD-Volume/Test1.vc", "12345", (), "VeraCrypt (AES, sha512)"),
        ("TrueCrypt/tc-openwall", "openwall", (), "TrueCrypt (AES, ripemd160)"),
        ("TrueCrypt/tc-password", "password", (), "TrueCrypt (AES, sha512)"),
        (
            "TrueCrypt/TC-Volume/TC-Normal-Volume.txt",
            "truecrypt",
            ("RIPEMD-160-Keyfile-1", "SHA-512-Keyfile-2", "Whirlpool-Keyfile-3"),
            "TrueCrypt (AES, ripemd160)",
        ),
    ],
)
def test_containers_that_others_publish(
    path: str, password: str, files: tuple[str, ...], shown: str, tmp_path: Path
) -> None:
    shutil.copyfile(SAMPLES / path, tmp_path / "sample")
    keys = tuple((SAMPLES / path).with_name(name).read_bytes() for name in files)
    found = seen(tmp_path / "sample", password, files=keys)
    assert shown in found.notes[0] and "opened with password 1 of 1" in found.notes[0] and not found.errors
