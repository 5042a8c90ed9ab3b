"""Whose photograph is which file of a folder, by its name: several of one person, or a person each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from safelight.persons.registers.text import squeezed

_NUMBERED = re.compile(r"(.{1,200}?)(?:\s?\((\d{1,2})\)|[ _.-]{1,3}(\d{1,2}|0\d{2,3}))", re.DOTALL)
"""`P017_1`, `P017-2`, `anna 2`, `anna (2)`, `anna_0002`: the person, and the number of the photograph."""
_JOINED = re.compile(r"(.{0,200}[^\W\d_])(\d{1,2})", re.DOTALL)
_PADDED = re.compile(r"\d{3,4}$")
_GENERIC = frozenset(
    (
        *(
            "img",
            "image",
            "dsc",
            "dscn",
            "dscf",
            "dcim",
            "pxl",
            "p",
            "pic",
            "picture",
            "photo",
            "foto",
            "fotos",
            "photos",
            "scan",
            "wa",
            "vid",
        ),
        *(
            "screenshot",
            "whatsappimage",
            "whatsapp",
            "bild",
            "bilder",
            "imagen",
            "immagine",
            "child",
            "kind",
            "person",
            "boy",
        ),
        *(
            "girl",
            "enfant",
            "face",
            "portrait",
            "unknown",
            "missing",
            "found",
            "new",
            "file",
            "page",
            "no",
            "nr",
            "id",
            "case",
        ),
    )
)
"""What cameras, telephones and hurried people call every file: it names nobody."""
_MOST_OF_ONE = 40
"""Photographs that one name gathers; more are rather people than photographs."""


class Kind(StrEnum):
    """How a folder says whose photograph is whose."""

    FOLDERS = "a sub-folder per person"
    PREFIXES = "a name per person, with the photograph's number behind it"
    FILES = "a file per person"
    ONE = "one person"


@dataclass(frozen=True, slots=True)
class Layout:
    """What was decided for the files of one folder, and how to say it."""

    kind: Kind
    people: Mapping[str, tuple[str, ...]]
    """For each person's id the files' names."""

    @property
    def sentence(self) -> str:
        """For people."""
        match self.kind:
            case Kind.FOLDERS:
                return "each sub-folder is taken as one person: all photographs in it are theirs"
            case Kind.PREFIXES:
                return "photographs whose names differ only in a number at the end are taken as one person"
            case Kind.FILES:
                return "each file is taken as a person of their own, as no name says which belong together"
        return "the photograph is taken as one person"


def layout_of(names: Sequence[str]) -> Layout:
    """Whose photographs these are, by their names: files of one folder, without its sub-folders.

    Two people taken as one would spoil each other's template, one taken as two only weakens it: so names gather
    photographs only where they have a number of one or two digits (or one that begins with 0, if other names stand in
    the folder) behind a name that is somebody's, the numbers begin at 0, 1 or 2, and none comes twice.
    """
    groups: dict[str, list[tuple[int, str]]] = {}
    ids: dict[str, str] = {}
    bare = {stem(name).casefold() for name in names}
    for name in names:
        person, number = _of(stem(name), bare)
        key = person.strip().casefold()
        ids.setdefault(key, person.strip())
        groups.setdefault(key, []).append((number, name))
    gathered = {key for key, several in groups.items() if _is_person(key, several, len(groups))}
    first = [several[0][0] for several in groups.values() if len(several) == 1 and several[0][0] >= 0]
    is_scheme = bool(gathered) or (len(first) > 1 and set(first) == {1})
    people: dict[str, tuple[str, ...]] = {}
    for key, several in groups.items():
        number = several[0][0]
        is_first = is_scheme and 0 <= number <= 2 and squeezed(key) not in _GENERIC
        if key in gathered or (len(several) == 1 and (number < 0 or is_first)):
            files = tuple(name for _, name in sorted(several))
            people[_free(people, ids[key], files[0])] = files
            continue
        for _, name in several:
            people[_free(people, stem(name), name)] = (name,)
    return Layout(Kind.PREFIXES if is_scheme else Kind.FILES, people)


def numbered(said: str) -> tuple[str, int]:
    """The name without a photograph's number behind it, and the number; -1 where there is none."""
    match = _NUMBERED.fullmatch(said)
    return (match[1], int(match[2] or match[3])) if match else (said, -1)


def stem(name: str) -> str:
    """A file's name without its ending."""
    return name.rpartition(".")[0] or name


def _of(said: str, bare: set[str]) -> tuple[str, int]:
    """The person and number of a file; `anna2` is anna's only beside `anna` itself: `P2` is a person."""
    match = _JOINED.fullmatch(said)
    return (match[1], int(match[2])) if match and match[1].casefold() in bare else numbered(said)


def _is_person(key: str, several: list[tuple[int, str]], groups: int) -> bool:
    plain = squeezed(key)
    if plain in _GENERIC or (groups == 1 and len(plain) < 2) or not 1 < len(several) <= _MOST_OF_ONE:
        return False
    if groups == 1 and any(_PADDED.search(stem(name)) for _, name in several):
        return False  # how a camera counts, or a scanner that is given a stack
    numbers = [number for number, _ in several]
    counted = [number for number in numbers if number >= 0]
    if len(set(numbers)) != len(numbers) or not counted:
        return False  # anna.jpg and anna.png, or number 1 twice: which is whose is not said
    return min(counted) <= 2 and max(counted) <= len(numbers) * 3 + 2


def _free(people: Mapping[str, object], person: str, name: str) -> str:
    """An id that nobody has: the person's name, else the file's, which no other file has."""
    while person in people:
        person, name = name, f"{name}_"
    return person
