"""From one line to what it states of a person, and from several lines of one person to one record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields as fields_of
from dataclasses import replace

from safelight.persons.person import Facts, Finding, PhotoRef, Record, Status
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


def record_of(row: Row, plan: Plan, told: Told, only_photos: bool) -> Record | Finding:
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
    return Record(person_id, facts_of(said), tuple(photos), _status(said), row.where, tuple(said.notes))


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
        said.not_understood(value, "no status that is understood; say what it means under [means.status]")
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


def merged(records: Sequence[Record]) -> Record:
    """Several lines of one person as one record: all photographs; of facts that differ the first, and that is said."""
    first = records[0]
    if len(records) == 1:
        return first
    facts, photos, status = first.facts, {one.file: one for one in first.photos}, first.status
    notes = list(first.notes)
    for other in records[1:]:
        line = other.where.rpartition(", ")[2] or other.where
        facts = _with(facts, other.facts, first.where, line, notes)
        for photo in other.photos:
            there = photos.setdefault(photo.file, photo)
            if photo.face is not None and there.face is None:
                photos[photo.file] = photo
            elif photo.face not in (None, there.face):
                notes.append(
                    f"{line}: another face of {shown(photo.file)} is named than before; the first is kept"
                )
        if status is None:
            status = other.status
        elif other.status not in (None, status):
            notes.append(
                f"{line}: states the status “{other.status}”, but “{status}” before; the first is kept"
            )
        notes += [one if one in first.notes else f"{line}: {one}" for one in other.notes if one not in notes]
    return replace(first, facts=facts, photos=tuple(photos.values()), status=status, notes=tuple(notes))


def _with(facts: Facts, other: Facts, where: str, line: str, notes: list[str]) -> Facts:
    changed: dict[str, object] = {}
    for name in (one.name for one in fields_of(Facts)):
        mine, theirs = getattr(facts, name), getattr(other, name)
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
        elif theirs is not None and mine != theirs:
            notes.append(
                f"{line}: states another {_CALLED.get(name, name)} than {where}: {_both(mine, theirs)}; the first stays"
            )
    return replace(facts, **changed)  # type: ignore[arg-type]  # why: names and values of the class itself


_CALLED = {"born": "birth", "seen": "place or time", "eyes": "colour of eyes", "hair": "hair"}


def _both(mine: object, theirs: object) -> str:
    return f"{shown(_said(theirs))}, not {shown(_said(mine))}"


def _said(value: object) -> str:
    if isinstance(value, str):
        return f"“{value}”"
    names = [one.name for one in fields_of(value)]  # type: ignore[arg-type]  # why: every other fact is a dataclass
    parts = [
        _said(inner) if hasattr(inner, "__dataclass_fields__") else str(inner)
        for name in names
        if (inner := getattr(value, name)) is not None
    ]
    return " to ".join(dict.fromkeys(parts))


def _more(mine: dict[str, str], theirs: dict[str, str], line: str) -> dict[str, str]:
    found = dict(mine)
    for column, text in theirs.items():
        if column not in found:
            found[column] = text
        elif found[column] != text and len(found) < 1_000:
            found[f"{column} ({line})"] = text
    return found


def counted(records: Iterable[Record]) -> dict[str, list[Record]]:
    """By the person's id, in order."""
    found: dict[str, list[Record]] = {}
    for one in records:
        found.setdefault(one.person_id, []).append(one)
    return found
