"""Small sound archives, documents, mail, caches and phones, one of each kind that is read.

Archives that no program here writes are those of libarchive's tests; the rest is made by Debian's tools, by Python or
after the published layouts.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache, partial
from io import BytesIO
from pathlib import Path

from tests.evidence import images
from tests.evidence.archives import samples as foreign
from tests.evidence.caches import test_browsers, test_thumbnails
from tests.evidence.documents import office, test_office, test_pdf
from tests.evidence.encrypted.made import PASSWORD
from tests.evidence.mail import stores, test_messages, test_stores
from tests.evidence.opened import compound, photo
from tests.evidence.phones import backups, made, test_messengers, test_ufdr
from tests.evidence.test_recycle import info2, record
from tests.hostile.disks import TEXT

SMALL = photo(1, size=(48, 32))
TREE = {"a.txt": TEXT, "in/b.jpg": SMALL, "in/deep/c.bin": bytes(range(256)) * 12}
REPLY = b"HTTP/1.1 200 OK\0\0"


@cache
def _place(name: str = "") -> Path:
    made_here = images.folder() / "held" / name
    made_here.mkdir(parents=True)
    return made_here


@cache
def _root() -> Path:
    root = _place("root")
    for name, content in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


# --- archives --------------------------------------------------------------------------------------------


@cache
def seven(*options: str) -> bytes:
    """A 7z, or what 7-Zip writes under another name."""
    out = _place("7z" + "".join(options).replace("/", "")) / ("x.zip" if "-tzip" in options else "x.7z")
    images.run("7z", "a", *options, out, f"{_root()}/.")
    return out.read_bytes()


@cache
def packed(suffix: str, *command: str) -> bytes:
    """An archive by a program that takes its name and the files' names."""
    out = _place("".join(command)) / f"x.{suffix}"
    program = shutil.which(command[0])
    if program is None:
        raise FileNotFoundError(command[0])
    names = " ".join(TREE)
    images.run("sh", "-c", f"cd {_root()} && {program} {' '.join(command[1:])} {out} {names}")
    return out.read_bytes()


@cache
def cpio(form: str) -> bytes:
    """A cpio archive."""
    names = "".join(f"{name}\n" for name in ("in", "in/deep", *TREE)).encode()
    return images.run("cpio", "-o", "-H", form, "-D", _root(), data=names)


@cache
def compressed() -> bytes:
    """What compress writes."""
    return images.run("compress", "-c", "-f", data=TEXT + SMALL)


def tape(files: dict[str, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar: members lie in it as they are, so that what is changed in it is changed in them."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), 1_700_000_000
            archive.addfile(info, BytesIO(content))
    return out.getvalue()


def _folder(path: Path) -> bytes:
    """A folder as a tar."""
    files = {str(one.relative_to(path)): one.read_bytes() for one in sorted(path.rglob("*")) if one.is_file()}
    return tape(files)


@cache
def sparse() -> bytes:
    """A tar of GNU tar's with a sparse file."""
    path = _place("sparse") / "holes"
    with path.open("wb") as file:
        file.write(b"begin")
        file.seek(300_000)
        file.write(SMALL)
        file.truncate(500_000)
    return images.run("tar", "-C", path.parent, "-S", "-c", "--format=gnu", "-f", "-", "holes")


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "a.7z": partial(seven, "-m0=LZMA2"),
    "many.7z": partial(seven, "-m0=BCJ", "-m1=LZMA", "-ms=off"),
    "bzip2.7z": partial(seven, "-m0=BZip2"),
    "locked.7z": partial(seven, f"-p{PASSWORD}"),
    "hidden.7z": partial(seven, f"-p{PASSWORD}", "-mhe=on"),
    "locked.zip": partial(seven, "-tzip", f"-p{PASSWORD}", "-mem=ZipCrypto"),
    "aes.zip": partial(seven, "-tzip", f"-p{PASSWORD}", "-mem=AES256"),
    "bzip2.zip": partial(seven, "-tzip", "-mm=BZip2"),
    "rar5.rar": lambda: foreign.RAR5_MULTIPLE_FILES,
    "solid.rar": lambda: foreign.RAR5_MULTIPLE_FILES_SOLID,
    "rar3.rar": lambda: foreign.RAR_UNICODE,
    "locked.rar": lambda: foreign.RAR4_ENCRYPTED,
    "hidden.rar": lambda: foreign.RAR5_ENCRYPTED_FILENAMES,
    "a.cab": partial(packed, "cab", "gcab", "-z", "-c"),
    "lzx.cab": lambda: foreign.CAB_LZX_E8,
    "a.lzh": partial(packed, "lzh", "jlha", "a2"),
    "names.lzh": lambda: foreign.LHA_FILENAME_CP932,
    "a.arj": partial(packed, "arj", "arj", "a", "-r", "-y"),
    "newc.cpio": partial(cpio, "newc"),
    "odc.cpio": partial(cpio, "odc"),
    "bin.cpio": partial(cpio, "bin"),
    "crc.cpio": partial(cpio, "crc"),
    "a.Z": compressed,
    "pax.tar": lambda: tape({"ü" * 90: TEXT, **TREE}),
    "sparse.tar": sparse,
}


# --- documents, mail, caches -----------------------------------------------------------------------------


@cache
def _libre(name: str) -> bytes:
    if not office.is_there():
        raise FileNotFoundError("LibreOffice")
    return (office.samples() / name).read_bytes()


@cache
def _ooxml() -> bytes:
    """What a docx is to a reader: a ZIP with the parts' names."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document/>" * 40)
        archive.writestr("word/media/image1.jpeg", SMALL)
    return out.getvalue()


def _doc() -> bytes:
    """An old document with drawings, a file dropped into it, and a document in it."""
    body = b"\2\0sea.jpg\0C:\\sea.jpg\0\0\0\3\0" + struct.pack("<I", 11) + b"C:\\sea.jpg\0\0"
    body += struct.pack("<I", len(SMALL)) + SMALL
    return compound(
        {
            "Pictures": test_office.blip(0xF01D, 0x46A, SMALL),
            "WordDocument": bytes(64),
            "ObjectPool/_1/\1Ole10Native": struct.pack("<I", len(body)) + body,
            "b/Package": compound({"Data": SMALL}),
        }
    )


def _msg() -> bytes:
    streams = test_stores.mapi("hello", 32)
    first, second = "__attach_version1.0_#00000000/", "__attach_version1.0_#00000001/"
    streams[first + "__substg1.0_3707001F"] = "a.jpg".encode("utf-16-le")
    streams[first + "__substg1.0_37010102"] = SMALL
    streams |= {
        second + "__substg1.0_3701000D/" + name: data for name, data in test_stores.mapi("inner", 24).items()
    }
    return compound(streams)


def _thumbs() -> bytes:
    entry = struct.pack("<IQ", 12, test_thumbnails.FILETIME) + "sea.jpg\0".encode("utf-16-le") + bytes(4)
    catalog = struct.pack("<HHIII", 16, 7, 12, 96, 96) + struct.pack("<I", len(entry) + 4) + entry
    return compound({"Catalog": catalog, "21": struct.pack("<III", 12, 1, len(SMALL)) + SMALL})


def _pdf_pictures() -> bytes:
    pictures = [test_pdf.picture(SMALL, b"/ColorSpace/DeviceRGB/Filter/DCTDecode") for _ in range(2)]
    return test_pdf.document(*pictures)


@cache
def _quicklook() -> bytes:
    folder = _place("quicklook")
    test_thumbnails.quicklook(folder)
    return _folder(folder)


@cache
def _blocks() -> bytes:
    folder = _place("blocks")
    test_browsers.block_cache(folder)
    return _folder(folder)


def _mail() -> bytes:
    return bytes(test_messages.message("x", ("a.jpg", SMALL)))


DOCUMENTS: dict[str, Callable[[], bytes]] = {
    "a.docx": _ooxml,
    "a.doc": _doc,
    "pictures.pdf": _pdf_pictures,
    "a.msg": _msg,
    "a.pst": lambda: stores.sample(SMALL, b"two", b"gone", 0),
    "winmail.dat": lambda: test_stores.tnef(("a.jpg", SMALL), ("b.jpg", SMALL)),
    "a.emlx": lambda: (
        b"%d\n" % len(_mail()) + _mail() + b'<?xml version="1.0"?><plist version="1.0"></plist>\n'
    ),
    "Thumbs.db": _thumbs,
    "thumbcache_96.db": lambda: test_thumbnails.thumbcache(0x20, SMALL, SMALL),
    "quicklook.tar": _quicklook,
    "chromium.tar": _blocks,
    "0123456789abcdef_0": lambda: test_browsers.simple(b"http://a.example/x", SMALL, REPLY),
    "firefox": lambda: test_browsers.firefox(b":http://a.example/x", SMALL, b"HTTP/1.1 200 OK\r\n"),
    "$IABC123.jpg": lambda: record(r"C:\Users\x\sea.jpg"),
    "INFO2": lambda: info2(r"C:\sea.jpg", r"C:\gone.jpg"),
}
OFFICE: dict[str, Callable[[], bytes]] = {
    f"libre-{name}": partial(_libre, name)
    for name in (
        "plain.doc", "plain.xls", "plain.ppt", "plain.rtf", "plain.docx", "plain.odt", "plain.pdf", "plain.emf",
        "plain.wmf", "locked.doc", "locked.xls", "locked.docx", "locked.odt",
    )
}  # fmt: skip
"""What LibreOffice writes, which takes some seconds to start."""


# --- phones ----------------------------------------------------------------------------------------------

FILES = {
    ("CameraRollDomain", "Media/DCIM/100APPLE/IMG_1.JPG"): SMALL,
    ("HomeDomain", "Library/Notes/a.txt"): TEXT,
}


@cache
def _ios(kind: str) -> bytes:
    folder = _place(f"ios-{kind}")
    if kind == "old":
        return _folder(backups.old_ios_backup(folder, FILES))
    return _folder(backups.ios_backup(folder, FILES, PASSWORD if kind == "locked" else None))


@cache
def _ufdr() -> bytes:
    path = _place("ufdr") / "a.ufdr"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in test_ufdr.CONTENT:
            archive.writestr(name, SMALL)
        archive.writestr("report.xml", test_ufdr.whole())
    return path.read_bytes()


@cache
def _whatsapp() -> bytes:
    return _folder(test_messengers.android_phone(_place("whatsapp")))


@cache
def _telegram() -> bytes:
    folder = _place("telegram")
    data = b"head" + struct.pack("<IIq", 0xFB197A65, 0, 6_123_456_789_012_345_678)
    made.written(
        folder / "data/data/org.telegram.messenger/files/cache4.db",
        "CREATE TABLE users(uid INTEGER PRIMARY KEY, name TEXT, status INTEGER, data BLOB);"
        "CREATE TABLE messages_v2(mid INTEGER, uid INTEGER, date INTEGER, data BLOB, out INTEGER,"
        " PRIMARY KEY(mid, uid));",
        lambda connection: connection.execute(
            "INSERT INTO messages_v2 VALUES (9, 77, 1700000000, ?, 0)", (data,)
        ),
    )
    cache_folder = folder / "data/media/0/Android/data/org.telegram.messenger/cache"
    cache_folder.mkdir(parents=True)
    (cache_folder / "-6123456789012345678_121.jpg").write_bytes(SMALL)
    return _folder(folder)


@cache
def _logged() -> bytes:
    """A database with rows that are in its log alone, and freed pages."""

    def fill(connection: sqlite3.Connection) -> None:
        connection.executemany("INSERT INTO t(b) VALUES (?)", [(SMALL + bytes(n),) for n in range(6)])

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM t WHERE a IN (2, 3)")
        connection.execute("UPDATE t SET b = ? WHERE a = 5", (photo(2, size=(48, 32)),))

    folder = _place("logged")
    made.written(folder / "x.db", "CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)", fill, keep_log=False)
    made.written(
        folder / "y.db", "CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)", fill, change, keep_log=True
    )
    return _folder(folder)


PHONES: dict[str, Callable[[], bytes]] = {
    "a.ab": lambda: backups.android_backup({"apps/a/f/a.jpg": SMALL, "shared/0/b.txt": TEXT}),
    "locked.ab": lambda: backups.android_backup({"apps/a/f/a.jpg": SMALL}, PASSWORD),
    "ios.tar": partial(_ios, "new"),
    "ios-locked.tar": partial(_ios, "locked"),
    "ios-old.tar": partial(_ios, "old"),
    "a.ufdr": _ufdr,
    "whatsapp.tar": _whatsapp,
    "telegram.tar": _telegram,
    "logged.tar": _logged,
}
