"""WhatsApp's encrypted backups, built after the published layout, and those of wa-crypt-tools' tests where at hand."""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import random
import zipfile
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from safelight.evidence.phone.whatsapp_crypt import keys_of_file, keys_of_text, read_layout
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import BytesSource
from safelight.evidence.unlock import Keys
from safelight.model import LOCKED

from .made import everything, members, picture, said, written

SAMPLES = Path(os.environ.get("SAFELIGHT_SAMPLES") or "/nonexistent") / "wa-crypt-tools/tests/res"
ROOT, KEY, VECTOR = bytes(range(32)), bytes(range(100, 132)), bytes(range(50, 66))
DERIVED = hmac.digest(hmac.digest(bytes(32), ROOT, "sha256"), b"backup encryption\1", "sha256")
JAVA = bytes.fromhex("aced0005757200025b42acf317f8060854e002000078700000")


def java(data: bytes) -> bytes:
    """A serialised byte[] of Java, as the app keeps its keys."""
    return JAVA + len(data).to_bytes(2, "big") + data


KEY_FILE = java(
    b"\0\1\2" + bytes(range(32)) + bytes(16) + hashlib.sha256(bytes(16)).digest() + bytes(16) + KEY
)
ROOT_FILE = java(ROOT)


def field(number: int, content: bytes | int) -> bytes:
    """One field of a protobuf message."""
    if isinstance(content, int):
        return bytes((number << 3, content))
    return bytes((number << 3 | 2, len(content))) + content


def database(tmp_path: Path) -> bytes:
    """One with a picture in a value, and one that a message refers to."""
    script = (
        "CREATE TABLE message_thumbnails(id INTEGER PRIMARY KEY, thumbnail BLOB);"
        f"INSERT INTO message_thumbnails VALUES (1, x'{picture(1).hex()}');"
        "CREATE TABLE message(_id INTEGER PRIMARY KEY, chat_row_id INTEGER, from_me INTEGER, timestamp INTEGER,"
        " sender_jid_row_id INTEGER); INSERT INTO message VALUES (7, 1, 1, 1700000000000, 0);"
        "CREATE TABLE message_media(message_row_id INTEGER PRIMARY KEY, file_path TEXT, file_size INTEGER);"
        "INSERT INTO message_media VALUES (7, 'Media/WhatsApp Images/IMG-20231114-WA0001.jpg', 5);"
        "CREATE TABLE chat(_id INTEGER PRIMARY KEY, jid_row_id INTEGER, subject TEXT);"
        "CREATE TABLE jid(_id INTEGER PRIMARY KEY, user TEXT, server TEXT, raw_string TEXT);"
    )
    return written(tmp_path / "plain" / "msgstore.db", script).read_bytes()


def backup(version: int, content: bytes, *, several: bool = False, packed: bool = True) -> bytes:
    """A backup as the app of that version writes it; one of `several` has no MD5 at its end."""
    key = DERIVED if version == 15 else KEY
    if version == 12:
        head = b"\0\1\1" + bytes(range(32)) + bytes(16) + VECTOR
    else:
        salts = field(1, b"\0\1") + field(2, b"2") + field(3, bytes(range(32))) + field(4, bytes(16))
        cipher = field(2, salts + field(5, VECTOR)) if version == 14 else field(3, field(1, VECTOR))
        message = field(1, int(version == 15)) + cipher + field(4, field(1, b"2.24.1.5") + field(3, b"67"))
        head = bytes((len(message),)) + (b"" if several else b"\1") + message
    sealed = AESGCM(key).encrypt(VECTOR, zlib.compress(content) if packed else content, None)
    whole = head + sealed
    if not several:
        whole += hashlib.md5(whole).digest()
    return whole + (b"--67" if version == 12 else b"")


def keys(*files: bytes, passwords: tuple[str, ...] = (), recovery: tuple[str, ...] = ()) -> Limits:
    return Limits(keys=Keys(passwords, recovery, files=files))


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("version", [12, 14, 15])
def test_a_key_file_opens_it_and_the_database_is_read(version: int, several: bool, tmp_path: Path) -> None:
    path = tmp_path / "Backups" / f"msgstore.db.crypt{version}"
    path.parent.mkdir()
    path.write_bytes(backup(version, database(tmp_path), several=several))
    right = ROOT_FILE if version == 15 else KEY_FILE
    found = everything(path, limits=keys(b"no key", right))
    assert members(found)["message_thumbnails/1/thumbnail.jpg"] == picture(1)
    assert said(found)[0] == "opened with key file 2 of 2"
    assert not [text for text in said(found) if LOCKED in text or "damaged" in text]


def test_media_that_messages_refer_to_are_found_beside_the_backup(tmp_path: Path) -> None:
    folder = tmp_path / "WhatsApp"
    (folder / "Databases").mkdir(parents=True)
    (folder / "Media/WhatsApp Images").mkdir(parents=True)
    (folder / "Media/WhatsApp Images/IMG-20231114-WA0001.jpg").write_bytes(picture(2))
    (folder / "Databases/msgstore.db.crypt14").write_bytes(backup(14, database(tmp_path)))
    found = everything(folder, limits=keys(KEY_FILE))
    chats = [content for one, content in found if one.place.trail[-1].startswith(b"Chats/")]
    assert chats == [picture(2)]


def test_the_64_digits_that_a_user_is_shown_open_it(tmp_path: Path) -> None:
    path = tmp_path / "msgstore.db.crypt15"
    path.write_bytes(backup(15, database(tmp_path)))
    digits = " ".join(ROOT.hex()[at : at + 4] for at in range(0, 64, 4))
    for limits, how in (
        (keys(passwords=("wrong", digits)), "password 2 of 2"),
        (keys(recovery=(digits.upper(),)), "recovery key 1 of 1"),
        (keys(ROOT), "key file 1 of 1"),
        (keys(f"{digits}\n".encode()), "key file 1 of 1"),
    ):
        assert said(everything(path, limits=limits))[0] == f"opened with {how}"


def test_a_backup_that_is_no_database_is_opened_as_what_it_is(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("Stickers/one.jpg", picture(3))
    (tmp_path / "stickers.zip.crypt14").write_bytes(backup(14, out.getvalue(), packed=False))
    found = everything(tmp_path / "stickers.zip.crypt14", limits=keys(KEY_FILE))
    assert members(found)["stickers.zip//Stickers/one.jpg"] == picture(3)
    (tmp_path / "note.txt.crypt14").write_bytes(backup(14, b"a note of some words"))
    assert members(everything(tmp_path / "note.txt.crypt14", limits=keys(KEY_FILE))) == {
        "note.txt": b"a note of some words"
    }


@pytest.mark.parametrize("version", [12, 14, 15])
def test_without_the_right_key_it_is_locked(version: int, tmp_path: Path) -> None:
    path = tmp_path / f"msgstore.db.crypt{version}"
    path.write_bytes(backup(version, database(tmp_path)))
    other = java(b"\0\1\2" + bytes(96) + bytes(32))
    for limits, told in (
        (keys(), "none was given"),
        (keys(other, os.urandom(158), passwords=("word", "ab" * 32)), "none of the 4 given opens it"),
    ):
        (text,) = [text for text in said(everything(path, limits=limits)) if LOCKED in text]
        assert told in text and f".crypt{version}" in text
        assert ("64 digits" in text) is (version == 15)


def test_a_key_that_lies_in_the_evidence_is_a_finding_and_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/key").write_bytes(KEY_FILE)
    (tmp_path / "files/other name.bin").write_bytes(ROOT_FILE)
    (tmp_path / "msgstore.db.crypt14").write_bytes(backup(14, database(tmp_path)))
    texts = said(everything(tmp_path))
    assert texts.count("holds keys or tokens (key of WhatsApp's encrypted backups); not used") == 2
    assert len([text for text in texts if LOCKED in text]) == 1
    assert not any("opened" in text for text in texts)


@pytest.mark.parametrize("cut", [600, 3_000, -40, -1])
def test_one_that_is_cut_off_is_read_as_far_as_it_goes_and_said(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "msgstore.db.crypt14"
    path.write_bytes(backup(14, database(tmp_path))[:cut])
    texts = said(everything(path, limits=keys(KEY_FILE)))
    assert texts[0] == "opened with key file 1 of 1"
    assert any("damaged or cut off" in text for text in texts[1:])


def test_headers_that_lie_end_in_a_finding() -> None:
    rng = random.Random(4)
    whole = backup(14, b"x" * 500)
    for _ in range(400):
        broken = bytearray(whole[: rng.randrange(1, len(whole))])
        broken[rng.randrange(min(100, len(broken)))] = rng.randrange(256)
        try:
            read_layout(BytesSource(bytes(broken)))
        except Exception as error:  # noqa: BLE001 -- why: whatever it is, its name is looked at
            assert type(error).__name__ == "EvidenceError", repr(error)


def test_what_is_no_key_gives_none() -> None:
    for data in (b"", b"x", bytes(31), java(bytes(7)), JAVA, os.urandom(1 << 20)):
        assert keys_of_file(data) == []
    assert keys_of_text("0" * 63) == [] and keys_of_text("g" * 64) == []


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="SAFELIGHT_SAMPLES has no wa-crypt-tools")
@pytest.mark.parametrize(
    "name",
    ["msgstore.db.crypt12", "msgstore.db.crypt14", "msgstore-noexpiry.db.crypt14", "msgstore.db.crypt15"],
)
def test_backups_of_another_program_are_read(name: str) -> None:
    plain = members(everything(SAMPLES / "msgstore.db"))
    limits = keys((SAMPLES / "key").read_bytes(), (SAMPLES / "encrypted_backup.key").read_bytes())
    found = everything(SAMPLES / name, limits=limits)
    assert [one.kind for one, _ in found].count(Kind.FINDING) == 0
    assert members(found) == plain and plain
