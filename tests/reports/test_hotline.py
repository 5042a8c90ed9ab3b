"""Lists of hotlines, as JSON and CSV, are read by the names of their columns or by a mapping."""

from __future__ import annotations

import csv
import io
import json

import pytest

from safelight.errors import UsageError
from safelight.reports.hotline import HotlineReader
from safelight.reports.hotline_csv import HotlineCsvReader
from safelight.reports.protocol import ReadOptions
from safelight.reports.report import Annotation, Kind, Report, Role
from tests.reports.deviations import MOST_GROWTH, Bears, peak
from tests.reports.tips import Generated, as_json, only, read, reports, unreadable

JSON, CSV = HotlineReader(), HotlineCsvReader()
TEXT = "A neighbour reports a worry."
RECORD = {
    "Report ID": "H-7",
    "Date received": "2026-01-02",
    "Hotline": "Sample Line",
    "Type": "grooming",
    "Description": TEXT,
    "URL": "https://a.example.org/1 https://a.example.org/2",
    "IP address": "192.0.2.1",
    "Hosting country": "DE",
    "Username": "robin_s",
    "Platform": "Chatter",
    "Suspect email": "robin@example.org",
    "Victim age": "8-10",
    "Reporter email": "anna@example.net",
    "File name": "one.jpg; two.jpg",
    "MD5": "0123456789abcdef0123456789abcdef; ffffffffffffffffffffffffffffffff",
    "Viewed": "yes",
    "Urgent": "yes",
    "Mood": "calm",
}


def as_csv(*records: dict[str, str], delimiter: str = ",") -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(records[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return file.getvalue().encode()


class TestBearsJson(Bears):
    """What every reader must bear."""

    reader = JSON
    document = as_json([RECORD])
    where = TEXT.encode()


class TestBearsCsv(Bears):
    """What every reader must bear."""

    reader = CSV
    document = as_csv(RECORD)
    where = TEXT.encode()


@pytest.mark.parametrize(
    "report",
    [
        only(read(JSON, as_json([RECORD]))),
        only(read(CSV, as_csv(RECORD))),
        only(read(CSV, as_csv(RECORD, delimiter=";"))),
    ],
    ids=["json", "csv", "semicolons"],
)
class TestFields:
    def test_the_incident(self, report: Report) -> None:
        assert (report.report_id, report.provider, report.received) == ("H-7", "Sample Line", "2026-01-02")
        assert (report.incident, report.escalation) == ("grooming", "")
        assert report.texts[0].text == TEXT

    def test_people(self, report: Report) -> None:
        by_role = {party.role: party for party in report.parties}
        said = {(one.kind, one.value) for one in by_role[Role.REPORTED].identifiers}
        assert {
            (Kind.SCREEN_NAME, "robin_s"),
            (Kind.EMAIL, "robin@example.org"),
            (Kind.IP, "192.0.2.1"),
        } <= said
        assert by_role[Role.VICTIM].age == "8-10"
        assert by_role[Role.REPORTER].identifiers[0].value == "anna@example.net"

    def test_pages_and_places(self, report: Report) -> None:
        assert [one.value for one in report.groups] == ["https://a.example.org/1", "https://a.example.org/2"]
        assert report.spots[0].country == "DE"

    def test_files(self, report: Report) -> None:
        assert [(one.name, one.viewed) for one in report.files] == [("one.jpg", True), ("two.jpg", True)]
        assert report.files[1].digests == {"md5": "f" * 32}

    def test_what_has_no_column_of_ours_is_kept(self, report: Report) -> None:
        assert ("Mood", "calm") in report.unknown


class TestColumns:
    MAP = {"columns": {"report_id": "Aktenzeichen", "text": ["Sachverhalt", "Bemerkung"]}}  # noqa: RUF012
    RECORD = {"Aktenzeichen": "A 1", "Sachverhalt": "one", "Bemerkung": "two"}  # noqa: RUF012

    def test_a_mapping_names_them(self) -> None:
        for reader, document in ((CSV, as_csv(self.RECORD)), (JSON, as_json([self.RECORD]))):
            one = only(read(reader, document, columns=self.MAP))
            assert one.report_id == "A 1"
            assert [text.text for text in one.texts] == ["one", "two"]

    def test_a_mapping_goes_before_the_name(self) -> None:
        one = only(
            read(
                CSV,
                as_csv({"ID": "1", "Reference": "2"}),
                columns={"columns": {"report_id": "Reference", "group": "ID"}},
            )
        )
        assert one.report_id == "2"

    def test_a_mapping_of_a_field_that_there_is_not_is_refused(self) -> None:
        for reader, document in ((CSV, as_csv(self.RECORD)), (JSON, as_json([self.RECORD]))):
            with pytest.raises(UsageError, match="no field 'color'"):
                read(reader, document, columns={"columns": {"color": "Sachverhalt"}})

    def test_columns_that_mean_nothing_are_a_finding(self) -> None:
        for reader, document in ((CSV, b"aaa,bbb\n1,2\n"), (JSON, b'[{"aaa": 1}]')):
            assert "--map" in unreadable(read(reader, document))[0]


class TestDeviations:
    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
    def test_encodings(self, encoding: str) -> None:
        for reader, text in (
            (CSV, "ID,Description\n1,müller\n"),
            (JSON, json.dumps([{"ID": "1", "Description": "müller"}], ensure_ascii=False)),
        ):
            data = text.encode(encoding)
            assert reader.detects(data, "x")
            assert only(read(reader, data)).texts[0].text == "müller"

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_delimiters(self, delimiter: str) -> None:
        assert only(read(CSV, as_csv({"ID": "1", "Text": "a"}, delimiter=delimiter))).report_id == "1"

    def test_a_field_over_several_lines(self) -> None:
        assert only(read(CSV, b'ID,Text\n1,"one\ntwo, ""three"""\n')).texts[0].text == 'one\ntwo, "three"'

    def test_lines_with_too_few_fields_are_read(self) -> None:
        assert [one.report_id for one in reports(read(CSV, b"ID,Text,URL\n1\n2,a\n"))] == ["1", "2"]

    def test_lines_with_too_many_fields_are_read_and_said(self) -> None:
        parts = read(CSV, b"ID,Text\n1,a,b,c\n2,d\n")
        assert [one.report_id for one in reports(parts)] == ["1", "2"]
        assert "more fields" in " ".join(reports(parts)[0].problems)
        assert "b" in dict(reports(parts)[0].unknown).values()

    def test_a_column_that_occurs_twice_is_read_twice(self) -> None:
        one = only(read(CSV, b"ID,Text,Text\n1,one,two\n"))
        assert [text.text for text in one.texts] == ["one", "two"]

    def test_lines_of_reports_without_ids_are_numbered(self) -> None:
        found = reports(
            read(CSV, b"Text,URL\na,https://a.example.org\nb,https://b.example.org\n", fallback_id="l")
        )
        assert [one.report_id for one in found] == ["l#1", "l#2"]

    def test_a_quotation_mark_that_never_closes_costs_what_it_swallows(self) -> None:
        parts = read(CSV, b'ID,Text\n1,a\n2,"b\n3,c\n')
        assert reports(parts)[0].report_id == "1"
        assert parts[1:]

    def test_a_field_that_is_too_large_costs_its_line(self) -> None:
        parts = read(CSV, b"ID,Text\n1," + b"x" * (5 << 20) + b"\n2,b\n")
        assert [one.report_id for one in reports(parts)] == ["2"]
        assert unreadable(parts)

    def test_empty_lines_are_none(self) -> None:
        assert len(read(CSV, b"ID,Text\n\n1,a\n,,\n\n")) == 1

    def test_nested_objects_are_columns_of_their_path(self) -> None:
        one = only(
            read(JSON, as_json([{"id": 1, "victim": {"age": 9}, "suspect": {"email": "robin@example.org"}}]))
        )
        by_role = {party.role: party for party in one.parties}
        assert by_role[Role.VICTIM].age == "9"
        assert by_role[Role.REPORTED].identifiers[0].value == "robin@example.org"

    @pytest.mark.parametrize("said", ["no", "", "maybe", None])
    def test_only_a_plain_yes_says_that_a_file_was_viewed(self, said: str | None) -> None:
        record = {"id": "1", "file": "a.jpg", "viewed": said}
        assert only(read(JSON, as_json([record]))).files[0].viewed is not True

    def test_a_report_that_is_taken_back(self) -> None:
        assert only(read(CSV, b"ID,Retracted\n1,yes\n")).annotations == {Annotation.RETRACTED}

    @pytest.mark.parametrize(
        ("said", "escalation"), [("yes", ""), ("no", None), ("a meeting", "a meeting"), ("low", None)]
    )
    def test_urgency(self, said: str, escalation: str | None) -> None:
        assert only(read(CSV, f"ID,Urgent\n1,{said}\n".encode())).escalation == escalation

    def test_other_texts_are_none_of_ours(self) -> None:
        for document in (
            b"a,b\n1,2\n",
            b"Dear all, hello\n",
            b"<report/>",
            b"",
            b"%PDF-1.4 ID,Text",
            b"\0\1\2,\3",
        ):
            assert not CSV.detects(document, "x.csv")
            assert not JSON.detects(document, "x.json")

    def test_a_long_list_is_read_at_constant_memory(self) -> None:
        line = b"7," + b"words and words " * 4_000 + b"\n"
        times = (96 << 20) // len(line)
        before = peak()
        document = Generated(b"ID,Text\n", line, times, b"")
        count = sum(isinstance(part, Report) for part in CSV.read(document, ReadOptions("x", "x")))  # type: ignore[arg-type]
        assert count == times
        assert peak() - before < MOST_GROWTH

    def test_a_line_without_end_is_given_up_at_constant_memory(self) -> None:
        before = peak()
        document = Generated(b"ID,Text\n1,", b"words and words " * 64, 40 << 10, b"\n2,b\n")
        parts = list(CSV.read(document, ReadOptions("x", "x")))  # type: ignore[arg-type]
        assert unreadable(parts)
        assert peak() - before < MOST_GROWTH
