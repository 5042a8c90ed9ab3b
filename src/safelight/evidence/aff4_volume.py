"""One container of AFF4: a ZIP whose members are stored, and what its `information.turtle` states of them."""

from __future__ import annotations

import re
import zipfile
from typing import IO, cast
from urllib.parse import quote

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source
from safelight.evidence.source import SliceSource, SourceFile

Facts = dict[str, dict[str, list[str]]]
"""Subject → local name of the predicate → objects, all as full addresses or plain text."""
_LONGEST_TEXT = 32 << 20
_MOST_MEMBERS = 2_000_000
_TOKEN = re.compile(
    r'\s+|#[^\n]*|<([^>]*)>|"((?:[^"\\]|\\.)*)"(?:\^\^(?:<[^>]*>|[\w:.\-]+)|@[\w-]+)?|([;,.])(?=\s|$)|([^\s;,<"]+)'
)
_BROKEN = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    RuntimeError,
    EOFError,
    IndexError,
    KeyError,
)


class Volume:
    """Members by name, and the facts."""

    def __init__(self, source: Source) -> None:
        """Raises EvidenceError where it is no ZIP, or states nothing."""
        self.source = source
        try:
            with zipfile.ZipFile(cast("IO[bytes]", SourceFile(source))) as archive:
                self.urn = archive.comment.split(b"\0")[0].decode("utf-8", "replace").strip()
                members = archive.infolist()
                if len(members) > _MOST_MEMBERS:
                    raise EvidenceError(f"the AFF4 has more than {_MOST_MEMBERS:,} members")
                self._members = {one.filename: one for one in members}
                with archive.open("information.turtle") as file:
                    text = file.read(_LONGEST_TEXT + 1)
        except _BROKEN as error:
            raise EvidenceError(f"the AFF4 cannot be opened: {error}") from error
        if len(text) > _LONGEST_TEXT:
            raise EvidenceError("the AFF4's information.turtle is too long")
        self.facts = parse_turtle(text.decode("utf-8", "replace"))

    def member(self, urn: str, path: str) -> Source | None:
        """The stored member `path` of an object. Raises EvidenceError where it is compressed or damaged."""
        inside = urn.removeprefix(self.urn).lstrip("/") if self.urn and urn.startswith(self.urn) else ""
        for name in (quote(urn, safe="") + path, urn + path, inside + path if inside else ""):
            info = self._members.get(name)
            if info is not None:
                return self._stored(info)
        return None

    def _stored(self, info: zipfile.ZipInfo) -> Source:
        head = self.source.read_at(info.header_offset, 30)
        if info.compress_type != zipfile.ZIP_STORED or head[:4] != b"PK\3\4":
            raise EvidenceError("a member of the AFF4 is compressed or damaged")
        names = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        return SliceSource(self.source, info.header_offset + 30 + names, info.file_size)


def parse_turtle(text: str) -> Facts:
    """The part of Turtle that AFF4 writes: prefixes, and subjects with lists of predicates. Raises EvidenceError."""
    prefixes: dict[str, str] = {}
    facts: Facts = {}
    statement: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise EvidenceError(f"the AFF4's information.turtle is damaged at character {at:,}")
        at = match.end()
        if match[3] == ".":
            _state(statement, prefixes, facts)
            statement = []
        elif match[1] is not None:
            statement.append(("uri", match[1]))
        elif match[2] is not None:
            statement.append(("text", match[2]))
        elif match[3] is not None:
            statement.append(("mark", match[3]))
        elif match[4] is not None:
            statement.append(("name", match[4]))
    return facts


def _state(statement: list[tuple[str, str]], prefixes: dict[str, str], facts: Facts) -> None:
    if len(statement) >= 3 and statement[0][1] == "@prefix":
        prefixes[statement[1][1].rstrip(":")] = statement[2][1]
        return
    if len(statement) < 3:
        return

    def full(token: tuple[str, str]) -> str:
        kind, value = token
        if kind != "name":
            return value
        prefix, colon, local = value.partition(":")
        return prefixes.get(prefix, prefix + ":") + local if colon else value

    about = facts.setdefault(full(statement[0]), {})
    predicate: str | None = None
    for token in statement[1:]:
        if token == ("mark", ";"):
            predicate = None
        elif token[0] == "mark":
            continue
        elif predicate is None:
            predicate = "type" if token[1] == "a" else local_name(full(token))
        else:
            about.setdefault(predicate, []).append(full(token))


def local_name(address: str) -> str:
    """What stands behind the last `#`."""
    return address.rpartition("#")[2]
