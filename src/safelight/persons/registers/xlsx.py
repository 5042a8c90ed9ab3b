"""Registers as XLSX: every sheet that names people, a row at a time; formulas are text, links lead nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl import DEFUSEDXML

from safelight.errors import FormatError
from safelight.persons.person import Finding, Record, Status
from safelight.persons.registers import xlsx_guard
from safelight.persons.registers.people import is_register, people
from safelight.persons.registers.row import Row
from safelight.persons.registers.text import cleaned
from safelight.persons.registers.words import status_in

_MOST_ROWS = 1 << 20
"""The format's own limit. A file may claim more, and the library would count up to it."""
_MOST_COLUMNS = 16_384
_PREAMBLE = 10


class XlsxReader:
    """A workbook whose sheets have a header row."""

    name = "xlsx"

    def detect(self, path: Path, head: bytes) -> bool:
        """A ZIP archive that begins with the parts of a workbook, or is named one."""
        if not head.startswith(b"PK\x03\x04"):
            return False
        return b"xl/" in head or path.suffix.casefold() in (".xlsx", ".xlsm")

    def read(
        self, path: Path, mapping: Mapping[str, Any], status: Status | None = None
    ) -> Iterator[Record | Finding]:
        """Every person of the workbook, each once. Raises FormatError, and UsageError for the mapping.

        `status`: whom the workbook is read for. A sheet whose name says the other (missing, found) is a finding, and
        its people are left out: in the wrong register they would be compared with their own kind, and never found.
        """
        xlsx_guard.check(path)
        return people(lambda: _rows(path, mapping, status), mapping)


def _rows(path: Path, mapping: Mapping[str, Any], status: Status | None) -> Iterator[Row | Finding]:
    if not DEFUSEDXML:
        raise FormatError("workbooks are not read without defusedxml", "Install the package defusedxml.")
    name = os.fsencode(path.name).decode("utf-8", "replace")
    try:
        # data_only=False: a formula comes as its text, not as what some program once made of it
        book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
    except Exception as error:  # why: the library raises anything on hostile parts
        raise FormatError(
            f"{name} cannot be read as a workbook: {_said(error)}", "Save it again as XLSX, or as CSV."
        ) from error
    with closing(book):
        several = len(book.worksheets) > 1
        is_any = False
        for sheet in book.worksheets:
            where = f"{name}, sheet “{cleaned(sheet.title)[:60]}”" if several else name
            other = status_in(cleaned(sheet.title)[:60]) if status is not None else None
            is_first = True
            for one in _sheet(sheet, where, mapping, several):
                if not isinstance(one, Row):
                    yield one
                    continue
                is_any = True
                if other not in (None, status):
                    yield Finding(
                        where,
                        f"this sheet seems to hold {other} people: it is not enrolled as {status}; enrol the workbook "
                        f"again with --status {other}, or give the sheet another name",
                    )
                    break
                if several and is_first:
                    one = replace(one, problem=f"the sheet “{cleaned(sheet.title)[:60]}” is read")
                is_first = False
                yield one
        if several and not is_any:
            raise FormatError(
                "none of its sheets names a person's id or photograph",
                "Say which column is what in a mapping file (--map): person_id and photo at least.",
            )


def _sheet(
    sheet: Any, where: str, mapping: Mapping[str, Any], is_one_of_several: bool
) -> Iterator[Row | Finding]:
    sheet.reset_dimensions()  # what it claims its size to be: nothing depends on it
    columns: tuple[str, ...] = ()
    first: list[tuple[int, tuple[str, ...]]] = []
    rows = enumerate(sheet.iter_rows(values_only=True), 1)
    while True:
        try:
            number, cells = next(rows)
        except StopIteration:
            break
        except Exception as error:  # noqa: BLE001  # why: the library raises anything on hostile parts
            yield Finding(where, f"its rows cannot be read any further: {_said(error)}")
            break
        if number > _MOST_ROWS:
            yield Finding(
                where, f"it claims more than {_MOST_ROWS:,} rows: what lies behind them is not read"
            )
            break
        values = _texts(cells)
        if not any(values):
            continue
        if columns:
            yield Row(f"{where}, row {number}", columns, values)
        elif is_register([one for one in values if one], mapping):
            columns = _named(values)
        elif len(first) < _PREAMBLE:
            first.append((number, values))
        else:
            break
    if columns or not first:
        return
    if is_one_of_several:
        yield Finding(
            where, "none of its columns is known to be a person's id or photograph: the sheet is not read"
        )
        return
    named = _named(first[0][1])
    yield from (Row(f"{where}, row {number}", named, values) for number, values in first[1:] or first)


def _named(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(" ".join(cleaned(one).split()) or f"column {place}" for place, one in enumerate(values, 1))


def _texts(cells: Sequence[object]) -> tuple[str, ...]:
    values = [_text(one) for one in cells[:_MOST_COLUMNS]]
    while values and not values[-1]:
        values.pop()
    return tuple(values)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return str(getattr(value, "text", value))  # an array formula


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
