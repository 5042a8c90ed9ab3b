"""The columns of all reports that ranking goes by: some are kept together, so that not every segment is opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from safelight.reports.keep import derived
from safelight.reports.keep.columns import ROW_COLUMNS
from safelight.reports.keep.derived import Derived
from safelight.reports.keep.store import ReportStore, Segment
from safelight.reports.linking.mentions import distinct
from safelight.reports.linking.sieve import Sieve

NAME, SENDERS = "state-rows", "state-rows-senders"
TIMES = ("received", "taken_in", "connected")
KEPT = (*TIMES, "replaces", "country", "text", "f_victim-account", "sender")
"""Columns that every ranking goes by."""
_VERSION = f"1 {' '.join(KEPT)}"
Ints = npt.NDArray[Any]


class Columns(dict[str, Ints]):
    """The columns that are held whole, each read when it is first asked for; senders numbered from 0."""

    def __init__(self, store: ReportStore, segments: Sequence[Segment]) -> None:
        super().__init__()
        self._store, self._segments = store, segments
        self._times: dict[str, Ints] = {}

    def __missing__(self, name: str) -> Ints:
        if name in TIMES:
            self[name] = self.times(name).astype(np.int64)
        elif name in KEPT:
            self._bring_up()
        else:
            self.update(self._store.rows(self._segments, [name]))
        return self[name]

    def times(self, name: str) -> Ints:
        """A column of times in seconds since 1970, in half the room where that is enough: unsigned then."""
        if name not in self._times:
            self._bring_up()
        return self._times[name]

    def _bring_up(self) -> None:
        columns = bring_up(self._store, self._segments)
        self._times = {name: columns.pop(name) for name in TIMES}
        self.update(columns)

    def newest(self, keys: Iterable[int]) -> dict[int, int]:
        """The newest number of each of some reports, by their keys; those that are not there are left out."""
        wanted = distinct(np.array(list(keys), dtype=np.uint64))
        if not len(wanted):
            return {}
        numbers = Sieve(wanted)(self["key"])
        return dict(zip(self["key"][numbers].tolist(), numbers.tolist(), strict=True))  # the last one holds


def bring_up(store: ReportStore, segments: Sequence[Segment]) -> dict[str, Ints]:
    """The columns `KEPT` of all reports: what was kept, with those of new segments."""
    before, senders = _load(store, segments)
    old = before.count if before is not None else 0
    new = [one for one in segments if one.first >= old]
    if before is not None and not new:
        return before.columns
    parts = store.each(lambda one: store.rows_of(one, KEPT), new)
    more = {
        name: np.concatenate([np.zeros(0, ROW_COLUMNS[name]), *(one[name] for one in parts)]) for name in KEPT
    }
    # The known ones go first, so that each keeps its number.
    encoded = pa.array(np.append(senders, more["sender"])).dictionary_encode()
    more["sender"] = encoded.indices.to_numpy()[len(senders) :].astype(np.int32)
    for name in TIMES:
        more[name] = _small(more[name])
    made = more
    if before is not None:
        made = before.columns
        for name in KEPT:
            if more[name].itemsize > made[name].itemsize:  # times that need more room than those before
                made[name], before = made[name].astype(np.int64), None
            made[name][old:] = more[name]
    _save(store, segments, made, encoded.dictionary.to_numpy(), before)
    return made


def _load(store: ReportStore, segments: Sequence[Segment]) -> tuple[Derived | None, Ints]:
    nobody = np.zeros(0, dtype=np.uint64)
    before = derived.load(store, NAME, _VERSION, segments, KEPT)
    senders = derived.read(store, SENDERS, _VERSION, segments, ("sender",))
    if before is None or senders is None or senders.told["of"] != before.told["of"]:
        return None, nobody
    return before, senders.columns["sender"]


def _save(
    store: ReportStore,
    segments: Sequence[Segment],
    made: dict[str, Ints],
    senders: Ints,
    before: Derived | None,
) -> None:
    """Keep them. Senders come first: left alone after a kill they do not fit, and all is made anew."""
    derived.write(store, SENDERS, {"sender": senders}, derived.told(_VERSION, segments))
    changed = np.arange(before.count, len(made["received"])) if before is not None else None
    derived.save(
        store,
        NAME,
        _VERSION,
        segments,
        lambda some: {name: made[name][some] for name in KEPT},
        before,
        changed,
    )


def _small(seconds: Ints) -> Ints:
    fits = not len(seconds) or (seconds.min() >= 0 and seconds.max() < 1 << 32)
    return seconds.astype(np.uint32) if fits else seconds
