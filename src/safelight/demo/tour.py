"""The main jobs on benign data: scan an exhibit, order invented reports, look for missing people; and export."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from safelight.demo.exhibit import DemoExhibit, build
from safelight.demo.persons import tour as persons
from safelight.demo.persons.tour import PersonTour
from safelight.demo.reports import tour as reports
from safelight.demo.reports.tour import DeskTour
from safelight.export.protocol import ExportOptions
from safelight.model import Authority, Basis, Capability, HashSetKind
from safelight.progress import Progress
from safelight.settings import Settings
from safelight.workspace import open_workspace

SHOWN = 25
REPORTS = 2_000


@dataclass(frozen=True, slots=True)
class Tour:
    """What the tour made and found."""

    folder: Path
    report: Path
    exhibit: DemoExhibit
    scan: dict[str, Any]
    leads: list[dict[str, Any]]
    audit: dict[str, Any]
    desk: DeskTour
    desk_page: Path
    persons: PersonTour

    def summary(self) -> dict[str, Any]:
        """What `demo --json` prints."""
        return {
            "folder": self.folder,
            "report": self.report,
            "scan": self.scan,
            "leads": self.leads,
            "audit": self.audit,
            "desk": {**self.desk.summary(), "page": self.desk_page},
            "persons": self.persons.summary(),
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
        seized = workspace.open_case(f"Demonstration {datetime.now(UTC):%Y-%m-%d %H:%M:%S}", _warrant(today))
        say("Importing the sample lists of known media …")
        for path, name, kind in (
            (exhibit.known_illegal, "sample stand-ins (VICS)", HashSetKind.KNOWN_ILLEGAL),
            (exhibit.pdq, "sample stand-ins (PDQ)", HashSetKind.KNOWN_ILLEGAL),
            (exhibit.known_good, "sample system files", HashSetKind.KNOWN_GOOD),
        ):
            workspace.import_hashset(path, name=name, kind=kind, progress=progress)
        say("Scanning …")
        scan = workspace.scan(exhibit.exhibits, case=seized.id, progress=progress)
        leads = workspace.leads(top=SHOWN, case=seized.id)
        workspace.export("html", report, options=ExportOptions(thumbnails=True), case=seized.id)
        audit = workspace.audit_verify()
    say(f"Running the report desk on {REPORTS:,} invented reports …")
    desk_page = folder / "desk.html"
    config = config.model_copy(update={"workspace": folder / "desk"})
    with open_workspace(config=config, evaluation=True) as workspace:
        case = workspace.open_case(f"Desk {datetime.now(UTC):%Y-%m-%d %H:%M:%S}", _statute(today))
        desk = reports.run(workspace, folder / "reports", REPORTS, case=case.id, progress=progress)
        workspace.export("html", desk_page, desk=True, case=case.id)
    config = config.model_copy(update={"workspace": folder / "persons"})
    looked_for = persons.run(config, folder / "register", progress=progress, say=say)
    return Tour(folder, report, exhibit, scan, leads, audit, desk, desk_page, looked_for)


def _statute(today: Any) -> Authority:
    return Authority(
        basis=Basis.STATUTE,
        reference="SAMPLE Police Act s. 12",
        issued_by="Sample Ministry",
        valid_from=today,
        valid_until=today + timedelta(days=365),
        allows=frozenset({Capability.REPORT_TRIAGE, Capability.TEXT_ANALYSIS, Capability.EXPORT}),
    )


def _warrant(today: Any) -> Authority:
    return Authority(
        basis=Basis.WARRANT,
        reference="SAMPLE 12 Gs 345/26",
        issued_by="Sample Local Court",
        valid_from=today,
        valid_until=today + timedelta(days=30),
        allows=frozenset({Capability.HASH_MATCH, Capability.CLASSIFY, Capability.EXPORT}),
    )
