"""Columns derived from the reports, by their number: a file of all, and a small one of what changed since.

Both are a cache. Each says by which rule and from which segments it was made; what does not fit is made anew. A kill
between the two files leaves the earlier ones, or a file of changes that names another base and is passed over.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from safelight.errors import IntegrityError
from safelight.reports.keep.store import ReportStore, Segment, chain, until
from safelight.reports.keep.vault import Columns

_SHARE = 16
"""Changes of more than one report in so many are not kept apart: the file of all is written anew."""
Ints = npt.NDArray[Any]
Some = npt.NDArray[Any] | slice


@dataclass(frozen=True, slots=True)
class Derived:
    """Columns by name, of the first `count` reports. `told` is what was said when they were kept.

    `changed` are the numbers of reports that differ from the file of all, which `told` names.
    """

    columns: Columns
    count: int
    told: Mapping[str, str]
    changed: Ints


def load(
    store: ReportStore,
    name: str,
    by: str,
    segments: Sequence[Segment],
    columns: Sequence[str],
) -> Derived | None:
    """What was kept as `name` by the rule `by`, of the first of these segments or of all; None where nothing holds.

    The columns have room for all reports, zero where nothing was kept, and are the caller's own to change.
    """
    base = read(store, name, by, segments, ())
    if base is None:
        return None
    later = read(store, _changes(name), by, segments, ("number", *columns))
    if later is not None and later.told["base"] != base.told["base"]:
        later = None
    total = sum(one.count for one in segments)

    def column(one: str) -> Ints | None:
        found = read(store, name, by, segments, (one,))
        if found is None or found.told != base.told:  # written anew since
            return None
        values = found.columns[one]
        made = np.zeros(total, dtype=values.dtype)
        made[: len(values)] = values
        if later is not None:
            made[later.columns["number"]] = later.columns[one]  # all that came since are among them
        return made

    # Decrypting and unpacking leave Python alone. One column a thread: no more than two lie there twice.
    with ThreadPoolExecutor(2) as pool:
        made = dict(zip(columns, pool.map(column, columns), strict=True))
    held = {name: values for name, values in made.items() if values is not None}
    if len(held) < len(columns):
        return None
    newest = later or base
    changed = later.columns["number"] if later is not None else base.changed
    return Derived(held, newest.count, newest.told, changed)


def save(
    store: ReportStore,
    name: str,
    by: str,
    segments: Sequence[Segment],
    columns: Callable[[Some], Columns],
    before: Derived | None = None,
    changed: Ints | None = None,
    **more: str,
) -> None:
    """Keep columns of all reports, which `columns` gives for some or all of them.

    `changed` are the numbers of reports that differ from those `before`, or are new.
    """
    said = {**more, **told(by, segments)}
    if before is not None and changed is not None:
        numbers = np.union1d(before.changed, changed).astype(np.int32)
        if len(numbers) * _SHARE < int(said["reports"]):
            said["base"] = before.told["base"]
            write(store, _changes(name), {"number": numbers, **columns(numbers)}, said)
            return
    write(store, name, columns(slice(None)), {**said, "base": secrets.token_hex(16)})
    store.vault.remove(_changes(name))


def told(by: str, segments: Sequence[Segment]) -> dict[str, str]:
    """What says of which reports a file is, and by which rule it was made."""
    return {"mark": by, "of": chain(segments), "reports": str(sum(one.count for one in segments))}


def write(store: ReportStore, name: str, columns: Columns, said: Mapping[str, str]) -> None:
    """Write one file with what is told of it."""
    store.vault.write(name, pa.table(columns).replace_schema_metadata(dict(said)), compression="lz4")


def read(
    store: ReportStore, name: str, by: str, segments: Sequence[Segment], columns: Sequence[str]
) -> Derived | None:
    """One file, where it was made by this rule from the first of these segments, or from all."""
    if not store.vault.path(name).exists():
        return None
    try:
        table = store.vault.read(name, columns)
    except IntegrityError:  # why: it is made anew from the columns of the reports, which are checked there
        return None
    tells = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    if tells.get("mark") != by:
        return None
    mine = until(segments, int(tells.get("reports", -1)))
    if mine is None or tells.get("of") != chain(mine):
        return None
    held = {one: table.column(one).to_numpy() for one in columns}
    return Derived(held, int(tells["reports"]), tells, np.zeros(0, dtype=np.int32))


def _changes(name: str) -> str:
    return f"{name}-changes"
