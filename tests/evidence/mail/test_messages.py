"""Mail as other programs write it: attachments byte for byte, below date and subject, with who sent them."""

from __future__ import annotations

import base64
import mailbox
import quopri
import shutil
import subprocess
import time
import tracemalloc
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.evidence.decompress import Feed
from safelight.evidence.guards import Meter
from safelight.evidence.mail import transfer
from safelight.evidence.mail.eml import EmlReader
from safelight.evidence.protocol import Limits
from safelight.evidence.scope import Scope
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from safelight.model import LOCKED, State
from tests.evidence.opened import look, photo


def message(subject: str = "Grüße / from holiday", *attached: tuple[str, bytes]) -> EmailMessage:
    """A message as Python's own library writes it."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Jürgen <j@example.org>", "k@example.org"
    mail["Subject"], mail["Date"] = subject, "Fri, 01 Mar 2024 12:30:05 +0200"
    mail.set_content("see below")
    for name, data in attached:
        mail.add_attachment(data, maintype="image", subtype="jpeg", filename=name)
    return mail


def test_attachments_come_out_with_sender_and_date(tmp_path: Path) -> None:
    one, two = photo(1), photo(2)
    (tmp_path / "a.eml").write_bytes(bytes(message("Grüße", ("größe.jpg", one), ("b.jpg", two))))
    seen = look(tmp_path / "a.eml")
    assert seen.content == {"größe.jpg": one, "b.jpg": two}
    assert (
        seen.notes["b.jpg"] == "from Jürgen <j@example.org>, to k@example.org, 2024-03-01T10:30:05Z, “Grüße”"
    )
    modified = seen.times["b.jpg"].modified
    assert modified is not None
    assert modified.value == "2024-03-01T10:30:05Z"


@pytest.mark.skipif(shutil.which("mpack") is None, reason="mpack is not installed")
def test_what_mpack_packs_comes_out(tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(photo())
    subprocess.run(["mpack", "-s", "hello", "-o", "m.eml", "p.jpg"], cwd=tmp_path, check=True)
    assert look(tmp_path / "m.eml").content == {"p.jpg": photo()}


@pytest.mark.skipif(shutil.which("uuencode") is None, reason="sharutils is not installed")
@pytest.mark.parametrize("option", [(), ("-m",)])
def test_files_within_the_text_are_found(option: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(photo())
    text = subprocess.run(
        ["uuencode", *option, "p.jpg", "q.jpg"], cwd=tmp_path, check=True, capture_output=True
    ).stdout
    mail = b"From: a@b.c\nTo: d@e.f\nSubject: old\n\nbegin with this\nhello\n" + text + b"\nbye\n"
    (tmp_path / "m.eml").write_bytes(mail)
    assert look(tmp_path / "m.eml").content == {"q.jpg": photo()}


def test_a_message_within_a_message_is_a_file_of_its_own(tmp_path: Path) -> None:
    inner, outer = message("inner", ("a.jpg", photo())), message("outer")
    outer.add_attachment(inner)
    (tmp_path / "m.eml").write_bytes(bytes(outer))
    assert look(tmp_path / "m.eml").content == {"inner.eml": bytes(inner), "inner.eml//a.jpg": photo()}


def test_an_mbox_has_a_folder_for_each_message(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "inbox")
    for number in range(3):
        mail = message(f"no {number}", (f"{number}.jpg", photo(number)))
        mail.get_payload()[0].set_content("From here on\n\nFrom nobody at 12:30 in 2024 came a word\n")  # type: ignore[union-attr, index]
        box.add(mail)
    box.close()
    expected = {f"2024-03-01 10.30.05 no {number}/{number}.jpg": photo(number) for number in range(3)}
    assert look(tmp_path / "inbox").content == expected


def test_a_text_that_looks_like_the_line_between_messages_does_not_hide_what_follows(tmp_path: Path) -> None:
    text = "see below\n\nFrom 9:00 to 17:30 on 3 May 2024 we meet.\n\nbye\n"
    mail = message("one", ("a.jpg", photo(1)))
    mail.get_payload()[0].set_content(text)  # type: ignore[union-attr, index]
    line = b"From a@b.c Fri Mar  1 12:30:05 2024\n"  # programs that count lengths do not mask such lines
    (tmp_path / "box").write_bytes(
        line + bytes(mail) + b"\n" + line + bytes(message("two", ("b.jpg", photo(2))))
    )
    assert look(tmp_path / "box").content == {
        "2024-03-01 10.30.05 one/a.jpg": photo(1),
        "2024-03-01 10.30.05 two/b.jpg": photo(2),
    }


def test_labels_of_googles_mail_are_told(tmp_path: Path) -> None:
    line = b"From 17@xxx Fri Mar 01 12:30:05 +0000 2024\r\nX-Gmail-Labels: =?UTF-8?Q?Papierkorb?=,Trash\r\n"
    mail = bytes(message("one", ("a.jpg", photo(1)))).replace(b"\n", b"\r\n")
    (tmp_path / "All mail.mbox").write_bytes(line + mail)
    (note,) = look(tmp_path / "All mail.mbox").notes.values()
    assert note.endswith("“one”, labels Papierkorb,Trash")


def test_a_mark_of_thunderbird_in_a_message_within_one_says_nothing_of_that_around_it(tmp_path: Path) -> None:
    inner = b"X-Mozilla-Status: 0009\n" + bytes(message("in", ("a.jpg", photo(1))))
    head = b"From: a@b.c\nSubject: out\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n"
    box = b"From a@b.c Fri Mar  1 12:30:05 2024\n" + head + inner
    (tmp_path / "box").write_bytes(box.replace(b"\n", b"\r\n"))
    seen = look(tmp_path / "box")
    assert {state for name, state in seen.states.items() if name} == {State.EMBEDDED}


def test_a_long_header_hides_nothing(tmp_path: Path) -> None:
    long = b"".join(b"X-Filler-%d: " % number + b"y" * 900 + b"\n" for number in range(150))
    mail = bytes(message("x", ("a.jpg", photo())))
    (tmp_path / "m.eml").write_bytes(mail.replace(b"MIME-Version", long + b"MIME-Version", 1))
    assert look(tmp_path / "m.eml").content == {"a.jpg": photo()}
    (tmp_path / "m.eml").write_bytes(mail.replace(b"MIME-Version", 9 * long + b"MIME-Version", 1))
    seen = look(tmp_path / "m.eml")
    assert not seen.content
    assert "a header of more than 1,024 KiB" in seen.errors[""]


def test_a_picture_that_is_called_text_is_still_a_picture(tmp_path: Path) -> None:
    head = (
        b"From: a@b.c\nTo: d@e.f\nSubject: x\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
    )
    (tmp_path / "m.eml").write_bytes(head + base64.encodebytes(photo()))
    assert look(tmp_path / "m.eml").content == {"part 1.txt": photo()}
    (tmp_path / "m.eml").write_bytes(head + base64.encodebytes(b"just words " * 200))
    assert look(tmp_path / "m.eml").content == {}


def test_who_wrote_what_the_order_leaves_out_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(bytes(message("x", ("a.jpg", photo(1)), ("b.png", photo(2)))))
    found = {one.path: one for one in walk(tmp_path / "m.eml", scope=Scope.parse((), ("*.png",)))}
    assert (found["m.eml//a.jpg"].node.note or "").startswith("from ")
    assert found["m.eml//b.png"].examined is False
    assert found["m.eml//b.png"].node.note is None


def test_a_mailbox_whose_lines_have_no_date_is_one_too(tmp_path: Path) -> None:
    mails = [
        bytes(message(name, (f"{name}.jpg", photo(number)))) for number, name in enumerate(("a", "b"), 1)
    ]
    mails[0] = mails[0].replace(b"\n\n", b"\n\nFrom here on it is text\n\n", 1)
    (tmp_path / "box").write_bytes(b"".join(b"From jo@example.org\n" + mail + b"\n" for mail in mails))
    assert set(look(tmp_path / "box").content.values()) == {photo(1), photo(2)}


def test_what_a_maildir_or_apple_mail_marks_as_deleted_is_said_to_be(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    for flags in ("S", "ST"):
        mail = mailbox.MaildirMessage(message("x", (f"{flags}.jpg", photo())))
        mail.set_subdir("cur")
        mail.set_flags(flags)
        box.add(mail)
    notes = {
        one.path.rpartition("/")[2]: one.node.note or "" for one in walk(tmp_path / "box") if "//" in one.path
    }
    assert notes["ST.jpg"].endswith(", labels trashed (by the file's name)")
    assert "labels" not in notes["S.jpg"]
    for flags, is_deleted in ((8_590_195_713, False), (8_590_195_715, True)):
        mail_ = bytes(message("x", ("a.jpg", photo())))
        plist = b"<plist><dict><key>flags</key>\n\t<integer>%d</integer></dict></plist>" % flags
        (tmp_path / "1.emlx").write_bytes(b"%d\n%s%s" % (len(mail_), mail_, plist))
        (note,) = look(tmp_path / "1.emlx").notes.values()
        assert note.endswith("deleted (by Apple Mail's flags)") == is_deleted


@pytest.mark.parametrize(
    ("date", "value", "zone"),
    [
        ("Fri, 01 Mar 2024 12:30:05 +0200", "2024-03-01T10:30:05Z", "utc"),
        ("Fri, 01 Mar 2024 12:30:05 -0000", "2024-03-01T12:30:05Z", "utc"),
        ("Fri, 01 Mar 2024 12:30:05 GMT", "2024-03-01T12:30:05Z", "utc"),
        (
            "Fri, 01 Mar 2024 12:30:05 CET",
            "2024-03-01T12:30:05",
            "local",
        ),  # names of zones are not told apart
        ("Fri, 01 Mar 2024 12:30:05", "2024-03-01T12:30:05", "local"),
    ],
)
def test_a_date_is_in_utc_where_its_zone_is_stated(date: str, value: str, zone: str, tmp_path: Path) -> None:
    mail = bytes(message("x", ("a.jpg", photo())))
    start = mail.index(b"Date: ")
    end = mail.index(b"\n", start)
    (tmp_path / "m.eml").write_bytes(mail[:start] + b"Date: " + date.encode() + mail[end:])
    created = look(tmp_path / "m.eml").times["a.jpg"].created
    assert created is not None
    assert (created.value, created.zone) == (value, zone)


def test_one_odd_header_does_not_cost_the_messages_behind_it(tmp_path: Path) -> None:
    line = b"From a@b.c Fri Mar  1 12:30:05 2024\n"
    odd = b"From: =?\0utf-8?Q?J=C3=BCrgen?= <a@b.c>\nSubject: odd\n"
    odd += b"Content-Type: multipart/mixed; boundary*=\0utf-8''bound\n\n--bound\nContent-Type: image/jpeg\n"
    odd += b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(photo(1)) + b"\n--bound--\n\n"
    (tmp_path / "box").write_bytes(line + odd + line + bytes(message("two", ("b.jpg", photo(2)))))
    seen = look(tmp_path / "box")
    assert list(seen.content.values()) == [photo(1), photo(2)]
    assert "Jürgen" in seen.notes["no date odd/part 1.jpg"]


def test_a_maildir_is_read_file_by_file(tmp_path: Path) -> None:
    mailbox.Maildir(tmp_path / "box").add(message("x", ("a.jpg", photo())))
    found = [one.path for one in walk(tmp_path / "box") if one.path.endswith("//a.jpg")]
    assert len(found) == 1


def test_what_thunderbird_deleted_and_did_not_compact_is_deleted(tmp_path: Path) -> None:
    kept, gone = message("kept", ("a.jpg", photo(1))), message("gone", ("b.jpg", photo(2)))
    line = b"From - Fri Mar 01 12:30:05 2024\n"
    box = (
        line
        + b"X-Mozilla-Status: 0001\n"
        + bytes(kept)
        + b"\n"
        + line
        + b"X-Mozilla-Status: 0009\n"
        + bytes(gone)
    )
    (tmp_path / "Inbox").write_bytes(box)
    seen = look(tmp_path / "Inbox")
    assert seen.states["2024-03-01 10.30.05 kept/a.jpg"] is State.EMBEDDED
    assert seen.states["2024-03-01 10.30.05 gone/b.jpg"] is State.DELETED
    assert seen.content["2024-03-01 10.30.05 gone/b.jpg"] == photo(2)


def test_apple_mail_counts_the_bytes_first(tmp_path: Path) -> None:
    mail = bytes(message("x", ("a.jpg", photo())))
    (tmp_path / "1.emlx").write_bytes(b"%d      \n%s<?xml version='1.0'?><plist/>" % (len(mail), mail))
    assert look(tmp_path / "1.emlx").content == {"a.jpg": photo()}
    (tmp_path / "2.emlx").write_bytes(b"%d      \n%s" % (len(mail) + 500, mail))
    assert "of" in look(tmp_path / "2.emlx").errors[""]


def test_pictures_of_a_saved_page_are_named_by_their_address(tmp_path: Path) -> None:
    page = b"From: <Saved by Blink>\nSubject: page\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=xx\n\n"
    page += b"--xx\nContent-Type: text/html\n\n<img>\n"
    page += b"--xx\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n"
    page += (
        b"Content-Location: https://example.org/pics/sea.jpg?size=2\n\n"
        + base64.encodebytes(photo())
        + b"--xx--\n"
    )
    (tmp_path / "page.mhtml").write_bytes(page)
    assert look(tmp_path / "page.mhtml").content == {"sea.jpg": photo()}


def test_a_boundary_that_is_not_stated_is_found(tmp_path: Path) -> None:
    mail = b"From: a@b.c\nSubject: s\nDate: x\nContent-Type: multipart/mixed\n\n"
    mail += b"--abc\nContent-Type: image/jpeg; name=a.jpg\n"
    mail += b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(photo()) + b"--abc--\n"
    (tmp_path / "m.eml").write_bytes(mail)
    assert look(tmp_path / "m.eml").content == {"a.jpg": photo()}


def test_a_message_that_breaks_off_gives_what_is_there(tmp_path: Path) -> None:
    mail = bytes(message("x", ("a.jpg", photo())))
    (tmp_path / "m.eml").write_bytes(mail[: len(mail) // 2])
    content = look(tmp_path / "m.eml").content["a.jpg"]
    assert 1000 < len(content) < len(photo())
    assert photo().startswith(content)


def test_ten_thousand_nested_parts_end_soon_and_keep_the_picture(tmp_path: Path) -> None:
    mail = b"From: a@b.c\nSubject: s\nContent-Type: multipart/mixed; boundary=b0\n\n"
    for number in range(10_000):
        mail += b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (number, number + 1)
    mail += b"--b10000\nContent-Type: image/jpeg; name=a.jpg\nContent-Transfer-Encoding: base64\n\n"
    (tmp_path / "m.eml").write_bytes(mail + base64.encodebytes(photo()))
    begun = time.monotonic()
    seen = look(tmp_path / "m.eml")
    assert time.monotonic() - begun < 20
    assert any(base64.encodebytes(photo())[:60] in data or data == photo() for data in seen.content.values())


def test_a_large_attachment_is_decoded_in_constant_memory() -> None:
    size = 24 << 20
    line = base64.b64encode(bytes(57)) + b"\n"
    source = BytesSource(
        b"From: a\nTo: b\nContent-Transfer-Encoding: base64\nContent-Type: image/jpeg\n\n"
        + line * (size // 57)
    )
    limits = Limits()
    (node,) = EmlReader().walk(source, limits)
    assert node.open is not None
    feed = Feed(source, node.address["offset"], source.size)
    tracemalloc.start()
    total = sum(map(len, Meter(limits, source.size).guarded(transfer.base64(feed), lambda: feed.position)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == size // 57 * 57
    assert peak < 8 << 20


def test_encrypted_mail_says_what_would_open_it(tmp_path: Path) -> None:
    mail = b"From: a@b.c\nTo: d@e.f\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n"
    (tmp_path / "m.eml").write_bytes(mail + b"Content-Transfer-Encoding: base64\n\nMIIB\n")
    seen = look(tmp_path / "m.eml")
    assert LOCKED in seen.errors["smime.p7m"]
    assert "private key" in seen.errors["smime.p7m"]


def test_text_that_only_looks_like_headers_is_no_message(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"Note: this\nTodo: that\nSee: there\n\ntext\n")
    (tmp_path / "b.txt").write_bytes(b"From here to there: it is far.\nSubject: none\n")
    assert all(not found.container for found in walk(tmp_path))


def test_the_orders_scope_holds_inside_a_mailbox(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "in.mbox")
    box.add(message("one", ("a.jpg", photo(1)), ("b.txt", b"letter")))
    box.close()
    scope = Scope.parse(["*.jpg", "in.mbox"], [])
    judged = {
        one.path.rpartition("/")[2]: one.examined for one in walk(tmp_path, scope=scope) if "//" in one.path
    }
    assert judged == {"a.jpg": True, "b.txt": False}
    late = Scope.parse(["modified:2025.."], [])
    mail = tmp_path / "in.mbox"
    assert [one.examined for one in walk(mail, scope=late) if len(one.place.trail) > 1] == [False, False]


@given(st.binary(max_size=400), st.integers(1, 90), st.integers(1, 50))
def test_base64_comes_back_however_it_is_cut_into_lines(data: bytes, width: int, step: int) -> None:
    text = base64.b64encode(data)
    lines = b"\r\n".join(text[at : at + width] for at in range(0, len(text), width))
    assert b"".join(transfer.base64(_Slow(lines, step))) == data  # type: ignore[arg-type]


@given(st.binary(max_size=400), st.integers(1, 50))
def test_quoted_printable_comes_back(data: bytes, step: int) -> None:
    text = quopri.encodestring(data)
    assert b"".join(transfer.quoted_printable(_Slow(text, step))) == quopri.decodestring(text)  # type: ignore[arg-type]


class _Slow:
    """A feed that gives few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step = data, step

    def take(self, length: int) -> bytes:
        data, self._data = self._data[: self._step], self._data[self._step :]
        return data


def test_mail_of_kinds_that_are_not_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "Inbox.dbx").write_bytes(bytes.fromhex("cfad12fec5fd746f") + bytes(1000))
    assert "mail folder of Outlook Express" in look(tmp_path / "Inbox.dbx").errors[""]


def test_many_short_texts_take_time_by_their_number() -> None:
    head = b"From: a@b.c\nTo: d@e.f\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n"
    part = b"--b\nContent-Type: text/plain\n\n" + b"x" * 1_500 + b"\n"
    source = BytesSource(head + part * 4_000 + b"--b--\n")
    begun = time.process_time()
    assert list(EmlReader().walk(source, Limits())) == []
    assert time.process_time() - begun < 2  # looking through the rest of the message for each took 5 s


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_pictures_written_into_the_page_of_a_mail_are_read(encoding: str, tmp_path: Path) -> None:
    data = base64.b64encode(photo()).decode()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@b.c", "d@e.f", "x"
    lines = "\n".join(data[at : at + 76] for at in range(0, len(data), 76))
    mail.set_content(
        f'<p>see <img src="data:image/jpeg;base64,{lines}"> &amp; more</p>', subtype="html", cte=encoding
    )
    (tmp_path / "m.eml").write_bytes(bytes(mail))
    assert look(tmp_path / "m.eml").content["part 1.html//picture 1.jpg"] == photo()
    mail.set_content("<p>just words</p>", subtype="html", cte=encoding)
    (tmp_path / "m.eml").write_bytes(bytes(mail))
    assert look(tmp_path / "m.eml").content == {}
