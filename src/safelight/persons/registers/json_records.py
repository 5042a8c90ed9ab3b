"""The records of a JSON document one at a time, whatever its size: cut by its brackets, each parsed by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from safelight.persons.registers.mapping import looks_like_register

_WHOLE = 16 << 20
"""Characters up to which a document is parsed as a whole."""
_LARGEST = 4 << 20
"""Characters of one record."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]|"', re.DOTALL)
"""A string, a bracket, or the beginning of a string that goes on in the next piece."""
_KEY = re.compile(r'"([^"\\]{1,60})"\s{0,100}:')
_OF_ONE = frozenset(("entity_id", "person_id", "id", "photo", "photos"))
_DEEPEST = 1_000
_MOST_PROBLEMS = 100

Found = tuple[dict[str, Any] | None, str]
"""A record, or None and why; with a record, what was wrong with it."""


def records(pieces: Iterator[str]) -> Iterator[Found]:
    """Every object of the document's list: the outer one, or the first list of objects within an outer object.

    An outer object without such a list is the one record. A broken record costs itself alone.
    """
    head: list[str] = []
    size = 0
    for piece in pieces:
        head.append(piece)
        size += len(piece)
        if size > _WHOLE:
            break
    if size <= _WHOLE:
        text = "".join(head).lstrip("\ufeff")
        try:
            yield from _of_whole(orjson.loads(text))
            return
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            head = [text]  # lines, or broken, or too deep: record by record
    yield from _cut(_all(head, pieces))


def _all(head: list[str], pieces: Iterator[str]) -> Iterator[str]:
    yield from head
    head.clear()
    yield from pieces


def _of_whole(value: Any) -> Iterator[Found]:
    found = value
    if isinstance(value, dict):
        found = _list_in(value, 3)
        if found is None:
            found = [value]
    if not isinstance(found, list):
        yield None, "it holds no list of people"
        return
    for one in found:
        yield (one, "") if isinstance(one, dict) else (None, "it is no object")


def _list_in(value: dict[str, Any], levels: int) -> list[Any] | None:
    """The first list of objects that is the main thing in an object: its records, not the photographs of one person."""
    if _is_person(value):
        return None
    for one in value.values():
        if isinstance(one, list) and (not one or isinstance(one[0], dict)) and (one or len(value) == 1):
            return one
    if levels:
        for one in value.values():
            if isinstance(one, dict) and (inner := _list_in(one, levels - 1)) is not None:
                return inner
    return None


def _is_person(keys: Iterable[str]) -> bool:
    """Are these the names of what is said of one person? Then a list within is theirs."""
    keys = list(keys)
    return looks_like_register(keys) or not _OF_ONE.isdisjoint(keys)


def _cut(pieces: Iterator[str]) -> Iterator[Found]:
    """Objects at the level of the records: those of the first list of objects, or side by side."""
    cutter = _Cutter()
    problems = 0
    for piece in pieces:
        for found in cutter.feed(piece):
            problems += found[0] is None
            if problems > _MOST_PROBLEMS:
                yield None, f"more than {_MOST_PROBLEMS} records are broken: the rest is not read"
                return
            yield found
    if cutter.open:
        yield None, "it ends before it is complete"


class _Cutter:
    """A document while it is cut. An object within a list begins a record, unless one is open."""

    def __init__(self) -> None:
        self._stack: list[str] = []
        self._held = ""
        self._begin: int | None = None
        """Where in `held` the open record begins."""
        self._level = 0
        """Of the brackets around it."""
        self._place = 0
        self._deeper = 0
        self._is_too_deep = False

    @property
    def open(self) -> bool:
        """Does something lack its end?"""
        return bool(self._stack)

    def feed(self, piece: str) -> Iterator[Found]:
        """The records that end in this piece."""
        self._held += piece
        for match in _TOKEN.finditer(self._held, self._place):
            mark = match[0]
            if mark == '"':  # a string without an end, up to now
                self._place = match.start()
                break
            self._place = match.end()
            if mark in "[{":
                self._opens(mark, match.start())
            elif mark in "]}":
                yield from self._closes(match.end())
        else:
            self._place = len(self._held)
        yield from self._bounded()

    def _opens(self, mark: str, where: int) -> None:
        if len(self._stack) >= _DEEPEST:
            self._deeper += 1
            self._is_too_deep = True
            return
        self._stack.append(mark)
        inside_list = len(self._stack) > 1 and self._stack[-2] == "["
        if mark == "{" and self._begin is None and (inside_list or len(self._stack) == 1):
            self._begin, self._level = where, len(self._stack)
        elif mark == "{" and inside_list and self._level == 1 and self._is_outer(where):
            self._begin, self._level = (
                where,
                len(self._stack),
            )  # the object around is no record: it holds their list

    def _is_outer(self, where: int) -> bool:
        begin = self._begin or 0
        if self._stack.count("[") != 1 or where - begin > 100_000:
            return False
        return not _is_person(_KEY.findall(self._held, begin, where))

    def _closes(self, end: int) -> Iterator[Found]:
        if not self._stack:
            yield None, "a bracket closes what was never opened"
            return
        if self._deeper:
            self._deeper -= 1
            return
        self._stack.pop()
        if self._begin is None or len(self._stack) != self._level - 1:
            return
        text, self._begin = self._held[self._begin : end], None
        if self._is_too_deep:
            self._is_too_deep = False
            yield None, f"it is nested more than {_DEEPEST:,} deep"
            return
        try:
            value = orjson.loads(text)
        except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
            yield None, f"not JSON: {str(error).partition(':')[0]}"
            return
        yield (value, "") if isinstance(value, dict) else (None, "it is no object")

    def _bounded(self) -> Iterator[Found]:
        """Keep only what is needed: the open record, or the string that goes on."""
        keep = self._place if self._begin is None else self._begin
        if len(self._held) - keep > _LARGEST:
            yield None, f"a record is larger than {_LARGEST >> 20} million characters"
            keep, self._begin = self._place, None
            if len(self._held) - keep > _LARGEST:
                keep = len(self._held)  # a string that large: what follows its end is found again
        self._held = self._held[keep:]
        self._place = max(0, self._place - keep)
        if self._begin is not None:
            self._begin -= keep
