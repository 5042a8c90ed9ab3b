"""Rows of print out of a PDF: what stands on one line of the page, from left to right, whatever order it was drawn in.

Runs in a jailed worker (`pdf.py`). Forms put a label and its value beside each other as two texts: the page's
geometry puts them together again.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

GAP = "  "
"""Between texts of one row that stand apart."""
_SAME_ROW = 0.6
"""Two texts are of one row when they overlap by this part of the smaller one's height."""
_WARM_UP = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>endobj\n"
    b"4 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    b"5 0 obj<</Length 33>>stream\nBT /F 9 Tf 9 9 Td (a) Tj ET      \nendstream endobj\n"
    b"trailer<</Root 1 0 R>>\n"
)
"""A page with one letter, its table of objects missing: so that mending is loaded too."""
_MAPS = (
    *("UniGB-UCS2-H", "UniGB-UTF16-H", "GBK-EUC-H", "GB-EUC-H", "GBK2K-H", "UniCNS-UCS2-H", "UniCNS-UTF16-H"),
    *("ETen-B5-H", "B5pc-H", "UniJIS-UCS2-H", "UniJIS-UTF16-H", "90ms-RKSJ-H", "EUC-H", "H"),
    *("UniKS-UCS2-H", "UniKS-UTF16-H", "KSCms-UHC-H", "KSC-EUC-H"),
)
_COLLECTIONS = ("Adobe-GB1", "Adobe-CNS1", "Adobe-Japan1", "Adobe-Korea1")


def prepare() -> None:
    """Load everything that is loaded late: nothing can be opened once the jail has closed."""
    from pdfminer.cmapdb import CMapDB

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # what it says quotes the document
    for name in _MAPS:
        CMapDB.get_cmap(name)
    for name in _COLLECTIONS:
        CMapDB.get_unicode_map(name, False)
    import cryptography.hazmat.primitives.ciphers.algorithms
    import cryptography.hazmat.primitives.ciphers.modes  # noqa: F401  # for encrypted documents without a password

    if list(rows(_WARM_UP)) != ["a"]:
        raise RuntimeError("the PDF parser does not read what it should")


def rows(data: bytes) -> Iterator[str]:
    """The text of each page, one row of print a line. Raises whatever the parser raises on what is damaged."""
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LAParams

    for page in extract_pages(io.BytesIO(data), laparams=LAParams(boxes_flow=None, all_texts=True)):
        yield "\n".join(_lines(page))


def _lines(page: object) -> Iterator[str]:
    """Texts of a page put together by their height on it, from the top down."""
    found = sorted(_texts(page), key=lambda one: (-one[1], one[0]))
    row: list[tuple[float, float, float, str]] = []
    for one in found:
        if row and not _beside(row[0], one):
            yield _joined(row)
            row = []
        row.append(one)
    if row:
        yield _joined(row)


def _texts(container: object) -> Iterator[tuple[float, float, float, str]]:
    """Left, top, height and words of each text; figures are gone into."""
    from pdfminer.layout import LTFigure, LTTextBox, LTTextLine

    waiting = [container]
    while waiting:
        one = waiting.pop()
        if isinstance(one, LTTextLine):
            text = one.get_text().strip().replace("\0", "")
            if text:
                yield one.x0, one.y1, max(one.height, 0.1), text.encode("utf-8", "replace").decode()
        elif isinstance(one, LTTextBox | LTFigure) or one is container:
            waiting += list(one)  # type: ignore[call-overload]


def _beside(a: tuple[float, float, float, str], b: tuple[float, float, float, str]) -> bool:
    overlap = min(a[1], b[1]) - max(a[1] - a[2], b[1] - b[2])
    return overlap > _SAME_ROW * min(a[2], b[2])


def _joined(row: list[tuple[float, float, float, str]]) -> str:
    return GAP.join(text for _, _, _, text in sorted(row))
