"""Messengers: files that messages refer to, with sender, time and chat; previews in rows; deleted rows; the scope.

Tables as the messengers create them (columns that matter here, and some that do not), written by SQLite.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
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


def android_phone(folder: Path, *more: str) -> Path:
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
        f"Chats/Weekend _ trip/{WHEN} {FRIEND}/IMG-2.jpg": picture(2),
        f"Chats/{FRIEND}/{WHEN} the owner/IMG-3.jpg": picture(3),
        f"Chats/Weekend _ trip/{WHEN} {FRIEND}/IMG-gone.jpg": None,
        f"Chats/Weekend _ trip/{WHEN} {FRIEND}/message_thumbnail 13 thumbnail.jpg": picture(40, 24),
    }
    one, _ = found[f"Chats/Weekend _ trip/{WHEN} {FRIEND}/IMG-2.jpg"]
    assert one.node.note == f"WhatsApp: from {FRIEND} in the chat “Weekend / trip” at {WHEN}"
    assert one.place.times.modified is not None
    assert (one.place.times.modified.value, one.place.times.modified.source) == (WHEN, "whatsapp")
    assert one.place.trail[0] == b"data/data/com.whatsapp/databases/msgstore.db"
    gone, _ = found[f"Chats/Weekend _ trip/{WHEN} {FRIEND}/IMG-gone.jpg"]
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


def test_mms_of_android(tmp_path: Path) -> None:
    base = tmp_path / "data/user_de/0/com.android.providers.telephony"
    written(
        base / "databases/mmssms.db",
        "CREATE TABLE pdu (_id INTEGER PRIMARY KEY, thread_id INTEGER, date INTEGER, msg_box INTEGER);"
        "CREATE TABLE part (_id INTEGER PRIMARY KEY, mid INTEGER, ct TEXT, _data TEXT);"
        f"INSERT INTO pdu VALUES (2, 7, {AT}, 2);"
        "INSERT INTO part VALUES (3, 2, 'image/jpeg',"
        " '/data/user_de/0/com.android.providers.telephony/app_parts/PART_1.jpg')",
    )
    (base / "app_parts").mkdir()
    (base / "app_parts/PART_1.jpg").write_bytes(picture(1))
    found = chats(everything(tmp_path))
    assert {name: content for name, (_, content) in found.items()} == {
        f"Chats/thread 7/{WHEN} the owner/PART_1.jpg": picture(1)
    }


def test_telegram_names_its_cache_by_ids(tmp_path: Path) -> None:
    photo, document = 6_123_456_789_012_345_678, 5_111_222_333_444_555_666
    data = (
        b"head"
        + struct.pack("<IIq", 0xFB197A65, 0, photo)
        + b"..."
        + struct.pack("<IIq", 0x8FD4C4D8, 0, document)
    )
    written(
        tmp_path / "data/data/org.telegram.messenger/files/cache4.db",
        "CREATE TABLE dialogs(did INTEGER PRIMARY KEY, date INTEGER);"
        "CREATE TABLE users(uid INTEGER PRIMARY KEY, name TEXT, status INTEGER, data BLOB);"
        "CREATE TABLE messages_v2(mid INTEGER, uid INTEGER, read_state INTEGER, send_state INTEGER, date INTEGER,"
        " data BLOB, out INTEGER, ttl INTEGER, media INTEGER, PRIMARY KEY(mid, uid));"
        "INSERT INTO users VALUES (77, 'robin;;;robin77', 0, NULL)",
        lambda connection: connection.execute(
            "INSERT INTO messages_v2 VALUES (9, 77, 0, 0, ?, ?, 0, 0, 0)", (AT, data)
        ),
    )
    cache = tmp_path / "data/media/0/Android/data/org.telegram.messenger/cache"
    cache.mkdir(parents=True)
    (cache / f"-{photo}_121.jpg").write_bytes(picture(1))
    (cache / f"2_{document}.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    found = chats(everything(tmp_path))
    folder = f"Chats/robin robin77/{WHEN} robin robin77"
    assert set(found) == {f"{folder}/-{photo}_121.jpg", f"{folder}/2_{document}.mp4"}


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


def test_viber_states_addresses_of_files(tmp_path: Path) -> None:
    written(
        tmp_path / "data/data/com.viber.voip/databases/viber_messages",
        "CREATE TABLE conversations(_id INTEGER PRIMARY KEY, name TEXT);"
        "CREATE TABLE participants(_id INTEGER PRIMARY KEY, conversation_id INTEGER, participant_info_id INTEGER);"
        "CREATE TABLE participants_info(_id INTEGER PRIMARY KEY, number TEXT, contact_name TEXT, display_name TEXT);"
        "CREATE TABLE messages(_id INTEGER PRIMARY KEY, conversation_id INTEGER, participant_id INTEGER, date INTEGER,"
        " send_type INTEGER, body TEXT, extra_uri TEXT);"
        "INSERT INTO conversations VALUES (1, 'Trip'); INSERT INTO participants VALUES (2, 1, 3);"
        "INSERT INTO participants_info VALUES (3, '+49301', 'Robin', NULL);"
        f"INSERT INTO messages VALUES (4, 1, 2, {AT * 1000}, 0, '',"
        " 'file:///storage/emulated/0/viber/media/Viber%20Images/IMG-1.jpg'), (5, 1, 2, 1, 0, '', 'content://x/1');",
    )
    images = tmp_path / "data/media/0/viber/media/Viber Images"
    images.mkdir(parents=True)
    (images / "IMG-1.jpg").write_bytes(picture(1))
    found = chats(everything(tmp_path))
    assert {name: content for name, (_, content) in found.items()} == {
        f"Chats/Trip/{WHEN} +49301 Robin/IMG-1.jpg": picture(1)
    }
