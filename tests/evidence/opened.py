"""What the walk finds in a file of mail, a document or a cache: contents by path, notes and errors beside them."""

from __future__ import annotations

import contextlib
import io
import struct
from dataclasses import dataclass, field
from pathlib import Path

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.unlock import Keys
from safelight.evidence.walk import walk
from safelight.model import State, Times
from tests.evidence.images import picture


@dataclass
class Opened:
    """Members by their path below the container, and what was said of them."""

    content: dict[str, bytes] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    times: dict[str, Times] = field(default_factory=dict)

    def ending(self, suffix: str) -> bytes:
        """The content of the one member whose path ends so."""
        (path,) = [path for path in self.content if path.endswith(suffix)]
        return self.content[path]


def look(path: Path, *passwords: str, limits: Limits | None = None) -> Opened:
    """Walk one file; the members' paths are without its own name."""
    seen = Opened()
    for found in walk(path, limits=limits or Limits(keys=Keys(passwords))):
        name = found.path.partition("//")[2] if len(found.place.trail) > 1 else ""
        if found.kind is Kind.FILE and found.readable and name:
            with contextlib.suppress(EvidenceError):  # `error` says it
                seen.content[name] = b"".join(found.chunks())
        seen.states[name], seen.times[name] = found.place.state, found.place.times
        if found.node.note:
            seen.notes[name] = found.node.note
        if found.error:
            seen.errors[name] = found.error
    return seen


def photo(
    seed: int = 1, format: str = "JPEG", size: tuple[int, int] = (160, 120), mode: str = "RGB"
) -> bytes:
    """A benign picture as a file."""
    out = io.BytesIO()
    picture(seed, *size).convert(mode).save(out, format)
    return out.getvalue()


def compound(streams: dict[str, bytes], sector: int = 512) -> bytes:
    """A compound file with these streams (`storage/stream`), written after [MS-CFB]."""
    entries: list[list[object]] = [["Root Entry", 5, -1, -1, -1, b""]]
    index = {"": 0}
    for path, data in streams.items():
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            here = "/".join(parts[:depth])
            if here not in index:
                index[here] = len(entries)
                entries.append([parts[depth - 1], 1 if depth < len(parts) else 2, -1, -1, -1, b""])
                parent = entries[index["/".join(parts[: depth - 1])]]
                entries[-1][3] = parent[4]  # a chain of right siblings serves as the tree
                parent[4] = index[here]
        entries[index[path]][5] = data
    sectors: list[bytes] = []
    table: list[int] = []

    def put(data: bytes) -> int:
        count = -(-len(data) // sector)
        if not count:
            return 0xFFFFFFFE
        first = len(sectors)
        sectors.extend(data[at : at + sector].ljust(sector, b"\0") for at in range(0, len(data), sector))
        table.extend([*range(first + 1, first + count), 0xFFFFFFFE])
        return first

    mini, mini_table, places = b"", list[int](), {}
    for number, entry in enumerate(entries):
        data = entry[5]
        assert isinstance(data, bytes)
        if entry[1] == 2 and 0 < len(data) < 4096:
            first, count = len(mini) // 64, -(-len(data) // 64)
            mini += data.ljust(count * 64, b"\0")
            mini_table += [*range(first + 1, first + count), 0xFFFFFFFE]
            places[number] = first
        elif entry[1] == 2:
            places[number] = put(data)
    places[0] = put(mini)
    mini_start = put(struct.pack(f"<{len(mini_table)}I", *mini_table)) if mini_table else 0xFFFFFFFE
    directory = b""
    for number, (name, kind, left, right, child, data) in enumerate(entries):
        raw = str(name).encode("utf-16-le") + b"\0\0"
        size = len(mini) if number == 0 else len(data) if isinstance(data, bytes) else 0
        links = [value & 0xFFFFFFFF for value in (left, right, child)]  # type: ignore[operator]
        directory += struct.pack(
            "<64sHBBIII16sIQQIQ",
            raw,
            len(raw),
            kind,
            1,
            *links,
            b"",
            0,
            0,
            0,
            places.get(number, 0xFFFFFFFE),
            size,
        )
    directory_start = put(directory)
    fats = 1
    while fats * (sector // 4) < len(table) + fats:
        fats += 1
    fat_places = list(range(len(sectors), len(sectors) + fats))
    table += [0xFFFFFFFD] * fats
    table += [0xFFFFFFFF] * (fats * (sector // 4) - len(table))
    packed = struct.pack(f"<{len(table)}I", *table)
    sectors += [packed[at : at + sector] for at in range(0, len(packed), sector)]
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, fats, directory_start, 0, 4096, mini_start, 1, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", *fat_places, *[0xFFFFFFFF] * (109 - fats))
    return head + b"".join(sectors)
