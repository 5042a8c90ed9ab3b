"""Which files stay closed: those that a report of the same bundle states, without stating that they were viewed."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from safelight.reports.intake.naming import Turn, keys_of, own_name, stated_keys, turn_of
from safelight.reports.report import Kind, ReportFile

NEARBY = "a report beside it names a file like this one, which nobody has viewed: it was not opened"


class Scope:
    """A folder, archive or message, as far as its reports' statements reach: everything in it, and what is nested.

    Only a file that may be opened as a document or archive needs to be known, so that a flood of media costs nothing.
    """

    __slots__ = ("_closed", "_names", "_near", "parent")

    def __init__(self, parent: Scope | None = None, names: Iterable[str] = ()) -> None:
        """`names` are the files that lie in it."""
        self.parent = parent
        self._closed: set[int] = set()
        self._near: set[int] = set()
        self._names: set[int] = set()
        for name in names:
            self.hold(name)

    def hold(self, name: str) -> None:
        """Note a file that lies in it."""
        if turn_of(name) is not Turn.NEVER:
            self._names.update(map(hash, keys_of(name)))

    def state(self, files: Iterable[ReportFile]) -> None:
        """Take in what a report in it states. What is stated twice stays closed if it was not viewed once."""
        for file in files:
            if file.viewed is not True:
                for key in map(hash, _stated(file)):
                    self._closed.add(key)
                    if (
                        self.parent is not None and key not in self._names
                    ):  # it may lie in a folder beside this one
                        self.parent._near.add(key)

    def closes(self, name: str) -> str | None:
        """Why a file of this name must stay closed: empty where a report over it says so; None: it need not."""
        keys = set(map(hash, keys_of(name)))
        scope: Scope | None = self
        near = False
        while scope is not None:
            if not keys.isdisjoint(scope._closed):
                return ""
            near = near or not keys.isdisjoint(scope._near)
            scope = scope.parent
        return NEARBY if near else None


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
