"""Registers as XLSX, written by another program, and made to hurt."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from safelight.errors import FormatError
from safelight.persons.person import Days, Finding, Record, Sex, Span, Status
from safelight.persons.registers import xlsx_guard
from safelight.persons.registers.xlsx import XlsxReader

HEADER = ["Person ID", "Photo", "Name", "Sex", "Date of birth", "Height (cm)", "Last seen"]


def write(file: Path, **sheets: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(file)
    return file


def read(file: Path) -> tuple[list[Record], list[Finding]]:
    made = list(XlsxReader().read(file, {}))
    return [one for one in made if isinstance(one, Record)], [one for one in made if isinstance(one, Finding)]


def changed(file: Path, part: str, old: bytes, new: bytes) -> Path:
    """The workbook with one of its parts written otherwise."""
    content = io.BytesIO()
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            data = before.read(name)
            if name == part:
                assert old in data
                data = data.replace(old, new, 1)
            after.writestr(name, data)
    file.write_bytes(content.getvalue())
    return file


def test_dates_and_numbers_of_cells_are_values(tmp_path: Path) -> None:
    row = [17, "a.jpg", "Example Alpha", "F", datetime(2015, 3, 4), 120.0, datetime(2026, 3, 1, 14, 30)]
    (one,), _ = read(write(tmp_path / "list.xlsx", people=[HEADER, row]))
    assert one.person_id == "17"
    assert one.facts.sex is Sex.FEMALE
    assert one.facts.born == Days.of(date(2015, 3, 4))
    assert one.facts.height == Span(120, 120)
    assert one.facts.seen is not None
    assert one.facts.seen.days == Days.of(date(2026, 3, 1))


def test_a_title_above_the_header_and_empty_rows_are_passed_over(tmp_path: Path) -> None:
    rows = [["Register of the sample unit"], [], HEADER, [], ["T-1", "a.jpg"]]
    (one,), _ = read(write(tmp_path / "list.xlsx", people=rows))
    assert one.where == "list.xlsx, row 5"


def test_every_sheet_that_names_people_is_read_and_others_are_said(tmp_path: Path) -> None:
    people, (finding,) = read(
        write(
            tmp_path / "list.xlsx",
            y2025=[HEADER, ["T-1", "a.jpg"]],
            y2026=[HEADER, ["T-2", "b.jpg"], ["T-1", "c.jpg"]],
            notes=[["how to fill this in"]],
        )
    )
    assert {one.person_id: len(one.photos) for one in people} == {"T-1": 2, "T-2": 1}
    assert finding.where == "list.xlsx, sheet “notes”"


def test_texts_in_a_table_of_their_own_are_read(tmp_path: Path) -> None:
    file = write(tmp_path / "list.xlsx", people=[HEADER, ["T-1", "a.jpg", "here"]])
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    changed(file, "[Content_Types].xml", b"</Types>", override)
    changed(file, "xl/worksheets/sheet1.xml", b't="inlineStr"><is><t>here</t></is>', b't="s"><v>0</v>')
    with zipfile.ZipFile(file, "a") as book:
        space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        book.writestr(
            "xl/sharedStrings.xml", b'<sst xmlns="' + space + b'"><si><t>Example Alpha</t></si></sst>'
        )
    (one,), _ = read(file)
    assert one.facts.names == ("Example Alpha",)


def test_a_formula_is_text(tmp_path: Path) -> None:
    (one,), _ = read(
        write(tmp_path / "list.xlsx", people=[HEADER, ["T-1", "a.jpg", '=HYPERLINK("http://example.org")']])
    )
    assert one.facts.names == ()
    assert "a formula" in one.notes[0]


def test_what_a_sheet_claims_its_size_to_be_does_not_count(tmp_path: Path) -> None:
    file = write(tmp_path / "list.xlsx", people=[HEADER, ["T-1", "a.jpg"], ["T-2", "b.jpg"]])
    changed(file, "xl/worksheets/sheet1.xml", b'ref="A1:G3"', b'ref="A1:XFD1048576"')
    started = time.process_time()
    people, _ = read(file)
    assert [one.person_id for one in people] == ["T-1", "T-2"]
    assert time.process_time() - started < 2


def test_a_row_number_beyond_all_ends_the_sheet(tmp_path: Path) -> None:
    file = write(tmp_path / "list.xlsx", people=[HEADER, ["T-1", "a.jpg"], ["T-2", "b.jpg"]])
    changed(file, "xl/worksheets/sheet1.xml", b'<row r="3"', b'<row r="999999999999"')
    people, (finding,) = read(file)
    assert [one.person_id for one in people] == ["T-1"]
    assert "rows" in finding.reason


def test_a_sheet_that_breaks_off_gives_its_first_rows(tmp_path: Path) -> None:
    file = write(tmp_path / "list.xlsx", people=[HEADER, ["T-1", "a.jpg"], ["T-2", "b.jpg"]])
    changed(file, "xl/worksheets/sheet1.xml", b'<row r="3"', b'</oops><row r="3"')
    people, (finding,) = read(file)
    assert [one.person_id for one in people] == ["T-1"]
    assert "cannot be read any further" in finding.reason


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_entities_are_refused_wherever_they_are_declared(tmp_path: Path, part: str) -> None:
    file = write(tmp_path / "list.xlsx", people=[HEADER, ["T-1", "a.jpg"]])
    with zipfile.ZipFile(file) as book:
        begin = book.read(part)[:5]
    declared = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    changed(
        file,
        part,
        begin,
        declared + begin
        if not begin.startswith(b"<?xml")
        else begin + b' version="1.0"?>' + declared + b"<!--",
    )
    with pytest.raises(FormatError, match="declares entities"):
        read(file)


def test_a_sheet_that_unpacks_to_far_more_than_its_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_guard, "_RATIO_FROM", 1 << 20)
    file = write(tmp_path / "list.xlsx", people=[HEADER, ["T-1", "a.jpg"]])
    changed(file, "xl/worksheets/sheet1.xml", b"<sheetData>", b"<sheetData>" + b'<row r="1"/>' * 300_000)
    with pytest.raises(FormatError, match="times its size"):
        read(file)


def test_a_row_without_end_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "list.xlsx", people=[HEADER, ["T-1", "a.jpg"]])
    changed(file, "xl/worksheets/sheet1.xml", b"<sheetData>", b'<sheetData><row r="1">' + b"<c/>" * 2_500_000)
    with pytest.raises(FormatError, match="one row or text"):
        read(file)


def test_a_large_part_that_is_parsed_at_once_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_guard, "_AT_ONCE", 10_000)
    file = write(tmp_path / "list.xlsx", people=[HEADER, ["T-1", "a.jpg"]])
    changed(file, "xl/workbook.xml", b"<sheets>", b"<!--" + b"x" * 20_000 + b"--><sheets>")
    with pytest.raises(FormatError, match="come out of it"):
        read(file)


def test_a_sheet_that_is_given_out_as_the_workbook_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "list.xlsx", people=[HEADER, ["T-1", "a.jpg"]])
    changed(file, "[Content_Types].xml", b"/xl/workbook.xml", b"/xl/worksheets/sheet1.xml")
    with pytest.raises(FormatError, match="as another part"):
        read(file)


def test_links_to_other_workbooks_lead_nowhere(tmp_path: Path) -> None:
    file = write(
        tmp_path / "list.xlsx",
        people=[HEADER, ["T-1", "='[http://example.org/other.xlsx]Sheet1'!A1", "Alpha"]],
    )
    (one,), _ = read(file)
    assert one.photos == ()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"not a workbook"])
def test_what_is_no_workbook_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(content)
    with pytest.raises(FormatError) as raised:
        read(file)
    assert raised.value.hint


def test_sheets_that_name_nobody_say_so(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="id or photograph"):
        read(write(tmp_path / "list.xlsx", a=[["colour", "size"], ["red", "3"]], b=[["x", "y"]]))


def test_which_of_several_sheets_are_read_is_noted_with_their_first_person(tmp_path: Path) -> None:
    people, _ = read(write(tmp_path / "list.xlsx", north=[HEADER, ["T-1"], ["T-2"]], south=[HEADER, ["T-3"]]))
    assert [one.notes for one in people] == [
        ("the sheet “north” is read",),
        (),
        ("the sheet “south” is read",),
    ]


@pytest.mark.parametrize("title", ["Found", "Gefundene Kinder", "trouvés 2026", "найденные", "找到的儿童"])
def test_a_sheet_of_found_people_is_not_read_among_the_missing(tmp_path: Path, title: str) -> None:
    file = write(tmp_path / "list.xlsx", Missing=[HEADER, ["T-1"]], **{title: [HEADER, ["T-2"]]})
    made = list(XlsxReader().read(file, {}, Status.MISSING))
    assert [one.person_id for one in made if isinstance(one, Record)] == ["T-1"]
    (finding,) = (one for one in made if isinstance(one, Finding))
    assert "seems to hold found people" in finding.reason
    assert "--status found" in finding.reason


@pytest.mark.parametrize("title", ["not found", "missing and found", "foundation", "Sheet1"])
def test_a_sheet_whose_name_does_not_plainly_say_so_is_read(tmp_path: Path, title: str) -> None:
    file = write(tmp_path / "list.xlsx", **{title: [HEADER, ["T-2"]]})
    made = list(XlsxReader().read(file, {}, Status.MISSING))
    assert [one.person_id for one in made if isinstance(one, Record)] == ["T-2"]


def test_the_sheet_of_found_people_is_not_enrolled_with_the_missing(tmp_path: Path) -> None:
    from safelight.persons.registers.open import open_register

    file = write(tmp_path / "list.xlsx", missing=[HEADER, ["T-1"]], found=[HEADER, ["T-2"]])
    made = list(open_register(file, status=Status.FOUND))
    assert [one.person_id for one in made if isinstance(one, Record)] == ["T-2"]
