"""Open whatever states missing or found people: a register, a folder of photographs, or one. Never an address."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from safelight.errors import FormatError, RefusedError, UsageError
from safelight.evidence.names import show
from safelight.evidence.sniff import STILL, sniff
from safelight.persons.person import Facts, Finding, PhotoRef, Record, Status
from safelight.persons.protocol import RegisterReader
from safelight.persons.registers.folder import Listed, head_of, listed, not_named, people_in
from safelight.persons.registers.layout import stem
from safelight.persons.registers.photos import Beside
from safelight.persons.registers.record import BY_COMMAND
from safelight.persons.registers.xlsx import XlsxReader
from safelight.plugins import load

_HEAD = 64 << 10
_URL = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}:/|(?:https?|ftps?|sftp|file|smb|data|s3|gs|ssh|rsync|dav|webdav|mailto|urn):|//[^/]|\\\\[^\\]|www\.[^/]{1,200}/",
    re.IGNORECASE,
)
"""How an address begins. `Path` has made one slash of two by the time that a path comes from it."""


def refuse_address(path: str | Path) -> None:
    """RefusedError, ground `url`, for an address of the web, of a server or of a share."""
    if _URL.match(str(path).strip()):
        raise RefusedError(
            "Galleries are only enrolled from files of a case, never from an address.",
            "url",
            "Have what lies there secured as evidence of the case, and enrol the files.",
        )


def open_register(
    path: str | Path,
    format: str | None = None,
    mapping: Mapping[str, Any] | None = None,
    status: Status | None = None,
) -> Iterator[Record | Finding]:
    """Every person that `path` states, each once, with photographs that are there; what cannot be used as findings.

    `path` is a register (its photographs lie beside it or below), a folder of photographs, with one register or none
    in it, or one photograph. `format` is a reader's name; without it the content says which. `mapping` is a mapping
    file's content (`mapping.read_mapping`). `status` is whom it is enrolled as: a sheet whose name says otherwise is a
    finding, and notes say what somebody whose own status is not understood is taken as.

    Raises RefusedError for an address, UsageError for what is not there, a format or mapping that cannot be, and a
    folder with two registers, FormatError where nothing of a register can be read.
    """
    refuse_address(path)
    path = Path(path)
    said, format = dict(mapping or {}), format or None
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise UsageError(
            f"There is no '{show(os.fsencode(path))}' to enrol.", "Give a register or a folder."
        ) from error
    if stat.S_ISDIR(mode):
        return _folder(path, format, said, status)
    if not stat.S_ISREG(mode):
        raise UsageError(
            f"'{show(os.fsencode(path))}' is neither a file nor a folder.", "Give a register or a folder."
        )
    with path.open("rb") as source:
        head = source.read(_HEAD)
    if format is None and sniff(head[:4096]) in STILL:
        return iter([_one(path)])
    return _register(_reader(path, head, format), path, said, None, status)


def _one(path: Path) -> Record:
    name = show(os.fsencode(path.name))
    return Record(
        stem(name)[:200], Facts(), (PhotoRef(name),), None, name, ("the photograph is taken as one person",)
    )


def _reader(path: Path, head: bytes, format: str | None) -> RegisterReader:
    readers: dict[str, RegisterReader] = load("persons")
    if format is not None:
        if format not in readers:
            raise UsageError(
                f"There is no format '{format}' of registers.", f"Formats: {', '.join(readers)}."
            )
        return readers[format]
    for one in readers.values():
        if one.detect(path, head):
            return one
    raise FormatError(
        f"'{show(os.fsencode(path.name))}' is no register of a known kind, and no photograph.",
        f"Give CSV, JSON or XLSX; if it is one of these, say so with --format ({', '.join(readers)}) and --map FILE.",
    )


def _folder(
    path: Path, format: str | None, mapping: dict[str, Any], status: Status | None
) -> Iterator[Record | Finding]:
    found = listed(path)
    registers = [
        (path / name, reader) for name in found.others if (reader := _known(path / name, format)) is not None
    ]
    if len(registers) > 1:
        names = ", ".join(f"“{show(os.fsencode(one.name))}”" for one, _ in registers[:5])
        raise UsageError(
            f"The folder holds more than one register: {names}.", "Name the one to enrol, or join them."
        )
    if registers:
        file, reader = registers[0]
        return _register(reader, file, mapping, found, status)
    if mapping:
        raise UsageError(
            "There is no register in the folder that the mapping could be for.", "Leave --map out."
        )
    if next(found.everything(), None) is None:
        return _empty(found)
    return people_in(found)


def _empty(found: Listed) -> Iterator[Finding]:
    yield from found.all_findings()
    yield Finding(show(os.fsencode(found.path.name)), "the folder holds no photograph and no register")


def _known(path: Path, format: str | None) -> RegisterReader | None:
    readers: dict[str, RegisterReader] = load("persons")
    try:
        head = head_of(path, _HEAD)
    except OSError:
        return None
    several = readers.values() if format is None else [one for one in readers.values() if one.name == format]
    return next((one for one in several if one.detect(path, head)), None)


def _register(
    reader: RegisterReader,
    path: Path,
    mapping: dict[str, Any],
    found: Listed | None,
    status: Status | None,
) -> Iterator[Record | Finding]:
    beside = Beside(path.parent)
    own = (status,) if isinstance(reader, XlsxReader) else ()  # only a workbook names what it holds
    made = reader.read(path, mapping, *own)

    def everything() -> Iterator[Record | Finding]:
        if found is not None:
            yield from found.all_findings()
        for one in made:
            if isinstance(one, Finding):
                yield one
            else:
                yield from beside.resolved(_for(one, status))
        if found is not None:
            yield from not_named(found, beside.used)

    return everything()


def _for(record: Record, status: Status | None) -> Record:
    """The record, whose notes say what a status that is not understood is taken as."""
    if status is None or not any(BY_COMMAND in one for one in record.notes):
        return record
    said = f"taken as {status}, as the command says"
    return replace(record, notes=tuple(one.replace(BY_COMMAND, said) for one in record.notes))
