"""Plain extractions of phones (a ZIP or tar of the file system): names, databases, and what holds keys or tokens."""

from __future__ import annotations

import zipfile
from pathlib import Path

from safelight.evidence.protocol import Kind
from safelight.evidence.scope import Scope
from safelight.model import LOCKED

from .made import everything, members, picture, said, written


def extraction(folder: Path) -> Path:
    """As a full file-system extraction of an iPhone looks: a ZIP from the root on, the keychain beside it."""
    base = folder / "made"
    photos = written(
        base / "private/var/mobile/Media/PhotoData/Photos.sqlite",
        "CREATE TABLE ZTHUMB(Z_PK INTEGER PRIMARY KEY, ZDATA BLOB)",
        lambda connection: connection.execute("INSERT INTO ZTHUMB VALUES (1, ?)", (picture(2, 30),)),
    )
    keychain = written(
        base / "private/var/Keychains/keychain-2.db",
        "CREATE TABLE genp(a); CREATE TABLE inet(a); CREATE TABLE cert(a); CREATE TABLE keys(a)",
    )
    path = folder / "phone.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in (photos, keychain):
            archive.write(file, file.relative_to(base).as_posix())
        archive.writestr("private/var/mobile/Media/DCIM/100APPLE/IMG_0001.JPG", picture(1))
        archive.writestr(
            "keychain.plist", b"<?xml version='1.0'?><plist><dict><key>genp</key><array/></dict></plist>"
        )
        archive.writestr("report_passwords.txt", b"secret word\n")
    return path


def test_files_have_their_path_on_the_device(tmp_path: Path) -> None:
    content = members(everything(extraction(tmp_path)))
    assert content["private/var/mobile/Media/DCIM/100APPLE/IMG_0001.JPG"] == picture(1)
    assert content["private/var/mobile/Media/PhotoData/Photos.sqlite//ZTHUMB/1/ZDATA.jpg"] == picture(2, 30)


def test_what_holds_keys_is_named_and_never_shown(tmp_path: Path) -> None:
    found = everything(extraction(tmp_path))
    notes = {one.place.trail[-1]: one.node.note for one, _ in found if one.kind is Kind.NOTE}
    assert set(notes) == {b"private/var/Keychains/keychain-2.db", b"keychain.plist", b"report_passwords.txt"}
    assert all(
        note and note.startswith("holds keys or tokens") and note.endswith("not used")
        for note in notes.values()
    )
    assert not any("secret word" in text for text in said(found))


def test_the_scope_holds_by_the_path_in_the_extraction(tmp_path: Path) -> None:
    path = extraction(tmp_path)

    def read(*only: str, exclude: tuple[str, ...] = ()) -> set[str]:
        found = everything(path, Scope.parse(only, exclude))
        return {name.rpartition("/")[2] for name, content in members(found).items() if content is not None}

    assert read("private/var/mobile/Media/DCIM/**") == {"IMG_0001.JPG"}
    assert read(exclude=("private/**", "keychain.plist", "*.txt")) == set()
    assert read("**/Photos.sqlite", "**/ZTHUMB/**") == {"Photos.sqlite", "ZDATA.jpg"}
    assert read(exclude=("*.plist", "*.txt", "**/ZTHUMB/**", "keychain-2.db")) == {
        "IMG_0001.JPG",
        "Photos.sqlite",
    }


def test_a_backup_of_whatsapp_is_locked_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "msgstore.db.crypt14").write_bytes(bytes(range(7, 200)) * 9)
    (text,) = said(everything(tmp_path))
    assert "backup of WhatsApp" in text
    assert LOCKED in text


def test_the_key_of_signal_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"key": "' + "ab" * 32 + '", "x": 1}')
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text('{"key": "value"}')
    assert said(everything(tmp_path)) == ["holds keys or tokens (database key of Signal); not used"]
