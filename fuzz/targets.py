"""What is fuzzed: each target takes bytes and lets nothing out but the errors that its parser promises."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from safelight.errors import EvidenceError, FormatError, UsageError
from safelight.evidence.carve import carve
from safelight.evidence.names import join_path, raw, show, shown_trail
from safelight.evidence.protocol import Kind, Limits, Node
from safelight.evidence.scope import Scope
from safelight.evidence.sniff import sniff
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from safelight.hashsets.protocol import ReadOptions
from safelight.media.exif_block import exif_block
from safelight.media.png import plain_pixels
from safelight.plugins import load

_LIMITS = Limits(member_bytes=4 << 20, total_bytes=16 << 20, members=2_000, seconds=2.0, depth=4)
_MEMORY = Path("/dev/shm")
_ROOM = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None, prefix="safelight-fuzz-"))


def _read(node: Node) -> None:
    """Read a node's content, in pieces."""
    if node.open is None:
        return
    try:
        source = node.open()
        offset = 0
        while offset < 4 << 20 and (data := source.read_at(offset, 1 << 16)):
            offset += len(data)
        source.close()
    except EvidenceError:
        pass


def carver(data: bytes) -> None:
    """What looks like media in raw bytes."""
    for node in carve(BytesSource(data), [(0, len(data))]):
        assert node.kind is not Kind.FILE or (node.size or 0) <= len(data)
        _read(node)


def hash_lists(data: bytes) -> None:
    """Every reader of hash lists, whether it recognises the bytes or not."""
    path = _ROOM / "list"
    path.write_bytes(data)
    for reader in load("hashsets").values():
        reader.detect(data[: 64 << 10], path)
        try:
            for block in reader.read(path, ReadOptions()):
                assert block is not None
        except FormatError:
            pass


def trails(data: bytes) -> None:
    """Raw names to text and back, and trails to paths."""
    assert raw(show(data)) == data
    parts = tuple(data.split(b"|"))
    shown = join_path(parts, ("file",) * len(parts)) + "".join(shown_trail(parts, ("file",) * len(parts)))
    shown.encode("utf-8")


def scopes(data: bytes) -> None:
    """Rules of an order."""
    with contextlib.suppress(UsageError):
        Scope.parse([data.decode("utf-8", "replace")])


def containers(data: bytes) -> None:
    """The whole walk: every reader of containers, through every layer."""
    path = _ROOM / "exhibit.img"
    path.write_bytes(data)
    for found in walk(path, limits=_LIMITS):
        assert found.error is None or "reader failed" not in found.error, found.error
        if found.kind is Kind.FILE and found.readable:
            try:
                for _ in found.chunks():
                    pass
            except EvidenceError:
                pass


def heads(data: bytes) -> None:
    """Type by content, and the Exif block of a picture."""
    if format := sniff(data[:4_096]):
        exif_block(data, format)


def png(data: bytes) -> None:
    """Plain PNGs by our own lines: whatever they are, pixels or none."""
    pixels = plain_pixels(data)
    assert pixels is None or (pixels.ndim == 3 and pixels.shape[2] == 3)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "carver": carver,
    "hash-lists": hash_lists,
    "trails": trails,
    "scopes": scopes,
    "containers": containers,
    "heads": heads,
    "png": png,
}
