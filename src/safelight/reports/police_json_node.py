"""Values of the JSON that police receive: absent, null, wrapped, single for a list, keys in any case of letters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from safelight.reports.plain import line

_DEEPEST = 40


@dataclass(slots=True)
class Node:
    """An object whose keys are asked for in any case; what was never asked for is left over, and kept."""

    said: Mapping[str, Any]
    keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keys = {key.casefold().replace("_", ""): key for key in self.said}

    def take(self, *names: str) -> Any:
        """The value under the first of the names that has one; the key counts as read."""
        for name in names:
            key = self.keys.pop(name.casefold(), None)
            if key is not None and self.said[key] not in (None, "", [], {}):
                return self.said[key]
        return None

    def text(self, *names: str) -> str | None:
        """A short text; of an object the value in it."""
        return short(self.take(*names))

    def objects(self, *names: str) -> list[Node]:
        """A list of objects, in however many objects that hold nothing else (`reportedPeople.reportedPersons`)."""
        return [Node(one) for one in listed(self.take(*names)) if isinstance(one, Mapping)]

    def node(self, *names: str) -> Node:
        """An object, empty where there is none."""
        value = self.take(*names)
        if isinstance(value, list):
            value = next((one for one in value if isinstance(one, Mapping)), None)
        return Node(value if isinstance(value, Mapping) else {})

    def rest(self) -> Iterator[tuple[str, Any]]:
        """Keys that nobody asked for, with what they hold."""
        for key in self.keys.values():
            if self.said[key] not in (None, "", [], {}):
                yield key, self.said[key]


def short(value: Any) -> str | None:
    """One line of a value that should be short; of an object its `value`, `text` or `name`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return line(str(value))
    if isinstance(value, Mapping):
        inner = {key.casefold(): one for key, one in value.items()}
        for name in ("value", "text", "name", "number"):
            if name in inner:
                return short(inner[name])
    if isinstance(value, list) and value:
        return short(value[0])
    return None


def listed(value: Any, depth: int = 0) -> list[Any]:
    """A list from a list, a single value, or an object that only wraps one."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and depth < 4:
        lists = [one for one in value.values() if isinstance(one, list)]
        wrappers = [one for one in value.values() if isinstance(one, Mapping)]
        if len(lists) == 1 and not any(isinstance(one, str | int | float) for one in value.values()):
            return lists[0]
        if len(value) == 1 and wrappers:
            return listed(wrappers[0], depth + 1)
    return [value]


def texts_in(value: Any, depth: int = 0) -> Iterator[str]:
    """Every text in a value: of objects only what stands under a name for text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value[:1000]:
            yield from texts_in(one, depth + 1) if depth < _DEEPEST else ()
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        for one in value.values():
            yield from texts_in(one, depth + 1)


def values_in(value: Any) -> list[str]:
    """Short texts of a list, a single value or what wraps one."""
    found = [short(one) for one in listed(value)[:1000]]
    return [one for one in found if one]


def kept(value: Any) -> str:
    """A value as one text, for what is kept without a place: what has parts as JSON."""
    if not isinstance(value, Mapping | list):
        return short(value) or ""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, orjson.JSONEncodeError):  # lone surrogates, numbers beyond 64 bits
        return json.dumps(value)
