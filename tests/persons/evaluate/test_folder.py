from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from safelight.errors import UsageError
from safelight.persons.evaluate import curves, folder
from safelight.persons.evaluate.evaluation import evaluate
from tests.persons.calibrate import faces

PEOPLE = faces.gallery(12, np.random.default_rng(1))


def _describe(files: Sequence[Path]) -> list[NDArray[np.float32] | str]:
    """By the file's name: `3-1` is the first photograph of the fourth person."""
    said: list[NDArray[np.float32] | str] = []
    for file in files:
        if file.stem == "none":
            said.append("No face was found.")
        else:
            person, number = (int(part) for part in file.stem.split("-"))
            said.append(
                faces.again(PEOPLE[person : person + 1], np.random.default_rng(100 * person + number))[0]
            )
    return said


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    for person in range(12):
        (tmp_path / f"p{person}").mkdir()
        for number in range(3 if person else 1):
            (tmp_path / f"p{person}" / f"{person}-{number}.jpg").touch()
    return tmp_path


def test_all_pairs_are_scored_and_known_by_person(photographs: Path) -> None:
    trial = folder.read(photographs, _describe)
    assert (trial.same.sum(), len(trial.same)) == (11 * 3, 34 * 33 // 2)
    assert trial.first is not None and trial.second is not None
    assert ((trial.first == trial.second) == trial.same).all()
    assert trial.genuine.min() > trial.impostor.mean()


def test_every_photograph_whose_person_has_another_is_a_search(photographs: Path) -> None:
    found = curves.ranks(folder.read(photographs, _describe))
    assert found is not None
    places, candidates = found
    assert (len(places), candidates) == (33, 12)
    assert (places == 1).mean() > 0.9


def test_two_photographs_that_are_equal_to_a_strangers_are_no_first_rank(tmp_path: Path) -> None:
    for person in "ab":
        (tmp_path / person).mkdir()
        for number in range(2):
            (tmp_path / person / f"0-{number}.jpg").touch()
    same = faces.gallery(1, np.random.default_rng(2))[0]
    found = curves.ranks(folder.read(tmp_path, lambda files: [same] * len(files)))
    assert found is not None
    assert found[0].tolist() == [2, 2, 2, 2]


def test_photographs_without_a_face_are_counted(photographs: Path) -> None:
    (photographs / "p3" / "none.jpg").touch()
    found = evaluate(folder.read(photographs, _describe))
    assert found.photos == 35
    assert [(one.where, one.reason) for one in found.failures] == [("p3/none.jpg", "No face was found.")]


def test_what_is_no_photograph_of_a_person_is_said_or_passed_over(photographs: Path) -> None:
    (photographs / "readme.txt").touch()
    (photographs / "p1" / "deeper").mkdir()
    (photographs / "p1" / "link.jpg").symlink_to(photographs / "p2" / "2-0.jpg")
    (photographs / "elsewhere").symlink_to(photographs / "p2")
    (photographs / "p1" / "Thumbs.db").touch()
    (photographs / ".hidden").mkdir()
    failures = {one.where: one.reason for one in folder.read(photographs, _describe).failures}
    assert set(failures) == {"readme.txt", "p1/deeper", "p1/link.jpg", "elsewhere"}
    assert failures["elsewhere"] == "A link: not followed."


def test_a_folder_set_aside_is_nobody(photographs: Path) -> None:
    (photographs / "_probes").mkdir()
    (photographs / "_probes" / "3-9.jpg").touch()
    trial = folder.read(photographs, _describe)
    assert (trial.photos, [one.where for one in trial.failures]) == (34, ["_probes"])


def test_one_person_alone_cannot_be_evaluated(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0-0.jpg").touch()
    with pytest.raises(UsageError, match="fewer than two people"):
        folder.read(tmp_path, _describe)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        folder.read(tmp_path / "none", _describe)
