"""iOS backups: files by domain and path, encrypted ones with their password, as folders and in archives.

Built from the published layout (property lists by `plistlib`, manifests by SQLite); unverified against a real sample.
"""

from __future__ import annotations

import plistlib
import random
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from safelight.evidence.phone.keybag import Keybag, parse
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.scope import Scope
from safelight.evidence.unlock import Keys
from safelight.model import LOCKED

from .backups import Bag, Files, digest, ios_backup, old_ios_backup
from .made import everything, members, picture, said, written

DCIM = ("CameraRollDomain", "Media/DCIM/100APPLE/IMG_0001.JPG")
OTHER = ("CameraRollDomain", "Media/DCIM/100APPLE/IMG_0002.JPG")
FILES: Files = {DCIM: picture(1), OTHER: picture(2, 200), ("HomeDomain", "Library/x.txt"): b"text"}
NAMES = {"/".join(name): content for name, content in FILES.items()}
KEYS = Limits(keys=Keys(("wrong", "secret word")))


def of_manifest(found: list, manifest: str = "Manifest.db") -> dict[str, bytes | None]:  # type: ignore[type-arg]
    inside = [(one, content) for one, content in found if manifest.encode() in one.place.trail[:-1]]
    return {
        "//".join(map(bytes.decode, one.place.trail[-1:])): content
        for one, content in inside
        if one.kind is Kind.FILE
    }


def test_files_have_their_domain_path_and_times(tmp_path: Path) -> None:
    found = everything(ios_backup(tmp_path / "b", FILES))
    assert of_manifest(found) == NAMES
    one = next(one for one, _ in found if one.place.trail[-1].endswith(b"IMG_0001.JPG"))
    assert one.place.times.created is not None
    assert one.place.times.modified is not None
    assert (one.place.times.created.value, one.place.times.created.source) == (
        "2023-11-14T22:13:20Z",
        "ios-backup",
    )
    assert one.place.times.modified.value == "2023-11-14T22:15:00Z"
    assert one.place.size == len(FILES[DCIM])
    link = next(one for one, _ in found if one.place.trail[-1] == b"HomeDomain/link")
    assert (link.kind, link.node.target) == (Kind.LINK, b"/etc/passwd")
    assert not [one.error for one, _ in found if one.error]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_backup_in_an_archive(kind: str, tmp_path: Path) -> None:
    folder = ios_backup(tmp_path / "b", FILES)
    archive = Path(shutil.make_archive(str(tmp_path / "x"), kind, tmp_path, folder.name))
    assert of_manifest(everything(archive), "b/Manifest.db") == NAMES


def test_a_backup_in_an_archive_that_is_read_in_order_says_so(tmp_path: Path) -> None:
    folder = ios_backup(tmp_path / "b", FILES)
    archive = Path(shutil.make_archive(str(tmp_path / "x"), "gztar", tmp_path, folder.name))
    assert any("unpack it first" in text for text in said(everything(archive)))


def test_an_encrypted_backup_opens_with_its_password(tmp_path: Path) -> None:
    found = everything(ios_backup(tmp_path / "b", FILES, "secret word"), limits=KEYS)
    assert of_manifest(found, "Manifest.plist") == NAMES
    notes = [one.node.note for one, _ in found if one.kind is Kind.NOTE]
    assert notes == ["opened with password 2 of 2"]
    assert not any("secret word" in text for text in said(found))


@pytest.mark.parametrize("keys", [Keys(), Keys(("wrong",))])
def test_without_its_password_it_is_locked(keys: Keys, tmp_path: Path) -> None:
    found = everything(ios_backup(tmp_path / "b", FILES, "secret word"), limits=Limits(keys=keys))
    assert not of_manifest(found, "Manifest.plist")
    (text,) = [text for text in said(found) if LOCKED in text]
    assert "encrypted iOS backup" in text
    assert ("none of the 1 given opens it" in text) == bool(keys)


def test_another_program_opens_the_encrypted_backup_that_the_tests_make(tmp_path: Path) -> None:
    other = pytest.importorskip("iphone_backup_decrypt")
    folder = ios_backup(tmp_path / "b", FILES, "secret word")
    backup = other.EncryptedBackup(backup_directory=str(folder), passphrase="secret word")
    assert backup.extract_file_as_bytes(DCIM[1], domain_like=DCIM[0]) == FILES[DCIM]


def test_an_old_backup(tmp_path: Path) -> None:
    found = everything(old_ios_backup(tmp_path / "b", FILES))
    assert of_manifest(found, "Manifest.mbdb") == NAMES


def test_the_scope_holds_inside_by_path_and_time(tmp_path: Path) -> None:
    folder = ios_backup(tmp_path / "b", FILES)

    def read(*only: str, exclude: tuple[str, ...] = ()) -> set[str]:
        found = everything(folder, Scope.parse(only, exclude))
        return {name for name, content in of_manifest(found).items() if content is not None}

    photos = {"/".join(DCIM), "/".join(OTHER)}
    assert read("Manifest.db", "CameraRollDomain/**") == photos
    assert read(exclude=("IMG_0002.JPG",)) == set(NAMES) - {"/".join(OTHER)}
    assert read("Manifest.db", "CameraRollDomain/**", exclude=("**/IMG_0001.JPG",)) == {"/".join(OTHER)}
    assert read("created:2023-11-14", "created:2026..") == set()  # the manifest itself has no such time
    assert read(exclude=("created:2023",)) == set()
    assert read(exclude=("created:2024",)) == set(NAMES)


def test_a_database_of_the_backup_is_read_once_under_its_own_name(tmp_path: Path) -> None:
    made = tmp_path / "sms.db"
    connection = sqlite3.connect(made)
    connection.execute("CREATE TABLE p(id INTEGER PRIMARY KEY, data BLOB)")
    connection.execute("INSERT INTO p VALUES (1, ?)", (picture(3, 16),))
    connection.commit()
    connection.close()
    found = everything(ios_backup(tmp_path / "b", {("HomeDomain", "Library/x.db"): made.read_bytes()}))
    inside = [one.place.trail for one, _ in found if one.place.trail[-1] == b"p/1/data.jpg"]
    assert inside == [(b"Manifest.db", b"HomeDomain/Library/x.db", b"p/1/data.jpg")]
    assert any("listed by its own name" in text for text in said(found))


def test_what_is_missing_or_lies_is_said(tmp_path: Path) -> None:
    folder = ios_backup(tmp_path / "b", FILES)
    name = digest(*DCIM)
    (folder / name[:2] / name).unlink()
    connection = sqlite3.connect(folder / "Manifest.db")
    connection.execute("UPDATE Files SET file = x'00' WHERE relativePath = ?", (OTHER[1],))
    connection.execute("INSERT INTO Files VALUES ('../../etc/passwd', 'A', 'b', 1, NULL)")
    connection.execute("INSERT INTO Files VALUES ('abcdef', 'A', '../../x', 1, NULL)")
    connection.commit()
    connection.close()
    found = everything(folder)
    texts = said(found)
    assert any(f"lacks the file {name[:2]}/{name}" in text for text in texts)
    assert any("states of it is damaged" in text for text in texts)
    assert not any(b"passwd" in one.place.trail[-1] for one, _ in found)
    assert of_manifest(found)["/".join(OTHER)] == FILES[OTHER]


def test_a_manifest_alone_asks_for_its_folder(tmp_path: Path) -> None:
    folder = ios_backup(tmp_path / "b", FILES)
    assert any("give its whole folder" in text for text in said(everything(folder / "Manifest.db")))


def test_damaged_property_lists_and_keybags_never_break_it(tmp_path: Path) -> None:
    folder = ios_backup(tmp_path / "b", {DCIM: picture(1, 8)}, "secret word")
    whole = (folder / "Manifest.plist").read_bytes()
    rng, begun = random.Random(3), time.monotonic()
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 3, 50))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        (folder / "Manifest.plist").write_bytes(data)
        for one, _ in everything(folder, limits=Limits(keys=Keys(("secret word",)))):
            assert one.error is None or "reader failed" not in one.error, one.error
    assert time.monotonic() - begun < 20


def test_a_keybag_that_wants_more_rounds_than_any_is_refused(tmp_path: Path) -> None:
    folder = ios_backup(tmp_path / "b", {DCIM: b"x"}, "secret word")
    state = plistlib.loads((folder / "Manifest.plist").read_bytes())
    bag = Bag("x").data
    state["BackupKeyBag"] = bag.replace(b"DPIC\0\0\0\4\0\0\3\xe8", b"DPIC\0\0\0\4\xff\xff\xff\xff")
    (folder / "Manifest.plist").write_bytes(plistlib.dumps(state, fmt=plistlib.FMT_BINARY))
    begun = time.monotonic()
    assert any("holds no keys" in text for text in said(everything(folder, limits=KEYS)))
    assert time.monotonic() - begun < 2


def test_one_damaged_class_does_not_make_the_right_password_a_wrong_one() -> None:
    bag = Bag("right")
    data = bytearray(bag.data)
    data[-1] ^= 1  # of the wrapped key of class 4
    assert parse(bytes(data)).opened("right") == {3: bag.classes[3]}
    assert parse(bytes(data)).opened("wrong") is None


def test_members_of_everything_are_listed_once(tmp_path: Path) -> None:
    found = everything(ios_backup(tmp_path / "b", FILES))
    trails = [one.place.trail for one, _ in found if one.kind is not Kind.NOTE]
    assert len(trails) == len(set(trails))
    assert members(found)  # the names within the manifest


def test_a_password_is_tried_once_however_often_the_backup_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = written(
        tmp_path / "x.db",
        "PRAGMA journal_mode=WAL; CREATE TABLE p(id INTEGER PRIMARY KEY, data BLOB)",
    )
    folder = ios_backup(tmp_path / "b", {("HomeDomain", "x.db"): made.read_bytes()}, "secret word")
    tried: list[str] = []
    really = Keybag.opened

    def counted(bag: Keybag, password: str) -> dict[int, bytes] | None:
        tried.append(password)
        return really(bag, password)

    monkeypatch.setattr(Keybag, "opened", counted)
    everything(folder, limits=KEYS)  # the database asks for its log, which lies in the backup too
    everything(folder, limits=KEYS)
    assert tried == ["wrong", "secret word"]
    assert any(LOCKED in text for text in said(everything(folder, limits=Limits())))


def test_a_database_that_the_manifest_does_not_list_is_read_by_itself(tmp_path: Path) -> None:
    backup = ios_backup(tmp_path / "backup", {("HomeDomain", "a.txt"): b"text"})
    hidden = backup / "ab" / ("ab" * 20)
    written(
        hidden, "CREATE TABLE t(b BLOB)", lambda one: one.execute("INSERT INTO t VALUES (?)", (picture(1),))
    )
    assert picture(1) in members(everything(backup)).values()


def test_what_else_was_put_into_a_manifest_is_read_too(tmp_path: Path) -> None:
    backup = ios_backup(tmp_path / "backup", {("HomeDomain", "a.txt"): b"text"})
    written(
        backup / "Manifest.db",
        "CREATE TABLE t(b BLOB)",
        lambda one: one.execute("INSERT INTO t VALUES (?)", (picture(1),)),
    )
    found = members(everything(backup))
    assert found["HomeDomain/a.txt"] == b"text"
    assert picture(1) in found.values()
