"""Messengers but WhatsApp: Messages of iOS, MMS of Android, Telegram, Viber; who sent what, as far as it is stated."""

from __future__ import annotations

import struct
from pathlib import Path

from .made import everything, picture, written
from .test_messengers import AT, WHEN, chats


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


def test_a_deleted_part_of_an_mms_is_not_given_to_a_later_message_without_doubt(tmp_path: Path) -> None:
    written(
        tmp_path / "databases/mmssms.db",
        "CREATE TABLE pdu (_id INTEGER PRIMARY KEY, thread_id INTEGER, date INTEGER, msg_box INTEGER);"
        "CREATE TABLE part (_id INTEGER PRIMARY KEY, mid INTEGER, ct TEXT, _data TEXT);"
        f"INSERT INTO pdu VALUES (1, 7, {AT - 99}, 1);"
        "INSERT INTO part VALUES (1, 1, 'image/jpeg', '/data/x/app_parts/1.jpg');",
        f"DELETE FROM pdu; DELETE FROM part; INSERT INTO pdu VALUES (1, 8, {AT}, 2);",  # what SQLite gives next
        keep_log=True,
    )
    ((one, _),) = chats(everything(tmp_path)).values()
    assert "perhaps another message: this database gives numbers of deleted ones again" in (
        one.node.note or ""
    )


def test_an_mms_names_its_sender_and_the_people_of_its_thread(tmp_path: Path) -> None:
    written(
        tmp_path / "databases/mmssms.db",
        "CREATE TABLE pdu (_id INTEGER PRIMARY KEY, thread_id INTEGER, date INTEGER, msg_box INTEGER);"
        "CREATE TABLE part (_id INTEGER PRIMARY KEY, mid INTEGER, ct TEXT, _data TEXT);"
        "CREATE TABLE addr (_id INTEGER PRIMARY KEY, msg_id INTEGER, contact_id INTEGER, address TEXT, type INTEGER);"
        "CREATE TABLE threads (_id INTEGER PRIMARY KEY, recipient_ids TEXT);"
        "CREATE TABLE canonical_addresses (_id INTEGER PRIMARY KEY, address TEXT);"
        f"INSERT INTO pdu VALUES (1, 7, {AT}, 1), (2, 7, {AT}, 3), (3, 8, {AT}, 1);"
        "INSERT INTO part VALUES (1, 1, 'image/jpeg', '/data/x/app_parts/1.jpg'),"
        " (2, 2, 'image/jpeg', '/data/x/app_parts/2.jpg'), (3, 3, 'image/jpeg', '/data/x/app_parts/3.jpg');"
        "INSERT INTO addr VALUES (1, 1, 0, '+4930111', 137), (2, 1, 0, '+4930999', 151),"
        " (3, 2, 0, 'insert-address-token', 137), (4, 2, 0, '+4930111', 151);"
        "INSERT INTO threads VALUES (7, '4 5');"
        "INSERT INTO canonical_addresses VALUES (4, '+4930111'), (5, '+4930222')",
    )
    notes = {name.rpartition("/")[2]: one.node.note for name, (one, _) in chats(everything(tmp_path)).items()}
    chat = "in the chat “+4930111, +4930222 (thread 7)” at " + WHEN
    assert notes == {
        "1.jpg": f"MMS: from +4930111 {chat}",
        "2.jpg": f"MMS: from the owner {chat}",  # a draft
        "3.jpg": f"MMS: from an unknown sender in the chat “thread 8” at {WHEN}",
    }


def test_recently_deleted_messages_of_ios_are_said_to_be(tmp_path: Path) -> None:
    moment = (AT - 978307200) * 1_000_000_000
    written(
        tmp_path / "sms.db",
        "CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT);"
        "CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, chat_identifier TEXT, display_name TEXT);"
        "CREATE TABLE message (ROWID INTEGER PRIMARY KEY, handle_id INTEGER, service TEXT, date INTEGER,"
        " is_from_me INTEGER);"
        "CREATE TABLE attachment (ROWID INTEGER PRIMARY KEY, filename TEXT, total_bytes INTEGER);"
        "CREATE TABLE message_attachment_join (message_id INTEGER, attachment_id INTEGER);"
        "CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);"
        "CREATE TABLE chat_recoverable_message_join (chat_id INTEGER, message_id INTEGER, delete_date INTEGER);"
        "INSERT INTO handle VALUES (1, '+4930123456'); INSERT INTO chat VALUES (1, 'chat77', 'Club');"
        f"INSERT INTO message VALUES (4, 1, 'iMessage', {moment}, 0), (5, 1, 'iMessage', {moment}, 0);"
        "INSERT INTO attachment VALUES (6, '~/Library/SMS/Attachments/a/1.jpg', 5),"
        " (7, '~/Library/SMS/Attachments/a/2.jpg', 5);"
        "INSERT INTO message_attachment_join VALUES (4, 6), (5, 7); INSERT INTO chat_message_join VALUES (1, 4);"
        f"INSERT INTO chat_recoverable_message_join VALUES (1, 5, {moment + 60_000_000_000})",
    )
    notes = {name.rpartition("/")[2]: one.node.note for name, (one, _) in chats(everything(tmp_path)).items()}
    said_of_it = f"iMessage: from +4930123456 in the chat “Club (chat77)” at {WHEN}"
    assert notes == {
        "1.jpg": said_of_it,
        "2.jpg": said_of_it + "; deleted at 2023-11-14T22:14:20Z, kept among the recently deleted",
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


def test_a_table_of_telegram_that_says_nothing_of_the_sender_names_none(tmp_path: Path) -> None:
    written(
        tmp_path / "cache4.db",
        "CREATE TABLE dialogs(did INTEGER PRIMARY KEY, date INTEGER);"
        "CREATE TABLE users(uid INTEGER PRIMARY KEY, name TEXT);"
        "CREATE TABLE messages_v2(mid INTEGER, uid INTEGER, date INTEGER, data BLOB, out INTEGER);"
        "CREATE TABLE media_v4(mid INTEGER, uid INTEGER, date INTEGER, type INTEGER, data BLOB);"
        "INSERT INTO users VALUES (77, 'robin;;;robin77')",
        lambda one: one.execute(
            "INSERT INTO media_v4 VALUES (9, 77, ?, 0, ?)", (AT, b"photo" + picture(5, 24) + bytes(900))
        ),
    )
    ((one, content),) = chats(everything(tmp_path)).values()
    assert content == picture(5, 24)
    assert (one.node.note or "").startswith("Telegram: from an unknown sender in the chat “robin robin77”")


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
