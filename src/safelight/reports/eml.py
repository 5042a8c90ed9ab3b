"""Reports by e-mail: the message's words, who wrote it, and its attachments, to be read on as documents and media."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, BinaryIO

from safelight.reports.plain import line, plain, taken_out
from safelight.reports.protocol import Attachment, Part, ReadOptions
from safelight.reports.report import FreeText, Kind, Party, Report, Role, Stated, Unreadable

LARGEST = 256 << 20
"""Bytes of one message; a larger one is a finding."""
_PARTS = 1_000
_HEADER = re.compile(
    rb"^(?:From|To|Subject|Date|Message-ID|Received|MIME-Version|Return-Path|Delivered-To|X-[\w-]+):",
    re.IGNORECASE | re.MULTILINE,
)


class EmlReader:
    """One message. What is attached becomes parts of the same bundle; a message within it is a report of its own."""

    name = "eml"
    order = 60

    def detects(self, head: bytes, name: str) -> bool:
        """At least two of a message's header fields before the first empty line."""
        start = re.split(rb"\r?\n\r?\n", head[:16_000].lstrip(b"\xef\xbb\xbf\r\n"), maxsplit=1)[0]
        return len({found.lower() for found in _HEADER.findall(start)}) >= 2

    def read(self, source: BinaryIO, options: ReadOptions) -> Iterator[Part]:
        """Yield the message as a report, and each attachment."""
        data = source.read(LARGEST + 1)
        if len(data) > LARGEST:
            yield Unreadable("", f"the message is larger than {LARGEST >> 20} MiB")
            return
        try:
            message = BytesParser(policy=policy.default).parsebytes(data)
        except Exception as error:  # noqa: BLE001  # why: the parser of the standard library on hostile headers
            yield Unreadable("", f"it is no message that can be read: {type(error).__name__}")
            return
        texts, attachments, problems, markup = _contents(message)
        subject = _header(message, "Subject")
        if subject:
            texts.insert(0, FreeText("subject", plain(subject)))
        sender = [
            Stated(kind, value)
            for name, address in _addresses(message, "From")
            for kind, value in ((Kind.EMAIL, address), (Kind.NAME, name))
            if value
        ]
        yield Report(
            report_id=line((_header(message, "Message-ID") or "").strip("<> ")) or options.fallback_id,
            format=self.name,
            provider=next(
                (address.rpartition("@")[2] for _, address in _addresses(message, "From") if "@" in address),
                None,
            ),
            received=_date(message),
            parties=(Party(Role.REPORTER, tuple(sender)),) if sender else (),
            texts=tuple(texts),
            unknown=(
                *(
                    (f"header/{name}", plain(value)[:2000])
                    for name in ("To", "Cc", "Reply-To", "Importance", "X-Priority")
                    if (value := _header(message, name))
                ),
                *(("body/markup", one) for one in markup),
            ),
            problems=tuple(problems),
        )
        yield from attachments


def _contents(message: Message) -> tuple[list[FreeText], list[Attachment], list[str], list[str]]:
    """Texts, attachments, problems, and what the markup of the texts said."""
    texts: list[FreeText] = []
    attachments: list[Attachment] = []
    problems: list[str] = []
    markup: list[str] = []
    plain_parts = any(
        part.get_content_type() == "text/plain" and not part.get_filename() for part in _walk(message)
    )
    for number, part in enumerate(_walk(message)):
        if number >= _PARTS:
            problems.append(f"it has more than {_PARTS:,} parts; the rest was not read")
            break
        kind, name = part.get_content_type(), _filename(part, number)
        if part.is_multipart() and kind != "message/rfc822":
            continue
        try:
            if kind == "message/rfc822":
                inner = part.get_payload()
                whole = inner[0] if isinstance(inner, list) and inner else None
                if isinstance(whole, Message):
                    attachments.append(
                        Attachment(name if name.endswith(".eml") else f"{name}.eml", whole.as_bytes())
                    )
                continue
            payload = part.get_payload(decode=True)
        except Exception as error:  # noqa: BLE001  # why: as above; the other parts are read on
            problems.append(f"part {number} cannot be decoded: {type(error).__name__}")
            continue
        data = payload if isinstance(payload, bytes) else b""
        if (
            part.get_filename()
            or part.get_content_disposition() == "attachment"
            or not kind.startswith("text/")
        ):
            if data:
                attachments.append(Attachment(name, data))
        elif kind == "text/plain" or not plain_parts:
            body = _decoded(part, data)
            markup += taken_out(body)[:_PARTS]
            if said := plain(body):
                texts.append(FreeText("body", said))
    return texts, attachments, problems, markup


def _walk(message: Message) -> Iterator[Message]:
    """All parts, without going into attached messages: they are reports of their own."""
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        yield part
        inner = part.get_payload()
        if part.is_multipart() and part.get_content_type() != "message/rfc822" and isinstance(inner, list):
            waiting[:0] = [one for one in inner if isinstance(one, Message)][:_PARTS]


def _decoded(part: Message, data: bytes) -> str:
    for charset in (part.get_content_charset() or "utf-8", "utf-8"):
        wide = charset.casefold().startswith(("utf-16", "utf-32"))  # a line end of one byte may follow
        try:
            return data.decode(charset, "replace" if wide else "strict")
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _filename(part: Message, number: int) -> str:
    try:
        name = part.get_filename() or f"part{number}"
    except Exception:  # noqa: BLE001  # why: hostile headers; a part without a name is read all the same
        name = f"part{number}"
    return re.sub(r"[\x00-\x1f/\\]", "_", name)[-200:] or f"part{number}"


def _header(message: Message, name: str) -> str | None:
    try:
        value: Any = message.get(name)
    except Exception:  # noqa: BLE001  # why: hostile headers
        return None
    return str(value) if value is not None else None


def _addresses(message: Message, name: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([str(one) for one in message.get_all(name, [])[:10]])[:20]
    except Exception:  # noqa: BLE001  # why: hostile headers
        return []


def _date(message: Message) -> str | None:
    try:
        return parsedate_to_datetime(_header(message, "Date") or "").isoformat()
    except (TypeError, ValueError, IndexError):
        return None
