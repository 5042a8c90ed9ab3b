"""What a name says of a file before anybody opens it: a document, an archive, or something that stays closed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum


class Turn(IntEnum):
    """When a file of a bundle has its turn. What states which files nobody has viewed comes first."""

    REPORT = 0
    """XML or JSON that is named like a report"""
    STRUCTURED = 1
    """other XML and JSON"""
    LIST = 2
    """CSV and the like, JSON lines"""
    MAIL = 3
    PDF = 4
    TEXT = 5
    ARCHIVE = 6
    NEVER = 7
    """a medium: nobody opens it here"""


_TURNS = {
    ".xml": Turn.STRUCTURED,
    ".json": Turn.STRUCTURED,
    ".jsonl": Turn.LIST,
    ".ndjson": Turn.LIST,
    ".csv": Turn.LIST,
    ".tsv": Turn.LIST,
    ".eml": Turn.MAIL,
    ".pdf": Turn.PDF,
    ".txt": Turn.TEXT,
    **dict.fromkeys(
        (
            *(".zip", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".tbz", ".tbz2"),
            *(".xz", ".txz", ".lzma", ".tlz", ".zst", ".tzst"),
        ),
        Turn.ARCHIVE,
    ),
    **dict.fromkeys(
        (".rar", ".cab", ".arj", ".lzh", ".cpio"), Turn.ARCHIVE
    ),  # said that they cannot be opened
}
_PACKED = frozenset({".gz", ".bz2", ".xz", ".lzma", ".zst"})
_REPORT_WORDS = ("report", "cybertip", "detail", "incident", "tip")
_DETAIL_WORDS = ("filedetail", "file_detail", "file-detail", "file detail")
_SHORTEST_ID = 6
_SQUEEZE = re.compile(r"[\W_]+")


def own_name(path: str) -> str:
    """The last part of a path with either kind of slash."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def suffix(name: str) -> str:
    """The suffix with its dot, in lower case."""
    _, dot, last = name.strip(" .").rpartition(".")
    return f".{last.casefold()}" if dot else ""


def turn_of(name: str) -> Turn:
    """When a file of this name has its turn."""
    if name.startswith("._"):  # the resource fork that macOS writes beside a file into archives
        return Turn.NEVER
    turn = _TURNS.get(suffix(name), Turn.NEVER)
    if turn is Turn.STRUCTURED:
        low = name.casefold()
        if low.partition(".")[0].isdecimal() or any(word in low for word in _REPORT_WORDS):
            return Turn.REPORT
    return turn


def stem(name: str) -> str:
    """The name without its suffix, and without `.tar` before that; the name itself where nothing would be left."""
    if not (last := suffix(name)):
        return name
    short = name.strip(" .")[: -len(last)]
    if last in _PACKED and short.casefold().endswith(".tar"):
        short = short[:-4]
    return short or name


@dataclass(slots=True)
class Tally:
    """The documents of one folder, counted by name: is it a bundle, after which a report without an id is named?"""

    structured: int = 0
    others: int = 0
    documents: int = 0
    """All files that may be opened."""

    def count(self, name: str, turn: Turn) -> None:
        """Take a file of the folder in."""
        self.documents += turn is not Turn.NEVER
        if turn <= Turn.STRUCTURED:
            self.structured += not is_detail(name)
        elif turn in (Turn.MAIL, Turn.PDF):
            self.others += 1

    def names(self, name: str, turn: Turn) -> bool:
        """Is this the one document whose report is what the folder is about? A list holds many, and is never."""
        if turn <= Turn.STRUCTURED:
            return self.structured == 1 and not is_detail(name)
        return turn in (Turn.MAIL, Turn.PDF) and not self.structured and self.others == 1


def is_detail(name: str) -> bool:
    """Is it named like the details of a file, which are no report of their own?"""
    low = name.casefold()
    return any(word in low for word in _DETAIL_WORDS)


def keys_of(name: str) -> set[str]:
    """How a file that lies here may be named where a report states it (`stated_keys`).

    By its name, also without a prefix that numbers it (`2_a.zip`) and without the suffix of a packed file
    (`a.jpg.gz`); by its id or digest where that is its name. Reports themselves and the details of a file often bear
    the file's id, so that an id alone closes no XML or JSON.
    """
    own = own_name(name)
    names = [own, stem(own)] if suffix(own) in _PACKED else [own]
    found = {f"name {key}" for key in squeezed(_with_rests(names))}
    if turn_of(own) > Turn.STRUCTURED:
        found |= {f"id {key}" for key in squeezed(_with_rests([stem(own)]))}
    return found


def _with_rests(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield name
        for mark in "-_ ":
            if rest := name.partition(mark)[2]:
                yield rest


def stated_keys(names: Iterable[str | None], ids: Iterable[str | None]) -> set[str]:
    """The keys of a file that a report states under these names, ids and digests; ids of a few digits tell nothing."""
    found = {f"name {key}" for key in squeezed(own_name(name) for name in names if name)}
    return found | {f"id {key}" for key in squeezed(ids) if len(key) >= _SHORTEST_ID}


def squeezed(names: Iterable[str | None]) -> set[str]:
    """Names as they are compared: letters and digits only, case folded, whatever an export made of the others."""
    return {short for name in names if name and (short := _SQUEEZE.sub("", name.casefold()))}
