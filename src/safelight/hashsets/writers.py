"""Write a hash set out again, as a CSV or as a VICS 2.0 set that other tools import."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

import orjson

from safelight.errors import UsageError
from safelight.hashsets.digests import likelier_of_64_digits
from safelight.hashsets.store import Entry, HashList
from safelight.store.whole import whole_file

FORMATS: Final = ("csv", "vics")

_CONTEXT: Final = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"
_CSV: Final = ("id", "category", "md5", "sha1", "sha256", "pdq", "quality", "photodna")
_VICS_FACTS: Final = {
    "victim_identified": "VictimIdentified",
    "offender_identified": "OffenderIdentified",
    "distributed": "IsDistributed",
    "suspected": "IsSuspected",
    "self_generated": "SelfGenerated",
    "series": "Series",
    "tags": "Tags",
    "comments": "Comments",
    "mime_type": "MimeType",
    "size": "MediaSize",
    "updated": "DateUpdated",
    "relative_path": "RelativeFilePath",
}


def write_list(hash_list: HashList, out: Path, format: str) -> int:
    """Write every entry to `out`, whole or not at all; returns how many.

    `csv` carries ids, categories and digests; `vics` the facts too (the list must then be opened with the
    key that seals them). An id that is no number becomes one in VICS, and is kept in `Comments`. 64 digits
    of which the list did not say whether they are SHA-256 or PDQ are held as both, and written once: as what
    their bits speak for.

    Raises:
        UsageError: the format is not one of `FORMATS`.
        KeyMissingError: the facts are sealed and the list was opened without the key.
    """
    if format not in FORMATS:
        raise UsageError(f"A hash set cannot be written as '{format}'.", f"One of: {', '.join(FORMATS)}.")
    with whole_file(out) as file:
        if format == "vics":
            return _write_vics(hash_list, file)
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        count = _write_csv(hash_list, text)
        text.detach()
        return count


def _write_csv(hash_list: HashList, opened: IO[str]) -> int:
    writer = csv.writer(opened, lineterminator="\n")
    writer.writerow(_CSV)
    count = 0
    other = _unsaid(hash_list)
    for held in _entries(hash_list):
        entry = _as_listed(held, other)
        digests = {name: digest.hex() for name, digest in entry.digests.items()}
        own = {"id": entry.id, "category": entry.category, "quality": entry.quality, **digests}
        writer.writerow([own.get(name) if own.get(name) is not None else "" for name in _CSV])
        count += 1
    return count


def _entries(hash_list: HashList) -> Iterator[Entry]:
    """Every entry; facts are not touched, so a sealed list can be written without its key."""
    for number in hash_list.every_number():
        yield hash_list.entry(number)


def _unsaid(hash_list: HashList) -> str:
    """The kind that digests of 64 digits are not written as, where the list did not say and both are held."""
    if not {"sha256", "pdq"} <= set(hash_list.algorithms):
        return ""
    held = (hash_list.entry(number) for number in range(hash_list.entries))
    unnamed = (entry.digests["sha256"] for entry in held if _is_unnamed(entry))
    return "sha256" if likelier_of_64_digits(unnamed) == "pdq" else "pdq"


def _as_listed(entry: Entry, other: str) -> Entry:
    """An entry with the digests that its list gave."""
    if not _is_unnamed(entry):
        return entry
    return replace(entry, digests={name: one for name, one in entry.digests.items() if name != other})


def _is_unnamed(entry: Entry) -> bool:
    """Is one digest held under two names? No file has the same 32 bytes as its SHA-256 and as its PDQ hash."""
    return "pdq" in entry.digests and entry.digests.get("sha256") == entry.digests["pdq"]


def _write_vics(hash_list: HashList, raw: IO[bytes]) -> int:
    raw.write(b'{"@odata.context":' + orjson.dumps(_CONTEXT) + b',"value":[')
    spare = 1 + max((int(entry.id) for entry in _entries(hash_list) if _is_number(entry.id)), default=0)
    count = 0
    other = _unsaid(hash_list)
    for count, (held, facts) in enumerate(hash_list.everything(), 1):
        entry = _as_listed(held, other)
        number = int(entry.id) if _is_number(entry.id) else spare
        spare += not _is_number(entry.id)
        record = _vics_record(entry, facts, number)
        raw.write((b",\n" if count > 1 else b"\n") + orjson.dumps(record))
    raw.write(b"\n]}\n")
    return count


def _is_number(text: str) -> bool:
    """Can this id be a VICS MediaID? A 32-digit digest that happens to have no letters cannot."""
    return text.isascii() and text.isdigit() and len(text) <= 15 and (text == "0" or not text.startswith("0"))


def _vics_record(entry: Entry, facts: dict[str, object], number: int) -> dict[str, Any]:
    record: dict[str, Any] = {"MediaID": number, "Category": _vics_category(entry.category)}
    for name, digest in entry.digests.items():
        if name in ("md5", "sha1"):
            record[name.upper()] = digest.hex().upper()
        elif name == "photodna":
            record["PhotoDNA"] = base64.b64encode(digest).decode()
    others = [
        {"HashName": name.upper(), "HashValue": entry.digests[name].hex().upper()}
        for name in ("sha256", "pdq")
        if name in entry.digests
    ]
    given = facts.get("other_hashes")
    if isinstance(given, dict):
        others += [{"HashName": name, "HashValue": text} for name, text in given.items()]
    if others:
        record["AlternativeHashes"] = others
    record |= {theirs: facts[ours] for ours, theirs in _VICS_FACTS.items() if ours in facts}
    if entry.id != str(number) and entry.id not in (digest.hex() for digest in entry.digests.values()):
        said = record.get("Comments")
        record["Comments"] = f"id {entry.id}" if not said else f"id {entry.id}; {said}"
    return record


def _vics_category(category: str | None) -> int | str | None:
    """VICS categories are numbers; one that is none is written as the list gave it."""
    return int(category) if category is not None and _is_number(category) else category
