"""Look at the parts of an XLSX before a library does: what would unpack, or parse, to more than a register ever is."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from safelight.errors import FormatError

_CHUNK = 1 << 20
_ENTRIES = 20_000
_SHEET = 1 << 30
"""Unpacked bytes of a sheet: some ten million cells. It is parsed a row at a time."""
_STRINGS = 256 << 20
"""Of the table of texts, which is held in memory."""
_AT_ONCE = 8 << 20
"""Of every other part that is parsed: all of it at once."""
_OF_CHARTS = 32 << 20
"""Of any part, where a sheet is a chart: the library then reads its drawings and pictures, too."""
_RATIO = 400
_RATIO_FROM = 64 << 20
"""Unpacked bytes from which the ratio says anything: empty cells pack well."""
_GAP = 8 << 20
"""Bytes of one row, or of one text: sixteen thousand cells take two million."""
_BEGINS = re.compile(rb"<(?:\w{1,20}:)?(?:row|si)[\s>/]")
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TYPES = "[Content_Types].xml"
_TAG = re.compile(rb"<[^<>]{1,4000}")
_TARGET = re.compile(rb"""Target\s{0,9}=\s{0,9}["']([^"']{1,500})""")
_PART = re.compile(rb"""PartName\s{0,9}=\s{0,9}["']([^"']{1,500})""")
_TAIL = 64


def check(path: Path) -> None:
    """Raises FormatError for an XLSX that is none, is encrypted, or would take more than bounded memory or time."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _ENTRIES:
                raise FormatError(f"it holds {len(members):,} parts: no workbook has so many")
            if not any(one.filename.endswith("workbook.xml") for one in members):
                raise FormatError(
                    "it is a ZIP archive without a workbook", "Unpack it, or save the table as XLSX or CSV."
                )
            sheets: set[str] = set()
            has_charts = any("chartsheets/" in one.filename for one in members)
            for one in members:
                if one.filename == _TYPES:
                    _types(_small(archive, one), one)
                elif _is_at_once(one.filename):
                    content = _small(archive, one)
                    if one.filename.endswith("workbook.xml.rels"):
                        sheets |= _sheets(content)
                        has_charts = has_charts or b"chartsheet" in content
            for one in members:
                name = one.filename.rpartition("/")[2]
                if "worksheets/" in one.filename or name in sheets or name == "sharedStrings.xml":
                    _look(archive, one, _STRINGS if name == "sharedStrings.xml" else _SHEET)
                elif has_charts and one.file_size > _OF_CHARTS:
                    raise _bomb(one, f"more than {_OF_CHARTS >> 20} MiB come out of it")
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        # RuntimeError is encryption, and by inheritance a compression that the library does not know
        raise FormatError(
            f"the workbook cannot be unpacked: {error}", "Save it again as XLSX, or as CSV."
        ) from error


def _is_at_once(name: str) -> bool:
    parts = ("workbook.xml", "styles.xml", ".rels")
    return name.endswith(parts) or name.startswith("docProps/") or "theme/" in name


def _small(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as source:
        content = source.read(_AT_ONCE + 1)
    if len(content) > _AT_ONCE:
        raise _bomb(member, f"more than {_AT_ONCE >> 20} MiB come out of it")
    if _DECLARES.search(content):
        raise _bomb(member, "it declares entities")
    return content


def _types(content: bytes, member: zipfile.ZipInfo) -> None:
    """A sheet may be large as it is parsed row by row: given out as the workbook itself it would be parsed at once."""
    for tag in _TAG.findall(content):
        part = _PART.search(tag)
        for kind, name in ((b"main+xml", b"workbook.xml"), (b"sharedStrings+xml", b"sharedStrings.xml")):
            if part is not None and kind in tag and b"sheet" in tag and not part[1].endswith(name):
                raise _bomb(
                    member, f"it gives out “{part[1][:80].decode('ascii', 'replace')}” as another part"
                )


def _sheets(content: bytes) -> set[str]:
    """The names of the parts that the workbook calls its sheets."""
    return {
        target[1].rpartition(b"/")[2].decode("utf-8", "replace")
        for tag in _TAG.findall(content)
        if b"worksheet" in tag and (target := _TARGET.search(tag)) is not None
    }


def _look(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> None:
    size, gap, tail = 0, 0, b""
    with archive.open(member) as source:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise _bomb(member, f"more than {most >> 20} MiB come out of it")
            if size > _RATIO_FROM and size > _RATIO * max(1, member.compress_size):
                raise _bomb(member, f"it unpacks to more than {_RATIO} times its size")
            looked = tail + chunk
            if size == len(chunk) and b"\0" in looked[:200]:
                raise _bomb(
                    member, "it is not in UTF-8"
                )  # a parser would read it, but none of the looks here
            if _DECLARES.search(looked):
                raise _bomb(member, "it declares entities")
            begins = [one.end() for one in _BEGINS.finditer(looked)]
            gap = len(looked) - begins[-1] if begins else gap + len(chunk)
            if gap > _GAP:
                raise _bomb(member, f"one row or text of it is larger than {_GAP >> 20} MiB")
            tail = looked[-_TAIL:]


def _bomb(member: zipfile.ZipInfo, why: str) -> FormatError:
    return FormatError(
        f"the workbook's part “{member.filename[:80]}” is not read: {why}",
        "Ask for the register as CSV, and ask who made this file.",
    )
