"""What linking found, kept in the vault: links, and which identifiers are too common to link anybody."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.keep import derived
from safelight.reports.keep.derived import Derived
from safelight.reports.keep.store import ReportStore, Segment
from safelight.reports.keep.vault import Columns
from safelight.reports.linking import common
from safelight.reports.linking.common import TooCommon
from safelight.reports.linking.strengths import strengths

NAME, COMMON = "state-links", "state-links-common"
_VERSION = "3"
MOST_SENDERS = 0x7FFF
"""More are not counted: the bit beside them says `child`."""
Ints = npt.NDArray[Any]
_COLUMNS = ("certain", "probable", "raw", "people")


@dataclass(frozen=True, slots=True)
class Links:
    """By report number: labels of clusters at both scales, `raw` before too large ones were taken apart.

    `others` is how often the same reported person is named by other senders or on other days, `senders` by how many
    other senders, `child` whether an account of it is a child's in some report.
    """

    certain: Ints
    probable: Ints
    raw: Ints
    others: Ints
    senders: Ints
    child: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.certain)


@dataclass(frozen=True, slots=True)
class Kept:
    """Links without people's cuts, the pairs that people had joined then, and identifiers too common to link.

    Of the reports the first `count` are linked; those that came since are alone. `changed` are those whose links
    differ from `before`, which was read (None: nothing was).
    """

    links: Links
    count: int
    join: frozenset[tuple[int, int]]
    common: TooCommon
    before: Derived | None = None
    changed: Ints | None = None


def mark(pairs_mark: str) -> str:
    """What the kept links depend on besides the reports and what people joined."""
    table = strengths()
    digest = hashlib.sha256(_VERSION.encode())
    for one in (table.strength, table.certain, table.probable):
        digest.update(one.tobytes())
    said = [pairs_mark, table.a_voice, table.largest_certain, table.largest_probable]
    digest.update(repr(said).encode())
    return digest.hexdigest()


def load(store: ReportStore, segments: Sequence[Segment], by: str) -> Kept | None:
    """What was kept of the first of these segments, or of all; None where there is nothing that holds."""
    found = derived.load(store, NAME, by, segments, _COLUMNS)
    if found is None:
        return None
    noted = derived.read(store, COMMON, by, segments, common.NAMES)
    too_common = common.nothing()
    if noted is not None and noted.told["of"] == found.told["of"]:
        too_common = TooCommon(*(noted.columns[name] for name in common.NAMES))
    join = frozenset((a, b) for a, b in json.loads(found.told["join"]))
    return Kept(_unpacked(found.columns), found.count, join, too_common, found)


def save(store: ReportStore, segments: Sequence[Segment], by: str, kept: Kept) -> None:
    """Keep links. What is too common comes first: left alone after a kill it does not fit, and is passed over."""
    told = derived.told(by, segments)
    derived.write(store, COMMON, {name: getattr(kept.common, name) for name in common.NAMES}, told)
    join = json.dumps(sorted(kept.join))
    derived.save(
        store,
        NAME,
        by,
        segments,
        lambda some: _packed(kept.links, some),
        kept.before,
        kept.changed,
        join=join,
    )


def _packed(links: Links, some: derived.Some) -> Columns:
    """Mostly zeros, which need little room: how far each label lies before the next narrower one's, or the report."""
    number = np.arange(len(links), dtype=np.int32)[some]
    labels = (number, links.certain[some], links.probable[some], links.raw[some])
    steps = {name: a - b for name, a, b in zip(_COLUMNS, labels, labels[1:], strict=False)}
    people = links.others[some].astype(np.uint32) << np.uint32(16) | links.senders[some].astype(np.uint32)
    people |= links.child[some].astype(np.uint32) << np.uint32(15)
    return {**steps, "people": people}


def _unpacked(columns: Columns) -> Links:
    """Reports of which nothing was kept are alone."""
    certain, probable, raw, people = (columns[name] for name in _COLUMNS)
    np.subtract(np.arange(len(certain), dtype=np.int32), certain, out=certain)
    np.subtract(certain, probable, out=probable)
    np.subtract(probable, raw, out=raw)
    others, child = (people >> np.uint32(16)).astype(np.uint16), (people >> np.uint32(15) & 1).astype(bool)
    return Links(certain, probable, raw, others, (people & MOST_SENDERS).astype(np.uint16), child)
