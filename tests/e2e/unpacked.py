"""What Debian's own tools unpack of archives, compressed files and images: path → SHA-256 of the content."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

_ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def tar(archive: Path) -> dict[str, str]:
    """Members of a tar, plain or compressed, as GNU tar lists and extracts them, absolute paths kept."""
    names = _run("tar", "-P", "-tf", archive).decode().splitlines()
    return {
        name: _sha256(_run("tar", "-P", "-xOf", archive, "--", name))
        for name in names
        if not name.endswith("/")
    }


def seven_zip(archive: Path) -> dict[str, str]:
    """Members of an archive, or files of a disk image, as 7z lists and extracts them."""
    paths, path = [], ""
    for line in _run("7z", "l", "-slt", "-ba", archive, codes=(0, 1)).decode().splitlines():
        key, _, value = line.partition(" = ")
        if key == "Path":
            path = value
        elif key == "Folder" and value == "-":
            paths.append(path)
    return {path: _sha256(_run("7z", "x", "-so", archive, path, codes=(0, 1))) for path in paths}


def stream(compressed: Path) -> str:
    """The one content of a compressed file, by 7z (bzip2, xz, lzma)."""
    return _sha256(_run("7z", "x", "-so", compressed))


def gzip_as_far_as_it_goes(compressed: Path) -> tuple[str, int]:
    """SHA-256 and size of what gzip writes before it meets the damage."""
    content = _run("gzip", "-dc", compressed, codes=(0, 1))
    return _sha256(content), len(content)


def zstd(compressed: Path, folder: Path) -> Path:
    """The content of a Zstandard file, written sparse into `folder`."""
    target = folder / compressed.stem
    _run("zstd", "-dqf", "--sparse", compressed, "-o", target)
    return target


def raw(image: Path, folder: Path, format: str) -> Path:
    """A raw copy of a virtual disk, by qemu-img; `format` is what it calls the original's."""
    target = folder / f"{image.name}.raw"
    _run("qemu-img", "convert", "-f", format, "-O", "raw", image, target)
    return target


def xfs_names(image: Path) -> list[str]:
    """Names in the root folder of an XFS image, by xfs_db."""
    lines = _run(_tool("xfs_db"), "-r", "-c", "ls /", image).decode().splitlines()
    return [line.split()[5] for line in lines if line.endswith("(good)")]


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _run(*command: str | Path, codes: tuple[int, ...] = (0,)) -> bytes:
    done = subprocess.run(list(map(str, command)), capture_output=True, env=_ENVIRONMENT)
    assert done.returncode in codes, f"{command}: {done.stderr.decode(errors='replace')}"
    return done.stdout


def _tool(name: str) -> str:
    """A tool for administrators, which a user's PATH leaves out."""
    return shutil.which(name) or f"/usr/sbin/{name}"
