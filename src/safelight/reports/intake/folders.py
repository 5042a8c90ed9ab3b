"""Folders, each a bundle of its own, and folders of media, which belong to the bundle that they lie in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from safelight.evidence.names import show
from safelight.evidence.source import FileSource
from safelight.reports.intake.documents import FEW, STRUCTURED, Laid, Lying, Medium, Unopened, lying_together
from safelight.reports.intake.naming import Turn, turn_of
from safelight.reports.intake.scope import Begins, Scope


@dataclass(slots=True)
class _Listed:
    """What one folder holds."""

    files: list[Lying] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    findings: list[Unopened] = field(default_factory=list)


def _listed(folder: str, unit: str) -> _Listed:
    """List a folder in the order of its names; links are never followed."""
    made = _Listed()
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        shown = show(os.fsencode(folder))
        made.findings.append(Unopened(shown, f"the folder cannot be listed: {error.strerror}", unit))
        return made
    for entry in entries:
        path, where = entry.path, show(os.fsencode(entry.path))
        if entry.is_symlink():
            made.findings.append(Unopened(where, "it is a link, which is not followed", unit))
        elif entry.is_dir(follow_symlinks=False):
            made.below.append(path)
        elif entry.is_file(follow_symlinks=False):
            made.files.append(Lying(entry.name, where, lambda path=path: FileSource(path)))  # type: ignore[misc]
        else:
            made.findings.append(Unopened(where, "it is neither a file nor a folder", unit))
    return made


def in_folders(top: Path, begins: Begins | None = None) -> Iterator[Laid]:
    """The folder and all below, each as a bundle of its own. `begins`: as `laid_out` has it."""
    waiting: list[tuple[str, Scope | None, tuple[str, ...]]] = [(str(top), None, ())]
    while waiting:
        folder, above, around = waiting.pop()
        shown = show(os.fsencode(folder))
        listed = _listed(folder, shown)
        files = listed.files
        yield from listed.findings
        flood = (
            not listed.below and len(files) > FEW and all(turn_of(one.name) in STRUCTURED for one in files)
        )
        scope = Scope(
            above,
            (one.name for one in files),
            nested=not flood,
            begins=begins,
            below=None if flood else lambda folder=folder: _names_below(folder),  # type: ignore[misc]
        )
        # A folder that holds media alone belongs to the bundle that it lies in.
        holds_documents = any(turn_of(one.name) is not Turn.NEVER for one in files)
        bundle = shown if holds_documents or not around else around[-1]
        around = tuple(one for one in around if one != bundle)
        below: list[str] = []
        yield from _media_below(listed.below, bundle, shown, around, below)
        name = os.path.basename(os.path.abspath(folder))  # noqa: PTH100, PTH119
        yield from lying_together(files, shown, name, scope, 0, bundle, around, beside=not flood)
        # Folders with documents go first: their reports may name what lies in a folder beside them.
        below.sort(key=_holds_documents)
        waiting += [(path, scope, (*around, bundle)) for path in reversed(below)]


def _media_below(
    folders: list[str], bundle: str, unit: str, around: tuple[str, ...], others: list[str]
) -> Iterator[Laid]:
    """The media in folders that hold nothing else: they are of the bundle above. `others` gets the other folders."""
    waiting = folders[::-1]
    while waiting:
        folder = waiting.pop()
        if not _holds_media_alone(folder):
            others.append(folder)
            continue
        listed = _listed(folder, unit)
        yield from listed.findings
        for one in listed.files:
            yield Medium(one.path, show(os.fsencode(one.name)), bundle, unit, around=around)
        waiting += listed.below[::-1]


def _holds_media_alone(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return all(
                entry.is_dir(follow_symlinks=False) or turn_of(entry.name) is Turn.NEVER for entry in entries
            )
    except OSError:
        return False


def _holds_documents(folder: str) -> bool:
    """False (which comes first) where a document that may be a report lies in it."""
    try:
        with os.scandir(folder) as entries:
            return not any(turn_of(entry.name) <= Turn.MAIL for entry in entries)
    except OSError:
        return True


def _names_below(folder: str) -> Iterator[str]:
    """Names of all files in a folder and below that may be opened."""
    for _, _, names in os.walk(folder):
        yield from (name for name in names if turn_of(name) is not Turn.NEVER)
