"""The ICSE list of INTERPOL: fixed header, semicolons, the verdict in `Baseline`."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from safelight.errors import FormatError
from safelight.hashsets.icse import IcseList

from .lists import digest, read

HEADER = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;"
    "Series name;Number of submissions;File Available;Media Type;Baseline"
)
MD5, SHA1, DNA = digest("md5", 1), digest("sha1", 1), digest("photodna", 1)


def row(baseline: str) -> str:
    photodna = base64.b64encode(DNA).decode()
    return f"{MD5.hex().upper()};{SHA1.hex()};{photodna};991;True;false;no;Lake;12;Yes;Image;{baseline}"


def test_a_row_becomes_a_record_with_facts_under_our_names(tmp_path: Path) -> None:
    data = "\ufeff" + HEADER + "\r\n" + row("Yes") + "\r\n"
    assert IcseList().detect(data.encode(), tmp_path / "x")
    (record,), rejected = read(IcseList(), tmp_path / "list.csv", data)
    assert record.digests == {"md5": MD5, "sha1": SHA1, "photodna": DNA}
    assert (record.entry, record.category) == ("991", "baseline")
    assert record.facts == {
        "distributed": True,
        "victim_identified": False,
        "offender_identified": False,
        "series": "Lake",
        "submissions": 12,
        "file_available": True,
        "media_type": "Image",
    }
    assert rejected == []


@pytest.mark.parametrize(
    ("written", "category"),
    [("true", "baseline"), ("1", "baseline"), ("No", "not-baseline"), ("", None), ("Pending", "Pending")],
)
def test_baseline_is_the_category(tmp_path: Path, written: str, category: str | None) -> None:
    (record,), _ = read(IcseList(), tmp_path / "list.csv", f"{HEADER}\n{row(written)}\n")
    assert record.category == category


def test_rows_that_are_short_or_wrong_are_refused_by_line(tmp_path: Path) -> None:
    records, rejected = read(
        IcseList(), tmp_path / "l.csv", f"{HEADER}\n{row('1')}\nxx;;;5\n;;;6\n{row('0')}\n"
    )
    assert len(records) == 2
    assert [one.line for one in rejected] == [3, 4]


def test_a_file_without_the_header_is_refused(tmp_path: Path) -> None:
    for data in ("", "a;b;c\n1;2;3\n"):
        assert not IcseList().detect(data.encode(), tmp_path / "x")
        with pytest.raises(FormatError):
            read(IcseList(), tmp_path / "list.csv", data)
