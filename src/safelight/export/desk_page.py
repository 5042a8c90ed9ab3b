"""Pages of the report desk: what they have in common, as an exporter that was given what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, BinaryIO, ClassVar

from jinja2 import Environment

from safelight.export import desk_phrases, desk_terms, page
from safelight.export.marking import MARK, SENTENCE
from safelight.export.protocol import ExportOptions, ExportReport, Findings


class DeskPage:
    """One page, made of a template and what it shows; the case, its authority and the log come from the findings.

    It needs no script and loads nothing; no file of a report is in it.
    """

    name = "html"
    suffix = ".html"
    marked = True
    folder = "desk"
    """Of its template, below `templates/`."""
    styles: ClassVar[tuple[str, ...]] = ("report.css", "desk.css")
    filters: ClassVar[Mapping[str, Any]] = desk_phrases.FILTERS

    def __init__(
        self,
        template: str,
        title: str,
        shown: Mapping[str, Any],
        records: int,
        unit: str,
        notes: tuple[str, ...] = (),
    ) -> None:
        """`template` lies in `folder`; `shown` are its variables; it counts `records`, each a `unit`."""
        self._template, self._title, self._shown = template, title, shown
        self._records, self._unit, self._notes = records, unit, notes

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Write the page piece by piece."""
        style = page.style(findings.evaluation, *self.styles)
        log = findings.audit_log
        context = {
            **self._shown,
            "title": self._title,
            "findings": findings,
            "case": findings.case,
            "authority": findings.case.authority,
            "log": log,
            "logged": "the log",
            "mark": MARK,
            "mark_sentence": SENTENCE,
            "style": style,
            "policy": page.policy(style),
        }
        for piece in self._environment().get_template(f"{self.folder}/{self._template}").generate(context):
            out.write(piece.encode("utf-8", "strict"))
        broken = (f"The page says that the audit log did not verify: {log.problem}",)
        notes = (*(broken if log.verified is False else ()), *self._notes)
        return ExportReport(self._records, notes, self._unit)

    @classmethod
    @cache
    def _environment(cls) -> Environment:
        made = page.environment().overlay()
        made.filters = {**made.filters, **cls.filters, "terms": desk_terms.used}
        return made
