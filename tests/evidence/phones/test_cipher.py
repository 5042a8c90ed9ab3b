"""SQLCipher and Signal: databases that Debian's sqlcipher wrote (version 3), or built after the design of version 4."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.unlock import Keys
from safelight.model import LOCKED

from .made import everything, members, picture, said, written

KEY = "ab" * 32
TABLE = "CREATE TABLE pics(id INTEGER PRIMARY KEY, data BLOB);"


def limits(*passwords: str) -> Limits:
    return Limits(keys=Keys(passwords))


def insert(number: int, side: int = 64) -> str:
    return f"INSERT INTO pics VALUES ({number}, x'{picture(number, side).hex()}');"


def by_sqlcipher(path: Path, key: str, script: str) -> Path:
    if shutil.which("sqlcipher") is None:
        pytest.skip("sqlcipher is not installed")
    subprocess.run(
        ["sqlcipher", path],
        input=f'PRAGMA key = "{key}";\n{script}',
        text=True,
        check=True,
        capture_output=True,
    )
    return path


@pytest.mark.parametrize(
    ("key", "given", "settings"),
    [
        ("correct horse", "correct horse", ""),
        (f"x'{KEY}'", KEY, ""),
        (f"x'{KEY}{'0c' * 16}'", f"x'{KEY}{'0c' * 16}'", ""),
        (
            "as Signal on Android",
            "as Signal on Android",
            "PRAGMA kdf_iter = 1; PRAGMA cipher_page_size = 4096;",
        ),
    ],
)
def test_databases_of_version_3(key: str, given: str, settings: str, tmp_path: Path) -> None:
    path = by_sqlcipher(tmp_path / "signal.db", key, settings + TABLE + insert(1) + insert(2, 300))
    found = everything(path, limits=limits("wrong", given))
    assert members(found) == {"pics/1/data.jpg": picture(1), "pics/2/data.jpg": picture(2, 300)}
    assert said(found) == ["opened with password 2 of 2"]


def test_what_was_deleted_in_an_encrypted_database_comes_back_too(tmp_path: Path) -> None:
    settings = "PRAGMA kdf_iter = 1; PRAGMA cipher_page_size = 4096; PRAGMA secure_delete = OFF;"
    script = settings + TABLE + "".join(insert(number, 16) for number in range(1, 9))
    path = by_sqlcipher(tmp_path / "x.db", "secret", script + "DELETE FROM pics WHERE id = 3;")
    found = everything(path, limits=limits("secret"))
    assert picture(3, 16) in [
        content for name, content in members(found).items() if name.startswith("deleted/")
    ]


@pytest.mark.parametrize("keys", [(), ("wrong",)])
def test_without_its_key_it_is_locked(keys: tuple[str, ...], tmp_path: Path) -> None:
    path = by_sqlcipher(tmp_path / "signal.db", "secret", TABLE + insert(1))
    (text,) = said(everything(path, limits=limits(*keys)))
    assert LOCKED in text
    assert "SQLCipher" in text


def test_random_bytes_under_another_name_are_just_a_file(tmp_path: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(os.urandom(8192))
    assert not any("SQLCipher" in text for text in said(everything(tmp_path)))


def encrypted(plain: Path, key: bytes, salt: bytes, clear: int = 16) -> bytes:
    """A database with 80 reserved bytes a page, encrypted as SQLCipher 4 does."""
    mac_key = hashlib.pbkdf2_hmac("sha512", key, bytes(byte ^ 0x3A for byte in salt), 2, 32)
    data, out = plain.read_bytes(), []
    assert (data[16:18], data[20]) == (b"\x10\0", 80)
    for number in range(1, len(data) // 4096 + 1):
        page, skip, iv = (
            data[(number - 1) * 4096 : number * 4096],
            clear if number == 1 else 0,
            os.urandom(16),
        )
        body = Cipher(AES(key), CBC(iv)).encryptor().update(page[skip:4016]) + iv
        code = hmac.new(mac_key, body + number.to_bytes(4, "little"), "sha512").digest()
        out.append((b"" if not skip else salt if clear == 16 else page[:clear]) + body + code)
    return b"".join(out)


def reserved(path: Path, fill: Callable[[sqlite3.Connection], object]) -> Path:
    """A database with room at the end of each page; only the command-line program can set it."""
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3 is not installed")
    path.parent.mkdir()
    subprocess.run(
        ["sqlite3", path, ".filectrl reserve_bytes 80", "CREATE TABLE x(a);", "VACUUM;"],
        check=True,
        capture_output=True,
    )
    return written(path, fill)


def pictures(connection: sqlite3.Connection) -> None:
    connection.executescript(TABLE + insert(1) + insert(2, 300))


def test_databases_of_version_4(tmp_path: Path) -> None:
    plain, salt = reserved(tmp_path / "plain" / "p.db", pictures), os.urandom(16)
    phrase = hashlib.pbkdf2_hmac("sha512", b"correct horse", salt, 256_000, 32)
    (tmp_path / "db.sqlite").write_bytes(encrypted(plain, phrase, salt))
    found = everything(tmp_path / "db.sqlite", limits=limits("correct horse"))
    assert members(found) == {"pics/1/data.jpg": picture(1), "pics/2/data.jpg": picture(2, 300)}
    (tmp_path / "raw.sqlite").write_bytes(encrypted(plain, bytes.fromhex(KEY), salt))
    assert len(members(everything(tmp_path / "raw.sqlite", limits=limits(KEY)))) == 2


def test_pages_that_were_altered_without_the_key_are_said(tmp_path: Path) -> None:
    salt = bytes(range(16))
    plain = reserved(tmp_path / "plain" / "p.db", pictures)
    data = bytearray(encrypted(plain, bytes.fromhex(KEY), salt))
    (tmp_path / "x.db").write_bytes(data)
    assert not [one.error for one, _ in everything(tmp_path / "x.db", limits=limits(KEY)) if one.error]
    data[2 * 4096 + 100] ^= 1
    (tmp_path / "x.db").write_bytes(data)
    errors = [one.error or "" for one, _ in everything(tmp_path / "x.db", limits=limits(KEY))]
    assert [text for text in errors if "the code (HMAC) of 1 pages does not agree (3)" in text]


def test_a_plain_header_as_on_ios(tmp_path: Path) -> None:
    plain, salt = reserved(tmp_path / "plain" / "p.db", pictures), os.urandom(16)
    (tmp_path / "signal.sqlite").write_bytes(encrypted(plain, bytes.fromhex(KEY), salt, 32))
    found = everything(tmp_path / "signal.sqlite", limits=limits(KEY + salt.hex()))
    assert members(found) == {"pics/1/data.jpg": picture(1), "pics/2/data.jpg": picture(2, 300)}
    assert any(LOCKED in text for text in said(everything(tmp_path / "signal.sqlite", limits=limits(KEY))))


def test_another_program_opens_what_the_tests_build(tmp_path: Path) -> None:
    other = pytest.importorskip("sqlcipher3")
    plain, salt = reserved(tmp_path / "plain" / "p.db", pictures), os.urandom(16)
    (tmp_path / "x.db").write_bytes(encrypted(plain, bytes.fromhex(KEY), salt))
    connection = other.connect(str(tmp_path / "x.db"))
    connection.execute(f"PRAGMA key = \"x'{KEY}'\"")
    assert connection.execute("SELECT data FROM pics WHERE id = 2").fetchone() == (picture(2, 300),)


def attachment(content: bytes, keys: bytes) -> bytes:
    """A file as Signal keeps it: vector, AES-256-CBC, HMAC-SHA256; filled up with zeros."""
    iv = os.urandom(16)
    body = content + bytes(100)
    fill = 16 - len(body) % 16
    body = iv + Cipher(AES(keys[:32]), CBC(iv)).encryptor().update(body + bytes((fill,)) * fill)
    return body + hmac.new(keys[32:], body, "sha256").digest()


DESKTOP = """
CREATE TABLE conversations(id STRING PRIMARY KEY ASC, json TEXT, type STRING, name TEXT, profileFullName TEXT,
 e164 TEXT);
CREATE TABLE messages(rowid INTEGER PRIMARY KEY ASC, id STRING UNIQUE, json TEXT, sent_at INTEGER,
 conversationId STRING, source STRING, type STRING, hasAttachments INTEGER);
CREATE TABLE message_attachments(messageId TEXT NOT NULL, attachmentType TEXT, orderInMessage INTEGER,
 conversationId TEXT, sentAt INTEGER, size INTEGER, contentType TEXT, path TEXT, localKey TEXT,
 PRIMARY KEY (messageId, orderInMessage)) STRICT;
INSERT INTO conversations VALUES ('c1', '{}', 'private', NULL, 'Robin', '+49301');
"""


def test_attachments_of_signal_desktop_open_with_the_keys_in_its_database(tmp_path: Path) -> None:
    keys, other = os.urandom(64), os.urandom(64)

    def fill(connection: sqlite3.Connection) -> None:
        connection.executescript(DESKTOP)
        values = ("m1", "attachment", 0, "c1", 1_700_000_000_000, len(picture(1)), "image/jpeg", "ab/abcd")
        connection.execute(
            "INSERT INTO message_attachments VALUES (?,?,?,?,?,?,?,?,?)",
            (*values, base64.b64encode(keys).decode()),
        )
        of_json = {"path": "cd/cdef", "localKey": base64.b64encode(other).decode(), "size": len(picture(2))}
        one = json.dumps({"attachments": [of_json]})
        connection.execute(
            "INSERT INTO messages VALUES (1,'m0',?,1700000000000,'c1','robin-1','incoming',1)", (one,)
        )
        connection.execute("INSERT INTO messages VALUES (3,'m1','{}',1700000000000,'c1',NULL,'outgoing',1)")
        connection.execute(
            "INSERT INTO messages VALUES (2,'m2',?,1700000000000,'c1','robin-1','incoming',1)",
            ('{"attachments": 7',),
        )

    written(tmp_path / "Signal/sql/db.sqlite", fill)
    for path, content in (
        ("ab/abcd", attachment(picture(1), keys)),
        ("cd/cdef", attachment(picture(2), other)),
    ):
        file = tmp_path / "Signal/attachments.noindex" / path
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    found = everything(tmp_path, limits=limits("any"))
    of_chats = {name: content for name, content in members(found).items() if name.startswith("Chats/")}
    assert of_chats == {
        "Chats/Robin/2023-11-14T22:13:20Z the owner/abcd": picture(1),
        "Chats/Robin/2023-11-14T22:13:20Z robin-1/cdef": picture(2),
    }


def test_what_signal_quotes_or_previews_is_said_to_be_that(tmp_path: Path) -> None:
    message = {
        "attachments": [{"path": "a/whole", "thumbnail": {"path": "a/small"}, "screenshot": 7}],
        "quote": {"attachments": [{"thumbnail": {"path": "a/quoted"}}, "odd"]},
        "preview": [{"image": {"path": "a/link"}}],
        "sticker": {"data": {"path": "a/sticker"}},
    }

    def fill(connection: sqlite3.Connection) -> None:
        connection.executescript(DESKTOP)
        connection.execute(
            "INSERT INTO messages VALUES (1,'m0',?,1700000000000,'c1','robin-1','incoming',0)",
            (json.dumps(message),),
        )

    written(tmp_path / "Signal/sql/db.sqlite", fill)
    notes = {
        one.place.trail[-1].rpartition(b"/")[2].decode(): (one.node.note or "").removeprefix("Signal: ")
        for one, _ in everything(tmp_path)
        if one.place.trail[-1].startswith(b"Chats/")
    }
    chat = "robin-1 in the chat “Robin” at 2023-11-14T22:13:20Z"
    assert notes == {
        "whole": f"from {chat}",
        "small": f"from {chat}; preview",
        "quoted": f"quoted in a message of {chat}",
        "link": f"from {chat}; preview of a link",
        "sticker": f"from {chat}; sticker",
    }


def test_a_wrong_key_of_an_attachment_is_said(tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.executescript(
            'CREATE TABLE "Attachment"(id INTEGER PRIMARY KEY, encryptionKey BLOB, unencryptedByteCount INTEGER,'
            " localRelativeFilePath TEXT);"
        )
        connection.execute(
            "INSERT INTO Attachment VALUES (1, ?, 5, 'ab/one'), (2, ?, ?, 'ab/two')",
            (os.urandom(64), keys, len(picture(3))),
        )

    keys = os.urandom(64)
    written(tmp_path / "grdb/signal.sqlite", fill)
    (tmp_path / "attachment_files/ab").mkdir(parents=True)
    for name in ("one", "two"):
        (tmp_path / "attachment_files/ab" / name).write_bytes(attachment(picture(3), keys))
    opened = everything(tmp_path, limits=limits("any"))
    found = [one for one, _ in opened if one.place.trail[-1].startswith(b"Chats/")]
    assert "does not agree with its key" in (found[0].error or "")
    assert picture(3) in members(opened).values()


def test_keys_that_lie_in_the_evidence_are_not_used_without_leave(tmp_path: Path) -> None:
    keys = os.urandom(64)
    written(
        tmp_path / "signal.sqlite",
        'CREATE TABLE "Attachment"(id INTEGER PRIMARY KEY, encryptionKey BLOB, unencryptedByteCount INTEGER,'
        " localRelativeFilePath TEXT)",
        lambda connection: connection.execute(
            "INSERT INTO Attachment VALUES (2, ?, ?, 'ab/two')", (keys, len(picture(3)))
        ),
    )
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab/two").write_bytes(attachment(picture(3), keys))
    found = everything(tmp_path)
    assert picture(3) not in members(found).values()
    (one,) = [one for one, _ in found if one.place.trail[-1].startswith(b"Chats/")]
    assert LOCKED in (one.error or "") and "its own key, which the database holds" in (one.error or "")


def test_attachments_of_android_are_locked(tmp_path: Path) -> None:
    written(
        tmp_path / "signal.db",
        "CREATE TABLE part(_id INTEGER PRIMARY KEY, mid INTEGER, ct TEXT, _data TEXT, data_random BLOB);"
        "INSERT INTO part VALUES (1, 1, 'image/jpeg', '/data/user/0/org.x/app_parts/part1.mms', x'00');",
    )
    (tmp_path / "app_parts").mkdir()
    (tmp_path / "app_parts/part1.mms").write_bytes(os.urandom(500))
    (one,) = [one for one, _ in everything(tmp_path) if one.place.trail[-1].startswith(b"Chats/")]
    assert LOCKED in (one.error or "")
    assert one.kind is Kind.FILE
