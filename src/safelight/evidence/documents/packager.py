"""Files that were dropped into a document: the packager's stream `\\1Ole10Native`, and OLE 1 objects of RTF."""

from __future__ import annotations

from typing import NamedTuple

_LONGEST = 4096


class Package(NamedTuple):
    """A file in a package: its name, the path it came from, where its content lies."""

    name: str
    path: str
    start: int
    size: int


def ole10native(head: bytes, size: int) -> Package | None:
    """Read the header of a stream of `size` bytes whose first bytes are `head`; None where it holds no named file."""
    return packaged(head[4:], size - 4, 4) if len(head) > 12 else None


def packaged(data: bytes, size: int, shift: int = 0) -> Package | None:
    """The same for what follows the length: two bytes, name, path, four bytes, temporary path, length, content."""
    if data[:2] != b"\2\0":
        return None
    name, at = _text(data, 2)
    path, at = _text(data, at)
    at += 4
    length = int.from_bytes(data[at : at + 4], "little")
    at += 4 + length
    content = int.from_bytes(data[at : at + 4], "little")
    at += 4
    if not name or at > len(data) or at > size:
        return None
    return Package(
        name.replace("\\", "/").rpartition("/")[2] or name, path, shift + at, min(content, size - at)
    )


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.find(b"\0", at, at + _LONGEST)
    if end < 0:
        return "", len(data) + 1
    return data[at:end].decode("cp1252", "replace"), end + 1
