"""The index of a hash list: made with it, carried over to its update, made again where it is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safelight.errors import IntegrityError
from safelight.hashsets.protocol import DigestBlock, Record
from safelight.hashsets.store import HashList, build
from safelight.matching.hamming import HammingIndex
from safelight.matching.match import Matcher
from safelight.matching.pdqindex import lists
from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.index import PdqIndex
from safelight.matching.pdqindex.lists import BASE, DELTA, INDEX, index_list, open_index, opener
from safelight.matching.pdqindex.updated import UpdatedIndex
from safelight.model import HashSet, HashSetKind
from tests.matching.pdqindex.made import asked, compared, listed, triples

ROWS = listed(np.random.default_rng(1), 4000)


@pytest.fixture(autouse=True)
def few(loops: Kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "KEPT", 1000)


def made(folder: Path, rows: np.ndarray, previous: Path | None = None) -> HashList:
    build(iter([DigestBlock("pdq", rows.tobytes(), len(rows))]), folder)
    index_list(folder, previous)
    return HashList.open(folder)


def agrees(index: PdqIndex | UpdatedIndex, listed_: HashList) -> bool:
    wanted = asked(np.random.default_rng(2), ROWS, 80)
    return sorted(triples(index.search(wanted, 31, 2))) == compared(listed_.codes, wanted, 31)


def test_a_list_has_its_index_beside_it(loops: Kernels, tmp_path: Path) -> None:
    one = made(tmp_path / "list", ROWS)
    assert agrees(open_index(one, loops), one)
    opened = opener(one)
    assert opened is not None and isinstance(opened(loops), PdqIndex)
    HashList.open(tmp_path / "list").verify()


def test_a_short_list_has_none(tmp_path: Path) -> None:
    one = made(tmp_path / "list", ROWS[:900])
    assert opener(one) is None and not (tmp_path / "list" / INDEX).exists()


def test_an_update_carries_the_index_over_with_what_changed(loops: Kernels, tmp_path: Path) -> None:
    first = made(tmp_path / "first", ROWS)
    second = made(tmp_path / "second", np.delete(ROWS, [5, 900], axis=0), tmp_path / "first")
    third = made(tmp_path / "third", np.concatenate([ROWS[10:], ROWS[:4]]), tmp_path / "second")
    for one, kept in ((second, "second"), (third, "third")):
        assert (tmp_path / kept / INDEX).samefile(tmp_path / "first" / INDEX)
        index = open_index(one, loops)
        assert isinstance(index, UpdatedIndex) and agrees(index, one)
    same = made(tmp_path / "same", ROWS, tmp_path / "third")
    index = open_index(same, loops)
    assert isinstance(index, PdqIndex) and agrees(index, first) and not (tmp_path / "same" / BASE).exists()


def test_a_large_update_has_an_index_of_its_own(loops: Kernels, tmp_path: Path) -> None:
    made(tmp_path / "first", ROWS)
    second = made(tmp_path / "second", ROWS[100:], tmp_path / "first")
    assert not (tmp_path / "second" / DELTA).exists()
    assert agrees(open_index(second, loops), second)


@pytest.mark.parametrize("name", [INDEX, DELTA, BASE])
@pytest.mark.parametrize("damage", ["missing", "short", "noise"])
def test_a_damaged_index_is_made_again(loops: Kernels, tmp_path: Path, name: str, damage: str) -> None:
    made(tmp_path / "first", ROWS)
    second = made(tmp_path / "second", ROWS[2:], tmp_path / "first")
    path = tmp_path / "second" / name
    whole = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(whole[:-9] if damage == "short" else whole[:-9] + b"?" * 9)
    opened = opener(HashList.open(tmp_path / "second"))
    assert opened is not None
    index = opened(loops)
    assert index is not None and agrees(index, second)
    assert agrees(open_index(HashList.open(tmp_path / "second"), loops), second)


def test_altered_hashes_of_a_list_are_told(loops: Kernels, tmp_path: Path) -> None:
    made(tmp_path / "list", ROWS)
    path = tmp_path / "list" / "pdq.digests"
    raw = bytearray(path.read_bytes())
    raw[1000] ^= 1
    path.write_bytes(raw)
    opened = opener(HashList.open(tmp_path / "list"))
    assert opened is not None
    with pytest.raises(IntegrityError, match="altered since"):
        opened(loops)


def test_where_nothing_can_be_written_the_index_is_in_memory(
    loops: Kernels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(lists, "write_index", refused)
    one = made(tmp_path / "list", ROWS)
    assert not (tmp_path / "list" / INDEX).exists()
    opened = opener(one)
    assert opened is not None and opened(loops) is None
    index = HammingIndex(one.codes, opened, open_ns=0)
    monkeypatch.setattr("safelight.matching.hamming.SMALL", 0)
    wanted = asked(np.random.default_rng(2), ROWS, 80)
    assert triples([index.range_search(wanted)]) == compared(one.codes, wanted, 31)


def test_a_matcher_goes_by_the_index_once_enough_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.matching.hamming.SMALL", 100)
    block = [Record(f"e{number}", {"pdq": row.tobytes()}, "1", quality=90) for number, row in enumerate(ROWS)]
    build(iter([block]), tmp_path / "list")
    index_list(tmp_path / "list")
    hash_set = HashSet("H-1", "list", HashSetKind.KNOWN_ILLEGAL, "pdq", len(ROWS), "00")
    wanted = asked(np.random.default_rng(3), ROWS, 400)
    good = np.full(len(wanted), 100)
    many = Matcher([(hash_set, HashList.open(tmp_path / "list"))])
    few = Matcher([(hash_set, HashList.open(tmp_path / "list"))])
    by_index = many.near(wanted, good)
    assert isinstance(many._sets[0].hamming()._index, PdqIndex)
    one_by_one = [(at, match) for at in range(40) for _, match in few.near(wanted[at : at + 1], good[:1])]
    assert few._sets[0].hamming()._index is None
    assert [pair for pair in by_index if pair[0] < 40] == one_by_one
