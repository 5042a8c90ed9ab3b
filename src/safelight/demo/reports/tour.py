"""The report desk on invented reports: made, written, taken in, ranked, and measured against the hidden truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safelight.demo.reports.folder import Written, write_folder
from safelight.demo.reports.generate import generate
from safelight.model import HashSetKind
from safelight.progress import Progress, silent
from safelight.workspace import Workspace

SHOWN = 10
LIST = "known media of the invented reports"


@dataclass(frozen=True, slots=True)
class DeskTour:
    """What the desk made of the invented reports."""

    written: Written
    taken: dict[str, Any]
    """As `reports import --json`."""
    ranked: dict[str, Any]
    """As `reports rank --json`: its `queue` holds the first ten with their reasons."""
    measured: dict[str, Any]
    """As `reports evaluate --json`."""

    def summary(self) -> dict[str, Any]:
        """What `demo --json` prints of it."""
        return {
            "folder": self.written.inbox,
            "labels": self.written.labels,
            "taken": self.taken,
            "queue": self.ranked["queue"],
            "reports": self.ranked["reports"],
            "lines": self.ranked["lines"],
            "in_danger": self.measured["in_danger"],
            "top": self.measured["top"],
        }


def run(
    workspace: Workspace,
    folder: Path,
    count: int = 2_000,
    *,
    seed: int = 1,
    case: str | None = None,
    progress: Progress = silent,
) -> DeskTour:
    """Make `count` reports in `folder` and run the desk on them.

    The case needs `report-triage`; with `text-analysis` words are read too. Raises what the verbs raise.
    """
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    written = write_folder(folder, generate(count, seed, until=now))
    workspace.import_hashset(written.known, name=LIST, kind=HashSetKind.KNOWN_ILLEGAL, progress=progress)
    taken = workspace.import_reports([written.inbox], case=case, progress=progress)
    ranked = workspace.rank_reports(top=SHOWN, case=case, progress=progress)
    measured = workspace.evaluate_reports(written.labels, case=case, progress=progress)
    return DeskTour(written, taken, ranked, measured)
