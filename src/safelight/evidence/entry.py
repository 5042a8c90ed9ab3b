"""What is said of an entry that The Sleuth Kit has found: its kind, where it points, that it is encrypted."""

from __future__ import annotations

from typing import Any

from safelight.evidence.protocol import Kind, Node
from safelight.evidence.tsk import ERRORS
from safelight.model import State

_FILE, _DIRECTORY, _LINK, _SPECIAL = Kind.FILE, Kind.FOLDER, Kind.LINK, Kind.SPECIAL
KINDS = {1: _FILE, 2: _DIRECTORY, 6: _LINK, 11: _DIRECTORY}
"""By the type of an inode (TSK_FS_META_TYPE_ENUM)."""
NAME_KINDS = {0: _FILE, 3: _DIRECTORY, 5: _FILE, 6: _LINK, 11: _DIRECTORY}
"""By the type that a name states (TSK_FS_NAME_TYPE_ENUM)."""
EFS = (
    "encrypted by Windows (EFS): read as it lies there, in ciphertext, which the certificate of a user of that Windows "
    "would open, and this version does not"
)
_FSCRYPT = (
    "encrypted by the file system (fscrypt): read as it lies there, in ciphertext, which a key from that system would "
    "open, and this version does not"
)


def say_encrypted(node: Node) -> None:
    """Of an entry that an ext file system marks as encrypted. Only a file's content counts as not read."""
    if node.kind is Kind.FILE:
        node.error = joined(node.error, _FSCRYPT)
    else:
        node.note = "encrypted by the file system (fscrypt): names and targets of links are ciphertext"


def joined(*said: str | None) -> str:
    return "; ".join(text for text in said if text)


def only_a_name(info: Any, path: bytes, deleted: bool) -> Node:
    """Return the node of a name whose inode cannot be had."""
    kind = NAME_KINDS.get(int(info.type), _SPECIAL)
    state = State.DELETED if deleted else State.ALLOCATED
    error = "only the name is left" if deleted else "its inode cannot be read"
    return Node(path, kind, state, address={"inode": info.meta_addr}, error=error)


def target_of(entry: Any, meta: Any, size: int) -> bytes | None:
    """Return where a symbolic link points."""
    link = meta.link
    if link:
        return link.encode("utf-8", "surrogateescape") if isinstance(link, str) else bytes(link)
    try:
        return bytes(entry.read_random(0, min(size, 4096))) if size else None
    except ERRORS:  # a link is listed either way; its target is extra
        return None
