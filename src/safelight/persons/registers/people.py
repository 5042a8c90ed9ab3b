"""From the lines of a register, however many and in whatever order, to its people, each once.

The lines are gone through twice: first for what the register as a whole tells (which of its lines belong together, in
which order it writes dates, what `M` and `H` mean in it), then for the people. A person is given out with their last
line, so what is held are only people whose lines lie apart.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from safelight.errors import FormatError
from safelight.persons.person import Finding, Record
from safelight.persons.registers.dates import possible
from safelight.persons.registers.mapping import Mapped, fields, for_columns, looks_like_register
from safelight.persons.registers.record import LINKS, Line, counted, id_in, id_of_photo, line_of, merged
from safelight.persons.registers.row import Plan, Row, Told, shown
from safelight.persons.registers.text import folded
from safelight.stated import Order

Rows = Callable[[], Iterator[Row | Finding]]
"""The lines of a register from the first, each time it is called."""
_NO_COLUMNS = (
    "it has no column person_id, and none that is known to be a person's number or name in the register"
)
_HINT = (
    "Give each person a number in a column person_id, or say which column is what in a mapping file (--map): person_id "
    "and photo at least, or one of: namus, interpol."
)
_OF_PHOTOS = frozenset(("photo", "photo_link", "photo_taken", "face"))
"""Fields of a list of photographs, which names nobody."""


@dataclass(frozen=True, slots=True)
class _Survey:
    told: Told
    last: Mapping[int, int]
    """For ids that are in several lines (by digest): the number of the last of them."""
    columns: tuple[tuple[str, ...], ...]
    only_photos: bool


def people(rows: Rows, mapping: Mapping[str, object]) -> Iterator[Record | Finding]:
    """Every person of a register, each once. FormatError where no column names people, UsageError for a mapping."""
    plans = _Plans(mapping)
    survey = _survey(rows, plans)
    yield from _absent(survey, plans, mapping)
    held: dict[int, list[Line]] = {}
    for number, row in enumerate(rows()):
        if isinstance(row, Finding):
            yield row
            continue
        made = line_of(row, plans.of(row.columns), survey.told, survey.only_photos)
        if isinstance(made, Finding):
            if made.reason:
                yield made
            continue
        key = _digest(made.record.person_id)
        last = survey.last.get(key, -1)
        if last < 0 and key not in held:
            yield made.record
            continue
        held.setdefault(key, []).append(made)
        if number >= last:
            yield from _joined(held.pop(key), survey.only_photos)
    for left in held.values():
        yield from _joined(left, survey.only_photos)


def _joined(lines: list[Line], only_photos: bool) -> Iterator[Record | Finding]:
    """The people of these lines, each once; of a list of photographs, one name of two files is not one person."""
    for several in counted(lines).values():
        if not only_photos:
            yield merged(several)
            continue
        file = _file(several[0])
        yield merged([one for one in several if _file(one) == file])
        for other in several:
            if _file(other) != file:
                why = f"“{shown(file)}” has the same name: whether they show one person is not said"
                yield Finding(other.record.where, f"{why}; give the list a column person_id")


def _file(line: Line) -> str:
    return line.record.photos[0].file if line.record.photos else line.record.facts.more.get(LINKS, "")


class _Plans:
    """Where the columns of each kind of line go."""

    def __init__(self, mapping: Mapping[str, object]) -> None:
        self._mapping = mapping
        self._mapped: Mapped | None = None
        self._plans: dict[tuple[str, ...], Plan] = {}

    def of(self, columns: tuple[str, ...]) -> Plan:
        """The plan for these columns."""
        plan = self._plans.get(columns)
        if plan is None:
            plan = Plan.of(for_columns(self._mapping, columns), columns)
            if len(self._plans) > 1_000:  # of JSON whose every record has other names
                self._plans.clear()
            self._plans[columns] = plan
        return plan


def _survey(rows: Rows, plans: _Plans) -> _Survey:
    digests, numbers = array("q"), array("q")
    orders: frozenset[Order] = frozenset()
    letters: set[str] = set()
    seen: dict[tuple[str, ...], None] = {}
    has_id = has_photo = False
    others: dict[str, None] = {}
    findings = 0
    mapped_order: Order | None = None
    dated = {name for name, one in fields().items() if one.date}
    for number, row in enumerate(rows()):
        if isinstance(row, Finding):
            findings += 1
            continue
        plan = plans.of(row.columns)
        if len(seen) < 100:
            if row.columns not in seen:
                others |= dict.fromkeys(
                    name
                    for index, name in enumerate(row.columns)
                    if not any(one.index == index and one.field in _OF_PHOTOS for one in plan.places)
                )
            seen.setdefault(row.columns)
        mapped_order = mapped_order or plan.mapped.order
        named = photo = ""
        for place in plan.places:
            if place.index >= len(row.values):
                continue
            text = row.values[place.index]
            if place.field == "person_id":
                has_id = True
                named = named or id_in(text)
            elif not text or text[0] == "=":
                continue
            elif place.field in ("photo", "photo_link"):
                has_photo = True
                photo = photo or text
            elif place.field in dated:
                orders = _narrowed(orders, text)
            elif place.field == "sex" and len(text.strip()) == 1:
                letters.add(folded(text))
        if named := named or ("" if has_id else id_of_photo(photo)):
            digests.append(_digest(named))
            numbers.append(number)
    if not seen and not findings:
        raise FormatError(
            "it holds no line of a person",
            "Give a table with column names and a line a person, or a list in JSON.",
        )
    if seen and not has_id and (others or not has_photo):
        raise FormatError(f"{_NO_COLUMNS}: {_listed(next(iter(seen)))}", _HINT)
    order = mapped_order or (next(iter(orders)) if len(orders) == 1 else None)
    told = Told(order, _letters(letters), mapped_order is not None)
    return _Survey(told, _repeated(digests, numbers), tuple(seen), not has_id)


def _narrowed(orders: frozenset[Order], text: str) -> frozenset[Order]:
    """What dates up to now leave possible. Two that contradict each other leave both, and no longer anything else."""
    tells = possible(text.strip())
    if len(tells) != 1:
        return orders
    return orders | tells


def _letters(seen: set[str]) -> dict[str, str]:
    """`H` is a man to French and Spanish registers; beside it `M` is mujer, unless `F` says that it is not."""
    if "h" not in seen:
        return {}
    return {"h": "male", "m": "female"} if "m" in seen and "f" not in seen else {"h": "male"}


def _repeated(digests: array[int], numbers: array[int]) -> dict[int, int]:
    keys = np.frombuffer(digests, np.int64) if digests else np.zeros(0, np.int64)
    lines = np.frombuffer(numbers, np.int64) if numbers else np.zeros(0, np.int64)
    order = np.argsort(keys, kind="stable")
    keys, lines = keys[order], lines[order]
    same = np.flatnonzero(keys[1:] == keys[:-1]) + 1
    return {int(key): int(line) for key, line in zip(keys[same], lines[same], strict=True)}


def _digest(person_id: str) -> int:
    return int.from_bytes(
        blake2b(person_id.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True
    )


def _absent(survey: _Survey, plans: _Plans, mapping: Mapping[str, object]) -> Iterator[Finding]:
    if not mapping or not survey.columns:
        return
    everything = [name for columns in survey.columns for name in columns]
    for name, column in plans.of(survey.columns[0]).mapped.absent(everything):
        yield Finding(
            "mapping", f"it takes “{name}” from the column “{column}”, which is not in the register"
        )


def _listed(columns: tuple[str, ...]) -> str:
    names = [f"“{one[:40]}”" for one in columns[:12]]
    return ", ".join(names) + (" …" if len(columns) > 12 else "")


def is_register(columns: list[str], mapping: Mapping[str, object]) -> bool:
    """Do these names of columns say that a table is a register of people?"""
    mapped = for_columns(mapping, columns)
    if mapped.named:
        return any(one.field in ("person_id", "photo") for one in mapped.places(columns))
    return looks_like_register(columns)
