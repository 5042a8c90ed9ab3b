"""The columnar store: encrypted, bound to its place, whole or not at all, versions kept."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from safelight.errors import IntegrityError
from safelight.reports.body import pack, unpack
from safelight.reports.identifiers.of_report import of_report
from safelight.reports.keep import versions
from safelight.reports.keep.columns import NONE, Builder, Row, content_hash, report_key, signature
from safelight.reports.keep.store import ReportStore, Segment, newest
from safelight.reports.keep.versions import Known, Versions
from safelight.store.keys import Sealer
from tests.reports.making import FreeText, report

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def store(folder: Path, case: str = "C-1") -> ReportStore:
    return ReportStore(folder, case, Sealer(b"k" * 32))


def filled(folder: Path, count: int = 150) -> tuple[ReportStore, Segment]:
    made = store(folder)
    builder = Builder(made.hashed, NOW)
    for number in range(count):
        one = report(number, texts=(FreeText("additionalInfo", f"Invented words {number}."),))
        packed = pack(one)
        row = Row(one, of_report(one), [], "DE")
        builder.add(row, packed, report_key(one, made.hashed), content_hash(packed, made.hashed), int(NONE))
    made.write(builder, 0)
    return made, Segment(0, 0, count)


def test_every_report_comes_back_as_it_was(tmp_path: Path) -> None:
    made, segment = filled(tmp_path)
    back = dict(made.reports([segment], [0, 63, 64, 149]))
    assert [one.report_id for one in back.values()] == ["0", "63", "64", "149"]
    assert back[64] == report(64, texts=(FreeText("additionalInfo", "Invented words 64."),))


def test_a_report_can_be_read_before_it_is_written(tmp_path: Path) -> None:
    made = store(tmp_path)
    builder = Builder(made.hashed, NOW)
    for number in range(70):
        builder.add(Row(report(number), [], [], None), pack(report(number)), number, number, int(NONE))
    assert [unpack(builder.packed(number)).report_id for number in (0, 63, 64, 69)] == ["0", "63", "64", "69"]


def test_nothing_of_a_report_lies_in_clear(tmp_path: Path) -> None:
    filled(tmp_path)
    for path in tmp_path.rglob("*.parquet"):
        data = path.read_bytes()
        assert b"Invented" not in data
        assert b"user-1" not in data
        assert b"signature" not in data  # not even the columns' names


def test_a_file_opens_under_no_other_case_name_or_key(tmp_path: Path) -> None:
    made, _ = filled(tmp_path)
    rows = made.vault.path("000000-rows")
    other = ReportStore(tmp_path, "C-2", Sealer(b"k" * 32))
    other.vault.folder.mkdir()
    other.vault.path("000000-rows").write_bytes(rows.read_bytes())
    made.vault.path("000001-rows").write_bytes(rows.read_bytes())
    for vault, name in ((other.vault, "000000-rows"), (made.vault, "000001-rows")):
        with pytest.raises(IntegrityError):
            vault.read(name)
    with pytest.raises(IntegrityError):
        ReportStore(tmp_path, "C-1", Sealer(b"q" * 32)).vault.read("000000-rows")


@pytest.mark.parametrize("part", ["rows", "links", "digests", "people", "bodies"])
def test_an_altered_file_is_an_error_and_not_other_data(tmp_path: Path, part: str) -> None:
    made, segment = filled(tmp_path)
    path = made.vault.path(f"000000-{part}")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError):
        made.vault.read(f"000000-{part}")
    del segment


def test_a_column_that_an_old_segment_lacks_is_zero(tmp_path: Path) -> None:
    made, segment = filled(tmp_path, 3)
    table = made.vault.read("000000-rows")
    made.vault.write("000000-rows", table.drop_columns(["f_young"]))
    assert made.rows([segment], ["f_young", "key"])["f_young"].tolist() == [0, 0, 0]


def test_what_a_killed_run_left_is_removed_and_what_is_committed_stays(tmp_path: Path) -> None:
    made, segment = filled(tmp_path, 3)
    made.vault.path("000001-rows").write_bytes(b"half")
    half = made.vault.path("000000-rows").with_suffix(".ab.new")
    half.write_bytes(b"half")
    os.utime(half, (0, 0))
    made.tidy([segment])
    assert sorted(path.name for path in made.vault.folder.iterdir()) == [
        f"000000-{part}.parquet" for part in ("bodies", "digests", "links", "people", "rows")
    ]


def test_versions_find_the_newest_of_what_is_stored_and_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_RECENT", 3)
    known = Versions(
        {
            "key": np.array([5, 9, 5], dtype=np.uint64),
            "content": np.array([1, 2, 3], dtype=np.uint64),
            "form": np.array([1, 2, 1], dtype=np.uint8),
            "f_retracted": np.array([0, 0, 255], dtype=np.uint8),
            "disputed": np.array([0, 1, 0], dtype=np.uint8),
            "sender": np.array([7, 8 | 5 << 32, 7], dtype=np.uint64),
            "received": np.array([100, 200, -5], dtype=np.int64),
        }
    )
    assert known.find(5) == Known(2, 1, True, False, 7, 0)
    for number in range(3, 12):
        known.note(number % 4, number * 10, Known(number, 1, False, number == 11, number, 1_000 + number))
    assert known.find(11 % 4) == Known(11, 1, False, True, 11, 1_011)
    assert known.find(9) == Known(1, 2, False, True, 8, 200)
    assert Known(1, 1, False, sender=8).is_of(8 | 5 << 32)
    assert known.find(77) is None
    assert [known.said(content) for content in (1, 3, 30, 110, 31)] == [True, True, True, True, False]


def test_a_replaced_version_is_not_current() -> None:
    assert newest(np.array([NONE, NONE, 0], dtype=np.uint32)).tolist() == [False, True, True]


def test_copies_have_one_signature_and_other_words_another() -> None:
    hashed = store(Path("/nowhere")).hashed
    words = (FreeText("additionalInfo", "The same words."),)
    one, copy = report(1, texts=words, parties=()), report(2, texts=words, parties=(), received="2026-04-01")
    assert signature(one, hashed) == signature(copy, hashed) != 0
    assert signature(report(3, parties=()), hashed) == 0


def test_a_report_is_the_same_one_in_every_form_it_comes_in() -> None:
    hashed = store(Path("/nowhere")).hashed
    assert report_key(report(7), hashed) == report_key(report(7, format="pdf", provider=None), hashed)
    assert report_key(report(7), hashed) != report_key(report(7, format="hotline"), hashed)


def test_a_text_that_is_no_unicode_is_kept_with_escapes() -> None:
    odd = report(1, texts=(FreeText("a", b"x\xff".decode("utf-8", "surrogateescape")),))
    assert unpack(pack(odd)).texts[0].text == "x\\xff"
