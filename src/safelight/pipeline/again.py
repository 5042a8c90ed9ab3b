"""Read the evidence once more at the end of a scan, and say whether it is as it was before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from safelight.errors import EvidenceError
from safelight.evidence.names import join_path
from safelight.evidence.source import FileSource
from safelight.model import Digests
from safelight.pipeline.entries import read_whole
from safelight.pipeline.medium import digest_medium
from safelight.pipeline.waiting import TimeOverError
from safelight.progress import Progress, Progressed
from safelight.store import exhibits, inventory
from safelight.store.database import Database
from safelight.store.exhibits import Record
from safelight.store.keys import Sealer


@dataclass(slots=True)
class Again:
    """What reading the evidence again gave: `files` of `of` were read, as far as the time went.

    A disk image or single file is read as a whole, and counts as one. `of` is None where the exhibit was not even read
    to its end.
    """

    of: int | None
    files: int = 0
    differences: list[str] = field(default_factory=list)
    """What is not as it was, in words."""

    @property
    def same(self) -> bool | None:
        """Is everything as it was? None where nothing differs in what was read, and that is not all."""
        return False if self.differences else True if self.files == self.of else None


Own = tuple[bytes, Digests]
"""The name of a folder's own file, and what it was."""


def own_files(database: Database, sealer: Sealer, exhibit_id: str) -> tuple[int, Iterator[Own]]:
    """How many own files of a folder were digested, and each of them: a page of the inventory in memory at a time."""
    with database.transaction() as connection:
        pages = [
            (page.id, [number for number in numbers if page.digests(number) is not None])
            for page, numbers in exhibits.own_files(connection, sealer, exhibit_id)
        ]

    def each() -> Iterator[Own]:
        for page_id, numbers in pages:
            with database.transaction() as connection:
                page = inventory.page(connection, sealer, page_id)
            for number in numbers:
                name, digests = page.name(number), page.digests(number)
                if name is not None and digests is not None:
                    yield name, digests

    return sum(len(numbers) for _, numbers in pages), each()


def of_folder(
    path: Path, files: Iterator[Own], found: Again, progress: Progress, until: float | None
) -> None:
    """Read a folder's own files again, one by one, until it is time (`monotonic`); `found` is told."""
    for name, before in files:
        if until is not None and monotonic() >= until:
            return
        progress(Progressed("reading again", found.files))
        shown = join_path((name,), ("file",))
        try:
            source = FileSource(path / os.fsdecode(name))
            try:
                _, digests, _ = read_whole(source, 0, until=until)
            finally:
                source.close()
        except TimeOverError:
            return
        except (EvidenceError, OSError) as error:
            found.differences.append(f"{shown} cannot be read again: {error}")
        else:
            if digests != before:
                found.differences.append(f"{shown} has another content than before")
        found.files += 1


def of_medium(path: Path, record: Record, found: Again, progress: Progress, until: float | None) -> None:
    """Digest a disk image or file again as a whole, if the time (`monotonic`) is enough for that."""
    try:
        digest, _, _ = digest_medium(path, progress, until=until)
    except TimeOverError:
        return
    found.files = 1
    if digest != record.sha256:
        found.differences.append(f"the digest of {path.name} was {record.sha256}, now {digest}")


def read_again(
    database: Database, sealer: Sealer, path: Path, record: Record, progress: Progress, until: float | None
) -> tuple[Again, Record]:
    """Compare an exhibit with what was read of it, and keep how far that went, from its beginning on."""
    count, files = own_files(database, sealer, record.id) if record.kind == "folder" else (1, iter(()))
    found = Again(count)
    record = noted(database, sealer, record, found, begun=True)
    if record.kind == "folder":
        of_folder(path, files, found, progress, until)
    else:
        of_medium(path, record, found, progress, until)
    return found, noted(database, sealer, record, found)


def noted(database: Database, sealer: Sealer, record: Record, found: Again, *, begun: bool = False) -> Record:
    """The record, stored with how far it was read again."""
    told = {"files": found.files, "of": found.of}
    same = None if begun else found.same
    record = exhibits.with_facts(record, verified_after=same, read_again=told)
    with database.transaction() as connection:
        exhibits.save(connection, sealer, record)
    return record
