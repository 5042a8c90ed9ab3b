"""cpio in its four forms by GNU cpio, and `.Z` by ncompress: every member with the right bytes, damage said."""

from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from safelight.evidence.archives.lzw import unlzw
from safelight.evidence.decompress import Feed
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from tests.conftest import SHARED

SAMPLES = SHARED / "evidence"
FORMS = ["bin", "odc", "newc", "crc"]
needs_cpio = pytest.mark.skipif(shutil.which("cpio") is None, reason="Debian's cpio is not installed")
needs_compress = pytest.mark.skipif(
    shutil.which("compress") is None, reason="Debian's ncompress is not installed"
)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cpio") / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"first\n" * 1000)
    (folder / "deep" / "ü.bin").write_bytes(random.Random(1).randbytes(70_001))
    (folder / "empty").write_bytes(b"")
    (folder / "link").symlink_to("a.txt")
    os.utime(folder / "a.txt", (1_700_000_000, 1_700_000_000))
    return folder


def pack(folder: Path, form: str, out: Path) -> Path:
    names = "".join(f"{path.relative_to(folder)}\n" for path in sorted(folder.rglob("*")))
    with out.open("wb") as file:
        subprocess.run(
            ["cpio", "-o", "-H", form],
            input=names.encode(),
            stdout=file,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            check=True,
        )
    return out


def listing(path: Path) -> tuple[dict[str, bytes], list[str]]:
    files, errors = {}, []
    for found in walk(path, limits=Limits(carve=False)):
        if found.kind is Kind.FILE and found.readable and "//" in found.path:
            files[found.path.partition("//")[2]] = b"".join(found.chunks())
        if found.error:
            errors.append(found.error)
    return files, errors


def regular(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


@needs_cpio
@pytest.mark.parametrize("form", FORMS)
def test_every_member_is_found_with_its_bytes(form: str, content: Path, tmp_path: Path) -> None:
    out = pack(content, form, tmp_path / "x.cpio")
    assert listing(out) == (regular(content), [])
    found = {one.path: one for one in walk(out)}
    assert found["x.cpio//link"].node.target == b"a.txt"
    modified = found["x.cpio//a.txt"].place.times.modified
    assert modified is not None and modified.value == "2023-11-14T22:13:20Z"


@needs_cpio
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_truncated_archive_gives_what_there_is_and_says_so(
    form: str, keep: float, content: Path, tmp_path: Path
) -> None:
    out = pack(content, form, tmp_path / "x.cpio")
    out.write_bytes(out.read_bytes()[: int(76_000 * keep)])
    files, errors = listing(out)
    assert errors
    assert files["a.txt"] == b"first\n" * 1000


@needs_cpio
def test_a_changed_byte_does_not_pass_where_a_checksum_is_stated(content: Path, tmp_path: Path) -> None:
    out = pack(content, "crc", tmp_path / "x.cpio")
    data = bytearray(out.read_bytes())
    data[data.index(b"first\n")] ^= 1
    out.write_bytes(data)
    _, errors = listing(out)
    assert errors == ["its checksum is wrong"]


@needs_cpio
def test_a_hard_link_says_where_its_content_is(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "one").write_bytes(b"content")
    (folder / "two").hardlink_to(folder / "one")
    found = {one.path: one for one in walk(pack(folder, "newc", tmp_path / "x.cpio"))}
    notes = [one.node.note for one in found.values() if one.node.note]
    assert len(notes) == 1 and "hard link" in notes[0]


@needs_cpio
def test_what_follows_the_end_is_listed_too(content: Path, tmp_path: Path) -> None:
    """An initramfs is several archives in one file, the last one compressed."""
    first, second = pack(content, "newc", tmp_path / "1"), pack(content, "odc", tmp_path / "2")
    zipped = io.BytesIO(subprocess.run(["gzip", "-c", second], capture_output=True, check=True).stdout)
    out = tmp_path / "initrd"
    out.write_bytes(first.read_bytes() + second.read_bytes() + zipped.getvalue())
    files, errors = listing(out)
    assert errors == []
    assert files["after-the-trailer"].rstrip(b"\0") == zipped.getvalue().rstrip(b"\0")
    assert any(name.startswith("after-the-trailer//") and name.endswith("a.txt") for name in files)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the public test data are not there")
def test_public_samples_hold_what_the_same_file_in_xz_does() -> None:
    expected = next(iter(listing(SAMPLES / "syslog.xz")[0].values()))
    for name in ("syslog.Z", "syslog.bin.cpio"):
        assert listing(SAMPLES / name) == ({"syslog": expected}, [])


CONTENTS = {
    "text": b"".join(b"line %d of some text\n" % number for number in range(60_000)),
    "noise": random.Random(2).randbytes(300_000),
    "zeros": bytes(3_000_000),
    "changing": b"".join(
        random.Random(n).choice((b"ab", b"cde", bytes(range(99)))) * 500 for n in range(300)
    ),
    "short": b"x",
}


@needs_compress
@pytest.mark.parametrize("name", sorted(CONTENTS))
@pytest.mark.parametrize("bits", [10, 12, 16])
def test_what_ncompress_packed_comes_out_again(name: str, bits: int) -> None:
    packed = subprocess.run(
        ["compress", "-b", str(bits), "-c", "-f"], input=CONTENTS[name], capture_output=True
    ).stdout
    assert packed[:2] == b"\x1f\x9d"
    assert b"".join(unlzw(Feed(BytesSource(packed)))) == CONTENTS[name]


@needs_compress
def test_a_tar_in_it_adds_nothing_to_the_trail(content: Path, tmp_path: Path) -> None:
    tar = subprocess.run(["tar", "cf", "-", "."], cwd=content, capture_output=True, check=True).stdout
    packed = subprocess.run(["compress", "-c", "-f"], input=tar, capture_output=True).stdout
    (tmp_path / "x.tar.Z").write_bytes(packed)
    files, errors = listing(tmp_path / "x.tar.Z")
    assert errors == []
    assert {name.removeprefix("./"): data for name, data in files.items()} == regular(content)


@needs_compress
def test_damage_in_the_codes_is_said() -> None:
    packed = bytearray(
        subprocess.run(["compress", "-c", "-f"], input=CONTENTS["text"], capture_output=True).stdout
    )
    packed[40:60] = b"\xff" * 20
    with pytest.raises(ValueError, match="stands for nothing"):
        list(unlzw(Feed(BytesSource(bytes(packed)))))
