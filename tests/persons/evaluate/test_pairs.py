from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from safelight.errors import UsageError
from safelight.persons.evaluate import pairs


def _file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "pairs.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_scores_truth_and_groups_are_read(tmp_path: Path) -> None:
    trial = pairs.read(
        _file(tmp_path, "Score,same,sex,probe_id\n0.9,1,female,a\n\n0.5,no,,a\n0.7,0,male,\n", "utf-8-sig")
    )
    assert trial.score.tolist() == [0.9, 0.5, 0.7]
    assert trial.same.tolist() == [True, False, False]
    assert trial.groups["sex"].values == ("female", "male")
    assert trial.groups["sex"].code.tolist() == [0, -1, 1]
    assert trial.probe is not None and trial.probe.tolist() == [0, 0, -1]


def test_people_are_numbered_alike_on_both_sides(tmp_path: Path) -> None:
    trial = pairs.read(_file(tmp_path, "person_a,person_b,score,same\nX,Y,0.1,0\nY,Z,0.2,0\n"))
    assert trial.first is not None and trial.second is not None
    assert trial.second[0] == trial.first[1] != trial.second[1]


def test_photographs_are_scored_by_the_callback_and_failures_are_kept(tmp_path: Path) -> None:
    asked: list[tuple[Path, Path]] = []

    def scorer(wanted: Sequence[tuple[Path, Path]]) -> list[float | str]:
        asked.extend(wanted)
        return ["No face was found in c.jpg." if other.name == "c.jpg" else 0.8 for _, other in wanted]

    file = _file(tmp_path, "photo_a,photo_b,same\na.jpg,x/b.jpg,1\na.jpg,c.jpg,0\n")
    trial = pairs.read(file, scorer)
    assert asked[0] == (tmp_path / "a.jpg", tmp_path / "x/b.jpg")
    assert trial.score.tolist() == [0.8]
    assert trial.first is not None and len(trial.first) == 1
    assert trial.failures[0].where == "line 3: a.jpg, c.jpg"


def test_more_pairs_than_a_batch_keep_their_order(tmp_path: Path) -> None:
    lines = "".join(f"{number}.jpg,b.jpg,{number % 2}\n" for number in range(600))
    trial = pairs.read(
        _file(tmp_path, "photo_a,photo_b,same\n" + lines),
        lambda wanted: [float(one.stem) for one, _ in wanted],
    )
    assert trial.score.tolist() == list(range(600))
    assert (trial.same == (np.arange(600) % 2 == 1)).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no columns"),
        ("score,truth\n1,1\n", "no columns"),
        ("photo_a,photo_b,same\na,b,1\n", "no columns"),
        ("score,same\n", "no pairs"),
        ("score,same\n0.5,1\nnan,1\n", "Line 3"),
        ("score,same\ninf,1\n", "Line 2"),
        ("score,same\n0,5;1\n", "Line 2"),
        ("score,same\n0.5,maybe\n", "Line 2"),
        ("score,same\n0.5\n", "Line 2"),
        ("person_a,person_b,score,same\nX,,0.5,1\n", "states no person_b"),
        ("score,same,id\n" + "".join(f"0.5,1,{number}\n" for number in range(600)), "more than 500 values"),
        ("score,same," + ",".join(f"c{number}" for number in range(10_000)) + "\n", "columns of groups"),
        ('score,same\n"' + "x" * 200_000, "cannot be read"),
    ],
)
def test_what_is_no_file_of_pairs_is_refused_by_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        pairs.read(_file(tmp_path, text))


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_bytes(b"score,same\n\xff\xfe,1\n")
    with pytest.raises(UsageError, match="cannot be read"):
        pairs.read(file)


@pytest.mark.parametrize(
    "photo",
    ["../b.jpg", "/etc/passwd", "x/../../b.jpg", "..\\b.jpg", "https://example.org/b.jpg", "C:\\b.jpg", ""],
)
def test_a_photograph_that_is_not_beside_the_file_is_never_asked_for(tmp_path: Path, photo: str) -> None:
    def scorer(_: object) -> list[float | str]:
        raise AssertionError("asked for")

    with pytest.raises(UsageError, match="does not lie beside"):
        pairs.read(_file(tmp_path, f"photo_a,photo_b,same\na.jpg,{photo},1\n"), scorer)
