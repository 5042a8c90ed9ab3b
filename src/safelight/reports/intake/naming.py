"""What a name says of a file before anybody opens it: a document, an archive, or something that stays closed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache


class Turn(IntEnum):
    """What kind of file a name's suffix says. In this order files have their turn where names say no more."""

    STRUCTURED = 0
    """XML and JSON"""
    LIST = 1
    """CSV and the like, JSON lines"""
    MAIL = 2
    PDF = 3
    TEXT = 4
    ARCHIVE = 5
    NEVER = 6
    """a medium: nobody opens it here"""


class Says(IntEnum):
    """How surely a name says that the file is a report, and no file of one."""

    DETAILS = 0
    """named as the details of a file: `fileDetails…` in XML or JSON"""
    REPORT = 1
    """nothing but words of the trade and numbers: `report.xml`, `report_190000001.pdf`, `CyberTipline Report 1.xml`"""
    NUMBER = 2
    """nothing but a number as long as a report's, and no date: `190000001.xml`"""
    HINT = 3
    """a word of the trade among others, a short number, the name of its folder: read early, trusted in nothing"""
    NOTHING = 4


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
_HINTS = ("report", "cybertip", "detail", "incident", "tip")
_TRADE = re.compile(
    r"(?:cybertip(?:line)?s?|tip(?:line)?s?|reports?|retractions?|ncmec|inhope|iccam|hotline|police)+"
)
"""No two of them begin alike, so that a long name costs no more than its length."""
_REPORT_NUMBER = re.compile(r"[0-9]{7,9}")
"""CyberTipline's reports are counted one after the other."""
_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_LETTERS = re.compile(r"[^\W\d_]+")
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


@lru_cache(4096)
def turn_of(name: str) -> Turn:
    """When a file of this name has its turn."""
    if name.startswith("._"):  # the resource fork that macOS writes beside a file into archives
        return Turn.NEVER
    return _TURNS.get(suffix(name), Turn.NEVER)


def says(name: str, home: str = "") -> Says:
    """How surely the name says that the file is a report. `home` is the name of the folder it lies in."""
    low, short = name.casefold(), stem(name).casefold()
    turn = turn_of(name)
    if turn is Turn.STRUCTURED and _letters(short).startswith("filedetail"):
        return Says.DETAILS
    if turn is not Turn.TEXT and _TRADE.fullmatch(_letters(short)):
        return Says.REPORT
    if _REPORT_NUMBER.fullmatch(short) and not _DATE.fullmatch(short):
        return Says.NUMBER
    if short.isdecimal() or short == home.casefold() or any(word in low for word in _HINTS):
        return Says.HINT
    return Says.NOTHING


def place(name: str, home: str = "") -> tuple[int, int, int, int]:
    """Where a file stands among those it lies with: what surely states other files first, archives last."""
    turn, said = turn_of(name), says(name, home)
    later = suffix(name) != ".xml"
    if turn is Turn.ARCHIVE:
        return (int(Says.NOTHING), turn, said, later)
    return (min(said, Says.HINT), turn, said, later)


def is_the_report(name: str) -> bool:
    """Is it named like the one report of its folder: `report.xml`, without a number?"""
    short = stem(name)
    named = turn_of(name) in (Turn.STRUCTURED, Turn.PDF) and _letters(short.casefold()) in _THE_REPORT
    return named and sum(map(str.isdecimal, short)) < _SHORTEST_NUMBER


_THE_REPORT = frozenset(
    {"report", "cybertip", "cybertipline", "cybertipreport", "cybertiplinereport", "policereport"}
)
_SHORTEST_NUMBER = 4


def form(name: str) -> str:
    """What is left of a name without its numbers and punctuation: equal in the names of one series."""
    return f"{_letters(stem(name).casefold())}{suffix(name)}"


def shape(name: str) -> str:
    """As `form`; of a name without letters how many digits it has. A copy's name mostly has that of its original."""
    short = stem(name)
    return form(name) if _LETTERS.search(short) else f"{sum(map(str.isdecimal, short))}{suffix(name)}"


def _letters(text: str) -> str:
    return "".join(_LETTERS.findall(text))


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
