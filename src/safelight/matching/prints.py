"""PDQ hashes on their way from the signal's value to the store and to the lists."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
import sqlalchemy as sa

from safelight.matching.forms import Prints
from safelight.store.tables import pdq

_ROWS: Final = 10_000
"""Rows fetched at a time."""


class Print(NamedTuple):
    """One hash of a medium: its frame from 0, whether it is of what lies inside a border, its mirrored forms, and the
    second at which the frame is shown (None of what does not move)."""

    frame: int
    trimmed: bool
    hash: bytes
    quality: int
    mirrored: bytes | None
    position: float | None


def prints_of(value: Any) -> Iterator[Print]:
    """The hashes in a value of the signal `pdq` (None: there is none)."""
    for number, frame in enumerate(value or ()):
        yield _print(number, False, frame, frame["position"])
        if frame["trimmed"] is not None:
            yield _print(number, True, frame["trimmed"], frame["position"])


def _print(frame: int, trimmed: bool, told: Any, position: float | None) -> Print:
    mirrored = bytes.fromhex("".join(told["mirrored"])) if told["mirrored"] is not None else None
    return Print(frame, trimmed, bytes.fromhex(told["hash"]), int(told["quality"]), mirrored, position)


def rows_of(case_id: str, sha256: bytes, value: Any) -> list[dict[str, Any]]:
    """Rows of the table `pdq`."""
    return [{"case_id": case_id, "sha256": sha256, **one._asdict()} for one in prints_of(value)]


def asked(prints: list[tuple[int, Print]]) -> Prints:
    """What to ask lists for: hashes, each with the index of the item it is of."""
    prints = sorted(prints, key=lambda pair: (pair[0], pair[1].trimmed))  # as `of` does
    rows = [(owner, one.trimmed, one.hash, one.quality, one.mirrored) for owner, one in prints]
    positions = [math.nan if one.position is None else one.position for _, one in prints]
    return replace(Prints.of(rows), positions=np.array(positions, np.float64))


def of_case(connection: sa.Connection, case_id: str, least: int = 0) -> tuple[list[bytes], Prints, set[int]]:
    """The items of a case that have hashes of at least this quality, all of these, and which items have frames.

    Read as a stream into arrays: some 200 bytes a picture.
    """
    query = sa.select(pdq).where(pdq.c.case_id == case_id, pdq.c.quality >= least)
    items: list[bytes] = []
    films: set[int] = set()
    codes, mirrored = bytearray(), bytearray()
    qualities, turns, owners, trimmed = array("q"), array("b"), array("q"), array("b")
    positions = array("d")
    with connection.execute(
        query.order_by(pdq.c.sha256, pdq.c.frame, pdq.c.trimmed), execution_options={"yield_per": _ROWS}
    ) as rows:
        for row in rows:
            if not items or items[-1] != row.sha256:
                items.append(row.sha256)
            if row.frame:
                films.add(len(items) - 1)
            codes += row.hash
            mirrored += row.mirrored or bytes(96)
            qualities.append(row.quality)
            turns.append(row.mirrored is not None)
            owners.append(len(items) - 1)
            trimmed.append(row.trimmed)
            positions.append(math.nan if row.position is None else row.position)
    return (
        items,
        Prints(
            np.frombuffer(codes, np.uint8).reshape(-1, 32),
            np.array(qualities, np.int64),
            np.frombuffer(mirrored, np.uint8).reshape(-1, 96),
            np.array(turns, bool),
            np.array(owners, np.int64),
            np.array(trimmed, bool),
            np.array(positions, np.float64),
        ),
        films,
    )
