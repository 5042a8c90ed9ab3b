"""Invented, sober reports for tests, as text of each format."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from typing import Any

from safelight.reports.protocol import Part, ReadOptions, ReportReader
from safelight.reports.report import Report, Unreadable


def tip(number: str | None = "1001", inside: str = "", *, escaped: bool = False) -> str:
    """A CyberTipline report in XML. `inside` goes between the reporter and the end."""
    named = f"<reportId>{number}</reportId>" if number else ""
    return (
        f"<report>{named}<incidentSummary>"
        "<incidentType>Online Enticement of Children for Sexual Acts</incidentType>"
        f"{'<escalateToHighPriority>a meeting is planned</escalateToHighPriority>' if escaped else ''}"
        "<incidentDateTime>2026-01-02T03:04:05Z</incidentDateTime></incidentSummary>"
        "<reporter><reportingPerson><firstName>Chatter One</firstName></reportingPerson></reporter>"
        f"{inside}</report>"
    )


def person(screen_name: str = "robin_s", more: str = "") -> str:
    """A reported person with one account."""
    return (
        "<personOrUserReported><espService>Chatter One</espService>"
        f"<screenName>{screen_name}</screenName>{more}</personOrUserReported>"
    )


def details(
    number: str | None = "1001", name: str = "one.jpg", *, viewed: bool | None = None, more: str = ""
) -> str:
    """The details of one file of a report."""
    named = f"<reportId>{number}</reportId>" if number else ""
    flag = "" if viewed is None else f"<fileViewedByEsp>{str(viewed).lower()}</fileViewedByEsp>"
    return (
        f"<fileDetails>{named}<fileId>f-{name}</fileId><fileName>{name}</fileName>{flag}{more}</fileDetails>"
    )


def police_json(number: int | None = 2001, **more: Any) -> dict[str, Any]:
    """A report in the JSON that police receive."""
    return {
        "reportId": number,
        "dateReceived": "2026-01-02T03:04:05Z",
        "reportedInformation": {
            "reportingEsp": {"espName": "Chatter One"},
            "incidentSummary": {"incidentType": "Online Enticement of Children for Sexual Acts"},
            "reportedPeople": {"reportedPersons": [{"screenName": {"value": "robin_s"}}]},
            **more,
        },
    }


def message(
    subject: str = "A report",
    body: str = "A neighbour reports that a child may be at risk.",
    attached: Mapping[str, bytes] | None = None,
) -> EmailMessage:
    """An e-mail with attachments."""
    made = EmailMessage()
    made["From"] = "Desk <desk@hotline.example.org>"
    made["To"] = "unit@police.example.net"
    made["Subject"] = subject
    made["Date"] = "Fri, 02 Jan 2026 03:04:05 +0000"
    made["Message-ID"] = "<m1@hotline.example.org>"
    made.set_content(body)
    for name, data in (attached or {}).items():
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    """A ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def read(reader: ReportReader, document: bytes | str, **options: Any) -> list[Part]:
    """Every part that a reader finds in a document."""
    data = document.encode() if isinstance(document, str) else document
    given = {"name": "document", "fallback_id": "document", **options}
    return list(reader.read(io.BytesIO(data), ReadOptions(**given)))


def reports(parts: list[Part]) -> list[Report]:
    """Those that are reports."""
    return [part for part in parts if isinstance(part, Report)]


def only(parts: list[Part]) -> Report:
    """The one report that there is, and nothing else."""
    assert len(parts) == 1, parts
    assert isinstance(parts[0], Report), parts
    return parts[0]


def unreadable(parts: list[Part]) -> list[str]:
    """Reasons of what could not be read."""
    return [part.reason for part in parts if isinstance(part, Unreadable)]


def said(report: Report) -> str:
    """Everything that a report keeps, as one text to look for something in."""
    return repr(report)


def truncations(data: bytes, step: int = 64) -> Iterator[bytes]:
    """The document cut off at every `step`th byte."""
    return (data[:end] for end in range(0, len(data), step))


class Generated(io.RawIOBase):
    """A document of any size that is made while it is read: a head, a body again and again, a tail."""

    def __init__(self, head: bytes, body: bytes, times: int, tail: bytes) -> None:
        super().__init__()
        self._head, self._tail = head, tail
        self._block = body * max(1, (1 << 20) // len(body))
        self._body_size = len(body) * times
        self.size = len(head) + self._body_size + len(tail)
        self._at = 0

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """To any place."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        self._at = (0, self._at, self.size)[whence] + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        """Give what stands at the place."""
        view = memoryview(buffer).cast("B")
        data = self._piece(len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes."""
        wanted = self.size - self._at if size is None or size < 0 else size
        parts = []
        while wanted and (data := self._piece(wanted)):
            parts.append(data)
            self._at += len(data)
            wanted -= len(data)
        return b"".join(parts)

    def _piece(self, size: int) -> bytes:
        at = self._at
        if at < len(self._head):
            return self._head[at : at + size]
        at -= len(self._head)
        if at < self._body_size:
            start = at % len(self._block)
            return self._block[start : min(len(self._block), start + size, start + self._body_size - at)]
        at -= self._body_size
        return self._tail[at : at + size]


def as_json(value: object) -> bytes:
    """JSON text."""
    return json.dumps(value).encode()
