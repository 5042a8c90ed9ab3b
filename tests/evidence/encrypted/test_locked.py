"""What is certainly encrypted and not opened is said to be so; what only looks like it is not."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from safelight.evidence.encrypted.locked import LockedReader
from safelight.evidence.source import BytesSource
from tests.evidence.encrypted.made import needs, seen
from tests.evidence.images import run


def said(path: Path) -> str:
    """The one thing that is said of it, whatever keys there are."""
    errors = seen(path, "x", recovery=("y",)).errors
    assert len(errors) == 1
    assert "a password or key is needed (" in errors[0] and errors[0].endswith("; this version tries none)")
    return errors[0]


@needs("openssl")
@pytest.mark.parametrize("form", [(), ("-a",)])
def test_what_openssl_encrypted(form: tuple[str, ...], tmp_path: Path) -> None:
    data = run("openssl", "enc", "-aes-256-cbc", "-pbkdf2", *form, "-k", "secret", data=b"x" * 9_999)
    (tmp_path / "x").write_bytes(data)
    assert "openssl enc" in said(tmp_path / "x")


@needs("gpg")
@pytest.mark.parametrize("form", [(), ("--armor",)])
def test_what_gnupg_encrypted_with_a_password(form: tuple[str, ...], tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    done = subprocess.run(
        ["gpg", "--batch", "--passphrase", "secret", "--pinentry-mode", "loopback", "-c", *form, "-o", "-"],
        input=os.urandom(20_000),
        capture_output=True,
        env={**os.environ, "GNUPGHOME": str(home)},
        check=True,
    )
    subprocess.run(["gpgconf", "--kill", "all"], env={**os.environ, "GNUPGHOME": str(home)}, check=False)
    (tmp_path / "x").write_bytes(done.stdout)
    assert "OpenPGP message" in said(tmp_path / "x")


@needs("age", "age-keygen")
@pytest.mark.parametrize("form", [(), ("--armor",)])
def test_what_age_encrypted(form: tuple[str, ...], tmp_path: Path) -> None:
    run("age-keygen", "-o", tmp_path / "key")
    recipient = run("age-keygen", "-y", tmp_path / "key").decode().strip()
    (tmp_path / "x").write_bytes(run("age", *form, "-r", recipient, data=b"x" * 9_999))
    assert "encrypted with age" in said(tmp_path / "x")


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5\1\0\4\0", "KeePass 2"),
        (b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5\3\0\2\0", "KeePass 1"),
        (b"AES\2\0\0\x1bCREATED_BY\0aescrypt 3.14\0", "AES Crypt"),
        (bytes.fromhex("c0b9072e4f93f146a015792ca1d9e821"), "AxCrypt"),
        ((5_000).to_bytes(8, "big") + b"\x11\x22\x33\x44\x2d\xa3\x84\xb1\3\0\0\2", "eCryptfs"),
        (b"\x84\x5e\x03" + bytes(8) + b"\x12" + bytes(84) + b"\xd2\xff" + bytes(99), "OpenPGP"),
    ],
)
def test_others_by_their_signature(head: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(head + random.Random(1).randbytes(12_000))
    assert what in said(tmp_path / "x")


def test_noise_is_nothing_that_is_known() -> None:
    rng, reader = random.Random(2), LockedReader()
    for first in range(0x80, 0x100):  # what an OpenPGP packet may begin with
        for _ in range(60):
            data = bytes([first]) + rng.randbytes(4_095)
            assert not reader.detect(data, BytesSource(data))
