"""Follow a GIF through its blocks (CompuServe GIF89a) to the trailer."""

from __future__ import annotations

from safelight.evidence.carving.shape import LEAST, LONGEST_PICTURE, Shape, broken
from safelight.evidence.protocol import Source

_STEP = 1 << 16
_EXTENSIONS = frozenset((0x01, 0xF9, 0xFE, 0xFF))
_HEAD = 13


def gif(source: Source, start: int, most: int) -> Shape | None:
    """Walk images and extensions, each a chain of sub-blocks; None where it is no GIF."""
    head = source.read_at(start, _HEAD)
    limit = min(source.size, start + min(LONGEST_PICTURE, most))
    if len(head) < _HEAD or not any(head[6:8]) or not any(head[8:10]):
        return None
    width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    position = start + _HEAD + _table(head[10])
    images = 0
    while position + 1 <= limit:
        block = source.read_at(position, 11)
        if block[:1] == b";" and images:
            return Shape(position + 1 - start, "gif")
        if block[:1] == b"!" and len(block) > 2 and block[1] in _EXTENSIONS:
            after = _chain(source, position + 2, limit)
        elif block[:1] == b"," and len(block) == 11 and _is_inside(block, width, height):
            code_size = source.read_at(position + 10 + _table(block[9]), 1)
            if not code_size or not 2 <= code_size[0] <= 8:
                break
            after = _chain(source, position + 11 + _table(block[9]), limit)
            images += 1
        else:
            break
        if after is None:
            break
        position = after
    if position - start < LEAST or not images:
        return None
    return broken(min(position, limit) - start, "gif")


def _table(flags: int) -> int:
    """Bytes of the colour table that the flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _is_inside(block: bytes, width: int, height: int) -> bool:
    left, top, wide, high = (int.from_bytes(block[at : at + 2], "little") for at in (1, 3, 5, 7))
    return wide > 0 and high > 0 and left + wide <= width and top + high <= height and not block[9] & 0x18


def _chain(source: Source, position: int, limit: int) -> int | None:
    """Return where a chain of sub-blocks ends, or None where it runs beyond what there is."""
    while position < limit:
        data = source.read_at(position, min(_STEP, limit - position))
        at = 0
        while at < len(data):
            length = data[at]
            if not length:
                return position + at + 1
            at += 1 + length
        position += at
    return None
