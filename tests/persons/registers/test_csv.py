"""Registers as CSV, and what is wrong with them."""

from __future__ import annotations

import codecs
import csv
import time
import tracemalloc
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.errors import FormatError, UsageError
from safelight.persons.person import Days, Finding, Record, Sex, Span, Status
from safelight.persons.registers import text
from safelight.persons.registers.csv_ import CsvReader

HEADER = "person_id,photo,name,sex,age,last seen\n"


def read(
    path: Path, content: str | bytes, mapping: Mapping[str, Any] | None = None
) -> tuple[list[Record], list[Finding]]:
    file = path / "list.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    made = list(CsvReader().read(file, mapping or {}))
    return [one for one in made if isinstance(one, Record)], [one for one in made if isinstance(one, Finding)]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_found(tmp_path: Path, mark: str) -> None:
    (one,), _ = read(tmp_path, "person_id,name,sex\nT-1,Example Alpha,F\n".replace(",", mark))
    assert (one.person_id, one.facts.names, one.facts.sex) == ("T-1", ("Example Alpha",), Sex.FEMALE)


@pytest.mark.parametrize(
    "encoded",
    [
        lambda said: codecs.BOM_UTF8 + said.encode(),
        lambda said: said.encode("utf-16"),
        lambda said: said.encode("utf-16-le"),
        lambda said: codecs.BOM_UTF16_BE + said.encode("utf-16-be"),
        lambda said: said.replace("\n", "\r\n").encode(),
        lambda said: said.replace("\n", "\r").encode(),
    ],
    ids=["mark", "utf-16", "utf-16-le without mark", "utf-16-be", "crlf", "cr"],
)
def test_any_usual_encoding_and_end_of_line_is_read(tmp_path: Path, encoded: Any) -> None:
    (one,), findings = read(tmp_path, encoded("person_id,name\nT-1,Пример Альфа\n"))
    assert one.facts.names == ("Пример Альфа",)
    assert findings == []


def test_bytes_of_an_old_code_page_are_read_and_said(tmp_path: Path) -> None:
    (one,), (finding,) = read(tmp_path, "person_id,name\nT-1,Béta\n".encode("cp1252"))
    assert one.facts.names == ("Béta",)
    assert "Windows-1252" in finding.reason


def test_a_spreadsheet_s_first_line_and_a_title_are_passed_over(tmp_path: Path) -> None:
    (one,), _ = read(
        tmp_path, "sep=;\nRegister of the sample unit;;\n;;\nperson_id;name;photo\nT-1;Alpha;a.jpg\n"
    )
    assert one.person_id == "T-1"


def test_lines_of_one_person_are_their_photographs(tmp_path: Path) -> None:
    records, _ = read(tmp_path, HEADER + "T-1,a.jpg,Alpha,F,,\nT-2,c.jpg,Beta,M,,\nT-1,b.jpg,Alpha,F,,\n")
    assert {one.person_id: [photo.file for photo in one.photos] for one in records} == {
        "T-1": ["a.jpg", "b.jpg"],
        "T-2": ["c.jpg"],
    }


def test_of_lines_that_contradict_each_other_the_first_is_kept_and_that_is_said(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, HEADER + "T-1,a.jpg,Alpha,F,,\nT-1,b.jpg,Alpha,M,,\n")
    assert one.facts.sex is Sex.FEMALE
    assert any("another sex" in note and "line 3" in note for note in one.notes)


def test_a_later_line_fills_in_what_the_first_leaves_open(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, HEADER + "T-1,a.jpg,,,,\nT-1,b.jpg,Alpha,F,7,2026-03-31\n")
    assert one.facts.names == ("Alpha",)
    assert one.facts.born == Days(date(2018, 4, 1), date(2019, 3, 31))
    assert one.facts.born_from == "age when last seen or found"
    assert one.notes == ()


def test_a_line_without_an_id_is_a_finding_and_the_others_go_on(tmp_path: Path) -> None:
    records, (finding,) = read(tmp_path, HEADER + ",a.jpg,Alpha,F,,\nn/a,,,,,\nT-2,b.jpg,Beta,M,,\n")
    assert [one.person_id for one in records] == ["T-2"]
    assert finding.where == "list.csv, line 2"


def test_a_register_without_ids_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no column person_id"):
        read(tmp_path, "photo,name\nfolder/anna.jpg,Alpha\n")


def test_a_list_of_photographs_takes_their_names(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "photo,photo taken\nfolder/anna.jpg,2025-01-01\n")
    assert one.person_id == "anna"
    assert "no id" in one.notes[0]


def test_two_photographs_of_one_name_in_a_list_are_not_one_person(tmp_path: Path) -> None:
    people, (finding,) = read(tmp_path, "photo,face\na/anna.jpg,1\nb/anna.jpg,1\na/anna.jpg,1\n")
    assert [(one.person_id, len(one.photos)) for one in people] == [("anna", 1)]
    assert finding.where == "list.csv, line 3"
    assert "person_id" in finding.reason


def test_inches_are_no_quotation_marks(tmp_path: Path) -> None:
    records, _ = read(tmp_path, "person_id,height,name\nT-1,4'11\",Alpha\nT-2,3'2\",Beta\n")
    assert [one.facts.height and one.facts.height.least for one in records] == [149.9, 96.5]


def test_a_text_in_quotation_marks_runs_over_lines(tmp_path: Path) -> None:
    (one,), _ = read(
        tmp_path, 'person_id,marks,name\nT-1,"scar on left knee\nmole, on chin","Alpha ""Al"" Example"\n'
    )
    assert one.facts.marks == ("scar on left knee", "mole, on chin")
    assert one.facts.names == ("Alpha Example", "Al")


def test_a_quotation_mark_that_is_not_closed_costs_no_other_line(tmp_path: Path) -> None:
    records, _ = read(tmp_path, HEADER + 'T-1,a.jpg,"Alpha,F,,\nT-2,b.jpg,Beta,M,,\nT-3,c.jpg,"Gamma",M,,\n')
    assert [one.person_id for one in records] == ["T-1", "T-2", "T-3"]
    assert records[0].facts.names == ("Alpha",)
    assert "quotation mark" in records[0].notes[0]


@pytest.mark.parametrize("formula", ['=HYPERLINK("http://example.org")', "=1+1", "=cmd|'/c calc'!A1"])
def test_a_formula_is_text_and_no_name(tmp_path: Path, formula: str) -> None:
    quoted = formula.replace('"', '""')
    (one,), _ = read(tmp_path, f'person_id,name,photo\nT-1,"{quoted}",a.jpg\n')
    assert one.facts.names == ()
    assert one.facts.more["name"] == formula


def test_the_rest_of_a_register_tells_which_comes_first_in_a_date(tmp_path: Path) -> None:
    records, _ = read(tmp_path, HEADER + "T-1,a.jpg,,,,03/04/2026\nT-2,b.jpg,,,,31/03/2026\n")
    assert records[0].facts.seen is not None
    assert records[0].facts.seen.days == Days.of(date(2026, 4, 3))


def test_a_date_that_may_be_two_is_both_and_said(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, HEADER + "T-1,a.jpg,,,,03/04/2026\n")
    assert one.facts.seen is not None
    assert one.facts.seen.days == Days(date(2026, 3, 4), date(2026, 4, 3))
    assert "either way round" in one.notes[0]


def test_beside_h_an_m_is_mujer(tmp_path: Path) -> None:
    records, _ = read(tmp_path, "person_id,sexo\nT-1,M\nT-2,H\n")
    assert [one.facts.sex for one in records] == [Sex.FEMALE, Sex.MALE]


def test_beside_f_an_m_is_a_man(tmp_path: Path) -> None:
    records, _ = read(tmp_path, "person_id,sexe\nT-1,M\nT-2,H\nT-3,F\n")
    assert [one.facts.sex for one in records] == [Sex.MALE, Sex.MALE, Sex.FEMALE]


def test_an_age_without_a_day_is_kept_and_said(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, HEADER + "T-1,a.jpg,,,7,\n")
    assert one.facts.born is None
    assert one.facts.more["age"] == "7"
    assert "without the day" in one.notes[0]


def test_family_and_given_name_are_joined_and_other_names_follow(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, 'person_id,Vorname,Name,nickname\nT-1,Alpha,Example,"Al, Alfi"\n')
    assert one.facts.names == ("Alpha Example", "Al", "Alfi")


def test_na_is_a_name_and_no_sex(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "person_id,name,sex\nT-1,Na,NA\n")
    assert one.facts.names == ("Na",)
    assert one.notes == ()


def test_a_column_without_a_field_is_kept_as_it_came(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "person_id,name,blood group\nT-1,Alpha,0+\n")
    assert one.facts.more == {"blood group": "0+"}


def test_a_mapping_says_which_column_is_what_and_what_words_mean(tmp_path: Path) -> None:
    mapping = {
        "columns": {"person_id": "K1", "sex": "K2"},
        "means": {"sex": {"2": "female"}},
        "values": {"source": "unit 7"},
    }
    (one,), _ = read(tmp_path, "K1,K2\n5,2\n", mapping)
    assert (one.person_id, one.facts.sex, one.facts.source) == ("5", Sex.FEMALE, "unit 7")


def test_a_column_of_the_mapping_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    _, (finding,) = read(tmp_path, "K1,K2\n5,2\n", {"columns": {"person_id": "K1", "sex": "Gender"}})
    assert "“Gender”" in finding.reason


def test_a_mapping_with_a_field_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no field"):
        read(tmp_path, "a,b\n1,2\n", {"columns": {"colour": "a"}})


@pytest.mark.parametrize("content", ["", "\n\n", "a,b\n1,2\n", "date,place,country\n2026-01-01,x,IN\n"])
def test_what_names_no_people_says_what_to_do(tmp_path: Path, content: str) -> None:
    with pytest.raises(FormatError) as raised:
        read(tmp_path, content)
    assert raised.value.hint


def test_ten_thousand_columns_are_no_harm(tmp_path: Path) -> None:
    columns = ["person_id", "name", *(f"c{number}" for number in range(10_000))]
    (one,), _ = read(tmp_path, ",".join(columns) + "\n" + ",".join(["x"] * len(columns)) + "\n")
    assert len(one.facts.more) == 200
    assert "9,800 more columns" in one.notes[-1]


def test_more_fields_than_columns_are_kept_and_said(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "person_id,name\nT-1,Alpha,left over\n")
    assert one.facts.more == {"column 3": "left over"}
    assert "slipped" in one.notes[0]


def test_zeros_and_controls_are_left_out(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, b"person_id,name\nT-1,Al\0pha\x1b[31m\xe2\x80\xae\n")
    assert one.facts.names == ("Alpha[31m",)


def test_a_line_without_end_is_a_finding(tmp_path: Path) -> None:
    records, (finding,) = read(tmp_path, "person_id,name\nT-1," + "x" * 20_000_000 + "\nT-2,Beta\n")
    assert [one.person_id for one in records] == ["T-2"]
    assert finding.where == "list.csv, line 2"


def test_open_quotation_marks_in_every_line_take_linear_time(tmp_path: Path) -> None:
    started = time.process_time()
    records, _ = read(tmp_path, HEADER + "".join(f'T-{number},"a,b,c,d,e\n' for number in range(5_000)))
    assert len(records) == 5_000
    assert time.process_time() - started < 10


def test_a_long_register_takes_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_CHUNK", 64 << 10)
    note = "x" * 3_000
    (tmp_path / "list.csv").write_text(
        "person_id,name,note\n" + "".join(f"T-{one},Alpha,{note}\n" for one in range(1_000))
    )
    next(iter(CsvReader().read(tmp_path / "list.csv", {})))  # tables of words and names are read once
    tracemalloc.start()
    count = sum(1 for _ in CsvReader().read(tmp_path / "list.csv", {}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1_000
    assert peak < 1_500_000  # of three million bytes


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=3, max_size=3), max_size=8
    )
)
def test_whatever_another_program_quotes_is_the_same_when_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    with (folder / "list.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["person_id", "name", "note a", "note b", "note c"])
        writer.writerows([f"T-{number}", "Alpha", *row] for number, row in enumerate(rows))
    made = list(CsvReader().read(folder / "list.csv", {})) if rows else []
    assert [one.person_id for one in made if isinstance(one, Record)] == [
        f"T-{number}" for number in range(len(rows))
    ]


@pytest.mark.parametrize("page", ["cp1251", "koi8-r", "cp866", "utf-16"])
def test_the_code_page_in_which_columns_are_known_is_taken_and_said(tmp_path: Path, page: str) -> None:
    content = "номер дела;имя;пол;рост\nT-1;Пример Альфа;жен;120\n"
    (one,), findings = read(tmp_path, content.encode(page))
    assert (one.facts.names, one.facts.sex) == (("Пример Альфа",), Sex.FEMALE)
    assert findings == []
    assert page == "utf-16" or "code page" in one.notes[0]


def test_a_western_code_page_is_taken_by_its_columns_and_said(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "numéro de dossier;prénom;sexe\nT-1;Béta;féminin\n".encode("cp1252"))
    assert (one.facts.names, one.facts.sex) == (("Béta",), Sex.FEMALE)
    assert "Windows-1252" in one.notes[0]


def test_bytes_in_which_no_code_page_knows_a_column_are_to_be_saved_as_utf_8(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as raised:
        read(tmp_path, "φφφ;ψψψ\n1;2\n".encode("cp1253"))
    assert "UTF-8" in f"{raised.value} {raised.value.hint}"


def test_a_later_line_that_is_understood_counts_and_the_misspelt_one_is_said(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, HEADER + "T-1,a.jpg,Alpha,femail,,\nT-1,b.jpg,Alpha,male,,\n")
    assert one.facts.sex is Sex.MALE
    assert any("line 3 says male, line 2 “femail” was not understood" in note for note in one.notes)


def test_a_later_date_that_is_understood_counts_and_the_other_is_said(tmp_path: Path) -> None:
    rows = "T-1,a.jpg,,,,2026-13-45\nT-1,b.jpg,,,,2026-03-01\n"
    (one,), _ = read(tmp_path, HEADER + rows)
    assert one.facts.seen is not None
    assert one.facts.seen.days == Days.of(date(2026, 3, 1))
    assert any("line 3 says 2026-03-01, line 2 “2026-13-45” was not" in note for note in one.notes)


def test_a_day_that_only_a_later_line_states_is_taken_beside_the_place(tmp_path: Path) -> None:
    content = "person_id,place,last seen\nT-1,Sampletown,\nT-1,Sampletown,2026-03-01\n"
    (one,), _ = read(tmp_path, content)
    assert one.facts.seen is not None
    assert (one.facts.seen.place, one.facts.seen.days) == ("Sampletown", Days.of(date(2026, 3, 1)))
    assert one.notes == ()


def test_lines_that_differ_in_where_are_said_with_commas_and_no_line_stands_twice(tmp_path: Path) -> None:
    content = "person_id,place,country,last seen\nT-1,Paris,FR,2024-05-01\nT-1,Lyon,FR,2024-05-02\n"
    (one,), _ = read(tmp_path, content)
    (note,) = one.notes
    assert "Lyon, FR, 2024-05-02, not Paris, FR, 2024-05-01" in note
    assert not note.startswith("line")


def test_what_a_later_line_notes_names_its_line_at_the_end(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, HEADER + "T-1,a.jpg,,F,,\nT-1,b.jpg,,F,seven moons,\n")
    assert one.notes[0].endswith("(line 3)")


def test_a_status_that_is_not_understood_is_said_and_leaves_the_command_s(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "person_id,name,status\nT-1,Alpha,lost\n")
    assert one.status is None
    assert "“lost”" in one.notes[0]
    assert "as the command says" in one.notes[0]


def test_a_status_that_is_not_understood_is_said_as_what_the_command_takes_it(tmp_path: Path) -> None:
    from safelight.persons.registers.open import open_register

    (tmp_path / "list.csv").write_text("person_id,name,status\nT-1,Alpha,lost\n")
    made = open_register(tmp_path / "list.csv", status=Status.MISSING)
    (one,) = (found for found in made if isinstance(found, Record))
    assert "“lost”: not understood, taken as missing, as the command says" in one.notes[0]


def test_a_status_that_another_line_states_is_not_the_command_s(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "person_id,name,status\nT-1,Alpha,lost\nT-1,Alpha,found\n")
    assert one.status is Status.FOUND
    assert not any("the command" in note for note in one.notes)
    assert any("line 3 says found, line 2 “lost” was not understood" in note for note in one.notes)


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("last seen", "2190-01-01", "future"),
        ("date of birth", "2190-01-01", "future"),
        ("date of birth", "1905-01-01", "110"),
        ("age", "112", "110"),
    ],
)
def test_a_date_or_age_that_cannot_be_is_not_used_but_kept_and_said(
    tmp_path: Path, column: str, value: str, why: str
) -> None:
    (one,), _ = read(tmp_path, f"person_id,name,{column}\nT-1,Alpha,{value}\n")
    assert one.facts.born is None
    assert one.facts.seen is None
    assert one.facts.more == {column: value}
    assert why in one.notes[0]


def test_a_birth_after_the_day_they_were_seen_is_not_used_but_kept_and_said(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "person_id,date of birth,last seen\nT-1,2025-01-01,2024-01-01\n")
    assert one.facts.born is None
    assert one.facts.more == {"date of birth": "2025-01-01"}
    assert "after the day" in one.notes[0]


def test_metres_in_a_column_of_centimetres_are_metres_and_said(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, 'person_id,height (cm)\nT-1,"1,67"\n')
    assert one.facts.height == Span(167, 167)
    assert "metres" in one.notes[0]


@pytest.mark.parametrize(("stated", "year"), [("03/04/15", 2015), ("03/04/87", 1987)])
def test_a_year_of_two_figures_is_understood_where_the_mapping_says_the_order(
    tmp_path: Path, stated: str, year: int
) -> None:
    mapping = {"columns": {"person_id": "id", "birth_date": "born"}, "dates": "day-first"}
    (one,), _ = read(tmp_path, f"id,born\nT-1,{stated}\n", mapping)
    assert one.facts.born == Days.of(date(year, 4, 3))
    assert str(year) in one.notes[0]


def test_a_year_of_two_figures_is_not_guessed_without_a_stated_order(tmp_path: Path) -> None:
    (one,), _ = read(tmp_path, "person_id,name,date of birth\nT-1,Alpha,13/04/15\n")
    assert one.facts.born is None


def test_a_day_that_a_later_line_says_better_is_taken_beside_the_place(tmp_path: Path) -> None:
    content = "person_id,place,last seen\nT-1,Sampletown,2026-13-45\nT-1,Sampletown,2026-03-01\n"
    (one,), _ = read(tmp_path, content)
    assert one.facts.seen is not None
    assert one.facts.seen.days == Days.of(date(2026, 3, 1))
    assert any("line 2 “2026-13-45” was not understood" in note for note in one.notes)


def test_an_old_code_page_under_columns_in_english_is_still_said_as_a_finding(tmp_path: Path) -> None:
    _, (finding,) = read(tmp_path, "person_id,name\nT-1,Пример\n".encode("cp1251"))
    assert "UTF-8" in finding.reason
