"""The file of an index: opened at once, refused when it is not whole or of other codes, harmless when it lies."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from time import perf_counter

import numpy as np
import orjson
import pytest

from safelight.errors import IntegrityError
from safelight.matching.pdqindex import file
from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.errors import DamagedIndexError
from safelight.matching.pdqindex.file import write_index
from safelight.matching.pdqindex.index import PdqIndex
from tests.matching.pdqindex.made import asked, compared, listed, triples

CODES = listed(np.random.default_rng(1), 4000)
SOURCE = hashlib.sha256(CODES.tobytes()).hexdigest()
WANTED = asked(np.random.default_rng(2), CODES, 60)


@pytest.fixture
def path(loops: Kernels, tmp_path: Path) -> Path:
    write_index(tmp_path / "index", CODES, SOURCE, loops, 2)
    return tmp_path / "index"


def test_a_written_index_answers_like_comparing_everything(loops: Kernels, path: Path) -> None:
    index = PdqIndex.open(path, CODES, SOURCE, loops)
    index.verify(2)
    assert triples(index.search(WANTED, 31, 2)) == compared(CODES, WANTED, 31)
    assert [one.name for one in path.parent.iterdir()] == ["index"]


def test_the_same_codes_make_the_same_file(loops: Kernels, path: Path) -> None:
    write_index(path.with_name("again"), CODES, SOURCE, loops, 1)
    assert path.read_bytes() == path.with_name("again").read_bytes()


def test_opening_reads_only_the_head(loops: Kernels, path: Path) -> None:
    times = []
    for _ in range(20):
        started = perf_counter()
        PdqIndex.open(path, CODES, SOURCE, loops)
        times.append(perf_counter() - started)
    assert min(times) < 0.01


@pytest.mark.parametrize("size", [0, 7, 44, 1000, file._HEAD - 1, file._HEAD, 1 << 20, -4096, -1])
def test_a_truncated_file_is_refused(loops: Kernels, path: Path, size: int) -> None:
    os.truncate(path, size if size >= 0 else path.stat().st_size + size)
    with pytest.raises(DamagedIndexError):
        PdqIndex.open(path, CODES, SOURCE, loops)


def test_a_longer_file_is_refused(loops: Kernels, path: Path) -> None:
    with path.open("ab") as out:
        out.write(b"more")
    with pytest.raises(DamagedIndexError, match="not whole"):
        PdqIndex.open(path, CODES, SOURCE, loops)


def test_a_file_that_is_none_is_refused(loops: Kernels, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text " * 20_000)
    for name in ("text", "missing", "."):
        with pytest.raises(DamagedIndexError):
            PdqIndex.open(tmp_path / name, CODES, SOURCE, loops)


def test_an_index_of_other_codes_is_refused(loops: Kernels, path: Path) -> None:
    for codes, source in ((CODES, "00" * 32), (CODES[:-1], SOURCE)):
        with pytest.raises(DamagedIndexError, match="other codes"):
            PdqIndex.open(path, codes, source, loops)


@pytest.mark.parametrize("at", [3, 7, 9, 20, 50, 300])
def test_any_change_of_the_head_is_refused(loops: Kernels, path: Path, at: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    with pytest.raises(DamagedIndexError):
        PdqIndex.open(path, CODES, SOURCE, loops)


@pytest.mark.parametrize(
    "lie",
    [{"sections": []}, {"sections": [[0, 1 << 40, ""]]}, {"count": -1}, {"widths": [256]}, {"count": "many"}],
)
def test_a_head_that_lies_is_refused(loops: Kernels, path: Path, lie: dict[str, object]) -> None:
    raw = path.read_bytes()
    said = orjson.dumps(file._head(raw[: file._HEAD]) | lie)
    head = raw[:8] + len(said).to_bytes(4, "little") + hashlib.sha256(said).digest() + said
    path.write_bytes(head.ljust(file._HEAD, b"\0") + raw[file._HEAD :])
    with pytest.raises(DamagedIndexError):
        PdqIndex.open(path, CODES, SOURCE, loops)


@pytest.mark.parametrize("seed", range(6))
def test_tables_of_noise_neither_crash_nor_invent_and_are_found_out(
    loops: Kernels, path: Path, seed: int
) -> None:
    random = np.random.default_rng(seed)
    raw = bytearray(path.read_bytes())
    body = np.frombuffer(raw, np.uint8)[file._HEAD :]
    body[:] = (0, 255)[seed] if seed < 2 else random.integers(0, 256, len(body))
    path.write_bytes(raw)
    index = PdqIndex.open(path, CODES, SOURCE, loops)
    assert set(triples(index.search(WANTED[:3], 31, 2))) <= set(compared(CODES, WANTED[:3], 31))
    with pytest.raises(DamagedIndexError, match="altered"):
        index.verify(2)


def test_one_changed_bit_of_a_table_is_found_out(loops: Kernels, path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 4
    path.write_bytes(raw)
    with pytest.raises(DamagedIndexError, match="altered"):
        PdqIndex.open(path, CODES, SOURCE, loops).verify(2)


def test_changed_codes_are_found_out_and_are_not_the_indexs_fault(loops: Kernels, path: Path) -> None:
    codes = CODES.copy()
    codes[17, 3] ^= 1
    with pytest.raises(IntegrityError, match="were altered since") as raised:
        PdqIndex.open(path, codes, SOURCE, loops).verify(2)
    assert not isinstance(raised.value, DamagedIndexError)


def test_what_cannot_be_written_leaves_nothing_behind(
    loops: Kernels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file, "_write_all", full)
    with pytest.raises(OSError, match="No space"):
        write_index(tmp_path / "index", CODES, SOURCE, loops, 2)
    assert list(tmp_path.iterdir()) == []
