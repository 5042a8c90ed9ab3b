"""Archives made by Debian's own tools: every member with its trail, the right bytes, bombs cut, damage said."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.evidence import guards
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.walk import walk
from safelight.model import State

SMALL = Limits(total_bytes=80 << 20, member_bytes=80 << 20)


def tool(*command: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, cwd=cwd)


def listing(path: Path, limits: Limits = SMALL) -> tuple[dict[str, str], list[str]]:
    """`path → sha256` of all files, and all errors."""
    files, errors = {}, []
    for found in walk(path, limits=limits):
        if found.kind is Kind.FILE and found.readable:
            digest = hashlib.sha256()
            for piece in found.chunks():
                digest.update(piece)
            files[found.path] = digest.hexdigest()
        if found.error:
            errors.append(f"{found.path}: {found.error}")
    return files, errors


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("content") / "in"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"first\n" * 1000)
    (folder / "deep" / "b.bin").write_bytes(bytes(range(256)) * 20_000)
    (folder / "deep" / "er" / "c ü.txt").write_bytes(b"third")
    (folder / "empty").write_bytes(b"")
    return folder


MAKERS: dict[str, Callable[[Path, Path], None]] = {
    "x.zip": lambda out, folder: tool("zip", "-r", out, ".", cwd=folder),
    "x.7z": lambda out, folder: tool("7z", "a", out, ".", cwd=folder),
    "solid.7z": lambda out, folder: tool("7z", "a", "-ms=on", "-mx=9", out, ".", cwd=folder),
    "x.tar": lambda out, folder: tool("tar", "cf", out, ".", cwd=folder),
    "x.tar.gz": lambda out, folder: tool("tar", "czf", out, ".", cwd=folder),
    "x.tar.bz2": lambda out, folder: tool("tar", "cjf", out, ".", cwd=folder),
    "x.tar.xz": lambda out, folder: tool("tar", "cJf", out, ".", cwd=folder),
    "x.tar.zst": lambda out, folder: tool("tar", "--zstd", "-cf", out, ".", cwd=folder),
}


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_every_member_is_found_with_its_bytes(name: str, content: Path, tmp_path: Path) -> None:
    out = tmp_path / name
    MAKERS[name](out, content)
    files, errors = listing(out)
    assert errors == []
    members = {
        path.removeprefix(f"{name}//").removeprefix("./"): digest
        for path, digest in files.items()
        if "//" in path
    }
    expected = {
        str(path.relative_to(content)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in content.rglob("*")
        if path.is_file()
    }
    assert members == expected
    assert files[name] == hashlib.sha256(out.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("suffix", "command"), [("gz", "gzip"), ("bz2", "bzip2"), ("xz", "xz"), ("zst", "zstd"), ("lzma", "lzma")]
)
def test_a_single_compressed_file_is_its_one_member(suffix: str, command: str, tmp_path: Path) -> None:
    plain = tmp_path / "note.txt"
    plain.write_bytes(b"some words\n" * 5000)
    expected = hashlib.sha256(plain.read_bytes()).hexdigest()
    tool(command, "-k", plain)
    files, errors = listing(tmp_path / f"note.txt.{suffix}")
    assert errors == []
    assert files[f"note.txt.{suffix}//note.txt"] == expected


def test_what_lies_in_archives_is_embedded_and_keeps_its_full_trail(content: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner.zip"
    tool("zip", "-r", inner, ".", cwd=content)
    outer = tmp_path / "outer.7z"
    tool("7z", "a", outer, inner)
    exhibit = tmp_path / "exhibit"
    exhibit.mkdir()
    shutil.copy(outer, exhibit)
    found = {one.path: one.place for one in walk(exhibit) if one.kind is Kind.FILE}
    place = found["outer.7z//inner.zip//deep/er/c ü.txt"]
    assert place.state is State.EMBEDDED
    assert place.trail == (b"outer.7z", b"inner.zip", "deep/er/c ü.txt".encode())


@pytest.mark.parametrize("name", sorted(MAKERS))
@pytest.mark.parametrize("keep", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_archive_gives_what_there_is_and_says_so(
    name: str, keep: float, content: Path, tmp_path: Path
) -> None:
    out = tmp_path / name
    MAKERS[name](out, content)
    data = out.read_bytes()
    out.write_bytes(data[: int(len(data) * keep)])
    _, errors = listing(out)
    assert errors or (name == "x.tar" and keep == 0.95)  # a tape may lack nothing but its padding


@pytest.mark.parametrize("suffix", ["gz", "xz", "zst", "bz2"])
def test_a_bomb_is_cut_by_its_ratio(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "RATIO_FROM", 8 << 20)
    bomb = tmp_path / f"zeros.{suffix}"
    program = {"gz": "gzip", "xz": "xz", "zst": "zstd", "bz2": "bzip2"}[suffix]
    with bomb.open("wb") as out:
        zeros = subprocess.Popen(["head", "-c", "40M", "/dev/zero"], stdout=subprocess.PIPE)
        subprocess.run([program, "-c"], stdin=zeros.stdout, stdout=out, check=True)
        assert zeros.stdout is not None
        zeros.stdout.close()
        zeros.wait()
    _, errors = listing(bomb, replace(SMALL, ratio=500))
    assert any("“ratio”" in error for error in errors)


def test_archives_within_archives_end_at_the_depth_guard(tmp_path: Path) -> None:
    inner = tmp_path / "0.txt"
    inner.write_text("end", encoding="ascii")
    for number in range(1, 8):
        outer = tmp_path / f"{number}.zip"
        tool("zip", "-j", outer, inner)
        inner = outer
    _, errors = listing(inner, replace(SMALL, depth=4))
    assert any("depth" in error for error in errors)


@pytest.mark.parametrize(
    "arguments", [("zip", "-P", "secret"), ("7z", "a", "-psecret"), ("7z", "a", "-psecret", "-mhe=on")]
)
def test_an_encrypted_archive_is_reported_as_such(
    arguments: tuple[str, ...], content: Path, tmp_path: Path
) -> None:
    out = tmp_path / f"locked.{arguments[0]}"
    tool(*arguments, out, content / "a.txt")
    _, errors = listing(out)
    assert any("encrypted" in error for error in errors)


def test_names_that_try_to_leave_stay_names(shared: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    for name in (
        "tar/absolute_paths.tar",
        "tar/mixed_paths.tar",
        "zip/absolute_paths.zip",
        "zip/mixed_paths.zip",
    ):
        files, errors = listing(shared / "evidence" / name)
        assert len(files) > 1 and not errors
    assert sorted(tmp_path.rglob("*")) == before


def test_public_samples_of_older_packers_are_opened(shared: Path) -> None:
    for name in ("syslog.Z", "syslog.bin.cpio"):
        files, errors = listing(shared / "evidence" / name)
        assert (len(files), errors) == (2, []), name


def test_a_truncated_gzip_of_others_is_said(shared: Path) -> None:
    _, errors = listing(shared / "evidence" / "corrupt1.gz")
    assert errors


def test_frames_that_are_to_be_skipped_are_no_damage(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"first\n")
    tool("zstd", tmp_path / "a")
    frame = (tmp_path / "a.zst").read_bytes()
    (tmp_path / "b.zst").write_bytes(frame + b"\x50\x2a\x4d\x18\2\0\0\0ab" + frame)
    files, errors = listing(tmp_path / "b.zst")
    assert errors == []
    assert files["b.zst//b"] == hashlib.sha256(b"first\nfirst\n").hexdigest()
