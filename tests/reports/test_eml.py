"""E-mailed reports: the words are read, what is attached is read on, media stay closed."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from safelight.reports.eml import EmlReader
from safelight.reports.protocol import Attachment
from safelight.reports.report import Kind, Role
from tests.reports.deviations import Bears
from tests.reports.intake.reading import Came, came_of
from tests.reports.tips import details, message, person, read, reports, tip, unreadable, zipped

READER = EmlReader()
TEXT = "A neighbour reports that a child may be at risk."


def html_only(text: str) -> EmailMessage:
    made = message()
    made.clear_content()
    made.set_content(f"<html><style>p {{}}</style><p>{text}</p></html>", subtype="html")
    return made


class TestBears(Bears):
    """What every reader must bear."""

    reader = READER
    document = message(attached={"report.xml": tip("1").encode()}).as_bytes().replace(b"7bit", b"8bit")
    where = TEXT.encode()

    def test_text_of_any_script_is_kept(self) -> None:
        """In the encodings that mail has."""
        for words in ("Überfall naïve", "Ребёнок", "الطفل", "孩子", "बच्चा"):
            for charset in ("utf-8", "utf-16"):
                made = message()
                made.set_content(words, charset=charset)
                assert words in repr(read(READER, made.as_bytes()))

    def test_markup_in_a_text_is_taken_away(self) -> None:
        """Where there is nothing but markup."""
        (one,) = reports(read(READER, html_only("one <b>two</b><br>three &amp; four").as_bytes()))
        assert one.texts[1].text == "one two\nthree & four"


class TestFields:
    def test_the_message_is_a_report(self) -> None:
        (one,) = reports(read(READER, message().as_bytes()))
        assert (one.report_id, one.provider) == ("m1@hotline.example.org", "hotline.example.org")
        assert one.received == "2026-01-02T03:04:05+00:00"
        assert [text.text for text in one.texts] == ["A report", TEXT]

    def test_its_sender_reports(self) -> None:
        (party,) = reports(read(READER, message().as_bytes()))[0].parties
        assert party.role is Role.REPORTER
        assert [(one.kind, one.value) for one in party.identifiers] == [
            (Kind.EMAIL, "desk@hotline.example.org"),
            (Kind.NAME, "Desk"),
        ]

    def test_what_is_attached_is_handed_on(self) -> None:
        parts = read(READER, message(attached={"a.xml": b"<report/>", "b.jpg": b"\xff\xd8"}).as_bytes())
        assert parts[1:] == [Attachment("a.xml", b"<report/>"), Attachment("b.jpg", b"\xff\xd8")]

    def test_a_name_cannot_lead_elsewhere(self) -> None:
        parts = read(READER, message(attached={"../../etc/x.xml": b"<report/>"}).as_bytes())
        assert isinstance(parts[1], Attachment)
        assert "/" not in parts[1].name

    def test_a_message_without_an_id_takes_its_document_s(self) -> None:
        made = message()
        del made["Message-ID"]
        assert reports(read(READER, made.as_bytes(), fallback_id="m"))[0].report_id == "m"

    def test_other_texts_are_none_of_ours(self) -> None:
        for document in (
            b"From here to there: a text",
            b"<report/>",
            b"a,b\n1,2\n",
            b"",
            b"Subject: one header\n\n",
        ):
            assert not READER.detects(document, "x.eml")


class TestDeviations:
    @pytest.mark.parametrize(
        "header",
        [
            b"Subject: =?utf-8?q?=ff=fe?=\n",
            b"Subject: =?no-such-charset?b?////?=\n",
            b'From: <<<>>> ,,; "\n',
            b"Date: yesterday\n",
            b"Content-Type: multipart/mixed; boundary=\n",
            b'Content-Type: text/plain; charset="no such"\n',
            b"Content-Type: ;;;;\n",
            b"Content-Disposition: attachment; filename*=utf-8''%ff%fe\n",
            b"Content-Transfer-Encoding: base64\n",
            b"Message-ID: <" + b"x" * 100_000 + b">\n",
        ],
    )
    def test_headers_that_lie_cost_nothing_else(self, header: bytes) -> None:
        data = b"From: a@example.org\nTo: b@example.org\n" + header + b"\nA text that is said."
        assert reports(read(READER, data)) or unreadable(read(READER, data))

    def test_parts_within_parts_without_end(self) -> None:
        data = b"From: a@example.org\nTo: b@example.org\n"
        for number in range(2_000):
            data += f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n".encode()
        assert read(READER, data)

    def test_a_flood_of_parts_is_cut_and_said(self) -> None:
        made = message(attached={f"{n}.txt": b"x" for n in range(1_010)})
        assert any("parts" in problem for problem in reports(read(READER, made.as_bytes()))[0].problems)

    def test_wrong_encodings_are_read_all_the_same(self) -> None:
        data = b"From: a@example.org\nTo: b@example.org\nContent-Type: text/plain; charset=utf-8\n\nm\xfcller"
        assert "müller" in reports(read(READER, data))[0].texts[-1].text


class TestImported:
    """What an import makes of it."""

    def came(self, folder: Path, made: EmailMessage) -> Came:
        path = folder / "mail.eml"
        path.write_bytes(made.as_bytes())
        return came_of(path)

    def test_around_one_report_its_words_are_the_report_s(self, tmp_path: Path) -> None:
        came = self.came(tmp_path, message(attached={"report.xml": tip("1", person()).encode()}))
        assert came.ids == ["1"]
        assert came.reports[0].format == "cybertip"
        assert TEXT in [text.text for text in came.reports[0].texts]
        assert "desk@hotline.example.org" in repr(came.reports[0].unknown)

    def test_around_several_it_is_one_of_its_own(self, tmp_path: Path) -> None:
        came = self.came(tmp_path, message(attached={"a.xml": tip("1").encode(), "b.xml": tip("2").encode()}))
        assert sorted(came.ids) == ["1", "2", "m1@hotline.example.org"]
        assert next(one for one in came.reports if one.format == "eml").related == ("1", "2")

    def test_media_stay_closed_and_are_files_of_it(self, tmp_path: Path) -> None:
        came = self.came(tmp_path, message(attached={"a.jpg": b"\xff\xd8"}))
        assert came.closed == ["a.jpg"]
        assert [(file.name, file.viewed) for file in came.reports[0].files] == [("a.jpg", None)]

    def test_an_archive_in_it_is_a_bundle(self, tmp_path: Path) -> None:
        inner = zipped({"report.xml": tip(None), "fileDetails.xml": details("77", "a.jpg"), "a.jpg": b""})
        came = self.came(tmp_path, message(attached={"bundle.zip": inner}))
        assert came.ids == ["77"]

    def test_a_message_in_it_is_read_on(self, tmp_path: Path) -> None:
        outer = message("Forwarded", "See below.")
        outer.add_attachment(message(attached={"report.xml": tip("5").encode()}))
        assert "5" in self.came(tmp_path, outer).ids

    def test_messages_are_not_entered_without_end(self, tmp_path: Path) -> None:
        made = message(attached={"report.xml": tip("5").encode()})
        for _ in range(8):
            outer = message("Forwarded", "See below.")
            outer.add_attachment(made)
            made = outer
        came = self.came(tmp_path, made)
        assert "5" not in came.ids
        assert "within one another" in repr(came.unreadable)

    def test_a_broken_attachment_costs_itself_alone(self, tmp_path: Path) -> None:
        came = self.came(
            tmp_path, message(attached={"a.xml": b"<report><x></y></report>", "b.xml": tip("2").encode()})
        )
        assert "2" in came.ids
        assert "a.xml" in came.unreadable
