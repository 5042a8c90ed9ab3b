"""An agency's own network: added with a card of its own, fed as the card says, refused where it is not complete."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from safelight.errors import FormatError, IntegrityError, UsageError
from safelight.persons.portraits import embedders
from safelight.persons.portraits.embedders import embedder, embedder_names
from safelight.pipeline.doctor import check
from safelight.settings import settings
from safelight.signals.align import Chips
from safelight.signals.locate import LocatedFace
from safelight.signals.models import add_model, cards, list_models
from safelight.signals.models.face_tables import ARCFACE
from safelight.signals.models.own import own_card
from tests.persons.portraits.own_model import averaging, put, yunet

FIVE = '[embedder]\nsize = [112, 112]\ndimensions = 48\nalignment = "five-points"\n'
CHIP = '[embedder]\nsize = [64, 64]\ndimensions = 48\nalignment = "dlib-chip"\npadding = 0.4\n'
YUNET = '[detector]\nkind = "yunet"\nside = 64\n'


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models, and no embedder in use."""
    monkeypatch.setattr(settings(), "models", tmp_path / "models")
    monkeypatch.setattr(embedders, "_in_use", {})
    return tmp_path / "models"


def picture() -> tuple[np.ndarray, LocatedFace]:
    """A picture that is red at its left and blue at its right, and a "face" in its middle."""
    rgb = np.zeros((200, 200, 3), np.uint8)
    rgb[:, :100, 0] = 200
    rgb[:, 100:, 2] = 100
    chip = np.asarray(Image.fromarray(rgb).resize((150, 150)))
    return rgb, LocatedFace((0.25, 0.25, 0.5, 0.5), 1.0, 1.0, 0, 100, Chips(chip, chip[:64, :64]))


def test_it_is_listed_and_may_be_chosen(tmp_path: Path) -> None:
    put(tmp_path / "stick", "agency-1", averaging(112), FIVE)
    assert [one.name for one in add_model(tmp_path / "stick")] == ["agency-1"]
    assert "agency-1" in embedder_names()
    assert {state.card.name: state.problem for state in list_models()}["agency-1"] is None
    assert embedder("agency-1").version.startswith("own-1+")


def test_templates_are_of_length_one_and_as_many_as_the_card_says(tmp_path: Path) -> None:
    put(tmp_path / "stick", "agency-1", averaging(112), FIVE)
    add_model(tmp_path / "stick")
    one = embedder("agency-1")
    one.prepare()
    found = one.describe([picture()] * 3)
    assert found.shape == (3, one.dimensions)
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)


def parts(tmp_path: Path, table: str, data: bytes) -> np.ndarray:
    """What the averaging network is shown of `picture`: `(3, 4, 4)`, channel, row and column, up to a factor."""
    put(tmp_path / "stick", "agency-1", data, table)
    add_model(tmp_path / "stick")
    one = embedder("agency-1")
    one.prepare()
    return one.describe([picture()])[0].reshape(3, 4, 4)


def test_colours_come_in_the_order_of_the_card(tmp_path: Path) -> None:
    shown = parts(tmp_path, CHIP + 'colour = "bgr"\n', averaging(64))
    assert shown[2].sum() > 0 and shown[0].sum() > 0
    assert shown[2].max() == pytest.approx(2 * shown[0].max(), rel=0.05)  # red, 200, is the last channel


def test_mean_and_scale_are_those_of_the_card(tmp_path: Path) -> None:
    shown = parts(tmp_path, CHIP + "mean = [200.0, 0.0, 0.0]\nscale = 0.01\n", averaging(64))
    assert shown[0].min() == pytest.approx(-2 * shown[2].max(), rel=0.05)


def test_a_face_and_its_mirror_image_give_one_template_where_the_card_says_so(tmp_path: Path) -> None:
    shown = parts(tmp_path, CHIP + "mirrored = true\n", averaging(64))
    assert shown == pytest.approx(shown[:, :, ::-1], abs=1e-4)


def test_a_network_that_takes_one_face_at_a_time_is_given_one(tmp_path: Path) -> None:
    put(tmp_path / "stick", "agency-1", averaging(112, batch=1), FIVE)
    add_model(tmp_path / "stick")
    one = embedder("agency-1")
    one.prepare()
    assert one.describe([picture()] * 2).shape == (2, 48)


def test_faces_are_aligned_by_the_points_of_the_detector_that_the_card_names(tmp_path: Path) -> None:
    # The detector is shown 2.2 times the box, 220 pixels of the picture from -10 on. It sees the points so that the
    # face that is cut out is the picture's upper left quarter, 100 pixels: all of it is red.
    places = [((x * 100 / 112 + 10) / 220, (y * 100 / 112 + 10) / 220) for x, y in ARCFACE]
    put(tmp_path / "stick", "points-1", yunet(places), YUNET)
    shown = parts(tmp_path, FIVE + 'detector = "points-1"\n', averaging(112))
    assert shown[0].min() > 0.2
    assert shown[2].max() < 0.02


def test_a_detector_that_sees_nothing_leaves_the_middle_of_the_box(tmp_path: Path) -> None:
    put(tmp_path / "stick", "points-1", yunet([(0.5, 0.5)] * 5), YUNET)
    shown = parts(tmp_path, FIVE + 'detector = "points-1"\n', averaging(112))
    assert shown[0, :, 0].min() > 0.2 and shown[2, :, 3].min() > 0.1


BROKEN = {
    "no table": "",
    "alignment": FIVE.replace("five-points", "by eye"),
    "a surprise": FIVE + "surprise = 1\n",
    "no size": FIVE.replace("size = [112, 112]\n", ""),
    "size": FIVE.replace("[112, 112]", "[112, 1e9]"),
    "dimensions": FIVE.replace("48", "true"),
    "four points": FIVE + "points = [[1, 2], [3, 4], [5, 6], [7, 8]]\n",
    "another detector": YUNET.replace("yunet", "haar"),
}


@pytest.mark.parametrize("table", BROKEN)
def test_a_card_that_does_not_say_how_is_refused(table: str, tmp_path: Path, models: Path) -> None:
    put(tmp_path / "stick", "agency-1", averaging(112), BROKEN[table])
    with pytest.raises(FormatError, match="agency-1"):
        add_model(tmp_path / "stick")
    assert not models.exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('licence = "Apache-2.0"', 'licence = ""'),
        ('name = "agency-1"', 'name = "face-template"'),
        ('name = "agency-1"', 'name = "../agency"'),
        ('file = "agency-1.onnx"', 'file = "../agency-1.onnx"'),
        ('origin = "made', 'converter = "dlib-resnet"\norigin = "made'),
        ('purpose = "A test"', "purpose = 3"),
    ],
)
def test_a_card_that_claims_what_it_may_not_is_refused(
    old: str, new: str, tmp_path: Path, models: Path
) -> None:
    path = put(tmp_path / "stick", "agency-1", averaging(112), FIVE)
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(FormatError):
        add_model(tmp_path / "stick")
    assert not models.exists()


def test_a_file_that_is_not_the_pinned_one_is_refused(tmp_path: Path, models: Path) -> None:
    put(tmp_path / "stick", "agency-1", averaging(112), FIVE)
    (tmp_path / "stick/agency-1.onnx").write_bytes(averaging(64))
    with pytest.raises(FormatError, match="not the pinned one"):
        add_model(tmp_path / "stick")
    assert not models.exists()


def test_a_file_that_was_changed_since_is_not_loaded(tmp_path: Path, models: Path) -> None:
    put(tmp_path / "stick", "agency-1", averaging(112), FIVE)
    add_model(tmp_path / "stick")
    (models / "agency-1.onnx").write_bytes(averaging(64))
    with pytest.raises(IntegrityError):
        embedder("agency-1").prepare()


def test_a_network_of_other_dimensions_than_its_card_says_is_refused_before_anything_is_enrolled(
    tmp_path: Path,
) -> None:
    put(tmp_path / "stick", "agency-1", averaging(112), FIVE.replace("48", "512"))
    add_model(tmp_path / "stick")
    with pytest.raises(FormatError, match="puts out 48 numbers a face, its card says 512"):
        embedder("agency-1").prepare()


def test_an_embedder_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UsageError) as refused:
        embedder("agency-9")
    assert "dlib-mirrored" in refused.value.hint


@pytest.mark.parametrize(
    ("licence", "restricted"),
    [
        ("Apache-2.0", False),
        ("MIT", False),
        ("CC BY-NC-SA 4.0", True),
        ("for non-commercial research purposes only", True),
        ("Noncommercial", True),
    ],
)
def test_a_licence_that_leaves_out_commercial_use_is_seen(
    licence: str, restricted: bool, tmp_path: Path
) -> None:
    put(tmp_path / "stick", "agency-1", averaging(112), FIVE, licence)
    add_model(tmp_path / "stick")
    assert cards()["agency-1"].restricted is restricted


def test_none_of_our_own_licences_is_taken_for_restricted() -> None:
    assert [one.name for one in cards().values() if one.restricted] == []


def test_the_example_of_the_documentation_is_complete(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs/how-to/own-face-model.md").read_text("utf-8")
    found = {}
    for number, block in enumerate(text.split("\n```toml\n")[1:]):
        path = tmp_path / f"{number}.toml"
        path.write_text(block.split("\n```")[0], "utf-8")
        found[own_card(path).name] = own_card(path)
    assert set(found) == {"yunet", "sface"}
    assert found["sface"].embedder is not None and found["sface"].embedder.detector == "yunet"
    assert found["yunet"].detector is not None


def test_a_file_that_is_no_network_is_refused_at_once(tmp_path: Path, models: Path) -> None:
    put(tmp_path / "stick", "agency-1", b"not a network", FIVE)
    with pytest.raises(FormatError, match=r"agency-1\.onnx is no ONNX network that can be loaded"):
        add_model(tmp_path / "stick")
    assert not models.exists()


def test_a_card_says_by_name_which_lines_it_lacks(tmp_path: Path) -> None:
    path = put(tmp_path / "stick", "agency-1", averaging(112), FIVE.replace("size = [112, 112]\n", ""))
    with pytest.raises(FormatError, match=r"its \[embedder\] table lacks: size$"):
        own_card(path)
    text = path.read_text("utf-8").replace('by_group = "not measured"\n', "")
    path.write_text(text.replace('limits = ["it knows no face from another"]\n', ""), "utf-8")
    with pytest.raises(FormatError, match=r"the card lacks: by_group, limits$"):
        own_card(path)


def test_a_licence_to_look_at_is_a_warning_and_nothing_missing(tmp_path: Path) -> None:
    put(tmp_path / "stick", "agency-1", averaging(112), FIVE, "Noncommercial")
    add_model(tmp_path / "stick")
    (line,) = (one for one in check(tmp_path) if one["what"] == "licence of agency-1")
    assert line["ok"] and line["warning"] and "see whether your use is allowed" in line["hint"]
