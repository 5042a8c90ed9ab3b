"""The objects of a PDF (ISO 32000-1, 7.3): parsed from bytes, within bounds, whatever they claim."""

from __future__ import annotations

import re
from typing import NamedTuple

_SPACE = b"\0\t\n\f\r "
_NESTED = 64
_MOST = 1 << 16
"""Elements of one array or dictionary."""
_SKIP = re.compile(rb"(?:[\x00\t\n\f\r ]+|%[^\r\n]*)*")
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")
_REF = re.compile(rb"(\d{1,10})[\x00\t\n\f\r ]+(\d{1,5})[\x00\t\n\f\r ]+R(?![A-Za-z0-9])")
_NAME = re.compile(rb"/([^\x00\t\n\f\r ()<>\[\]{}/%]*)")
_HEX_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
_WORD = re.compile(rb"[A-Za-z]+")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_IN_TEXT = re.compile(rb"[()\\]")

Value = object


class Ref(NamedTuple):
    """A reference to another object."""

    number: int
    generation: int


class Name(str):
    """A name object, without its slash."""

    __slots__ = ()


class SyntaxProblem(ValueError):
    """The bytes are no object."""


def parse(data: bytes, at: int = 0, depth: int = 0) -> tuple[Value, int]:
    """Parse the object at `at`; return it and where it ends. Raises SyntaxProblem."""
    at = _skip(data, at)
    first = data[at : at + 1]
    if data.startswith(b"<<", at):
        return _dictionary(data, at + 2, depth)
    if first == b"[":
        return _array(data, at + 1, depth)
    if first == b"/":
        match = _NAME.match(data, at)
        assert match is not None
        text = _HEX_NAME.sub(lambda code: bytes((int(code[1], 16),)), match[1])
        return Name(text.decode("utf-8", "surrogateescape")), match.end()
    if first == b"(":
        return _text(data, at + 1)
    if first == b"<":
        end = data.find(b">", at)
        if end < 0:
            raise SyntaxProblem("a string does not end")
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", data[at:end])
        return bytes.fromhex((digits + b"0" * (len(digits) & 1)).decode()), end + 1
    if match := _REF.match(data, at):
        return Ref(int(match[1]), int(match[2])), match.end()
    if match := _NUMBER.match(data, at):
        if match.end() - at > 40:
            raise SyntaxProblem("a number is too long")
        text = match[0]
        return (float(text) if b"." in text else int(text)), match.end()
    if match := _WORD.match(data, at):
        words: dict[bytes, Value] = {b"true": True, b"false": False, b"null": None}
        if match[0] in words:
            return words[match[0]], match.end()
    raise SyntaxProblem("no object stands there")


def _skip(data: bytes, at: int) -> int:
    match = _SKIP.match(data, at)
    assert match is not None
    return match.end()


def _dictionary(data: bytes, at: int, depth: int) -> tuple[dict[str, Value], int]:
    found: dict[str, Value] = {}
    if depth > _NESTED:
        raise SyntaxProblem("too deeply nested")
    while True:
        at = _skip(data, at)
        if data.startswith(b">>", at):
            return found, at + 2
        key, at = parse(data, at, depth + 1)
        if not isinstance(key, Name) or len(found) > _MOST:
            raise SyntaxProblem("a dictionary is damaged")
        value, at = parse(data, at, depth + 1)
        found[str(key)] = value


def _array(data: bytes, at: int, depth: int) -> tuple[list[Value], int]:
    found: list[Value] = []
    if depth > _NESTED:
        raise SyntaxProblem("too deeply nested")
    while True:
        at = _skip(data, at)
        if data.startswith(b"]", at):
            return found, at + 1
        if len(found) > _MOST:
            raise SyntaxProblem("an array is too long")
        value, at = parse(data, at, depth + 1)
        found.append(value)


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    out, depth = bytearray(), 1
    while match := _IN_TEXT.search(data, at):
        out += data[at : match.start()]
        at = match.end()
        if match[0] == b"(":
            depth += 1
        elif match[0] == b")":
            depth -= 1
            if not depth:
                return bytes(out), at
        else:
            code = data[at : at + 1]
            octal = re.match(rb"[0-7]{1,3}", data[at : at + 3])
            if octal:
                out.append(int(octal[0], 8) & 255)
                at += octal.end()
            elif code in b"\r\n" and code:
                at += 2 if data[at : at + 2] == b"\r\n" else 1
            else:
                out += _ESCAPES.get(code, code)
                at += 1
            continue
        out += match[0]
    raise SyntaxProblem("a string does not end")


def text_of(value: Value) -> str:
    """A text string for people: UTF-16 or UTF-8 where it says so, else PDFDocEncoding (as Latin 1)."""
    if not isinstance(value, bytes):
        return ""
    if value.startswith(b"\xfe\xff"):
        return value[2:].decode("utf-16-be", "replace")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1")
