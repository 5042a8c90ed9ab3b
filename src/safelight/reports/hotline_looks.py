"""What records of one list look like, to tell a line that is a record from one of a text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from safelight.reports.dates import iso
from safelight.reports.hotline_columns import Place, dated
from safelight.stated import Order

_LEARNT_FROM = 200
"""Records."""
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+")
_DIGEST = re.compile(r"[0-9a-fA-F]{32,64}\b")
_TELLING = {
    "report_id": re.compile(r"(?=\D{0,64}\d)\S{1,64}$"),
    "url": re.compile(r"\S+[./:]\S"),
    "ip": re.compile(r"[0-9a-fA-F]{0,4}[.:][0-9a-fA-F.:]+(?:\s|$)"),
    "md5": _DIGEST,
    "sha1": _DIGEST,
    "sha256": _DIGEST,
}
"""How the values of telling fields begin; dates are told by themselves."""


class Looks:
    """What stands in the columns by which a record is known: ids, dates, addresses, digests.

    `telling` gives their fields by place. What the list's first records have there counts as well.
    """

    def __init__(self, telling: Mapping[int, str]) -> None:
        self._telling = telling
        self._shapes: set[tuple[int, str]] = set()
        self._learnt = 0

    @property
    def learns(self) -> bool:
        """Does it look at further records?"""
        return self._learnt < _LEARNT_FROM

    def learn(self, cells: Sequence[str]) -> None:
        """Look at a record that is one beyond doubt."""
        self._learnt += 1
        for place in self._telling:
            if cells[place].strip():
                self._shapes.add((place, _shape(cells[place])))

    def like(self, cells: Sequence[str]) -> bool:
        """Are these the fields of a record, or its first ones? Where no telling one says anything, three are enough."""
        verdicts = [
            self._is_one(place, field, cells[place].strip())
            for place, field in self._telling.items()
            if place < len(cells) and cells[place].strip()
        ]
        if not verdicts:
            return len(cells) >= (3 if self._telling else 2)
        return sum(verdicts) * 2 >= len(verdicts)

    def _is_one(self, place: int, field: str, value: str) -> bool:
        if (place, _shape(value)) in self._shapes:
            return True
        if field in dated():
            return iso(value, Order.DAY_FIRST) is not None or iso(value, Order.MONTH_FIRST) is not None
        return bool(_TELLING[field].match(value))


def telling(header: Sequence[str], places: Mapping[str, Place]) -> dict[int, str]:
    """The columns by which a record is known, by their places."""
    mine = {number: places[name].field for number, name in enumerate(header) if name in places}
    return {number: field for number, field in mine.items() if field in _TELLING or field in dated()}


def _shape(value: str) -> str:
    """A value with all numbers alike and all words alike."""
    return _WORD.sub("a", _NUMBER.sub("9", value.strip()[:40]))
