"""Follow a PDF to its last end-of-file mark whose cross-reference is where it says (ISO 32000-1, 7.5)."""

from __future__ import annotations

import re

from safelight.evidence.carving.pdf_streams import wrong_stream
from safelight.evidence.carving.shape import LONGEST_DOCUMENT, Shape, broken
from safelight.evidence.protocol import Source

_STEP = 1 << 18
_TAIL = 64
_MARK = b"%%EOF"
_VERSION = re.compile(rb"%PDF-[12]\.\d")
_STARTS = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF$")
_TABLE = re.compile(rb"\s*(xref\s|\d+\s+\d+\s+obj)")
_GOES_ON = re.compile(rb"[\s\0]*(?:%[^\r\n]*[\r\n]+\s*)*(\d+\s+\d+\s+obj\b|xref\s)")
_END_OF_LINE = re.compile(rb"\r?\n|\r")


def pdf(source: Source, start: int, most: int) -> Shape | None:
    """Find the end; a revision or a linearised file has several, of which the last one that goes on counts."""
    if not _VERSION.match(source.read_at(start, 8)):
        return None
    limit = min(source.size, start + min(LONGEST_DOCUMENT, most))
    position, end = start + 8, 0
    pending = b""
    while position < limit:
        data = pending + source.read_at(position, min(_STEP, limit - position))
        base = position - len(pending)
        position = base + len(data)
        at = 0
        stop = _next_file(data, base, start)
        while (found := data.find(_MARK, at, None if stop < 0 else stop)) >= 0:
            at = found + len(_MARK)
            mark = base + at
            if _is_sound(source, start, mark):
                end = mark
                if not _GOES_ON.match(source.read_at(mark, 256)):
                    size = _with_line_end(source, end) - start
                    wrong = wrong_stream(source, start, size)
                    return (
                        Shape(size, "pdf")
                        if wrong is None
                        else Shape(size, "pdf", _damaged(wrong), solid=False)
                    )
        if stop >= 0:
            break
        pending = data[-_TAIL:] if position < limit else b""
        if len(data) <= len(pending):
            break
    if end:
        return broken(end - start, "pdf", "what was added to it later is gone")
    return None


def _damaged(where: int) -> str:
    return f"damaged: its content stops making sense after byte {where:,}"


def _next_file(data: bytes, base: int, start: int) -> int:
    """Where the next PDF begins on a sector, or -1."""
    at = data.find(b"%PDF-")
    while at >= 0:
        if base + at > start and (base + at - start) % 512 == 0:
            return at
        at = data.find(b"%PDF-", at + 1)
    return -1


def _is_sound(source: Source, start: int, mark: int) -> bool:
    """Does the cross-reference stand where the end says?"""
    tail = source.read_at(max(start, mark - _TAIL), min(_TAIL, mark - start))
    found = _STARTS.search(tail)
    if not found:
        return False
    where = int(found[1])
    return 0 < where < mark - start and _TABLE.match(source.read_at(start + where, 32)) is not None


def _with_line_end(source: Source, end: int) -> int:
    found = _END_OF_LINE.match(source.read_at(end, 2))
    return end + (found.end() if found else 0)
