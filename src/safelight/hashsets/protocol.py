"""What a list reader is: it recognises a file of known media and streams its records in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of a list: its id there, its category there, and the digests it gives.

    `digests` maps `md5`, `sha1`, `sha256`, `pdq`, `photodna` to raw bytes. `photodna` is matched exactly
    as given and never computed. `facts` are the list's other statements worth keeping (series,
    victim_identified, distributed …), as plain JSON-able values.
    """

    entry: str | None
    digests: Mapping[str, bytes]
    category: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    quality: int | None = None
    """Quality of the PDQ hash, 0..100, where the list states it."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record (or a part of one) that cannot be used: where it stands and why.

    `line` is the line of a text list, the record number (from 1) of any other. `kept` says that only a
    part was refused and the record itself was kept by its other digests.
    """

    line: int
    reason: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class DigestBlock:
    """Many entries of one plain digest column at once, for lists that have nothing else.

    `packed` holds `count` digests of `algorithm` back to back; the entry id of each is its hex form.
    """

    algorithm: str
    packed: bytes
    count: int


Block = list[Record | Rejected] | DigestBlock


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the operator may say about a list.

    `columns` names the columns of a CSV: keys `digest`, `id`, `category`, `quality`; values are header
    names, or column numbers from 1. `progress` is told the bytes read so far.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[int], None] | None = None


class ListReader(Protocol):
    """A list format. One file each in this folder, one line under `safelight.hashsets`.

    `vics.py` is an example of a structured list, `hexlist.py` of a plain one.
    """

    name: str
    """As in `--format`: `vics`, `csv`, `nsrl`, `ncmec`, `icse`, `pdq` …"""

    order: int
    """Readers are asked in this order; the most specific first."""

    def detect(self, head: bytes, path: Path) -> bool:
        """Is it this format, by its first 64 KiB?"""
        ...

    def read(self, path: Path, options: ReadOptions) -> Iterator[Block]:
        """Stream the list at constant memory. Raises FormatError when the file as a whole is broken."""
        ...
