"""JBIG2 (what office scanners put into PDFs) by PDFium, which takes it from within a PDF: one is made around it.

The size is read from the segments before. The first page of a file in sequential order is decoded; black is 0.

Source: ITU-T T.88, 7.2, 7.4.8 and annex D; ISO 32000-1, 7.4.7.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from safelight.errors import FormatError
from safelight.evidence.sniff import sniff
from safelight.media import pillow
from safelight.media.picture import LazyPicture, check_size, luma_of, reduced
from safelight.media.protocol import Picture, Pixels

_SIGNATURE: Final = 8
_SEQUENTIAL, _UNKNOWN_PAGES = 1, 2
_PAGE, _END_OF_STRIPE = 48, 50
_UNKNOWN: Final = 0xFFFFFFFF
_MOST_SEGMENTS: Final = 100_000
_BLANK: Final = b"\x97JB2\r\n\x1a\n\1\0\0\0\1" + struct.pack(
    ">IBBBIIIIIBH", 0, _PAGE, 0, 1, 19, 64, 64, 0, 0, 0, 0
)
"""A page of 64 × 64 pixels with nothing on it."""


class Segment(NamedTuple):
    """One segment: its type, the page it is of, where its data lie."""

    kind: int
    page: int
    start: int
    length: int


class Jbig2Decoder:
    """JBIG2 files; those of PDFs are made into files by `evidence/documents/pdf.py`."""

    name = "jbig2"

    def detect(self, head: bytes) -> str | None:
        """See `Decoder.detect`."""
        return "jbig2" if sniff(head) == "jbig2" else None

    def prepare(self) -> None:
        """Load PDFium, and let it decode something once."""
        self.decode(_BLANK, "jbig2")

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """See `Decoder.decode`."""
        width, height, body = stated_page(data)
        check_size(width, height)
        grey = _decoded(_as_pdf(width, height, data[body:]))

        def read(scale: int, luma: bool) -> Pixels:
            scaled = reduced(np.repeat(grey[..., None], 3, axis=2), scale)
            return luma_of(scaled) if luma else scaled

        return [LazyPicture(format, (grey.shape[1], grey.shape[0]), data, read)]


def segments(data: bytes, at: int) -> Iterator[Segment]:
    """The segments in sequential order, up to the first whose length is not known."""
    for _ in range(_MOST_SEGMENTS):
        if at + 11 > len(data):
            return
        number, flags, count = struct.unpack_from(">IBB", data, at)
        at += 5
        if count >> 5 == 7:
            count = int.from_bytes(data[at : at + 4], "big") & 0x1FFFFFFF
            at += 4 + (count + 8) // 8
        else:
            count >>= 5
            at += 1
        at += count * (1 if number <= 256 else 2 if number <= 65_536 else 4)
        wide = 4 if flags & 0x40 else 1
        page = int.from_bytes(data[at : at + wide], "big")
        length = int.from_bytes(data[at + wide : at + wide + 4], "big")
        at += wide + 4
        if at > len(data):
            return
        yield Segment(flags & 0x3F, page, at, length)
        if length == _UNKNOWN:
            return
        at += length


def stated_page(data: bytes) -> tuple[int, int, int]:
    """Width and height of the first page, and where the segments begin. Raises FormatError."""
    flags = data[_SIGNATURE] if len(data) > _SIGNATURE else 0
    if not flags & _SEQUENTIAL:
        raise FormatError("the JBIG2 file is in random-access order, which is not read")
    body = _SIGNATURE + 1 + (0 if flags & _UNKNOWN_PAGES else 4)
    width = height = page = 0
    for segment in segments(data, body):
        if segment.kind == _PAGE and not width and segment.start + 8 <= len(data):
            width, height = struct.unpack_from(">II", data, segment.start)
            page = segment.page
            if height != _UNKNOWN:
                break
        elif segment.kind == _END_OF_STRIPE and segment.page == page and segment.start + 4 <= len(data):
            (last,) = struct.unpack_from(">I", data, segment.start)
            height = last + 1
    if not width or not height or height == _UNKNOWN:
        raise FormatError("the JBIG2 file does not state the size of a page")
    return width, height, body


def _as_pdf(width: int, height: int, content: bytes) -> bytes:
    """A PDF of one page with one picture."""
    drawn = b"q %d 0 0 %d 0 0 cm /I Do Q" % (width, height)
    picture = (
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 1"
        b"/Filter/JBIG2Decode/Length %d>>stream\n" % (width, height, len(content))
    )
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>"
        % (width, height),
        picture + content + b"\nendstream",
        b"<</Length %d>>stream\n%b\nendstream" % (len(drawn), drawn),
    )
    made, places = bytearray(b"%PDF-1.5\n"), []
    for number, one in enumerate(objects, 1):
        places.append(b"%010d 00000 n \n" % len(made))
        made += b"%d 0 obj%bendobj\n" % (number, one)
    index = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, b"".join(places))
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(made))
    return bytes(made) + index + trailer


def _decoded(pdf: bytes) -> Pixels:
    """`(h, w)` grey of the one picture in it. Raises FormatError."""
    import pypdfium2

    document: Any = None
    try:
        document = pypdfium2.PdfDocument(pdf)
        picture = next(iter(document[0].get_objects()))
        pixels: Any = picture.get_bitmap().to_numpy()
        grey = np.array(pixels if pixels.ndim == 2 else pixels[..., 0], np.uint8)
    except (MemoryError, FormatError):
        raise
    except Exception as error:  # noqa: BLE001  # why: the binding raises several types on hostile bytes
        raise FormatError(f"no pixel can be decoded: {pillow.said(error)}") from None
    finally:
        if document is not None:
            document.close()
    check_size(grey.shape[1], grey.shape[0])
    return grey
