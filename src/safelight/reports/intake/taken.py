"""What an import did: counts, what could not be read, and which media may be opened once a bundle is complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from safelight.evidence.names import SEPARATOR
from safelight.reports.intake.documents import NOT_A_REPORT, Medium
from safelight.reports.intake.pieces import UNNAMED
from safelight.reports.report import ReportFile

NAMED = 100
"""Closed files that are named."""
_UNREADABLE = 1_000
"""Findings that are listed; all of them are counted."""


@dataclass(frozen=True, slots=True)
class StatedFile:
    """A file that a report states: which report, and whether a person at the provider viewed it."""

    report: str
    viewed: bool


@dataclass(slots=True)
class Taken:
    """What an import did: counts, and what could not be read (the first 1,000 of it)."""

    files: int = 0
    reports: int = 0
    new: int = 0
    again: int = 0
    updated: int = 0
    """Later versions of reports that were known; the earlier ones stay."""
    retracted: int = 0
    """Retractions by the sender of their report."""
    claimed: int = 0
    """Retractions that do not count, and are shown: by somebody else, or nobody can tell by whom."""
    unreadable: list[dict[str, str]] = field(default_factory=list)
    unreadable_count: int = 0
    every: bool = False
    """May files be opened that nobody has viewed?"""
    wanted: dict[str, str] = field(default_factory=dict)
    """Media that may be opened: by their path, the report that states them."""
    closed: int = 0
    """Media that stay closed: not viewed, named by no report, or of a name that several files have."""
    closed_files: list[tuple[str, str]] = field(default_factory=list)
    """What was not looked at, by its path, with the reason: the first `NAMED`."""
    media: list[Medium] = field(default_factory=list)
    """Media that were met in what is being read in one go."""
    _elsewhere: set[tuple[str, str]] = field(default_factory=set)
    """Names that a bundle's reports state and that also lie in another bundle within it."""
    _waiting: dict[str, list[Medium]] = field(default_factory=dict)
    """Other media of bundles that are not complete: by source on disk."""
    _stated: dict[str, dict[str, dict[str, StatedFile]]] = field(default_factory=dict)
    """Files that reports state: by source on disk, by bundle, and by their name in lower case."""

    def state(self, bundle: str, report: str, files: Sequence[ReportFile]) -> None:
        """Note the files of a report. A name that is stated as not viewed once stays closed."""
        stated = self._stated.setdefault(_outermost(bundle), {}).setdefault(bundle, {})
        for one in files:
            if UNNAMED in one.annotations:
                continue
            for name in {one.name, one.original_name, one.file_id} - {None}:
                known = stated.get(str(name).casefold())
                viewed = one.viewed is True and (known is None or known.viewed)
                stated[str(name).casefold()] = StatedFile(report, viewed)

    def enter(self, unit: str) -> None:
        """What was read before lies elsewhere, or around this: of what is complete it is settled what may be opened."""
        self._sort()
        self._settle(
            one
            for one in self._stated.keys() | self._waiting.keys()
            if unit != one and not unit.startswith(f"{one.rstrip('/')}/")
        )

    def settle(self) -> None:
        """Everything was read."""
        self._sort()
        self._settle(self._stated.keys() | self._waiting.keys())

    def _sort(self) -> None:
        for one in self.media:
            self._waiting.setdefault(_outermost(one.bundle), []).append(one)
            name = one.name.casefold()
            self._elsewhere |= {
                (around, name)
                for around in one.around
                if name in self._stated.get(_outermost(around), {}).get(around, {})
            }
        self.media.clear()

    def _settle(self, complete: Iterable[str]) -> None:
        """Decide on the media of these. Of two that have one name nobody can tell which of them was viewed."""
        for source in list(complete):
            stated, media = self._stated.pop(source, {}), self._waiting.pop(source, [])
            names = Counter((one.bundle, one.name.casefold()) for one in media)
            for one in media:
                file = stated.get(one.bundle, {}).get(one.name.casefold())
                key = (one.bundle, one.name.casefold())
                alike = names[key] > 1 or key in self._elsewhere
                if file is not None and (self.every or (file.viewed and not alike)):
                    self.wanted[one.path] = file.report
                    continue
                self.closed += one.why != NOT_A_REPORT
                if len(self.closed_files) < NAMED:
                    self.closed_files.append((one.path, one.why or _why(file, alike)))


def _why(file: StatedFile | None, alike: bool) -> str:
    """Why a medium stays closed."""
    if file is None:
        return "no report of its bundle names it"
    if file.viewed and alike:
        return "several files have this name, and nobody can tell which one was viewed"
    return "the provider has not viewed it, or does not say so"


def _outermost(bundle: str) -> str:
    """The folder or file on disk that a bundle is or lies in."""
    return bundle.partition(SEPARATOR)[0]
