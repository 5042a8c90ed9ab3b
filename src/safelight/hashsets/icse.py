"""INTERPOL ICSE lists: a CSV with semicolons and a fixed header, whose verdict is the column `Baseline`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from safelight.errors import FormatError
from safelight.hashsets.csv_ import Columns, records
from safelight.hashsets.protocol import Block, ReadOptions, Record, Rejected
from safelight.hashsets.rows import Rows
from safelight.hashsets.source import open_source, readable_head

_DIGESTS: Final = {"md5": "md5", "sha1": "sha1", "photodna": "photodna", "sha256": "sha256"}
_FLAGS: Final = {
    "is distributed": "distributed",
    "victim identified": "victim_identified",
    "offender identified": "offender_identified",
    "file available": "file_available",
}
_TEXTS: Final = {
    "series name": "series",
    "number of submissions": "submissions",
    "media type": "media_type",
}
_YES: Final = frozenset({"true", "yes", "y", "1", "baseline"})
_NO: Final = frozenset({"false", "no", "n", "0", "not baseline", "non-baseline"})


class IcseList:
    """`MD5;SHA1;PhotoDNA;Image ID;Is distributed;…;Baseline`, in any order of columns."""

    name = "icse"
    order = 30

    def detect(self, head: bytes, path: Path) -> bool:
        """Semicolons, and the two columns that only this format has together."""
        first = readable_head(head).split(b"\n", 1)[0].decode("utf-8", "replace").casefold()
        names = {name.strip().strip('"') for name in first.split(";")}
        return {"image id", "baseline"} <= names and bool(names & _DIGESTS.keys())

    def read(self, path: Path, options: ReadOptions) -> Iterator[Block]:
        """Yield records; the category is `baseline`, `not-baseline`, what else the column says, or none."""
        with open_source(path, options) as stream:
            table = Rows(stream, ";")
            rows = iter(table)
            header = next(rows, None)
            if header is None or isinstance(header, Rejected):
                raise FormatError("The list is empty.", "It should begin with the ICSE header.")
            columns = _columns(header[1])
            table.digests, table.most = columns.digests_in, len(columns.digests)
            for block in records(rows, columns):
                yield [_statements(one) for one in block] if isinstance(block, list) else block


def _columns(header: list[str]) -> Columns:
    names = [name.strip().casefold() for name in header]
    columns = Columns()
    for index, name in enumerate(names):
        if name in _DIGESTS:
            columns.digests[index] = (_DIGESTS[name],)
        elif name == "image id":
            columns.id = index
        elif name == "baseline":
            columns.category = index
        else:
            columns.facts[index] = name
    if not columns.digests:
        raise FormatError(
            "The header has no digest column.", "It should begin with MD5;SHA1;PhotoDNA;Image ID."
        )
    return columns


def _statements(one: Record | Rejected) -> Record | Rejected:
    """Give a row's texts our names and types."""
    if isinstance(one, Rejected):
        return one
    facts: dict[str, object] = {}
    for name, text in one.facts.items():
        said = str(text)
        if name in _FLAGS:
            word = said.casefold()
            facts[_FLAGS[name]] = True if word in _YES else False if word in _NO else said
        elif name == "number of submissions" and said.isascii() and said.isdigit():
            facts["submissions"] = int(said)
        else:
            facts[_TEXTS.get(name, name)] = said
    verdict = (one.category or "").casefold()
    category = "baseline" if verdict in _YES else "not-baseline" if verdict in _NO else one.category
    return Record(one.entry, one.digests, category, facts)
