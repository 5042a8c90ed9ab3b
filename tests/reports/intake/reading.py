"""Import a path with the real readers, and see what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from safelight.engine.inprocess import InProcessEngine
from safelight.reports.cybertip import CybertipReader
from safelight.reports.eml import EmlReader
from safelight.reports.hotline import HotlineReader
from safelight.reports.hotline_csv import HotlineCsvReader
from safelight.reports.intake.assemble import Piece
from safelight.reports.intake.documents import Medium
from safelight.reports.intake.pieces import pieces
from safelight.reports.pdf import PdfReader
from safelight.reports.police_json import PoliceJsonReader
from safelight.reports.report import Report, Unreadable

READERS = (
    CybertipReader(),
    PoliceJsonReader(),
    HotlineReader(),
    PdfReader(InProcessEngine()),
    EmlReader(),
    HotlineCsvReader(),
)


@dataclass
class Came:
    """What came of a path."""

    pieces: list[Piece] = field(default_factory=list)
    files: int = 0
    media: list[Medium] = field(default_factory=list)

    def enter(self, unit: str) -> None:
        """Everything is kept."""

    @property
    def ids(self) -> list[str]:
        """Ids of the reports, in order."""
        return [one.report_id for one in self.reports]

    @property
    def reports(self) -> list[Report]:
        """The reports, in order."""
        return [piece.part for piece in self.pieces if isinstance(piece.part, Report)]

    @property
    def unreadable(self) -> dict[str, str]:
        """Findings: the end of the path, and the reason."""
        return {Path(p.path).name: p.part.reason for p in self.pieces if isinstance(p.part, Unreadable)}

    @property
    def closed(self) -> list[str]:
        """Names of what nobody opened."""
        return sorted(one.name for one in self.media)


def came_of(path: Path) -> Came:
    """Read the path."""
    came = Came()
    came.pieces = list(pieces(path, READERS, {}, came))
    return came
