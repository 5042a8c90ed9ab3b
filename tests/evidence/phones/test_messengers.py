"""Messengers: files that messages refer to, with sender, time and chat; previews in rows; deleted rows; the scope.

Tables as the messengers create them (columns that matter here, and some that do not), written by SQLite.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from safelight.evidence.found import Found
from safelight.evidence.protocol import Kind
from safelight.evidence.scope import Scope
from safelight.model import State

from .backups import ios_backup
from .made import everything, picture, said, written

AT, WHEN = 1_700_000_000, "2023-11-14T22:13:20Z"
FRIEND, GROUP = "491701234@s.whatsapp.net", "4917-123@g.us"
IMAGES = "data/media/0/Android/media/com.whatsapp/WhatsApp/Media/WhatsApp Images"
ANDROID = """
CREATE TABLE jid (_id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, server TEXT NOT NULL, raw_string TEXT);
CREATE TABLE chat (_id INTEGER PRIMARY KEY AUTOINCREMENT, jid_row_id INTEGER UNIQUE, hidden INTEGER, subject TEXT);
CREATE TABLE message (_id INTEGER PRIMARY KEY AUTOINCREMENT, chat_row_id INTEGER NOT NULL, from_me INTEGER NOT NULL,
 key_id TEXT NOT NULL, sender_jid_row_id INTEGER, timestamp INTEGER, received_timestamp INTEGER, message_type INTEGER,
 text_data TEXT);
CREATE TABLE message_media (message_row_id INTEGER PRIMARY KEY, chat_row_id INTEGER, transferred INTEGER,
 file_path TEXT, file_size INTEGER, media_key BLOB, mime_type TEXT, media_name TEXT, file_hash TEXT);
CREATE TABLE message_thumbnail (message_row_id INTEGER PRIMARY KEY, thumbnail BLOB);
"""


def fill_android(connection: sqlite3.Connection) -> None:
    execute = connection.execute
    execute(
        "INSERT INTO jid VALUES (1,'491701234','s.whatsapp.net',?), (2,'4917-123','g.us',?)", (FRIEND, GROUP)
    )
    execute("INSERT INTO chat VALUES (1,1,0,NULL), (2,2,0,'Weekend / trip')")
    for key, chat, mine, sender in ((10, 1, 0, 0), (11, 2, 0, 1), (12, 1, 1, 0), (13, 2, 0, 1)):
        execute(
            "INSERT INTO message VALUES (?,?,?,?,?,?,?,1,NULL)",
            (key, chat, mine, f"k{key}", sender, AT * 1000, AT * 1000),
        )
    for key, name in ((10, "IMG-1.jpg"), (11, "IMG-2.jpg"), (12, "Sent/IMG-3.jpg"), (13, "IMG-gone.jpg")):
        path = f"Media/WhatsApp Images/{name}"
        execute("INSERT INTO message_media VALUES (?,1,1,?,100,x'00','image/jpeg',NULL,'h')", (key, path))
    execute("INSERT INTO message_thumbnail VALUES (13, ?)", (picture(40, 24),))


def android_phone(folder: Path, *more: str | Callable[[sqlite3.Connection], object]) -> Path:
    written(folder / "data/data/com.whatsapp/databases/msgstore.db", ANDROID, fill_android, *more)
    images = folder / IMAGES
    (images / "Sent").mkdir(parents=True)
    (images / "IMG-1.jpg").write_bytes(picture(1))
    (images / "IMG-2.jpg").write_bytes(picture(2))
    (images / "Sent/IMG-3.jpg").write_bytes(picture(3))
    return folder


def chats(found: list[tuple[Found, bytes | None]]) -> dict[str, tuple[Found, bytes | None]]:
    return {
        one.place.trail[-1].decode(): (one, content)
        for one, content in found
        if one.kind is Kind.FILE and one.place.trail[-1].startswith(b"Chats/")
    }


def test_whatsapp_on_android(tmp_path: Path) -> None:
    found = chats(everything(android_phone(tmp_path / "phone")))
    assert {name: content for name, (_, content) in found.items()} == {
        f"Chats/{FRIEND}/{WHEN} {FRIEND}/IMG-1.jpg": picture(1),
        f"Chats/Weekend _ trip ({GROUP})/{WHEN} {FRIEND}/IMG-2.jpg": picture(2),
        f"Chats/{FRIEND}/{WHEN} the owner/IMG-3.jpg": picture(3),
        f"Chats/Weekend _ trip ({GROUP})/{WHEN} {FRIEND}/IMG-gone.jpg": None,
        f"Chats/Weekend _ trip ({GROUP})/{WHEN} {FRIEND}/message_thumbnail 13 thumbnail.jpg": picture(40, 24),
    }
    one, _ = found[f"Chats/Weekend _ trip ({GROUP})/{WHEN} {FRIEND}/IMG-2.jpg"]
    assert one.node.note == f"WhatsApp: from {FRIEND} in the chat “Weekend / trip ({GROUP})” at {WHEN}"
    assert one.place.times.modified is not None
    assert (one.place.times.modified.value, one.place.times.modified.source) == (WHEN, "whatsapp")
    assert one.place.trail[0] == b"data/data/com.whatsapp/databases/msgstore.db"
    gone, _ = found[f"Chats/Weekend _ trip ({GROUP})/{WHEN} {FRIEND}/IMG-gone.jpg"]
    assert gone.error == "the file is not in the exhibit"
    assert gone.place.size == 100


def test_the_same_in_a_zip_and_a_tar(tmp_path: Path) -> None:
    phone = android_phone(tmp_path / "phone")
    for kind in ("zip", "tar"):
        archive = Path(shutil.make_archive(str(tmp_path / "x"), kind, phone))
        contents = {content for _, content in chats(everything(archive)).values()}
        assert contents == {picture(1), picture(2), picture(3), None, picture(40, 24)}


def test_in_an_archive_read_in_order_the_reason_is_another(tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "x"), "gztar", android_phone(tmp_path / "phone")))
    found = chats(everything(archive))
    assert len(found) == 5
    assert {one.error for one, content in found.values() if content is None} == {
        "not opened from here: the archive that it may lie in can only be read in order"
    }


def test_a_database_alone_refers_to_nothing_outside_the_exhibit(tmp_path: Path) -> None:
    phone = android_phone(tmp_path / "phone")
    found = chats(everything(phone / "data/data/com.whatsapp/databases/msgstore.db"))
    assert {one.error for one, content in found.values() if content is None} == {
        "the file is not in the exhibit"
    }


def test_links_and_paths_lead_nowhere_outside(tmp_path: Path) -> None:
    outside = tmp_path / "Media" / "WhatsApp Images"
    outside.mkdir(parents=True)
    (outside / "IMG-9.jpg").write_bytes(picture(9))
    paths = (
        "Media/WhatsApp Images/IMG-9.jpg",
        "../../../../Media/WhatsApp Images/IMG-9.jpg",
        str(outside / "IMG-9.jpg"),
    )
    values = ",".join(f"({key},1,1,'{path}',1,NULL,NULL,NULL,NULL)" for key, path in enumerate(paths, 90))
    phone = android_phone(tmp_path / "phone", f"INSERT INTO message_media VALUES {values}")
    (phone / "Media").symlink_to(outside.parent)
    found = chats(everything(phone))
    assert picture(9) not in {content for _, content in found.values()}
    assert {one.error for name, (one, _) in found.items() if name.endswith("IMG-9.jpg")} == {
        "the file is not in the exhibit"
    }


def test_a_reference_to_the_database_itself_is_not_gone_into(tmp_path: Path) -> None:
    row = (
        "INSERT INTO message_media VALUES (99,1,1,'com.whatsapp/databases/msgstore.db',1,NULL,NULL,NULL,NULL)"
    )
    found = everything(android_phone(tmp_path / "phone", row))
    trails = [one.place.trail for one, _ in found if one.place.trail[-1].endswith(b"/msgstore.db")]
    assert len(trails) == 2  # at its own place, and as what the message refers to
    assert all(len(trail) <= 2 for trail in trails)


def test_the_scope_holds_for_messages_and_for_what_they_refer_to(tmp_path: Path) -> None:
    phone = android_phone(tmp_path / "phone", "UPDATE message SET timestamp = 1600000000000 WHERE _id = 11")

    def read(*only: str, exclude: tuple[str, ...] = ()) -> set[bytes | None]:
        found = chats(everything(phone, Scope.parse(only, exclude)))
        return {content for _, content in found.values() if content is not None}

    database = "data/data/com.whatsapp/**"
    assert read(database) == {picture(40, 24)}  # what it refers to lies elsewhere
    assert read(database, IMAGES + "/**") == {picture(1), picture(2), picture(3), picture(40, 24)}
    assert read(exclude=("**/Sent/**",)) == {picture(1), picture(2), picture(40, 24)}
    assert read(exclude=("modified:2020",)) == {picture(1), picture(3), picture(40, 24)}
    assert read(exclude=(f"**/Chats/{FRIEND}/**",)) == {picture(2), picture(40, 24)}
    assert read(exclude=("msgstore.db",)) == set()


def test_what_the_scope_leaves_out_is_not_examined_and_not_an_error(tmp_path: Path) -> None:
    phone = android_phone(tmp_path / "phone")
    found = chats(everything(phone, Scope.parse((), ("**/Sent/**",))))
    one, content = found[f"Chats/{FRIEND}/{WHEN} the owner/IMG-3.jpg"]
    assert (one.examined, content, one.error) == (False, None, None)


def test_deleted_messages_still_name_their_files(tmp_path: Path) -> None:
    def bulk(connection: sqlite3.Connection) -> None:
        for key in range(100, 160):
            path = f"Media/WhatsApp Images/IMG-{key}.jpg"
            connection.execute(
                "INSERT INTO message_media VALUES (?,1,1,?,5,x'00','image/jpeg',NULL,'h')", (key, path)
            )

    phone = tmp_path / "phone"
    written(
        phone / "data/data/com.whatsapp/databases/msgstore.db",
        ANDROID, fill_android, bulk, "DELETE FROM message_media WHERE message_row_id IN (10, 120, 121)",
    )  # fmt: skip
    (phone / IMAGES).mkdir(parents=True)
    (phone / IMAGES / "IMG-1.jpg").write_bytes(picture(1))
    found = chats(everything(phone))
    gone = {
        name.rpartition("/")[2]: one
        for name, (one, _) in found.items()
        if one.place.state is not State.EMBEDDED
    }
    assert {"IMG-1.jpg", "IMG-120.jpg", "IMG-121.jpg"} <= set(gone)
    assert not set(gone) & {f"IMG-{key}.jpg" for key in range(100, 160) if key not in (120, 121)}
    assert "deleted row" in (gone["IMG-1.jpg"].node.note or "")
    assert picture(1) in {content for one, content in found.values() if one.place.state is not State.EMBEDDED}


def test_deleted_rows_from_before_a_column_was_added_still_name_their_files(tmp_path: Path) -> None:
    row = "INSERT INTO message_media VALUES (90,2,1,'Media/WhatsApp Images/IMG-90.jpg',5,x'00','image/jpeg',NULL,'h')"
    written(
        tmp_path / "phone/com.whatsapp/databases/msgstore.db",
        lambda one: (one.executescript(ANDROID), fill_android(one), one.execute(row)),
        "ALTER TABLE message_media ADD COLUMN is_view_once INTEGER;"
        "DELETE FROM message_media WHERE message_row_id = 90",
        keep_log=True,
    )
    found = chats(everything(tmp_path / "phone"))
    (note,) = [one.node.note or "" for name, (one, _) in found.items() if name.endswith("IMG-90.jpg")]
    assert "deleted row, whole: before the wal" in note


def test_whatsapp_of_old(tmp_path: Path) -> None:
    written(
        tmp_path / "phone/com.whatsapp/databases/msgstore.db",
        "CREATE TABLE messages (_id INTEGER PRIMARY KEY AUTOINCREMENT, key_remote_jid TEXT, key_from_me INTEGER,"
        " key_id TEXT, timestamp INTEGER, media_name TEXT, media_size INTEGER, remote_resource TEXT, raw_data BLOB,"
        " thumb_image TEXT)",
        lambda connection: connection.execute(
            "INSERT INTO messages VALUES (5, ?, 0, 'k', ?, 'IMG-20231114-WA0001.jpg', 9, ?, ?, NULL)",
            (GROUP, AT * 1000, FRIEND, picture(7, 20)),
        ),
    )
    images = tmp_path / "phone/sdcard/WhatsApp/Media/WhatsApp Images"
    images.mkdir(parents=True)
    (images / "IMG-20231114-WA0001.jpg").write_bytes(picture(8))
    found = chats(everything(tmp_path / "phone"))
    assert {name: content for name, (_, content) in found.items()} == {
        f"Chats/{GROUP}/{WHEN} {FRIEND}/IMG-20231114-WA0001.jpg": picture(8),
        f"Chats/{GROUP}/{WHEN} {FRIEND}/messages 5 raw_data.jpg": picture(7, 20),
    }


OLD = (
    "CREATE TABLE messages (_id INTEGER PRIMARY KEY AUTOINCREMENT, key_remote_jid TEXT, key_from_me INTEGER,"
    " key_id TEXT, timestamp INTEGER, media_name TEXT, media_size INTEGER, remote_resource TEXT)"
)


def test_a_name_that_the_sender_gave_is_not_looked_for_among_the_owners_files(tmp_path: Path) -> None:
    row = f"INSERT INTO messages VALUES (5, '{FRIEND}', 0, 'k', {AT * 1000}, 'IMG_0001.jpg', 9, NULL)"
    written(tmp_path / "com.whatsapp/databases/msgstore.db", OLD, row)
    (tmp_path / "DCIM/Camera").mkdir(parents=True)
    (tmp_path / "DCIM/Camera/IMG_0001.jpg").write_bytes(picture(8))
    ((one, content),) = chats(everything(tmp_path)).values()
    assert content is None
    assert "a name is stated, which other files may have" in (one.error or "")


def test_a_name_that_two_installations_gave_is_said_to_be_uncertain(tmp_path: Path) -> None:
    name = "IMG-20231114-WA0001.jpg"
    row = f"INSERT INTO messages VALUES (5, '{FRIEND}', 0, 'k', {AT * 1000}, '{name}', 9, NULL)"
    written(tmp_path / "com.whatsapp/databases/msgstore.db", OLD, row)
    for number, app in enumerate(("WhatsApp", "WhatsApp Business")):
        (tmp_path / f"sdcard/{app}/Media").mkdir(parents=True)
        (tmp_path / f"sdcard/{app}/Media/{name}").write_bytes(picture(number))
    ((one, _),) = chats(everything(tmp_path)).values()
    assert (one.node.note or "").endswith("found by its name alone, one of 2 files that may be meant")


def test_whatsapp_of_2018_to_2021_states_paths_in_a_table_of_their_own(tmp_path: Path) -> None:
    written(
        tmp_path / "com.whatsapp/databases/msgstore.db",
        OLD,
        "CREATE TABLE message_media (message_row_id INTEGER PRIMARY KEY, file_path TEXT, file_size INTEGER)",
        f"INSERT INTO messages VALUES (5, '{GROUP}', 0, 'k', {AT * 1000}, NULL, NULL, NULL)",
        "INSERT INTO message_media VALUES (5, 'Media/WhatsApp Images/IMG-1.jpg', 9)",
    )
    (tmp_path / "sdcard/WhatsApp/Media/WhatsApp Images").mkdir(parents=True)
    (tmp_path / "sdcard/WhatsApp/Media/WhatsApp Images/IMG-1.jpg").write_bytes(picture(8))
    found = chats(everything(tmp_path))
    assert {name: content for name, (_, content) in found.items()} == {
        f"Chats/{GROUP}/{WHEN} unknown sender/IMG-1.jpg": picture(8)  # a group is nobody who sends
    }


def test_a_picture_within_a_serialised_value_may_be_that_of_another_message(tmp_path: Path) -> None:
    values = (picture(7, 24), b"protobuf" + picture(8, 24) + b"more" * 200)
    written(
        tmp_path / "ChatStorage.sqlite",
        IOS,
        "ALTER TABLE ZWAMEDIAITEM ADD COLUMN ZMETADATA BLOB",
        lambda one: one.execute("UPDATE ZWAMEDIAITEM SET ZMEDIAKEY = ?, ZMETADATA = ?", values),
    )
    notes = {content: one.node.note or "" for one, content in everything(tmp_path) if content}
    assert notes[picture(7, 24)].endswith(f"at {WHEN}")
    assert notes[picture(8, 24)].endswith("a preview, perhaps of what the message quotes")


def test_who_quotes_a_picture_is_not_called_its_sender(tmp_path: Path) -> None:
    phone = android_phone(
        tmp_path / "phone",
        "CREATE TABLE message_quoted_media (message_row_id INTEGER PRIMARY KEY, thumbnail BLOB)",
        lambda connection: connection.execute(
            "INSERT INTO message_quoted_media VALUES (12, ?)", (picture(5, 24),)
        ),
    )
    (note,) = [
        one.node.note for one, content in chats(everything(phone)).values() if content == picture(5, 24)
    ]
    assert note == f"WhatsApp: quoted in a message of the owner in the chat “{FRIEND}” at {WHEN}"


def test_an_address_that_hides_the_number_comes_with_it_where_it_is_known(tmp_path: Path) -> None:
    phone = android_phone(
        tmp_path / "phone",
        "CREATE TABLE jid_map (lid_row_id INTEGER PRIMARY KEY, jid_row_id INTEGER, sort_id INTEGER)",
        "INSERT INTO jid VALUES (8, '99887766', 'lid', '99887766@lid'), (9, '5544', 'lid', '5544@lid')",
        "INSERT INTO jid_map VALUES (8, 1, 1)",
        "UPDATE message SET sender_jid_row_id = 8 WHERE _id = 11",
        "UPDATE message SET sender_jid_row_id = 9 WHERE _id = 13",
    )
    notes = {
        name.rpartition("/")[2]: one.node.note or "" for name, (one, _) in chats(everything(phone)).items()
    }
    assert f"from {FRIEND} (99887766@lid) in" in notes["IMG-2.jpg"]
    assert "from 5544@lid in" in notes["IMG-gone.jpg"]


IOS = f"""
CREATE TABLE ZWACHATSESSION (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, ZCONTACTJID VARCHAR, ZPARTNERNAME VARCHAR);
CREATE TABLE ZWAGROUPMEMBER (Z_PK INTEGER PRIMARY KEY, ZCHATSESSION INTEGER, ZMEMBERJID VARCHAR, ZCONTACTNAME VARCHAR);
CREATE TABLE ZWAMESSAGE (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, ZISFROMME INTEGER, ZCHATSESSION INTEGER,
 ZGROUPMEMBER INTEGER, ZMEDIAITEM INTEGER, ZMESSAGEDATE TIMESTAMP, ZFROMJID VARCHAR, ZTEXT VARCHAR);
CREATE TABLE ZWAMEDIAITEM (Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, ZFILESIZE INTEGER, ZMESSAGE INTEGER,
 ZMEDIALOCALPATH VARCHAR, ZXMPPTHUMBPATH VARCHAR, ZMEDIAKEY BLOB);
INSERT INTO ZWACHATSESSION VALUES (1, 4, '{GROUP}', 'Club');
INSERT INTO ZWAGROUPMEMBER VALUES (3, 1, '{FRIEND}', 'Robin');
INSERT INTO ZWAMESSAGE VALUES (20, 9, 0, 1, 3, 30, {AT - 978307200}.0, '{GROUP}', NULL);
INSERT INTO ZWAMEDIAITEM VALUES (30, 8, 5, 20, 'Media/{GROUP}/a/b/x.jpg', 'Media/{GROUP}/a/b/x.thumb', x'00');
"""


def test_whatsapp_and_messages_in_an_ios_backup(tmp_path: Path) -> None:
    chat = written(tmp_path / "ChatStorage.sqlite", IOS)
    sms = written(
        tmp_path / "sms.db",
        f"""
        CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, id TEXT NOT NULL, service TEXT NOT NULL);
        CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT, chat_identifier TEXT, display_name TEXT);
        CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT, text TEXT, handle_id INTEGER,
         service TEXT, date INTEGER, is_from_me INTEGER);
        CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT, filename TEXT,
         total_bytes INTEGER);
        CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER,
         UNIQUE(message_id, attachment_id));
        CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, PRIMARY KEY (chat_id, message_id));
        INSERT INTO handle VALUES (1, '+4930123456', 'iMessage');
        INSERT INTO chat VALUES (1, 'g', '+4930123456', '');
        INSERT INTO message VALUES (4, 'g', NULL, 1, 'iMessage', {(AT - 978307200) * 1_000_000_000}, 0);
        INSERT INTO attachment VALUES (6, 'g', '~/Library/SMS/Attachments/ab/11/GUID/IMG_0007.HEIC', 5);
        INSERT INTO message_attachment_join VALUES (4, 6);
        INSERT INTO chat_message_join VALUES (1, 4);
        """,
    )
    group = "AppDomainGroup-group.net.whatsapp.WhatsApp.shared"
    files = {
        (group, "ChatStorage.sqlite"): chat.read_bytes(),
        (group, f"Message/Media/{GROUP}/a/b/x.jpg"): picture(1),
        (group, f"Message/Media/{GROUP}/a/b/x.thumb"): picture(2, 16),
        ("HomeDomain", "Library/SMS/sms.db"): sms.read_bytes(),
        ("MediaDomain", "Library/SMS/Attachments/ab/11/GUID/IMG_0007.HEIC"): picture(3),
    }
    everywhere = everything(ios_backup(tmp_path / "backup", files))
    found = chats(everywhere)
    assert {name: content for name, (_, content) in found.items()} == {
        f"Chats/Club ({GROUP})/{WHEN} {FRIEND}/x.jpg": picture(1),
        f"Chats/Club ({GROUP})/{WHEN} {FRIEND}/x.thumb": picture(2, 16),
        f"Chats/+4930123456/{WHEN} +4930123456/IMG_0007.HEIC": picture(3),
    }
    one, _ = found[f"Chats/+4930123456/{WHEN} +4930123456/IMG_0007.HEIC"]
    assert one.place.trail[:2] == (b"Manifest.db", b"HomeDomain/Library/SMS/sms.db")
    assert (one.node.note or "").startswith("iMessage: from +4930123456 in the chat")
    assert not [one.error for one, _ in everywhere if one.error]


def test_a_hostile_database_of_messages_ends_in_findings(tmp_path: Path) -> None:
    odd = "x" * 5000 + "\n\x1b[31m"
    phone = android_phone(tmp_path / "phone")
    connection = sqlite3.connect(phone / "data/data/com.whatsapp/databases/msgstore.db")
    connection.execute("UPDATE chat SET subject = ?", (odd,))
    connection.execute("UPDATE message SET timestamp = 9223372036854775807, sender_jid_row_id = 'text'")
    connection.execute("UPDATE jid SET raw_string = x'ff00'")
    connection.execute("INSERT INTO message_media VALUES (50,1,1,'/',NULL,NULL,NULL,NULL,NULL)")
    connection.commit()
    connection.close()
    found = everything(phone)
    assert len(chats(found)) == 6
    for text in said(found):
        assert len(text) <= 500
        assert "\x1b" not in text
        assert "\n" not in text
