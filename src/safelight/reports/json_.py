"""Hostile JSON, one record at a time: a list, lines, one object, or a list within an object, at constant memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from safelight.reports.characters import FALLEN_BACK, Characters

LARGEST = 32 << 20
"""Characters of one record; a larger one is a finding."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]', re.DOTALL)
_UNFINISHED = re.compile(r'"(?:[^"\\]|\\.)*\\?\Z', re.DOTALL)
_DEEPEST = 10_000

Record = tuple[int, dict[str, Any] | None, str]
"""Number from 1, the object or None, and then why; with an object, what was mended to read it."""


def records(source: BinaryIO, lists: frozenset[str]) -> Iterator[Record]:
    """Every record of a document. `lists` are names (in lower case) of lists of records within one outer object."""
    characters = Characters(source)
    number = 0
    for text, problem in _pieces(characters, lists):
        number += 1
        if problem:
            yield number, None, problem
            continue
        value, mended = _loads(text)
        if isinstance(value, dict):
            yield number, value, mended or (FALLEN_BACK if characters.fallen_back else "")
        else:
            yield number, None, mended or "it is no object"


def _pieces(characters: Characters, lists: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The text of each record, or an empty text and what is wrong."""
    text, at, depth, start, outer = "", 0, 0, -1, 0
    key = ""
    in_list = False
    while True:
        found = _TOKEN.search(text, at)
        if found is None or found.end() == len(text):
            piece = characters.read()
            if piece is not None:
                keep = start if start >= 0 else _unfinished(text, at)
                text, at, start = text[keep:] + piece, at - keep, 0 if start >= 0 else -1
                at = max(at, 0)
                if start >= 0 and len(text) > LARGEST:
                    yield "", f"record is larger than {LARGEST >> 20} MiB"
                    return
                continue
            if found is None:
                break
        token, began, at = found[0], found.start(), found.end()
        if token[0] == '"':
            if depth == outer + 1:
                key = token[1:-1].casefold()
        elif token in "{[":
            depth += 1
            if depth > _DEEPEST:
                yield "", "it is nested too deeply"
                return
            if token == "{" and start < 0 and depth == outer + 1:
                start, key = began, ""
            elif token == "[" and depth == 1:
                outer = 1
            elif token == "[" and start >= 0 and depth == 2 and outer == 0 and key in lists:
                outer, start, in_list = 2, -1, True
        elif token in "}]":
            depth -= 1
            if depth < 0:
                yield "", "a bracket closes what was never opened"
                depth, outer, start = 0, 0, -1
            elif token == "}" and start >= 0 and depth == outer:
                yield text[start:at], ""
                start = -1
            elif token == "]" and depth < outer:
                outer = 3 if in_list else 0  # what follows a list of records in the outer object is no record
                if in_list and depth == 0:
                    outer, in_list = 0, False
        if in_list and depth == 0:
            outer, in_list = 0, False
    if start >= 0 or depth:
        yield "", "it ends before it is complete"


def _unfinished(text: str, at: int) -> int:
    """Where a text begins that may go on in the next piece, else the end."""
    quote = text.find('"', at)
    return quote if quote >= 0 and len(text) - quote < LARGEST else len(text)


def _loads(text: str) -> tuple[Any, str]:
    """The value; what strict JSON refuses (raw line ends, NaN, a comma too many) is read leniently, and said."""
    try:
        return orjson.loads(text), ""
    except orjson.JSONDecodeError as error:
        first = str(error).partition(":")[0]
    try:
        return json.loads(text, strict=False), f"mended to be read: {first}"
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(re.sub(r",(\s*[}\]])", r"\1", text), strict=False), f"mended to be read: {first}"
    except (ValueError, RecursionError):
        return None, f"not JSON: {first}"
