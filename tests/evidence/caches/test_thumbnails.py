"""Thumbnails that systems keep, each in the layout that is published for it."""

from __future__ import annotations

import io
import sqlite3
import struct
from pathlib import Path

from PIL import Image, PngImagePlugin

from safelight.evidence.walk import walk
from tests.evidence.opened import compound, look, photo

FILETIME = 116_444_736_000_000_000 + 1_709_289_005 * 10_000_000  # 2024-03-01T10:30:05Z


def test_a_thumbs_db_names_the_pictures_it_is_of(tmp_path: Path) -> None:
    entry = struct.pack("<IQ", 12, FILETIME) + "sea.jpg\0".encode("utf-16-le") + bytes(4)
    catalog = struct.pack("<HHIII", 16, 7, 12, 96, 96) + struct.pack("<I", len(entry) + 4) + entry
    head = struct.pack("<III", 12, 1, len(photo()))
    (tmp_path / "Thumbs.db").write_bytes(compound({"Catalog": catalog, "21": head + photo()}))
    seen = look(tmp_path / "Thumbs.db")
    assert seen.content == {"sea.jpg": photo()}
    modified = seen.times["sea.jpg"].modified
    assert modified is not None
    assert modified.value == "2024-03-01T10:30:05Z"


def test_a_thumbs_db_of_vista_has_no_catalogue(tmp_path: Path) -> None:
    head = struct.pack("<IIII", 24, 1, 0, 0) + bytes(8)
    (tmp_path / "Thumbs.db").write_bytes(compound({"96_0123456789abcdef": head + photo()}))
    assert look(tmp_path / "Thumbs.db").content == {"96_0123456789abcdef.jpg": photo()}


def test_what_was_hidden_in_a_thumbs_db_is_found_too(tmp_path: Path) -> None:
    head = struct.pack("<IIII", 12, 1, 0, 0)[:12]
    catalogue = struct.pack("<HHII", 16, 7, 0, 0).ljust(16, b"\0")
    streams = {"Catalog": catalogue, "1": head + photo(1), "More/picture": photo(2)}
    (tmp_path / "Thumbs.db").write_bytes(compound(streams))
    assert set(look(tmp_path / "Thumbs.db").content.values()) == {photo(1), photo(2)}


def thumbcache(version: int, *pictures: bytes) -> bytes:
    out = b""
    for number, picture in enumerate(pictures, 0xABC0):
        name = f"{number:016x}".encode("utf-16-le")
        lengths = struct.pack("<III", len(name), 2, len(picture))
        if version == 0x14:
            middle = "jpg\0".encode("utf-16-le") + lengths + bytes(20)
        else:
            middle = lengths + bytes(20 if version == 0x15 else 28)
        body = struct.pack("<Q", number) + middle + name + b"\0\0" + picture
        out += b"CMMM" + struct.pack("<I", len(body) + 8) + body
    fields = (24, 24 + len(out), len(pictures)) if version < 0x1C else (0, 24, 24 + len(out))
    return b"CMMM" + struct.pack("<5I", version, 2, *fields) + out


def test_a_thumbcache_of_each_version_gives_its_thumbnails(tmp_path: Path) -> None:
    for version in (0x14, 0x15, 0x1F, 0x20):
        (tmp_path / "thumbcache_96.db").write_bytes(thumbcache(version, photo(1), b"", photo(2, "PNG")))
        seen = look(tmp_path / "thumbcache_96.db")
        assert seen.content == {"000000000000abc0.jpg": photo(1), "000000000000abc2.png": photo(2, "PNG")}
        assert "000000000000abc2" in seen.notes["000000000000abc2.png"]


def test_a_damaged_entry_of_a_thumbcache_costs_only_itself(tmp_path: Path) -> None:
    data = bytearray(thumbcache(0x20, photo(1), photo(2), photo(3)))
    second = data.index(b"CMMM", 30 + len(photo(1)))
    data[second + 24 : second + 28] = b"\xff\xff\xff\x7f"
    (tmp_path / "t.db").write_bytes(data)
    seen = look(tmp_path / "t.db")
    assert list(seen.content.values()) == [photo(1), photo(3)]
    assert "1 entries are damaged" in seen.errors[""]


def quicklook(folder: Path) -> Image.Image:
    with Image.open(io.BytesIO(photo(4, "PNG", (20, 10)))) as opened:
        image = opened.convert("RGB")
    red, green, blue = image.split()
    pixels = Image.merge("RGBA", (blue, green, red, Image.new("L", image.size, 255))).tobytes()
    stride = 96
    rows = b"".join(pixels[at : at + 80].ljust(stride, b"\0") for at in range(0, len(pixels), 80))
    (folder / "thumbnails.data").write_bytes(bytes(64) + rows)
    with sqlite3.connect(folder / "index.sqlite") as connection:
        connection.execute("CREATE TABLE files (folder TEXT, file_name TEXT, fs_id TEXT, version BLOB)")
        connection.execute(
            "CREATE TABLE thumbnails (file_id INTEGER, size FLOAT, width INTEGER, height INTEGER, "
            "bitspercomponent INTEGER, bitsperpixel INTEGER, bytesperrow INTEGER, "
            "bitmapdata_location INTEGER, bitmapdata_length INTEGER)"
        )
        connection.execute("INSERT INTO files VALUES ('/Users/x/Pictures', 'sea.heic', '1', NULL)")
        connection.execute(
            "INSERT INTO thumbnails VALUES (1, 20, 20, 10, 8, 32, ?, 64, ?)", (stride, len(rows))
        )
        connection.execute(
            "INSERT INTO thumbnails VALUES (9, 20, 20, 10, 8, 32, ?, 999999, ?)", (stride, len(rows))
        )
    connection.close()
    return image


def test_thumbnails_of_the_finder_are_rebuilt_with_the_paths_they_are_of(tmp_path: Path) -> None:
    image = quicklook(tmp_path)
    before = (tmp_path / "index.sqlite").read_bytes()
    seen = look(tmp_path / "index.sqlite")
    with Image.open(io.BytesIO(seen.content["Users/x/Pictures/sea.heic.png"])) as found:
        assert found.tobytes() == image.tobytes()
    assert seen.notes["Users/x/Pictures/sea.heic.png"] == "thumbnail of /Users/x/Pictures/sea.heic"
    assert "beyond the end" in seen.errors["thumbnail at 999999.png"]
    assert (tmp_path / "index.sqlite").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"index.sqlite", "thumbnails.data"}


def test_an_index_without_pixels_says_so(tmp_path: Path) -> None:
    quicklook(tmp_path)
    (tmp_path / "thumbnails.data").unlink()
    assert "no file thumbnails.data" in look(tmp_path / "index.sqlite").errors[""]


def test_what_else_lies_in_an_index_of_thumbnails_is_read_too(tmp_path: Path) -> None:
    quicklook(tmp_path)
    with sqlite3.connect(tmp_path / "index.sqlite") as connection:
        connection.execute("CREATE TABLE more (b BLOB)")
        connection.execute("INSERT INTO more VALUES (?)", (photo(7),))
    connection.close()
    seen = look(tmp_path / "index.sqlite").content
    assert seen["more/1/b.jpg"] == photo(7)
    assert "Users/x/Pictures/sea.heic.png" in seen
    (tmp_path / "thumbnails.data").unlink()
    assert photo(7) in look(tmp_path / "index.sqlite").content.values()


def test_slots_of_androids_thumbdata_give_the_number_of_the_picture(tmp_path: Path) -> None:
    picture = photo(1, size=(64, 48))
    data = bytearray(50_000)
    data[30_000 : 30_013 + len(picture)] = b"\1" + bytes(8) + struct.pack(">I", len(picture)) + picture
    data[40_000] = 1
    data[40_009:40_013] = b"\xff\xff\xff\xff"
    (tmp_path / ".thumbdata3--1967290299").write_bytes(data)
    seen = look(tmp_path / ".thumbdata3--1967290299")
    assert seen.content == {"3.jpg": picture}
    assert seen.notes["3.jpg"] == "thumbnail of picture 3 of the media store"


def test_blobs_of_the_gallery_state_the_path(tmp_path: Path) -> None:
    key = "/local/image/item/7+1700000000+1".encode("utf-16-le")
    data = b"\x10\x85\x24\xbd"
    for picture in (photo(1), photo(2)):
        blob = key + picture
        data += struct.pack("<QIII", 7, 0, len(data), len(blob)) + blob
    (tmp_path / "imgcache.0").write_bytes(data + b"\1" * 30)
    seen = look(tmp_path / "imgcache.0")
    assert list(seen.content.values()) == [photo(1), photo(2)]
    assert set(seen.notes.values()) == {"kept by the gallery for /local/image/item/7+1700000000+1"}
    assert "cannot be read" in seen.errors[""]


def test_a_desktops_thumbnail_says_which_file_it_is_of(tmp_path: Path) -> None:
    told = PngImagePlugin.PngInfo()
    told.add_text("Thumb::URI", "file:///home/x/sea.jpg")
    told.add_text("Thumb::MTime", "1709289005")
    told.add_text("Thumb::Size", "12345")
    with Image.open(io.BytesIO(photo())) as image:
        image.save(tmp_path / "a.png", pnginfo=told)
    notes = [one.node.note for one in walk(tmp_path / "a.png") if one.node.note]
    assert notes == ["thumbnail of file:///home/x/sea.jpg of 12,345 bytes, last changed 2024-03-01T10:30:05Z"]
