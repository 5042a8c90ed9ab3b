"""PDQ lists: the hash alone, with an id, or with its quality and an id."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.hashsets.pdqlist import PdqList

from .lists import digest, read

ONE, TWO = digest("pdq", 1).hex(), digest("pdq", 2).hex()


@pytest.mark.parametrize(
    ("rest", "entry", "quality"),
    [
        ("", None, None),
        (",7", "7", None),
        (",a name", "a name", None),
        (",100,a.jpg", "a.jpg", 100),
        (",0,7", "7", 0),
        (",101,x", "101,x", None),
        (", 50 , x", "x", 50),
        (',50,"x,y"', "x,y", 50),
        (",", None, None),
    ],
)
def test_a_line_gives_hash_id_and_quality(
    tmp_path: Path, rest: str, entry: str | None, quality: int | None
) -> None:
    (record,), rejected = read(PdqList(), tmp_path / "list.txt", ONE.upper() + rest + "\r\n")
    assert (record.entry, record.quality) == (entry, quality)
    assert record.digests == {"pdq": bytes.fromhex(ONE)}
    assert rejected == []


def test_comments_and_a_header_are_passed_over_and_rubbish_is_refused(tmp_path: Path) -> None:
    data = f"# a list\npdq_hash,quality,id\n{ONE},50,x\nhash\n{TWO[:-1]}\n"
    records, rejected = read(PdqList(), tmp_path / "list.txt", data)
    assert len(records) == 1
    assert [one.line for one in rejected] == [4, 5]


def test_a_quality_or_the_name_or_half_the_bits_say_that_it_is_pdq(tmp_path: Path) -> None:
    reader, other = PdqList(), tmp_path / "list.txt"
    assert reader.detect(f"{ONE},100,a\n{TWO},3,b\n".encode(), other)
    assert reader.detect(f"{ONE}\n".encode(), tmp_path / "my_PDQ_list")
    half = "\n".join(("f0" * 32)[n:] + ("f0" * 32)[:n] for n in range(40))
    assert reader.detect(half.encode(), other)
    assert reader.detect(f"pdq,id\n{ONE},a\n".encode(), other)
    assert not reader.detect(f"{ONE},a\n{TWO},b\n".encode(), other)
    assert not reader.detect("\n".join(digest("sha256", n).hex() for n in range(99)).encode(), other)
    assert not reader.detect(b"", other)


def test_the_published_list_of_reference_hashes_is_read(tmp_path: Path) -> None:
    expected = Path(__file__).parents[3] / "shared/data/pdq/expected.txt"
    if not expected.is_file():
        pytest.skip("the shared data is not here")
    data = expected.read_bytes()
    assert PdqList().detect(data, tmp_path / "x")
    records, rejected = read(PdqList(), tmp_path / "list.txt", data)
    assert len(records) == len(data.splitlines()) and rejected == []
    assert all(record.quality is not None for record in records)
