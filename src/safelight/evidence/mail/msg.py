"""Outlook messages saved to a file: MSG ([MS-OXMSG]), with the messages attached to them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.documents.cfb import Compound, Entry
from safelight.evidence.documents.ole import members
from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import Letter, charset_of, clean
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.model import Timestamp

_PROPERTIES = "__properties_version1.0"
_ATTACHMENT = "__attach_version1.0_"
_SENT, _DELIVERED, _CHANGED = 0x0039, 0x0E06, 0x3008
_CODEPAGE = 0x3FFD
_NAMES = ("3707", "3704", "3001")
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
        meter = Meter.of(limits, source)
        yield from _message(compound, compound.root, b"", meter, 0)
        yield from members(compound, compound.root, b"", meter, leave="__")  # what Outlook did not put there
        for problem in compound.problems:
            yield Node(b"", Kind.FINDING, error=problem)


def _message(compound: Compound, storage: Entry, prefix: bytes, meter: Meter, depth: int) -> Iterator[Node]:
    said = _letter(compound, storage)
    if depth:
        prefix += said.folder + b"/"
    charset = _charset(compound, storage)
    for entry in storage.children:
        if not entry.name.lower().startswith(_ATTACHMENT):
            continue
        meter.entry()
        name = next(filter(None, (_text(compound, entry, number, charset) for number in _NAMES)), "")
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
            yield from members(compound, inner, node.name + b"/", meter)
            continue
        elif _method(compound, entry) in _REFERENCE:
            node.error = "only a link to a file elsewhere: the content is not in the message"
        else:
            node.error = "its content is missing"
        yield node


def _charset(compound: Compound, storage: Entry) -> str:
    """How texts are encoded that are not Unicode."""
    return charset_of(int.from_bytes(_fixed(compound, storage, _CODEPAGE)[1][:4], "little"))


def _letter(compound: Compound, storage: Entry) -> Letter:
    charset = _charset(compound, storage)
    subject, to, name, smtp, mail = (
        _text(compound, storage, number, charset) for number in ("0037", "0E04", "0C1A", "5D01", "0C1F")
    )
    mail = smtp or mail
    sender = f"{name} <{mail}>" if name and mail and name != mail else name or mail
    date = _time(compound, storage, _SENT) or _time(compound, storage, _DELIVERED)
    changed = None if date else _time(compound, storage, _CHANGED)
    return Letter(subject, sender, to, date or changed, bool(changed))


def _text(compound: Compound, storage: Entry, number: str, charset: str) -> str:
    """A property that is a text; empty where it is not there or cannot be read."""
    for kind, coding in (("001F", "utf-16-le"), ("001E", charset)):
        entry = storage.get(f"__substg1.0_{number}{kind}")
        if entry is not None and entry.is_stream:
            try:
                return compound.read(entry, _TEXT).decode(coding, "replace").rstrip("\0").strip()
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
