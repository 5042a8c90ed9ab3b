"""The parts of a message (RFC 2045, 2046): found by their boundaries, opened only when asked for, however it lies.

Nothing is held but the boundaries in force. A boundary that never comes ends its part with the part around it;
one that is not stated is taken from the first line that looks like one. Text of uuencoded files is looked for in
what is no attachment.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message
from email.parser import BytesHeaderParser
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.decompress import Feed
from safelight.evidence.guards import Meter
from safelight.evidence.mail import letter as letters
from safelight.evidence.mail import transfer
from safelight.evidence.mail.letter import Letter
from safelight.evidence.protocol import Kind, Node, Source
from safelight.evidence.sniff import is_archive, is_media, sniff
from safelight.evidence.source import BytesSource
from safelight.evidence.unlock import NO_KEYS, LockedError
from safelight.model import State

_SHORT_HEADER, HEADER, _LONGEST_HEADER = 1 << 12, 1 << 16, 1 << 20
"""Bytes of one header block that are looked at, more where it does not end there."""
_PEEKED = 1 << 10
_NESTED = 500
_WINDOW = 1 << 20
_LONGEST_BOUNDARY = 1_000
_BLANK = re.compile(rb"\r?\n\r?\n")
_LIKE_HEADER = re.compile(rb"\r?\n[A-Za-z][A-Za-z0-9-]{0,60}:")
_BEGIN = re.compile(rb"(?:^|\n)begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n(?=[ -`])")
_WRITTEN_IN = b";base64,"
"""What is before a file that is written into a page."""
_SMIME = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_PARSER = BytesHeaderParser()


class Window:
    """Reads small pieces of a source through one large one."""

    __slots__ = ("_data", "_source", "_start", "end")

    def __init__(self, source: Source, end: int | None = None) -> None:
        self._source = source
        self._start = 0
        self._data = b""
        self.end = source.size if end is None else min(end, source.size)

    def until(self, end: int) -> Window:
        """The same source, up to `end`."""
        return Window(self._source, end)

    def peek(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`, not beyond the window's end. Raises EvidenceError."""
        length = max(0, min(length, self.end - offset))
        at = offset - self._start
        if at < 0 or at + length > len(self._data):
            self._start = offset
            self._data = self._source.read_at(offset, min(max(length, _WINDOW), self.end - offset))
            at = 0
        return self._data[at : at + length]

    def find(self, mark: bytes, offset: int) -> int:
        """Return where `mark` comes next, or -1."""
        return self.search(re.compile(re.escape(mark)), len(mark), offset)

    def search(self, pattern: re.Pattern[bytes], longest: int, offset: int) -> int:
        """Return where `pattern`, which matches at most `longest` bytes, comes next, or -1."""
        while offset < self.end:
            at = offset - self._start
            if at < 0 or at + longest > len(self._data):
                self.peek(offset, _WINDOW)
                at = offset - self._start
            found = pattern.search(self._data, at)
            if found is not None:
                return self._start + found.start()
            reached = self._start + len(self._data)
            if reached >= self.end or reached <= offset:
                return -1
            offset = max(offset + 1, reached - longest + 1)
        return -1


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a message: its headers, and where its still encoded content lies."""

    headers: Message
    start: int
    end: int


def read_header(window: Window, start: int) -> tuple[Message, int]:
    """Parse the header block at `start`; return it and where the body begins."""
    data = window.peek(start, _SHORT_HEADER)
    if data.startswith((b"\n", b"\r\n")):
        return Message(), start + (1 if data[:1] == b"\n" else 2)
    blank = _BLANK.search(data)
    for length in (HEADER, _LONGEST_HEADER):
        if blank is None and len(data) < window.end - start:
            data = window.peek(start, length)
            blank = _BLANK.search(data)
    block, body = (data[: blank.start() + 1], blank.end()) if blank else (data, len(data))
    return _PARSER.parsebytes(block), start + body


def parts(window: Window, headers: Message, body: int) -> Iterator[Part]:
    """Yield the leaves of the message whose body begins at `body` and ends with the window."""
    boundaries: list[bytes] = []
    guess = False
    current: Part | None = None

    def begin(header: Message, start: int) -> tuple[Part | None, bool]:
        if header.get_content_maintype() != "multipart" or len(boundaries) >= _NESTED:
            return Part(header, start, window.end), False
        try:
            stated = header.get_boundary()
        except (
            ValueError,
            LookupError,
        ):  # stated in a charset that is none: the first line that looks like one is taken
            stated = None
        if not stated:
            return None, True
        mark = b"--" + str(stated).encode("utf-8", "surrogateescape").strip()
        if mark not in boundaries:
            boundaries.append(mark)
        return None, False

    current, guess = begin(headers, body)
    position = max(0, body - 1)
    while (at := window.find(b"\n--", position)) >= 0:
        position = at + 3
        line = window.peek(at + 1, _LONGEST_BOUNDARY).partition(b"\n")[0]
        mark = line.rstrip()
        closes = mark not in boundaries and mark.endswith(b"--") and mark[:-2] in boundaries
        if not (closes or mark in boundaries):
            after = window.peek(at + 1 + len(line.rstrip(b"\r")), 80)
            if not (guess and len(mark) > 3 and _LIKE_HEADER.match(after)):
                continue
            boundaries.append(mark)
            guess = False
        if current is not None and current.start <= at:
            yield Part(current.headers, current.start, at - (window.peek(at - 1, 1) == b"\r"))
        current = None
        del boundaries[boundaries.index(mark[:-2] if closes else mark) + 1 :]
        if closes:
            boundaries.pop()
            guess = False
            continue
        if at + 1 + len(line) + 1 >= window.end:
            break
        header, start = read_header(window, at + 1 + len(line) + 1)
        current, guess = begin(header, start)
        position = max(position, start - 1)
    if current is not None and current.start < window.end:
        yield current


def nodes(
    source: Source,
    start: int,
    end: int,
    meter: Meter,
    *,
    foldered: bool = False,
    state: State = State.ALLOCATED,
    marks: str = "",
) -> Iterator[Node]:
    """Yield the attachments of the message in a range of the source, `foldered` below its date and subject.

    `marks` are what the mailbox says of the message, to be told with its labels.
    """
    window = Window(source, end)
    headers, body = read_header(window, start)
    said = letters.of_headers(headers)
    if marks:
        said = replace(said, labels=", ".join(filter(None, (marks, said.labels))))
    prefix = said.folder + b"/" if foldered else b""
    number = 0
    if body - start >= _LONGEST_HEADER and body < end:
        size = f"{_LONGEST_HEADER >> 10:,} KiB"
        text = f"the message at {start:,} has a header of more than {size}: its parts are not read"
        yield Node(b"", Kind.FINDING, error=text)
    for part in parts(window, headers, body):
        meter.entry()
        number += 1
        attached = _attached(part.headers)
        is_text = not attached and part.headers.get_content_maintype() == "text"
        if is_text and not _is_disguised(part, window) and not _holds_pictures(source, part, window):
            yield from _uuencoded(source, window, part, prefix, said, meter, state)
            continue
        yield _node(source, part, prefix + _name(part, window, number), said, meter, state)


def _attached(headers: Message) -> bool:
    return headers.get_content_disposition() == "attachment" or bool(_file_name(headers))


def _is_disguised(part: Part, window: Window) -> bool:
    """Is a part that is called text a picture, film, archive or document by its first bytes?"""
    if str(part.headers.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return False
    letters_ = window.peek(part.start, min(_PEEKED, part.end - part.start))
    try:
        head = b"".join(transfer.base64(Feed(BytesSource(letters_))))
    except EvidenceError:
        return False
    format_ = sniff(head)
    return is_media(format_) or is_archive(format_) or format_ in ("pdf", "ole", "sqlite")


def _holds_pictures(source: Source, part: Part, window: Window) -> bool:
    """Is a part a page into which files are written (`documents/html.py`)?"""
    if part.headers.get_content_type() != "text/html":
        return False
    if str(part.headers.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return window.until(part.end).find(_WRITTEN_IN, part.start) >= 0
    before = b""
    try:
        for piece in transfer.base64(Feed(source, part.start, part.end)):
            if _WRITTEN_IN in before + piece:
                return True
            before = piece[-len(_WRITTEN_IN) :]
    except EvidenceError:
        pass  # a text that breaks off is none that is given
    return False


def _file_name(headers: Message) -> str:
    try:
        name = headers.get_filename() or ""
    except (ValueError, LookupError, UnicodeError, IndexError):
        name = ""
    return letters.words(str(name))


def _name(part: Part, window: Window, number: int) -> bytes:
    headers = part.headers
    name = _file_name(headers).replace("\\", "/").rpartition("/")[2]
    kind = headers.get_content_type()
    if not name and kind == "message/rfc822":
        inner, _ = read_header(window.until(part.end), part.start)
        subject = letters.of_headers(inner).subject
        name = f"{subject[:90] or f'message {number}'}.eml"
    if not name:
        location = letters.words(str(headers.get("Content-Location", "")))
        name = location.partition("?")[0].rstrip("/").rpartition("/")[2]
    if not name:
        name = f"part {number}{mimetypes.guess_extension(kind) or ''}"
    return letters.clean(name)


def _node(source: Source, part: Part, name: bytes, said: Letter, meter: Meter, state: State) -> Node:
    headers = part.headers
    node = Node(
        name,
        Kind.FILE,
        state,
        times=said.times,
        address={"offset": part.start},
        layer="member",
        note=said.note,
    )
    kind = headers.get_content_type()
    if locked := _locked(headers, kind):
        node.error = locked
        return node
    encoding = str(headers.get("Content-Transfer-Encoding", "")).strip().lower()
    node.open = partial(transfer.opened, source, part.start, part.end, encoding, meter)
    if kind == "message/partial":
        node.error = "one part of a message that was sent in several; they are not put together"
    elif kind in _SMIME:
        node.error = "what is signed lies within the signature (PKCS #7), which is not opened"
    return node


def _locked(headers: Message, kind: str) -> str | None:
    """What an encrypted part is, and what would open it."""
    if kind in _SMIME and str(headers.get_param("smime-type", "enveloped-data")).lower() == "enveloped-data":
        return str(LockedError("encrypted mail (S/MIME)", NO_KEYS, opens="the recipient's private key"))
    name = _file_name(headers).lower()
    if kind == "application/octet-stream" and name in ("encrypted.asc", "openpgp encrypted message"):
        return str(LockedError("encrypted mail (OpenPGP)", NO_KEYS, opens="the recipient's private key"))
    return None


def _uuencoded(
    source: Source, window: Window, part: Part, prefix: bytes, said: Letter, meter: Meter, state: State
) -> Iterator[Node]:
    """Yield the files that a text carries between `begin` and `end`."""
    window = window.until(
        part.end
    )  # what is looked for in one part is not looked for through all that follow
    position = part.start
    first = window.peek(position, 8192)
    at = position if first.startswith(b"begin") else -1
    while True:
        if at < 0:
            found = window.find(b"\nbegin", position)
            if found < 0 or found >= part.end:
                return
            at = found + 1
        line = _BEGIN.match(b"\n" + window.peek(at, 400))
        position, start = at + 5, at
        at = -1
        if line is None:
            continue
        start += line.end() - 1
        is_base64 = line[0].startswith(b"\nbegin-base64")
        stop = window.find(b"\n====" if is_base64 else b"\nend", start)
        stop = part.end if stop < 0 else min(stop, part.end)
        meter.entry()
        name = letters.clean(line[1].decode("utf-8", "surrogateescape").replace("\\", "/").rpartition("/")[2])
        decode = transfer.base64 if is_base64 else transfer.uuencoded
        yield Node(
            prefix + name,
            Kind.FILE,
            state,
            times=said.times,
            address={"offset": start},
            layer="member",
            open=partial(transfer.stream, source, start, stop, decode, meter),
            note=said.note,
        )
        position = stop


def looks_like_headers(head: bytes) -> bool:
    """Does it begin like the headers of a message? `head` is the first bytes of a file."""
    if not head[:1].isalpha() or b":" not in head[:80]:
        return False
    known = 0
    lines = head[:HEADER].split(b"\n")
    for line in lines[
        : min(200, len(lines) - (len(head) >= HEADER - _PEEKED))
    ]:  # the last one may be cut off
        text = line.rstrip(b"\r")
        if not text:
            break
        if text[:1] in (b" ", b"\t"):
            continue
        name, colon, _ = text.partition(b":")
        if not colon or not _FIELD.fullmatch(name.rstrip()):
            return False
        known += name.strip().lower() in _KNOWN
    return known >= 2


_FIELD = re.compile(rb"[!-9;-~]{1,100}")
_KNOWN = frozenset(
    b"from to subject received message-id mime-version return-path delivered-to reply-to sender cc bcc date "
    b"content-transfer-encoding x-mailer envelope-to dkim-signature in-reply-to x-mozilla-status".split()
)
