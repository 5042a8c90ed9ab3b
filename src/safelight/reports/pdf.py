"""The PDF that police receive: its text comes out of a jailed worker, `pdf_sections.py` makes a report of it.

A PDF is a program for hostile bytes: it is parsed in a process that can open no file and no connection, with bounded
memory and time (`engine/`), and what comes back is plain text. Pictures of text are not read: such a report is a
finding, and a person has to read it.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, BinaryIO

from safelight.engine.beat import beat
from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, Engine, TaskLimits
from safelight.errors import SafelightError
from safelight.reports.pdf_rows import prepare, rows
from safelight.reports.pdf_sections import to_report
from safelight.reports.protocol import Part, ReadOptions
from safelight.reports.report import Unreadable

LARGEST = 128 << 20
"""Bytes of one document; a larger one is a finding."""
PAGES = 3_000
CHARACTERS = 1_500_000
"""Taken out of one document at most; what is cut is said."""
NO_TEXT = "no text in it: it must be read by a person"
_HEAD = 1024


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a document, page by page, one row of print a line; or why there is none."""

    pages: tuple[str, ...] = ()
    problem: str | None = None
    error: str | None = None


@dataclass(slots=True)
class Extract:
    """The task: text out of PDF documents. Picklable; results are plain data (`decode`)."""

    limits: TaskLimits = field(
        default_factory=lambda: TaskLimits(memory_bytes=2 << 30, seconds_per_item=90.0, jailed=True)
    )

    def prepare(self) -> None:
        """Load what is loaded late, before the jail closes."""
        prepare()

    def __call__(self, batch: Sequence[bytes]) -> list[Any]:
        """One plain dictionary per document."""
        found = []
        for data in batch:
            beat()
            found.append(self._one(data))
        return found

    def _one(self, data: bytes) -> dict[str, Any]:
        pages: list[str] = []
        left, problem = CHARACTERS, None
        try:
            for page in rows(data):
                pages.append(page[:left])
                left -= len(page)
                if left < 0 or len(pages) >= PAGES:
                    problem = f"only its first {len(pages):,} pages were read"
                    break
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  # why: the parser may raise anything on hostile bytes
            what = _WORDS.get(type(error).__name__) or f"it is damaged: {type(error).__name__}"
            if not pages:
                return {"error": what}
            problem = f"{what} (after page {len(pages):,})"
        return {"pages": pages, "problem": problem}

    def decode(self, raw: Any) -> Extracted:
        """Make a result of what the worker sent. Raises ValueError, TypeError or KeyError where it lies."""
        if "error" in raw:
            return Extracted(error=_text(raw["error"]))
        pages = raw["pages"]
        if not isinstance(pages, list) or len(pages) > PAGES:
            raise TypeError("pages expected")
        if any(not isinstance(page, str) for page in pages) or sum(map(len, pages)) > CHARACTERS:
            raise ValueError("more text than may come")
        problem = raw["problem"]
        return Extracted(tuple(pages), None if problem is None else _text(problem))


_WORDS = {
    "PDFPasswordIncorrect": "it is encrypted: a password is needed",
    "PDFEncryptionError": "it is encrypted in a way that cannot be opened",
    "PDFTextExtractionNotAllowed": "it is encrypted: a password is needed",
    "PDFSyntaxError": "it is damaged: it is no PDF that can be read",
    "PSEOF": "it is damaged: it ends before it is complete",
    "RecursionError": "it is damaged: its parts are nested too deeply",
}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value[:500]


@cache
def _pool() -> Engine:
    """One worker for all documents; it ends with this process."""
    engine = PoolEngine(1)
    atexit.register(engine.close)
    return engine


class PdfReader:
    """One report a document: NCMEC's sections, or another PDF, whose text is kept as it stands."""

    name = "pdf"
    order = 50

    def __init__(self, engine: Engine | None = None, limits: TaskLimits | None = None) -> None:
        """`engine` runs the extraction; a pool of one jailed worker where none is given."""
        self._engine = engine
        self._task = Extract() if limits is None else Extract(limits)

    def detects(self, head: bytes, name: str) -> bool:
        """By its signature, which may stand a little behind the beginning."""
        return b"%PDF-" in head[:_HEAD]

    def read(self, source: BinaryIO, options: ReadOptions) -> Iterator[Part]:
        """Yield the report, or why there is none."""
        data = source.read(LARGEST + 1)
        if len(data) > LARGEST:
            yield Unreadable("", f"the document is larger than {LARGEST >> 20} MiB")
            return
        extracted = self._extract(data)
        if extracted.error is not None:
            yield Unreadable("", extracted.error)
        elif not any(page.strip() for page in extracted.pages):
            yield Unreadable("", NO_TEXT)
        else:
            yield to_report(extracted.pages, options.fallback_id, extracted.problem)

    def _extract(self, data: bytes) -> Extracted:
        try:
            for outcome in (self._engine or _pool()).map(self._task, [[data]]):
                if isinstance(outcome, Done):
                    return outcome.results[0]
                return Extracted(error=f"its text cannot be taken out: the worker {outcome.reason}")
        except SafelightError as error:
            return Extracted(error=f"its text cannot be taken out: {error}")
        return Extracted(error="its text cannot be taken out")
