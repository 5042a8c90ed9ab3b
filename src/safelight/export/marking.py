"""The EVALUATION mark: nothing made in an evaluation workspace may be taken for a finding of a real case."""

from __future__ import annotations

from pathlib import Path

from safelight.export.protocol import Exporter

MARK = "EVALUATION"
SENTENCE = (
    "EVALUATION: made in a workspace for trying the software out. Names were taken on trust and the "
    "authority is a sample. Not evidence."
)


def marked_path(path: Path, exporter: Exporter, evaluation: bool) -> Path:
    """Return where an export goes: `leads.EVALUATION.csv` where nothing but the name can carry the mark."""
    if not evaluation or exporter.marked or MARK in path.name:
        return path
    return path.with_name(f"{path.stem}.{MARK}{path.suffix}")
