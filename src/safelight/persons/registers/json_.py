"""Registers as JSON: a list of people, one a line, one object, or a list within an object, as INTERPOL's come."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from safelight.persons.person import Finding, Record
from safelight.persons.registers.json_records import records
from safelight.persons.registers.people import is_register, people
from safelight.persons.registers.row import Row
from safelight.persons.registers.text import FALLEN_BACK, LONGEST_VALUE, Characters, head_text

_DEEPEST = 12
"""Levels within one record; what lies deeper is kept as JSON."""
_KEY = re.compile(r'"([^"\\]{1,60})"\s{0,100}:')
_MOST_KEYS = 200
_MOST_VALUES = 5_000
"""Of one record."""


class JsonReader:
    """People as objects; columns are paths, such as `_links.thumbnail.href`."""

    name = "json"

    def detect(self, path: Path, head: bytes) -> bool:
        """Text that begins as JSON does, and whose first names are those of a register."""
        text = head_text(head)
        if not text.startswith(("{", "[")):
            return False
        return is_register(list(dict.fromkeys(_KEY.findall(text)))[:_MOST_KEYS], {})

    def read(self, path: Path, mapping: Mapping[str, Any]) -> Iterator[Record | Finding]:
        """Every person of the document, each once. Raises FormatError, and UsageError for the mapping."""
        return people(lambda: _rows(path), mapping)


def _rows(path: Path) -> Iterator[Row | Finding]:
    name = os.fsencode(path.name).decode("utf-8", "replace")
    with path.open("rb") as source:
        characters = Characters(source)
        for number, (record, problem) in enumerate(records(characters.pieces()), 1):
            where = f"{name}, record {number}"
            if record is None:
                yield Finding(where, problem)
                continue
            pairs = list(_flat(record))
            cut = f"only its first {_MOST_VALUES:,} values are read" if len(pairs) > _MOST_VALUES else problem
            joined: dict[str, str] = {}
            for key, value in pairs[:_MOST_VALUES]:
                there = joined.get(key)
                if there is None or len(there) < LONGEST_VALUE:
                    joined[key] = value if there is None else f"{there}\n{value}"
            yield Row(where, tuple(joined), tuple(joined.values()), cut)
        if characters.fallen_back:
            yield Finding(name, f"{FALLEN_BACK}: look whether its names are right, or save it as UTF-8")


def _flat(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Paths and values, in order; values of a list have its path, each once. Nothing recurses."""
    waiting: list[tuple[str, Any, int]] = [("", record, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        if value is None or value == "":
            continue
        if isinstance(value, (dict, list)) and depth >= _DEEPEST:
            yield path, orjson.dumps(value)[:1_000].decode("utf-8", "replace")
        elif isinstance(value, dict):
            inner = [(f"{path}.{key}" if path else key, one, depth + 1) for key, one in value.items()]
            waiting += reversed(inner)
        elif isinstance(value, list):
            waiting += [(path, one, depth + 1) for one in reversed(value)]
        elif isinstance(value, bool):
            yield path, "yes" if value else "no"
        else:
            yield path, value if isinstance(value, str) else repr(value)
