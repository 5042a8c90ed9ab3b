"""The main job on a benign exhibit: make it, open a case, import lists, scan, export, verify the log."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from safelight.demo.exhibit import DemoExhibit, build
from safelight.export.protocol import ExportOptions
from safelight.model import Authority, Basis, Capability, HashSetKind
from safelight.progress import Progress
from safelight.settings import Settings
from safelight.workspace import open_workspace

SHOWN = 25


@dataclass(frozen=True, slots=True)
class Tour:
    """What the tour made and found."""

    folder: Path
    report: Path
    exhibit: DemoExhibit
    scan: dict[str, Any]
    leads: list[dict[str, Any]]
    audit: dict[str, Any]

    def summary(self) -> dict[str, Any]:
        """What `demo --json` prints."""
        return {
            "folder": self.folder,
            "report": self.report,
            "scan": self.scan,
            "leads": self.leads,
            "audit": self.audit,
        }


def tour(folder: Path | None, progress: Progress, say: Callable[[str], None]) -> Tour:
    """Run the main job in `folder` (a new temporary one by default); `say` hears what is being done."""
    folder = (folder or Path(tempfile.mkdtemp(prefix="safelight-demo-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    say("Making a benign exhibit: drawn landscapes and patterns on an NTFS and an ext4 volume …")
    (folder / "exhibit").mkdir(exist_ok=True)
    exhibit = build(folder / "exhibit")
    config = Settings(workspace=folder / "workspace", key_folder=folder / "keys", user="examiner")
    report = folder / "report.html"
    with open_workspace(config=config, evaluation=True) as workspace:
        say("Opening a case on a sample warrant …")
        today = datetime.now(UTC).date()
        workspace.open_case(f"Demonstration {datetime.now(UTC):%Y-%m-%d %H:%M:%S}", _warrant(today))
        say("Importing the sample lists of known media …")
        for path, name, kind in (
            (exhibit.known_illegal, "sample stand-ins (VICS)", HashSetKind.KNOWN_ILLEGAL),
            (exhibit.pdq, "sample stand-ins (PDQ)", HashSetKind.KNOWN_ILLEGAL),
            (exhibit.known_good, "sample system files", HashSetKind.KNOWN_GOOD),
        ):
            workspace.import_hashset(path, name=name, kind=kind, progress=progress)
        say("Scanning …")
        scan = workspace.scan(exhibit.exhibits, progress=progress)
        leads = workspace.leads(top=SHOWN)
        workspace.export("html", report, options=ExportOptions(thumbnails=True))
        audit = workspace.audit_verify()
    return Tour(folder, report, exhibit, scan, leads, audit)


def _warrant(today: Any) -> Authority:
    return Authority(
        basis=Basis.WARRANT,
        reference="SAMPLE 12 Gs 345/26",
        issued_by="Sample Local Court",
        valid_from=today,
        valid_until=today + timedelta(days=30),
        allows=frozenset({Capability.HASH_MATCH, Capability.CLASSIFY, Capability.EXPORT}),
    )
