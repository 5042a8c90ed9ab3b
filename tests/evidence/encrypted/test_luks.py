"""LUKS: volumes that cryptsetup and QEMU wrote, the second header, detached ones, and headers that lie."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import struct
from functools import cache
from pathlib import Path

import pytest

from safelight.evidence.encrypted.luks import LuksReader
from safelight.evidence.encrypted.luks_header import is_luks, read_header
from safelight.evidence.protocol import Limits
from safelight.evidence.source import BytesSource, FileSource
from tests.evidence.encrypted.made import PASSWORD, TWELVE, large_blocks, needs, seen, volume
from tests.evidence.images import folder, jpeg, run

CHEAP = ("--pbkdf", "argon2id", "--pbkdf-memory", "1024", "--pbkdf-parallel", "1")
CHEAP += ("--pbkdf-force-iterations", "4")


@cache
def luks2(*options: str) -> Path:
    """The small volume, encrypted in place by cryptsetup (which needs no device mapper for that)."""
    image = folder() / f"luks2-{'-'.join(options).replace('/', '_')}.img"
    shutil.copyfile(large_blocks() if "4096" in options else volume(), image)
    os.truncate(image, (6 << 20) + (16 << 20))
    run(
        "cryptsetup", "reencrypt", "-q", "--encrypt", "--type", "luks2", "--reduce-device-size", "16M",
        "--key-file", "-", *(options or CHEAP), image, data=PASSWORD.encode(),
    )  # fmt: skip
    return image


@cache
def luks1(*options: str) -> Path:
    """The small volume, encrypted by QEMU."""
    image = folder() / f"luks1-{'-'.join(options)}.img"
    secret = folder() / "secret"
    secret.write_text(PASSWORD)
    command = (
        "qemu-img", "convert", "--object", f"secret,id=s,file={secret}", "-f", "raw", "-O", "luks",
        "-o", ",".join(("key-secret=s", "iter-time=50", *options)), volume(), image,
    )  # fmt: skip
    for _ in range(3):
        with contextlib.suppress(AssertionError):  # QEMU measures the CPU and gives up on a busy machine
            run(*command)
            return image
    pytest.skip("QEMU cannot measure how fast this machine is")


@needs("cryptsetup")
@pytest.mark.parametrize(
    "options",
    [
        CHEAP,
        (*CHEAP, "--sector-size", "4096"),
        ("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--hash", "sha512"),
        (*CHEAP, "--cipher", "aes-cbc-essiv:sha256", "--key-size", "256"),
    ],
    ids=["xts", "large-sectors", "pbkdf2", "cbc-essiv"],
)
def test_what_cryptsetup_encrypted_is_read(options: tuple[str, ...]) -> None:
    found = seen(luks2(*options), *TWELVE)
    assert list(found.content.values()) == [jpeg(21)]
    assert found.notes == ["opened with password 4 of 12"] and not found.errors


@needs("qemu-img")
@pytest.mark.parametrize(
    "options",
    [
        (),
        (
            "cipher-alg=aes-128",
            "cipher-mode=cbc",
            "ivgen-alg=essiv",
            "ivgen-hash-alg=sha256",
            "hash-alg=sha1",
        ),
    ],
    ids=["xts", "cbc-essiv"],
)
def test_what_qemu_encrypted_is_read(options: tuple[str, ...]) -> None:
    found = seen(luks1(*options), "wrong", PASSWORD)
    assert list(found.content.values()) == [jpeg(21)]
    assert found.notes == ["opened with password 2 of 2"] and not found.errors


@needs("cryptsetup")
def test_every_passphrase_of_several_opens_it(tmp_path: Path) -> None:
    image = tmp_path / "two.img"
    shutil.copyfile(luks2(), image)
    (tmp_path / "new").write_bytes(b"gas light")
    run(
        "cryptsetup", "luksAddKey", "-q", "--key-file", "-", *CHEAP, image, tmp_path / "new",
        data=PASSWORD.encode(),
    )  # fmt: skip
    for password in (PASSWORD, "gas light"):
        assert list(seen(image, password).content.values()) == [jpeg(21)]
    assert "one of 2 passphrases" in seen(image).errors[0]


@needs("cryptsetup")
def test_a_key_file_opens_it_with_every_byte_of_it(tmp_path: Path) -> None:
    image, key = tmp_path / "by-file.img", random.Random(5).randbytes(4096) + b"\n\0"
    shutil.copyfile(luks2(), image)
    (tmp_path / "key").write_bytes(key)
    run(
        "cryptsetup", "luksAddKey", "-q", "--key-file", "-", *CHEAP, image, tmp_path / "key",
        data=PASSWORD.encode(),
    )  # fmt: skip
    found = seen(image, "wrong", files=(key[:-1], key))
    assert list(found.content.values()) == [jpeg(21)]
    assert found.notes == ["opened with key file 2 of 2"] and not found.errors
    (said,) = seen(image, "wrong", files=(key[:-1],)).errors
    assert "none of the 2 given opens it" in said


@needs("cryptsetup")
def test_a_volume_that_is_to_be_encrypted_anew_opens_as_before(tmp_path: Path) -> None:
    image, key = tmp_path / "anew.img", tmp_path / "key"
    shutil.copyfile(luks2(), image)
    key.write_text(PASSWORD)
    run("cryptsetup", "reencrypt", "-q", "--key-file", key, "--init-only", *CHEAP, image)
    assert b"online-reencrypt-v2" in image.read_bytes()[:0x4000]
    found = seen(image, "wrong", PASSWORD)
    assert list(found.content.values()) == [jpeg(21)]
    assert found.notes == ["opened with password 2 of 2"] and not found.errors


def in_segments(image: Path, first: int, *, hot: bool = False) -> bytes:
    """A volume of cryptsetup's whose header states two segments of one key instead of one, as while it is encrypted
    anew: `first` bytes, and the rest."""
    data = bytearray(image.read_bytes())
    size = int.from_bytes(data[8:16], "big")
    stated = json.loads(data[4096:size].partition(b"\0")[0])
    whole = stated["segments"]["0"]
    stated["segments"] = {
        "0": whole | {"size": str(first)},
        "1": whole
        | {"offset": str(int(whole["offset"]) + first), "iv_tweak": str(first // 512)}
        | ({"flags": ["in-reencryption"]} if hot else {}),
        "2": whole | {"flags": ["backup-previous"]},
    }
    for digest in stated["digests"].values():
        digest["segments"] = ["0", "1", "2"]
    data[4096:size] = json.dumps(stated).encode().ljust(size - 4096, b"\0")
    data[448:512] = bytes(64)
    data[448:480] = hashlib.sha256(data[:size]).digest()
    return bytes(data)


@needs("cryptsetup")
@pytest.mark.parametrize("hot", [False, True])
def test_segments_are_one_volume(hot: bool, tmp_path: Path) -> None:
    image = tmp_path / "segments.img"
    image.write_bytes(in_segments(luks2(), 40_960, hot=hot))  # within the picture
    found = seen(image, PASSWORD)
    assert list(found.content.values()) == [jpeg(21)]
    assert ["some have the new key" in error for error in found.errors] == [True] * hot


def test_what_is_not_encrypted_any_more_is_read_and_said(tmp_path: Path) -> None:
    image = tmp_path / "linear.img"
    image.write_bytes(forged({"segments.0.type": "linear"})[: 1 << 20] + volume().read_bytes())
    found = seen(image)
    assert list(found.content.values()) == [jpeg(21)] and not found.errors
    assert found.notes == ["LUKS2 volume u: no part of it is encrypted"]


@needs("cryptsetup", "qemu-img")
def test_without_a_key_it_is_said_what_would_open_it() -> None:
    for image, version in ((luks2(), 2), (luks1(), 1)):
        identifier = run("cryptsetup", "luksUUID", image).decode().strip()
        for given, shown in (((), "none was given"), (("x", "y"), "none of the 2 given opens it")):
            found = seen(image, *given)
            assert not found.content and not found.notes
            (said,) = found.errors
            assert said.startswith(
                f"LUKS{version} volume {identifier} (by its header): a password or key is "
            )
            assert "its passphrase or key file" in said and shown in said


@needs("cryptsetup")
def test_the_second_header_serves_where_the_first_is_gone(tmp_path: Path) -> None:
    image = tmp_path / "hurt.img"
    shutil.copyfile(luks2(), image)
    with image.open("r+b") as file:
        file.write(bytes(4096))
    found = seen(image, PASSWORD)
    assert list(found.content.values()) == [jpeg(21)]
    assert found.errors == ["LUKS2: its first header is missing; the second is used"]
    with image.open("r+b") as file:
        file.seek(0x4000)
        file.write(bytes(4096))
    assert not is_luks(image.read_bytes()[:0x10000])


@needs("cryptsetup")
def test_a_detached_header_is_said_to_be_one(tmp_path: Path) -> None:
    header, data = tmp_path / "header.img", tmp_path / "data.img"
    shutil.copyfile(volume(), data)
    with header.open("wb") as file:
        file.truncate(16 << 20)
    run(
        "cryptsetup", "luksFormat", "-q", "--type", "luks2", "--header", header, "--key-file", "-", *CHEAP, data,
        data=PASSWORD.encode(),
    )  # fmt: skip
    (said,) = seen(header, PASSWORD).errors
    assert "a header without its data" in said


def forged(change: dict[str, object]) -> bytes:
    """A LUKS2 header of our own, with some of its values changed."""
    slot = {
        "type": "luks2",
        "key_size": 64,
        "af": {"type": "luks1", "stripes": 4000, "hash": "sha256"},
        "area": {
            "type": "raw",
            "offset": "32768",
            "size": "258048",
            "encryption": "aes-xts-plain64",
            "key_size": 64,
        },
        "kdf": {"type": "pbkdf2", "hash": "sha256", "iterations": 1000, "salt": "AAAA"},
    }
    digest = {
        "type": "pbkdf2", "keyslots": ["0"], "segments": ["0"], "hash": "sha256", "iterations": 1000,
        "salt": "AAAA", "digest": "AAAA",
    }  # fmt: skip
    segment = {
        "type": "crypt", "offset": "1048576", "size": "dynamic", "iv_tweak": "0",
        "encryption": "aes-xts-plain64", "sector_size": 512,
    }  # fmt: skip
    data: dict[str, object] = {
        "keyslots": {"0": slot}, "digests": {"0": digest}, "segments": {"0": segment}, "tokens": {}, "config": {},
    }  # fmt: skip
    for path, value in change.items():
        *parents, name = path.split(".")
        place: dict[str, object] = data
        for parent in parents:
            place = place[parent]  # type: ignore[assignment]
        place[name] = value
    text = json.dumps(data).encode()
    head = struct.pack(
        ">6sHQQ48s32s64s40s48sQ184s", b"LUKS\xba\xbe", 2, 0x4000, 1, b"", b"sha256", b"", b"u", b"", 0, b""
    )
    body = text.ljust(0x4000 - 4096, b"\0")
    checksum = hashlib.sha256(head + bytes(64) + bytes(4096 - len(head) - 64) + body).digest()
    return (head + checksum).ljust(4096, b"\0") + body + bytes(2 << 20)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("keyslots.0.kdf.iterations", 1 << 40),
        ("keyslots.0.kdf", {"type": "argon2id", "time": 1 << 20, "memory": 1 << 22, "cpus": 4, "salt": "AAAAAAAAAAAA"}),
        ("keyslots.0.kdf", {"type": "argon2id", "time": 1, "memory": 1 << 42, "cpus": 4, "salt": "AAAAAAAAAAAA"}),
        ("keyslots.0.kdf.type", "scrypt"),
        ("keyslots.0.kdf.salt", "A"),
        ("keyslots.0.af.stripes", 1 << 30),
        ("keyslots.0.key_size", 1 << 30),
        ("keyslots.0.area.offset", "99999999999"),
        ("keyslots.0.area.encryption", "twofish-xts-plain64"),
        ("keyslots", []),
        ("digests.0.digest", ""),
        ("digests.0.segments", []),
        ("segments.0.sector_size", 7),
        ("segments.0.offset", "-5"),
        ("segments.0.type", "mirror"),
        ("segments", {}),
        ("segments.0.flags", ["backup-previous"]),
        ("segments.0.flags", 7),
        ("config", {"requirements": {"mandatory": ["offline-reencrypt"]}}),
        ("config", {"requirements": {"mandatory": 7}}),
    ],
)  # fmt: skip
def test_a_header_that_lies_ends_in_a_finding_at_once(path: str, value: object, tmp_path: Path) -> None:
    image = tmp_path / "forged.img"
    image.write_bytes(forged({path: value}))
    found = seen(image, "any")
    assert found.errors and not found.content and not found.notes


def test_a_cipher_that_is_not_read_is_named(tmp_path: Path) -> None:
    image = tmp_path / "serpent.img"
    image.write_bytes(forged({"segments.0.encryption": "serpent-xts-plain64"}))
    (said,) = seen(image, PASSWORD).errors
    assert "encrypted with serpent-xts-plain64, which is not read here" in said


def test_a_forged_header_alone_is_read() -> None:
    header = read_header(BytesSource(forged({})))
    assert (header.version, len(header.slots), header.segments[0].cipher) == (2, 1, "aes-xts-plain64")


@needs("cryptsetup", "qemu-img")
def test_headers_with_flipped_bits_end_in_a_finding_never_worse() -> None:
    rng = random.Random(9)
    for image, length in ((luks1(), 592), (luks2(), 0x2000)):
        data = image.read_bytes()[: 1 << 20]
        for _ in range(150):
            broken = bytearray(data)
            for _ in range(rng.choice((1, 3))):
                broken[rng.randrange(6, length)] ^= 1 << rng.randrange(8)
            try:
                list(LuksReader().walk(BytesSource(bytes(broken)), Limits()))
            except Exception as error:  # noqa: BLE001 -- why: whatever it is, its name is looked at
                assert type(error).__name__ in ("EvidenceError", "LockedError"), repr(error)


@needs("cryptsetup")
def test_a_volume_cut_anywhere_gives_what_is_there() -> None:
    whole = luks2().read_bytes()
    for cut in (40_000, 300_000, (8 << 20) + 50_000):
        path = folder() / "cut.img"
        path.write_bytes(whole[:cut])
        assert seen(path, PASSWORD).errors
    assert FileSource(luks2()).size == len(whole)
