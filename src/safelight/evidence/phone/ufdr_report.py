"""`report.xml` of a Cellebrite report, read as a stream: the files it names, and which message each was attached to.

After the schema `http://pa.cellebrite.com/report/2.0` as published readers of it show it. No entity is resolved, no
document type accepted; memory is that of one model and of the notes.
"""

from __future__ import annotations

import xml.parsers.expat as expat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from safelight.errors import EvidenceError
from safelight.evidence.messengers.app import LONGEST_NOTE, Message
from safelight.evidence.protocol import Source
from safelight.model import Timestamp

NAMESPACE = b"pa.cellebrite.com/report"
_PIECE = 1 << 18
_DEEPEST = 200
_LONGEST_TEXT = 1 << 14
_MOST_NOTES = 1_000_000
_MOST_HELD = 50_000
_TIMES = ("CreationTime", "ModifyTime", "AccessTime", "ChangeTime")
_MESSAGES = frozenset(("InstantMessage", "SMS", "MMS", "Email", "Chat", "Voicemail", "Note", "MobileCard"))


@dataclass(slots=True)
class File:
    """One file of `taggedFiles`."""

    id: str
    path: str
    size: int | None
    state: str
    """As the report has it, in lower case: `intact`, `deleted`, `trash`, `unknown`; empty where it says nothing."""
    local: str = ""
    """Where its content lies in the report, with slashes."""
    times: dict[str, Timestamp] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Model:
    """One decoded thing: a chat, a message, a party, an attachment."""

    type: str
    state: str
    ids: list[str] = field(default_factory=list)
    """Of the files it means: by number, by target, by path in the report."""
    fields: dict[str, str] = field(default_factory=dict)
    parties: list[str] = field(default_factory=list)
    role: str = ""
    held: list[tuple[_Model, _Model]] = field(default_factory=list)
    """Attachments with their messages, until the chat's name is known."""


def files(report: Source) -> Iterator[File]:
    """The files that the report names, in its order. Raises EvidenceError where it is damaged."""
    reader = _Reader()
    for _ in reader.read(report):
        yield from reader.files
        reader.files.clear()


def notes(report: Source) -> dict[str, str]:
    """What messages state of files, by the file's number or its path in the report. Damage ends it early."""
    reader = _Reader()
    try:
        for _ in reader.read(report):
            reader.files.clear()
    except EvidenceError:
        pass  # said when the files are listed
    return reader.notes


def said_of(state: str) -> str | None:
    """What a state other than `intact` means, to go on after what it is the state of; None where nothing is to say."""
    if state == "deleted":
        return "was deleted"
    return f"is in the state “{state[:40]}” by the report" if state not in ("", "intact") else None


def moment(text: str) -> Timestamp | None:
    """A time of the report: with an offset as UTC, without one as it stands."""
    try:
        at = datetime.fromisoformat(text.strip())
        if at.tzinfo is None:
            return Timestamp(at.isoformat(), "ufdr", "local")
        at = at.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return Timestamp(at.isoformat() + "Z", "ufdr", "utc")


class _Reader:
    """Handlers for one pass."""

    def __init__(self) -> None:
        self.files: list[File] = []
        self.notes: dict[str, str] = {}
        self._file: File | None = None
        self._models: list[_Model] = []
        self._names: list[tuple[str, str]] = []
        """Open elements with their `name`."""
        self._text: list[str] = []
        self._length = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        self._parser = parser

    def read(self, report: Source) -> Iterator[None]:
        """Parse piece by piece. Raises EvidenceError."""
        at = 0
        try:
            while data := report.read_at(at, _PIECE):
                at += len(data)
                self._parser.Parse(data, False)
                yield
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            yield
            raise EvidenceError(f"report.xml is damaged: {error}") from error
        yield

    def _refuse(self, *_: object) -> None:
        raise EvidenceError("report.xml has a document type or entities, which no such report has")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        self._names.append((name, attributes.get("name", "")))
        if len(self._names) > _DEEPEST:
            raise EvidenceError("report.xml is nested too deeply")
        self._text.clear()
        self._length = 0
        if name == "file":
            size = attributes.get("size", "")
            state = attributes.get("deleted", "").strip().lower()
            path = attributes.get("path") or attributes.get("name", "")
            known = int(size) if size.isdecimal() and len(size) < 19 else None
            self._file = File(attributes.get("id", ""), path, known, state)
        elif name == "model":
            model = _Model(attributes.get("type", ""), attributes.get("deleted_state", "").strip().lower())
            above = self._names[-2] if len(self._names) > 1 else ("", "")
            model.role = above[1] if above[0] in ("modelField", "multiModelField") else ""
            if attributes.get("file_id"):
                model.ids.append(attributes["file_id"])
            self._models.append(model)

    def _characters(self, data: str) -> None:
        self._length += len(data)
        if self._length <= _LONGEST_TEXT:
            self._text.append(data)

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        own = self._names.pop()[1]
        text = "".join(self._text).strip()
        self._text.clear()
        self._length = 0
        above = self._names[-1] if self._names else ("", "")
        if self._file is not None and not self._models:
            self._of_file(name, own, text)
        elif self._models:
            self._of_model(name, text, above)

    def _of_file(self, name: str, own: str, text: str) -> None:
        file = self._file
        assert file is not None
        if name == "file":
            self.files.append(file)
            self._file = None
        elif name == "timestamp" and own in _TIMES and (at := moment(text)) is not None:
            file.times[own] = at
        elif name == "item" and own == "Local Path":
            file.local = text.replace("\\", "/").lstrip("/")
        elif name == "item" and own in ("MD5", "SHA1") and text.isalnum():
            file.digests[own.lower()] = text.lower()

    def _of_model(self, name: str, text: str, above: tuple[str, str]) -> None:
        model = self._models[-1]
        if name == "value" and above[0] == "field" and text:
            model.fields.setdefault(above[1], text)
        elif name == "targetid" and text:
            model.ids.append(text)
        elif name == "model":
            self._models.pop()
            self._close(model)

    def _close(self, model: _Model) -> None:
        parent = self._models[-1] if self._models else None
        if model.type == "Party":
            known = (model.fields.get("Identifier", ""), model.fields.get("Name", ""))
            label = " ".join(part for part in known if part)
            if parent is not None and label:
                if model.role == "From":
                    parent.fields.setdefault("From", label)
                elif len(parent.parties) < 20:
                    parent.parties.append(label)
        elif model.type == "Attachment" and parent is not None:
            path = model.fields.get("attachment_extracted_path", "").replace("\\", "/").lstrip("/")
            model.ids += [path] if path else []
            parent.held.append((model, parent))
        elif model.held:
            chat = next((one for one in reversed(self._models) if one.type == "Chat"), None)
            if chat is not None and len(chat.held) < _MOST_HELD:
                chat.held += model.held
            else:
                self._note(model.held, model)

    def _note(self, held: list[tuple[_Model, _Model]], chat: _Model) -> None:
        for attachment, message in held:
            source = message.fields.get("Source") or chat.fields.get("Source") or message.type
            name = chat.fields.get("Name") or ", ".join(dict.fromkeys(chain(chat.parties, message.parties)))
            at = moment(message.fields.get("TimeStamp", ""))
            text = Message(source, name, message.fields.get("From", ""), at).note()
            if (state := said_of(message.state)) is not None:
                text += f"; the message {state}"
            for id_ in dict.fromkeys(attachment.ids):
                before = self.notes.get(id_)
                if before is None and len(self.notes) < _MOST_NOTES:
                    self.notes[id_] = text[:LONGEST_NOTE]
                elif before is not None and text not in before:
                    self.notes[id_] = f"{before} | {text}"[:LONGEST_NOTE]
