"""One small sound file of each format, from which the corpus makes broken ones."""

from __future__ import annotations

import bz2
import email.message
import gzip
import io
import lzma
import sqlite3
import tarfile
import wave
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import pytest
import zstandard

from tests.evidence import images
from tests.hostile import disks, held, shown

TEXT = b"Nothing but a line of sober words, again and again.\n" * 40


def _saved(format: str, **options: object) -> bytes:
    out = io.BytesIO()
    images.picture(3, 96, 64).save(out, format, **options)
    return out.getvalue()


def _animated(format: str) -> bytes:
    out = io.BytesIO()
    frames = [images.picture(seed, 64, 48) for seed in range(4)]
    frames[0].save(out, format, save_all=True, append_images=frames[1:], duration=80)
    return out.getvalue()


def _heic() -> bytes:
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(images.picture(5, 96, 64)).save(out)
    return out.getvalue()


def _zip(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a.txt", TEXT)
        archive.writestr("in/b.jpg", images.jpeg(4, 64, 48))
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in (("a.txt", TEXT), ("in/b.jpg", images.jpeg(4, 64, 48))):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _sqlite() -> bytes:
    with sqlite3.connect(":memory:") as made:
        made.execute("create table media (id integer primary key, name text, data blob)")
        made.executemany(
            "insert into media (name, data) values (?, ?)",
            [(str(n), images.jpeg(n, 64, 48)) for n in range(6)],
        )
        made.execute("delete from media where id = 3")
        made.commit()
        return bytes(made.serialize())


def _eml() -> bytes:
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "holiday"
    message.set_content("see the picture")
    message.add_attachment(images.jpeg(6, 64, 48), maintype="image", subtype="jpeg", filename="a.jpg")
    return message.as_bytes()


def _pdf() -> bytes:
    out = io.BytesIO()
    images.picture(7, 96, 64).save(out, "PDF")
    return out.getvalue()


def _rtf() -> bytes:
    return rb"{\rtf1\ansi {\pict\jpegblip " + images.jpeg(8, 64, 48).hex().encode() + rb"} text}"


def _wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(2_000))
    return out.getvalue()


def _svg() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


SAMPLES: dict[str, Callable[[], bytes]] = {
    "a.jpg": lambda: images.jpeg(1, 96, 64),
    "progressive.jpg": lambda: images.jpeg(1, 96, 64, progressive=True),
    "a.png": lambda: _saved("PNG"),
    "a.gif": lambda: _saved("GIF"),
    "moving.gif": lambda: _animated("GIF"),
    "a.webp": lambda: _saved("WEBP"),
    "moving.webp": lambda: _animated("WEBP"),
    "a.bmp": lambda: _saved("BMP"),
    "a.tif": lambda: _saved("TIFF", compression="tiff_lzw"),
    "a.ico": lambda: _saved("ICO"),
    "a.jp2": lambda: _saved("JPEG2000"),
    "a.avif": lambda: _saved("AVIF"),
    "a.heic": _heic,
    "a.mp4": lambda: images.mp4(2),
    "a.svg": _svg,
    "a.wav": _wav,
    "a.zip": _zip,
    "stored.zip": lambda: _zip(zipfile.ZIP_STORED),
    "lzma.zip": lambda: _zip(zipfile.ZIP_LZMA),
    "a.tar": _tar,
    "a.tgz": lambda: gzip.compress(_tar()),
    "a.gz": lambda: gzip.compress(TEXT),
    "a.bz2": lambda: bz2.compress(TEXT),
    "a.xz": lambda: lzma.compress(TEXT),
    "a.lzma": lambda: lzma.compress(TEXT, format=lzma.FORMAT_ALONE),
    "a.zst": lambda: zstandard.ZstdCompressor().compress(TEXT),
    "a.sqlite": _sqlite,
    "a.eml": _eml,
    "a.mbox": lambda: b"From a@example.org Thu Jan  1 00:00:00 2026\n" + _eml() + b"\n",
    "a.pdf": _pdf,
    "a.rtf": _rtf,
}
"""The common ones. Those of `disks.py`, `held.py` and `shown.py` come beside them."""
_STATED = """
a.zip stored.zip lzma.zip bzip2.zip locked.zip aes.zip a.tgz a.gz a.bz2 a.xz a.zst a.png a.jpg progressive.jpg a.gif
a.bmp a.webp a.jp2 a.avif a.heic a.mp4 real.mp4 a.mov a.7z many.7z bzip2.7z locked.7z hidden.7z rar5.rar solid.rar
rar3.rar locked.rar hidden.rar a.cab a.lzh names.lzh a.arj newc.cpio odc.cpio bin.cpio crc.cpio a.ab locked.ab a.e01
a.s01 a.ex01 a.aff4 a.vhd a.vhdx a.vmdk stream.vmdk a.doc a.docx a.msg a.pst a.ufdr Thumbs.db thumbcache_96.db
INFO2 0123456789abcdef_0 a.sqlite
"""
MUST_SAY = frozenset(_STATED.split())
"""Formats of which a cut anywhere must be noticed: they state their length, a checksum or an end."""
_SMALL = held.ARCHIVES | held.DOCUMENTS | held.PHONES | shown.SHOWN
_DISKS = disks.VOLUMES | disks.MEDIA
_LONG = held.OFFICE | shown.FILMS
_ALL = SAMPLES | _SMALL | _DISKS | _LONG
_NOT_SHORT = frozenset([*held.OFFICE, "a.webm"])
"""Samples that take seconds to make."""


def every(soak: bool) -> list[str]:
    """The names of the formats; without those that take seconds to make where it is no soak."""
    return [name for name in _ALL if soak or name not in _NOT_SHORT]


def share(name: str, soak: bool) -> float:
    """How many of its cases a run has, against one of the common formats."""
    if name in disks.LARGE or name in _LONG:
        return 0.06 if soak else 0.3
    if name in SAMPLES or not soak:
        return 1.0
    return 0.3 if name in _SMALL else 0.2


@cache
def found(name: str) -> bytes | None:
    """The sound file; None where the tool that makes it, or the public sample, is not here."""
    try:
        return _ALL[name]()
    except (FileNotFoundError, pytest.skip.Exception):
        return None


def sample(name: str) -> bytes:
    """The same of one that can be had."""
    data = found(name)
    assert data is not None, name
    return data


def png_of(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG whose head states these dimensions, whatever follows."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(pixels or bytes(4_096))), (b"IEND", b"")]
    made = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        made += len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    return made
