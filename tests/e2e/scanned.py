"""A scan by the installed command, and what `export files` lists of it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from safelight.evidence.names import raw
from tests.e2e.command import Command
from tests.e2e.sleuthkit import shown


class Row(NamedTuple):
    """One line of `export files`; `path` behind the exhibit's name, as sleuthkit would print it."""

    path: str
    kind: str
    state: str
    size: str
    inode: str
    sha256: str
    error: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan of several exhibits found, by the exhibit's file name."""

    exhibits: dict[str, dict[str, object]]
    rows: dict[str, list[Row]]
    unread: list[dict[str, str]]

    def unread_of(self, start: str) -> dict[str, str]:
        """Path → reason of the unread things whose path begins so."""
        return {one["path"]: one["reason"] for one in self.unread if one["path"].startswith(start)}

    def embedded(self, exhibit: str, within: str = "") -> dict[str, str]:
        """Path → SHA-256 of what lies in an archive of an exhibit."""
        rows = [row for row in self.rows[exhibit] if row.kind == "file" and row.state == "embedded"]
        return {row.path.removeprefix(within): row.sha256 for row in rows if row.path.startswith(within)}

    def allocated(self, exhibit: str) -> dict[str, str]:
        """Path → SHA-256 of an exhibit's own files."""
        rows = [row for row in self.rows[exhibit] if row.kind == "file" and row.state == "allocated"]
        return {row.path: row.sha256 for row in rows}


def scan(home: Path, *exhibits: Path) -> Scanned:
    """Scan exhibits of different names in a workspace of their own."""
    command = Command(home)
    command.open_case("hash-match,export")
    summary = command.run("scan", *exhibits, "--workers", "1", "--json", code=None).json
    names = {one["id"]: Path(one["path"]).name for one in summary["exhibits"]}
    rows: dict[str, list[Row]] = {name: [] for name in names.values()}
    command.run("export", "files", "-o", home / "files.csv")
    with (home / "files.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            exhibit = names[line["exhibit"]]
            path = shown(raw(line["path"].removeprefix(f"{exhibit}//")))
            rows[exhibit].append(Row(path, *(line[column] for column in Row._fields[1:])))
    return Scanned({Path(one["path"]).name: one for one in summary["exhibits"]}, rows, summary["unread"])
