"""The free text of a report: which of its words may tell of a situation."""

from __future__ import annotations

from safelight.reports.report import Report

_BOILERPLATE = ("reporter/companyTemplate", "reporter/termsOfService")
"""What a company says in every report: it tells of no situation, and would pass for harmless words."""
_NAMES_ONLY = (
    "/program",
    "/console",
    "/files",
    "/place",
    "/chatClient",
    "/gameName",
    "/client",
    "/fileNames",
)


def free_texts(report: Report) -> list[str]:
    """Texts that may tell of a situation: of the incident, the people, the files, and why it is escalated."""
    found = [
        one.text
        for one in report.texts
        if one.where not in _BOILERPLATE and not one.where.endswith(_NAMES_ONLY)
    ]
    if report.escalation:
        found.append(report.escalation)
    for file in report.files:
        found += file.texts
    return found
