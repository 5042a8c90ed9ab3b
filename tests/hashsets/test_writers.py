"""A set written out is the set read in: CSV and VICS round-trip."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from safelight.errors import KeyMissingError, UsageError
from safelight.hashsets.csv_ import CsvList
from safelight.hashsets.hexlist import HexList
from safelight.hashsets.protocol import DigestBlock, ReadOptions, Record, Rejected
from safelight.hashsets.store import HashList, build
from safelight.hashsets.vics import Vics
from safelight.hashsets.writers import write_list

from .lists import digest

FACTS = {"series": "Lake", "distributed": True, "comments": "c", "other_hashes": {"X1": "y"}}
RECORDS: list[Record | Rejected] = [
    Record(
        "17", {name: digest(name, 1) for name in ("md5", "sha1", "sha256", "pdq", "photodna")}, "1", FACTS, 80
    ),
    Record('id; "x",\n2', {"md5": digest("md5", 2)}, "A"),
    Record("0017", {"md5": digest("md5", 4)}, "0"),
    Record(None, {"md5": digest("md5", 3), "sha1": digest("sha1", 3)}),
]
PLAIN = DigestBlock("sha1", digest("sha1", 9), 1)


@pytest.fixture
def listed(tmp_path: Path) -> HashList:
    build(iter([RECORDS, PLAIN]), tmp_path / "set")
    return HashList.open(tmp_path / "set")


def again(reader: CsvList | Vics, path: Path) -> list[Record]:
    found = [one for block in reader.read(path, ReadOptions()) if isinstance(block, list) for one in block]
    assert all(isinstance(one, Record) for one in found)
    return [one for one in found if isinstance(one, Record)]


def test_csv_round_trips(tmp_path: Path, listed: HashList) -> None:
    assert write_list(listed, tmp_path / "out.csv", "csv") == 5
    found = again(CsvList(), tmp_path / "out.csv")
    assert [one.digests for one in found[:4]] == [one.digests for one in RECORDS if isinstance(one, Record)]
    assert [one.category for one in found] == ["1", "A", "0", None, None]
    assert [one.entry for one in found[:2]] == ["17", 'id; "x",\n2']
    assert found[0].quality == 80
    assert found[4].entry == digest("sha1", 9).hex()


def test_vics_round_trips_and_its_ids_are_numbers(tmp_path: Path, listed: HashList) -> None:
    assert write_list(listed, tmp_path / "out.json", "vics") == 5
    written = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert written["@odata.context"].endswith("#Media")
    assert [one["MediaID"] for one in written["value"]] == [17, 18, 19, 20, 21]
    assert [one["Category"] for one in written["value"]] == [1, "A", 0, None, None]
    assert written["value"][0]["MD5"] == digest("md5", 1).hex().upper()
    assert "0017" in written["value"][2]["Comments"]
    assert Vics().detect((tmp_path / "out.json").read_bytes(), tmp_path / "x")
    found = again(Vics(), tmp_path / "out.json")
    assert found[0].digests == RECORDS[0].digests  # type: ignore[union-attr]
    assert found[0].facts == FACTS


def test_a_sealed_set_gives_its_digests_without_the_key_but_not_its_facts(tmp_path: Path) -> None:
    build(iter([RECORDS]), tmp_path / "set", seal=lambda page: page[::-1])
    listed = HashList.open(tmp_path / "set")
    assert write_list(listed, tmp_path / "out.csv", "csv") == 4
    (tmp_path / "out.json").write_text("before")
    with pytest.raises(KeyMissingError):
        write_list(listed, tmp_path / "out.json", "vics")
    assert (tmp_path / "out.json").read_text() == "before"
    assert not list(tmp_path.glob(".*.partial"))


def pdq(number: int) -> bytes:
    """256 bits of which half are set, as in a PDQ hash."""
    bits = np.zeros(256, np.uint8)
    bits[np.random.default_rng(number).permutation(256)[:128]] = 1
    return np.packbits(bits).tobytes()


@pytest.mark.parametrize("kind", ["sha256", "pdq"])
@pytest.mark.parametrize("count", [2, 20])
@pytest.mark.parametrize("format", ["csv", "vics"])
def test_digits_of_unknown_kind_are_written_once(tmp_path: Path, kind: str, count: int, format: str) -> None:
    given = {pdq(number) if kind == "pdq" else digest("sha256", number) for number in range(count)}
    (tmp_path / "list.txt").write_text("\n".join(one.hex() for one in given))
    build(HexList().read(tmp_path / "list.txt", ReadOptions()), tmp_path / "set")
    listed = HashList.open(tmp_path / "set")
    assert set(listed.algorithms) == {"sha256", "pdq"}
    assert write_list(listed, tmp_path / "out", format) == count
    found = again(CsvList() if format == "csv" else Vics(), tmp_path / "out")
    assert [set(one.digests) for one in found] == [{kind}] * count
    assert {one.digests[kind] for one in found} == given


def test_an_unknown_format_is_refused(tmp_path: Path, listed: HashList) -> None:
    with pytest.raises(UsageError):
        write_list(listed, tmp_path / "out", "xlsx")
