"""`export csv --desk`: the queue of the report desk for a spreadsheet, one line for each of its lines, best first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from safelight.export.csv_ import write_lines
from safelight.export.protocol import ExportOptions, ExportReport, Findings

# fmt: off
COLUMNS = (
    "place", "id", "report_id", "band", "priority", "reasons", "counterfactual", "due", "due_why", "provider",
    "country", "language", "cluster", "same", "decided", "held",
)
# fmt: on


class DeskCsv:
    """The queue as it was when the export began. The format has no place for a mark: the file name carries it."""

    name = "csv"
    suffix = ".csv"
    marked = False

    def __init__(self, entries: Callable[[], Iterable[Mapping[str, Any]]]) -> None:
        """`entries` gives the lines of the queue in order, as `reports rank --json` prints them, with `country`."""
        self._entries = entries

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Write every line of the queue, decided or not."""
        return ExportReport(write_lines(out, COLUMNS, self._lines()), unit="line")

    def _lines(self) -> Iterator[Sequence[str]]:
        for one in self._entries():
            yield [_CELLS[name](one) if name in _CELLS else str(one[name] or "") for name in COLUMNS]


def _reasons(one: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{reason['code']} ({reason['weight']:+.2f}): {reason['text']}" for reason in one["reasons"]
    )


_CELLS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "priority": lambda one: f"{one['priority']:.4f}",
    "reasons": _reasons,
}
