"""VICS (Project VIC, CAID): JSON hash sets (`#Media`) and cases (`#Cases`), versions 1.2, 1.3 and 2.0."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from safelight.hashsets.digests import stated_digests
from safelight.hashsets.json_records import json_records
from safelight.hashsets.protocol import Block, ReadOptions, Record, Rejected
from safelight.hashsets.source import open_source, readable_head

_BATCH: Final = 2000
_HEAD: Final = re.compile(rb'"@?odata\.(?:metadata|context)"\s*:\s*"[^"]*#(Media|Cases)\b', re.IGNORECASE)
_FIELDS: Final = re.compile(rb'"(?:MediaID|MD5|SHA1|MediaFiles|Media)"\s*:')
_CASES: Final = re.compile(rb'"Media"\s*:\s*\[')

# Statements of the list that are kept as facts. `IsPrecategorized` is not: it disagrees with the entries
# beneath it in real sets, and only `Category` carries a verdict.
_FLAGS: Final = {
    "VictimIdentified": "victim_identified",
    "OffenderIdentified": "offender_identified",
    "IsDistributed": "distributed",
    "IsSuspected": "suspected",
    "SelfGenerated": "self_generated",
}
_TEXTS: Final = {
    "Series": "series",
    "Tags": "tags",
    "Comments": "comments",
    "MimeType": "mime_type",
    "MediaSize": "size",
    "DateUpdated": "updated",
    "PrecategorizationSource": "precategorization_source",
    "RelativeFilePath": "relative_path",
}
_WORDS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_FILE: Final = {"FileName": "name", "FilePath": "path", "Unallocated": "unallocated", "SourceID": "source"}


class Vics:
    """Streams records of any size of set; a record that cannot be used is refused with its number."""

    name = "vics"
    order = 10

    def detect(self, head: bytes, path: Path) -> bool:
        """An object with the OData head of VICS, or with `value` and the fields of its records."""
        head = readable_head(head).lstrip()
        if not head.startswith(b"{"):
            return False
        return bool(_HEAD.search(head)) or (b'"value"' in head and bool(_FIELDS.search(head)))

    def read(self, path: Path, options: ReadOptions) -> Iterator[Block]:
        """Yield records in blocks; `line` of what is refused is the number of the record."""
        with open_source(path, options) as stream:
            head = stream.peek(1 << 16)
            declared = _HEAD.search(head)
            cases = declared[1].lower() == b"cases" if declared else bool(_CASES.search(head))
            block: list[Record | Rejected] = []
            for number, value, why in json_records(stream, ("value", "Media") if cases else ("value",)):
                if why:
                    block.append(Rejected(number, why))
                else:
                    block.extend(_record(number, value))
                if len(block) >= _BATCH:
                    yield block
                    block = []
            if block:
                yield block


def _record(number: int, value: Mapping[str, Any]) -> Iterator[Record | Rejected]:
    """One VICS record as ours, and a `Rejected` for each digest in it that is none."""
    stated = stated_digests(_digest_texts(value))
    found, others, faults = stated.found, stated.others, stated.faults
    yield from (Rejected(number, fault, kept=bool(found)) for fault in faults)
    if not found:
        if not faults:
            yield Rejected(number, "no digest")
        return
    facts = _facts(value)
    if others:
        facts["other_hashes"] = others
    yield Record(plain_text(value.get("MediaID")), found, plain_text(value.get("Category")), facts)


def _digest_texts(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every digest a record states, by the name it gives it."""
    stated = False
    for name in ("MD5", "SHA1", "SHA256", "PhotoDNA"):
        if text := plain_text(value.get(name)):
            stated = True
            yield name, text
    for other in _objects(value.get("AlternativeHashes")):
        alternative, digest = plain_text(other.get("HashName")), plain_text(other.get("HashValue"))
        if alternative and digest:
            stated = True
            yield alternative, digest
    if not stated:  # a case may give the MD5 with its files only
        for file in _objects(value.get("MediaFiles")):
            if text := plain_text(file.get("MD5")):
                yield "MD5", text
                return


def _objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of what should be a list of objects."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def plain_text(value: object) -> str | None:
    """A number or string as text that every export can hold; None for null, blank and anything else."""
    if isinstance(value, str):
        text = value.strip()
        return (text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()) or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _flag(value: object) -> bool | None:
    """A boolean, which lists also write as a string or a number."""
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower())
    return bool(value) if isinstance(value, (bool, int)) else None


def _facts(value: Mapping[str, Any]) -> dict[str, object]:
    """The statements of a record that are worth keeping, under our names."""
    facts: dict[str, object] = {}
    for name, ours in _FLAGS.items():
        if (flag := _flag(value.get(name))) is not None:
            facts[ours] = flag
    for name, ours in _TEXTS.items():
        stated = value.get(name)
        if stated not in (None, "", [], {}):
            facts[ours] = stated
    files = [
        {ours: file[name] for name, ours in _FILE.items() if file.get(name) not in (None, "")}
        for file in _objects(value.get("MediaFiles"))
    ]
    if any(files):
        facts["files"] = files
    return facts
