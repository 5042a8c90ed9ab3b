"""The workspace's hash sets: imported whole or not at all, listed, exported, removed."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import sqlalchemy as sa

from safelight.errors import FormatError, KeyMissingError, UsageError
from safelight.governance.gate import HOUSE_KEY, Permit
from safelight.hashsets.protocol import Block, ListReader, ReadOptions, Rejected
from safelight.hashsets.scheme import Category
from safelight.hashsets.scheme import scheme as load_scheme
from safelight.hashsets.store import HashList, build
from safelight.hashsets.writers import write_list
from safelight.model import HashSet, HashSetKind, Match
from safelight.plugins import load
from safelight.progress import Progress
from safelight.store.keys import KeyRing, Sealer
from safelight.store.tables import hash_set, match

_HEAD = 64 << 10
_FACTS = b"hashset facts"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `rejected` are the first of `rejected_count`."""

    format: str
    records: int
    added: int
    rejected: tuple[Rejected, ...]
    rejected_count: int
    seconds: float
    source_sha256: str
    cited_by: int = 0
    """Cases whose findings cite the set that it replaced: they keep them until they are scanned again."""
    unknown_categories: Mapping[str, int] = field(default_factory=dict)
    """Categories that the list's own scheme does not know, and how many entries have them; they are kept."""


def import_list(
    permit: Permit,
    folder: Path,
    file: Path,
    name: str,
    kind: HashSetKind,
    format: str,
    columns: dict[str, str],
    scheme: str | None,
    progress: Progress,
    index: Callable[[Path, Path | None], None],
) -> Imported:
    """Build the memory-mapped form of a list beside the old one, then put it in its place in one transaction.

    `index` makes the new folder's index; it is told the folder of the list that is replaced, if there is one.

    Raises FormatError or UsageError, and then the old set of that name is as it was.
    """
    started = monotonic()
    if not name.strip():
        raise UsageError("A hash set needs a name.", "Give --name.")
    reader = _reader(file, format)
    source_sha256 = _file_sha256(file)
    set_id = f"H-{secrets.token_hex(5)}"
    folder.mkdir(mode=0o700, exist_ok=True)
    _sweep(permit, folder)
    with permit.transaction() as connection:
        sealer = permit.sealer(connection)
    blocks: Iterator[Block] = reader.read(file, ReadOptions(columns))
    report = build(blocks, folder / set_id, progress=progress, seal=_sealing(sealer))
    with permit.transaction() as connection:
        before = connection.execute(_in_use().where(hash_set.c.name == name)).one_or_none()
    index(folder / set_id, folder / before.folder if before is not None else None)
    with permit.transaction() as connection:
        old = connection.execute(_in_use().where(hash_set.c.name == name)).one_or_none()
        cited_by = _retire(connection, old.id) if old is not None else 0
        connection.execute(
            hash_set.insert().values(
                id=set_id,
                name=name,
                kind=kind,
                format=reader.name,
                scheme=scheme,
                records=report.added,
                source_sha256=source_sha256,
                imported_at=datetime.now(UTC).isoformat(),
                folder=set_id,
            )
        )
    if old is not None:
        shutil.rmtree(folder / old.folder, ignore_errors=True)
    return Imported(
        reader.name,
        report.records,
        report.added,
        tuple(report.rejected),
        report.rejected_count,
        monotonic() - started,
        source_sha256,
        cited_by,
        _unknown(folder / set_id, scheme),
    )


def everything(connection: sa.Connection) -> list[HashSet]:
    """The hash sets in use, by name."""
    return [_hash_set(row) for row in connection.execute(_in_use().order_by(hash_set.c.name))]


def of_case(connection: sa.Connection, case_id: str) -> list[HashSet]:
    """The hash sets in use, and those replaced or removed since that findings of the case cite; by name and age."""
    cited = sa.select(match.c.hash_set_id).where(match.c.case_id == case_id)
    query = sa.select(hash_set).where(hash_set.c.retired_at.is_(None) | hash_set.c.id.in_(cited))
    rows = connection.execute(query.order_by(hash_set.c.name, hash_set.c.imported_at))
    return [_hash_set(row) for row in rows]


def open_lists(
    connection: sa.Connection, folder: Path, keys: KeyRing | None = None
) -> list[tuple[HashSet, HashList]]:
    """Every set in use with its memory-mapped list; with the keys of the workspace also what its facts say."""
    rows = connection.execute(_in_use().order_by(hash_set.c.name)).all()
    unseal: Callable[[bytes], bytes] | None = None
    if rows and keys is not None:
        with suppress(KeyMissingError):  # then lists are compared all the same
            unseal = _unsealing(keys.sealer(connection, HOUSE_KEY))
    return [(_hash_set(row), HashList.open(folder / row.folder, unseal)) for row in rows]


def export_list(
    permit: Permit, connection: sa.Connection, folder: Path, name: str, out: Path, format: str
) -> int:
    """Write a set as `csv` or `vics`; returns the number of records."""
    row = _row(connection, name)
    opened = HashList.open(folder / row.folder, unseal=_unsealing(permit.sealer(connection)))
    return write_list(opened, out, format)


def remove(connection: sa.Connection, folder: Path, name: str) -> int:
    """Take a set out of use; returns how many cases have findings that cite it, and keep them."""
    row = _row(connection, name)
    cited_by = _retire(connection, row.id)
    shutil.rmtree(folder / row.folder, ignore_errors=True)
    return cited_by


def forget_retired(connection: sa.Connection) -> None:
    """Delete retired sets that no finding cites any more."""
    cited = sa.select(match.c.hash_set_id)
    connection.execute(
        hash_set.delete().where(hash_set.c.retired_at.is_not(None), hash_set.c.id.not_in(cited))
    )


def categories(connection: sa.Connection, case_scheme: str) -> Callable[[Match], Category | None]:
    """What the category of a match means, by its set's own scheme, else the case's; None where it does not say."""
    rows = connection.execute(
        sa.select(hash_set).order_by(hash_set.c.retired_at.is_(None))
    )  # in use: the last
    schemes = {row.name: load_scheme(row.scheme or case_scheme) for row in rows}
    fallback = load_scheme(case_scheme)
    return lambda match: schemes.get(match.hashset, fallback).category(match.category)


def _unknown(folder: Path, name: str | None) -> dict[str, int]:
    """Categories of a list that its scheme does not know; nothing where it names none."""
    if name is None:
        return {}
    scheme = load_scheme(name)
    counts = HashList.open(folder).category_counts()
    return {one: count for one, count in counts.items() if scheme.category(one) is None}


def _reader(file: Path, format: str) -> ListReader:
    readers: dict[str, ListReader] = load("hashsets")
    if format != "auto":
        if format not in readers:
            raise UsageError(
                f"There is no list format '{format}'.", f"One of: auto, {', '.join(sorted(readers))}."
            )
        return readers[format]
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
    except OSError as error:
        raise FormatError(
            f"{file} cannot be read: {error.strerror}.", "Is it there, and may you read it?"
        ) from error
    for reader in sorted(readers.values(), key=lambda one: (one.order, one.name)):
        if reader.detect(head, file):
            return reader
    raise FormatError(f"{file} is no list that is known.", "Say what it is with --format.")


def _sweep(permit: Permit, folder: Path) -> None:
    """Delete what an import that was killed left behind: folders that no set names."""
    with permit.transaction() as connection:
        named = {row.folder for row in connection.execute(_in_use())}
    for left in folder.iterdir():
        if left.name not in named:
            shutil.rmtree(left, ignore_errors=True)


def _row(connection: sa.Connection, name: str) -> sa.Row[tuple[object, ...]]:
    row = connection.execute(_in_use().where(hash_set.c.name == name)).one_or_none()
    if row is None:
        raise UsageError(f"There is no hash set '{name}'.", "See `safelight hashset list`.")
    return row


def _in_use() -> sa.Select[tuple[Any, ...]]:
    return sa.select(hash_set).where(hash_set.c.retired_at.is_(None))


def _retire(connection: sa.Connection, set_id: str) -> int:
    """Take a set out of use: what a case found with it stays as it was until that case is scanned again."""
    now = datetime.now(UTC).isoformat()
    connection.execute(hash_set.update().where(hash_set.c.id == set_id).values(retired_at=now))
    citing = sa.select(sa.func.count(match.c.case_id.distinct())).where(match.c.hash_set_id == set_id)
    cited_by = connection.execute(citing).scalar_one()
    forget_retired(connection)
    return cited_by


def _hash_set(row: sa.Row[tuple[object, ...]]) -> HashSet:
    return HashSet(
        row.id,
        row.name,
        HashSetKind(row.kind),
        row.format,
        row.records,
        row.source_sha256,
        row.scheme,
        datetime.fromisoformat(row.imported_at),
        datetime.fromisoformat(row.retired_at) if row.retired_at else None,
    )


def _file_sha256(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise FormatError(
            f"{file} cannot be read: {error.strerror}.", "Is it there, and may you read it?"
        ) from error


def _sealing(sealer: Sealer) -> Callable[[bytes], bytes]:
    return lambda plain: sealer.seal(plain, _FACTS)


def _unsealing(sealer: Sealer) -> Callable[[bytes], bytes]:
    return lambda sealed: sealer.unseal(sealed, _FACTS)
