"""CSV lists with a digest column: delimiter, quotes and header found by themselves, or named by the operator."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from safelight.errors import FormatError, UsageError
from safelight.hashsets.digests import (
    WIDTH,
    algorithm_named,
    algorithm_of_length,
    is_hex_digest,
    meaning_of_64_digits,
    parse_digest,
)
from safelight.hashsets.protocol import Block, DigestBlock, ReadOptions, Record, Rejected
from safelight.hashsets.rows import Row, Rows, sniff_delimiter
from safelight.hashsets.source import open_source, readable_head

_BATCH: Final = 5000
_LONGEST_FACT: Final = 4096
_MOST_COLUMNS: Final = 256

_ROLES: Final = {
    "id": ("id", "mediaid", "imageid", "entry", "entryid", "identifier"),
    "category": ("category", "cat", "class", "classification"),
    "quality": ("quality", "pdqquality"),
    "digest": ("digest", "hash", "hashvalue", "checksum", "fingerprint"),
}


@dataclass(slots=True)
class Columns:
    """Which column holds what, by index from 0. A digest column without a fixed kind goes by its length."""

    digests: dict[int, tuple[str, ...]] = field(default_factory=dict)
    id: int | None = None
    category: int | None = None
    quality: int | None = None
    facts: dict[int, str] = field(default_factory=dict)

    def only_digest(self) -> bool:
        """Is there nothing but one digest column of one kind?"""
        rest = (self.id, self.category, self.quality)
        kinds = list(self.digests.values())
        return len(kinds) == 1 == len(kinds[0]) and all(one is None for one in rest) and not self.facts

    def digests_in(self, cells: list[str]) -> list[str]:
        """The digests of a row, as they are written; what is none is left out."""
        found = []
        for index, algorithms in self.digests.items():
            text = cells[index].strip() if index < len(cells) else ""
            algorithm = algorithms[0] if algorithms else algorithm_of_length(len(text))
            if not text or not algorithm:
                continue
            try:
                parse_digest(algorithm, text)
            except ValueError:
                continue
            found.append(text)
        return found


class CsvList:
    """A table with a header that names its digests, or without one where a column is made of digests."""

    name = "csv"
    order = 90

    def detect(self, head: bytes, path: Path) -> bool:
        """Does the header name a digest, or the first row hold one?"""
        text = readable_head(head).decode("utf-8", "replace")
        line = next((one for one in text.splitlines() if one.strip() and not one.startswith("#")), "")
        try:
            cells = next(csv.reader([line], delimiter=sniff_delimiter(line)), [])
        except csv.Error:
            return False
        return any(algorithm_named(cell) or is_hex_digest(cell) or _role(cell) == "digest" for cell in cells)

    def read(self, path: Path, options: ReadOptions) -> Iterator[Block]:
        """Yield records with their ids, categories and the other columns as facts; lines are the file's."""
        with open_source(path, ReadOptions()) as stream:
            samples = [one[1] for one in islice(Rows(stream), 100) if not isinstance(one, Rejected)]
        if not samples:
            return
        columns, has_header = _columns(samples, options.columns)
        with open_source(path, options) as stream:  # anew: what a quote hides depends on the columns
            table = Rows(stream)
            table.digests, table.most = columns.digests_in, len(columns.digests)
            yield from records(islice(table, int(has_header), None), columns)


def records(rows: Iterator[Row | Rejected], columns: Columns) -> Iterator[Block]:
    """Turn rows, and what is wrong with lines, into blocks."""
    if columns.only_digest():
        yield from _plain(rows, columns)
        return
    block: list[Record | Rejected] = []
    for one in rows:
        if isinstance(one, Rejected):
            block.append(one)
        else:
            block.extend(_record(*one, columns))
        if len(block) >= _BATCH:
            yield block
            block = []
    if block:
        yield block


def _plain(rows: Iterator[Row | Rejected], columns: Columns) -> Iterator[Block]:
    """Rows of one digest column: packed blocks, and what was refused."""
    ((index, (algorithm,)),) = columns.digests.items()
    found, refused = bytearray(), list[Record | Rejected]()
    for one in rows:
        if isinstance(one, Rejected):
            refused.append(one)
            continue
        line, cells = one
        try:
            found += parse_digest(algorithm, cells[index] if index < len(cells) else "")
        except ValueError as error:
            refused.append(Rejected(line, str(error)))
        if len(found) >= 1 << 20 or len(refused) >= _BATCH:
            yield from _flushed(algorithm, found, refused)
            found, refused = bytearray(), []
    yield from _flushed(algorithm, found, refused)


def _flushed(algorithm: str, found: bytearray, refused: list[Record | Rejected]) -> Iterator[Block]:
    if found:
        yield DigestBlock(algorithm, bytes(found), len(found) // WIDTH[algorithm])
    if refused:
        yield refused


def _record(line: int, cells: list[str], columns: Columns) -> Iterator[Record | Rejected]:
    """One row as a record, and a `Rejected` for each cell that should be a digest and is none."""

    def cell(index: int | None) -> str:
        return cells[index].strip() if index is not None and index < len(cells) else ""

    found: dict[str, bytes] = {}
    faults = []
    for index, algorithms in columns.digests.items():
        if not (text := cell(index)):
            continue
        for algorithm in algorithms or (algorithm_of_length(len(text)) or "",):
            try:
                if not algorithm:
                    raise ValueError(f"{len(text)} characters are no digest")
                digest = parse_digest(algorithm, text)
                if found.setdefault(algorithm, digest) != digest:
                    raise ValueError(f"{algorithm} is given twice, and differs")
            except ValueError as error:
                faults.append(str(error))
    yield from (Rejected(line, fault, kept=bool(found)) for fault in faults)
    if not found:
        if not faults:
            yield Rejected(line, "no digest")
        return
    quality = cell(columns.quality)
    facts: Mapping[str, object] = {
        name: text[:_LONGEST_FACT] for index, name in columns.facts.items() if (text := cell(index))
    }
    yield Record(
        cell(columns.id) or None,
        found,
        cell(columns.category) or None,
        facts,
        int(quality) if quality.isascii() and quality.isdigit() and int(quality) <= 100 else None,
    )


def _columns(samples: list[list[str]], named: Mapping[str, str]) -> tuple[Columns, bool]:
    """What each column holds, and whether the first row is a header."""
    first = [cell.strip() for cell in samples[0]]
    if len(first) > _MOST_COLUMNS:
        raise FormatError(f"The table has {len(first)} columns.", "Is this a list of digests?")
    has_header = not any(is_hex_digest(cell) for cell in first)
    names = first if has_header else [f"column {number}" for number in range(1, len(first) + 1)]
    chosen = {role: _index(role, name, names) for role, name in named.items()}
    columns = Columns()
    for index, name in enumerate(names):
        cells = [row[index].strip() for row in samples[has_header:] if index < len(row)]
        role = _role_of(index, name if has_header else "", cells, chosen)
        algorithm = algorithm_named(name) if has_header else None
        if role == "digest":
            columns.digests[index] = (algorithm,) if algorithm else _by_content(cells)
        elif role is not None and getattr(columns, role) is None:
            setattr(columns, role, index)
        else:
            columns.facts[index] = name or f"column {index + 1}"
    if not columns.digests:
        raise FormatError(
            "No column holds digests.",
            f"Name one with --column digest=NAME; the columns are: {', '.join(names)[:500]}.",
        )
    if not has_header and columns.id is None and len(names) == 2 and len(columns.facts) == 1:
        ((columns.id, _),) = columns.facts.items()
        columns.facts.clear()
    return columns, has_header


def _role_of(index: int, header: str, cells: list[str], chosen: Mapping[str, int]) -> str | None:
    """What a column is for: what the operator says, else its header, else (for digests) what it holds."""
    for role, at in chosen.items():
        if at == index:
            return role
    named = _role(header)
    is_digest = algorithm_named(header) is not None or (
        any(map(is_hex_digest, cells))
        if named == "digest"
        else not header and bool(cells) and is_hex_digest(cells[0])
    )
    if (
        is_digest
    ):  # what its header calls MD5 or PDQ is read beside the named one: no digest is lost in silence
        return "digest" if "digest" not in chosen or algorithm_named(header) is not None else None
    return None if named == "digest" or named in chosen else named


def _index(role: str, name: str, names: list[str]) -> int:
    """The column an operator means: by its header, else by its number from 1."""
    if role not in _ROLES:
        raise UsageError(f"A list has no '{role}' column.", f"One of: {', '.join(_ROLES)}.")
    wanted = name.strip().casefold()
    for index, one in enumerate(names):
        if one.casefold() == wanted:
            return index
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise FormatError(f"There is no column '{name}'.", f"The columns are: {', '.join(names)[:500]}.")


def _role(name: str) -> str | None:
    """What a header says its column is, other than a named digest."""
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())
    return next((role for role, spelled in _ROLES.items() if plain in spelled), None)


def _by_content(cells: list[str]) -> tuple[str, ...]:
    """The kinds a column without a named digest holds; none where each cell goes by its own length."""
    digests = [cell for cell in cells if is_hex_digest(cell)]
    lengths = {len(cell) for cell in digests}
    if lengths == {64}:
        return meaning_of_64_digits([bytes.fromhex(cell) for cell in digests])
    return (str(algorithm_of_length(lengths.pop())),) if len(lengths) == 1 else ()
