"""What was read in the words of reports: read once for each distinct text, kept encrypted, the most promising first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from safelight.reports.desk import words_told
from safelight.reports.desk.blocks import each_block
from safelight.reports.keep.letters import letters_number
from safelight.reports.keep.store import ReportStore, Segment
from safelight.reports.reading.situations import CODES
from safelight.reports.scoring.observe import day_of
from safelight.reports.scoring.told import Told, told
from safelight.reports.words import free_texts

if TYPE_CHECKING:
    from safelight.reports.reading.reader import Reader, Reading

UNREAD, NONE, FOREIGN = 255, 254, 253
"""In the column `danger`: not read yet; nothing to read; in a language that is not read here. Else percent x 2."""
_BATCH = 512
_KEPT_EVERY = 20 * _BATCH
"""Texts: so much is read again after a kill."""
_NAME = "state-texts"


@dataclass(frozen=True, slots=True)
class TextColumns:
    """What is known of texts, by the hash of the text, sorted: danger, language, a share for each situation."""

    key: npt.NDArray[np.uint64]
    danger: npt.NDArray[np.uint8]
    language: npt.NDArray[np.uint16]
    situations: npt.NDArray[np.uint8]
    """`(n, len(CODES))`, 255 is full."""
    told: Mapping[str, npt.NDArray[Any]]
    """Ages and times that are told: see `words_told`."""

    def of(self, key: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
        """Of each report: its text's danger, and where it stands here (-1: nowhere)."""
        danger = np.where(key == 0, np.uint8(NONE), np.uint8(UNREAD))
        at = np.full(len(key), -1, dtype=np.int32)

        def look(part: slice) -> None:
            some = np.flatnonzero(key[part])
            # In their order: each is looked up beside the one before, not all over millions of keys.
            order = np.argsort(key[part][some])
            some = some[order] + part.start
            wanted = key[some]
            place = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
            here = self.key[place] == wanted
            some, place = some[here], place[here]
            danger[some], at[some] = self.danger[place], place

        if len(self.key):
            each_block(look, len(key))
        return danger, at


def empty() -> TextColumns:
    """Nothing is read yet."""
    return TextColumns(
        np.zeros(0, np.uint64),
        np.zeros(0, np.uint8),
        np.zeros(0, np.uint16),
        np.zeros((0, len(CODES)), np.uint8),
        words_told.nothing(),
    )


def load(store: ReportStore, version: str) -> TextColumns:
    """What was read by this version of the reader; an older one's readings are read again."""
    if not store.vault.path(_NAME).exists():
        return empty()
    table = store.vault.read(_NAME)
    if (table.schema.metadata or {}).get(b"reader") != version.encode():
        return empty()
    columns = {name: table.column(name).to_numpy() for name in ("key", "danger", "language")}
    flat = np.stack([table.column(code).to_numpy() for code in CODES], axis=1) if table.num_rows else None
    return TextColumns(
        columns["key"],
        columns["danger"],
        columns["language"],
        flat if flat is not None else np.zeros((0, len(CODES)), np.uint8),
        {name: table.column(name).to_numpy() for name in words_told.COLUMNS},
    )


def save(store: ReportStore, columns: TextColumns, version: str) -> None:
    """Keep what was read."""
    table = pa.table(
        {
            "key": columns.key,
            "danger": columns.danger,
            "language": columns.language,
            **{
                code: np.ascontiguousarray(columns.situations[:, number]) for number, code in enumerate(CODES)
            },
            **columns.told,
        }
    )
    store.vault.write(_NAME, table.replace_schema_metadata({"reader": version}))


def read_on(
    store: ReportStore,
    segments: Sequence[Segment],
    known: TextColumns,
    wanted: npt.NDArray[np.intp],
    keys: npt.NDArray[np.uint64],
    reader: Reader,
    tell: Callable[[int, int], None],
) -> Iterator[TextColumns]:
    """Read the texts of `wanted` (report numbers, the most promising first); yields what is then known, to be kept.

    `keys` is the column `text` of all reports. Each distinct text is read once.
    """
    wanted = wanted[known.of(keys[wanted])[0] == UNREAD]
    firsts = np.sort(np.unique(keys[wanted], return_index=True)[1])
    todo: list[int] = wanted[firsts].tolist()
    hashes: list[int] = []
    read: list[Reading] = []
    tellings: list[Told] = []
    for begin in range(0, len(todo), _BATCH):
        numbers = sorted(todo[begin : begin + _BATCH])
        reports = [report for _, report in store.reports(segments, numbers)]
        now = datetime.now(UTC)
        hashes += [int(keys[number]) for number in numbers]
        readings = reader.read([free_texts(report) for report in reports])
        tellings += [
            told(one.weighed, day_of(report, now)) for one, report in zip(readings, reports, strict=True)
        ]
        read += [replace(one, weighed=()) for one in readings]  # hundreds of sentences each, at worst
        done = min(begin + _BATCH, len(todo))
        tell(done, len(todo))
        if len(hashes) >= _KEPT_EVERY or done == len(todo):  # all that is known is sorted anew: not too often
            known = _merged(known, hashes, read, tellings)
            hashes, read, tellings = [], [], []
            yield known


def _merged(
    known: TextColumns, keys: list[int], readings: Sequence[Reading], tellings: Sequence[Told]
) -> TextColumns:
    danger = np.array([danger_number(one) for one in readings], dtype=np.uint8)
    language = np.array([letters_number(one.language) for one in readings], dtype=np.uint16)
    situations = np.zeros((len(readings), len(CODES)), dtype=np.uint8)
    for row, one in enumerate(readings):
        for code, strength in one.situations.items():
            situations[row, CODES.index(code)] = round(min(1.0, max(0.0, strength)) * 255)
    key = np.concatenate([known.key, np.array(keys, dtype=np.uint64)])
    order = np.argsort(key, kind="stable")
    return TextColumns(
        key[order],
        np.concatenate([known.danger, danger])[order],
        np.concatenate([known.language, language])[order],
        np.concatenate([known.situations, situations])[order],
        {
            name: np.concatenate([known.told[name], more])[order]
            for name, more in words_told.columns(tellings).items()
        },
    )


def danger_number(reading: Reading) -> int:
    """The danger of a reading as the column holds it."""
    if reading.danger is None:
        return NONE if reading.read else FOREIGN
    return min(200, round(float(reading.danger) * 200))


def shares(danger: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Danger 0..1 of the column's numbers; what is not read is 0."""
    return np.where(danger <= 200, danger / np.float32(200), 0).astype(np.float32)
