"""`export cybertip --report`: one report in the form in which providers send it, to hand on or to take in elsewhere."""

from __future__ import annotations

import zipfile
from typing import BinaryIO

from safelight.export.protocol import ExportOptions, ExportReport, Findings
from safelight.reports.cybertip_writer import documents
from safelight.reports.report import Report

_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP archive can state: the same report makes the same file."""


class CybertipZip:
    """An archive with `report.xml` and a `fileDetails-N.xml` for each file, all valid by NCMEC's schema.

    No file of the report is in it, only what is stated of them. The form has no place for a mark: the file name carries
    it.
    """

    name = "cybertip"
    suffix = ".zip"
    marked = False

    def __init__(self, report: Report) -> None:
        self._report = report

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Write the report and the details of its files."""
        made = documents(self._report)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, document in enumerate(made):
                name = f"fileDetails-{number}.xml" if number else "report.xml"
                entry = zipfile.ZipInfo(name, _NO_TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, document)
        return ExportReport(len(made), unit="document")
