"""Windows' recycle bin: where a file lay before it was deleted, and when.

Since Vista `$RABC123.jpg` is the file and `$IABC123.jpg` beside it says where it came from; before that `INFO2` does
so for all of a bin (`Dc1.jpg`, `Dc2.avi` …). The walk lets `RecycleBin` see what it lists, so that what `$I` says is a
note on the file itself, and on each file of a folder that was deleted as a whole.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.beside import Listing
from safelight.evidence.mail.letter import clean_path, say
from safelight.evidence.marks import begins, named
from safelight.evidence.neighbour import neighbour
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.model import Times, Timestamp

_LONGEST = 28 + 2 * 32_768
_OLD = 544
_MOST = 100_000
"""Deleted files whose names are kept while a listing lasts."""
_INFO2_HEADER = 20
_RECORDS = (280, 800)
_RECORD = re.compile(r"\$I[0-9A-Z]{6}(?:\..*)?", re.DOTALL)
_VERSIONS = (b"\1\0\0\0\0\0\0\0", b"\2\0\0\0\0\0\0\0")
_NAME = re.compile(rb"\$R[0-9A-Z]{6}(?:\..*)?", re.DOTALL)
"""What Windows calls a deleted file or folder: for others (`$Recycle.Bin`, `$Repair`) no record is looked for."""
_INFO2_MOST = 65_536
_INFO2_LEAST = 280
"""Bytes of a record with everything but the path in Unicode."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """What the bin says of one deleted file or folder."""

    path: str
    size: int
    when: Timestamp | None

    @property
    def note(self) -> str:
        """One line for people."""
        return say(
            f"was {self.path}, deleted {self.when.value if self.when else 'at a time that is not stated'}"
        )


def parse_i(data: bytes, size: int) -> Deleted | None:
    """Read a `$I` file of `size` bytes (version 1: Vista to 8.1; 2: since Windows 10); None where it is none."""
    if len(data) < 28 or not 28 < size <= _LONGEST:
        return None
    version, length, when = struct.unpack_from("<QQQ", data)
    if version == 1 and size in (_OLD, _OLD - 1):
        text = data[24:_OLD]
    elif version == 2:
        count = int.from_bytes(data[24:28], "little")
        if 28 + 2 * count > size or not count:
            return None
        text = data[28 : 28 + 2 * count]
    else:
        return None
    path = text.decode("utf-16-le", "replace").partition("\0")[0]
    stamp = stamps.filetime(when, "recycle-bin")
    if stamp is None or not (path[1:3] == ":\\" or path.startswith("\\\\")):
        return None
    return Deleted(path, length, stamp)


def _cut(data: bytes, size: int) -> str | None:
    """What a `$I` file of `size` bytes still says where it ends too early; None where it does not."""
    if size > len(data) or not any(known.startswith(data[:8]) for known in _VERSIONS):
        return None
    head = 24 if data[:1] == b"\1" else 28
    whole = _OLD - 1 if head == 24 else 28 + 2 * int.from_bytes(data[24:28].ljust(4, b"\0"), "little")
    if not head <= whole <= _LONGEST or size >= max(whole, head + 1):
        return None
    text = data[head : size - (size - head) % 2].decode("utf-16-le", "replace").partition("\0")[0]
    when = stamps.filetime(int.from_bytes(data[16:24], "little"), "recycle-bin") if size >= 24 else None
    said = [f"its path begins {text}" if text else "", f"deleted {when.value}" if when else ""]
    left = "; ".join(part for part in said if part)
    return f"the record of the recycle bin is cut short after {size:,} bytes{f': {left}' if left else ''}"


class RecycleBin:
    """Remembers what the `$I` files of one listing say, and tells it of the `$R` files.

    Windows' own folders list `$I` first. Where `$R` comes first, its `$I` is looked for in `listing`, another one of
    the same container, if that can be opened out of order.
    """

    def __init__(self, listing: Listing | None = None) -> None:
        self._known: dict[bytes, Deleted | None] = {}
        self._listing = listing

    def look(self, node: Node, examined: bool) -> None:
        """Remember a `$I` file that may be read; note on what lies under `$R…` where it was."""
        path = node.name
        name = path.rpartition(b"/")[2]
        if name.startswith(b"$I"):
            if examined and node.open is not None and len(self._known) < _MOST:
                self._remember(node)
        elif node.note is None and b"$R" in path:
            node.note = self._note(path)

    def _remember(self, node: Node) -> None:
        if node.open is None or node.size is None or not 28 < node.size <= _LONGEST:
            return
        try:
            deleted = parse_i(node.open().read_at(0, node.size), node.size)
        except Exception:  # noqa: BLE001 -- why: parsers may raise anything; it is listed with the reason
            return
        if deleted is not None:
            self._known[node.name] = deleted

    def _look_for(self, path: bytes) -> Deleted | None:
        """What the record at a path says that is not listed yet; asked once for each."""
        if self._listing is None or len(self._known) >= _MOST:
            return None
        self._known[path] = None
        for node in self._listing.named(path.rpartition(b"/")[2]):
            if node.name == path and self._listing.allowed(node):
                self._remember(node)
        return self._known[path]

    def _note(self, path: bytes) -> str | None:
        """What is known of the nearest `$R…` on the way to a path."""
        parts = path.split(b"/")
        for depth, part in enumerate(parts[:64]):
            if not part.startswith(b"$R"):
                continue
            record = b"/".join((*parts[:depth], b"$I" + part[2:]))
            deleted = self._known.get(record)
            if record not in self._known and _NAME.fullmatch(part):
                deleted = self._look_for(record)
            if deleted is not None:
                below = b"\\".join(parts[depth + 1 :]).decode("utf-8", "surrogateescape")
                inner = Deleted(f"{deleted.path}\\{below}" if below else deleted.path, 0, deleted.when)
                return inner.note
        return None


class RecycleReader:
    """A `$I` file: a note of what it says, which stays where its `$R` file is gone."""

    name = "recycle-bin"
    order = 45
    marks = (begins(*_VERSIONS), named("$I*"))
    formats = frozenset((None,))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its layout: a version, a time, and a path of the length that it states; a cut one by its name."""
        if head[:8] in _VERSIONS and parse_i(head, source.size) is not None:
            return True
        return _RECORD.fullmatch(source.name) is not None and _cut(head, source.size) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the one note."""
        data = source.read_at(0, _LONGEST)
        deleted = parse_i(data, source.size)
        if deleted is None:
            raise EvidenceError(say(_cut(data, source.size) or "the record of the recycle bin is damaged"))
        name = source.name
        where = f"; its content is $R{name[2:]} beside this" if name.startswith("$I") else ""
        when = deleted.when.value if deleted.when else "at a time that is not stated"
        note = f"says that {deleted.path} ({deleted.size:,} bytes) was deleted {when}{where}"
        yield Node(b"", Kind.NOTE, note=say(note))


class Info2Reader:
    """`INFO2` of Windows 95 to 2003: the files of a bin under the paths they had."""

    name = "recycle-info2"
    order = 45
    marks = (begins(*(bytes((version, 0, 0, 0)) for version in (2, 4, 5))),)
    formats = frozenset((None,))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its header, a version and the size of records that exists, and by whole records, its name or a path."""
        is_named = source.name.upper() == "INFO2"
        if len(head) < _INFO2_HEADER:
            return is_named and head[:4] in (b"\2\0\0\0", b"\4\0\0\0", b"\5\0\0\0")
        version, _, _, record = struct.unpack_from("<4I", head)
        if version not in (2, 4, 5) or record not in _RECORDS:
            return False
        return is_named or (source.size - _INFO2_HEADER) % record == 0 or head[21:23] == b":\\"

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the deleted files, opened from beside this one; findings for those beyond the limit, and for an end
        that comes too early.
        """
        if source.size < _INFO2_HEADER:
            raise EvidenceError("the list of the recycle bin is cut short within its header")
        _, stated, _, record = struct.unpack("<4I", source.read_at(0, 16))
        count, rest = divmod(source.size - _INFO2_HEADER, record)
        has_part = rest >= _INFO2_LEAST
        for number in range(min(count + has_part, _INFO2_MOST)):
            yield _deleted(source, limits, number, record)
        if count > _INFO2_MOST:
            yield Node(b"", Kind.FINDING, error=f"{count - _INFO2_MOST:,} more records are not listed")
        if rest:
            kept = "only what is left of it is said" if has_part else "it is not listed"
            text = f"the list ends after {rest:,} of the {record:,} bytes of its record {count + 1:,}: {kept}"
            yield Node(b"", Kind.FINDING, error=text)
        if stated > count:
            text = f"the list states {stated:,} records, and has {count:,}: it is cut short, or was altered"
            yield Node(b"", Kind.FINDING, error=text)


def _deleted(source: Source, limits: Limits, number: int, record: int) -> Node:
    """One record, of which the last bytes may be missing."""
    data = source.read_at(_INFO2_HEADER + number * record, record)
    index, drive, when, size = struct.unpack_from("<IIQI", data, 260)
    ansi = data[:260].decode("cp1252", "replace")
    is_gone = not data[0]
    path = ansi
    if len(data) == 800:
        path = data[280:800].decode("utf-16-le", "replace")
    path = path.partition("\0")[0] or ansi[1:].partition("\0")[0]
    deleted = Deleted(path, size, stamps.filetime(when, "recycle-bin"))
    suffix = path.rpartition("\\")[2].rpartition(".")
    name = f"D{chr(97 + drive % 26)}{index}{'.' + suffix[2] if suffix[1] else ''}"
    node = Node(clean_path(path.replace(":", "", 1)), Kind.FILE, times=Times(), layer="member")
    node.address = {"offset": _INFO2_HEADER + number * record, "member": index}
    node.note = say(f"{deleted.note}; it was taken out of the bin again") if is_gone else deleted.note
    node.refers = True
    node.owner = name.encode("utf-8", "surrogateescape")
    node.open = partial(_beside, source, limits, name)
    return node


def _beside(source: Source, limits: Limits, name: str) -> Source:
    found = neighbour(source, limits, name)
    if found is None:
        raise EvidenceError(f"its content is not there: no file {name} beside the list (a folder, or gone)")
    return found
