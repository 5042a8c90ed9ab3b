"""What lists state of sizes and names is kept with the list, and expects something of files that agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safelight.hashsets import hints
from safelight.hashsets.hints import Collector, expectation, name_key
from safelight.hashsets.protocol import Record
from safelight.hashsets.store import HashList, build


def _record(number: int, **facts: object) -> Record:
    return Record(str(number), {"md5": number.to_bytes(16, "big")}, facts=facts)


def _hints(folder: Path, *records: Record) -> HashList:
    build(iter([list(records)]), folder / "list")
    return HashList.open(folder / "list")


def test_sizes_and_names_that_entries_state_are_kept(tmp_path: Path) -> None:
    named = _record(
        1, size="51234", files=[{"name": "IMG_7.JPG"}, {"name": "C:\\x\\Beach.png"}, {"path": "/a"}]
    )
    known = _hints(tmp_path, named, _record(2, size=700_000), _record(3, size="many"), _record(4))
    sizes, names = known.hints()
    assert sizes.tolist() == [51_234, 700_000]
    assert set(names.tolist()) == {name_key("img_7.jpg"), name_key("beach.PNG")}


def test_a_file_that_agrees_in_both_is_expected_most(tmp_path: Path) -> None:
    known = _hints(tmp_path, _record(1, size=51_234, files=[{"name": "IMG_7.JPG"}]))
    expected = expectation([known.hints()])
    assert expected is not None
    both, name, size = expected(b"img_7.jpg", 51_234), expected(b"img_7.jpg", 9), expected(b"a.dat", 51_234)
    assert both > name == size > expected(b"a.dat", 9) == 0.0


def test_a_list_that_states_nothing_expects_nothing(tmp_path: Path) -> None:
    assert expectation([_hints(tmp_path, _record(1)).hints()]) is None
    assert expectation([]) is None


def test_so_many_sizes_that_one_says_hardly_anything_move_nothing_far() -> None:
    expected = expectation([(np.arange(1_024, 400_000, dtype=np.uint64), np.empty(0, np.uint64))])
    assert expected is not None
    assert expected(b"a.jpg", 5_000) == 0.5


def test_a_list_with_too_many_keeps_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "MOST", 3)
    collected = Collector()
    for number in range(10):
        collected.add(_record(number, size=10_000 + number))
    assert list(collected.parts()) == []


def test_names_are_not_readable_in_the_list(tmp_path: Path) -> None:
    _hints(tmp_path, _record(1, size=51_234, files=[{"name": "Telling-Name.jpg"}]))
    assert b"elling" not in (tmp_path / "list" / hints.NAMES).read_bytes()
