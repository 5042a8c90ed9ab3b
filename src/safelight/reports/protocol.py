"""What a report reader is: it recognises a document and streams the reports in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, runtime_checkable

from safelight.reports.report import Report, ReportFile, Unreadable


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader is told about a document.

    `name` is the document's file name (never trusted), `fallback_id` the id of a report that states none: the
    bundle folder's name, else the file's stem. `columns` maps our fields to a hotline's columns (`--map`).
    """

    name: str
    fallback_id: str
    columns: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Annex:
    """Files of a report that a document of its own describes (CyberTipline's `fileDetails`)."""

    report_id: str | None
    files: tuple[ReportFile, ...]
    unknown: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Retraction:
    """Somebody takes a report back: the report stays, with this in its history.

    `sender` is who says so, as named: the company or hotline, else an address of the person.
    """

    report_id: str
    reason: str | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a document carries inside (an e-mail's): read on as a document or medium of the same bundle."""

    name: str
    data: bytes


Part = Report | Annex | Retraction | Attachment | Unreadable


class ReportReader(Protocol):
    """A report format. One file each in this folder, one line under `safelight.reports`.

    `cybertip.py` is an example of a structured one, `eml.py` of one that carries others.
    """

    name: str
    """As in `--format`: `cybertip`, `json`, `hotline`, `csv`, `pdf`, `eml`."""

    order: int
    """Readers are asked in this order; the most specific first."""

    def detects(self, head: bytes, name: str) -> bool:
        """Is this document one of ours? By its first bytes (64 KiB at most), by its name where they say nothing."""
        ...

    def read(self, source: BinaryIO, options: ReadOptions) -> Iterator[Part]:
        """Stream what is in the document, at constant memory. `source` can be sought.

        What cannot be read is yielded as `Unreadable`, and what comes after it is read on where that is possible.
        Raises nothing for what the document holds; OSError where the source itself fails.
        """
        ...


@runtime_checkable
class RootedReader(Protocol):
    """A reader of documents whose beginning tells beyond doubt that they are reports: what only such documents have."""

    def detects_root(self, head: bytes) -> bool:
        """Does a report begin here? Asked of files that nobody states, by fewer bytes than `detects`."""
        ...


@runtime_checkable
class MappedReader(Protocol):
    """A reader of lists whose columns a mapping file may name."""

    def detects_mapped(self, head: bytes, columns: Mapping[str, object]) -> bool:
        """Is this document a list with the columns of the mapping? As `detects`; UsageError for a bad mapping."""
        ...
