"""A register's bytes as lines of text, and stated values as they are kept: any encoding, nothing without bound."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import BinaryIO

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LONGEST_LINE = 8 << 20
"""Characters; the rest of a longer line is left out, and said."""
LONGEST_VALUE = 20_000
"""Characters that are kept of one value."""
FALLEN_BACK = "bytes that are not UTF-8 were read as Windows-1252"
CUT = "\0cut"
"""Stands for a line that is too long."""
_SPACES = re.compile(r"[^\S\n]+")
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


class Characters:
    """A document as text, piece by piece: by its mark, else UTF-8; from the first byte that is not, Windows-1252.

    `choose` may say from the first million bytes which code page it is instead.
    """

    def __init__(self, source: BinaryIO, choose: Callable[[bytes], str | None] | None = None) -> None:
        self._source = source
        self._next = source.read(_CHUNK)
        self.page = choose(self._next) if choose is not None else None
        name = self.page or encoding_of(self._next)
        self._decoder = codecs.getincrementaldecoder(name)("replace" if self.page else "strict")
        self.fallen_back = False

    def pieces(self) -> Iterator[str]:
        """The text from its beginning."""
        while True:
            data, self._next = self._next or self._source.read(_CHUNK), b""
            before = self._decoder.getstate()[0]
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError:
                self.fallen_back = True
                self._decoder = codecs.getincrementaldecoder("cp1252")("replace")
                text = self._decoder.decode(bytes(before) + data, final=not data)
            if text:
                yield text
            if not data:
                return


def encoding_of(head: bytes) -> str:
    """By the byte-order mark; UTF-16 without one by where its zeros stand; else UTF-8."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    sample = head[:1000]
    if len(sample) >= 4 and sample.count(0) >= len(sample) // 4:
        return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"
    return "utf-8"


def lines(pieces: Iterator[str]) -> Iterator[str]:
    """Lines without their ends (`\\n`, `\\r\\n`, `\\r`), zeros left out; `CUT` for one that is too long."""
    rest, cut = "", False
    for piece in pieces:
        text = (rest + piece).replace("\r\n", "\n")
        held = "\r" if text.endswith("\r") else ""  # the first half of an end, maybe
        *whole, rest = text[: len(text) - len(held)].replace("\r", "\n").replace("\0", "").split("\n")
        for line in whole:
            yield CUT if cut else line
            cut = False
        rest = ("" if cut else rest) + held
        if len(rest) > LONGEST_LINE:
            rest, cut = "", True
    if cut:
        yield CUT
    elif rest.strip("\r"):
        yield rest.strip("\r")


def head_text(head: bytes) -> str:
    """The beginning of a document as text; empty where it is none. A character cut in two at its end is left out."""
    name = encoding_of(head)
    try:
        text = codecs.getincrementaldecoder(name)("strict").decode(head)
    except UnicodeDecodeError:
        text = head.decode("cp1252", "replace") if name == "utf-8" else ""
    text = text.lstrip("\ufeff \t\r\n")
    return "" if any(one in text[:2000] for one in "\0\x01\x02\x03") else text


def cleaned(value: str) -> str:
    """A value for people: controls and characters that reorder text left out, spaces joined, lines kept."""
    text = value
    if value.isascii() and value.isprintable():
        if "  " not in value:
            return value.strip()[:LONGEST_VALUE]
    else:
        text = _CONTROLS.sub("", value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
        text = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate is no character
    return _SPACES.sub(" ", text).strip()[:LONGEST_VALUE]


@lru_cache(maxsize=16_384)
def squeezed(name: str) -> str:
    """A name as it is compared: letters, marks and digits of any script, case folded; all of it where none is left."""
    said = unicodedata.normalize("NFKC", name[:200]).casefold()
    kept = "".join(one for one in said if one.isalnum() or unicodedata.category(one)[0] == "M")
    return kept or said.strip()


@lru_cache(maxsize=16_384)
def folded(value: str) -> str:
    """A value as it is compared: case folded, widths and digits of any script alike, single spaces."""
    said = unicodedata.normalize("NFKC", value[:LONGEST_VALUE]).casefold()
    if not said.isascii():
        said = "".join(
            str(unicodedata.digit(one)) if one.isdigit() and not one.isascii() else one for one in said
        )
    return " ".join(said.split())
