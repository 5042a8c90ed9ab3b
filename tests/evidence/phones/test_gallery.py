"""Photo libraries: pictures that their owner has deleted or hidden lie in their folders like any other.

Tables as published for iOS and Android, written by SQLite; unverified against a real sample.
"""

from __future__ import annotations

from pathlib import Path

from safelight.evidence.found import Found
from safelight.evidence.protocol import Kind

from .backups import ios_backup
from .made import everything, picture, written

APPLE = 1_700_000_000 - 978_307_200  # 2023-11-14T22:13:20Z


def put_away(
    found: list[tuple[Found, bytes | None]],
) -> dict[str, tuple[str | None, bytes | None, str | None]]:
    return {
        one.place.trail[-1].decode(): (one.node.note, content, one.error)
        for one, content in found
        if one.kind is Kind.FILE and one.place.trail[-1].startswith(b"Library/")
    }


def test_pictures_in_the_bin_of_an_iphone_and_hidden_ones_are_said_to_be(tmp_path: Path) -> None:
    library = written(
        tmp_path / "Photos.sqlite",
        "CREATE TABLE ZASSET (Z_PK INTEGER PRIMARY KEY, ZDIRECTORY VARCHAR, ZFILENAME VARCHAR, ZTRASHEDSTATE INTEGER,"
        " ZTRASHEDDATE TIMESTAMP, ZHIDDEN INTEGER, ZDATECREATED TIMESTAMP, ZADDITIONALATTRIBUTES INTEGER);"
        "CREATE TABLE ZADDITIONALASSETATTRIBUTES (Z_PK INTEGER PRIMARY KEY, ZIMPORTEDBYBUNDLEIDENTIFIER VARCHAR,"
        " ZORIGINALFILENAME VARCHAR);"
        f"INSERT INTO ZASSET VALUES (1, 'DCIM/100APPLE', 'IMG_0001.JPG', 0, NULL, 0, {APPLE}, NULL),"
        f" (2, 'DCIM/100APPLE', 'IMG_0002.JPG', 1, {APPLE}.5, 0, {APPLE}, 7),"
        f" (3, 'DCIM/100APPLE', 'IMG_0003.JPG', 0, NULL, 1, {APPLE}, NULL),"
        f" (4, 'DCIM/100APPLE', 'IMG_0004.JPG', 1, NULL, 0, {APPLE}, NULL);"
        "INSERT INTO ZADDITIONALASSETATTRIBUTES VALUES (7, 'net.whatsapp.WhatsApp', 'sea.jpg')",
    )
    names = [f"Media/DCIM/100APPLE/IMG_000{number}.JPG" for number in (1, 2, 3)]
    files = {("CameraRollDomain", name): picture(number) for number, name in enumerate(names, 1)}
    files["CameraRollDomain", "Media/PhotoData/Photos.sqlite"] = library.read_bytes()
    assert put_away(everything(ios_backup(tmp_path / "backup", files))) == {
        "Library/Recently deleted/IMG_0002.JPG": (
            "Photos: in the bin of the library since 2023-11-14T22:13:20.500000Z, brought by net.whatsapp.WhatsApp,"
            " called sea.jpg",
            picture(2),
            None,
        ),
        "Library/Hidden/IMG_0003.JPG": ("Photos: hidden by the owner", picture(3), None),
        "Library/Recently deleted/IMG_0004.JPG": (
            "Photos: in the bin of the library",
            None,
            "the file is not in the exhibit",
        ),
    }


def test_files_in_the_bin_of_android_are_said_to_be(tmp_path: Path) -> None:
    written(
        tmp_path / "data/data/com.android.providers.media.module/databases/external.db",
        "CREATE TABLE files (_id INTEGER PRIMARY KEY AUTOINCREMENT, _data TEXT UNIQUE, _size INTEGER,"
        " media_type INTEGER, datetaken INTEGER, date_added INTEGER, is_trashed INTEGER, date_expires INTEGER,"
        " owner_package_name TEXT, _display_name TEXT);"
        "INSERT INTO files VALUES (1, '/storage/emulated/0/DCIM/Camera/a.jpg', 9, 1, 1, 1, 0, NULL, NULL, 'a.jpg'),"
        " (2, '/storage/emulated/0/DCIM/Camera/.trashed-1702592000-b.jpg', 9, 1, NULL, 1700000000, 1, 1702592000,"
        " 'com.whatsapp', 'b.jpg')",
    )
    camera = tmp_path / "data/media/0/DCIM/Camera"
    camera.mkdir(parents=True)
    (camera / ".trashed-1702592000-b.jpg").write_bytes(picture(2))
    assert put_away(everything(tmp_path)) == {
        "Library/Recently deleted/.trashed-1702592000-b.jpg": (
            "MediaStore: in the bin, to be deleted for good at 2023-12-14T22:13:20Z, brought by com.whatsapp,"
            " called b.jpg",
            picture(2),
            None,
        )
    }
