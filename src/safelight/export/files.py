"""`export files`: every path of every exhibit, read or not, so that a second tool can check the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from safelight.export.csv_ import write_lines
from safelight.export.protocol import ExportOptions, ExportReport, FileView, Findings
from safelight.export.text import TRAIL
from safelight.model import Timestamp

_TIMES = ("created", "modified", "accessed", "changed")
# fmt: off
COLUMNS = (
    "exhibit", "path", "trail", "kind", "state", "size", "examined", "inode", "offset", "address",
    *(f"{time}{part}" for time in _TIMES for part in ("", "_source", "_zone")),
    "md5", "sha1", "sha256", "format", "target", "error", "note",
)
# fmt: on


class FilesExporter:
    """One line a path. Each time stands as the evidence states it, beside its source and zone.

    `inode` is the file system's number, `offset` counts bytes from the start of the decoded medium, other
    parts of the address stand as `name=number`. `examined` is `no` for what the order's scope left out.
    """

    name = "files"
    suffix = ".csv"
    marked = False

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Write every path in the order of the scan. `records` counts the paths."""
        return ExportReport(write_lines(out, COLUMNS, _lines(findings)), unit="path")


def _lines(findings: Findings) -> Iterator[Sequence[str]]:
    for view in findings.files():
        yield _line(view)


def _line(view: FileView) -> Sequence[str]:
    place, digests = view.place, view.digests
    address = dict(place.address)
    inode, offset = address.pop("inode", ""), address.pop("offset", "")
    rest = " ".join(f"{name}={number}" for name, number in sorted(address.items()))
    return [
        place.exhibit,
        place.path,
        TRAIL.join(place.trail),
        view.kind,
        place.state.value,
        "" if place.size is None else str(place.size),
        "yes" if view.examined else "no",
        str(inode),
        str(offset),
        rest,
        *(part for name in _TIMES for part in _time(getattr(place.times, name))),
        *((digests.md5.hex(), digests.sha1.hex(), digests.sha256.hex()) if digests else ("", "", "")),
        view.format or "",
        view.target or "",
        view.error or "",
        view.note or "",
    ]


def _time(time: Timestamp | None) -> tuple[str, str, str]:
    return (time.value, time.source, time.zone) if time else ("", "", "")
