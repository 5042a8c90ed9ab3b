"""From one line to what it states of a person, and from several lines of one person to one record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of

from safelight.persons.person import Days, Facts, Finding, PhotoRef, Record, Seen, Span, Status
from safelight.persons.registers import measures
from safelight.persons.registers.facts import date_of, facts_of
from safelight.persons.registers.row import Plan, Row, Said, Told, said_of, shown
from safelight.persons.registers.text import cleaned, folded
from safelight.persons.registers.words import is_unknown

ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}:)?//[^/\s]|(?:https?|ftps?|file|smb|data|sftp|s3):|www\.|\\\\[^\\\s]",
    re.IGNORECASE,
)
"""How an address begins, of the web or of a share."""
LINKS = "picture addresses"
"""Where `more` holds them, one a line."""
_MOST_PHOTOS = 200
_LONGEST_PATH = 1_000
_LONGEST_ID = 200
_BETWEEN_FILES = re.compile(r"[;|\n]+")
_COMMA = re.compile(r",\s*")
_FILE = re.compile(r"[^,]{1,300}\.\w{2,5}")
_UNION = frozenset(("names", "marks", "languages"))
BY_COMMAND = "taken with the status as the command says"
"""Stands in notes where a register's own status is not understood; who knows the command's puts it here."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one line states of a person."""

    record: Record
    failed: Mapping[str, str] = field(default_factory=dict)
    """For fields: what it states and nobody understands. Another line may say it better."""


def line_of(row: Row, plan: Plan, told: Told, only_photos: bool) -> Line | Finding:
    """What a line states. Without an id it is a finding; with `only_photos` the photograph's name is the id."""
    said = said_of(row, plan, told)
    photos, links = _photos(said)
    stated = said.one("person_id")
    person_id = id_in(stated.text) if stated is not None else ""
    if not person_id and only_photos and (photos or links):
        person_id = id_of_photo(photos[0].file if photos else links[0])
        said.notes.append("the register has no id of the person: the photograph's name is taken for it")
    if not person_id:
        if not said.values.keys() - plan.mapped.values.keys() and not said.more:
            return Finding(row.where, "")
        return Finding(
            row.where, "it names no id of the person: give each person one, the same in all their lines"
        )
    if links:
        said.more[LINKS] = "\n".join(links)
        said.notes.append(
            "the register gives an address for a picture: it is never fetched; put the file beside the register, "
            f"named {_named(person_id)}.jpg"
        )
    facts, status = facts_of(said), _status(said)
    notes = tuple(dict.fromkeys(said.notes))
    return Line(Record(person_id, facts, tuple(photos), status, row.where, notes), said.failed)


def _named(person_id: str) -> str:
    return re.sub(r"[\\/:*?\"<>|\s]+", "-", person_id).strip(".-") or "the person's id"


def id_in(text: str) -> str:
    """The id that a cell states; empty where it states none."""
    text = cleaned(text)
    return "" if is_unknown(text) else " ".join(text.split())[:_LONGEST_ID]


def id_of_photo(text: str) -> str:
    """The name of the first photograph in a cell, without folders and ending."""
    file = next(iter(_files_in(cleaned(text))), "").replace("\\", "/").rstrip("/").rpartition("/")[2]
    return (file.rpartition(".")[0] or file)[:_LONGEST_ID]


def _status(said: Said) -> Status | None:
    value = said.one("status")
    if value is None:
        return None
    own = said.mapped.means.get("status", {})
    if own.get(folded(value.text)) == "unknown":
        return None
    found = measures.status(value.text, own)
    if found is None:
        said.not_understood(value, f"not understood, {BY_COMMAND}; say what it means under [means.status]")
    return found


def _photos(said: Said) -> tuple[list[PhotoRef], list[str]]:
    """The photographs that the line names, and the addresses, which are no files."""
    files: list[str] = []
    links: list[str] = []
    for name in ("photo", "photo_link"):
        for value in said.each(name):
            for part in _files_in(value.text):
                (links if name == "photo_link" or ADDRESS.match(part) else files).append(part)
    if len(files) > _MOST_PHOTOS or any(len(one) > _LONGEST_PATH for one in files):
        said.notes.append(
            f"of its photographs only the first {_MOST_PHOTOS}, with paths up to {_LONGEST_PATH} characters, are taken"
        )
        files = [one for one in files if len(one) <= _LONGEST_PATH][:_MOST_PHOTOS]
    files = list(dict.fromkeys(files))
    face = _face(said, len(files))
    taken = date_of(said, "photo_taken")
    return [PhotoRef(one, taken, face) for one in files], list(dict.fromkeys(links))[:_MOST_PHOTOS]


def _files_in(text: str) -> list[str]:
    found: list[str] = []
    for part in _BETWEEN_FILES.split(text):
        several = [one.strip() for one in _COMMA.split(part)]
        whole = len(several) == 1 or not all(_FILE.fullmatch(one) for one in several)
        found += [part.strip()] if whole else several
    return [one.strip("\"'") for one in found if one.strip("\"' ")]


def _face(said: Said, photos: int) -> int | None:
    value = said.one("face")
    if value is None:
        return None
    text = value.text.removesuffix(".0")
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and int(text)):
        said.not_understood(value, "no number of a face: count from 1, from left to right")
        return None
    if photos != 1:
        said.not_understood(
            value, "a face is counted in one photograph: give each photograph a line of its own"
        )
        return None
    return int(text)


def merged(lines: Sequence[Line]) -> Record:
    """Several lines of one person as one record: all photographs; of facts that differ the first, and that is said."""
    first = lines[0].record
    if len(lines) == 1:
        return first
    facts, photos, status = first.facts, {one.file: one for one in first.photos}, first.status
    notes = list(first.notes)
    failed = {name: (_line(first), text) for name, text in lines[0].failed.items()}
    for one in lines[1:]:
        other = one.record
        line = _line(other)
        facts = _with(facts, other.facts, line, notes, failed)
        for photo in other.photos:
            there = photos.setdefault(photo.file, photo)
            if photo.face is not None and there.face is None:
                photos[photo.file] = photo
            elif photo.face not in (None, there.face):
                notes.append(
                    f"another face of {shown(photo.file)} is named than before; the first is kept ({line})"
                )
        if status is None:
            status = other.status
            if status is not None and "status" in failed:
                notes.append(_better(line, str(status), failed["status"]))
        elif other.status not in (None, status):
            notes.append(
                f"another status is stated in {line}: {other.status}, not {status}; the first is kept"
            )
        notes += [note if note in first.notes else f"{note} ({line})" for note in other.notes]
        for name, text in one.failed.items():
            failed.setdefault(name, (line, text))
    if status is not None:  # another line says it
        notes = [one.replace(f", {BY_COMMAND}", "") for one in notes]
    return replace(
        first, facts=facts, photos=tuple(photos.values()), status=status, notes=tuple(dict.fromkeys(notes))
    )


def _line(record: Record) -> str:
    return record.where.rpartition(", ")[2] or record.where


def _better(line: str, said: str, failed: tuple[str, str]) -> str:
    return f"{line} says {shown(said)}, {failed[0]} “{shown(failed[1])}” was not understood"


def _with(
    facts: Facts, other: Facts, line: str, notes: list[str], failed: Mapping[str, tuple[str, str]]
) -> Facts:
    changed: dict[str, object] = {}
    for name in (one.name for one in fields_of(Facts)):
        mine, theirs = getattr(facts, name), getattr(other, name)
        if name == "seen" and mine is not None and theirs is not None:
            mine, filled = _seen_in_both(mine, theirs)
            changed[name] = mine
            if "days" in filled and "seen_on" in failed:
                notes.append(_better(line, _said(theirs.days), failed["seen_on"]))
        if name in _UNION:
            changed[name] = tuple(dict.fromkeys((*mine, *theirs)))
        elif name == "more":
            changed[name] = _more(mine, theirs, line)
        elif name in ("born_from", "height_on"):
            continue
        elif mine is None and theirs is not None:
            changed[name] = theirs
            if name == "born":
                changed["born_from"] = other.born_from
            if name == "height":
                changed["height_on"] = other.height_on
            missed = next((failed[one] for one in _FIELDS.get(name, (name,)) if one in failed), None)
            if missed is not None:
                notes.append(_better(line, _said(theirs), missed))
        elif theirs is not None and mine != theirs and not (name == "seen" and _is_within(theirs, mine)):
            notes.append(
                f"another {_CALLED.get(name, name)} is stated in {line}: {_both(mine, theirs)}; the first stays"
            )
    return replace(facts, **changed)  # type: ignore[arg-type]  # why: names and values of the class itself


_CALLED = {"born": "birth", "seen": "place or time", "eyes": "colour of eyes", "hair": "hair"}
_FIELDS = {"born": ("birth_date", "age", "age_to"), "height": ("height", "height_to"), "seen": ("seen_on",)}
"""The fields that a fact is made of."""
_SEEN = ("place", "country", "latitude", "longitude", "days")


def _seen_in_both(mine: Seen, theirs: Seen) -> tuple[Seen, tuple[str, ...]]:
    """What the one leaves open filled in from the other, and which parts: only where nothing else of it differs."""
    two = {name: (getattr(mine, name), getattr(theirs, name)) for name in _SEEN}
    if any(None not in values and values[0] != values[1] for values in two.values()):
        return mine, ()
    filled = {name: there for name, (here, there) in two.items() if here is None and there is not None}
    return replace(mine, **filled), tuple(filled)


def _is_within(inner: Seen, outer: Seen) -> bool:
    """Does the one state nothing that the other does not?"""
    return all(getattr(inner, name) in (None, getattr(outer, name)) for name in _SEEN)


def _both(mine: object, theirs: object) -> str:
    return f"{shown(_said(theirs))}, not {shown(_said(mine))}"


def _said(value: object) -> str:
    match value:
        case Days():
            return " to ".join(dict.fromkeys((value.first.isoformat(), value.last.isoformat())))
        case Span():
            return " to ".join(dict.fromkeys((f"{value.least:g}", f"{value.most:g}")))
        case Seen():
            parts = [getattr(value, name) for name in _SEEN]
            return ", ".join(
                _said(one) if isinstance(one, Days) else str(one) for one in parts if one is not None
            )
        case _:
            return str(value)


def _more(mine: dict[str, str], theirs: dict[str, str], line: str) -> dict[str, str]:
    found = dict(mine)
    for column, text in theirs.items():
        if column not in found:
            found[column] = text
        elif found[column] != text and len(found) < 1_000:
            found[f"{column} ({line})"] = text
    return found


def counted(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """By the person's id, in order."""
    found: dict[str, list[Line]] = {}
    for one in lines:
        found.setdefault(one.record.person_id, []).append(one)
    return found
