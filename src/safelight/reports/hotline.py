"""Reports of hotlines as JSON: a list of flat records, INHOPE-like, with columns by name or by a mapping file."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO

from safelight.reports import json_
from safelight.reports.characters import Characters
from safelight.reports.hotline_columns import Columns, Place, columns_of
from safelight.reports.hotline_fields import Orders, named_after, orders_in, to_report
from safelight.reports.protocol import Part, ReadOptions
from safelight.reports.report import Unreadable

_LISTS = frozenset({"reports", "data", "items", "value", "records", "results", "cases"})
_KEY = re.compile(r'("(?:[^"\\\n]|\\.){1,100}")\s{0,10}:')
_HEAD = 20_000
_DEEPEST = 6
_KINDS_OF_RECORDS = 256
"""Sets of keys whose places are remembered; records of one list mostly have the same."""


class HotlineReader:
    """Records whose keys are columns; nested objects count as `outer inner`."""

    name = "hotline"
    order = 30

    def detects(self, head: bytes, name: str) -> bool:
        """JSON in which at least two keys have names that hotlines use."""
        return Columns().recognise(_keys(head))

    def detects_mapped(self, head: bytes, columns: Mapping[str, object]) -> bool:
        """JSON in which keys, or their paths in the first record, are the columns of a mapping."""
        keys = _keys(head)
        if not keys:
            return False
        first = next((record for _, record, _ in json_.records(io.BytesIO(head), _LISTS) if record), {})
        return columns_of(columns).recognise(keys | {name for name, _ in _flat(first)})

    def read(self, source: BinaryIO, options: ReadOptions) -> Iterator[Part]:
        """Yield each record as a report. Raises UsageError for a mapping that cannot be used."""
        columns = columns_of(options.columns)
        places = _Places(columns)
        orders = _orders(source, places, columns)
        source.seek(0)
        records = json_.records(source, _LISTS)
        begin = list(islice(records, 2))
        is_list = len(begin) > 1  # one alone is named after its document
        for number, record, said in chain(begin, records):
            if record is None:
                yield Unreadable(f"record {number}", said)
                continue
            flat = list(_flat(record))
            mine = places.of(flat)
            if not mine:
                yield Unreadable(
                    f"record {number}", "none of its keys is one of a report; map them with --map"
                )
                continue
            fallback = partial(named_after, options.fallback_id, flat) if is_list else options.fallback_id
            yield to_report(flat, mine, self.name, fallback, said, values=columns.values, orders=orders)


class _Places:
    """Which key goes where, remembered for records with the same keys."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._known: dict[tuple[str, ...], Mapping[str, Place]] = {}

    def of(self, flat: list[tuple[str, str]]) -> Mapping[str, Place]:
        """For the keys of a record."""
        names = tuple([name for name, _ in flat])
        if (found := self._known.get(names)) is None:
            found = self._columns.places(names)
            if len(self._known) < _KINDS_OF_RECORDS:
                self._known[names] = found
        return found


def _orders(source: BinaryIO, places: _Places, columns: Columns) -> Orders:
    """The order of dates that may be two. The list is gone through for it where it has such dates."""
    read = (list(_flat(record)) for _, record, _ in json_.records(source, _LISTS) if record is not None)
    return orders_in(((flat, places.of(flat)) for flat in read), columns)


def _keys(head: bytes) -> set[str]:
    """The keys in the beginning of JSON; none where it is something else."""
    try:
        text = (Characters(io.BytesIO(head)).read() or "").lstrip("\ufeff \t\r\n")
    except UnicodeError:
        return set()
    return set(map(_unescaped, _KEY.findall(text[:_HEAD]))) if text[:1] in ("{", "[") else set()


def _unescaped(key: str) -> str:
    try:
        return str(json.loads(key)) if "\\" in key else key[1:-1]
    except ValueError:
        return key[1:-1]


def _flat(record: Mapping[str, Any], outer: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        name = f"{outer} {key}" if outer else key
        if isinstance(value, Mapping) and depth < _DEEPEST:
            yield from _flat(value, name, depth + 1)
        elif isinstance(value, list):
            yield from _of_list(value, name, depth)
        elif value is not None and value != "":
            yield name, _text(value)


def _of_list(values: list[Any], name: str, depth: int) -> Iterator[tuple[str, str]]:
    """Short values as one, objects one after the other, and what there is beyond that as text."""
    short, objects = [], 0
    for value in values:
        if isinstance(value, Mapping) and depth < _DEEPEST and objects < 100:
            objects += 1
            yield from _flat(value, name if objects == 1 else f"{name} {objects}", depth + 1)
        elif value is not None and value != "":
            short.append(_text(value))
    if short:
        yield name, "; ".join(short)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    try:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list | Mapping) else str(value)
    except RecursionError:
        return "(nested too deeply to be shown)"
