"""The weights that are delivered follow from the sentences that are delivered."""

from __future__ import annotations

from importlib.resources import as_file, files

import numpy as np
import numpy.typing as npt
import pytest

from safelight.reports.reading import fit
from safelight.reports.reading.classifier import FILE, from_arrays, load
from safelight.reports.reading.situations import CODES


@pytest.fixture(scope="module")
def stored() -> dict[str, npt.NDArray[np.generic]]:
    with (
        as_file(files("safelight.reports.reading").joinpath(FILE)) as path,
        np.load(path, allow_pickle=False) as found,
    ):
        return {name: found[name] for name in found.files}


def test_every_training_sentence_has_a_known_code_and_stands_once() -> None:
    training = fit.read_sentences()
    assert len(set(zip(training.sentences, training.languages, strict=True))) == len(training.sentences)
    assert set(training.codes.tolist()) == set(range(len(CODES)))


def test_fitting_again_gives_the_weights_that_are_delivered(
    stored: dict[str, npt.NDArray[np.generic]],
) -> None:
    """All but the training of the network, which takes minutes: `test_tuned.py` shows that on few sentences."""
    made_by_tuning = [name for name in stored if name.startswith("network") or name == "left_out"]
    again, _ = fit.fit(fit.read_sentences(), {name: stored[name] for name in made_by_tuning})
    assert set(again) == set(stored)
    assert again["languages"].tolist() == stored["languages"].tolist()
    for name in sorted(set(stored) - {"languages"}):
        apart = np.abs(again[name].astype(np.float64) - stored[name].astype(np.float64)).max()
        assert apart < (2 if name == "support" else 0.02), name  # kept in whole numbers


def test_the_version_follows_the_weights(stored: dict[str, npt.NDArray[np.generic]]) -> None:
    assert from_arrays(stored).version == load().version
    changed = {**stored, "widths": stored["widths"] * np.float32(1.01)}  # type: ignore[operator]
    assert from_arrays(changed).version != load().version
