"""The text metadata of LVM2: labels, metadata areas, and the configuration language they are written in.

After lvm2's own sources and libvslvm's "Logical Volume Manager (LVM) format". `lvm.py` is the reader.
"""

from __future__ import annotations

import re
import struct
from typing import Any, NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source

_LABEL, _TYPE, _AREA = b"LABELONE", b"LVM2 001", b" LVM2 x[5A%r0N*>"
_LONGEST_TEXT = 16 << 20
_DEEPEST = 16
_TOKEN = re.compile(r'\s+|#[^\n]*|([{}\[\]=,])|"((?:[^"\\]|\\.)*)"|([^\s{}\[\]=,"#]+)')

Section = dict[str, Any]


class Label(NamedTuple):
    """What a physical volume says of itself: its identifier, and (offset, length) of its metadata areas, in bytes."""

    identifier: str
    size: int
    areas: list[tuple[int, int]]


def read_label(head: bytes) -> Label | None:
    """Find the label in one of the first four sectors."""
    for at in range(0, 2048, 512):
        if head[at : at + 8] == _LABEL and head[at + 24 : at + 32] == _TYPE:
            header = at + int.from_bytes(head[at + 20 : at + 24], "little")
            identifier = head[header : header + 32].decode("latin-1")
            size = int.from_bytes(head[header + 32 : header + 40], "little")
            _, position = _pairs(head, header + 40)  # data areas: the metadata states where data begin
            areas, _ = _pairs(head, position)
            return Label(identifier, size, areas)
    return None


def _pairs(head: bytes, at: int) -> tuple[list[tuple[int, int]], int]:
    found = []
    for _ in range(16):
        offset, length = struct.unpack_from("<QQ", head[at : at + 16].ljust(16, b"\0"))
        at += 16
        if not offset:
            break
        found.append((offset, length))
    return found, at


def read_group(source: Source, label: Label) -> tuple[str, Section] | None:
    """The name and description of the volume group, the newest of this volume's copies; None where it has none.

    Raises EvidenceError where there are copies, and none can be read.
    """
    best: tuple[str, Section] | None = None
    problem: EvidenceError | None = None
    for offset, length in label.areas[:4]:
        try:
            text = _text(source, offset, length)
            if text is None:
                continue
            parsed = parse(text)
            name, group = next((key, value) for key, value in parsed.items() if isinstance(value, dict))
        except (EvidenceError, StopIteration) as error:
            problem = error if isinstance(error, EvidenceError) else EvidenceError("it describes no group")
            continue
        if best is None or number(group, "seqno") > number(best[1], "seqno"):
            best = name, group
    if best is None and problem is not None:
        raise EvidenceError(f"the LVM metadata cannot be read: {problem}")
    return best


def _text(source: Source, offset: int, length: int) -> str | None:
    header = source.read_at(offset, 64)
    if len(header) < 64 or header[4:20] != _AREA:
        raise EvidenceError(f"the metadata area at byte {offset:,} has no header")
    at, size = struct.unpack_from("<QQ", header, 40)
    if not size:
        return None
    if size > min(_LONGEST_TEXT, length) or not 512 <= at < length:
        raise EvidenceError(f"the metadata area at byte {offset:,} is damaged")
    data = source.read_at(offset + at, min(size, length - at))
    if at + size > length:  # it is a ring, whose first sector is its header
        data += source.read_at(offset + 512, at + size - length)
    return data.rstrip(b"\0").decode("utf-8", "surrogateescape")


def parse(text: str) -> Section:
    """Parse the configuration language: `name { … }`, `name = value`, `name = [a, b]`. Raises EvidenceError."""
    root: Section = {}
    stack = [root]
    name: str | None = None
    tokens = _tokens(text)
    for kind, token in tokens:
        if kind == "word" and name is None:
            name = token
        elif token == "{" and kind == "mark" and name is not None:  # nosec B105 -- why: a mark of the syntax
            inner: Section = {}
            stack[-1][name] = inner
            stack.append(inner)
            name = None
            if len(stack) > _DEEPEST:
                raise EvidenceError("its sections are nested too deep")
        elif token == "}" and kind == "mark" and name is None and len(stack) > 1:  # nosec B105 -- why: a mark of the syntax
            stack.pop()
        elif token == "=" and kind == "mark" and name is not None:  # nosec B105 -- why: a mark of the syntax
            stack[-1][name] = _value(tokens)
            name = None
        else:
            raise EvidenceError(f"“{token[:40]}” is not expected there")
    if len(stack) > 1 or name is not None:
        raise EvidenceError("it ends early")
    return root


def _tokens(text: str) -> Any:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise EvidenceError(f"it is no text of LVM at character {at:,}")
        at = match.end()
        if match[1] is not None:
            yield "mark", match[1]
        elif match[2] is not None:
            yield "text", re.sub(r"\\(.)", r"\1", match[2])
        elif match[3] is not None:
            yield "word", match[3]


def _value(tokens: Any) -> Any:
    kind, token = next(tokens, ("", ""))
    if kind == "mark" and token == "[":  # nosec B105 -- why: a mark of the syntax
        values: list[str | int] = []
        for kind, token in tokens:
            if token == "]" and kind == "mark":  # nosec B105 -- why: a mark of the syntax
                return values
            if kind != "mark":
                values.append(_scalar(kind, token))
        raise EvidenceError("a list does not end")
    if kind in ("text", "word"):
        return _scalar(kind, token)
    raise EvidenceError("a value is missing")


def _scalar(kind: str, token: str) -> str | int:
    return int(token) if kind == "word" and re.fullmatch(r"-?\d{1,19}", token) else token


def number(section: Section, key: str) -> int:
    """A number of a section; 0 where it is missing or none."""
    value = section.get(key)
    return value if isinstance(value, int) and value >= 0 else 0


def sections(section: Section, key: str) -> Section:
    """A section of a section, empty where it is missing; only sections are in it."""
    value = section.get(key)
    return {k: v for k, v in value.items() if isinstance(v, dict)} if isinstance(value, dict) else {}


def text(section: Section, key: str) -> str:
    """A text of a section; empty where it is missing or none."""
    value = section.get(key)
    return value if isinstance(value, str) else ""


def items(section: Section, key: str) -> list[str | int]:
    """A list of a section; empty where it is missing or none."""
    value = section.get(key)
    return value if isinstance(value, list) else []
