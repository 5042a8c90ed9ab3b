"""Which people of a store's reports are probably one, kept from one ranking to the next under the case's key.

What was found stays: with new reports only their people are compared, with everybody. Cost: of the people who could be
told apart at all (a name of two parts with a birth date, year or town), not of the reports. Up to `many_people` of them
all blocks are compared; above, only people of one birth date with two parts of the name that sound the same, so that a
mistyped birth date, a town without a date, or a name that is spelt to sound differently is not found there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from safelight.errors import IntegrityError
from safelight.reports.keep.store import ReportStore, Segment
from safelight.reports.linking import likeness
from safelight.reports.linking.persons import Alike, Compared, compare

NAME = "state-people"
_VERSION = "1"
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PeopleAlike:
    """Links by likeness, of whatever versions; `mark` says how they are found."""

    found: Compared
    mark: str

    def pairs(self, current: Flags) -> tuple[tuple[int, int], ...]:
        """Pairs of reports that are both the newest version of themselves."""
        return tuple((one.a, one.b) for one in self.found.alike if current[one.a] and current[one.b])

    def of(self, number: int, current: Flags) -> list[tuple[int, Alike]]:
        """The links of one report, each with the other report's number."""
        mine = [one for one in self.found.alike if number in (one.a, one.b)]
        others = [(one.a + one.b - number, one) for one in mine]
        return [(other, one) for other, one in others if current[other]]


def bring_up(store: ReportStore, segments: Sequence[Segment], current: Flags) -> PeopleAlike:
    """The links of all people: what was kept, and those of new reports."""
    mark = hashlib.sha256(f"{_VERSION} {sorted(likeness.table().items())!r}".encode()).hexdigest()
    kept, before = _load(store, mark, len(current))
    if before == len(current):
        return PeopleAlike(kept, mark)
    people = store.people(segments)
    people = people.filter(pa.array(current[people.column("row").to_numpy()]))
    found = compare(people, fresh=before, kept=kept.alike)
    _save(store, found, mark, len(current))
    return PeopleAlike(found, mark)


def _save(store: ReportStore, found: Compared, mark: str, reports: int) -> None:
    table = pa.table(
        {
            "a": np.array([one.a for one in found.alike], dtype=np.uint32),
            "b": np.array([one.b for one in found.alike], dtype=np.uint32),
            "probability": np.array([one.probability for one in found.alike], dtype=np.float64),
            "by": pa.array([one.by for one in found.alike], type=pa.string()),
        }
    )
    told = {name: str(getattr(found, name)) for name in ("people", "pairs", "passed_over", "left_out")}
    store.vault.write(
        NAME,
        table.replace_schema_metadata({**told, "mark": mark, "reports": str(reports)}),
        compression="lz4",
    )


def _load(store: ReportStore, mark: str, reports: int) -> tuple[Compared, int]:
    """What was kept, and of how many reports; nothing where it was found in another way, or cannot be read."""
    if not store.vault.path(NAME).exists():
        return Compared(), 0
    try:
        table = store.vault.read(NAME)
    except IntegrityError:  # why: it is made anew from the columns, which are checked
        return Compared(), 0
    told: dict[str, Any] = {
        key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()
    }
    if told.get("mark") != mark or int(told["reports"]) > reports:
        return Compared(), 0
    columns = [table.column(name).to_pylist() for name in ("a", "b", "probability", "by")]
    alike = [Alike(*one) for one in zip(*columns, strict=True)]
    counts = {name: int(told[name]) for name in ("people", "pairs", "passed_over", "left_out")}
    return Compared(alike, **counts), int(told["reports"])
