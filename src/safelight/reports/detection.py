"""Which reader a document is for: by what it says of itself, else by the columns that a mapping file names."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from safelight.reports.characters import Characters
from safelight.reports.protocol import MappedReader, ReportReader

_UNKNOWN = "it is not a report of a known format"
_CELLS = 2


def reader_of(
    readers: Sequence[ReportReader], head: bytes, name: str, columns: Mapping[str, object]
) -> ReportReader | None:
    """The first reader that knows the document, by its first bytes; None where none does."""
    for one in readers:
        if one.detects(head, name):
            return one
    if columns:
        for one in readers:
            if isinstance(one, MappedReader) and one.detects_mapped(head, columns):
                return one
    return None


def why_unknown(head: bytes, columns: Mapping[str, object]) -> str:
    """Why no reader knows a document, and what to do where it may be a list."""
    format_ = _list_format(head)
    if format_ is None:
        return _UNKNOWN
    if columns:
        return (
            f"{_UNKNOWN}, and the mapping does not name its columns; if it is a list, mend the mapping, "
            f"or give --format {format_}"
        )
    return f"{_UNKNOWN}; if it is a list, give --format {format_} and --map FILE, which says what its columns are"


def _list_format(head: bytes) -> str | None:
    """The format that a list of this beginning has; None where it is none."""
    try:
        text = (Characters(io.BytesIO(head)).read() or "").lstrip("\ufeff \t\r\n")
    except UnicodeError:
        return None
    if text[:1] in ("{", "["):
        return "hotline"
    first, _, rest = text[:20_000].partition("\n")
    first = first.rstrip("\r")
    if text[:1] in ("<", "%") or not rest or not first.replace("\t", "").isprintable():
        return None
    second = rest.partition("\n")[0]
    marks = (mark for mark in ";\t|," if min(first.count(mark), second.count(mark)) >= _CELLS - 1)
    return "csv" if any(marks) else None
