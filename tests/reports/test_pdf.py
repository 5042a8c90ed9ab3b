"""The PDF that police receive is read in a jail; what cannot be placed is kept as text."""

from __future__ import annotations

import io
import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.engine.inprocess import InProcessEngine
from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import TaskLimits
from safelight.reports.dates import iso
from safelight.reports.pdf import NO_TEXT, Extract, Extracted, PdfReader
from safelight.reports.pdf_sections import to_report
from safelight.reports.report import Annotation, Kind, Report, Role, Spot
from safelight.stated import Order
from tests.reports.deviations import Bears
from tests.reports.prints import LINES, picture_only, printed
from tests.reports.tips import only, read, unreadable

READER = PdfReader(InProcessEngine())
HEADINGS = ("Executive Summary", "Incident Information", "Suspect", "Uploaded File Information")
PLACED = ("CyberTipline", "Verified", "Submitter", "Source", "Information", "Received", "Geo-Lookup")
"""Words of labels, and words that became a value of another kind."""
TEXT = "The reported person may live with a child."


def of_rows(*rows: str) -> Report:
    return to_report(["\n".join(rows)], "x")


class TestBears(Bears):
    """What every reader must bear; texts of other scripts need other fonts than the printer of these has."""

    reader = READER
    document = printed()
    where = b""

    def test_text_of_any_script_is_kept(self) -> None:
        """As the rows have it."""
        for words in ("Überfall naïve", "Ребёнок", "الطفل", "孩子", "बच्चा"):
            assert words in repr(of_rows("CyberTipline Report 12345", words))

    def test_markup_in_a_text_is_taken_away(self) -> None:
        """Prints have none, except where they print it."""
        assert of_rows("Section A: Reported Information", "one <b>two</b>").texts[0].text == "one two"


@pytest.fixture(scope="module")
def report() -> Report:
    return only(read(READER, printed()))


class TestFields:
    def test_the_incident(self, report: Report) -> None:
        assert (report.report_id, report.provider) == ("123456789", "Chatter One")
        assert report.received == "2026-01-02T03:04:05+00:00"
        assert report.incident == "Child Pornography (possession, manufacture, and distribution)"
        assert report.occurred == "2025-12-31T15:45:09+00:00"
        assert report.escalation == "priority level E"

    def test_the_suspect(self, report: Report) -> None:
        (party,) = report.parties
        said = {(one.kind, one.value) for one in party.identifiers}
        assert party.role is Role.REPORTED
        assert (party.age, party.birth_date) == ("45", "1980-01-01")
        assert {
            (Kind.NAME, "Robin Sample"),
            (Kind.PHONE, "+1 202 555 0100"),
            (Kind.EMAIL, "robin@example.org"),
            (Kind.SCREEN_NAME, "robin_s"),
            (Kind.ACCOUNT, "778899"),
            (Kind.URL, "https://chatter.example.org/robin_s"),
        } <= said

    def test_source_information(self, report: Report) -> None:
        ip = next(one for one in report.parties[0].identifiers if one.kind is Kind.IP)
        assert (ip.value, ip.event, ip.time) == ("192.0.2.1", "Login", "2025-12-31T03:04:05+00:00")
        (upload,) = report.files[0].identifiers
        assert (upload.value, upload.event, upload.time) == (
            "192.0.2.7",
            "Upload",
            "2025-12-31T02:00:00+00:00",
        )

    def test_files(self, report: Report) -> None:
        one, two = report.files
        assert (one.name, one.file_id, one.viewed, one.public) == ("one.jpg", "a1b2c3d4e5", True, False)
        assert one.classification == "B1"
        assert two.digests == {"md5": "f" * 32}

    def test_a_file_of_which_nothing_is_said_was_not_viewed(self, report: Report) -> None:
        assert report.files[1].viewed is None

    def test_what_was_added_automatically(self, report: Report) -> None:
        assert report.spots == (Spot("geo-lookup", "DE", "Hesse", "Kassel", None, 51.31, 9.49),)

    def test_nothing_is_dropped(self, report: Report) -> None:
        everything = " ".join(repr(report).split())
        words = [
            word.strip(".,")
            for line in LINES
            if line not in HEADINGS and not line.startswith(("Section", "Contents", "Did ", "Were "))
            for word in re.split(r"[\s|()]+", line.partition(": ")[2] or line.rstrip(":"))
        ]
        gone = [word for word in words if word not in everything and word not in PLACED]
        assert [word for word in gone if (iso(word, Order.MONTH_FIRST) or word) not in everything] == []

    def test_texts_stand_under_their_section(self, report: Report) -> None:
        by_place = {one.where: one.text for one in report.texts}
        assert by_place["section C/NCMEC Note #1"] == TEXT
        assert "looks after children\nat weekends" in by_place["section A/Suspect"]


def dated(*said: str) -> Report:
    """A print with dates that may be two, and with these rows."""
    return of_rows(
        "CyberTipline Report 12345",
        "Received by NCMEC on 03-04-2026 03:04:05 UTC",
        *said,
        "Section A: Reported Information",
        "Incident Information",
        "Incident Time: 02-03-2026 11:00:00 PM UTC",
        "Suspect",
        "Date of Birth: 05-06-1980",
        "IP Address: 192.0.2.1 (Login) 01-02-2026 03:04:05 UTC",
        "Uploaded File Information",
        "Filename: a.jpg",
        "Upload Time: 01-02-2026 00:30:00 UTC",
    )


def dates_of(report: Report) -> list[str | None]:
    """Receipt, incident, birth, connection, upload."""
    [party], [file] = report.parties, report.files
    return [
        report.received,
        report.occurred,
        party.birth_date,
        party.identifiers[0].time,
        file.uploaded,
    ]


AS_STATED = [
    "03-04-2026 03:04:05 UTC",
    "02-03-2026 11:00:00 PM UTC",
    "05-06-1980",
    "01-02-2026 03:04:05 UTC",
    "01-02-2026 00:30:00 UTC",
]


class TestDates:
    def test_they_are_read_in_the_order_that_the_print_states(self) -> None:
        assert dates_of(dated("All dates are displayed as MM-DD-YYYY")) == [
            "2026-03-04T03:04:05+00:00",
            "2026-02-03T23:00:00+00:00",
            "1980-05-06",
            "2026-01-02T03:04:05+00:00",
            "2026-01-02T00:30:00+00:00",
        ]
        assert dates_of(dated("Dates are displayed as DD-MM-YYYY"))[2] == "1980-06-05"

    def test_one_that_may_be_two_is_kept_as_stated_as_well(self) -> None:
        kept = dict(dated("All dates are displayed as MM-DD-YYYY").unknown)
        assert kept["birth_date as stated"] == "05-06-1980 (read with the month first, as the print says)"

    @pytest.mark.parametrize(
        "said",
        [
            [],
            ["All dates are displayed as they were sent"],
            ["All dates are displayed as MM-DD-YYYY", "All dates are displayed as DD-MM-YYYY"],
        ],
    )
    def test_without_one_order_they_stay_as_stated(self, said: list[str]) -> None:
        assert dates_of(dated(*said)) == AS_STATED


class TestDeviations:
    def test_heads_and_feet_of_pages_are_no_text(self) -> None:
        one = only(read(READER, printed(foot="CyberTipline Report 123456789 |")))
        assert "Page" not in " ".join(text.text for text in one.texts)

    def test_another_pdf_is_a_report_whose_text_is_all_there_is(self) -> None:
        one = only(
            read(READER, printed(["A letter about a worry.", "It has two rows."]), fallback_id="letter")
        )
        assert (one.report_id, one.parties, one.files) == ("letter", (), ())
        assert one.texts[0].text == "A letter about a worry.\nIt has two rows."

    @pytest.mark.parametrize(
        "said", ["No", "(Information Not Provided by Company)", "", "Unknown", "Not entirely: yes"]
    )
    def test_only_a_plain_yes_says_that_it_was_viewed(self, said: str) -> None:
        one = of_rows(
            "Section A: Reported Information",
            "Uploaded File Information",
            "Filename: a.jpg",
            f"Did Reporting ESP view entire contents of uploaded file? {said}",
        )
        assert one.files[0].viewed is not True

    @pytest.mark.parametrize(
        ("row", "value", "port"),
        [
            ("IP Address: 192.0.2.1 (Login) 01-02-2026 03:04:05 UTC", "192.0.2.1", None),
            ("IP Address: 192.0.2.1:50123 (Login) 01-02-2026 03:04:05 UTC", "192.0.2.1", 50123),
            ("IP Address: 192.0.2.1 Port: 50123 (Login) 01-02-2026 03:04:05 UTC", "192.0.2.1", 50123),
            ("IP Address: 2001:db8::1 (Login) 01-02-2026 03:04:05 UTC", "2001:db8::1", None),
        ],
    )
    def test_addresses(self, row: str, value: str, port: int | None) -> None:
        ip = of_rows("Section A: Reported Information", "Suspect", row).parties[0].identifiers[0]
        assert (ip.value, ip.port, ip.event, ip.time) == (value, port, "Login", "01-02-2026 03:04:05 UTC")

    @pytest.mark.parametrize(
        "heading", ["Suspect", "Person or User Being Reported", "Suspect (1)", "Suspect #2"]
    )
    def test_headings_of_a_reported_person(self, heading: str) -> None:
        one = of_rows("Section A: Reported Information", heading, "Name: Robin Sample")
        assert one.parties[0].role is Role.REPORTED

    def test_a_sentence_that_begins_like_a_heading_is_text(self) -> None:
        one = of_rows("Section C: Additional Information", "Victim was met near a school.")
        assert one.parties == ()
        assert one.texts[0].text == "Victim was met near a school."

    def test_marks_of_a_report_that_is_taken_back(self) -> None:
        one = of_rows("Section A: Reported Information", "Incident Information", "Retracted: Yes")
        assert Annotation.RETRACTED in one.annotations

    def test_a_scan_has_to_be_read_by_a_person(self) -> None:
        assert unreadable(read(READER, picture_only())) == [NO_TEXT]

    def test_a_locked_one_says_so(self) -> None:
        assert "password" in unreadable(read(READER, printed(password="secret")))[0]

    def test_one_that_only_forbids_copying_is_read(self) -> None:
        assert only(read(READER, printed(password=""))).report_id == "123456789"

    @given(st.lists(st.sampled_from(LINES) | st.text(max_size=30), max_size=20))
    @settings(max_examples=150)
    def test_nothing_escapes_whatever_rows_there_are(self, rows: list[str]) -> None:
        of_rows(*rows)

    @given(st.text(st.sampled_from("aA(): ?\n.0/-"), max_size=300))
    def test_nothing_hangs_whatever_characters_there_are(self, text: str) -> None:
        to_report([text], "x")

    def test_long_rows_take_no_longer_than_they_must(self) -> None:
        for row in (
            "Name: " + "(" * 100_000,
            "A" * 100_000,
            "1-" * 50_000,
            "IP Address: " + "1." * 50_000,
            ":" * 100_000,
        ):
            of_rows("Section A: Reported Information", "Suspect", row)


class TestJail:
    """The parser runs in a process of its own."""

    def test_it_reads_the_same_there(self, report: Report) -> None:
        with PoolEngine(1) as engine:
            assert only(read(PdfReader(engine), printed())) == report
            assert engine.jail is not None and engine.jail["jailed"]

    def test_a_bomb_costs_its_document(self) -> None:
        stream = zlib.compress(b"BT " + b"(a) Tj " * 8_000_000 + b"ET", 9)
        bomb = (
            b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 5 0 R>>endobj\n"
            b"5 0 obj<</Filter/FlateDecode/Length "
            + str(len(stream)).encode()
            + b">>stream\n"
            + stream
            + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n"
        )
        with PoolEngine(1) as engine:
            impatient = PdfReader(engine, TaskLimits(memory_bytes=2 << 30, seconds_per_item=1.0))
            assert "worker" in unreadable(read(impatient, bomb))[0]
            assert only(read(impatient, printed())).report_id == "123456789"

    @pytest.mark.parametrize(
        "lie", [None, 5, {}, {"pages": "x", "problem": None}, {"pages": [5], "problem": None}, {"error": 5}]
    )
    def test_a_worker_that_lies_is_not_believed(self, lie: object) -> None:
        with pytest.raises((TypeError, ValueError, KeyError)):
            Extract().decode(lie)

    def test_what_it_says_is_data(self) -> None:
        assert Extract().decode({"pages": ["a"], "problem": None}) == Extracted(("a",))


def test_a_document_that_is_too_large_is_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safelight.reports.pdf.LARGEST", 100)
    assert "larger" in unreadable(list(READER.read(io.BytesIO(printed()), None)))[0]  # type: ignore[arg-type]
