"""Small lists of benign digests, and short ways to read one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safelight.hashsets.protocol import Block, DigestBlock, ListReader, ReadOptions, Record, Rejected

V12 = {"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media"}
V13 = {"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"}
V20 = {"@odata.context": "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"}
CASES = {
    "@odata.context": "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Cases"
}


def digest(algorithm: str, name: object) -> bytes:
    """A digest of a name: of nothing that anybody has."""
    if algorithm == "photodna":
        return hashlib.shake_256(str(name).encode()).digest(144)
    return hashlib.new("sha256" if algorithm == "pdq" else algorithm, f"{algorithm} {name}".encode()).digest()


def blocks(reader: ListReader, path: Path, data: bytes | str, **columns: str) -> Iterator[Block]:
    """Write `data` to `path` and read it."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return reader.read(path, ReadOptions(columns))


def read(
    reader: ListReader, path: Path, data: bytes | str, **columns: str
) -> tuple[list[Record], list[Rejected]]:
    """Everything a reader gives, plain digests as records."""
    records: list[Record] = []
    rejected: list[Rejected] = []
    for block in blocks(reader, path, data, **columns):
        if isinstance(block, DigestBlock):
            width = len(block.packed) // block.count
            assert width * block.count == len(block.packed)
            for at in range(0, len(block.packed), width):
                records.append(Record(None, {block.algorithm: block.packed[at : at + width]}))
        else:
            for one in block:
                (records if isinstance(one, Record) else rejected).append(one)  # type: ignore[arg-type]
    return records, rejected


def vics(records: list[Any], head: dict[str, str] = V20) -> str:
    """A VICS hash set of these records."""
    return json.dumps({**head, "value": records})
