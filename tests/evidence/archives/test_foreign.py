"""RAR, cabinets and LZH: the right bytes, encrypted members named, and a crash of the library costs one archive."""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.archives import foreign
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.walk import walk
from safelight.model import LOCKED
from tests.evidence.archives import samples

needs_library = pytest.mark.skipif(not foreign.installed(), reason="Debian's libarchive13 is not installed")


def listing(path: Path, limits: Limits | None = None) -> tuple[dict[str, bytes], list[str]]:
    files, errors = {}, []
    for found in walk(path, limits=limits or Limits(carve=False)):
        if found.kind is Kind.FILE and found.readable and "//" in found.path:
            files[found.path.partition("//")[2]] = b"".join(found.chunks())
        if found.error:
            errors.append(found.error)
    return files, errors


def sample(folder: Path, data: bytes, suffix: str = "rar") -> Path:
    path = folder / f"sample.{suffix}"
    path.write_bytes(data)
    return path


def sums(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.md5(data).hexdigest()[:8] for name, data in files.items()}


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return {
        "one.txt": b"some words\n" * 9000,
        "two.bin": random.Random(3).randbytes(120_000),
        "three.txt": b"".join(b"%d\n" % number for number in range(40_000)),
        "empty": b"",
    }


def packed(tool: list[str], content: dict[str, bytes], folder: Path, suffix: str) -> Path:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    inside = folder / "in"
    inside.mkdir()
    for name, data in content.items():
        (inside / name).write_bytes(data)
    out = folder / f"x.{suffix}"
    subprocess.run([*tool, out, *content], cwd=inside, check=True, capture_output=True)
    return out


@needs_library
@pytest.mark.parametrize("options", [["-c"], ["-z", "-c"]])
def test_a_cabinet_of_gcab_is_read(options: list[str], content: dict[str, bytes], tmp_path: Path) -> None:
    out = packed(["gcab", *options], content, tmp_path, "cab")
    assert listing(out) == (content, [])


@needs_library
@pytest.mark.parametrize("level", ["0", "1", "2"])
def test_an_lzh_archive_of_jlha_is_read(level: str, content: dict[str, bytes], tmp_path: Path) -> None:
    out = packed(["jlha", f"a{level}"], content, tmp_path, "lzh")
    assert listing(out) == (content, [])


@needs_library
def test_a_cabinet_packed_with_lzx_is_read(tmp_path: Path) -> None:
    files, errors = listing(sample(tmp_path, samples.CAB_LZX_E8, "cab"))
    assert (sums(files), errors) == ({"e8.bin": "a4c27ca1"}, [])


@needs_library
def test_names_in_shift_jis_are_read_in_the_jail(tmp_path: Path) -> None:
    files, errors = listing(sample(tmp_path, samples.LHA_FILENAME_CP932, "lzh"))
    assert (sorted(files), errors) == (["漢字.txt", "表.txt"], [])


@needs_library
@pytest.mark.parametrize("data", [samples.RAR5_MULTIPLE_FILES, samples.RAR5_MULTIPLE_FILES_SOLID])
def test_packed_members_of_rar_5_are_read(data: bytes, tmp_path: Path) -> None:
    files, errors = listing(sample(tmp_path, data))
    assert errors == []
    assert sums(files) == {
        "test1.bin": "b0ee823d",
        "test2.bin": "dbd7c92b",
        "test3.bin": "47e41903",
        "test4.bin": "06761069",
    }


@needs_library
def test_members_of_a_solid_archive_that_nobody_asks_for_are_passed_over(tmp_path: Path) -> None:
    path = sample(tmp_path, samples.RAR5_MULTIPLE_FILES_SOLID)
    last = [found for found in walk(path) if found.path.endswith("test4.bin")]
    assert len(last) == 1
    for found in walk(path):
        if found.path.endswith("test4.bin"):
            assert hashlib.md5(b"".join(found.chunks())).hexdigest()[:8] == "06761069"


@needs_library
def test_rar_3_with_names_in_unicode(tmp_path: Path) -> None:
    files, errors = listing(sample(tmp_path, samples.RAR_UNICODE))
    assert errors == []
    assert sums(files) == {
        "表だよ/新しいフォルダ/新規テキスト ドキュメント.txt": "d41d8cd9",
        "表だよ/漢字長いファイル名long-filename-in-漢字.txt": "7a48b332",
        "表だよ/ファイル": "cd13a34b",
        "abcdefghijklmnopqrsテスト.txt": "45226aa2",
    }


@pytest.mark.parametrize("data", [samples.RAR4_ENCRYPTED, samples.RAR5_ENCRYPTED])
def test_stored_members_are_read_and_encrypted_ones_named(data: bytes, tmp_path: Path) -> None:
    files, errors = listing(sample(tmp_path, data))
    assert sums(files) == {"a.txt": "8bd263c2", "c.txt": "63228598"}
    assert len(errors) == 2 and all(LOCKED in error for error in errors)


@pytest.mark.parametrize("data", [samples.RAR4_ENCRYPTED, samples.RAR5_ENCRYPTED], ids=["3", "5"])
def test_a_changed_byte_of_a_stored_member_does_not_pass(data: bytes, tmp_path: Path) -> None:
    files, _ = listing(sample(tmp_path, data))
    changed = bytearray(data)
    changed[data.index(files["a.txt"])] ^= 1
    _, errors = listing(sample(tmp_path, bytes(changed)))
    assert "its checksum (CRC-32) is wrong" in errors


def test_an_archive_whose_names_are_encrypted_says_so(tmp_path: Path) -> None:
    files, errors = listing(sample(tmp_path, samples.RAR5_ENCRYPTED_FILENAMES))
    assert files == {} and len(errors) == 1 and LOCKED in errors[0]


@pytest.mark.parametrize("data", [samples.RAR_UNICODE, samples.RAR5_MULTIPLE_FILES], ids=["3", "5"])
@pytest.mark.parametrize("keep", [20, 100, 300, 400, -9])
def test_a_truncated_rar_says_so(data: bytes, keep: int, tmp_path: Path) -> None:
    _, errors = listing(sample(tmp_path, data[:keep]))
    assert errors


@needs_library
def test_what_crashes_the_library_is_a_finding(tmp_path: Path) -> None:
    """libarchive 3.6.2 aborts on it; a later one calls it invalid. Either way the walk goes on."""
    folder = tmp_path / "exhibit"
    folder.mkdir()
    sample(folder, samples.CAB_LZX_OOB, "cab")
    (folder / "z.txt").write_bytes(b"after it")
    found = list(walk(folder))
    for one in found:
        if one.kind is Kind.FILE and one.readable:
            list(one.chunks())
    assert any("libarchive" in (one.error or "") for one in found)
    assert found[-1].path == "z.txt"


@needs_library
def test_a_library_that_is_killed_is_said(tmp_path: Path) -> None:
    unpacker = foreign.Foreign(("cab",), "cab")
    unpacker._process.send_signal(signal.SIGABRT)
    unpacker._process.wait()
    with pytest.raises(EvidenceError, match="crashed"):
        unpacker.next_entry()
    unpacker.close()


def test_without_the_library_packed_members_say_what_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "_library", lambda: None)
    files, errors = listing(sample(tmp_path, samples.RAR_UNICODE))
    assert len(files) == 3 and errors == [foreign.MISSING]
    _, errors = listing(sample(tmp_path, samples.CAB_LZX_E8, "cab"))
    assert errors == [f"cabinet: {foreign.MISSING}"]
