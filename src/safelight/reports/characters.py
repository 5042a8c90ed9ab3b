"""A document as text, piece by piece, whatever its encoding: marks, declarations, and bytes that lie about both."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

_CHUNK = 1 << 20
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
FALLEN_BACK = "bytes that are not of the encoding it declares were read as Windows-1252"


class Characters:
    """The document as text, piece by piece; what is not in its encoding is replaced, and counted."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        head = source.read(_CHUNK)
        self._encoding = _encoding(head)
        self._decoder = codecs.getincrementaldecoder(self._encoding)("strict")
        self._next = head
        self.fallen_back = False

    def read(self) -> str | None:
        """The next piece; None at the end."""
        while True:
            data, self._next = self._next, b""
            if not data:
                data = self._source.read(_CHUNK)
            last = not data
            state = self._decoder.getstate()
            try:
                text = self._decoder.decode(data, final=last)
            except UnicodeDecodeError:
                if self.fallen_back:
                    raise
                self.fallen_back = (
                    True  # declared one way and written another: every byte means something here
                )
                self._decoder = codecs.getincrementaldecoder("cp1252")("replace")
                text = self._decoder.decode(bytes(state[0]) + data, final=last)
            if text or last:
                return text or None


def _encoding(head: bytes) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    if head[:4] == b"<\0?\0" or (head[:1] == b"<" and head[1:2] == b"\0"):
        return "utf-16-le"
    if head[:2] == b"\0<":
        return "utf-16-be"
    found = _DECLARED.match(head)
    if found:
        try:
            info = codecs.lookup(found[1].decode())
        except LookupError:
            return "utf-8"
        # A declaration in ASCII cannot stand in a document of two bytes a character.
        if info._is_text_encoding and not info.name.startswith(("utf-16", "utf-32", "idna", "punycode")):
            return info.name
    return "utf-8"
