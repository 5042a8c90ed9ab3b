"""ARJ by Debian's arj: stored and packed members, each with its checksum; encrypted ones and method 4 are named."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from safelight.evidence.archives import foreign
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.walk import walk
from safelight.model import LOCKED

pytestmark = [
    pytest.mark.skipif(shutil.which("arj") is None, reason="Debian's arj is not installed"),
    pytest.mark.skipif(not foreign.installed(), reason="Debian's libarchive13 is not installed"),
]
CONTENT = {
    "a.txt": b"".join(b"line %d\n" % number for number in range(40_000)),
    "b.bin": random.Random(1).randbytes(90_000),
    "deep/c.txt": b"abc" * 70_000,
    "empty": b"",
}


def pack(folder: Path, *options: str) -> Path:
    inside = folder / "in"
    for name, data in CONTENT.items():
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / name).write_bytes(data)
    out = folder / "x.arj"
    subprocess.run(["arj", "a", "-r", "-y", *options, out, "."], cwd=inside, check=True, capture_output=True)
    return out


def listing(path: Path) -> tuple[dict[str, bytes], list[str]]:
    files, errors = {}, []
    for found in walk(path, limits=Limits(carve=False)):
        if found.kind is Kind.FILE and found.readable and "//" in found.path:
            files[found.path.partition("//")[2].removeprefix("./")] = b"".join(found.chunks())
        if found.error:
            errors.append(found.error)
    return files, errors


@pytest.mark.parametrize("method", [0, 1, 2, 3])
def test_every_member_is_found_with_its_bytes(method: int, tmp_path: Path) -> None:
    assert listing(pack(tmp_path, f"-m{method}")) == (CONTENT, [])


def test_a_method_that_is_not_read_is_said(tmp_path: Path) -> None:
    files, errors = listing(pack(tmp_path, "-m4"))
    assert "b.bin" in files  # which is stored, as it does not shrink
    assert len(errors) == 2 and all("method 4" in error for error in errors)


def test_encrypted_members_are_named(tmp_path: Path) -> None:
    files, errors = listing(pack(tmp_path, "-gsecret"))
    assert not any(files.values()) and errors
    assert all(LOCKED in error for error in errors)


def test_a_changed_byte_does_not_pass(tmp_path: Path) -> None:
    path = pack(tmp_path, "-m1")
    data = bytearray(path.read_bytes())
    data[1500] ^= 0x10
    path.write_bytes(data)
    assert listing(path)[1]


@pytest.mark.parametrize("keep", [0.02, 0.4, 0.97])
def test_a_truncated_archive_says_so(keep: float, tmp_path: Path) -> None:
    path = pack(tmp_path, "-m1")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    assert listing(path)[1]


def test_an_archive_whose_first_header_is_damaged_is_named(tmp_path: Path) -> None:
    path = pack(tmp_path)
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    errors = listing(path)[1]
    assert len(errors) == 1 and errors[0].startswith("ARJ archive: what lies inside cannot be opened")
