"""CSV lists: delimiters, quotes, headers, columns the operator names, and what is wrong with a row."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.errors import FormatError, UsageError
from safelight.hashsets.csv_ import CsvList
from safelight.hashsets.protocol import DigestBlock, Rejected

from .lists import blocks, digest, read

MD5, SHA1, SHA256 = digest("md5", 1), digest("sha1", 1), digest("sha256", 1)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_header_delimiter_and_quotes_are_found(tmp_path: Path, mark: str, delimiter: str, quote: str) -> None:
    rows = [
        ["Media ID", "MD5", "SHA-1", "Category", "Series"],
        ["7", MD5.hex().upper(), SHA1.hex(), "2", "x"],
    ]
    data = mark + "\r\n".join(delimiter.join(quote + cell + quote for cell in row) for row in rows)
    assert CsvList().detect(data.encode(), tmp_path / "x")
    (record,), rejected = read(CsvList(), tmp_path / "list.csv", data)
    assert (record.entry, record.category, record.facts) == ("7", "2", {"Series": "x"})
    assert record.digests == {"md5": MD5, "sha1": SHA1}
    assert rejected == []


def test_the_operator_names_the_columns_by_header_or_number(tmp_path: Path) -> None:
    data = f"a,b,c,md5\n{SHA1.hex()},x,3,{MD5.hex()}\n"
    (record,), _ = read(CsvList(), tmp_path / "list.csv", data, digest="A", id="2", category="c")
    both = {"sha1": SHA1, "md5": MD5}  # what its header calls MD5 is read beside the named one
    assert record.digests == both
    assert (record.entry, record.category) == ("x", "3")


def test_a_column_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no column 'hash'") as caught:
        read(CsvList(), tmp_path / "list.csv", "a,b\n1,2\n", digest="hash")
    assert "a, b" in caught.value.hint
    with pytest.raises(UsageError, match="no 'colour' column"):
        read(CsvList(), tmp_path / "list.csv", "a,b\n1,2\n", colour="a")


def test_a_hash_column_goes_by_length_even_when_mixed(tmp_path: Path) -> None:
    data = f"hash,name\n{MD5.hex()},a\n{SHA1.hex()},b\n{SHA256.hex()},c\nxyz,d\n,e\n"
    records, rejected = read(CsvList(), tmp_path / "list.csv", data)
    assert [record.digests for record in records] == [{"md5": MD5}, {"sha1": SHA1}, {"sha256": SHA256}]
    assert rejected == [Rejected(5, "3 characters are no digest"), Rejected(6, "no digest")]


def test_a_column_of_mixed_hashes_beside_one_of_md5_is_read_too(tmp_path: Path) -> None:
    """Found by fuzzing: the second column, of no fixed kind, was not counted."""
    data = f"{MD5.hex()},{SHA1.hex()}\n{MD5[::-1].hex()},{SHA256.hex()}\n"
    records, rejected = read(CsvList(), tmp_path / "list.csv", data)
    assert [sorted(record.digests) for record in records] == [["md5", "sha1"], ["md5", "sha256"]]
    assert rejected == []


def test_without_a_header_columns_are_known_by_what_they_hold(tmp_path: Path) -> None:
    (two,), _ = read(CsvList(), tmp_path / "list.csv", f"{MD5.hex()},item 7\n")
    assert (two.entry, two.facts) == ("item 7", {})
    (three,), _ = read(CsvList(), tmp_path / "list.csv", f"{MD5.hex()},{SHA1.hex()},3,x\n")
    assert three.digests == {"md5": MD5, "sha1": SHA1}
    assert (three.entry, three.facts) == (None, {"column 3": "3", "column 4": "x"})


def test_few_unnamed_64_digit_hashes_are_held_as_both_kinds(tmp_path: Path) -> None:
    (record,), _ = read(CsvList(), tmp_path / "list.csv", f"hash,id\n{SHA256.hex()},7\n")
    assert record.digests == {"sha256": SHA256, "pdq": SHA256}
    (named,), _ = read(CsvList(), tmp_path / "list.csv", f"pdq,quality,id\n{SHA256.hex()},49,7\n")
    assert (named.digests, named.quality, named.entry) == ({"pdq": SHA256}, 49, "7")


def test_one_plain_column_comes_in_packed_blocks(tmp_path: Path) -> None:
    data = "md5\n" + "".join(digest("md5", n).hex() + "\n" for n in range(10)) + "oops\n"
    first, second = blocks(CsvList(), tmp_path / "list.csv", data)
    assert isinstance(first, DigestBlock) and (first.algorithm, first.count) == ("md5", 10)
    assert second == [Rejected(12, "md5 has 4 characters, not 32")]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    data = f'# c\n\nid,md5,note\n1,{MD5.hex()},"two\nlines"\n# c\n2,bad,x\n3\n'
    records, rejected = read(CsvList(), tmp_path / "list.csv", data)
    assert [record.facts for record in records] == [{"note": "two\nlines"}]
    assert [one.line for one in rejected] == [7, 8]


def test_a_line_that_is_not_utf8_is_read_as_windows_text(tmp_path: Path) -> None:
    (record,), _ = read(
        CsvList(), tmp_path / "list.csv", f"md5,series\n{MD5.hex()},".encode() + b"M\xfcller\n"
    )
    assert record.facts == {"series": "Müller"}


@pytest.mark.parametrize(
    "data",
    [
        "a,b,c\n1,2,3\n",
        "md5" + ",x" * 300 + "\n",
        "md5," + "y" * (2 << 20) + "\n",
    ],
)
def test_what_is_no_table_of_digests_is_an_error(tmp_path: Path, data: str) -> None:
    with pytest.raises(FormatError):
        read(CsvList(), tmp_path / "list.csv", data)


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    assert read(CsvList(), tmp_path / "list.csv", "") == ([], [])
    assert not CsvList().detect(b"", tmp_path / "x")
    assert not CsvList().detect(b"hello world\n", tmp_path / "x")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5), st.text(st.characters(codec="utf-8"), max_size=6)), max_size=8))
def test_what_the_csv_module_writes_is_read_back(tmp_path: Path, rows: list[tuple[int, str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "md5", "note"])
    writer.writerows([number + 1, digest("md5", number).hex(), note] for number, note in rows)
    records, rejected = read(CsvList(), tmp_path / "list.csv", out.getvalue())
    assert rejected == []
    assert [record.entry for record in records] == [str(number + 1) for number, _ in rows]


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_do_worse_than_an_error(tmp_path: Path, data: bytes) -> None:
    CsvList().detect(data, tmp_path / "x")
    for head in (b"md5,id\n", b""):
        with suppress(FormatError):
            read(CsvList(), tmp_path / "list.csv", head + data)
