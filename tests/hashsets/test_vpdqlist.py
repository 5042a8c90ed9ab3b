"""vPDQ lists: frames of films as text and as JSON; what is broken is refused line by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from safelight.errors import FormatError
from safelight.hashsets.library import _reader
from safelight.hashsets.vpdqlist import VpdqList

from .lists import digest, read

ONE, TWO = digest("pdq", 1).hex(), digest("pdq", 2).hex()
TEXT = f"0,100,{ONE},0.000\n1,42,{TWO.upper()},0.033\n"
JSON = json.dumps([f"{ONE},100,0.000", f"{TWO},42,0.033"])
OLD = json.dumps(
    {
        "0": {"quality": 100, "hash": ONE, "timestamp": 0.0},
        "1": {"quality": 42, "hash": TWO, "timestamp": 0.033},
    }
)


@pytest.mark.parametrize("data", [TEXT, JSON, OLD, f"# ours\n\nframe,quality,hash,seconds\n{TEXT}"])
def test_one_film_has_the_name_of_its_file(tmp_path: Path, data: str) -> None:
    file = tmp_path / "chair.txt"
    records, rejected = read(VpdqList(), file, data)
    assert rejected == []
    assert [(one.entry, one.quality, one.digests["pdq"].hex()) for one in records] == [
        ("chair", 100, ONE),
        ("chair", 42, TWO),
    ]
    assert records[1].facts == {"frame": 1, "seconds": 0.033}


@pytest.mark.parametrize("data", [TEXT, JSON, OLD, json.dumps({"id": "a", "vpdq": json.loads(JSON)})])
def test_it_is_known_by_its_content(tmp_path: Path, data: str) -> None:
    file = tmp_path / "list.txt"
    file.write_text(data)
    assert _reader(file, "auto").name == "vpdq"


def test_many_films_stand_in_one_list(tmp_path: Path) -> None:
    text = f"0,100,{ONE},0,first\n1,90,{TWO},0.5,first\n0,80,{ONE},0,second\n"
    records, rejected = read(VpdqList(), tmp_path / "a.csv", text)
    assert ([one.entry for one in records], rejected) == (["first", "first", "second"], [])
    lines = "\n".join(
        json.dumps({"id": name, "category": 1, "vpdq": json.loads(form)})
        for name, form in (("a", JSON), ("b", OLD))
    )
    records, rejected = read(VpdqList(), tmp_path / "a.json", lines)
    assert [(one.entry, one.category) for one in records] == [("a", "1")] * 2 + [("b", "1")] * 2
    assert rejected == []


def test_a_film_whose_frames_do_not_stand_together_is_refused(tmp_path: Path) -> None:
    text = f"0,100,{ONE},0,first\n0,90,{TWO},0.5,second\n1,80,{TWO},0,first\n"
    records, rejected = read(VpdqList(), tmp_path / "a.csv", text)
    assert len(records) == 2
    assert rejected[0].line == 3 and "must stand together" in rejected[0].reason


@pytest.mark.parametrize(
    "line", ["0,101,{},0.0", "0,100,{}", "x,100,{},0.0", "0,100,{}a,0.0", "0,100,{},-1", "0,100,{},1e400"]
)
def test_a_broken_line_is_refused_and_the_others_are_kept(tmp_path: Path, line: str) -> None:
    records, rejected = read(VpdqList(), tmp_path / "a.txt", TEXT + line.format(ONE) + "\n")
    assert len(records) == 2
    assert [one.line for one in rejected] == [3]


@pytest.mark.parametrize(
    "film",
    [None, 7, "x", [7], [f"{ONE},100"], [f"{ONE[:-1]},100,0"], [f"{ONE},100,nan"], {"a": 3}, {"0": {}}, [[]]],
)
def test_a_broken_film_is_refused(tmp_path: Path, film: object) -> None:
    records, rejected = read(
        VpdqList(), tmp_path / "a.json", json.dumps({"id": "a", "vpdq": film}) + "\n{]\n"
    )
    assert (records, [one.line for one in rejected]) == ([], [1, 2])


def test_broken_json_is_refused_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(FormatError):
        read(VpdqList(), tmp_path / "a.json", JSON[:-1])
    with pytest.raises(FormatError):
        read(VpdqList(), tmp_path / "a.json", JSON[:-1] + "," + "[" * 100_000)


def test_the_reference_lists_are_read(shared: Path, tmp_path: Path) -> None:
    for path in (shared / "vpdq").glob("*.txt"):
        assert _reader(path, "auto").name == "vpdq"
        records, rejected = read(VpdqList(), tmp_path / path.name, path.read_bytes())
        assert (len(records), rejected) == (len(path.read_text().splitlines()), [])
