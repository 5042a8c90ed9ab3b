"""Invented reports for tests: sober, short, with whatever a test wants different."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safelight.reports.report import FreeText, Kind, Party, Report, ReportFile, Role, Stated
from safelight.workspace import Workspace


def report(number: int = 1, **changes: Any) -> Report:
    """A report of one reported account; `changes` replace fields."""
    said: dict[str, Any] = {
        "report_id": str(number),
        "format": "cybertip",
        "provider": "Chatter One",
        "received": "2026-03-01T10:00:00Z",
        "incident": "Child Pornography (possession, manufacture, and distribution)",
        "parties": (reported(account=f"user-{number}"),),
        **changes,
    }
    return Report(**said)


def reported(
    *, account: str | None = None, email: str | None = None, role: Role = Role.REPORTED, **changes: Any
) -> Party:
    """A party with an account at the invented provider, an e-mail address, or both."""
    found = []
    if account:
        found.append(Stated(Kind.ACCOUNT, account, "Chatter One"))
    if email:
        found.append(Stated(Kind.EMAIL, email))
    return Party(role, tuple(found), **changes)


def xml(number: int | None = 1, *, inside: str = "", account: str = "", text: str = "") -> str:
    """A small CyberTipline document."""
    stated = f"<reportId>{number}</reportId>" if number is not None else ""
    words = f"<additionalInfo>{text}</additionalInfo>" if text else ""
    return (
        f"<report>{stated}<incidentSummary><incidentType>Online Enticement of Children for Sexual Acts</incidentType>"
        "<incidentDateTime>2026-03-01T09:00:00Z</incidentDateTime></incidentSummary>"
        "<reporter><reportingPerson><firstName>Chatter</firstName><lastName>One</lastName></reportingPerson></reporter>"
        f"<personOrUserReported><espIdentifier>{account or f'user-{number}'}</espIdentifier>"
        f"<espService>Chatter One</espService></personOrUserReported>{inside}{words}</report>"
    )


def bring(opened: Workspace, folder: Path, **documents: str) -> None:
    """Take documents in from a folder of their own."""
    folder.mkdir()
    for name, document in documents.items():
        (folder / f"{name}.xml").write_text(document)
    opened.import_reports([folder])


__all__ = ["FreeText", "ReportFile", "bring", "report", "reported", "xml"]
