"""Cellebrite reports: original paths, times, states, and what messages state of files.

Built from the published layout as readers of it show it; unverified against a real sample.
"""

from __future__ import annotations

import random
import time
import zipfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from safelight.evidence.protocol import Kind
from safelight.evidence.scope import Scope
from safelight.model import State

from .made import everything, members, picture, said

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<project id="1" name="x" xmlns="http://pa.cellebrite.com/report/2.0">'


def file(id_: str, path: str, local: str, deleted: str = "Intact", size: int = 10) -> str:
    return f"""<file fs="userdata" fsid="f" path={quoteattr(path)} size="{size}" id="{id_}" extractionId="0"
     deleted="{deleted}"
     embedded="false"><accessInfo>
      <timestamp name="CreationTime" format="TimeStampKind">2023-11-14T23:13:20.000+01:00</timestamp>
      <timestamp name="ModifyTime">2023-11-15T00:00:00</timestamp><timestamp name="AccessTime"></timestamp></accessInfo>
     <metadata section="File"><item name="Local Path"><![CDATA[{local}]]></item>
      <item name="MD5"><![CDATA[0CC175B9C0F1B6A831C399E269772661]]></item></metadata></file>"""


def party(role: str, identifier: str, name: str, field: str = "modelField") -> str:
    return f"""<{field} name="{role}" type="Party"><model type="Party" id="p" deleted_state="Intact">
     <field name="Identifier" type="String"><value type="String"><![CDATA[{identifier}]]></value></field>
     <field name="Name" type="String"><value type="String"><![CDATA[{name}]]></value></field></model></{field}>"""


CHAT = f"""<decodedData><modelType type="Chat"><model type="Chat" id="c" deleted_state="Intact">
 <field name="Source" type="String"><value type="String"><![CDATA[WhatsApp]]></value></field>
 {party("Participants", "4930@s.whatsapp.net", "Robin", "multiModelField")}
 <multiModelField name="Messages" type="InstantMessage"><model type="InstantMessage" id="m" deleted_state="Deleted">
  {party("From", "4930@s.whatsapp.net", "Robin")}
  <field name="Body" type="String"><value type="String"><![CDATA[hi]]></value></field>
  <multiModelField name="Attachments" type="Attachment">
   <model type="Attachment" id="a1" file_id="file-2" deleted_state="Intact">
    <field name="Filename" type="String"><value type="String"><![CDATA[b.jpg]]></value></field></model>
   <model type="Attachment" id="a2" deleted_state="Intact">
    <jumptargets name=""><targetid ismodel="false">file-3</targetid></jumptargets></model>
   <model type="Attachment" id="a3" deleted_state="Intact"><field name="attachment_extracted_path" type="String">
    <value type="String"><![CDATA[files\\Image\\d.jpg]]></value></field></model></multiModelField>
  <field name="TimeStamp" type="TimeStamp">
   <value type="TimeStamp" format="TimeStampKind">2023-11-14T23:13:20.000+01:00</value></field>
 </model></multiModelField>
 <field name="Name" type="String"><value type="String"><![CDATA[Family & <friends>]]></value></field>
</model></modelType></decodedData>"""
FILES = (
    file("file-1", "/Root/media/0/DCIM/Camera/a.jpg", "files\\Image\\a.jpg"),
    file("file-2", "/Root/media/0/WhatsApp/Media/b.jpg", "files\\Image\\b.jpg", "Deleted"),
    file("file-3", "/Root/media/0/x/c.jpg", "files\\Image\\c(1).jpg"),
    file("file-4", "", "files\\Image\\d.jpg"),
    file("file-5", "/Root/data/gone.db", "files\\Database\\gone.db", size=77),
)
CONTENT = {
    "files/Image/a.jpg": picture(1),
    "files/Image/b.jpg": picture(2),
    "files/Image/c(1).jpg": picture(3),
    "files/Image/d.jpg": picture(4),
    "files/Image/unnamed by the report.jpg": picture(5),
}


def report(path: Path, xml: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in CONTENT.items():
            archive.writestr(name, content)
        archive.writestr("report.xml", xml)
    return path


def whole() -> str:
    return f"{HEAD}<taggedFiles>{''.join(FILES)}</taggedFiles>{CHAT}</project>"


def test_files_lie_where_they_lay_on_the_phone(tmp_path: Path) -> None:
    found = everything(report(tmp_path / "x.ufdr", whole()))
    content = members(found)
    assert content.pop("report.xml")
    assert content == {
        "Root/media/0/DCIM/Camera/a.jpg": picture(1),
        "Root/media/0/WhatsApp/Media/b.jpg": picture(2),
        "Root/media/0/x/c.jpg": picture(3),
        "files/Image/d.jpg": picture(4),
        "Root/data/gone.db": None,
        "files/Image/unnamed by the report.jpg": picture(5),
    }
    by_name = {one.place.trail[-1]: one for one, _ in found}
    one = by_name[b"Root/media/0/WhatsApp/Media/b.jpg"]
    times = one.place.times
    assert one.place.state is State.DELETED
    assert times.created is not None
    assert times.modified is not None
    assert (times.created.value, times.created.zone) == ("2023-11-14T22:13:20Z", "utc")
    assert (times.modified.value, times.modified.zone) == ("2023-11-15T00:00:00", "local")
    assert one.node.digests == {"md5": "0cc175b9c0f1b6a831c399e269772661"}
    assert by_name[b"Root/data/gone.db"].error == "its content is not in the report"


def test_notes_say_who_sent_a_file_when_in_which_chat(tmp_path: Path) -> None:
    found = everything(report(tmp_path / "x.ufdr", whole()))
    notes = {one.place.trail[-1]: one.node.note for one, _ in found}
    said_of_it = (
        "WhatsApp: from 4930@s.whatsapp.net Robin in the chat “Family & <friends>” at 2023-11-14T22:13:20Z"
        "; the message was deleted"
    )
    assert notes[b"Root/media/0/WhatsApp/Media/b.jpg"] == said_of_it
    assert notes[b"Root/media/0/x/c.jpg"] == said_of_it
    assert notes[b"files/Image/d.jpg"] == said_of_it
    assert notes[b"Root/media/0/DCIM/Camera/a.jpg"] is None


def test_what_lay_in_the_phones_bin_is_not_passed_off_as_kept(tmp_path: Path) -> None:
    xml = (
        whole()
        .replace('deleted="Deleted"', 'deleted="Trash"')
        .replace('deleted_state="Deleted"', 'deleted_state="Unknown"')
    )
    found = {one.place.trail[-1]: one for one, _ in everything(report(tmp_path / "x.ufdr", xml))}
    note = found[b"Root/media/0/WhatsApp/Media/b.jpg"].node.note or ""
    assert note.endswith(
        "; the message is in the state “unknown” by the report; it is in the state “trash” by the report"
    )
    assert found[b"Root/media/0/DCIM/Camera/a.jpg"].node.note is None


def test_the_scope_holds_by_the_path_on_the_phone(tmp_path: Path) -> None:
    path = report(tmp_path / "x.ufdr", whole())
    read = {
        name
        for name, content in members(everything(path, Scope.parse(("Root/media/**/Camera/**",)))).items()
        if content
    }
    assert read == {"Root/media/0/DCIM/Camera/a.jpg"}
    read = {
        name
        for name, content in members(everything(path, Scope.parse((), ("Root/media/**", "files/**")))).items()
        if content
    }
    assert read == {"report.xml"}


def test_a_zip_with_some_other_report_is_a_zip(tmp_path: Path) -> None:
    content = members(everything(report(tmp_path / "x.zip", "<junit/>")))
    assert set(content) == {*CONTENT, "report.xml"}


def test_a_report_that_breaks_off_loses_nothing(tmp_path: Path) -> None:
    xml = whole()
    path = report(tmp_path / "x.ufdr", xml[: xml.index("file-3")])
    found = everything(path)
    assert {content for content in members(found).values() if content} >= {
        picture(number) for number in range(1, 6)
    }
    assert any("report.xml is damaged" in text for text in said(found))


def test_entities_are_refused(tmp_path: Path) -> None:
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>"
    found = everything(report(tmp_path / "x.ufdr", whole().replace("<project", bomb + "<project", 1)))
    assert any("document type or entities" in text for text in said(found))
    assert "files/Image/a.jpg" in members(found)


def test_damaged_reports_never_break_it(tmp_path: Path) -> None:
    xml, rng, begun = whole().encode(), random.Random(2), time.monotonic()
    for number in range(60):
        data = bytearray(xml)
        for _ in range(rng.choice((1, 5))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        found = everything(report(tmp_path / f"{number}.ufdr", bytes(data)))
        assert not [one for one, _ in found if one.error and "reader failed" in one.error]
        assert sum(one.kind is Kind.FILE for one, _ in found) >= 6
    assert time.monotonic() - begun < 20


def test_a_deeply_nested_report_is_refused(tmp_path: Path) -> None:
    xml = HEAD + "<a>" * 5000 + "</a>" * 5000 + "</project>"
    assert any("nested too deeply" in text for text in said(everything(report(tmp_path / "x.ufdr", xml))))


def test_members_with_one_name_are_both_listed(tmp_path: Path) -> None:
    path = report(tmp_path / "x.ufdr", whole())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("files/Image/a.jpg", picture(77))
    contents = [content for _, content in everything(path)]
    assert picture(1) in contents
    assert picture(77) in contents
