"""The upper layers, restated and tuned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from safelight.reports.reading import tune as tuning
from safelight.reports.reading.embedder import encode, upper_layers
from safelight.reports.reading.situations import CODES
from safelight.reports.reading.tune import Rows, tune
from safelight.reports.reading.tuned import LAYERS, from_bytes, in_bytes, log_situations, turned

SENTENCES = (
    "The trainer is alone with the boys after training.",
    "Der Trainer ist mit den Jungen allein.",
    "L'entraîneur reste seul avec les garçons.",
    "This message was generated automatically.",
    "Diese Nachricht wurde automatisch erzeugt.",
    "Ce message a été généré automatiquement.",
)
LANGUAGES = ("en", "de", "fr") * 2


@pytest.fixture(scope="module")
def rows() -> Rows:
    sums = encode(SENTENCES, LANGUAGES).sums
    nothing = np.zeros((len(sums), 512), np.float32)
    codes = [CODES.index("trust")] * 3 + [CODES.index("routine")] * 3
    return Rows(sums, nothing, np.zeros((len(sums), 12), np.float32), np.array(codes, np.int64))


def test_the_layers_as_they_come_give_the_encoders_own_embedding() -> None:
    encoded = encode(SENTENCES, LANGUAGES)
    assert np.abs(turned(upper_layers(), encoded.sums) - encoded.meaning).max() < 1e-5


def test_sums_do_not_depend_on_what_else_is_encoded() -> None:
    together, alone = encode(SENTENCES, LANGUAGES).sums, encode(SENTENCES[3:4], LANGUAGES[3:4]).sums
    assert np.abs(together[3:4] - alone).max() < 1e-4


def test_nothing_is_kept_from_one_call_to_the_next() -> None:
    encode(SENTENCES, LANGUAGES)
    assert encode(SENTENCES[:1], LANGUAGES[:1]).sums.shape == (1, 1281)
    assert encode((), ()).sums.shape == (0, 1281)


def test_training_learns_what_it_is_shown(rows: Rows) -> None:
    said = log_situations(tune(rows, seed=0, epochs=20), rows.sums, rows.means, rows.cues)
    assert said.argmax(axis=1).tolist() == rows.codes.tolist()
    assert np.allclose(np.exp(said).sum(axis=1), 1, atol=1e-5)


def test_training_again_gives_the_same_layers(rows: Rows) -> None:
    left, right = tune(rows, seed=1, epochs=2), tune(rows, seed=1, epochs=2)
    assert set(left) == set(LAYERS)
    assert all(np.array_equal(left[name], right[name]) for name in LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_slopes_are_those_of_the_loss(rows: Rows, layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "_kept", lambda _draw, shape, _dropped: np.ones(shape))
    draw = np.random.default_rng(0)
    layers: dict[str, Any] = {name: one.astype(np.float64) for name, one in tuning._start(draw, 12).items()}
    layers["out"][:, -1] = 0  # danger or not, which the loss below does not hold
    slope = tuning._slopes(layers, rows, draw)[layer][:, : len(CODES) if layer == "out" else None]
    steepest = np.unravel_index(np.abs(slope).argmax(), slope.shape)

    def loss(by: float) -> float:
        moved = {**layers, layer: layers[layer].copy()}
        moved[layer][steepest] += by
        said = log_situations(moved, rows.sums, rows.means, rows.cues).astype(np.float64)
        wanted = np.full(said.shape, tuning.SMOOTHED / len(CODES))
        wanted[np.arange(len(said)), rows.codes] += 1 - tuning.SMOOTHED
        return float(-(wanted * said).sum(axis=1).mean())

    assert slope[steepest] == pytest.approx((loss(1e-3) - loss(-1e-3)) / 2e-3, rel=0.02)


def test_layers_kept_in_bytes_say_nearly_the_same(rows: Rows) -> None:
    layers = tune(rows, seed=0, epochs=2)
    kept = {name: from_bytes(*in_bytes(one)) for name, one in layers.items()}
    exact, near = (log_situations(one, rows.sums, rows.means, rows.cues) for one in (layers, kept))
    assert np.abs(exact - near).max() < 0.2
