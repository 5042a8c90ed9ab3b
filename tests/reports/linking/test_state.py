"""New reports are linked into what was kept, and the outcome is that of linking everything from the beginning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safelight.reports.keep.columns import KINDS, LINK_COLUMNS, NONE, ROLES
from safelight.reports.keep.store import ReportStore, Segment, newest
from safelight.reports.linking.clusters import Edits
from safelight.reports.linking.state import World, anew, bring_up
from safelight.reports.report import Kind, Role
from safelight.store.keys import Sealer

SIZE = 400
MIXED = (Kind.ACCOUNT, Kind.EMAIL, Kind.DEVICE, Kind.IP, Kind.MD5, Kind.GROUP)


def world(folder: Path, segments: int, seed: int) -> World:
    """Reports in segments of random identifiers, some common and most rare; some reports replace earlier ones."""
    store = ReportStore(folder, "C-1", Sealer(b"k" * 32))
    replaces, made = [], []
    for number in range(segments):
        random = np.random.default_rng([seed, number])
        first, mentions = number * SIZE, SIZE * 4
        kind = random.integers(0, len(MIXED), mentions)
        key = (random.zipf(1.3, mentions).clip(max=3000) * len(MIXED) + kind).astype(np.uint64)
        columns = {
            "row": np.sort(random.integers(0, SIZE, mentions)),
            "kind": np.array([KINDS.index(one) for one in MIXED])[kind],
            "role": random.choice([ROLES.index(Role.REPORTED), ROLES.index(Role.VICTIM)], mentions),
            "weak": random.random(mentions) < 0.1,
            "key": key * np.uint64(0x9E3779B97F4A7C15),
        }
        store.vault.write(
            f"{number:06d}-links",
            {name: values.astype(LINK_COLUMNS[name]) for name, values in columns.items()},
        )
        before = np.full(SIZE, NONE, dtype=np.uint32)
        if first:
            before[:5] = random.choice(first, 5, replace=False)
        store.vault.write(f"{number:06d}-rows", {"replaces": before})
        replaces.append(before)
        made.append(Segment(number, first, SIZE))
    random = np.random.default_rng(seed)
    sender = random.integers(0, 12, segments * SIZE).astype(np.int32)
    return World(store, made, newest(np.concatenate(replaces)), sender, sender.astype(np.int64), Edits())


@pytest.mark.parametrize("seed", range(4))
def test_what_grew_is_what_would_have_been_linked_at_once(tmp_path: Path, seed: int) -> None:
    for segments in range(1, 6):
        now = world(tmp_path, segments, seed)
        grown, whole = bring_up(now), anew(now)
        for name in ("certain", "probable", "raw", "others", "senders"):
            mine, theirs = getattr(grown, name)[now.current], getattr(whole, name)[now.current]
            assert np.array_equal(mine, theirs), (segments, name)


def test_what_was_linked_is_taken_from_what_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bring_up(world(tmp_path, 2, 1))
    monkeypatch.setattr("safelight.reports.linking.state.anew", None)
    again = bring_up(world(tmp_path, 2, 1))
    assert np.array_equal(first.certain, again.certain)
