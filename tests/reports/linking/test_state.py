"""New reports are linked into what was kept, and the outcome is that of linking everything from the beginning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.reports.keep import derived
from safelight.reports.keep.columns import KINDS, LINK_COLUMNS, NONE, ROLES
from safelight.reports.keep.store import ReportStore, Segment, newest, row_and_meta
from safelight.reports.linking.clusters import Edits
from safelight.reports.linking.kept import COMMON
from safelight.reports.linking.mentions import Stated
from safelight.reports.linking.state import anew, bring_up, distinct_of
from safelight.reports.linking.world import Stock, World
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
        store.write_links(
            number, {name: values.astype(LINK_COLUMNS[name]) for name, values in columns.items()}
        )
        before = np.full(SIZE, NONE, dtype=np.uint32)
        if first:
            before[:5] = random.choice(first, 5, replace=False)
        store.vault.write(f"{number:06d}-rows", {"replaces": before})
        replaces.append(before)
        made.append(Segment(number, first, SIZE))
    random = np.random.default_rng(seed)
    sender = random.integers(0, 12, segments * SIZE).astype(np.int32)
    current, protected = (
        newest(np.concatenate(replaces)),
        np.random.default_rng([seed, 99]).random(len(sender)) < 0.05,
    )
    return World(store, made, current, sender, sender.astype(np.int64), Edits(), protected)


@pytest.mark.parametrize("share", [1, 16])
@pytest.mark.parametrize("seed", range(4))
def test_what_grew_is_what_would_have_been_linked_at_once(
    tmp_path: Path, seed: int, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derived, "_SHARE", share)
    for segments in range(1, 6):
        now = world(tmp_path, segments, seed)
        grown, whole = bring_up(now), anew(now)
        for name in ("certain", "probable", "raw", "others", "senders", "child"):
            mine, theirs = getattr(grown, name)[now.current], getattr(whole, name)[now.current]
            assert np.array_equal(mine, theirs), (segments, name)


def test_what_was_linked_is_taken_from_what_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bring_up(world(tmp_path, 2, 1))
    monkeypatch.setattr("safelight.reports.linking.state._from_the_beginning", None)
    again = bring_up(world(tmp_path, 2, 1))
    assert np.array_equal(first.certain, again.certain)


def test_identifiers_noted_as_too_common_are_not_gone_through_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []
    mentions = Stock.mentions

    def watched(stock: Stock, keys: Any, **more: Any) -> Stated:
        made = mentions(stock, keys, **more)
        found.append(len(made.key))
        return made

    def grown(folder: Path, forget: bool) -> int:
        bring_up(world(folder, 4, 1))
        now = world(folder, 5, 1)
        if forget:
            now.store.vault.remove(COMMON)
        found.clear()
        bring_up(now)
        return sum(found)

    monkeypatch.setattr(Stock, "mentions", watched)
    assert grown(tmp_path / "noted", False) < grown(tmp_path / "forgotten", True) * 0.9


def test_segments_of_before_identifiers_were_one_number_are_read_as_they_are(tmp_path: Path) -> None:
    now = world(tmp_path, 1, 1)
    expected = anew(now)
    key, said = now.store.links(now.segments[0])
    row, about = row_and_meta(said)
    columns = {"row": row, "kind": about >> 4, "role": about >> 1 & 7, "weak": about & 1}
    now.store.vault.write("000000-links", {"key": key, **columns})
    assert np.array_equal(now.store.links(now.segments[0])[1], said)
    assert np.array_equal(anew(now).probable, expected.probable)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3)), max_size=60))
def test_different_values_of_a_group_are_counted_once(pairs: list[tuple[int, int]]) -> None:
    pairs = sorted(pairs, key=lambda pair: pair[0])
    group, by = (np.array([pair[at] for pair in pairs], dtype=np.int64) for at in (0, 1))
    counts = distinct_of(group, by)
    assert {one: int(counts[one]) for one in set(group.tolist())} == {
        one: len({value for number, value in pairs if number == one}) for one in set(group.tolist())
    }
