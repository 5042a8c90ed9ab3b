"""Photographs that a register names: only regular files in its own folder or below, never through a link.

What is stated is checked before anything is opened, and again when it is (`open_photo`): a folder may change between.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from safelight.errors import FormatError
from safelight.evidence.names import raw, show
from safelight.persons.person import Finding, PhotoRef, Record
from safelight.persons.registers.folder import PHOTO_ENDINGS
from safelight.persons.registers.layout import numbered, stem
from safelight.persons.registers.record import ADDRESS, LINKS, id_of_photo
from safelight.persons.registers.row import shown
from safelight.persons.registers.text import squeezed

_MOST_PARTS = 32
_MOST = 1_000_000
"""Files and folders beside a register that are listed."""
_FOLDERS_BELOW = 2
_NOT_THERE = "there is no such file beside the register"
_OUTSIDE = (
    "its path leads out of the register's folder: it is not opened; put the photograph beside the register"
)


class Beside:
    """The files beside a register and in the folders there, by their names. Listed once, and only where needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.used: set[str] = set()
        """Files that were given to somebody."""

    def resolved(self, record: Record) -> Iterator[Record | Finding]:
        """The record with the photographs that are there; a finding for each that is not, or must not be opened.

        Who has none named, or only addresses, gets the files that are named after them.
        """
        found: dict[str, PhotoRef] = {}
        notes = list(record.notes)
        for photo in record.photos:
            file, reason = within(self._folder, photo.file)
            if file is None and reason == _NOT_THERE and (file := self._elsewhere(photo.file)) is not None:
                notes.append(f"“{shown(photo.file)}” is not there: “{file}”, of the same name, is taken")
            if file is None:
                yield Finding(f"{record.where}: {show(os.fsencode(photo.file))[:200]}", reason)
            else:
                found.setdefault(file, replace(photo, file=file))
        if not record.photos:
            found = {one: PhotoRef(one) for one in self._named(record)}
            if found:
                notes.append(
                    "no photograph's file is named: those beside the register named after the person are taken"
                )
            else:
                yield Finding(
                    record.where,
                    f"“{record.person_id}” has no photograph: put one beside the register, named so",
                )
        self.used.update(found)
        yield replace(record, photos=tuple(found.values()), notes=tuple(notes))

    def _named(self, record: Record) -> list[str]:
        links = record.facts.more.get(LINKS, "")
        keys = [squeezed(record.person_id), *(squeezed(id_of_photo(one)) for one in links.split("\n") if one)]
        return list(dict.fromkeys(file for key in keys if key for file in self._by_person.get(key, ())))

    def _elsewhere(self, stated: str) -> str | None:
        """The one file of this name, whatever its folder and the case of its letters."""
        several = self._by_name.get(stated.replace("\\", "/").rpartition("/")[2].casefold(), ())
        return several[0] if len(several) == 1 else None

    @cached_property
    def _files(self) -> tuple[str, ...]:
        return tuple(_photographs(self._folder, "", 0, [_MOST]))

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for file in self._files:
            found.setdefault(file.rpartition("/")[2].casefold(), []).append(file)
        return found

    @cached_property
    def _by_person(self) -> dict[str, list[str]]:
        """By the whole name, the name without a photograph's number, and the folder."""
        found: dict[str, list[str]] = {}
        for file in self._files:
            folder, _, name = file.rpartition("/")
            said = stem(name)
            for key in {squeezed(said), squeezed(numbered(said)[0]), squeezed(folder.rpartition("/")[2])}:
                found.setdefault(key, []).append(file)
        return found


def _photographs(folder: Path, below: str, depth: int, left: list[int]) -> Iterator[str]:
    """Regular files named as photographs are, as `PhotoRef.file` has them. Nothing is opened, no link followed."""
    try:
        with os.scandir(folder) as entries:
            several = sorted(entries, key=lambda one: one.name)
    except OSError:
        return  # what is not there has no photographs: each person without one is a finding
    for entry in several:
        left[0] -= 1
        if left[0] < 0 or entry.name.startswith("."):
            continue
        path = below + show(os.fsencode(entry.name))
        if entry.is_dir(follow_symlinks=False) and depth < _FOLDERS_BELOW:
            yield from _photographs(folder / entry.name, f"{path}/", depth + 1, left)
        elif entry.is_file(follow_symlinks=False) and Path(entry.name).suffix.casefold() in PHOTO_ENDINGS:
            yield path


def within(folder: Path, stated: str) -> tuple[str | None, str]:
    """The path of a stated file below the folder, as `PhotoRef.file` has it; None and why it must not be opened."""
    if ADDRESS.match(stated):
        return None, "an address: pictures are only enrolled from files of a case"
    if "\0" in stated:
        return None, "no file's name"
    reason = _NOT_THERE
    for said in dict.fromkeys(
        (stated, stated.replace("\\", "/"))
    ):  # a name may hold the mark that Windows sets apart with
        path = said.removeprefix("./")
        parts = [one for one in path.split("/") if one not in ("", ".")]
        if path.startswith("/") or ".." in parts or (len(path) > 1 and path[1] == ":"):
            return None, _OUTSIDE
        if not parts or len(parts) > _MOST_PARTS:
            continue
        what = _kind(folder, parts)
        if what == "":
            return show(os.fsencode("/".join(parts))), ""
        reason = what or reason
    return None, reason


def _kind(folder: Path, parts: list[str]) -> str | None:
    """Empty for a regular file reached by folders alone; else why not; None where there is nothing."""
    path = folder
    for place, part in enumerate(parts):
        path = path / part
        try:
            mode = path.lstat().st_mode
        except (OSError, ValueError):
            return None
        if stat.S_ISLNK(mode):
            return "a symbolic link: it is not followed; put the file itself beside the register"
        if place < len(parts) - 1:
            if not stat.S_ISDIR(mode):
                return None
        elif not stat.S_ISREG(mode):
            return "no file, but a folder or a device"
    return ""


def open_photo(folder: Path, photo: PhotoRef) -> BinaryIO:
    """Open a photograph to read, part by part from the folder, no link followed. FormatError where it is none now."""
    name = raw(photo.file)
    parts = [one for one in name.split(b"/") if one not in (b"", b".")]
    if not parts or b".." in parts or name.startswith(b"/"):
        raise FormatError(f"{photo.file}: {_OUTSIDE}")
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    except OSError as error:
        raise FormatError(
            f"{photo.file} cannot be opened: {error.strerror}", "Was it moved, or made a link?"
        ) from error
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FormatError(f"{photo.file} is no file")
    return os.fdopen(file, "rb")
