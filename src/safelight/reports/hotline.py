"""Reports of hotlines as JSON: a list of flat records, INHOPE-like, with columns by name or by a mapping file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from safelight.reports import json_
from safelight.reports.hotline_fields import NAMES, column_of, to_report
from safelight.reports.protocol import Part, ReadOptions
from safelight.reports.report import Unreadable

_LISTS = frozenset({"reports", "data", "items", "value", "records", "results", "cases"})
_KEY = re.compile(rb'"([A-Za-z][A-Za-z0-9 _-]{0,40})"\s{0,10}:')
_DEEPEST = 6


class HotlineReader:
    """Records whose keys are columns; nested objects count as `outer inner`."""

    name = "hotline"
    order = 30

    def detects(self, head: bytes, name: str) -> bool:
        """JSON in which at least two keys have names that hotlines use."""
        slim = head.replace(b"\0", b"") if b"\0" in head[:64] else head
        if slim.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] not in (b"{", b"["):
            return False
        keys = {one.decode() for one in _KEY.findall(slim[:20_000])}
        return len(set(column_of(keys, {}).values())) >= 2

    def read(self, source: BinaryIO, options: ReadOptions) -> Iterator[Part]:
        """Yield each record as a report. Raises UsageError for a mapping that names no field of ours."""
        for number, record, said in json_.records(source, _LISTS):
            if record is None:
                yield Unreadable(f"record {number}", said)
                continue
            flat = list(_flat(record))
            fields = column_of((name for name, _ in flat), options.columns)
            if not fields:
                yield Unreadable(
                    f"record {number}", "none of its keys is one of a report; map them with --map"
                )
                continue
            fallback = options.fallback_id + (f"#{number}" if number > 1 else "")
            yield to_report(flat, fields, self.name, fallback, said)


def _flat(record: Mapping[str, Any], outer: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        name = f"{outer} {key}".strip()
        if isinstance(value, Mapping) and depth < _DEEPEST:
            inner = name if outer or _known(key) else key
            yield from _flat(value, inner, depth + 1)
        elif isinstance(value, list):
            joined = [str(one) for one in value[:1000] if isinstance(one, str | int | float)]
            if joined:
                yield name, "; ".join(joined)
            for number, one in enumerate(value[:100]):
                if isinstance(one, Mapping) and depth < _DEEPEST:
                    yield from _flat(one, f"{name} {number + 1}" if number else name, depth + 1)
        elif value is not None and value != "":
            yield name, "yes" if value is True else "no" if value is False else str(value)


def _known(key: str) -> bool:
    return bool(column_of([key], {})) or key.casefold() in NAMES
