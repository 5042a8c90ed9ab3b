"""NSRL reference data sets of known software: RDS v3 (SQLite) and the older `NSRLFile.txt`.

Of each file the strongest digest is kept: an item always has all three computed, so one is enough to
recognise it, and the set stays a third of the size.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import numpy as np

from safelight.errors import FormatError
from safelight.hashsets.digests import WIDTH
from safelight.hashsets.hexlist import decode_hex
from safelight.hashsets.protocol import Block, DigestBlock, ReadOptions, Record, Rejected
from safelight.hashsets.source import CHUNK, LONGEST_LINE, open_source, readable_head

_STRONGEST_FIRST: Final = ("sha256", "sha1", "md5")
_SQLITE: Final = b"SQLite format 3\0"
_ROWS: Final = 20_000
_SMALLEST_ROW: Final = 16
_STEPS: Final = 10_000_000
_QUOTE: Final = ord('"')


class Nsrl:
    """Known software; import it as `known-good`."""

    name = "nsrl"
    order = 20

    def detect(self, head: bytes, path: Path) -> bool:
        """An SQLite database with a file table, or the header of `NSRLFile.txt`."""
        if head.startswith(_SQLITE):
            try:
                with closing(_open(path)) as database:
                    return _table(database) is not None
            except (sqlite3.Error, FormatError):
                return False
        return readable_head(head).lstrip().startswith(b'"SHA-1","MD5"')

    def read(self, path: Path, options: ReadOptions) -> Iterator[Block]:
        """Yield a `DigestBlock` for each kind of digest in each batch of rows."""
        with path.open("rb") as opened:
            database = opened.read(len(_SQLITE)) == _SQLITE
        yield from _read_database(path) if database else _read_text(path, options)


def _open(path: Path) -> sqlite3.Connection:
    """Open read-only and immutable: no lock, no journal beside the file, no write-ahead log replayed."""
    database = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    return database


def _table(database: sqlite3.Connection) -> tuple[str, list[str]] | None:
    """The table (else the view) to read, and its digest columns, strongest first."""
    listed = database.execute(
        "SELECT lower(name), name, type FROM sqlite_master WHERE type IN ('table', 'view')"
    )
    kinds = {(low, kind): name for low, name, kind in listed}
    for wanted in (("file", "table"), ("metadata", "table"), ("file", "view"), ("distinct_hash", "view")):
        if wanted in kinds:
            name = kinds[wanted]
            present = {row[1].lower() for row in database.execute(f'PRAGMA table_info("{name}")')}
            columns = [one for one in _STRONGEST_FIRST if one in present]
            if columns:
                return name, columns
    return None


def _read_database(path: Path) -> Iterator[Block]:
    """Read the digest columns of the file table, whose rows repeat per package: repetitions go when sorted."""
    rows = 0
    most = path.stat().st_size // _SMALLEST_ROW  # a hostile view can go on for ever
    try:
        with closing(_open(path)) as database:
            found = _table(database)
            if found is None:
                raise FormatError("The database has no table FILE with digests.", "Is it an NSRL RDS v3?")
            table, columns = found
            steps = [0]

            def endless() -> bool:
                """Stop a view that computes far more than rows of this number can need."""
                steps[0] += 1
                return steps[0] > 50 + 200 * most // _STEPS

            database.set_progress_handler(endless, _STEPS)
            # The name comes from the database itself and is quoted; the columns are ours.
            cursor = database.execute(f'SELECT {", ".join(columns)} FROM "{table}"')  # nosec B608
            while batch := cursor.fetchmany(_ROWS):
                yield from _packed(batch, columns, rows)
                rows += len(batch)
                if rows > most:
                    raise FormatError(
                        "The database gives more rows than it can hold.", "It is not an NSRL set."
                    )
    except sqlite3.Error as error:
        raise FormatError(
            f"The database is broken after row {rows}: {error}.", "Get the file again."
        ) from error


def _packed(batch: list[tuple[object, ...]], columns: list[str], rows: int) -> Iterator[Block]:
    """Blocks of one batch; the quick way where the first column is whole, else row by row."""
    width = WIDTH[columns[0]]
    first = [row[0] for row in batch]
    try:
        packed = bytes.fromhex("".join(first))  # type: ignore[arg-type]
        if len(packed) == width * len(batch) and all(len(one) == 2 * width for one in first):  # type: ignore[arg-type]
            yield DigestBlock(columns[0], packed, len(batch))
            return
    except (TypeError, ValueError):
        pass  # some cell is null or no digest: find out which
    found: dict[str, bytearray] = {}
    refused: list[Record | Rejected] = []
    for number, row in enumerate(batch, rows + 1):
        for algorithm, text in zip(columns, row, strict=True):
            digest = _digest(text, WIDTH[algorithm])
            if digest is not None:
                found.setdefault(algorithm, bytearray()).extend(digest)
                break
        else:
            refused.append(Rejected(number, "no digest"))
    for algorithm, digests in found.items():
        yield DigestBlock(algorithm, bytes(digests), len(digests) // WIDTH[algorithm])
    if refused:
        yield refused


def _digest(text: object, width: int) -> bytes | None:
    if not isinstance(text, str) or len(text) != 2 * width:
        return None
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        return None
    return digest if len(digest) == width else None


def _read_text(path: Path, options: ReadOptions) -> Iterator[Block]:
    """Read `NSRLFile.txt`: the SHA-1 in quotes at the head of every line, whatever follows."""
    with open_source(path, options) as stream:
        header = stream.readline(LONGEST_LINE)
        if not header.lstrip().startswith(b'"SHA-1"'):
            raise FormatError(
                "The file does not begin with the header of NSRLFile.txt.", "Is it an NSRL set?"
            )
        line, carry = 2, b""
        while block := stream.read(CHUNK):
            block = carry + block
            cut = block.rfind(b"\n") + 1
            carry = block[cut:]
            if len(carry) > LONGEST_LINE:
                raise FormatError(f"A line after {line} is longer than 1 MiB.", "This is not an NSRL set.")
            if cut:
                yield from _text_block(block[:cut], line)
                line += block.count(b"\n", 0, cut)
        if carry.strip():
            yield from _text_block(carry + b"\n", line)


def _text_block(block: bytes, line: int) -> Iterator[Block]:
    width = WIDTH["sha1"]
    text = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(text == ord("\n"))
    starts = np.concatenate([[0], ends[:-1] + 1])
    quoted = np.flatnonzero(ends - starts >= 2 * width + 2)
    opens, closes = text[starts[quoted]], text[starts[quoted] + 2 * width + 1]
    quoted = quoted[(opens == _QUOTE) & (closes == _QUOTE)]
    done = np.zeros(len(ends), np.bool_)
    if quoted.size:
        digests, good = decode_hex(text, starts[quoted] + 1, width)
        done[quoted[good]] = True
        if good.any():
            yield DigestBlock("sha1", digests[good].tobytes(), int(good.sum()))
    left = [int(row) for row in np.flatnonzero(~done) if block[starts[row] : ends[row]].strip()]
    if left:
        yield [Rejected(line + row, "no SHA-1 in quotes at its head") for row in left]
