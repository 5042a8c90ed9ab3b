"""Quotes in CSV lists: those that span lines are read, stray ones hide no digest and are reported by line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.hashsets import rows
from safelight.hashsets.csv_ import CsvList
from safelight.hashsets.icse import IcseList
from safelight.hashsets.protocol import Record, Rejected

from .lists import digest, read
from .test_icse import HEADER

MD5 = [digest("md5", number) for number in range(1000)]


def listed(changed: dict[int, str], header: str = "MD5,Category,Name") -> str:
    """A list of 1,000 rows whose names are replaced as they stand; the line of row `n` is `n + 2`."""
    names = (changed.get(number, f"pic{number}.jpg") for number in range(1000))
    return header + "\n" + "".join(f"{MD5[number].hex()},1,{name}\n" for number, name in enumerate(names))


def md5s(records: list[Record]) -> list[bytes]:
    return [record.digests["md5"] for record in records if "md5" in record.digests]


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        ({98: '"Beach'}, [100]),
        ({98: '"Beach', 198: '"Hill'}, [100, 200]),
        ({98: '"Beach', 198: 'Hill"'}, [100]),
        ({98: '"Beach', 198: '"Hill"'}, [100]),
        ({98: '"Beach', 99: 'Hill"'}, [100]),
        ({98: '"', 99: '"', 100: '"'}, [100, 101, 102]),
        ({98: '"x"""', 99: '"x"""'}, []),
        ({0: '"Beach'}, [2]),
        ({999: '"Beach'}, [1001]),
        ({98: '"Beach" hotel', 99: '15" screen', 100: '"a, b"'}, []),
    ],
)
def test_a_stray_quote_costs_no_digest_and_is_told_with_its_line(
    tmp_path: Path, changed: dict[int, str], lines: list[int]
) -> None:
    records, rejected = read(CsvList(), tmp_path / "list.csv", listed(changed))
    assert md5s(records) == MD5
    assert [one.line for one in rejected] == lines
    assert {(one.reason, one.kept) for one in rejected} <= {(rows.STRAY, True)}


def test_a_stray_quote_in_the_header_or_before_the_digest_costs_none(tmp_path: Path) -> None:
    records, rejected = read(CsvList(), tmp_path / "list.csv", listed({5: 'x"'}, 'MD5,Category,"Name'))
    assert (md5s(records), [one.line for one in rejected]) == (MD5, [1])
    lines = [f"name {number},{one.hex()}" for number, one in enumerate(MD5)]
    lines[7] = '"' + lines[7]
    lines[9] = 'x"' + lines[9][4:]
    records, rejected = read(CsvList(), tmp_path / "list.csv", "name,md5\n" + "\n".join(lines))
    assert (md5s(records), [one.line for one in rejected]) == (MD5, [9])


def test_a_swallowed_row_counts_although_the_row_with_the_quote_has_no_digest(tmp_path: Path) -> None:
    data = f'md5,category,name\nnone,1,"Beach\n{MD5[1].hex()},1,Hill"\n'
    records, rejected = read(CsvList(), tmp_path / "list.csv", data)
    assert md5s(records) == [MD5[1]]
    assert [one.line for one in rejected] == [2, 2]


def test_what_stood_between_is_told_line_by_line(tmp_path: Path) -> None:
    data = f'md5,category,name\n{MD5[0].hex()},1,"Beach\nsecond line\n\n{MD5[1].hex()},1,Hill\n'
    records, rejected = read(CsvList(), tmp_path / "list.csv", data)
    assert md5s(records) == MD5[:2]
    assert rejected == [Rejected(2, rows.STRAY, kept=True), Rejected(3, "md5 has 11 characters, not 32")]


@pytest.mark.parametrize(
    ("header", "row", "facts"),
    [
        ("md5,note,cat", '{0},"one\ntwo, three\n\n# four",x', {"note": "one\ntwo, three\n\n# four"}),
        ("note,md5,cat", '"one\ntwo",{0},x', {"note": "one\ntwo"}),
        ("note,md5,other", '"one\ntwo",{0},"three\nfour"', {"note": "one\ntwo", "other": "three\nfour"}),
        ("md5,note,cat", '{0},"same as\n{1}\n{2}",x', {"note": f"same as\n{MD5[1].hex()}\n{MD5[2].hex()}"}),
        ("note,md5,cat", '"says ""one""\n""two""",{0},x', {"note": 'says "one"\n"two"'}),
    ],
)
def test_a_cell_of_several_lines_is_read(
    tmp_path: Path, header: str, row: str, facts: dict[str, str]
) -> None:
    text = row.format(*(one.hex() for one in MD5))
    tail = text.replace(MD5[0].hex(), MD5[3].hex())
    records, rejected = read(CsvList(), tmp_path / "list.csv", f"{header}\n{text}\n{tail}\n")
    assert rejected == []
    assert md5s(records) == [MD5[0], MD5[3]]
    assert all(record.facts == facts for record in records)


def test_digests_on_both_sides_of_a_comment_belong_to_one_row(tmp_path: Path) -> None:
    sha1 = digest("sha1", 0)
    data = f'md5,note,sha1\n{MD5[0].hex()},"a, b\nc, d",{sha1.hex()}\n'
    (record,), rejected = read(CsvList(), tmp_path / "list.csv", data)
    assert (record.digests, rejected) == ({"md5": MD5[0], "sha1": sha1}, [])


def test_a_header_wider_than_its_rows_hides_nothing(tmp_path: Path) -> None:
    for header in ("MD5,Category,Name,", "MD5,Category,Name,Comment"):
        data = listed({500: '"Beach', 501: 'Hill"'}, header)
        records, rejected = read(CsvList(), tmp_path / "list.csv", data)
        assert (md5s(records), [one.line for one in rejected]) == (MD5, [502])


def test_the_icse_list_loses_nothing_either(tmp_path: Path) -> None:
    lines = [f"{one.hex()};;;{number};;;;lake;;;;1" for number, one in enumerate(MD5)]
    lines[5] = lines[5].replace("lake", '"lake')
    lines[300] = lines[300].replace("lake", '"lake"')
    records, rejected = read(IcseList(), tmp_path / "list.csv", HEADER + "\n" + "\n".join(lines))
    assert (md5s(records), [one.line for one in rejected]) == (MD5, [7])


def test_a_cell_too_large_costs_its_line_only(tmp_path: Path) -> None:
    data = f'md5,note\n{MD5[0].hex()},a\n{MD5[1].hex()},"{"x" * 200_000}\n{MD5[2].hex()},b\n'
    records, rejected = read(CsvList(), tmp_path / "list.csv", data)
    assert md5s(records) == [MD5[0], MD5[2]]
    assert [one.line for one in rejected] == [3]


@pytest.mark.parametrize("line", ['a"""`,"""`\n', '"\n', 'x,"\n', 'a,"b""\n', '""a"\n'])
def test_hostile_quotes_are_passed_in_time_that_grows_with_the_file(tmp_path: Path, line: str) -> None:
    data = "md5,a,b\n" + line * 20_000 + f"{MD5[0].hex()},1,2\n"
    started = time.process_time()
    records, _ = read(CsvList(), tmp_path / "list.csv", data)
    assert md5s(records) == [MD5[0]]
    assert time.process_time() - started < 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text('a",# ', max_size=6), min_size=1, max_size=12), st.booleans())
def test_no_quotes_whatever_hide_a_row(tmp_path: Path, names: list[str], digest_first: bool) -> None:
    ends = [one.hex() for one in MD5[: len(names)]]
    pairs = zip(names, ends, strict=True)
    lines = [f"{end},1,{name}" if digest_first else f"n{name},1,{end}" for name, end in pairs]
    header = "md5,category,name" if digest_first else "name,category,md5"
    records, rejected = read(CsvList(), tmp_path / "list.csv", header + "\n" + "\n".join(lines))
    refused = {one.line for one in rejected}
    found = set(md5s(records))
    lost = [number for number, one in enumerate(MD5[: len(names)]) if one not in found]
    assert not [number for number in lost if digest_first or "," not in names[number]]
    assert refused or not lost
