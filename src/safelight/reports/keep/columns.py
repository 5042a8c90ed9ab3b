"""From reports to columns: one row a report, rows of identifiers and digests, and the report itself in blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import zstandard

from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.keep.people import Someone, people_of, people_table
from safelight.reports.keep.vault import Columns
from safelight.reports.report import Kind, Report, Role
from safelight.reports.scoring.observe import OBSERVED, moment, observe
from safelight.reports.words import free_texts

BLOCK = 64
"""Reports compressed together; one of them costs reading a block."""
KINDS = tuple(Kind)
ROLES = (None, *Role)
"""What the small numbers in the columns mean; new ones are added at the end."""
DIGESTS = (Kind.MD5, Kind.SHA1, Kind.SHA256, Kind.PDQ)
NONE = np.uint32(0xFFFFFFFF)
"""No row."""

Keyed = Callable[[bytes], int]
"""A 64-bit number that says nothing without the case's key."""


def keyed(key: bytes) -> Keyed:
    """The hash that stands for identifiers and texts in the columns: BLAKE2b of 64 bits under the case's key."""

    def hashed(data: bytes) -> int:
        return int.from_bytes(hashlib.blake2b(data, digest_size=8, key=key).digest(), "little")

    return hashed


def report_key(report: Report, hashed: Keyed) -> int:
    """Which report it is, whatever file or form it came in. NCMEC's numbers are one series in every form."""
    series = (
        "ncmec" if report.format in ("cybertip", "json", "pdf") else f"{report.format}|{sender_of(report)}"
    )
    return hashed(f"report|{series}|{report.report_id.strip().casefold()}".encode(errors="replace"))


def sender_of(report: Report) -> str:
    """Who sends it: the company or hotline, else the person who reports."""
    if report.provider:
        return " ".join(report.provider.casefold().split())
    for party in report.parties:
        if party.role is Role.REPORTER and party.identifiers:
            return party.identifiers[0].value.casefold()
    return ""


def signature(report: Report, hashed: Keyed) -> int:
    """What it says, apart from ids and times: equal in copies of one message. Zero where it says nothing of its own."""
    digests = sorted(value.casefold() for one in report.files for value in one.digests.values())
    texts = [" ".join(text.text.casefold().split()) for text in report.texts]
    people = sorted(
        f"{party.role}{one.kind}{one.value.casefold()}"
        for party in report.parties
        if party.role is not Role.REPORTER
        for one in party.identifiers
        if one.kind is not Kind.IP
    )
    if not (digests or texts or people):
        return 0
    return hashed("\0".join([report.incident or "", *texts, *digests, *people]).encode(errors="replace")) or 1


def wave(report: Report, hashed: Keyed) -> int:
    """Which files it is about, whoever sent them: equal in all reports of a viral wave. Zero without digests."""
    digests = sorted({value.casefold() for one in report.files for value in one.digests.values()})
    return hashed("\0".join(["wave", *digests]).encode(errors="replace")) or 1 if digests else 0


@dataclass(frozen=True, slots=True)
class Row:
    """A report with what was made of it, ready to become columns."""

    report: Report
    identifiers: Sequence[tuple[Role | None, Identifier]]
    digests: Sequence[tuple[int, Kind, bytes]]
    """What its files' stated digests are: the file's number, the kind, the raw digest."""
    country: str | None


class Builder:
    """Gathers rows until they are written: what is kept of each is small."""

    def __init__(self, hashed: Keyed, now: datetime) -> None:
        self._hashed, self._now = hashed, now
        self._rows: dict[str, list[Any]] = {name: [] for name in ROW_COLUMNS}
        self._links: dict[str, list[int]] = {name: [] for name in ("row", "kind", "role", "weak", "key")}
        self._digests: dict[str, list[Any]] = {"row": [], "file": [], "kind": [], "digest": []}
        self._people: tuple[list[int], list[Someone]] = [], []
        self._bodies: list[bytes] = []
        self._open: list[bytes] = []
        self.bytes = 0
        """Of the reports gathered, before compression."""

    def __len__(self) -> int:
        return len(self._rows["key"])

    def add(self, row: Row, packed: bytes, key: int, content: int, replaces: int) -> None:
        """Take a report in.

        `packed` is its body, `content` the hash of that, `replaces` the number of its earlier version.
        """
        report, number = row.report, len(self)
        received = moment(report.received) or self._now
        said = self._rows
        said["key"].append(key)
        said["content"].append(content)
        said["replaces"].append(replaces)
        said["received"].append(int(received.timestamp()))
        said["taken_in"].append(int(self._now.timestamp()))
        said["sender"].append(self._hashed(b"sender|" + sender_of(report).encode(errors="replace")))
        said["signature"].append(signature(report, self._hashed))
        said["wave"].append(wave(report, self._hashed))
        said["country"].append(country_number(row.country))
        said["files"].append(min(len(report.files), 65535))
        said["text"].append(self._text_key(report))
        found = observe(report, self._now)
        for code in OBSERVED:
            said[f"f_{code}"].append(round(found.get(code, 0.0) * 255))
        links = self._links
        seen = set()
        for role, identifier in row.identifiers:
            if identifier.reach is Reach.SHARED:
                continue
            one = self._hashed(f"{identifier.kind}|{identifier.key}".encode(errors="replace"))
            if (one, role) in seen:
                continue
            seen.add((one, role))
            links["row"].append(number)
            links["kind"].append(_KIND[identifier.kind])
            links["role"].append(_ROLE[role])
            links["weak"].append(identifier.reach is Reach.WEAK)
            links["key"].append(one)
        for file, kind, digest in row.digests:
            self._digests["row"].append(number)
            self._digests["file"].append(min(file, 65535))
            self._digests["kind"].append(_DIGEST[kind])
            self._digests["digest"].append(digest)
        for person in people_of(report):
            self._people[0].append(number)
            self._people[1].append(person)
        self._open.append(packed)
        self.bytes += len(packed)
        if len(self._open) == BLOCK:
            self._close()

    def _text_key(self, report: Report) -> int:
        texts = free_texts(report)
        return self._hashed(b"text|" + "\0".join(texts).encode(errors="replace")) or 1 if texts else 0

    def _close(self) -> None:
        head = np.array([len(self._open), *map(len, self._open)], dtype="<u4").tobytes()
        self._bodies.append(_COMPRESS.compress(head + b"".join(self._open)))
        self._open = []

    def people(self) -> pa.Table:
        """The people gathered who could be told apart by more than a name; before `finish`."""
        return people_table(*self._people)

    def finish(self) -> tuple[Columns, Columns, pa.Table, pa.Table]:
        """Columns of reports and of identifiers, tables of digests and of bodies; the builder is spent."""
        if self._open:
            self._close()
        rows = {name: np.array(values, dtype=ROW_COLUMNS[name]) for name, values in self._rows.items()}
        links = {name: np.array(values, dtype=LINK_COLUMNS[name]) for name, values in self._links.items()}
        digests = pa.table(
            {
                "row": np.array(self._digests["row"], dtype=np.uint32),
                "file": np.array(self._digests["file"], dtype=np.uint16),
                "kind": np.array(self._digests["kind"], dtype=np.uint8),
                "digest": pa.array(self._digests["digest"], type=pa.binary()),
            }
        )
        return rows, links, digests, pa.table({"block": pa.array(self._bodies, type=pa.large_binary())})


ROW_COLUMNS: dict[str, Any] = {
    "key": np.uint64,
    "content": np.uint64,
    "replaces": np.uint32,
    "received": np.int64,
    "taken_in": np.int64,
    "sender": np.uint64,
    "signature": np.uint64,
    "wave": np.uint64,
    "country": np.uint16,
    "files": np.uint16,
    "text": np.uint64,  # of its free texts; 0: none
    **{f"f_{code}": np.uint8 for code in OBSERVED},
}
LINK_COLUMNS: dict[str, Any] = {
    "row": np.uint32,
    "kind": np.uint8,
    "role": np.uint8,
    "weak": np.uint8,
    "key": np.uint64,
}
_KIND = {kind: number for number, kind in enumerate(KINDS)}
_ROLE = {role: number for number, role in enumerate(ROLES)}
_DIGEST = {kind: number for number, kind in enumerate(DIGESTS)}
_COMPRESS = zstandard.ZstdCompressor(level=3)


def country_number(code: str | None) -> int:
    """Two letters as a number; 0 for none."""
    return ord(code[0]) << 8 | ord(code[1]) if code and len(code) == 2 and code.isascii() else 0


def country_code(number: int) -> str | None:
    """The letters of a country's number."""
    return chr(number >> 8) + chr(number & 255) if number else None


def content_hash(packed: bytes, hashed: Keyed) -> int:
    """Equal for reports that say exactly the same."""
    return hashed(b"content|" + packed) or 1


def unblock(block: bytes) -> list[bytes]:
    """The packed reports of one block. ValueError where it is none."""
    try:
        plain = zstandard.ZstdDecompressor().decompress(block)
    except zstandard.ZstdError as error:
        raise ValueError("a block of reports cannot be decompressed") from error
    count = int.from_bytes(plain[:4], "little")
    sizes = np.frombuffer(plain[4 : 4 + 4 * count], dtype="<u4")
    ends = np.cumsum(sizes, dtype=np.int64) + 4 + 4 * count
    return [plain[int(end) - int(size) : int(end)] for end, size in zip(ends, sizes, strict=True)]
