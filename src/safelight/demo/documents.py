"""Small documents that are no media: text, a table, a page, a data base, a PDF, the parts of a letter."""

from __future__ import annotations

import sqlite3
import struct
import zlib

NOTES = "Shopping: bread, apples, lamp oil.\nFerry at 10:40, platform 3. Ask about the bicycle.\n"
TABLE = "date,place,litres\n2026-09-01,Harbour,41.2\n2026-09-14,Forest road,38.9\n2026-10-02,Harbour,44.0\n"
PAGE = "<!doctype html><title>Timetable</title><h1>Ferry</h1><p>Departures every 40 minutes.</p>\n"


def database() -> bytes:
    """A SQLite file with a few rows, as a browser's history would be."""
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table visit (id integer primary key, url text, visited text)")
        rows = [(f"http://timetable.example/{n}", f"2026-10-{n:02d}T08:00:00Z") for n in range(1, 29)]
        connection.executemany("insert into visit (url, visited) values (?, ?)", rows)
        connection.commit()
        data = connection.serialize()
    connection.close()
    return data


def pdf() -> bytes:
    """A PDF of one page with one line of text."""
    text = b"BT /F1 18 Tf 72 720 Td (Invoice 2026-118: lamp oil, 2 litres) Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return bytes(out) + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer


def letter_parts() -> dict[str, bytes]:
    """The parts of a word-processor document (Office Open XML) but for its picture."""
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="jpeg" ContentType="image/jpeg"/></Types>'
    )
    body = (
        '<?xml version="1.0"?><w:document '
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>See the picture below.</w:t></w:r></w:p></w:body></w:document>"
    )
    return {"[Content_Types].xml": types.encode(), "word/document.xml": body.encode()}


def recycle_record(original: str, size: int) -> bytes:
    """What Windows 10 writes beside a recycled file: its size, the time, its former path."""
    encoded = (original + "\0").encode("utf-16-le")
    return struct.pack("<QQQI", 2, size, 134_398_000_000_000_000, len(original) + 1) + encoded


def huge_png() -> bytes:
    """A PNG that claims 60,000 × 60,000 pixels (10 GiB) and holds next to nothing."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
