"""Invented reports as a folder, mixed as they arrive, with the hidden truth beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from safelight.demo.reports import as_cybertip, as_others
from safelight.demo.reports.made import Made
from safelight.demo.reports.world import KNOWN, digests, known_file
from safelight.reports.report import Report

_TOGETHER = 250
"""Reports in one document."""
_BUNDLES = 60
"""So many reports with files come as a folder of their own."""
COLUMNS = ("report_id", "label", "language", "provider", "country", "situation", "why")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and where."""

    inbox: Path
    """The folder to import."""
    labels: Path
    """The truth, as `reports evaluate` takes it: one line a report, of its newest version."""
    known: Path
    """Digests of the known media among the files: a list to import first."""
    reports: int


def write_folder(path: Path, made: Iterable[Made]) -> Written:
    """Write reports in the order given. Later versions and retractions lie where they are read after the first ones.

    Raises OSError where the folder cannot be written.
    """
    inbox = path / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    writer = _Writer(inbox)
    truth: dict[str, tuple[object, ...]] = {}
    for one in made:
        writer.add(one)
        report = one.report
        label = int(one.in_danger and not one.retraction)
        truth[report.report_id] = (label, one.language, report.provider, one.country, one.situation, one.why)
    writer.finish()
    labels = path / "labels.csv"
    with labels.open("w", encoding="utf-8", newline="") as opened:
        lines = csv.writer(opened)
        lines.writerow(COLUMNS)
        lines.writerows((number, *said) for number, said in truth.items())
    known = path / "known-media.txt"
    known.write_text(
        "".join(f"{digests(known_file(number))['md5']}\n" for number in range(KNOWN)), encoding="ascii"
    )
    return Written(inbox, labels, known, len(truth))


@dataclass(slots=True)
class _Writer:
    """Gathers reports by form and writes a document when there are enough. Folders are read in order of their names."""

    inbox: Path
    _waiting: dict[str, list[Report]] = field(default_factory=dict)
    _documents: int = 0
    _bundles: int = 0

    def add(self, one: Made) -> None:
        """Put a report where reports of its form go."""
        report, form = one.report, one.report.format
        if form == "eml":
            self._put(f"2-mail/{report.report_id.partition('@')[0]}.eml", as_others.mail(report))
        elif one.retraction and form == "cybertip":
            self._put(f"4-retractions/{report.report_id}.xml", as_cybertip.retraction(report))
        elif form == "cybertip" and one.version == 1 and report.files and self._bundles < _BUNDLES:
            self._bundles += 1
            for name, data in as_cybertip.bundle(report).items():
                self._put(f"1-bundles/{report.report_id}/{name}", data)
        else:
            waiting = self._waiting.setdefault(form, [])
            waiting.append(report)
            if len(waiting) >= _TOGETHER:
                self._write(form)

    def finish(self) -> None:
        """Write what is left."""
        for form in sorted(self._waiting):
            if self._waiting[form]:
                self._write(form)

    def _write(self, form: str) -> None:
        reports, self._waiting[form] = self._waiting[form], []
        self._documents += 1
        name, data = _document(form, reports)
        self._put(f"3-lists/{self._documents:04d}-{name}", data)

    def _put(self, name: str, data: bytes) -> None:
        target = self.inbox / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _document(form: str, reports: Sequence[Report]) -> tuple[str, bytes]:
    if form == "json":
        return "police.json", as_others.police_document(reports)
    if form == "hotline":
        return "hotline.json", as_others.hotline_json(reports)
    if form == "csv":
        return "hotline.csv", as_others.hotline_csv(reports)
    return "cybertip.xml", as_cybertip.document(reports)
