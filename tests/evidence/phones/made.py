"""What the tests of phones share: benign pictures, databases that SQLite itself wrote, and what a walk finds."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from safelight.errors import EvidenceError
from safelight.evidence.found import Found
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.scope import EVERYTHING, Scope
from safelight.evidence.walk import walk


def picture(seed: int, side: int = 64, kind: str = "JPEG") -> bytes:
    """A picture of noise: about 6 KiB as a JPEG of 64 pixels a side."""
    pixels = random.Random(seed).randbytes(side * side * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), pixels).save(out, kind, quality=90)
    return out.getvalue()


def written(
    path: Path, *scripts: str | Callable[[sqlite3.Connection], object], keep_log: bool = False
) -> Path:
    """A database that SQLite wrote; with `keep_log` what follows the first script is left in its log."""
    work = path.with_name(path.name + ".work") if keep_log else path
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(work)
    connection.execute("PRAGMA secure_delete=OFF")  # Debian's SQLite overwrites, those of phones do not
    for number, script in enumerate(scripts):
        if keep_log and number == 1:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA wal_autocheckpoint=0")
        if callable(script):
            script(connection)
        else:
            connection.executescript(script)
        connection.commit()
    if keep_log:
        shutil.copy(work, path)
        shutil.copy(f"{work}-wal", f"{path}-wal") if Path(f"{work}-wal").exists() else None
    connection.close()
    if keep_log:
        for left in path.parent.glob(work.name + "*"):
            left.unlink()
    return path


def everything(
    path: Path, scope: Scope = EVERYTHING, limits: Limits | None = None
) -> list[tuple[Found, bytes | None]]:
    """What a walk finds, with the content of each file that can be read."""
    found = []
    for one in walk(path, scope=scope, limits=limits):
        content = None
        if one.kind is Kind.FILE and one.readable:
            with contextlib.suppress(EvidenceError):  # it is the error of what was found
                content = b"".join(one.chunks())
        found.append((one, content))
    return found


def members(found: list[tuple[Found, bytes | None]], below: int = 1) -> dict[str, bytes | None]:
    """Content by the path within the container: the trail from element `below` on."""
    return {
        "//".join(part.decode("utf-8", "replace") for part in one.place.trail[below:]): content
        for one, content in found
        if one.kind is Kind.FILE and len(one.place.trail) > below
    }


def said(found: list[tuple[Found, bytes | None]]) -> list[str]:
    """Errors and notes of the walk."""
    return [text for one, _ in found for text in (one.error, one.node.note) if text]
