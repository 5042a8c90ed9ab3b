"""What each export of the rich case looks like, byte for byte: a change of a format is seen in review.

`python -m tests.export.test_golden` writes the golden files anew.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from safelight.export.case_uco import CaseUcoExporter
from safelight.export.csv_ import CsvExporter
from safelight.export.files import FilesExporter
from safelight.export.html import HtmlExporter
from safelight.export.protocol import Exporter, ExportOptions
from safelight.export.vics import VicsExporter

from .sample import rich

GOLDEN = Path(__file__).with_name("golden")
EXPORTERS: tuple[Exporter, ...] = (
    CsvExporter(),
    FilesExporter(),
    HtmlExporter(),
    VicsExporter(),
    CaseUcoExporter(),
)


def written(exporter: Exporter) -> bytes:
    out = io.BytesIO()
    exporter.write(rich(), out, ExportOptions())
    return out.getvalue()


def golden(exporter: Exporter) -> Path:
    return GOLDEN / f"{exporter.name}{exporter.suffix}"


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.name)
def test_an_export_is_as_it_was(exporter: Exporter) -> None:
    assert written(exporter) == golden(exporter).read_bytes()


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for one in EXPORTERS:
        golden(one).write_bytes(written(one))
