"""Lists of hotlines, as JSON and CSV, are read by the names of their columns or by a mapping."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.cli.reports import _mapping
from safelight.errors import UsageError
from safelight.reports.hotline import HotlineReader
from safelight.reports.hotline_columns import Columns, columns_of, fields, squeezed
from safelight.reports.hotline_csv import HotlineCsvReader
from safelight.reports.hotline_fields import to_report
from safelight.reports.intake.pieces import pieces
from safelight.reports.protocol import ReadOptions, ReportReader
from safelight.reports.report import Annotation, Kind, Report, Role
from tests.reports.deviations import MOST_GROWTH, Bears, peak
from tests.reports.intake.reading import READERS, Came
from tests.reports.tips import Generated, as_json, only, read, reports, unreadable
from tests.reports.tips import said as said_by

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

    def test_what_a_mapping_cannot_say_is_refused(self) -> None:
        for said, why in (
            ({"columns": {"text": "A", "group": ["B", "a"]}}, "'a' to 'text' and to 'group'"),
            ({"columns": {"text": 3}}, "no text"),
            ({"columns": {"text": []}, "values": {"mood": "calm"}}, "no field 'mood'"),
            ({"columns": "text"}, "no table"),
            ({"columns": {}, "date": "day-first"}, "no place for 'date'"),
            ({"columns": {}, "dates": "year-first"}, "no order of dates"),
        ):
            with pytest.raises(UsageError, match=why):
                read(CSV, as_csv(self.RECORD), columns=said)

    def test_a_mapping_without_a_table_names_the_fields_themselves(self) -> None:
        one = only(
            read(CSV, as_csv(self.RECORD), columns={"report_id": "Aktenzeichen", "dates": "day-first"})
        )
        assert one.report_id == "A 1"

    def test_a_value_of_a_mapping_holds_where_a_line_says_nothing_else(self) -> None:
        columns = {"values": {"hotline": "Sample Line", "country": "DE"}}
        found = reports(read(CSV, b"ID,Text,Hotline\n1,a,\n2,b,Other Line\n", columns=columns))
        assert [(one.provider, one.spots[0].country) for one in found] == [
            ("Sample Line", "DE"),
            ("Other Line", "DE"),
        ]

    def test_a_column_that_a_mapping_names_and_the_list_has_not_is_said(self) -> None:
        columns = {"columns": {"report_id": "Aktenzeichen", "text": "Sachverhlat"}}
        parts = read(CSV, as_csv(self.RECORD), columns=columns)
        assert "“Sachverhlat”" in unreadable(parts)[0]
        assert reports(parts)[0].report_id == "A 1"

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

    def test_a_report_without_id_is_named_after_its_list_and_what_it_says(self) -> None:
        records = [
            {"Text": "a", "URL": "https://a.example.org"},
            {"Text": "b", "URL": "https://b.example.org"},
        ]
        for reader, write in ((CSV, lambda *many: as_csv(*many)), (JSON, lambda *many: as_json(list(many)))):
            first, second = (one.report_id for one in reports(read(reader, write(*records), fallback_id="l")))
            assert first != second and first.startswith("l#") and second.startswith("l#")
            moved = reports(read(reader, write({"Text": "new", "URL": ""}, *records[::-1]), fallback_id="l"))
            assert [one.report_id for one in moved[1:]] == [second, first]
            assert moved[0].report_id not in (first, second)

    def test_a_record_alone_is_named_after_its_document(self) -> None:
        assert only(read(JSON, as_json([{"Text": "a"}]), fallback_id="bundle")).report_id == "bundle"

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


class TestNames:
    """Columns are told apart in any script, and none is lost on another."""

    @pytest.mark.parametrize(
        "names",
        [
            ("Номер", "Дата", "Сообщение", "Логин"),
            ("编号", "日期", "内容", "用户"),
            ("αριθμός", "ημερομηνία", "κείμενο", "χρήστης"),
            ("الرقم", "التاريخ", "النص", "الحساب"),
            ("नंबर", "तारीख", "बच्चा", "बच्ची"),
            ("№", "§", "+", "*"),
        ],
    )
    def test_a_mapping_names_columns_of_any_script(self, names: tuple[str, ...]) -> None:
        columns = {"columns": dict(zip(("report_id", "received", "text", "screen_name"), names, strict=True))}
        record = dict(zip(names, ("R 1", "2026-01-02", "words", "robin_s"), strict=True))
        for reader, document in ((CSV, as_csv(record)), (JSON, as_json([record]))):
            one = only(read(reader, document, columns=columns))
            assert (one.report_id, one.received, one.texts[0].text) == ("R 1", "2026-01-02", "words")
            assert [said.value for said in one.parties[0].identifiers] == ["robin_s"]
            assert one.unknown == ()

    def test_letters_with_marks_are_letters(self) -> None:
        columns = {"columns": {"group": "Große", "text": "Gre"}}
        one = only(read(CSV, as_csv({"GROSSE": "a", "Gre": "b", "Gro\u0308ße": "c"}), columns=columns))
        assert [said.value for said in one.groups] == ["a"]
        assert one.texts[0].text == "b"
        assert one.unknown == (("Gro\u0308ße", "c"),)

    @pytest.mark.parametrize(
        "header",
        [
            "Aktenzeichen;Eingangsdatum;Sachverhalt;Benutzername",
            "Numéro de dossier;Date de réception;Commentaire;Pseudonyme",
            "Número de caso;Fecha;Descripción;Usuario",
            "Protocolo;Data;Descrição;Usuário",
            "Numero pratica;Data di ricezione;Descrizione;Nome utente",
            "Zaaknummer;Ontvangstdatum;Omschrijving;Gebruikersnaam",
            "Numer zgłoszenia;Data wpływu;Opis;Nazwa użytkownika",
            "Номер обращения;Дата получения;Описание;Логин",
            "案件编号;收到日期;内容;用户名",
        ],
    )
    def test_usual_names_in_other_languages_are_known_by_themselves(self, header: str) -> None:
        document = f"{header}\nR 1;2026-01-02;words;robin_s\n".encode()
        assert CSV.detects(document, "x")
        one = only(read(CSV, document))
        assert (one.report_id, one.received, one.texts[0].text) == ("R 1", "2026-01-02", "words")
        assert one.parties[0].identifiers[0].value == "robin_s"

    def test_no_name_stands_under_two_fields(self) -> None:
        homes: dict[str, set[str]] = {}
        for field, one in fields().items():
            for name in (name for names in one.names.values() for name in names):
                homes.setdefault(squeezed(name), set()).add(field)
        assert {name: found for name, found in homes.items() if len(found) > 1} == {}

    def test_an_age_without_whose_is_the_childs(self) -> None:
        one = only(read(CSV, as_csv({"ID": "1", "Age": "9"})))
        assert [(party.role, party.age) for party in one.parties] == [(Role.VICTIM, "9")]

    def test_of_two_columns_of_one_field_the_more_telling_counts_and_the_other_is_kept(self) -> None:
        one = only(read(CSV, as_csv({"ID": "7", "Report number": "R 1", "Text": "a"})))
        assert (one.report_id, one.unknown) == ("R 1", (("ID", "7"),))

    def test_a_column_that_says_nothing_leaves_its_field_to_another(self) -> None:
        one = only(read(CSV, as_csv({"ID": "7", "Report number": "n/a", "Text": "a"})))
        assert one.report_id == "7"

    def test_a_column_goes_by_its_name_to_no_field_that_a_mapping_fills(self) -> None:
        columns = {"columns": {"report_id": "Akte"}}
        one = only(
            read(CSV, as_csv({"ID": "7", "Akte": "", "Text": "a"}), columns=columns, fallback_id="list")
        )
        assert one.report_id.startswith("list#") and one.unknown == (("ID", "7"),)

    def test_columns_that_a_mapping_joins_are_one_text(self) -> None:
        columns = {"columns": {"received": ["Tag", "Uhrzeit"], "name": ["Vorname", "Nachname"]}}
        record = {"Nachname": "Muster", "Vorname": "Robin", "Uhrzeit": "08:10", "Tag": "25.11.2026"}
        one = only(read(CSV, as_csv(record), columns=columns))
        assert one.received == "2026-11-25T08:10:00"
        assert one.parties[0].identifiers[0].value == "Robin Muster"

    @given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=6), st.data())
    @settings(suppress_health_check=[HealthCheck.differing_executors], max_examples=60)
    def test_whatever_columns_are_called_no_value_is_lost(
        self, names: list[str], data: st.DataObject
    ) -> None:
        known = st.sampled_from([name for name in fields() if name not in ("viewed", "retracted", "urgent")])
        names += data.draw(st.lists(known, max_size=6))
        record = [(name, f"v{place}x") for place, name in enumerate(names)]
        said = repr(to_report(record, Columns().places(names), "csv", "list"))
        assert [value for _, value in record if value not in said] == []

    @pytest.mark.parametrize(
        ("field", "said"),
        [
            ("urgent", "medium"),
            ("viewed", "by two people"),
            ("viewed", "yes"),
            ("retracted", "on Friday"),
            ("ip port", "none stated"),
            ("ip time", "last week"),
            ("incident", "long " * 4_000 + "end"),
        ],
    )
    def test_a_value_of_which_nothing_can_be_made_is_kept(self, field: str, said: str) -> None:
        one = only(read(CSV, as_csv({"ID": "1", field: said})))
        assert any(said in kept for _, kept in one.unknown)


class TestLists:
    def test_several_values_of_an_account_are_several(self) -> None:
        one = only(
            read(JSON, as_json([{"id": "1", "username": ["robin_s", "robin_t"], "phone": "+49 1; +49 2"}]))
        )
        assert [said.value for said in one.parties[0].identifiers] == ["+49 1", "+49 2", "robin_s", "robin_t"]

    def test_an_address_may_hold_the_marks_that_divide_addresses(self) -> None:
        said = "https://a.example.org/1,2;3|4, https://a.example.org/5;https://a.example.org/6"
        one = only(read(CSV, as_csv({"ID": "1", "URL": said}, delimiter="\t")))
        assert [page.value[-7:] for page in one.groups] == ["1,2;3|4", "e.org/5", "e.org/6"]

    def test_each_address_has_its_time_and_port_where_there_are_as_many(self) -> None:
        record = {"ID": "1", "IP": "192.0.2.1; 192.0.2.2", "IP port": "1;2"}
        for said, times in (
            ("25.11.2026 08:10; 26.11.2026 09:00", ["2026-11-25T08:10:00", "2026-11-26T09:00:00"]),
            ("2026-11-25T08:10Z", ["2026-11-25T08:10Z"] * 2),
        ):
            one = only(read(CSV, as_csv({**record, "IP time": said})))
            captures = one.parties[0].identifiers
            assert [capture.time for capture in captures] == times
            assert [capture.port for capture in captures] == [1, 2]

    def test_lists_within_lists_are_kept(self) -> None:
        one = only(read(JSON, as_json([{"id": "1", "mood": [["calm"], {"tone": ["low", ["flat"]]}]}])))
        assert "calm" in said_by(one) and "flat" in said_by(one)


class TestDates:
    @staticmethod
    def received(*stated: str, **columns: object) -> list[str | None]:
        document = as_csv(*({"ID": str(place), "Received": one} for place, one in enumerate(stated)))
        listed = as_json([{"ID": str(place), "Received": one} for place, one in enumerate(stated)])
        found = [one.received for one in reports(read(CSV, document, columns=columns))]
        assert [one.received for one in reports(read(JSON, listed, columns=columns))] == found
        return found

    def test_a_date_that_may_be_two_is_kept_as_stated(self) -> None:
        assert self.received("03/04/2026") == ["03/04/2026"]

    def test_the_rest_of_the_column_decides(self) -> None:
        assert self.received("03/04/2026", "2026-01-01", "25/04/2026") == [
            "2026-04-03",
            "2026-01-01",
            "2026-04-25",
        ]
        assert self.received("03/04/2026", "04/25/2026") == ["2026-03-04", "2026-04-25"]

    def test_a_column_that_disagrees_decides_nothing(self) -> None:
        assert self.received("03/04/2026", "04/25/2026", "25/04/2026")[0] == "03/04/2026"

    def test_a_mapping_decides_before_the_column(self) -> None:
        assert self.received("03/04/2026", "04/25/2026", dates="day-first")[0] == "2026-04-03"
        assert self.received("03/04/2026", dates="month-first") == ["2026-03-04"]

    def test_what_was_decided_is_kept_as_stated_too(self) -> None:
        one = only(read(CSV, as_csv({"ID": "1", "Received": "03/04/2026"}), columns={"dates": "day-first"}))
        assert one.unknown == (("received as stated", "03/04/2026 (read with the day first)"),)

    def test_what_is_no_date_is_kept_as_stated(self) -> None:
        assert self.received("gestern", "31.02.2026") == ["gestern", "31.02.2026"]


class TestRecognition:
    """Which lists are taken for such, with and without a mapping."""

    MAP = {"columns": {"report_id": "Kennung", "text": "Aussage"}}  # noqa: RUF012
    RECORD = {"Kennung": "K 1", "Aussage": "one", "Laune": "calm"}  # noqa: RUF012

    @staticmethod
    def came(folder: Path, columns: dict[str, object], readers: tuple[ReportReader, ...] = READERS) -> Came:
        found = Came()
        found.pieces = list(pieces(folder, readers, columns, found))
        return found

    @pytest.mark.parametrize(
        "document",
        [
            as_csv(RECORD),
            as_csv(RECORD, delimiter=";").decode().encode("utf-16"),
            as_json([RECORD]),
            json.dumps([{"reports": 1, **RECORD}]).encode(),
        ],
    )
    def test_a_list_is_recognised_by_a_mapping(self, tmp_path: Path, document: bytes) -> None:
        (tmp_path / "list.csv").write_bytes(document)
        assert self.came(tmp_path, {}).ids == []
        came = self.came(tmp_path, self.MAP)
        assert (came.ids, came.unreadable) == (["K 1"], {})

    def test_one_column_is_enough_where_the_mapping_names_no_other(self, tmp_path: Path) -> None:
        (tmp_path / "list.csv").write_bytes(b"Aussage,Laune\none,calm\n")
        assert len(self.came(tmp_path, {"columns": {"text": "Aussage"}}).reports) == 1

    def test_keys_within_keys_are_recognised_by_a_mapping(self, tmp_path: Path) -> None:
        (tmp_path / "list.json").write_bytes(as_json([{"a": {"Größe": "K 1"}, "b": {"c": "one"}}]))
        assert self.came(tmp_path, {"columns": {"report_id": "a Größe", "text": "b c"}}).ids == ["K 1"]

    def test_a_list_in_another_file_is_recognised_beside_it(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(as_csv(self.RECORD))
        (tmp_path / "b.csv").write_bytes(b"ID,Text\n1,two\n")
        came = self.came(tmp_path, self.MAP)
        assert (came.ids, came.unreadable) == (["K 1", "1"], {})

    @pytest.mark.parametrize(("name", "format_"), [("list.csv", "csv"), ("list.json", "hotline")])
    def test_a_list_that_is_not_recognised_says_what_to_do(
        self, tmp_path: Path, name: str, format_: str
    ) -> None:
        document = as_csv(self.RECORD) if format_ == "csv" else as_json([self.RECORD])
        (tmp_path / name).write_bytes(document)
        said = self.came(tmp_path, {}).unreadable[name]
        assert f"--format {format_}" in said and "--map" in said
        wrong: dict[str, object] = {"columns": {"text": "Sachverhalt", "report_id": "Akte"}}
        assert "mend the mapping" in self.came(tmp_path, wrong).unreadable[name]

    def test_what_is_no_list_is_not_called_one(self, tmp_path: Path) -> None:
        (tmp_path / "a.xml").write_bytes(b"<letter>one, two</letter>")
        (tmp_path / "b.csv").write_bytes(b"Dear all, hello\n")
        assert not any("--map" in said for said in self.came(tmp_path, {}).unreadable.values())

    def test_the_example_of_the_documentation_works_as_written(self, tmp_path: Path) -> None:
        page = (Path(__file__).parents[2] / "docs" / "how-to" / "report-desk.md").read_text("utf-8")
        section = page[page.index("## Take reports in") : page.index("## See what comes first")]
        listed, mapping = re.findall(r"^```(?:text|toml)\n(.*?)^```$", section, re.M | re.S)
        (tmp_path / "hotline.csv").write_text(listed, "utf-8")
        came = self.came(tmp_path / "hotline.csv", tomllib.loads(mapping))
        assert (came.ids, came.unreadable) == (["HL-1", "HL-2"], {})
        first = came.reports[0]
        assert [text.text for text in first.texts] == ["Ein Kind wird erpresst.", "Die Mutter hat angerufen."]
        assert (first.provider, first.received) == ("Meldestelle Musterland", "2026-11-25T08:10:00")
        assert first.unknown == (("Schicht", "früh"),)
        assert first.parties[0].identifiers[0].provider == "ExampleChat"

    def test_the_example_of_the_reference_is_a_mapping(self) -> None:
        page = (Path(__file__).parents[2] / "docs" / "reference" / "report-map.md").read_text("utf-8")
        (mapping,) = re.findall(r"^```toml\n(.*?)^```$", page, re.M | re.S)
        assert columns_of(tomllib.loads(mapping)).values["hotline"]

    def test_a_mapping_file_that_cannot_be_used_is_refused_before_anything_is_read(
        self, tmp_path: Path
    ) -> None:
        file = tmp_path / "map.toml"
        for text, why in (
            ('[columns]\nnumber = "Vorgang"\n', "no field 'number'"),
            ("columns = ", "cannot be used"),
        ):
            file.write_text(text, "utf-8")
            with pytest.raises(UsageError, match=why):
                _mapping(file)
