"""A set written out is the set read in: CSV and VICS round-trip."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from safelight.errors import KeyMissingError, UsageError
from safelight.hashsets.csv_ import CsvList
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


def test_an_unknown_format_is_refused(tmp_path: Path, listed: HashList) -> None:
    with pytest.raises(UsageError):
        write_list(listed, tmp_path / "out", "xlsx")
