"""What was read in the words of reports: read once for each distinct text, kept encrypted, the most promising first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from safelight.reports.keep.letters import letters_number
from safelight.reports.keep.store import ReportStore, Segment
from safelight.reports.reading.situations import CODES
from safelight.reports.words import free_texts

if TYPE_CHECKING:
    from safelight.reports.reading.reader import Reader, Reading

UNREAD, NONE, FOREIGN = 255, 254, 253
"""In the column `danger`: not read yet; nothing to read; in a language that is not read here. Else percent x 2."""
_BATCH = 512
_NAME = "state-texts"


@dataclass(frozen=True, slots=True)
class TextColumns:
    """What is known of texts, by the hash of the text, sorted: danger, language, a share for each situation."""

    key: npt.NDArray[np.uint64]
    danger: npt.NDArray[np.uint8]
    language: npt.NDArray[np.uint16]
    situations: npt.NDArray[np.uint8]
    """`(n, len(CODES))`, 255 is full."""

    def of(self, key: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.intp]]:
        """Of each report: its text's danger, and where it stands here (-1: nowhere)."""
        if not len(self.key):
            return np.where(key == 0, NONE, UNREAD).astype(np.uint8), np.full(len(key), -1, dtype=np.intp)
        at = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        found = self.key[at] == key
        danger = np.where(found, self.danger[at], UNREAD)
        danger[key == 0] = NONE
        return danger.astype(np.uint8), np.where(found & (key != 0), at, -1)


def empty() -> TextColumns:
    """Nothing is read yet."""
    return TextColumns(
        np.zeros(0, np.uint64),
        np.zeros(0, np.uint8),
        np.zeros(0, np.uint16),
        np.zeros((0, len(CODES)), np.uint8),
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
    """Read the texts of `wanted` (report numbers, the most promising first); yields what is known after each batch.

    `keys` is the column `text` of all reports. Each distinct text is read once.
    """
    seen = set(known.key.tolist())
    todo: list[int] = []
    for number in wanted.tolist():
        key = int(keys[number])
        if key and key not in seen:
            seen.add(key)
            todo.append(number)
    for begin in range(0, len(todo), _BATCH):
        numbers = sorted(todo[begin : begin + _BATCH])
        reports = [report for _, report in store.reports(segments, numbers)]
        readings = reader.read([free_texts(report) for report in reports])
        known = _merged(known, [int(keys[number]) for number in numbers], readings)
        tell(min(begin + _BATCH, len(todo)), len(todo))
        yield known


def _merged(known: TextColumns, keys: list[int], readings: Sequence[Reading]) -> TextColumns:
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
    )


def danger_number(reading: Reading) -> int:
    """The danger of a reading as the column holds it."""
    if reading.danger is None:
        return NONE if reading.read else FOREIGN
    return min(200, round(float(reading.danger) * 200))


def shares(danger: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Danger 0..1 of the column's numbers; what is not read is 0."""
    return np.where(danger <= 200, danger / np.float32(200), 0).astype(np.float32)
