"""Find the EXIF block of a file by walking its container, without decoding the picture."""

from __future__ import annotations

from collections.abc import Callable

_MAX_PARTS = 4096
_CANON_HEAD = 1 << 16


def exif_block(data: bytes, format: str) -> bytes:
    """The block from its TIFF header on; empty where there is none or the format has no place for it."""
    find = _FINDERS.get(format)
    return find(data) if find is not None else b""


def _in_jpeg(data: bytes) -> bytes:
    at = 2
    for _ in range(_MAX_PARTS):
        if at + 4 > len(data) or data[at] != 0xFF:
            return b""
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in (0xDA, 0xD9):
            return b""
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            return data[at + 10 : at + 2 + length]
        at += 2 + max(length, 2)
    return b""


def _in_png(data: bytes) -> bytes:
    at = 8
    for _ in range(_MAX_PARTS):
        if at + 12 > len(data):
            return b""
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"eXIf":
            return data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0")
        at += 12 + length
    return b""


def _in_webp(data: bytes) -> bytes:
    at = 12
    for _ in range(_MAX_PARTS):
        if at + 8 > len(data):
            return b""
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"EXIF":
            return data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0")
        at += 8 + length + length % 2
    return b""


def _in_heif(data: bytes) -> bytes:
    """By libheif's or libavif's own reader, which only follows the boxes."""
    import pillow_heif

    try:
        block = pillow_heif.open_heif(data).info.get("exif")
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # why: libheif's errors come as several types; no block is no block
        return b""
    return bytes(block or b"").removeprefix(b"Exif\0\0")


def _in_avif(data: bytes) -> bytes:
    from safelight.errors import FormatError
    from safelight.media.pillow import open_image

    try:
        block = open_image(data, ("AVIF",)).info.get("exif")
    except FormatError:
        return b""
    return bytes(block or b"").removeprefix(b"Exif\0\0")


def _in_jxl(data: bytes) -> bytes:
    """The plain `Exif` box (ISO/IEC 18181-2): four bytes of offset come first. One packed by Brotli is not read."""
    at = 0
    for _ in range(_MAX_PARTS):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"Exif":
            body = data[at + 8 : at + size] if size else data[at + 8 :]
            return body[4 + int.from_bytes(body[:4], "big") :]
        if size < 8:
            return b""
        at += size
    return b""


def _in_raw(data: bytes) -> bytes:
    """The file itself where it is a TIFF; Fujifilm's lies in its preview, Canon's main directory in a box `CMT1`."""
    if data.startswith(b"FUJIFILMCCD-RAW"):
        return _in_jpeg(data[int.from_bytes(data[84:88], "big") :])
    if data[4:8] == b"ftyp":
        at = data.find(b"CMT1", 0, _CANON_HEAD)
        size = int.from_bytes(data[at - 4 : at], "big") if at >= 4 else 0
        return data[at + 4 : at - 4 + size] if size > 8 else b""
    return data


_FINDERS: dict[str, Callable[[bytes], bytes]] = {
    "jpeg": _in_jpeg,
    "png": _in_png,
    "webp": _in_webp,
    "tiff": bytes,
    "raw": _in_raw,
    "jxl": _in_jxl,
    "heic": _in_heif,
    "avif": _in_avif,
}
