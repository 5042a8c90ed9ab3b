"""LUKS whose header lies elsewhere: headers and data that cryptsetup and QEMU made, opened with `--luks-header`."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import XTS

from safelight.errors import UsageError
from safelight.evidence.protocol import Limits
from safelight.evidence.unlock import Keys, read_keys
from safelight.model import Capability
from safelight.workspace import Workspace
from tests.conftest import authority
from tests.evidence.encrypted.made import PASSWORD, Seen, needs, seen, volume
from tests.evidence.encrypted.test_luks import CHEAP, luks1, luks2
from tests.evidence.images import folder, jpeg, mbr, run

PICTURE = [jpeg(21)]


def opened(path: Path, *passwords: str, headers: tuple[Path, ...] = ()) -> Seen:
    keys = Keys(passwords, headers=read_keys(headers=headers).headers)
    found = seen(path, limits=Limits(keys=keys, carve=False))
    inside = {name: data for name, data in found.content.items() if name.endswith("one.jpg")}
    return Seen(inside, found.notes, found.errors)


@cache
def apart() -> tuple[Path, Path]:
    """Header and data of a LUKS2 volume, encrypted in place by cryptsetup with a detached header."""
    header, data = folder() / "apart.header", folder() / "apart.img"
    shutil.copyfile(volume(), data)
    run(
        "cryptsetup", "reencrypt", "-q", "--encrypt", "--type", "luks2", "--header", header, "--key-file", "-", *CHEAP,
        data, data=PASSWORD.encode(),
    )  # fmt: skip
    return header, data


@cache
def fresh() -> tuple[Path, Path]:
    """Header (by cryptsetup) and data of a LUKS1 volume on a medium that was blank: only what was written is noise.

    cryptsetup gives the key of the volume, OpenSSL encrypts with it, as dm-crypt would.
    """
    header, data, key = folder() / "fresh.header", folder() / "fresh.img", folder() / "fresh.key"
    plain = volume().read_bytes()
    data.write_bytes(bytes(len(plain)))
    run(
        "cryptsetup", "luksFormat", "-q", "--type", "luks1", "--header", header, "--key-file", "-",
        "--pbkdf-force-iterations", "1000", data, data=PASSWORD.encode(),
    )  # fmt: skip
    run(
        "cryptsetup", "luksDump", "-q", "--dump-master-key", "--master-key-file", key, "--key-file", "-", header,
        data=PASSWORD.encode(),
    )  # fmt: skip
    out = bytearray()
    for at in range(0, len(plain), 512):
        sector = plain[at : at + 512]
        if at >= 4096 and not sector.strip(b"\0"):
            out += bytes(512)  # nobody has written there
        else:
            tweak = (at // 512).to_bytes(16, "little")
            out += Cipher(AES(key.read_bytes()), XTS(tweak)).encryptor().update(sector)
    data.write_bytes(out)
    return header, data


def in_partition(data: bytes, path: Path) -> Path:
    path.write_bytes(bytes(mbr(2048, [(0x83, 2048, len(data) // 512)])) + data)
    return path


@needs("cryptsetup")
def test_the_header_that_is_given_opens_the_data(tmp_path: Path) -> None:
    header, data = apart()
    found = opened(data, "wrong", PASSWORD, headers=(header,))
    assert list(found.content.values()) == PICTURE and not found.errors
    assert found.notes[0] == "opened with password 2 of 2"
    assert "by the LUKS header 1 of 1 that is given: with it the data here begin like" in found.notes[1]


@needs("cryptsetup")
def test_data_in_a_partition_are_opened_where_only_what_was_written_is_noise(tmp_path: Path) -> None:
    header, data = fresh()
    for path in (data, in_partition(data.read_bytes(), tmp_path / "disk.img")):
        found = opened(path, PASSWORD, headers=(apart()[0], header))
        assert list(found.content.values()) == PICTURE and not found.errors
        assert "by the LUKS header 2 of 2 that is given" in found.notes[-1]


@needs("cryptsetup", "qemu-img")
@pytest.mark.parametrize("which", [luks1, luks2], ids=["luks1", "luks2"])
@pytest.mark.parametrize("by", [bytes, random.Random(4).randbytes], ids=["zeros", "noise"])
def test_a_backup_serves_where_the_header_was_wiped(
    which: Callable[[], Path], by: Callable[[int], bytes], tmp_path: Path
) -> None:
    image, backup = tmp_path / "wiped.img", tmp_path / "backup"
    shutil.copyfile(which(), image)
    run("cryptsetup", "luksHeaderBackup", "-q", "--header-backup-file", backup, image)
    with image.open("r+b") as file:
        file.write(by(backup.stat().st_size))
    for path in (image, in_partition(image.read_bytes(), tmp_path / "disk.img")):
        assert list(opened(path, PASSWORD, headers=(backup,)).content.values()) == PICTURE
        assert not opened(path, PASSWORD).content


@needs("cryptsetup")
def test_a_header_that_no_key_opens_or_that_is_anothers_is_said(tmp_path: Path) -> None:
    header, data = apart()
    disk = in_partition(data.read_bytes(), tmp_path / "disk.img")
    (said,) = opened(disk, "x", headers=(header,)).errors
    assert "the LUKS header 1 of 1 that is given is not opened" in said and "none of the 1 given" in said
    (said,) = opened(disk, PASSWORD, headers=(fresh()[0],)).errors
    assert "with the LUKS header 1 of 1 that is given it begins like no disk and no file system" in said
    (said,) = opened(header, PASSWORD).errors
    assert "a header without its data, which lie on another medium and open with --luks-header" in said


@needs("cryptsetup")
def test_a_damaged_header_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    header, (_, data) = apart()[0], fresh()
    rng, whole = random.Random(6), header.read_bytes()[: 1 << 20]
    for number in range(12):
        broken = bytearray(whole)
        for _ in range(400):
            broken[rng.randrange(6, 0x8000)] = rng.randrange(256)
        bad = tmp_path / f"bad{number}"
        bad.write_bytes(bytes(broken))
        found = opened(data, PASSWORD, headers=(bad,))
        assert not found.content and any("is not opened" in said for said in (*found.errors, *found.notes))


def test_a_file_that_is_no_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no header")
    with pytest.raises(UsageError, match="begins with no header of LUKS"):
        read_keys(headers=[tmp_path / "x"])
    with pytest.raises(UsageError, match="cannot be read"):
        read_keys(headers=[tmp_path / "missing"])
    os.truncate(tmp_path / "x", 0)
    with pytest.raises(UsageError):
        read_keys(headers=[tmp_path / "x"])


@needs("cryptsetup")
def test_a_later_scan_with_the_header_opens_what_an_earlier_one_could_not(
    tmp_path: Path, open_again: Callable[..., Workspace]
) -> None:
    header, data = fresh()
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    in_partition(data.read_bytes(), evidence / "disk.img")
    shutil.copyfile(data, evidence / "whole.img")
    shutil.copyfile(apart()[1], evidence / "noise.bin")
    workspace = open_again()
    workspace.open_case("apart", authority(Capability.HASH_MATCH, Capability.UNLOCK))
    assert workspace.scan([evidence])["items"] == 0
    given = read_keys(headers=[header, apart()[0]])
    found = workspace.scan([evidence], keys=Keys((PASSWORD,), headers=given.headers))
    assert found["unread"] == [] and found["items"] == 1
    case = workspace.scan([evidence])
    assert case["unread"] == [] and case["media"] == 3
