"""Which old code page a table that is not UTF-8 is written in: the one in which its columns are known."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping

from safelight.persons.registers.mapping import for_columns
from safelight.persons.registers.people import is_register
from safelight.persons.registers.text import encoding_of

_PAGES = {
    "cp1252": "Windows-1252",
    "cp1251": "Windows-1251",
    "cp1250": "Windows-1250",
    "koi8-r": "KOI8-R",
    "koi8-u": "KOI8-U",
    "cp1253": "Windows-1253",
    "cp1254": "Windows-1254",
    "cp1255": "Windows-1255",
    "cp1256": "Windows-1256",
    "cp1257": "Windows-1257",
    "cp866": "DOS 866",
    "cp850": "DOS 850",
    "cp852": "DOS 852",
    "iso8859-2": "ISO 8859-2",
    "iso8859-5": "ISO 8859-5",
    "iso8859-6": "ISO 8859-6",
    "mac-roman": "Macintosh Roman",
    "mac-cyrillic": "Macintosh Cyrillic",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "shift_jis": "Shift JIS",
    "euc-kr": "EUC-KR",
}
"""By their frequency: where several write the known columns with the same bytes, the first is taken."""
_LINES = 10
_LONGEST = 20_000
"""Bytes of a header line that are looked at."""


def code_page(
    head: bytes, columns_of: Callable[[str], list[str]], mapping: Mapping[str, object]
) -> str | None:
    """The code page in which most columns of the header are known, by Python's name.

    None where the bytes are UTF-8 or have a mark, where no column with letters beyond ASCII is known in any, and where
    two pages know as many by different words.
    """
    if encoding_of(head) != "utf-8" or is_utf_8(head):
        return None
    lines = [one[:_LONGEST] for one in head.replace(b"\r", b"\n").split(b"\n") if one.strip()][:_LINES]
    found: dict[str, tuple[str, ...]] = {}
    for page in _PAGES:
        known = max((_known(one, page, columns_of, mapping) for one in lines), key=len, default=())
        if any(not one.isascii() for one in known):
            found[page] = known
    most = max(map(len, found.values()), default=0)
    best = [page for page, known in found.items() if len(known) == most]
    return best[0] if len({found[page] for page in best}) == 1 else None


def called(page: str) -> str:
    """As people call it."""
    return _PAGES[page]


def is_utf_8(head: bytes) -> bool:
    """Is the beginning of a document UTF-8? A character cut in two at its end is."""
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _known(
    line: bytes, page: str, columns_of: Callable[[str], list[str]], mapping: Mapping[str, object]
) -> tuple[str, ...]:
    """The columns of a line that are known, if it is a header of a register."""
    try:
        columns = columns_of(line.decode(page))
    except UnicodeDecodeError:
        return ()
    if not is_register(columns, mapping):
        return ()
    return tuple(columns[one.index] for one in for_columns(mapping, columns).places(columns))
