"""VICS in the variants that are met: versions, cases, byte-order marks, strings for booleans, odd digests."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import FormatError
from safelight.hashsets.protocol import Record, Rejected
from safelight.hashsets.vics import Vics

from .lists import CASES, V12, V13, V20, digest, read, vics

MD5, SHA1, SHA256 = digest("md5", 1), digest("sha1", 1), digest("sha256", 1)
PDQ, DNA = digest("pdq", 1), digest("photodna", 1)
PLAIN = {"MediaID": 17, "Category": 1, "MD5": MD5.hex().upper(), "SHA1": SHA1.hex().upper()}


def one(tmp_path: Path, **fields: Any) -> tuple[Record, list[Rejected]]:
    (record,), rejected = read(Vics(), tmp_path / "set.json", vics([{**PLAIN, **fields}]))
    return record, rejected


@pytest.mark.parametrize("head", [V12, V13, V20])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_version_is_recognised_and_read(tmp_path: Path, head: dict[str, str], mark: bytes) -> None:
    data = mark + vics([PLAIN, {**PLAIN, "MediaID": 18}], head).encode()
    assert Vics().detect(data[: 1 << 16], tmp_path / "x")
    records, rejected = read(Vics(), tmp_path / "set.json", data)
    assert [(record.entry, record.category) for record in records] == [("17", "1"), ("18", "1")]
    assert records[0].digests == {"md5": MD5, "sha1": SHA1}
    assert rejected == []


def test_utf16_is_read_too(tmp_path: Path) -> None:
    data = vics([{**PLAIN, "Series": "Bär"}]).encode("utf-16")
    assert Vics().detect(data, tmp_path / "x")
    (record,), _ = read(Vics(), tmp_path / "set.json", data)
    assert record.facts["series"] == "Bär"


def test_the_media_of_every_case_are_read(tmp_path: Path) -> None:
    files = [{"MD5": MD5.hex(), "FileName": "a.jpg", "FilePath": "C:\\x\\", "Unallocated": "false"}]
    document = {
        **CASES,
        "value": [
            {"CaseID": 1, "Media": [{**PLAIN, "MediaFiles": files}], "TotalMediaFiles": 9},
            {"Victims": [{"MediaID": 99}], "Media": [{**PLAIN, "MediaID": 18}]},
            {"CaseID": 3},
        ],
    }
    data = json.dumps(document)
    assert Vics().detect(data.encode(), tmp_path / "x")
    records, rejected = read(Vics(), tmp_path / "case.json", data)
    assert [record.entry for record in records] == ["17", "18"]
    assert records[0].facts["files"] == [{"name": "a.jpg", "path": "C:\\x\\", "unallocated": "false"}]
    assert rejected == []


def test_a_case_without_the_odata_head_is_known_by_its_fields(tmp_path: Path) -> None:
    data = json.dumps({"value": [{"Media": [PLAIN]}]})
    assert Vics().detect(data.encode(), tmp_path / "x")
    (record,), _ = read(Vics(), tmp_path / "case.json", data)
    assert record.entry == "17"


def test_an_md5_that_only_the_files_state_is_used(tmp_path: Path) -> None:
    media = {"MediaID": 5, "Category": 2, "MediaFiles": [{"FileName": "a"}, {"MD5": MD5.hex()}]}
    (record,), _ = read(Vics(), tmp_path / "case.json", json.dumps({**CASES, "value": [{"Media": [media]}]}))
    assert record.digests == {"md5": MD5}


@pytest.mark.parametrize("text", [base64.b64encode(DNA).decode(), DNA.hex(), DNA.hex().upper()])
def test_photodna_is_read_as_base64_and_as_hex(tmp_path: Path, text: str) -> None:
    assert one(tmp_path, PhotoDNA=text)[0].digests["photodna"] == DNA


@pytest.mark.parametrize("name", ["SHA256", "SHA-256", "sha256", "Sha2-256"])
def test_alternative_hashes_are_taken_by_any_spelling(tmp_path: Path, name: str) -> None:
    others = [
        {"HashName": name, "HashValue": SHA256.hex()},
        {"HashName": "PDQ", "HashValue": PDQ.hex().upper()},
        {"HashName": "Videntifier", "HashValue": "whatever"},
        {"HashName": None, "HashValue": "x"},
        "rubbish",
    ]
    record, rejected = one(tmp_path, AlternativeHashes=others)
    assert record.digests == {"md5": MD5, "sha1": SHA1, "sha256": SHA256, "pdq": PDQ}
    assert record.facts["other_hashes"] == {"Videntifier": "whatever"}
    assert rejected == []


@pytest.mark.parametrize(
    ("written", "category"),
    [
        (None, None),
        (0, "0"),
        (1, "1"),
        (2.0, "2"),
        ("3", "3"),
        (" A ", "A"),
        ("", None),
        (True, None),
        ([1], None),
    ],
)
def test_a_category_is_kept_as_written(tmp_path: Path, written: object, category: str | None) -> None:
    assert one(tmp_path, Category=written)[0].category == category


@pytest.mark.parametrize(
    ("written", "entry"),
    [(17, "17"), ("17", "17"), (17.0, "17"), (None, None), ("x-1", "x-1"), ("\ud800", "\\ud800")],
)
def test_an_id_is_text_that_every_export_can_hold(tmp_path: Path, written: object, entry: str | None) -> None:
    assert one(tmp_path, MediaID=written)[0].entry == entry


@pytest.mark.parametrize(
    ("written", "means"),
    [
        (True, True),
        ("true", True),
        ("True", True),
        (1, True),
        (False, False),
        ("false", False),
        ("maybe", None),
    ],
)
def test_booleans_are_read_as_strings_too(tmp_path: Path, written: object, means: bool | None) -> None:
    facts = one(tmp_path, VictimIdentified=written)[0].facts
    assert facts.get("victim_identified") == means


@pytest.mark.parametrize("series", ["Lanterns", 7, {"Name": "x"}])
def test_a_series_may_be_text_number_or_object(tmp_path: Path, series: object) -> None:
    assert one(tmp_path, Series=series)[0].facts["series"] == series


def test_what_a_set_says_beside_the_category_is_kept_but_not_a_second_verdict(tmp_path: Path) -> None:
    facts = one(tmp_path, IsPrecategorized=True, IsDistributed="True", Comments="c", MediaSize=5, Tags=None)[
        0
    ].facts
    assert facts == {"distributed": True, "comments": "c", "size": 5}


def test_a_digest_that_is_none_is_refused_and_the_record_kept(tmp_path: Path) -> None:
    record, rejected = one(tmp_path, SHA1="xyz", PhotoDNA="A" * 191)
    assert record.digests == {"md5": MD5}
    assert [(one_.line, one_.kept) for one_ in rejected] == [(1, True), (1, True)]
    assert rejected[0].reason == "sha1 has 3 characters, not 40"


def test_two_values_of_one_digest_are_said(tmp_path: Path) -> None:
    record, rejected = one(tmp_path, AlternativeHashes=[{"HashName": "MD5", "HashValue": "0" * 32}])
    assert record.digests["md5"] == MD5
    assert rejected == [Rejected(1, "md5 is given twice, and differs", kept=True)]


def test_records_without_a_digest_are_refused_with_their_number(tmp_path: Path) -> None:
    bad = [{"MediaID": 1}, {"MD5": ""}, {"MD5": "no"}, {"MD5": ["x"]}, {"MD5": "g" * 32}]
    records, rejected = read(Vics(), tmp_path / "set.json", vics([PLAIN, *bad, PLAIN]))
    assert len(records) == 2
    assert [(one_.line, one_.kept) for one_ in rejected] == [(number, False) for number in range(2, 7)]


def test_duplicates_are_all_given(tmp_path: Path) -> None:
    records, _ = read(Vics(), tmp_path / "set.json", vics([PLAIN, PLAIN, {**PLAIN, "Category": 2}]))
    assert [record.category for record in records] == ["1", "1", "2"]


def test_a_set_cut_off_is_an_error_that_says_where(tmp_path: Path) -> None:
    data = vics([PLAIN] * 50)
    with pytest.raises(FormatError, match=r"after record 4\d"):
        read(Vics(), tmp_path / "set.json", data[: int(len(data) * 0.9)])


def test_other_json_is_not_taken_for_vics(tmp_path: Path) -> None:
    for data in (b'{"type":"FeatureCollection"}', b'[{"MD5":"x"}]', b"MD5,SHA1\n", b"", b"{"):
        assert not Vics().detect(data, tmp_path / "x")
