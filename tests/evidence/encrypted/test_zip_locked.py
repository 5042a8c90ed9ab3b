"""Encrypted members of ZIP: both ciphers, several passwords, wrong ones that pass the quick check, damage."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.encrypted import zipcrypto
from safelight.evidence.encrypted.zip_locked import spellings
from safelight.evidence.encrypted.zipcrypto import ZipCipher
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.scope import Scope
from safelight.evidence.unlock import Keys
from safelight.evidence.walk import walk
from tests.evidence.encrypted.made import PASSWORD, TWELVE, needs, seen
from tests.evidence.images import jpeg, run

pytestmark = needs("zip", "7z")
TEXT = b"the quick brown fox\n" * 5_000
FILES = {"a.txt": TEXT, "b.jpg": jpeg(31), "empty": b""}


def archive(
    tmp_path: Path, *options: str, files: dict[str, bytes] | None = None, name: str = "x.zip"
) -> Path:
    """A ZIP that 7-Zip wrote."""
    root = tmp_path / "files"
    for path, data in (files or FILES).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    run("7z", "a", "-tzip", *options, tmp_path / name, f"{root}/.")
    return tmp_path / name


def members(content: dict[str, bytes]) -> dict[str, bytes]:
    return {path.partition("//")[2]: data for path, data in content.items() if "//" in path}


@pytest.mark.parametrize("cipher", ["ZipCrypto", "AES128", "AES192", "AES256"])
@pytest.mark.parametrize("method", ["Copy", "Deflate", "LZMA"])
def test_every_cipher_over_every_method(cipher: str, method: str, tmp_path: Path) -> None:
    path = archive(tmp_path, f"-mem={cipher}", f"-mm={method}", f"-p{PASSWORD}")
    found = seen(path, *TWELVE)
    assert members(found.content) == FILES and not found.errors
    assert set(found.notes) == {"opened with password 4 of 12"}


def test_what_info_zip_encrypted_while_it_was_streamed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT)
    packed = run("zip", "-q", "-P", PASSWORD, "-", tmp_path / "a.txt")
    (tmp_path / "x.zip").write_bytes(packed)
    found = seen(tmp_path / "x.zip", *TWELVE)
    assert list(members(found.content).values()) == [TEXT]


def test_members_with_passwords_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    for number in range(8):
        (tmp_path / f"{number}.txt").write_bytes(TEXT + bytes([number]))
        run("zip", "-q", "-j", "-P", f"key {number % 3}", path, tmp_path / f"{number}.txt")
    found = seen(path, "key 2", "key 1")
    assert sorted(members(found.content)) == [f"{number}.txt" for number in (1, 2, 4, 5, 7)]
    assert found.notes.count("opened with password 1 of 2") == 2
    assert found.notes.count("opened with password 2 of 2") == 3
    assert (
        found.errors
        == ["encrypted (ZipCrypto): a password or key is needed (a password; none of the 2 given opens it)"]
        * 3
    )


@pytest.mark.parametrize(("cipher", "shown"), [("ZipCrypto", "ZipCrypto"), ("AES256", "AES-256")])
def test_without_a_password_each_member_is_said_to_be_encrypted(
    cipher: str, shown: str, tmp_path: Path
) -> None:
    found = seen(archive(tmp_path, f"-mem={cipher}", f"-p{PASSWORD}"))
    assert set(members(found.content)) == {"empty"} or not members(found.content)
    said = f"encrypted ({shown}): a password or key is needed (a password; none was given)"
    assert found.errors.count(said) == len(found.errors) >= 2


def test_a_wrong_password_that_passes_the_quick_check_opens_nothing(tmp_path: Path) -> None:
    path = archive(tmp_path, "-mem=ZipCrypto", "-mm=Copy", f"-p{PASSWORD}", files={"a.txt": TEXT})
    data = path.read_bytes()
    header, crc = data[30 + len("a.txt") :][:12], data[14:18]
    wrong = [f"wrong {number}" for number in range(3_000)]
    passing = [one for one in wrong if ZipCipher(one.encode()).run(header)[-1] == crc[3]]
    assert passing  # one in 256
    found = seen(path, *passing)
    assert not members(found.content) and "opens it" in found.errors[0]
    assert members(seen(path, *passing, PASSWORD).content) == {"a.txt": TEXT}


@pytest.mark.parametrize("cipher", ["ZipCrypto", "AES256"])
def test_damaged_content_is_never_taken_for_opened(cipher: str, tmp_path: Path) -> None:
    path = archive(tmp_path, f"-mem={cipher}", "-mm=Copy", f"-p{PASSWORD}", files={"a.txt": TEXT})
    data = bytearray(path.read_bytes())
    data[500] ^= 1
    path.write_bytes(data)
    found = seen(path, PASSWORD)
    assert not members(found.content) and "a password or key is needed" in found.errors[0]


def test_passwords_beyond_ascii_are_tried_as_programs_spell_them(tmp_path: Path) -> None:
    assert spellings("straße") == ["straße".encode(), b"stra\xdfe", b"stra\xe1e"]
    assert spellings("фонарь") == ["фонарь".encode()]
    (tmp_path / "a.txt").write_bytes(TEXT)
    run("zip", "-q", "-j", "-P", "straße", tmp_path / "x.zip", tmp_path / "a.txt")
    assert members(seen(tmp_path / "x.zip", "straße").content) == {"a.txt": TEXT}


def test_nothing_outside_the_order_is_decrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path, "-mem=ZipCrypto", f"-p{PASSWORD}", files={"in/a.txt": TEXT, "out/b.txt": TEXT})
    asked: list[bytes] = []
    real = ZipCipher.run
    monkeypatch.setattr(ZipCipher, "run", lambda self, data: asked.append(data) or real(self, data))
    limits = Limits(keys=Keys((PASSWORD,)))
    opened = {}
    for one in walk(path, scope=Scope.parse([], ["out/**"]), limits=limits):
        before = len(asked)
        if one.kind is Kind.FILE and one.readable and len(one.place.trail) > 1:
            opened[one.place.trail[-1]] = b"".join(one.chunks())
        elif not one.examined:
            assert len(asked) == before
    assert opened == {b"in/a.txt": TEXT} and asked


def test_an_archive_whose_directory_is_gone_is_still_opened(tmp_path: Path) -> None:
    path = archive(tmp_path, "-mem=AES256", f"-p{PASSWORD}", files={"a.txt": TEXT})
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"PK\1\2")])
    found = seen(path, PASSWORD)
    assert members(found.content) == {"a.txt": TEXT}


def test_a_bomb_behind_a_password_is_cut_by_the_guards(tmp_path: Path) -> None:
    path = archive(tmp_path, "-mem=AES256", f"-p{PASSWORD}", files={"zeros": bytes(20 << 20)})
    limits = Limits(keys=Keys((PASSWORD,)), member_bytes=8 << 20)
    found = seen(path, limits=limits)
    assert any("member_bytes" in error for error in found.errors)
    path.unlink()
    path = archive(tmp_path, "-mem=ZipCrypto", f"-p{PASSWORD}", files={"zeros": bytes(20 << 20)})
    found = seen(path, limits=limits)
    assert any("member_bytes" in error for error in found.errors)


def test_the_time_for_keys_of_one_archive_ends(tmp_path: Path) -> None:
    files = {f"{number}.txt": TEXT for number in range(4)}
    path = archive(tmp_path, "-mem=AES256", f"-p{PASSWORD}", files=files)
    many = tuple(f"wrong {number}" for number in range(400))
    found = seen(path, limits=Limits(keys=Keys(many, seconds=0.01)))
    assert len(found.errors) == 4 and not members(found.content)
    assert "of 400 passwords were tried" in found.errors[0]
    assert all("the 0 seconds for keys of one archive are over" in error for error in found.errors[1:])


def test_the_compiled_cipher_and_the_plain_one_agree() -> None:
    data = random.Random(3).randbytes(10_000)
    one, other = ZipCipher(b"key"), ZipCipher(b"key")
    clear, other._keys = zipcrypto._plain(data, other._keys)
    assert one.run(data[:4_000]) + one.run(data[4_000:]) == clear
    assert one._keys == other._keys


def test_flipped_bits_end_in_a_finding_never_worse(tmp_path: Path) -> None:
    path = archive(tmp_path, "-mem=AES128", f"-p{PASSWORD}", files={"a.txt": TEXT, "b.txt": TEXT[:99]})
    data, rng = path.read_bytes(), random.Random(4)
    for _ in range(150):
        broken = bytearray(data)
        broken[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        for one in walk(path, limits=Limits(keys=Keys((PASSWORD,)))):
            if one.readable:
                with contextlib.suppress(EvidenceError):
                    assert sum(map(len, one.chunks())) <= 1 << 20


def test_python_reads_what_is_read_here(tmp_path: Path) -> None:
    path = archive(tmp_path, "-mem=ZipCrypto", f"-p{PASSWORD}")
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as other:
        expected = {
            name: other.read(name, PASSWORD.encode()) for name in other.namelist() if not name.endswith("/")
        }
    assert members(seen(path, PASSWORD).content) == expected
