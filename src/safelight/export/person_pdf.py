"""The candidate sheet as PDF: tagged for screen readers (PDF/UA-1), every script shaped, fonts and pictures within.

Typst sets it (Apache-2.0, no other program, no network): what is stated goes in as data and is never read as markup.
Fonts are Noto's (OFL-1.1), from packages, so that a sheet looks the same on every machine.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from safelight.errors import SafelightError
from safelight.export.marking import MARK, SENTENCE
from safelight.export.person_phrases import minute, told
from safelight.export.person_portraits import HIGH, WIDE
from safelight.export.person_sheet import NEVER_MEASURED, Sheet
from safelight.export.protocol import ExportOptions, ExportReport, Findings, LogState
from safelight.model import Basis

if TYPE_CHECKING:
    import typst

_LONG_WORD = re.compile(r"(\S{32})(?=\w)")
_FONTS = ("manimgx_fonts", "manimgx_fonts_cjk")


class SheetPdf:
    """An exporter of one candidate's sheet."""

    name = "pdf"
    suffix = ".pdf"
    marked = True

    def __init__(self, sheet: Sheet) -> None:
        """`sheet` is what it says."""
        self._sheet = sheet

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Write it whole; a sign that no font has costs the conformance to PDF/UA-1, not the sheet."""
        import typst

        data = orjson.dumps(_data(self._sheet, findings)).decode()
        notes = []
        try:
            made = _set(data, findings.generated_at, ["ua-1"])
        except typst.TypstError as error:
            if "could not be displayed" not in str(error):
                raise
            made = _set(data, findings.generated_at, [])
            notes.append(
                f"The PDF lacks a sign, and is not PDF/UA-1: {told(error.message)}. Write it as .html too."
            )
        out.write(made)
        log = findings.audit_log
        if log.verified is False:
            notes.append(f"The sheet says that the audit log did not verify: {log.problem}")
        return ExportReport(1, tuple(notes), "candidate")


def _set(data: str, at: datetime, standards: list[typst.PDFStandard]) -> bytes:
    """The PDF of what `data` says."""
    import typst

    made = typst.compile(
        (files("safelight.export") / "templates" / "person" / "sheet.typ").read_bytes(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"sheet": data},
        pdf_standards=standards,
        timestamp=at.replace(microsecond=0),
    )
    if not isinstance(made, bytes):  # a list is what it gives for pictures of pages
        raise SafelightError("The sheet could not be set as PDF.", "Write it as .html.")
    return made


def _data(sheet: Sheet, findings: Findings) -> dict[str, Any]:
    """What the template shows; text alone, each value one line."""
    case, authority = findings.case, findings.case.authority
    rows = [
        ("Basis", "mutual legal assistance" if authority.basis is Basis.MLA else str(authority.basis)),
        ("Reference", told(authority.reference)),
        ("Issued by", told(authority.issued_by)),
        ("Valid", f"{authority.valid_from} to {authority.valid_until} (both days included, UTC)"),
        ("Allows", ", ".join(sorted(authority.allows))),
        ("Approved by", told(authority.approved_by or "nobody")),
        ("Ground for face search", str(authority.ground or "none")),
    ]
    if authority.offence:
        rows.append(("Offence", told(authority.offence)))
    return {
        **_breakable(asdict(sheet)),
        "case": told(case.name, 200),
        "case_id": case.id,
        "authority": rows,
        "mark": MARK if findings.evaluation else "",
        "mark_sentence": SENTENCE,
        "generated": minute(findings.generated_at),
        "by": told(findings.generated_by, 80),
        "software": findings.software["safelight"],
        "evaluated": evaluated(sheet, findings),
        "log": _log(findings.audit_log),
        "public_key": told(findings.audit_log.public_key),
        "frame": [WIDE, HIGH],
    }


def _breakable(value: Any) -> Any:
    """The same with places where a line may break in words that are longer than any line; drawings as they are."""
    if isinstance(value, str):
        return _LONG_WORD.sub("\\1\u200b", value)
    if isinstance(value, dict):
        return {key: one if key == "svg" else _breakable(one) for key, one in value.items()}
    return [_breakable(one) for one in value] if isinstance(value, list | tuple) else value


def evaluated(sheet: Sheet, findings: Findings) -> str:
    """Was the model behind a sheet evaluated on the agency's own data? A sentence."""
    if sheet.measured != NEVER_MEASURED:
        return sheet.measured
    used = [one for one in findings.models if one.version and one.version in sheet.model]
    if used and all(one.evaluated for one in used):
        return "It was evaluated on data of this agency."
    return sheet.measured


def _log(log: LogState) -> str:
    if log.verified:
        return f"It verified when this sheet was made: all {log.events:,} events agree with its signed checkpoints."
    if log.verified is False:
        return f"It did not verify when this sheet was made. {told(log.problem)}"
    return f"It was not verified as a whole ({log.events:,} events); its newest checkpoint agrees."


@cache
def _fonts() -> typst.Fonts:
    """The fonts of the packages, and no other: what a machine has installed changes nothing."""
    import typst

    folders = [str(Path(str(files(package)))) for package in _FONTS]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


__all__ = ["SheetPdf", "evaluated"]
