"""vPDQ lists: the PDQ hashes of the frames of films, a record a frame; a film's frames share its entry id.

As text, `frame,quality,hash,seconds` a line, as the reference writes one film (its id is the file's name), or with the
film's id as a fifth column. As JSON, one film as `["hash,quality,seconds", …]` or `{"frame": {"quality", "hash",
"timestamp"}, …}`, as `threatexchange` exchanges them; or many, one a line: `{"id", "category", "vpdq": one of these}`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from safelight.errors import FormatError
from safelight.hashsets.protocol import Block, ReadOptions, Record, Rejected
from safelight.hashsets.source import open_source, readable_head, text_lines

NAME: Final = "vpdq"
_BATCH: Final = 5000
_LARGEST: Final = 64 << 20
"""Bytes of one film as JSON: some 800,000 frames."""
_ROW: Final = re.compile(
    r"""\s*(\d{1,9})\s*,\s*(\d{1,3})\s*,\s*["']?([0-9A-Fa-f]{64})["']?\s*,\s*(\d{1,9}(?:\.\d{1,9})?)\s*(?:,(.*))?"""
)
_HEADER: Final = re.compile(r"[\"']?\s*(?:frame|quality)", re.IGNORECASE)
_TEXT_OF_JSON: Final = re.compile(r'\s*\[\s*"[0-9A-Fa-f]{64},\d{1,3},')
_OLD_JSON: Final = re.compile(r'\s*\{\s*"\d+"\s*:\s*\{[^{}]{0,200}"(?:quality|hash|timestamp)"')
_LINE_OF_JSON: Final = re.compile(r'\s*\{[^\n]{0,65536}"vpdq"\s*:')


class VpdqList:
    """Films by the hashes of their frames."""

    name = NAME
    order = 50  # before lists of single hashes, which would take the lines for theirs

    def detect(self, head: bytes, path: Path) -> bool:
        """By the first line that is no comment and no header."""
        text = readable_head(head).decode("utf-8", "replace")
        if any(rule.match(text) for rule in (_TEXT_OF_JSON, _OLD_JSON, _LINE_OF_JSON)):
            return True
        lines = [
            line for line in text.splitlines()[:100] if line.strip() and not line.lstrip().startswith("#")
        ]
        lines = lines[1:] if lines and _HEADER.match(lines[0]) else lines
        return bool(lines) and _ROW.fullmatch(lines[0]) is not None

    def read(self, path: Path, options: ReadOptions) -> Iterator[Block]:
        """Yield one record a frame. Raises FormatError where JSON is broken as a whole, or one film too large."""
        with open_source(path, options) as stream:
            head = stream.peek(1 << 16)[: 1 << 16].decode("utf-8", "replace")
            if _TEXT_OF_JSON.match(head) or _OLD_JSON.match(head):
                yield from _batches(_film_of_json(stream.read(_LARGEST + 1), path.stem))
            elif _LINE_OF_JSON.match(head):
                yield from _batches(_films_of_json(text_lines(stream)))
            else:
                yield from _batches(_rows(text_lines(stream), path.stem))


def _batches(found: Iterator[Record | Rejected]) -> Iterator[Block]:
    block: list[Record | Rejected] = []
    for one in found:
        block.append(one)
        if len(block) >= _BATCH:
            yield block
            block = []
    if block:
        yield block


class _Films:
    """Holds to it that a film's frames stand together: their share can be counted only then."""

    def __init__(self) -> None:
        self._done: set[str] = set()
        self._current: str | None = None

    def again(self, film: str) -> bool:
        """Did this film stand in the list before, with another one in between?"""
        if film != self._current:
            if self._current is not None:
                self._done.add(self._current)
            self._current = film
        return film in self._done


def _rows(lines: Iterator[str], name: str) -> Iterator[Record | Rejected]:
    films, first = _Films(), True
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        is_header, first = first and _HEADER.match(text) is not None, False
        if is_header:
            continue
        row = _ROW.fullmatch(text)
        if row is None or int(row[2]) > 100:
            yield Rejected(number, f"{len(text)} characters, but no `frame,quality,hash,seconds`")
            continue
        film = (row[5] or "").strip().strip("\"'") or name
        if films.again(film):
            yield Rejected(
                number, f"frames of {film} stand elsewhere in the list; those of one film must stand together"
            )
            continue
        yield _record(film, None, row[3], int(row[2]), float(row[4]), int(row[1]))


def _film_of_json(data: bytes, name: str) -> Iterator[Record | Rejected]:
    if len(data) > _LARGEST:
        raise FormatError(
            f"The film is larger than {_LARGEST >> 20} MiB.", "Write many films as JSON lines, a film each."
        )
    try:
        film = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"The list is no JSON: {error}") from error
    yield from _frames(film, name, None, 1)


def _films_of_json(lines: Iterator[str]) -> Iterator[Record | Rejected]:
    films = _Films()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            film = json.loads(line)
            name, category = film.get("id"), film.get("category")
        except (ValueError, AttributeError, RecursionError):
            yield Rejected(number, "no JSON object of a film")
            continue
        name = str(name) if isinstance(name, str | int) else f"line {number}"
        if films.again(name):
            yield Rejected(number, f"the film {name} stands elsewhere in the list")
            continue
        yield from _frames(film.get("vpdq"), name, None if category is None else str(category), number)


def _frames(film: Any, name: str, category: str | None, line: int) -> Iterator[Record | Rejected]:
    """The frames of one film in any of its JSON forms."""
    if isinstance(film, dict):
        told = [(key, one.get("hash"), one.get("quality"), one.get("timestamp")) if isinstance(one, dict) else one
                for key, one in film.items()]  # fmt: skip
    elif isinstance(film, list):
        told = [(at, *one.split(",")) if isinstance(one, str) else one for at, one in enumerate(film)]
    else:
        yield Rejected(line, f"the film {name} has no frames")
        return
    for one in told:
        try:
            frame, code, quality, seconds = map(str, one)
            number, worth, at = int(frame), int(quality), float(seconds)
            if len(code) != 64 or not 0 <= worth <= 100 or number < 0 or not (math.isfinite(at) and at >= 0):
                raise ValueError
            yield _record(name, category, code, worth, at, number)
        except (TypeError, ValueError, OverflowError):
            yield Rejected(line, f"a frame of {name} has no hash, quality and time")


def _record(film: str, category: str | None, code: str, quality: int, seconds: float, frame: int) -> Record:
    facts = {"frame": frame, "seconds": seconds}
    return Record(film, {"pdq": bytes.fromhex(code)}, category=category, facts=facts, quality=quality)
