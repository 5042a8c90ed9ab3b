"""Pages of the missing-children desk: what they have in common, as an exporter that was given what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, BinaryIO

from jinja2 import Environment

from safelight.export import desk_phrases, desk_terms, page, person_phrases
from safelight.export.marking import MARK, SENTENCE
from safelight.export.protocol import ExportOptions, ExportReport, Findings


class PersonPage:
    """One page, made of a template in `templates/person/` and what it shows. No script; nothing lies elsewhere."""

    name = "html"
    suffix = ".html"
    marked = True

    def __init__(
        self, template: str, title: str, shown: Mapping[str, Any], unit: str, records: int = 1
    ) -> None:
        """`shown` are the template's variables; it counts `records`, each a `unit`."""
        self._template, self._title, self._shown = template, title, shown
        self._unit, self._records = unit, records

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Write the page piece by piece."""
        style = page.style(findings.evaluation, "report.css", "desk.css", "person.css")
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
        for piece in _environment().get_template(f"person/{self._template}").generate(context):
            out.write(piece.encode("utf-8", "strict"))
        broken = (f"The page says that the audit log did not verify: {log.problem}",)
        return ExportReport(self._records, broken if log.verified is False else (), self._unit)


@cache
def _environment() -> Environment:
    made = page.environment().overlay()
    made.filters = {
        **made.filters,
        **desk_phrases.FILTERS,
        **person_phrases.FILTERS,
        "terms": desk_terms.used,
    }
    return made
