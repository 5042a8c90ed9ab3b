"""What lies on the demonstration's archive disk: backups, odd names, links, and deleted files, on ext4."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from safelight.demo import archives, library
from safelight.demo.staging import Staging
from safelight.model import State

_OCTOBER = datetime(2026, 10, 21, 22, 5, 0, tzinfo=UTC)
_BOMB = 72
"""Blocks of 16 MiB: the guard against bombs looks from 1 GiB on."""


def fill_archive_disk(disk: Staging) -> None:
    """Put everything in its place."""
    _card(disk)
    _backups(disk)
    _stand_ins(disk)
    _odd_names(disk)
    _links(disk)


def _card(disk: Staging) -> None:
    """The copy of a telephone's memory card."""
    for number in range(14, 30):
        path = f"media/card/DCIM/100ABCDE/IMG_{4400 + number}.JPG"
        state = State.DELETED if number in (18, 25) else State.ALLOCATED
        disk.put(path, library.phone_photo(number), library.phone_time(number), state)
    for number in range(44, 72):
        disk.put(f"media/card/.thumbnails/{number:08x}.0", library.cached_picture(number), _OCTOBER)
    disk.put("media/card/DCIM/100ABCDE/MOV_0007.MP4", library.clip(2), _OCTOBER)


def _backups(disk: Staging) -> None:
    nested = {
        "trip/0001.jpg": library.trip_photo(3),
        "trip/0002.jpg": library.known(5),
        "trip/0003.jpg": library.trip_copy(9, "mail"),
    }
    disk.put("backup/pack.tar.gz", library.matryoshka(nested), _OCTOBER)
    escaping = {
        "../../outside.jpg": library.cached_picture(80),
        "/etc/inside.jpg": library.cached_picture(84),
    }
    disk.put("backup/names.zip", library.container(archives.zip_archive, escaping, "names leave the folder"))
    packed = partial(archives.seven_zip_archive, password="lantern")  # nosec B106  # nobody's password
    locked = library.unreadable(packed({"a.jpg": library.cached_picture(88).data}), "needs a password")
    disk.put("backup/locked.7z", locked)
    bomb = library.unreadable(archives.zip_bomb(_BOMB), "unpacks to a thousand times its size")
    disk.put("backup/scans.zip", bomb)


def _stand_ins(disk: Staging) -> None:
    disk.put("srv/media/tmp/.x/a6.jpg", library.known(6), _OCTOBER, State.DELETED)
    disk.put("srv/media/tmp/.x/a2.jpg", library.known(2), _OCTOBER, State.CARVED)
    disk.put("srv/media/tmp/.x/note.txt", library.other(b"moved to the other disk\n"), _OCTOBER)
    disk.put("srv/media/known copies/three.jpg", library.known(3), _OCTOBER)
    disk.hard_link(
        "srv/media/known copies/three again.jpg", "srv/media/known copies/three.jpg", library.known(3)
    )
    disk.put("srv/media/known copies/five.png", library.near_known(5, "png"), _OCTOBER)
    disk.put("srv/media/known copies/eight.gif", library.near_known(8, "gif"), _OCTOBER)
    disk.put("srv/media/known copies/six.jpg", library.near_known(6, "darker"), _OCTOBER)
    disk.put(
        "srv/media/known copies/six-half.jpg", library.half(library.known(6), "half a stand-in"), _OCTOBER
    )


def _odd_names(disk: Staging) -> None:
    """Names that trip programs up, each with a picture in it."""
    names = (
        b"caf\xe9 \xff.jpg",
        b"two\nlines.jpg",
        b"bell\x07 and escape\x1b[31m.jpg",
        b"-rf *.jpg",
        b" leading and trailing .jpg",
        "gpj.\u202etfel-ot-thgir".encode(),
        "漢字 кириллица \U0001f3ee.jpg".encode(),
        b"back\\slash:colon|pipe?.jpg",
        b"<script>alert(1)</script>.jpg",
        b"=HYPERLINK(1).jpg",
        b"n" * 251 + b".jpg",
    )
    for number, name in enumerate(names):
        disk.put(b"odd/" + name, library.cached_picture(100 + 4 * number))
    deep = "/".join(f"level{n}" for n in range(40))
    disk.put(f"odd/{deep}/deep.jpg", library.cached_picture(148))
    disk.put("odd/empty.jpg", library.other(b"", "0 bytes"))
    disk.put("odd/zeros.bin", library.other(bytes(4 << 20), "nothing but zeros"))


def _links(disk: Staging) -> None:
    disk.link("links/outside", "/etc/passwd")
    disk.link("links/up", "../../../../..")
    disk.link("links/a", "b")
    disk.link("links/b", "a")
    disk.link("links/self", ".")
    disk.link("links/picture.jpg", "../media/card/DCIM/100ABCDE/IMG_4414.JPG")
    disk.fifo("links/pipe")
