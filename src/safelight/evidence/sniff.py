"""Type by content, from the first 4 KiB, never by name: a dispatch on the first two bytes keeps it below 1 µs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

HEAD = 4096
"""Bytes of the head that are looked at."""

STILL = frozenset(
    (
        "jpeg",
        "png",
        "gif",
        "webp",
        "bmp",
        "tiff",
        "heic",
        "avif",
        "ico",
        "icns",
        "psd",
        "jxl",
        "jp2",
        "jbig2",
        "raw",
    )
)
MOVING = frozenset(("mp4", "mov", "3gp", "mkv", "webm", "avi", "wmv", "flv", "mpeg", "mpegts", "ogg"))
MEDIA = STILL | MOVING
SOUND = frozenset(("mp3", "m4a", "wav", "flac", "amr", "aac"))
ARCHIVES = frozenset(
    (
        "zip",
        "7z",
        "tar",
        "gzip",
        "bzip2",
        "xz",
        "lzma",
        "zstd",
        "rar",
        "cab",
        "cpio",
        "compress",
        "lzh",
        "arj",
    )
)
OFFICE = frozenset(("docx", "xlsx", "pptx", "odf", "epub"))
"""Documents that are ZIP archives."""

UNSURE = frozenset(("mp3", "aac", "exe", "mpegts", "lzma", "compress", "cpio", "arj", "lzh"))
"""Formats told from so few bytes that a disk whose first sectors are damaged may begin like them."""

_DEPTHS = frozenset((0, 1, 2, 4, 8, 16, 24, 32))
"""Bits a pixel that an icon's entry may state. NTFS's $UpCase begins like an icon, but for these."""

_Check = Callable[[bytes], str | None]


def sniff(head: bytes) -> str | None:
    """Return the format that `head` (the first 4 KiB of a file, or all of it) begins like, or None."""
    check = _BY_TWO.get(head[:2])
    if check is not None and (name := check(head)) is not None:
        return name
    return _by_offset(head)


def is_media(format: str | None) -> bool:
    """Is it a picture or a moving picture?"""
    return format in MEDIA


def is_archive(format: str | None) -> bool:
    """Is it something that holds other files (a ZIP-based document included)?"""
    return format in ARCHIVES or format in OFFICE


def _starts(*rules: tuple[bytes, str]) -> _Check:
    def check(head: bytes) -> str | None:
        for start, name in rules:
            if head.startswith(start):
                return name
        return None

    return check


def _riff(head: bytes) -> str | None:
    if not head.startswith(b"RIFF"):
        return None
    return {b"WEBP": "webp", b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12])


def _bmp(head: bytes) -> str | None:
    if len(head) < 18 or int.from_bytes(head[14:18], "little") not in (12, 16, 40, 52, 56, 64, 108, 124):
        return None
    return "bmp"


def _tiff(head: bytes) -> str | None:
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "tiff"
    return "raw" if head.startswith((b"IIU\0", b"IIRO", b"IIRS", b"MMOR")) else None  # Panasonic, Olympus


def _icon(head: bytes) -> str | None:
    """An icon or cursor: its first entry must have a plausible size and offset. Else MPEG or QuickTime."""
    if head.startswith((b"\0\0\1\0", b"\0\0\2\0")) and len(head) >= 22:
        count, reserved = int.from_bytes(head[4:6], "little"), head[9]
        planes, depth = int.from_bytes(head[10:12], "little"), int.from_bytes(head[12:14], "little")
        offset = int.from_bytes(head[18:22], "little")
        looks_drawn = head[2] == 2 or (planes <= 1 and depth in _DEPTHS)  # of a cursor these are its hot spot
        if 0 < count < 256 and not reserved and looks_drawn and 6 + 16 * count <= offset < 1 << 24:
            return "ico"
    if head.startswith((b"\0\0\1\xba", b"\0\0\1\xb3")):
        return "mpeg"
    if head.startswith(b"\0\0\0\x0cJXL \r\n\x87\n"):
        return "jxl"
    return "jp2" if head.startswith(b"\0\0\0\x0cjP  \r\n\x87\n") else None


def _icns(head: bytes) -> str | None:
    """Apple's icons: a whole length, and a first entry that fits into it."""
    size, first = int.from_bytes(head[4:8], "big"), int.from_bytes(head[12:16], "big")
    return "icns" if head.startswith(b"icns") and 8 <= first <= size - 8 else None


def _zip(head: bytes) -> str | None:
    if head.startswith((b"PK\5\6", b"PK\7\x08PK")):
        return "zip"
    if not head.startswith(b"PK\3\4"):
        return None
    first = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if first == b"mimetype":
        start = head[38:120]
        return "epub" if b"application/epub" in start else "odf" if b"opendocument" in start else "zip"
    if first == b"[Content_Types].xml" or first.startswith(
        (b"_rels/", b"docProps/", b"word/", b"xl/", b"ppt/")
    ):
        for part, name in ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx")):
            if part in head:
                return name
    return "zip"


def _ebml(head: bytes) -> str | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    return "webm" if b"webm" in head[:64] else "mkv"


def _gzip(head: bytes) -> str | None:
    return "gzip" if head[2:3] == b"\x08" else None


def _bzip2(head: bytes) -> str | None:
    return "bzip2" if head[2:3] == b"h" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90") else None


def _lzma(head: bytes) -> str | None:
    """LZMA "alone" has no signature: a usual first byte, a dictionary of 2^n or 3·2^n, a plausible size."""
    if len(head) < 14 or head[13]:
        return None
    dictionary, size = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:13], "little")
    shape = dictionary & dictionary - 1 == 0 or (
        dictionary % 3 == 0 and (dictionary // 3 & dictionary // 3 - 1) == 0
    )
    return "lzma" if dictionary >= 4096 and shape and (size == (1 << 64) - 1 or size < 1 << 38) else None


def _old_cpio(head: bytes) -> str | None:
    """Binary cpio has a signature of two bytes: the first name must have a length and end where it says."""
    order: Literal["big", "little"] = "little" if head[0] == 0xC7 else "big"
    length = int.from_bytes(head[20:22], order)
    return "cpio" if 1 < length <= 1024 and head[25 + length : 26 + length] == b"\0" else None


def _compress(head: bytes) -> str | None:
    """Codes of 9 to 16 bits, two flags that are never set."""
    return "compress" if len(head) > 3 and 9 <= head[2] & 31 <= 16 and not head[2] & 0x60 else None


def _arj(head: bytes) -> str | None:
    """A main header: of 30 to 2,600 bytes, of the type that comments have."""
    fits = len(head) > 34 and 30 <= int.from_bytes(head[2:4], "little") <= 2600
    return "arj" if fits and 30 <= head[4] <= head[2] + 256 * head[3] and head[10] == 2 else None


def _sound(head: bytes) -> str | None:
    """MPEG audio: layer, bit rate and sampling rate must exist (`FF D8` and others do not come here)."""
    if len(head) < 4 or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    if head[1] & 0x18 == 0x08 or head[1] & 0x06 == 0 or head[2] >> 4 in (0, 15) or head[2] & 0x0C == 0x0C:
        return None
    return "mp3"


_BRANDS = {
    b"qt  ": "mov", b"M4A ": "m4a", b"M4B ": "m4a", b"M4P ": "m4a",
    b"heic": "heic", b"heix": "heic", b"hevc": "heic", b"hevx": "heic", b"heim": "heic", b"heis": "heic",
    b"avif": "avif", b"avis": "avif", b"crx ": "raw", b"jxl ": "jxl", b"jp2 ": "jp2",
}  # fmt: skip


def _box(head: bytes) -> str | None:
    """ISO base media (MP4, QuickTime, HEIF) by the brand; old QuickTime by its first atom."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in (b"mif1", b"msf1"):
            others = head[16 : min(int.from_bytes(head[:4], "big"), 256)]
            return "avif" if b"avif" in others or b"avis" in others else "heic"
        return _BRANDS.get(brand) or ("3gp" if brand.startswith((b"3gp", b"3g2", b"3gr", b"3gs")) else "mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide", b"pnot", b"free", b"skip"):
        size = int.from_bytes(head[:4], "big")
        return "mov" if size == 1 or size >= 8 else None
    return None


def _by_offset(head: bytes) -> str | None:
    """What is known by bytes further in: boxes, tar, MPEG transport streams, a PDF behind something else."""
    if (name := _box(head)) is not None:
        return name
    if head[257:262] == b"ustar":
        return "tar"
    if head[:1] == b"G" and len(head) > 564 and head[188] == head[376] == head[564] == 0x47:
        return "mpegts"
    if len(head) > 580 and head[4] == head[196] == head[388] == head[580] == 0x47:
        return "mpegts"  # with a time code before each packet, as cameras write it
    if head[2:4] == b"-l" and head[6:7] == b"-":
        return "lzh"
    return "pdf" if b"%PDF-" in head[:1024] else None


def _metafile(head: bytes) -> str | None:
    """Windows' drawings: EMF by a word in its header, WMF by the three numbers that it begins with."""
    if head.startswith(b"\1\0\0\0") and head[40:44] == b" EMF":
        return "emf"
    return "wmf" if head.startswith((b"\1\0\t\0\0\3", b"\1\0\t\0\0\1")) else None


_ID3 = _starts((b"ID3", "mp3"))
_BY_TWO: dict[bytes, _Check] = {
    b"\xff\xd8": _starts((b"\xff\xd8\xff", "jpeg")),
    b"\x89P": _starts((b"\x89PNG\r\n\x1a\n", "png")),
    b"GI": _starts((b"GIF87a", "gif"), (b"GIF89a", "gif")),
    b"RI": _riff,
    b"BM": _bmp,
    b"II": _tiff,
    b"MM": _tiff,
    b"\0\0": _icon,
    b"ic": _icns,
    b"8B": _starts((b"8BPS\0\1", "psd"), (b"8BPS\0\2", "psd")),
    b"\xff\x0a": _starts((b"\xff\x0a", "jxl")),
    b"\xff\x4f": _starts((b"\xff\x4f\xff\x51\0", "jp2")),
    b"\x97J": _starts((b"\x97JB2\r\n\x1a\n", "jbig2")),
    b"FU": _starts((b"FUJIFILMCCD-RAW", "raw")),
    b"PK": _zip,
    b"7z": _starts((b"7z\xbc\xaf\x27\x1c", "7z")),
    b"Ra": _starts((b"Rar!\x1a\x07", "rar")),
    b"\x1f\x8b": _gzip,
    b"BZ": _bzip2,
    b"\xfd7": _starts((b"\xfd7zXZ\0", "xz")),
    b"(\xb5": _starts((b"(\xb5/\xfd", "zstd")),
    b"\x5d\0": _lzma,
    b"MS": _starts((b"MSCF\0\0\0\0", "cab")),
    b"07": _starts((b"070701", "cpio"), (b"070702", "cpio"), (b"070707", "cpio")),
    b"\xc7q": _old_cpio,
    b"q\xc7": _old_cpio,
    b"\x1f\x9d": _compress,
    b"`\xea": _arj,
    b"\x1aE": _ebml,
    b"0&": _starts((b"0&\xb2u\x8ef\xcf\x11", "wmv")),
    b"FL": _starts((b"FLV\1", "flv")),
    b"Og": _starts((b"OggS\0", "ogg")),
    b"ID": _ID3,
    b"fL": _starts((b"fLaC", "flac")),
    b"#!": _starts((b"#!AMR", "amr")),
    b"%P": _starts((b"%PDF-", "pdf")),
    b"SQ": _starts((b"SQLite format 3\0", "sqlite")),
    b"\xd0\xcf": _starts((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole")),
    b"!B": _starts((b"!BDN", "pst")),
    b"x\x9f": _starts((b'x\x9f>"', "tnef")),
    b"0\\": _starts((b"0\\r\xa7\x1bm\xfb\xfc", "chromium-cache")),
    b"\xc3\xca": _starts((b"\xc3\xca\x04\xc1", "chromium-blocks")),
    b"CM": _starts((b"CMMM", "thumbcache")),
    b"\1\0": _metafile,
    b"\xd7\xcd": _starts((b"\xd7\xcd\xc6\x9a", "wmf")),
    b"\x10\x85": _starts((b"\x10\x85$\xbd", "blobcache")),
    b"{\\": _starts((b"{\\rtf", "rtf")),
    b"bp": _starts((b"bplist0", "bplist")),
    b"mb": _starts((b"mbdb\5", "mbdb")),
    b"AN": _starts((b"ANDROID BACKUP\n", "ab")),
    b"MZ": _starts((b"MZ", "exe")),
    b"\x7fE": _starts((b"\x7fELF", "elf")),
}
for _second in range(0xE0, 0x100):
    _BY_TWO.setdefault(bytes((0xFF, _second)), _sound)
for _number in range(16):  # skippable frames
    _BY_TWO.setdefault(
        bytes((0x50 + _number, 0x2A)), _starts((bytes((0x50 + _number, 0x2A, 0x4D, 0x18)), "zstd"))
    )
