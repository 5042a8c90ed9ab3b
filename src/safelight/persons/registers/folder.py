"""A folder of photographs as a register: a sub-folder per person, a name per person, or a file per person."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from safelight.evidence.names import show
from safelight.evidence.sniff import HEAD, MOVING, STILL, sniff
from safelight.persons.person import Facts, Finding, PhotoRef, Record
from safelight.persons.registers.layout import Kind, Layout, layout_of, stem
from safelight.persons.registers.text import squeezed

_DEEPEST = 16
_MOST = 2_000_000
"""Files and folders that are listed."""
_MOST_TOLD = 1_000
_NEVER_MEANT = frozenset(
    ("thumbs.db", "desktop.ini", "ehthumbs.db", "picasa.ini", "icon\r", "@eadir", "__macosx")
)
PHOTO_ENDINGS = frozenset(
    (
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".gif",
        ".webp",
        ".bmp",
        ".tif",
        ".tiff",
        ".heic",
        ".heif",
        ".avif",
        ".jp2",
        ".raw",
        ".dng",
        ".cr2",
        ".nef",
    )
)
_DOCUMENTS = frozenset(
    (
        ".pdf",
        ".doc",
        ".docx",
        ".ppt",
        ".pptx",
        ".odt",
        ".zip",
        ".rar",
        ".7z",
        ".mp4",
        ".mov",
        ".avi",
        ".eml",
        ".msg",
    )
)
_GATHERING = frozenset(
    (
        "photos",
        "photo",
        "photographs",
        "images",
        "pictures",
        "fotos",
        "bilder",
        "imagenes",
        "foto",
        "фото",
        "照片",
    )
)
"""Names of a folder that holds people's photographs, and is no person."""


@dataclass(slots=True)
class Listed:
    """What lies in a folder: names of photographs and of sub-folders, as the system has them."""

    path: Path
    photos: list[str] = field(default_factory=list)
    folders: list[Listed] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    """Files that are neither photographs nor never meant."""
    findings: list[Finding] = field(default_factory=list)

    def everything(self) -> Iterator[tuple[Listed, str]]:
        """Every photograph here and below."""
        yield from ((self, one) for one in self.photos)
        for inner in self.folders:
            yield from inner.everything()

    def all_findings(self) -> Iterator[Finding]:
        """Those here and below."""
        yield from self.findings
        for inner in self.folders:
            yield from inner.all_findings()


def listed(folder: Path) -> Listed:
    """All of a folder. Links are findings and not followed; nothing but a regular file is opened, for its head."""
    left = [_MOST]
    return _listed(folder, folder, 0, left)


def _listed(root: Path, folder: Path, depth: int, left: list[int]) -> Listed:
    found = Listed(folder)
    try:
        with os.scandir(folder) as entries:
            names = sorted(entries, key=lambda one: _in_order(one.name))
    except OSError as error:
        found.findings.append(Finding(_shown(root, folder), f"the folder cannot be listed: {error.strerror}"))
        return found
    for entry in names:
        path = folder / entry.name
        left[0] -= 1
        if left[0] <= 0:
            found.findings.append(
                Finding(_shown(root, folder), f"it holds more than {_MOST:,} files: enrol it in parts")
            )
            break
        if entry.name.startswith(".") or entry.name.casefold() in _NEVER_MEANT:
            continue
        if entry.is_symlink():
            found.findings.append(
                Finding(_shown(root, path), "a symbolic link: it is not followed; put the file itself here")
            )
        elif entry.is_dir(follow_symlinks=False):
            if entry.name.startswith("_"):
                found.findings.append(
                    Finding(
                        _shown(root, path),
                        "its name begins with _, as of something set aside: no person of it",
                    )
                )
            elif depth >= _DEEPEST:
                found.findings.append(
                    Finding(_shown(root, path), f"it lies more than {_DEEPEST} folders deep: not looked into")
                )
            else:
                found.folders.append(_listed(root, path, depth + 1, left))
        elif entry.is_file(follow_symlinks=False):
            _file(found, root, path)
        else:
            found.findings.append(
                Finding(_shown(root, path), "no file, but a device or a pipe: it is not opened")
            )
    return found


def _file(found: Listed, root: Path, path: Path) -> None:
    """Sort a file by what it holds, never by its name alone."""
    ending = path.suffix.casefold()
    try:
        head = head_of(path, HEAD)
    except OSError as error:
        found.findings.append(Finding(_shown(root, path), f"it cannot be read: {error.strerror}"))
        return
    format = sniff(head)
    if format in STILL:
        found.photos.append(path.name)
    elif not head and (ending in PHOTO_ENDINGS or not ending):
        found.findings.append(Finding(_shown(root, path), "it is empty: copy the photograph again"))
    elif format in MOVING:
        found.findings.append(
            Finding(_shown(root, path), "a video: cut out one frame that shows the face, and enrol that")
        )
    elif ending in PHOTO_ENDINGS:
        what = f"it begins as {format} does" if format else "nothing in it begins as a photograph does"
        found.findings.append(Finding(_shown(root, path), f"named as a photograph, but none: {what}"))
    elif ending in _DOCUMENTS:
        found.findings.append(
            Finding(_shown(root, path), "no photograph: save the pictures in it as JPEG, and enrol those")
        )
    else:
        found.others.append(path.name)


def head_of(path: Path, size: int) -> bytes:
    """The first bytes of a regular file; what has become something else since it was listed is not waited for."""
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    with os.fdopen(file, "rb") as source:
        return source.read(size) if stat.S_ISREG(os.fstat(file).st_mode) else b""


def people_in(found: Listed) -> Iterator[Record | Finding]:
    """Each person of a folder of photographs, and what in it could not be taken."""
    yield from found.all_findings()
    top = found
    while not top.photos and len(top.folders) == 1 and squeezed(top.folders[0].path.name) in _GATHERING:
        top = top.folders[0]
    taken: set[str] = set()
    by_name = layout_of([show(os.fsencode(one)) for one in top.photos])
    files = {show(os.fsencode(one)): one for one in top.photos}
    for person, names in by_name.people.items():
        yield _record(found, person, [(top, files[one]) for one in names], by_name, taken)
    for inner in _people_folders(top):
        photos = list(inner.everything())
        deeper = any(where is not inner for where, _ in photos)
        record = _record(found, show(os.fsencode(inner.path.name)), photos, Layout(Kind.FOLDERS, {}), taken)
        if isinstance(record, Record) and deeper:
            note = "photographs in folders within it are taken as theirs, too"
            record = Record(
                record.person_id, record.facts, record.photos, None, record.where, (*record.notes, note)
            )
        yield record


def _people_folders(folder: Listed) -> Iterator[Listed]:
    """Those that hold photographs themselves; one that holds only folders gathers people (`2026/P017`)."""
    for inner in folder.folders:
        if inner.photos:
            yield inner
        else:
            yield from _people_folders(inner)


def _record(
    root: Listed, person: str, photos: list[tuple[Listed, str]], layout: Layout, taken: set[str]
) -> Record:
    files = [_shown(root.path, where.path / name) for where, name in photos]
    person_id = person[:200]
    if person_id in taken:
        person_id = (stem(files[0]) if layout.kind is not Kind.FOLDERS else files[0].rpartition("/")[0])[:200]
    taken.add(person_id)
    is_alone = layout.kind is Kind.PREFIXES and len(files) == 1
    notes = (Layout(Kind.ONE, {}).sentence if is_alone else layout.sentence,)
    return Record(person_id, Facts(), tuple(PhotoRef(one) for one in files), None, files[0], notes)


def not_named(found: Listed, used: set[str]) -> Iterator[Finding]:
    """Photographs in a folder that its register gives to nobody."""
    left = [
        file
        for where, name in found.everything()
        if (file := _shown(found.path, where.path / name)) not in used
    ]
    for file in left[:_MOST_TOLD]:
        yield Finding(
            file, "the register gives this photograph to nobody: name it there, or take it out of the folder"
        )
    if len(left) > _MOST_TOLD:
        yield Finding(
            _shown(found.path, found.path), f"{len(left) - _MOST_TOLD:,} more photographs are nobody's"
        )


def _shown(root: Path, path: Path) -> str:
    return show(os.fsencode(path.relative_to(root))) if path != root else show(os.fsencode(path.name))


def _in_order(name: str) -> tuple[str, str]:
    return name.casefold(), name
