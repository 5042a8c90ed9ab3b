"""What lies on the demonstration's laptop: a Windows disk with photographs, caches and a recycle bin."""

from __future__ import annotations

from datetime import UTC, datetime

from safelight.demo import archives, documents, encode, library
from safelight.demo.staging import Staging
from safelight.model import State

_USER = "Users/robin"
_CACHE = f"{_USER}/AppData/Local/Browser/User Data/Default/Cache"
_THUMBNAILS = f"{_USER}/AppData/Local/Thumbnails"
_BIN = "$Recycle.Bin/S-1-5-21-1004336348-1177238915-682003330-1001"
_OCTOBER = datetime(2026, 10, 18, 20, 15, 0, tzinfo=UTC)


def fill_laptop(disk: Staging) -> None:
    """Put everything in its place."""
    _system(disk)
    _photographs(disk)
    _stand_ins(disk)
    _documents(disk)
    _trouble(disk)


def _system(disk: Staging) -> None:
    for number in range(1, 11):
        disk.put(f"Windows/Web/Wallpaper/Theme{number % 3}/img{number}.jpg", library.wallpaper(number))
    disk.put("Windows/Web/Wallpaper/Theme1/img0.jpg", library.disputed())
    for number in range(30):
        disk.put(f"ProgramData/Programs/icons/{number:02d}.png", library.icon(number))
    for number in range(44):
        disk.put(f"{_CACHE}/f_{0x1A0 + number:06x}", library.cached_picture(number), _OCTOBER)
    disk.put("Windows/win.ini", library.other(b"[fonts]\r\n[extensions]\r\n"))
    history = f"{_USER}/AppData/Local/Browser/User Data/Default/History"
    disk.put(history, library.other(documents.database(), "a data base"), _OCTOBER)


def _photographs(disk: Staging) -> None:
    """Originals of a camera, and what became of some of them."""
    for number in range(24):
        path = f"{_USER}/Pictures/2026-09 Harbour/DCIM/100HALDN/DSC{1200 + number:05d}.JPG"
        state = State.DELETED if number in (5, 11, 17) else State.ALLOCATED
        disk.put(path, library.trip_photo(number), library.trip_time(number), state)
    for number in range(0, 12, 2):
        disk.put(f"{_USER}/Pictures/for mail/harbour {number}.jpg", library.trip_copy(number, "mail"))
    for number in range(0, 8, 2):
        path = f"{_USER}/Pictures/Messenger Images/IMG-20260920-{number:04d}.jpg"
        disk.put(path, library.trip_copy(number, "messenger"))
    for number in range(14):
        path = f"{_USER}/Pictures/Phone/DCIM/Camera/PXL_202611{number:02d}_1740.jpg"
        disk.put(path, library.phone_photo(number), library.phone_time(number))
    for number in range(4):
        disk.put(f"{_USER}/Pictures/old/P100{number}.JPG", library.old_photo(number))
    disk.put(f"{_USER}/Videos/ferry.mp4", library.clip(1), _OCTOBER)


def _stand_ins(disk: Staging) -> None:
    """The stand-ins for known material, plainly, renamed, cached, thrown away and deleted."""
    disk.put(f"{_USER}/Pictures/misc/lantern 1.jpg", library.known(1), _OCTOBER)
    disk.put(f"{_USER}/Documents/taxes/2025/scan0002.dat", library.known(2), _OCTOBER)
    disk.put(f"{_CACHE}/f_0003e7", library.known(3), _OCTOBER)
    recycled = library.known(4)
    record = documents.recycle_record(rf"C:\{_USER}\Pictures\misc\lantern 4.jpg".replace("/", "\\"), 1)
    disk.put(f"{_BIN}/$R8F2KQ1.jpg", recycled, _OCTOBER)
    disk.put(f"{_BIN}/$I8F2KQ1.jpg", library.other(record, "record of the recycle bin"), _OCTOBER)
    disk.put(f"{_USER}/Pictures/misc/lantern 8.jpg", library.known(8), _OCTOBER, State.DELETED)
    disk.put(f"{_USER}/Desktop/new folder/1.jpg", library.known(1), _OCTOBER, State.DELETED)
    pack = {
        "set/0001.jpg": library.known(5),
        "set/0002.jpg": library.known(6),
        "set/0003.jpg": library.trip_copy(20, "mail"),
        "set/0004.jpg": library.trip_copy(21, "messenger"),
    }
    disk.put(f"{_USER}/Downloads/pack.zip", library.container(archives.zip_archive, pack), _OCTOBER)
    disk.put(f"{_USER}/Documents/letter.docx", library.letter(library.known(7)), _OCTOBER)
    disk.put(f"{_USER}/Pictures/misc/small.jpg", library.near_known(1, "smaller"), _OCTOBER)
    disk.put(f"{_USER}/Pictures/misc/better.jpg", library.near_known(4, "brighter"), _OCTOBER)
    disk.put(f"{_USER}/Documents/notes.txt", library.near_known(2, "recompressed"), _OCTOBER)
    disk.put(f"{_CACHE}/f_0003e8", library.near_known(7, "webp"), _OCTOBER)
    new = library.new_in_series(encode.PHONE, 1)
    disk.put(f"{_USER}/Pictures/Phone/DCIM/Camera/PXL_20261103_0042.jpg", new, library.phone_time(1))
    again = library.new_in_series(encode.OLD_COMPACT, 4)
    disk.put(f"{_USER}/Pictures/old/P1009.JPG", again, library.phone_time(4), State.DELETED)
    for number in (1, 3, 7):
        disk.put(f"{_THUMBNAILS}/{number:016x}.jpg", library.near_known(number, "thumbnail"), _OCTOBER)


def _documents(disk: Staging) -> None:
    for number in range(10):
        chart = library.office_chart(number)
        disk.put(f"{_USER}/Documents/charts/chart {number}.png", chart)
    disk.put(f"{_USER}/Documents/shopping.txt", library.other(documents.NOTES.encode()))
    disk.put(f"{_USER}/Documents/fuel.csv", library.other(documents.TABLE.encode()))
    disk.put(f"{_USER}/Documents/ferry.html", library.other(documents.PAGE.encode()))
    disk.put(f"{_USER}/Documents/invoice.pdf", library.other(documents.pdf()))
    disk.put(f"{_USER}/Documents/scan.tif", library.in_format("TIFF", 1, compression="tiff_lzw"))
    disk.put(f"{_USER}/Documents/fax.bmp", library.in_format("BMP", 2))
    disk.put(f"{_USER}/Pictures/Phone/IMG_4410.HEIC", library.in_format("HEIF", 3, quality=70))
    disk.put(f"{_USER}/Pictures/Phone/IMG_4411.avif", library.in_format("AVIF", 4, quality=70))


def _trouble(disk: Staging) -> None:
    """What cannot be read, or only in part."""
    halved = library.half(library.trip_photo(22), "ends in the middle")
    disk.put(f"{_USER}/Pictures/damaged/half.jpg", halved)
    noise = b"\x89PNG\r\n\x1a\n" + bytes((i * 7919 >> 3) & 0xFF for i in range(6000))
    disk.put(f"{_USER}/Pictures/damaged/garbage.png", library.unreadable(noise, "a head without a picture"))
    huge = library.unreadable(documents.huge_png(), "claims 60,000 × 60,000 pixels")
    disk.put(f"{_USER}/Pictures/damaged/huge.png", huge)
    disk.put(f"{_USER}/Pictures/damaged/empty.jpg", library.other(b"", "0 bytes"))
    broken = library.clip(1).data[:1500]
    disk.put(f"{_USER}/Videos/broken.mp4", library.unreadable(broken, "ends after its head"))
    secret = archives.encrypted_zip("private/1.jpg", library.cached_picture(4).data, b"correct horse")
    disk.put(f"{_USER}/Documents/private.zip", library.unreadable(secret, "needs a password"))
    pack = library.container(archives.zip_archive, {"a.jpg": library.cached_picture(8)})
    cut = library.unreadable(pack.data[: len(pack.data) * 2 // 3], "ends before its directory")
    disk.put(f"{_USER}/Downloads/pack (1).zip", cut)
