"""What the tests of encrypted evidence share: a small volume to encrypt, and what a walk with keys finds."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.unlock import Keys
from safelight.evidence.walk import walk
from tests.evidence.images import folder, jpeg, run

PASSWORD = "lantern"
TWELVE = (
    *(f"wrong {number}" for number in range(1, 4)),
    PASSWORD,
    *(f"more {number}" for number in range(8)),
)
"""Twelve candidates, of which the fourth is right."""


@cache
def volume(megabytes: int = 6) -> Path:
    """A FAT volume with a picture in it; its end is free."""
    image = folder() / f"to-encrypt-{megabytes}.img"
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    run("mkfs.vfat", "-i", "5afe1137", image)
    run("mcopy", "-i", image, "-", "::one.jpg", data=jpeg(21))
    return image


@cache
def large_blocks() -> Path:
    """The same as ext4, whose blocks are as large as the largest sectors."""
    image, root = folder() / "to-encrypt.ext4", folder() / "to-encrypt"
    root.mkdir()
    (root / "one.jpg").write_bytes(jpeg(21))
    with image.open("wb") as file:
        file.truncate(6 << 20)
    run("mkfs.ext4", "-q", "-b", "4096", "-O", "^has_journal", "-d", root, image)
    return image


def needs(*tools: str) -> pytest.MarkDecorator:
    """Skip where a tool is missing."""
    missing = [tool for tool in tools if shutil.which(tool, path="/usr/bin:/usr/sbin:/bin:/sbin") is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a walk found: contents by path, notes, errors (notes and errors of everything, in order)."""

    content: dict[str, bytes]
    notes: list[str]
    errors: list[str]


def seen(
    path: Path,
    *passwords: str,
    recovery: tuple[str, ...] = (),
    files: tuple[bytes, ...] = (),
    limits: Limits | None = None,
) -> Seen:
    """Walk with these keys and read everything; orphans of file systems aside."""
    keys = Keys(tuple(passwords), recovery, files=files)
    content: dict[str, bytes] = {}
    notes, errors = [], []
    for one in walk(path, limits=limits or Limits(keys=keys, carve=False)):
        if one.kind is Kind.FILE and one.readable:
            with contextlib.suppress(EvidenceError):
                content[one.path] = b"".join(one.chunks())
        if one.node.note is not None:
            notes.append(one.node.note)
        if one.error is not None:
            errors.append(one.error)
    return Seen(content, notes, errors)
