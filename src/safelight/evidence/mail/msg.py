"""Outlook messages saved to a file: MSG ([MS-OXMSG]), with the messages attached to them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.documents.cfb import Compound, Entry
from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import Letter, clean
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.model import Timestamp

_PROPERTIES = "__properties_version1.0"
_ATTACHMENT = "__attach_version1.0_"
_NESTED = 16
_TEXT = 1 << 16
_REFERENCE = frozenset((2, 3, 4, 7))


class MsgReader:
    """A message with its attachments; the text itself is no member."""

    name = "msg"
    order = 44  # before `ole`, and before `zip`: a package may lie stored at the end of a compound file
    formats = frozenset(("ole",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By the stream of properties that every message has."""
        return Compound(source).root.get(_PROPERTIES) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the attachments; those of an attached message lie below its subject."""
        compound = Compound(source)
        yield from _message(compound, compound.root, b"", Meter.of(limits, source), 0)
        for problem in compound.problems:
            yield Node(b"", Kind.FINDING, error=problem)


def _message(compound: Compound, storage: Entry, prefix: bytes, meter: Meter, depth: int) -> Iterator[Node]:
    said = _letter(compound, storage)
    if depth:
        prefix += said.folder + b"/"
    for entry in storage.children:
        if not entry.name.lower().startswith(_ATTACHMENT):
            continue
        meter.entry()
        name = (
            _text(compound, entry, "3707") or _text(compound, entry, "3704") or _text(compound, entry, "3001")
        )
        node = Node(
            prefix + clean(name.rpartition("\\")[2] or "attachment"), Kind.FILE, times=said.times,
            address={"member": entry.number}, layer="member", note=said.note,
        )  # fmt: skip
        data, inner = entry.get("__substg1.0_37010102"), entry.get("__substg1.0_3701000D")
        if data is not None:
            node.size, node.open = data.size, partial(compound.open, data)
        elif inner is not None and inner.get(_PROPERTIES) is not None:
            if depth < _NESTED:
                yield from _message(compound, inner, prefix, meter, depth + 1)
                continue
            node.error = f"more than {_NESTED} messages within each other; not read"
        elif inner is not None:
            from safelight.evidence.documents.ole import members

            yield from members(compound, inner, node.name + b"/", meter)
            continue
        elif _method(compound, entry) in _REFERENCE:
            node.error = "only a link to a file elsewhere: the content is not in the message"
        else:
            node.error = "its content is missing"
        yield node


def _letter(compound: Compound, storage: Entry) -> Letter:
    mail = _text(compound, storage, "5D01") or _text(compound, storage, "0C1F")
    name = _text(compound, storage, "0C1A")
    sender = f"{name} <{mail}>" if name and mail and name != mail else name or mail
    date = None
    for number in (0x0039, 0x0E06, 0x3008):
        date = date or _time(compound, storage, number)
    return Letter(_text(compound, storage, "0037"), sender, _text(compound, storage, "0E04"), date)


def _text(compound: Compound, storage: Entry, number: str) -> str:
    """A property that is a text; empty where it is not there or cannot be read."""
    for kind, charset in (("001F", "utf-16-le"), ("001E", "cp1252")):
        entry = storage.get(f"__substg1.0_{number}{kind}")
        if entry is not None and entry.is_stream:
            try:
                return compound.read(entry, _TEXT).decode(charset, "replace").rstrip("\0").strip()
            except EvidenceError:
                return ""
    return ""


def _fixed(compound: Compound, storage: Entry, number: int) -> tuple[int, bytes]:
    """The type and the eight bytes of a property that has a fixed size."""
    entry = storage.get(_PROPERTIES)
    if entry is None:
        return 0, b""
    try:
        data = compound.read(entry)
    except EvidenceError:
        return 0, b""
    start = len(data) % 16  # the header has 32, 24 or 8 bytes, each record 16
    for at in range(start, len(data) - 15, 16):
        if int.from_bytes(data[at + 2 : at + 4], "little") == number:
            return int.from_bytes(data[at : at + 2], "little"), data[at + 8 : at + 16]
    return 0, b""


def _time(compound: Compound, storage: Entry, number: int) -> Timestamp | None:
    kind, value = _fixed(compound, storage, number)
    return stamps.filetime(int.from_bytes(value, "little"), "msg") if kind == 0x40 else None


def _method(compound: Compound, storage: Entry) -> int:
    return int.from_bytes(_fixed(compound, storage, 0x3705)[1][:4], "little")
