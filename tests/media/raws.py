"""Camera RAW files built from their published layout: no program here writes one."""

from __future__ import annotations

import struct


def tiff(
    directories: list[list[tuple[int, int, bytes | list[int]]]],
    blobs: list[bytes],
    magic: int = 42,
    order: str = "<",
) -> bytes:
    """A TIFF structure: the first directory, then each further one as a sub-directory of it (tag 330).

    Entries are `(tag, type, value)`; in a list, a negative number -n stands for the offset of blob n-1.
    """
    made = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", magic, 8))
    sizes = [
        2 + 12 * (len(one) + (number == 0 and len(directories) > 1)) + 4
        for number, one in enumerate(directories)
    ]
    starts = [8 + sum(sizes[:number]) for number in range(len(directories))]
    end = 8 + sum(sizes)
    at, places = end, []
    for blob in blobs:
        places.append(at)
        at += len(blob) + len(blob) % 2
    tail = bytearray(b"".join(blob + b"\0" * (len(blob) % 2) for blob in blobs))
    for number, entries in enumerate(directories):
        rows = list(entries)
        if not number and len(directories) > 1:
            rows.append((0x014A, 4, starts[1:]))
        made += struct.pack(order + "H", len(rows))
        for tag, kind, value in sorted(rows, key=lambda row: row[0]):
            if isinstance(value, bytes):
                raw, count = value, len(value)
            else:
                numbers = [places[-one - 1] if one < 0 else one for one in value]
                raw, count = (
                    struct.pack(f"{order}{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers),
                    len(numbers),
                )
            made += struct.pack(order + "HHI", tag, kind, count)
            if len(raw) > 4:
                made += struct.pack(order + "I", end + len(tail))
                tail += raw + b"\0" * (len(raw) % 2)
            else:
                made += raw.ljust(4, b"\0")
        made += bytes(4)
    return bytes(made + tail)


def dng(preview: bytes, sensor: bytes, orientation: int = 6) -> bytes:
    """Adobe DNG 1.4: a small uncompressed picture first, sensor data and a JPEG preview in sub-directories."""
    small = bytes(range(16 * 12)) * 3
    main: list[tuple[int, int, bytes | list[int]]] = [
        (0x00FE, 4, [1]), (0x0100, 4, [16]), (0x0101, 4, [12]), (0x0102, 3, [8, 8, 8]), (0x0103, 3, [1]),
        (0x0106, 3, [2]), (0x010F, 2, b"Acme\0"), (0x0110, 2, b"Acme R1\0"), (0x0111, 4, [-1]),
        (0x0112, 3, [orientation]), (0x0115, 3, [3]), (0x0116, 4, [12]), (0x0117, 4, [len(small)]),
        (0xC612, 1, b"\1\4\0\0"),
    ]  # fmt: skip
    raw: list[tuple[int, int, bytes | list[int]]] = [
        (0x00FE, 4, [0]), (0x0100, 4, [600]), (0x0101, 4, [400]), (0x0103, 3, [7]), (0x0106, 3, [32803]),
        (0x0111, 4, [-2]), (0x0116, 4, [400]), (0x0117, 4, [len(sensor)]),
    ]  # fmt: skip
    shown: list[tuple[int, int, bytes | list[int]]] = [
        (0x00FE, 4, [1]), (0x0100, 4, [600]), (0x0101, 4, [400]), (0x0103, 3, [7]), (0x0106, 3, [6]),
        (0x0111, 4, [-3]), (0x0116, 4, [400]), (0x0117, 4, [len(preview)]),
    ]  # fmt: skip
    return tiff([main, raw, shown], [small, sensor, preview])


def rw2(preview: bytes) -> bytes:
    """Panasonic: a magic number of its own, and the preview as a blob of the first directory."""
    return tiff([[(0x010F, 2, b"Panasonic\0"), (0x0112, 3, [1]), (0x002E, 7, preview)]], [], magic=0x55)


def raf(preview: bytes) -> bytes:
    """Fujifilm: a header of its own that says where the preview lies, sensor data behind it."""
    head = b"FUJIFILMCCD-RAW 0201FF383501".ljust(84, b"\0")
    return head + struct.pack(">II", 148, len(preview)) + bytes(56) + preview + bytes(range(256)) * 40


def cr3(preview: bytes, small: bytes) -> bytes:
    """Canon: ISO boxes, previews in boxes of their own."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", 8 + len(body)) + kind + body

    def preview_box(kind: bytes, body: bytes) -> bytes:
        return box(kind, bytes(16) + body)

    made = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(
        b"moov", box(b"uuid", bytes(16) + preview_box(b"THMB", small))
    )
    made += box(
        b"uuid", bytes.fromhex("eaf42b5e1c984b88b9fbb7dc406e4d16") + bytes(8) + preview_box(b"PRVW", preview)
    )
    return made + box(b"mdat", bytes(range(256)) * 40)


def lossless(body: bytes = b"") -> bytes:
    """What sensor data of a DNG looks like from outside: a JPEG of the lossless kind."""
    frame = b"\xff\xc3\x00\x0b\x0e\x01\x90\x02\x58\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x01\x00\x00"
    return b"\xff\xd8" + frame + scan + (body or bytes(range(1, 200)) * 200) + b"\xff\xd9"
