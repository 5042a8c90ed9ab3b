"""`export csv` and `export files`: the contract's columns, every path, nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from safelight.export.csv_ import CsvExporter
from safelight.export.files import FilesExporter
from safelight.export.marking import marked_path
from safelight.export.protocol import Exporter, ExportOptions, Findings

from .parts import NASTY
from .sample import empty, large, rich


def lines(exporter: Exporter, findings: Findings) -> list[dict[str, str]]:
    """Write, and read back as a script would."""
    out = io.BytesIO()
    report = exporter.write(findings, out, ExportOptions())
    found = list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8", "strict"), newline="")))
    assert report.records == len(found)
    return found


def test_csv_has_the_header_of_the_contract() -> None:
    out = io.BytesIO()
    CsvExporter().write(empty(), out, ExportOptions())
    assert out.getvalue() == (
        b"lead,kind,band,priority,sha256,md5,exhibit,path,state,size,modified,matches,reasons,decided,error\n"
    )


def test_csv_has_one_line_a_path_of_a_lead_and_one_for_each_unread_thing() -> None:
    findings = rich()
    found = lines(CsvExporter(), findings)
    expected = [
        (view.lead.id, place.exhibit, place.state) for view in findings.leads() for place in view.places
    ]
    expected += [("", unread.exhibit, unread.state or "") for unread in findings.unread()]
    assert [(line["lead"], line["exhibit"], line["state"]) for line in found] == expected


def test_csv_keeps_a_lead_whose_places_are_gone() -> None:
    findings = rich()
    (line,) = [
        line
        for line in lines(
            CsvExporter(), replace(findings, lead_views=[replace(next(findings.leads()), places=())])
        )
        if line["lead"]
    ]
    assert (line["lead"], line["path"]) == ("L1", "")


def test_csv_says_why_something_could_not_be_read() -> None:
    unread = [line for line in lines(CsvExporter(), rich()) if not line["lead"]]
    assert unread[0]["error"] == "encrypted: a password is needed"
    assert unread[1]["path"] == "laptop.E01"


def test_csv_tells_damaged_from_undecodable() -> None:
    errors = {line["lead"]: line["error"] for line in lines(CsvExporter(), rich())}
    assert errors["L7"] == "damaged: the file ends early"
    assert errors["L8"] == "could not be decoded: no key frame"
    assert errors["L1"] == ""


def test_csv_says_the_zone_of_every_time() -> None:
    modified = [line["modified"] for line in lines(CsvExporter(), rich()) if line["modified"]]
    assert modified
    assert all(time.endswith(("Z", " local")) for time in modified)


def test_csv_names_list_entry_distance_and_category_of_a_match() -> None:
    first = lines(CsvExporter(), rich())[0]
    assert first["matches"] == "National list, March#4711 by md5 distance 0 category 1"


@pytest.mark.parametrize("exporter", [CsvExporter(), FilesExporter()])
def test_no_cell_starts_like_a_formula(exporter: Exporter) -> None:
    cells = [value for line in lines(exporter, rich()) for value in line.values()]
    assert not [value for value in cells if value.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


@pytest.mark.parametrize("exporter", [CsvExporter(), FilesExporter()])
def test_names_come_back_as_they_are(exporter: Exporter) -> None:
    paths = {line["path"] for line in lines(exporter, rich())}
    assert {name for name in NASTY if any(path.endswith(name) for path in paths)} == set(NASTY)


@pytest.mark.parametrize("exporter", [CsvExporter(), FilesExporter()])
def test_writing_twice_gives_the_same_bytes(exporter: Exporter) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    exporter.write(rich(), first, ExportOptions())
    exporter.write(rich(), second, ExportOptions())
    assert first.getvalue() == second.getvalue()


def test_files_lists_what_was_not_read_with_its_reason() -> None:
    found = {line["path"].rsplit("/", 1)[-1]: line for line in lines(FilesExporter(), rich())}
    assert found["link"]["kind"] == "link"
    assert found["link"]["target"] == "../../etc/passwd"
    assert found["null"]["error"] == "a device: never opened"
    assert found["2019.pst"]["examined"] == "no"
    assert found["2019.pst"]["sha256"] == ""
    assert found["notes.txt"]["size"] == "0"
    assert len(found["notes.txt"]["sha256"]) == 64


def test_files_gives_address_times_source_and_zone() -> None:
    first = lines(FilesExporter(), rich())[0]
    assert first["trail"] == "laptop.E01 › partition 2 › /Users/anna/Pictures/a.jpg"
    assert (first["inode"], first["offset"], first["address"]) == ("4003", "1060864", "partition=2")
    assert first["created"] == "2024-01-04T08:21:00.1234567Z"
    assert (first["created_source"], first["created_zone"]) == ("ntfs:$STANDARD_INFORMATION", "utc")


def test_a_large_case_is_written_at_constant_memory() -> None:
    class Sink(io.RawIOBase):
        largest = 0

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            size = len(data)  # type: ignore[arg-type]
            self.largest = max(self.largest, size)
            return size

    sink = Sink()
    assert FilesExporter().write(large(20_000), sink, ExportOptions()).records == 20_000  # type: ignore[arg-type]
    assert sink.largest < 1 << 20


def test_only_the_name_can_mark_a_csv_as_evaluation() -> None:
    exporter = CsvExporter()
    assert marked_path(Path("o/leads.csv"), exporter, True) == Path("o/leads.EVALUATION.csv")
    assert marked_path(Path("o/leads.csv"), exporter, False) == Path("o/leads.csv")
    assert marked_path(Path("EVALUATION-leads.csv"), exporter, True) == Path("EVALUATION-leads.csv")
