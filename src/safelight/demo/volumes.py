"""Make disk images out of folders, with deleted files in them, without mounting anything or being root.

`mkfs.ext4 -d` fills ext4 and `debugfs` deletes in it. `mkntfs` formats NTFS, `wimlib-imagex apply` fills
it and `ntfs_delete` deletes. Note that `debugfs rm` keeps a file's extents, which the kernel's own `rm`
does not: content of deleted ext4 files comes back more easily here than from a real device.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess  # nosec B404
import uuid
import zlib
from collections.abc import Sequence
from pathlib import Path

from safelight.demo.ntfs_delete import delete_files
from safelight.errors import SafelightError

TOOLS = {"mkfs.ext4": "e2fsprogs", "debugfs": "e2fsprogs", "mkntfs": "ntfs-3g", "wimlib-imagex": "wimtools"}
"""The programs this module starts, and the Debian packages they come in."""

_SECTOR = 512
_FIRST_SECTOR = 2048
_BASIC_DATA = uuid.UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")


def missing_tools() -> dict[str, str]:
    """Those of TOOLS that are not installed, with their packages."""
    return {tool: package for tool, package in TOOLS.items() if _find(tool) is None}


def require_tools() -> None:
    """Raise SafelightError, with what to install, when a tool is missing."""
    if missing := missing_tools():
        packages = " ".join(sorted(set(missing.values())))
        raise SafelightError(
            f"making the demonstration's disk images needs {', '.join(missing)}",
            hint=f"install the Debian packages {packages} (scripts/install-debian.sh demo does)",
        )


def ext4_image(
    image: Path, folder: Path, megabytes: int, *, deleted: Sequence[str], wiped: Sequence[str]
) -> None:
    """Make an ext4 file system of `folder` in the file `image`.

    Args:
        image: The file to write.
        folder: What goes into it.
        megabytes: Its size.
        deleted: Paths in it to delete; names and inodes remain.
        wiped: Paths in it to delete together with their inodes: a name remains, only carving finds the content.
    """
    _sparse(image, megabytes << 20)
    identity = ["-L", "archive", "-U", "6e2c8a5e-0d4b-4a56-9f0e-5afe11647001", "-E", "root_owner=0:0"]
    _run(["mkfs.ext4", "-q", "-F", "-m", "0", *identity, "-d", str(folder), str(image)])
    lines = [f'rm "/{path}"' for path in deleted]
    for path in wiped:
        inode = _inode(image, path)
        lines += [f'rm "/{path}"', f"clri <{inode}>"]
    if lines:
        _run(["debugfs", "-w", "-f", "-", str(image)], "\n".join(lines) + "\n")


def ntfs_image(image: Path, folder: Path, megabytes: int, *, deleted: Sequence[str]) -> None:
    """Make a disk image with a GUID partition table and one NTFS partition that holds `folder`."""
    volume, wim, config = (image.with_suffix(end) for end in (".ntfs", ".wim", ".ini"))
    try:
        _sparse(volume, megabytes << 20)
        geometry = ["-s", str(_SECTOR), "-p", str(_FIRST_SECTOR), "-H", "255", "-S", "63"]
        _run(["mkntfs", "-F", "-Q", "-q", *geometry, "-L", "Windows", str(volume)])
        config.write_text("[ExclusionList]\n")
        _run(["wimlib-imagex", "capture", str(folder), str(wim), "--compress=none", f"--config={config}"])
        _run(["wimlib-imagex", "apply", str(wim), "1", str(volume)])
        delete_files(volume, list(deleted))
        _wrap_in_gpt(image, volume)
    finally:
        for path in (volume, wim, config):
            path.unlink(missing_ok=True)


def _wrap_in_gpt(image: Path, volume: Path) -> None:
    """Write a GPT disk whose first partition is `volume` (UEFI specification 2.10, section 5.3)."""
    size = volume.stat().st_size
    sectors = _FIRST_SECTOR + size // _SECTOR + 34
    _sparse(image, sectors * _SECTOR)
    entry = struct.pack(
        "<16s16sQQQ72s",
        _BASIC_DATA.bytes_le,
        uuid.UUID("5afe1164-0000-4000-8000-000000000001").bytes_le,
        _FIRST_SECTOR,
        _FIRST_SECTOR + size // _SECTOR - 1,
        0,
        "Basic data partition".encode("utf-16-le"),
    )
    entries = entry.ljust(128 * 128, b"\0")
    protective = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, sectors - 1)
    with image.open("r+b") as disk, volume.open("rb") as content:
        disk.seek(446)
        disk.write(protective.ljust(64, b"\0") + b"\x55\xaa")
        disk.write(_gpt_header(1, sectors - 1, 2, sectors, entries) + entries)
        disk.seek(_FIRST_SECTOR * _SECTOR)
        while block := content.read(1 << 20):
            if block.count(0) == len(block):
                disk.seek(len(block), os.SEEK_CUR)
            else:
                disk.write(block)
        disk.seek((sectors - 33) * _SECTOR)
        disk.write(entries + _gpt_header(sectors - 1, 1, sectors - 33, sectors, entries))


def _gpt_header(here: int, other: int, table: int, sectors: int, entries: bytes) -> bytes:
    disk = uuid.UUID("5afe1164-0000-4000-8000-000000000000").bytes_le
    span = (here, other, 34, sectors - 34)
    tail = struct.pack("<16sQIII", disk, table, 128, 128, zlib.crc32(entries))

    def head(crc: int) -> bytes:
        return struct.pack("<8sIIIIQQQQ", b"EFI PART", 0x00010000, 92, crc, 0, *span) + tail

    return head(zlib.crc32(head(0))).ljust(_SECTOR, b"\0")


def _inode(image: Path, path: str) -> int:
    answer = _run(["debugfs", "-R", f'stat "/{path}"', str(image)])
    return int(answer.split("Inode:", 1)[1].split(None, 1)[0])


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def _find(tool: str) -> str | None:
    """Find a program; Debian keeps these in /usr/sbin, which is not on everybody's PATH."""
    return shutil.which(tool) or shutil.which(tool, path="/usr/local/sbin:/usr/sbin:/sbin")


def _run(command: list[str], text: str | None = None) -> str:
    program = _find(command[0])
    if program is None:
        raise SafelightError(f"{command[0]} is not installed", hint=f"it is in {TOOLS[command[0]]}")
    arguments = [program, *command[1:]]  # our own words and paths of our own making, no shell
    done = subprocess.run(arguments, input=text, capture_output=True, text=True, check=False)  # nosec B603
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-400:]
        raise SafelightError(f"{command[0]} failed ({done.returncode}): {said}")
    return done.stdout
