"""A list in its memory-mapped form: what goes in is found, whole or not at all, sealed where it should be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.errors import FormatError, IntegrityError, KeyMissingError
from safelight.hashsets import building, runs
from safelight.hashsets.csv_ import CsvList
from safelight.hashsets.digests import WIDTH
from safelight.hashsets.hexlist import HexList
from safelight.hashsets.icse import IcseList
from safelight.hashsets.ncmec import NcmecList
from safelight.hashsets.nsrl import Nsrl
from safelight.hashsets.pdqlist import PdqList
from safelight.hashsets.protocol import Block, DigestBlock, ListReader, ReadOptions, Record, Rejected
from safelight.hashsets.store import HashList, build
from safelight.hashsets.vics import Vics
from safelight.progress import Progressed

from .lists import digest, vics
from .test_icse import HEADER as ICSE


def rows(*digests: bytes) -> np.ndarray:
    return np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), -1)


def made(tmp_path: Path, *blocks: Block) -> HashList:
    build(iter(blocks), tmp_path / "set")
    return HashList.open(tmp_path / "set")


def ids(listed: HashList, algorithm: str, *digests: bytes) -> list[list[str]]:
    """The entry ids of each digest."""
    found: list[list[str]] = [[] for _ in digests]
    for index, number in zip(*listed.lookup(algorithm, rows(*digests)), strict=True):
        found[index].append(listed.entry(int(number)).id)
    return found


RECORD = Record("7", {"md5": digest("md5", 1), "pdq": digest("pdq", 1)}, "2", {"series": "Lake"}, quality=60)


def test_plain_digests_are_found_and_their_id_is_their_hex_form(tmp_path: Path) -> None:
    packed = b"".join(digest("sha1", n) for n in range(100))
    listed = made(tmp_path, DigestBlock("sha1", packed, 100), DigestBlock("md5", digest("md5", 1), 1))
    assert ids(listed, "sha1", digest("sha1", 5), digest("sha1", 200), digest("sha1", 99)) == [
        [digest("sha1", 5).hex()],
        [],
        [digest("sha1", 99).hex()],
    ]
    assert ids(listed, "md5", digest("md5", 1)) == [[digest("md5", 1).hex()]]
    assert ids(listed, "sha256", digest("sha256", 1)) == [[]]
    assert (len(listed), listed.algorithms) == (101, ("md5", "sha1"))


def test_an_entry_keeps_its_id_category_digests_quality_and_facts(tmp_path: Path) -> None:
    listed = made(tmp_path, [RECORD, Record(None, {"md5": digest("md5", 2), "sha1": digest("sha1", 2)})])
    (index,), (number,) = listed.lookup("pdq", rows(digest("pdq", 1)))
    entry = listed.entry(int(number))
    assert (index, entry.id, entry.category, entry.quality) == (0, "7", "2", 60)
    assert entry.digests == RECORD.digests
    assert listed.facts(int(number)) == {"series": "Lake"}
    assert listed.qualities(np.array([0, 1])).tolist() == [60, -1]
    assert ids(listed, "md5", digest("md5", 2)) == [[digest("sha1", 2).hex()]]


def test_every_entry_of_a_repeated_digest_is_found(tmp_path: Path) -> None:
    same = {"md5": digest("md5", 1)}
    block = [Record("1", same), Record("2", same, "A"), Record("2", same, "A"), Record(None, same)]
    listed = made(tmp_path, block, DigestBlock("md5", digest("md5", 1) * 3, 3))
    assert sorted(ids(listed, "md5", digest("md5", 1), digest("md5", 1))[1]) == [
        "1",
        "2",
        "2",
        digest("md5", 1).hex(),
    ]
    assert listed.added == 4
    assert listed.records == 7


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(WIDTH)), st.binary(min_size=1, max_size=2), st.integers(0, 3)),
        min_size=1,
        max_size=40,
    ),
    st.integers(0, 1),
)
def test_look_up_agrees_with_a_dictionary(
    tmp_path: Path, pairs: list[tuple[str, bytes, int]], short: int
) -> None:
    def stretched(algorithm: str, seed: bytes) -> bytes:
        fill = WIDTH[algorithm] - len(seed)
        return bytes(fill) + seed if short else seed + bytes(fill)

    want: dict[tuple[str, bytes], set[str]] = {}
    block: list[Record | Rejected] = []
    for algorithm, seed, name in pairs:
        block.append(Record(str(name), {algorithm: stretched(algorithm, seed)}))
        want.setdefault((algorithm, stretched(algorithm, seed)), set()).add(str(name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "RUN_BYTES", 200)
        patch.setattr(runs, "MERGE_BYTES", 100)
        patch.setattr(building, "PAGE", 1024)
        build(iter([block]), tmp_path / "set")
    listed = HashList.open(tmp_path / "set")
    for algorithm in WIDTH:
        asked = [stretched(algorithm, bytes([n])) for n in range(256)]
        asked += [key for name, key in want if name == algorithm]
        found = ids(listed, algorithm, *asked)
        assert [set(names) for names in found] == [want.get((algorithm, one), set()) for one in asked]
    listed.verify()


def test_a_look_up_gives_its_pages_back_and_still_finds_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.hashsets.store._RESIDENT", 1)
    packed = b"".join(digest("md5", n) for n in range(3000))
    listed = made(tmp_path, DigestBlock("md5", packed, 3000))
    asked = rows(*(digest("md5", n) for n in range(2900, 3100)))
    indexes, numbers = listed.lookup("md5", asked)
    assert indexes.tolist() == list(range(100))
    assert all(
        listed.entry(int(n)).digests["md5"] == asked[i].tobytes()
        for i, n in zip(indexes, numbers, strict=True)
    )


def test_entries_beyond_one_page_keep_their_facts(tmp_path: Path) -> None:
    block: list[Record | Rejected] = [
        Record(str(n), {"md5": digest("md5", n)}, None, {"n": n} if n % 7 == 0 else {}) for n in range(2500)
    ]
    listed = made(tmp_path, block, [Record("late", {"sha256": digest("sha256", 1)}, None, {"n": "late"})])
    assert listed.facts(2498) == {} and listed.facts(1400) == {"n": 1400}
    assert listed.entry(2500).digests == {"sha256": digest("sha256", 1)}
    assert listed.entry(2400).digests == {"md5": digest("md5", 2400)}
    told = list(listed.everything())
    assert [entry.id for entry, _ in told] == [*map(str, range(2500)), "late"]
    assert [facts for _, facts in told if facts][-1] == {"n": "late"}


def test_facts_are_sealed_and_nothing_of_them_lies_in_clear(tmp_path: Path) -> None:
    def swap(page: bytes) -> bytes:
        return bytes(byte ^ 0x5A for byte in page)

    build(iter([[RECORD]]), tmp_path / "set", seal=swap)
    with pytest.raises(KeyMissingError):
        HashList.open(tmp_path / "set").facts(0)
    assert HashList.open(tmp_path / "set").entry(0).id == "7"
    assert HashList.open(tmp_path / "set", unseal=swap).facts(0) == {"series": "Lake"}
    assert not any(b"Lake" in part.read_bytes() for part in (tmp_path / "set").iterdir())
    with pytest.raises(IntegrityError):
        HashList.open(tmp_path / "set", unseal=lambda page: page).facts(0)


def test_what_is_refused_is_counted_and_the_first_thousand_kept(tmp_path: Path) -> None:
    refused: list[Record | Rejected] = [Rejected(n, "no") for n in range(1500)]
    report = build(iter([[RECORD, Rejected(1, "a part", kept=True)], refused]), tmp_path / "set")
    assert (report.records, report.added, report.rejected_count) == (1501, 1, 1501)
    assert len(report.rejected) == 1000


@pytest.mark.parametrize(
    "record",
    [
        Record("1", {}),
        Record("1", {"md5": b"short"}),
        Record("1", {"crc": b"1234"}),
        Record("x" * 300, {"md5": digest("md5", 1)}),
        Record("1", {"md5": digest("md5", 1)}, "c" * 300),
    ],
)
def test_a_record_that_cannot_be_held_is_refused(tmp_path: Path, record: Record) -> None:
    report = build(iter([[RECORD, record]]), tmp_path / "set")
    assert (report.records, report.added, report.rejected_count) == (2, 1, 1)


def test_facts_that_cannot_be_held_are_named_and_the_others_kept(tmp_path: Path) -> None:
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    facts = {"files": "x" * 100_000, "tags": deep, "comments": "\ud800", "size": 10**30, "series": "Lake"}
    listed = made(tmp_path, [Record("1", {"md5": digest("md5", 1)}, None, facts)])
    assert listed.facts(0) == {"series": "Lake", "not_kept": ["tags", "comments", "size", "files"]}


def test_a_list_of_which_nothing_is_usable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="Nothing in the list is usable"):
        build(iter([[Rejected(3, "rubbish")]]), tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


EMPTY: dict[str, tuple[ListReader, bytes]] = {
    "no byte": (HexList(), b""),
    "only comments": (HexList(), b"# nothing\n\n"),
    "no row": (CsvList(), b""),
    "only a header": (CsvList(), b"md5,id\n"),
    "only the ICSE header": (IcseList(), ICSE.encode() + b"\n"),
    "no PDQ": (PdqList(), b"# nothing\n"),
    "no NSRL row": (Nsrl(), b'"SHA-1","MD5","FileName"\r\n'),
    "no medium": (Vics(), vics([]).encode()),
    "no image": (NcmecList(), b'<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"/>'),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_list_is_an_error_and_the_old_set_stays(tmp_path: Path, name: str) -> None:
    reader, data = EMPTY[name]
    made(tmp_path, [RECORD])
    (tmp_path / "list").write_bytes(data)
    with pytest.raises(FormatError, match="holds no digest") as caught:
        build(reader.read(tmp_path / "list", ReadOptions()), tmp_path / "set")
    assert "hashset remove" in caught.value.hint
    assert ids(HashList.open(tmp_path / "set"), "md5", digest("md5", 1)) == [["7"]]


def test_progress_is_told_after_each_block(tmp_path: Path) -> None:
    told: list[Progressed] = []
    build(iter([[RECORD], [RECORD, Rejected(3, "no")]]), tmp_path / "set", progress=told.append)
    assert [(one.done, one.unreadable) for one in told] == [(1, 0), (3, 1)]


def broken() -> Iterator[Block]:
    yield DigestBlock("md5", digest("md5", 2), 1)
    raise FormatError("It is cut off.")


def test_a_broken_file_leaves_the_old_set_and_nothing_else(tmp_path: Path) -> None:
    made(tmp_path, [RECORD])
    with pytest.raises(FormatError, match="cut off"):
        build(broken(), tmp_path / "set")
    assert [path.name for path in tmp_path.iterdir()] == ["set"]
    assert ids(HashList.open(tmp_path / "set"), "md5", digest("md5", 1)) == [["7"]]


def test_a_new_set_takes_the_place_of_the_old_one_which_stays_readable_while_open(tmp_path: Path) -> None:
    old = made(tmp_path, [RECORD])
    assert ids(old, "md5", digest("md5", 1)) == [["7"]]
    new = made(tmp_path, [Record("8", {"md5": digest("md5", 1)})])
    assert ids(new, "md5", digest("md5", 1)) == [["8"]]
    assert ids(old, "md5", digest("md5", 1)) == [["7"]]
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_an_import_killed_in_the_middle_leaves_the_old_set(tmp_path: Path) -> None:
    made(tmp_path, [RECORD])
    code = """
        import sys, time
        from pathlib import Path
        from safelight.hashsets.protocol import DigestBlock
        from safelight.hashsets.store import build
        def blocks():
            yield DigestBlock("md5", bytes(16), 1)
            print("begun", flush=True)
            time.sleep(60)
        build(blocks(), Path(sys.argv[1]))
    """
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "set")], stdout=subprocess.PIPE
    )
    assert child.stdout is not None and child.stdout.readline() == b"begun\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert ids(HashList.open(tmp_path / "set"), "md5", digest("md5", 1)) == [["7"]]
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".partial")] == ["set"]


def test_what_is_no_list_or_not_whole_is_said(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no hash list"):
        HashList.open(tmp_path)
    made(tmp_path, [RECORD])
    part = tmp_path / "set" / "md5.digests"
    whole = part.read_bytes()
    part.write_bytes(whole[:-1])
    with pytest.raises(IntegrityError, match=r"md5\.digests"):
        HashList.open(tmp_path / "set")
    part.write_bytes(whole[:-1] + b"\0")
    with pytest.raises(IntegrityError, match="altered"):
        HashList.open(tmp_path / "set").verify()
    (tmp_path / "set" / "manifest.json").write_bytes(b'{"version":99}')
    with pytest.raises(FormatError):
        HashList.open(tmp_path / "set")


@pytest.mark.parametrize("number", [-1, 2, 10**12])
def test_a_number_that_is_not_there_is_an_index_error(tmp_path: Path, number: int) -> None:
    listed = made(tmp_path, [RECORD])
    with pytest.raises(IndexError):
        listed.entry(number + (number > 0))


def test_building_a_large_list_stays_within_bounds(tmp_path: Path) -> None:
    code = """
        import os, sys
        from pathlib import Path
        from safelight.hashsets.protocol import DigestBlock, Record
        from safelight.hashsets.store import HashList, build
        def blocks():
            for _ in range(100):
                yield DigestBlock("sha256", os.urandom(32 * 20_000), 20_000)
            for n in range(100):
                yield [Record(f"{n}-{m}", {"md5": os.urandom(16), "sha1": os.urandom(20)}, "1", {"s": "x" * 99})
                       for m in range(500)]
        def peak():  # not ru_maxrss, which begins with what the parent held
            return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
        before = peak()
        build(blocks(), Path(sys.argv[1]))
        print((peak() - before) // 1024)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "set")], capture_output=True, check=True
    )
    assert int(done.stdout) < 130  # MiB above the imports; the list itself is 75 MB
