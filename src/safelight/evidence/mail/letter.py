"""What a message says of itself: sender, recipients, date, subject; as a name in a trail, a note, times."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime

from safelight.evidence.names import show
from safelight.evidence.stamps import utc_seconds
from safelight.model import Times, Timestamp

NOTE = 500
"""Characters of a note."""
_NAME = 100
"""Characters of one element of a path."""
_CODEPAGES = {
    20866: "koi8-r", 21866: "koi8-u", 28591: "latin-1", 28592: "iso8859-2", 28595: "iso8859-5", 28605: "iso8859-15",
    50220: "iso2022_jp", 50221: "iso2022_jp", 51932: "euc_jp", 51949: "euc_kr", 54936: "gb18030", 65001: "utf-8",
}  # fmt: skip
"""Those that Python does not know by their number."""
_OF_NOWHERE = re.compile(r"\d\s+-0000\b")
"""A zone that says: in UTC, by a machine that does not tell where it stands (RFC 5322, 3.3)."""
_SPACES = re.compile(r"[\s\x00-\x1f]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail is found again by; empty where nothing is stated."""

    subject: str = ""
    sender: str = ""
    to: str = ""
    date: Timestamp | None = None
    is_change: bool = False
    """Is the date that of the last change, as neither sending nor arrival is stated (a draft)?"""
    labels: str = ""
    """Folders and marks, where what was deleted lies among the rest (Google's takeout, Maildir, Apple Mail)."""

    @property
    def folder(self) -> bytes:
        """`2024-03-01 12.30.05 Subject`: the date in UTC, no slash, at most some hundred characters."""
        day = self.date.value[:19].replace("T", " ").replace(":", ".") if self.date else "no date"
        return clean(f"{day} {self.subject or 'no subject'}")

    @property
    def note(self) -> str:
        """One line for people: from, to, date, subject, labels."""
        parts = [f"from {self.sender}" if self.sender else "sender not stated"]
        if self.to:
            parts.append(f"to {self.to if len(self.to) <= 200 else self.to[:199] + '…'}")
        if self.date:
            parts.append(f"last changed {self.date.value}" if self.is_change else self.date.value)
        if self.subject:
            parts.append(f"“{self.subject if len(self.subject) <= 150 else self.subject[:149] + '…'}”")
        if self.labels:
            parts.append(f"labels {self.labels[:100]}")
        return say(", ".join(parts))

    @property
    def times(self) -> Times:
        """The date of the message, as the time its attachments were made and changed."""
        if self.is_change:
            return Times(modified=self.date)
        return Times(created=self.date, modified=self.date) if self.date else Times()


def say(text: str) -> str:
    """Return text of evidence as one safe line of at most `NOTE` characters."""
    line = show(_SPACES.sub(" ", text).strip().encode("utf-8", "surrogateescape"))
    return line if len(line) <= NOTE else line[: NOTE - 1] + "…"


def clean(text: str) -> bytes:
    """Return text of evidence as one element of a path: no slash, no line break, never empty, never `..`."""
    text = _SPACES.sub(" ", text).replace("/", "_").strip()[:_NAME].strip()
    return (text if text.strip(".") else "_").encode("utf-8", "surrogateescape")


def clean_path(text: str) -> bytes:
    """Return text of evidence as a path of such elements."""
    parts = [part for part in text.replace("\\", "/").split("/") if part]
    return b"/".join(map(clean, parts[-16:])) or b"_"


def of_headers(headers: Message) -> Letter:
    """Read them from a parsed header block; what is malformed is left as it is written."""
    return Letter(
        words(str(headers.get("Subject", ""))),
        words(str(headers.get("From", "") or headers.get("Sender", ""))),
        words(str(headers.get("To", "") or headers.get("Cc", ""))),
        _date(str(headers.get("Date", ""))),
        labels=words(str(headers.get("X-Gmail-Labels", ""))),
    )


def charset_of(codepage: int) -> str:
    """How texts of a message are encoded that names this code page of Windows; Windows' Latin 1 where it names none."""
    name = _CODEPAGES.get(codepage, f"cp{codepage}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name


def words(text: str) -> str:
    """Decode encoded words (RFC 2047); bytes that belong to no charset are kept as surrogates."""
    text = text[:4096]
    if "=?" not in text:
        return _SPACES.sub(" ", _plain(text)).strip()
    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError, IndexError):
        return _SPACES.sub(" ", text).strip()
    out = ""
    for part, charset in parts:
        out += _decoded(part, charset) if isinstance(part, bytes) else part
    return _SPACES.sub(" ", out).strip()


def _plain(text: str) -> str:
    """Header bytes beyond ASCII come as surrogates: UTF-8 where they are that, else Windows' Latin 1."""
    try:
        return text.encode("ascii", "surrogateescape").decode("utf-8")
    except UnicodeEncodeError:
        return text
    except UnicodeDecodeError:
        return text.encode("ascii", "surrogateescape").decode("cp1252", "replace")


def _decoded(part: bytes, charset: str | None) -> str:
    try:
        return part.decode(charset or "utf-8", "surrogateescape")
    except (LookupError, ValueError):
        return part.decode("utf-8", "surrogateescape")


def _date(text: str) -> Timestamp | None:
    """The `Date:` in UTC; without a zone it is what the sender's clock showed."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text[:200])
        if moment.tzinfo is None and _OF_NOWHERE.search(text[:200]):
            moment = moment.replace(tzinfo=UTC)
        if moment.tzinfo is None:
            return Timestamp(moment.isoformat(), "mail", "local")
        return utc_seconds((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds(), "mail")
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
