"""Hostile JSON, one record at a time: a list, lines, one object, or a list within an object, at constant memory.

A small document is parsed as a whole. A large one, and one that is broken, is cut into records by its brackets
(`json_cut.py`), and each record is parsed on its own, so that one that is broken costs itself alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from safelight.reports.characters import FALLEN_BACK, Characters
from safelight.reports.json_cut import Cutter

LARGEST = 32 << 20
"""Bytes of one record; a larger one is a finding."""
WHOLE = 256 << 10
"""Bytes up to which a document is parsed as a whole: what comes of it is several times as large."""
_COMMA_TOO_MANY = re.compile(r",(\s{0,1000}[}\]])")

Record = tuple[int, dict[str, Any] | None, str]
"""Number from 1, the object or None, and then why; with an object, what was mended to read it."""


def records(source: BinaryIO, lists: frozenset[str]) -> Iterator[Record]:
    """Every record of a document. `lists` are names (in lower case) of lists of records within one outer object."""
    characters = Characters(source)
    for number, (value, problem) in enumerate(_values(characters, lists), 1):
        if isinstance(value, dict):
            yield number, value, problem or (FALLEN_BACK if characters.fallen_back else "")
        else:
            yield number, None, problem or "it is no object"


def _values(characters: Characters, lists: frozenset[str]) -> Iterator[tuple[Any, str]]:
    """Each record with what was mended, or None and why there is none."""
    head, size = [], 0
    while size <= WHOLE and (piece := characters.read()) is not None:
        head.append(piece)
        size += len(piece)
    pieces = _all(head, characters)
    if size <= WHOLE:
        text = "".join(head)
        try:
            yield from _of_whole(orjson.loads(text), lists)
            return
        except (orjson.JSONDecodeError, ValueError):  # broken, or several documents in one: record by record
            pieces = iter([text])
    if _holds_lines(head):
        yield from _lines(pieces)
        return
    for raw, problem in Cutter(lists, LARGEST).cut(pieces):
        yield (None, problem) if problem else _loads(raw)


def _all(head: list[str], characters: Characters) -> Iterator[str]:
    while head:
        yield head.pop(0)
    while (piece := characters.read()) is not None:
        yield piece


def _of_whole(value: Any, lists: frozenset[str]) -> Iterator[tuple[Any, str]]:
    found = value if isinstance(value, list) else [value]
    if isinstance(value, dict):
        named = [inner for key, inner in value.items() if key.casefold() in lists and isinstance(inner, list)]
        found = [
            one for inner in named if any(isinstance(each, dict) for each in inner) for one in inner
        ] or found
    yield from ((one, "") for one in found)


def _holds_lines(head: list[str]) -> bool:
    """Is there one object a line? Then a line's end is where the next begins, whatever is wrong with this one."""
    begin = "".join(head)[:LARGEST].lstrip("\ufeff \t\r\n")
    first, _, rest = begin.partition("\n")
    if not rest.lstrip().startswith("{"):
        return False
    try:
        return isinstance(orjson.loads(first), dict)
    except (orjson.JSONDecodeError, ValueError):
        return False


def _lines(pieces: Iterator[str]) -> Iterator[tuple[Any, str]]:
    rest = ""
    oversize = False
    for piece in pieces:
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            if oversize:
                oversize = False  # its end
            elif line.strip("\ufeff \t\r"):
                yield _loads(line.lstrip("\ufeff"))
        if len(rest) > LARGEST:
            if not oversize:
                yield None, f"record is larger than {LARGEST >> 20} MiB"
            oversize, rest = True, ""
    if rest.strip("\ufeff \t\r\0") and not oversize:
        yield _loads(rest)


def _loads(raw: str | bytes) -> tuple[Any, str]:
    """The value; what strict JSON refuses (raw line ends, NaN, a comma too many) is read leniently, and said."""
    try:
        return orjson.loads(raw), ""
    except (orjson.JSONDecodeError, ValueError) as error:
        first = str(error).partition(":")[0]
    text = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
    for attempt in (text, _COMMA_TOO_MANY.sub(r"\1", text)):
        try:
            return json.loads(attempt, strict=False), f"mended to be read: {first}"
        except (ValueError, RecursionError):
            continue
    return None, f"not JSON: {first}"
