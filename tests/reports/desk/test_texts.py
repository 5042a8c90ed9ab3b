"""What was read of texts is found again for every report that bears the text, however many there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from safelight.reports.desk import blocks, texts


@pytest.mark.parametrize("block", [7, 1 << 18])
def test_a_report_has_the_danger_of_its_text(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_BLOCK", block)
    random = np.random.default_rng(1)
    known = np.unique(random.integers(1, 200, 60, dtype=np.uint64))
    columns = replace(texts.empty(), key=known, danger=np.arange(len(known), dtype=np.uint8))
    keys = random.integers(0, 200, 300, dtype=np.uint64)
    danger, at = columns.of(keys)
    place = {int(key): number for number, key in enumerate(known.tolist())}
    assert at.tolist() == [place.get(key, -1) for key in keys.tolist()]
    assert danger.tolist() == [
        texts.NONE if key == 0 else place.get(key, texts.UNREAD) for key in keys.tolist()
    ]


def test_before_anything_is_read_every_text_is_unread() -> None:
    danger, at = texts.empty().of(np.array([0, 5], dtype=np.uint64))
    assert danger.tolist() == [texts.NONE, texts.UNREAD] and at.tolist() == [-1, -1]
