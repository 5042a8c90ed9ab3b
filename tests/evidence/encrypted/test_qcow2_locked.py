"""Encrypted images that QEMU wrote: with a header of LUKS in them, and by AES-CBC alone."""

from __future__ import annotations

import contextlib
import random
import shutil
import struct
from functools import cache
from pathlib import Path

import pytest

from safelight.evidence.protocol import Limits
from safelight.evidence.qcow2 import Qcow2Reader
from safelight.evidence.source import BytesSource
from safelight.evidence.unlock import Keys
from safelight.model import LOCKED
from tests.evidence.encrypted.made import PASSWORD, TWELVE, needs, seen, volume
from tests.evidence.images import folder, jpeg, run

pytestmark = needs("qemu-img", "mkfs.vfat", "mcopy")


@cache
def image(how: str, *options: str) -> Path:
    """The small volume as an encrypted qcow2."""
    path, secret = folder() / f"locked-{how}-{'-'.join(options)}.qcow2", folder() / "qcow2-secret"
    secret.write_text(PASSWORD)
    chosen = ",".join((f"encrypt.format={how}", "encrypt.key-secret=s", *options))
    for _ in range(3):
        with contextlib.suppress(AssertionError):  # QEMU measures the CPU and gives up on a busy machine
            run(
                "qemu-img", "convert", "--object", f"secret,id=s,file={secret}", "-O", "qcow2", "-o", chosen,
                volume(), path,
            )  # fmt: skip
            return path
    pytest.skip("QEMU cannot measure how fast this machine is")


LUKS = ("encrypt.iter-time=20", "cluster_size=4096")


def test_luks_in_a_qcow2_is_opened() -> None:
    found = seen(image("luks", *LUKS), *TWELVE)
    assert list(found.content.values()) == [jpeg(21)]
    assert found.notes == ["opened with password 4 of 12"] and not found.errors
    assert list(seen(image("luks", *LUKS), files=(PASSWORD.encode(),)).content.values()) == [jpeg(21)]


def test_the_old_encryption_is_opened_where_what_comes_out_is_a_disk() -> None:
    found = seen(image("aes"), *TWELVE)
    assert list(found.content.values()) == [jpeg(21)] and not found.errors
    (note,) = found.notes
    assert note.startswith("opened with password 4 of 12: ") and "begins like" in note


@pytest.mark.parametrize(("how", "shown"), [("luks", "LUKS1 volume "), ("aes", "AES-CBC without a header")])
def test_without_a_key_it_is_said_what_would_open_it(how: str, shown: str) -> None:
    path = image(how, *(LUKS if how == "luks" else ()))
    for given, told in (
        ((), "none was given"),
        (("x", "longer than sixteen bytes"), "none of the 2 given opens it"),
    ):
        found = seen(path, *given)
        (said,) = found.errors
        assert LOCKED in said and shown in said and told in said
        assert not found.content and not found.notes


def test_every_read_is_that_of_the_plain_volume() -> None:
    plain = volume().read_bytes()
    *_, layer = Qcow2Reader().walk(
        BytesSource(image("luks", *LUKS).read_bytes()), Limits(keys=Keys((PASSWORD,)))
    )
    assert layer.open is not None
    medium, rng = layer.open(), random.Random(3)
    assert medium.size == len(plain)
    for _ in range(300):
        at, length = rng.randrange(len(plain)), rng.choice((1, 17, 512, 4096, 200_000))
        assert medium.read_at(at, length) == plain[at : at + length]


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (32, struct.pack(">I", 3)),
        (112, bytes(16)),
        (120, struct.pack(">QQ", 1 << 60, 1 << 60)),
        (112, struct.pack(">II", 0x0537BE77, 8)),
    ],
    ids=["method", "no header", "far away", "short"],
)
def test_a_header_that_lies_ends_in_a_finding(at: int, value: bytes, tmp_path: Path) -> None:
    broken = tmp_path / "broken.qcow2"
    shutil.copyfile(image("luks", *LUKS), broken)
    with broken.open("r+b") as file:
        file.seek(at)
        file.write(value)
    found = seen(broken, PASSWORD)
    assert len(found.errors) == 1 and "encrypted" in found.errors[0] and not found.content


def test_an_image_on_top_of_an_encrypted_one_says_so(tmp_path: Path) -> None:
    base, top = tmp_path / "base.qcow2", tmp_path / "top.qcow2"
    shutil.copyfile(image("aes"), base)
    run("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", base, top, "6M")
    (said,) = seen(top, PASSWORD).errors
    assert "the image that this one builds on is encrypted" in said
