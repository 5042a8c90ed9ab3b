"""Which files stay closed: those that a report of the same bundle states without stating that somebody viewed them.

As soon as the reports of a bundle state files, what they do not state stays closed as well: it may be such a file under
another name. Only what surely is a report is opened then (`Scope.closes`), and a file that is stated as viewed, as long
as it is the only one that can be meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from safelight.reports.intake.naming import (
    Says,
    Turn,
    form,
    is_the_report,
    keys_of,
    own_name,
    says,
    shape,
    squeezed,
    stated_keys,
    stem,
    suffix,
    turn_of,
)
from safelight.reports.report import Kind, ReportFile

NEARBY = "a report beside it names a file like this one, which nobody has viewed: it was not opened"
ALIKE = "a report names a file like this one as viewed, and several files may be meant: it was not opened"
UNSAID = (
    "a report of its bundle states files, and says nothing of this one: it was not opened. If it is a report, import "
    "it by its own path"
)
NO_ROOT = (
    "a report of its bundle states files, and says nothing of this one, whose beginning is not that of a report: it "
    "was read no further. If it is a report, import it by its own path"
)
GLANCE = 4 << 10
"""Bytes that are looked at of a file that may be a report, and may be one that nobody has viewed."""
Begins = Callable[[bytes, frozenset[str]], bool]
"""Does a report begin with these bytes? Told are the formats of the reports that were read where the file lies."""
_TALLIES = 100
"""So often files of one name are counted anew; after that nobody can tell which is meant."""
_IDS, _KINDS = 10_000, 100


class Scope:
    """A folder, archive or message, as far as its reports' statements reach: everything in it, and what is nested.

    Only a file that may be opened as a document or archive needs to be known, so that a flood of media costs nothing.
    """

    __slots__ = (
        "_begins",
        "_below",
        "_closed",
        "_details",
        "_formats",
        "_forms",
        "_ids",
        "_kinds",
        "_names",
        "_near",
        "_nested",
        "_own",
        "_shapes",
        "_single",
        "_speaks",
        "_tallies",
        "_tally",
        "_viewed",
        "parent",
    )

    def __init__(
        self,
        parent: Scope | None = None,
        names: Iterable[str] = (),
        *,
        nested: bool = True,
        own: bool = False,
        below: Callable[[], Iterable[str]] | None = None,
        begins: Begins | None = None,
    ) -> None:
        """`names` are the files that lie in it; not `nested`: nothing else ever will, so that a flood costs nothing.

        `own`: a bundle of its own, whatever it lies in (an archive, a message). `below` gives the names of all files in
        it and in what lies below. `begins` is asked where no name tells; a nested scope has its parent's.
        """
        self._begins: Begins | None = parent._begins if begins is None and parent is not None else begins
        self.parent, self._nested, self._own, self._below = parent, nested, own, below
        self._closed: set[int] = set()
        self._near: set[int] = set()
        self._names: set[int] = set()
        self._viewed: set[int] = set()
        self._shapes: set[int] = set()
        self._forms: set[int] = set()
        self._details: set[int] = set()
        self._formats: set[str] = set()
        self._kinds: set[str] = set()
        self._ids: set[str] = set()
        self._speaks = self._single = False
        self._tally: dict[int, int] | None = None
        self._tallies = 0
        for name in names:
            self.hold(name)

    def hold(self, name: str) -> None:
        """Note a file that lies in it."""
        if turn_of(name) is not Turn.NEVER:
            self._names |= _hashes(name)
            self._single = self._single or is_the_report(name)

    @property
    def is_alone(self) -> bool:
        """Does nothing lie here but the one document that the user named?"""
        return self.parent is None and not self._names

    def read(self, name: str, formats: Iterable[str] = (), *, details: bool = False) -> None:
        """Note that reports of these formats were read from a document of this name, or only `details` of files."""
        self._formats.update(formats)
        (self._details if details else self._forms).add(hash(form(name)))

    def state(self, files: Iterable[ReportFile], report_id: str | None = None) -> None:
        """Take in what a report in it states. What is stated twice stays closed if it was not viewed once."""
        if not self._nested and self.is_alone:
            return
        for file in files:
            keys = set(map(hash, _stated(file)))
            self._speaks = self._speaks or bool(file.name or file.original_name or file.file_id)
            if self._speaks and len(self._kinds) < _KINDS:
                names = [own_name(one) for one in (file.name, file.original_name) if one]
                self._kinds.update([suffix(one) for one in names] or [""])
            if file.viewed is True:
                self._viewed |= keys if self._nested else keys & self._names
                self._tally = None
                continue
            self._shapes |= {
                hash(shape(own_name(name)))
                for name in (file.name, file.original_name)
                if name and turn_of(own_name(name)) is not Turn.NEVER
            }
            for key in keys:
                if self._nested or key in self._names:
                    self._closed.add(key)
                if (
                    self.parent is not None and key not in self._names
                ):  # it may lie in a folder beside this one
                    self.parent._near.add(key)
        if report_id and self._speaks and len(self._ids) < _IDS:
            self._ids |= squeezed([report_id])

    def states(self, name: str) -> bool:
        """Does a report over a file of this name state it, without stating that it was viewed?

        Of a name that is not surely a report's also: does one beside it, in a message or archive?
        """
        keys = _hashes(name)
        if self._near and not keys.isdisjoint(self._near) and says(name) > Says.NUMBER:
            return True
        scope: Scope | None = self
        while scope is not None:
            if not keys.isdisjoint(scope._closed):
                return True
            scope = scope.parent
        return False

    def begins(self, head: bytes) -> bool:
        """Do these bytes begin a report, as far as that can be told? True where there is nobody to ask."""
        if self._begins is None:
            return True
        formats: set[str] = set()
        scope: Scope | None = self
        while scope is not None:
            formats |= scope._formats
            scope = None if scope._own else scope.parent
        return self._begins(head, frozenset(formats))

    def closes(self, name: str, head: Callable[[], bytes] | None = None) -> str | None:
        """Why a file of this name must stay closed: empty where a report over it says so; None: it need not.

        `head` gives its first bytes, which are asked for only where nothing else tells whether it is a report.
        """
        keys = _hashes(name)
        like = None
        scope: Scope | None = self
        near = speaks = single = copied = kind = False
        inside = True
        viewed: Scope | None = None
        while scope is not None:
            if not keys.isdisjoint(scope._closed):
                return ""
            near = near or not keys.isdisjoint(scope._near)
            if inside:
                speaks = speaks or scope._speaks
                kind = kind or not scope._kinds.isdisjoint((suffix(name), "")) or len(scope._kinds) == _KINDS
                if scope._shapes and not copied:
                    like = hash(shape(name)) if like is None else like
                    copied = like in scope._shapes
                single = single or (scope._single and (scope._speaks or scope is self))
                if viewed is None and not keys.isdisjoint(scope._viewed):
                    viewed = scope
                inside = not scope._own
            scope = scope.parent
        if near:
            return NEARBY
        if not speaks:
            return None
        if viewed is not None:
            return None if viewed._is_one(keys) else ALIKE
        if not copied and self._is_report(name, single=single):
            return None
        # Where no report states a file of this kind, it may be a report, among pictures and videos.
        if copied or single or kind or turn_of(name) is not Turn.STRUCTURED:
            return UNSAID
        return None if head is None or self.begins(head()) else NO_ROOT

    def _is_report(self, name: str, *, single: bool) -> bool:
        """Is it surely a report, beside reports that state files?

        In a bundle of one report (`single`) only by a name that says nothing else, or as one of a series of details
        (`file1.xml`, `file2.xml`). Elsewhere also by a report's number, and as one of a series of reports.
        """
        said, turn = says(name), turn_of(name)
        if said is Says.DETAILS or (turn is Turn.STRUCTURED and hash(form(name)) in self._details):
            return True
        if single:
            is_print = turn is Turn.PDF and not squeezed([stem(name)]).isdisjoint(self._ids)
            return is_print or (said is Says.REPORT and turn in (Turn.STRUCTURED, Turn.PDF))
        return said in (Says.REPORT, Says.NUMBER) or (turn < Turn.TEXT and hash(form(name)) in self._forms)

    def _is_one(self, keys: frozenset[int]) -> bool:
        """Can only one file in it or below be meant by what is stated as viewed under these keys?"""
        if self._below is None:
            return True
        if self._tally is None:
            self._tallies += 1
            if self._tallies > _TALLIES:
                return False
            self._tally = {}
            for name in self._below():
                for key in _hashes(name) & self._viewed:
                    self._tally[key] = self._tally.get(key, 0) + 1
        return all(self._tally.get(key, 0) <= 1 for key in keys & self._viewed)


@lru_cache(4096)
def _hashes(name: str) -> frozenset[int]:
    """The keys of a file that lies here, as they are kept. A name is asked for several times in a row."""
    return frozenset(map(hash, keys_of(name)))


def _stated(file: ReportFile) -> set[str]:
    """Every name under which the file may lie here."""
    places = [one.value for one in file.identifiers if one.kind is Kind.URL and len(one.value) < 4096]
    names = [file.name, file.original_name, *map(_tail, places)]
    return stated_keys(names, (file.file_id, *file.digests.values()))


def _tail(place: str) -> str:
    """The file's name at the end of an address or path."""
    try:
        return unquote(own_name(urlsplit(place).path)) if "://" in place else own_name(place)
    except ValueError:
        return own_name(place)
