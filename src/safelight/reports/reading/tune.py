"""Train the network of `tuned.py`: back-propagation and Adam, by hand in NumPy, so that fitting needs nothing else.

A minute on one core. The same machine gives the same weights; another one may add up in another order and end a
little apart, which is why `situations.npz` also keeps the scores that the later stages were fitted on.
Settings were chosen by leaving authors out of the training sentences (two of three train, the third is scored).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from safelight.reports.reading.embedder import upper_layers
from safelight.reports.reading.situations import CODES, DANGER
from safelight.reports.reading.tuned import CUE_SPREAD, LAYERS, SPREAD, Floats, log_softmax

EPOCHS, BATCH, HIDDEN = 15, 128, 256
PACE = {"hidden": 1e-3, "out": 1e-3}
_PACE = 3e-4
"""Of the layers that come trained."""
DROPPED_BELOW, DROPPED = 0.2, 0.4
"""Shares of numbers set to zero in training: of the sums, and around the hidden layer."""
SMOOTHED = 0.05
"""Share of the wanted probability that is spread over all situations."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the network sees of n sentences, and their codes."""

    sums: Floats
    means: Floats
    cues: Floats
    codes: npt.NDArray[np.int64]

    def at(self, which: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Rows:
        """Some of them."""
        return Rows(self.sums[which], self.means[which], self.cues[which], self.codes[which])


def tune(rows: Rows, seed: int, epochs: int = EPOCHS) -> dict[str, Floats]:
    """The layers, trained. Beside the situations the network learns danger or not, an output that is then dropped."""
    with threadpool_limits(limits=1, user_api="blas"):  # two would wait, and add up in another order
        return _trained(rows, np.random.default_rng(seed), epochs)


def _trained(rows: Rows, draw: np.random.Generator, epochs: int) -> dict[str, Floats]:
    layers = _start(draw, rows.cues.shape[1])
    first = {name: np.zeros_like(one) for name, one in layers.items()}
    second = {name: np.zeros_like(one) for name, one in layers.items()}
    batch = min(BATCH, len(rows.codes))
    steps = epochs * (len(rows.codes) // batch)
    for number, which in enumerate(_batches(draw, len(rows.codes), batch, epochs), start=1):
        slopes = _slopes(layers, rows.at(which), draw)
        pace = _eased(number, steps) * np.sqrt(1 - 0.999**number) / (1 - 0.9**number)
        for name, slope in slopes.items():  # Adam: Kingma and Ba 2015, arXiv:1412.6980
            first[name] += np.float32(0.1) * (slope - first[name])
            second[name] += np.float32(0.001) * (slope * slope - second[name])
            step = np.float32(pace * PACE.get(name, _PACE))
            layers[name] -= step * first[name] / (np.sqrt(second[name]) + np.float32(1e-8))
    layers["out"] = layers["out"][:, : len(CODES)]
    return {name: np.ascontiguousarray(layers[name]) for name in LAYERS}


def _start(draw: np.random.Generator, cues: int) -> dict[str, Floats]:
    layers = {name: one.astype(np.float32).copy() for name, one in upper_layers().items()}
    width = layers["p3"].shape[1]
    layers["hidden"] = draw.normal(0, np.sqrt(2 / width), (width + cues + 1, HIDDEN)).astype(np.float32)
    layers["out"] = draw.normal(0, 0.05, (HIDDEN + 1, len(CODES) + 1)).astype(np.float32)
    layers["hidden"][-1] = layers["out"][-1] = 0
    return layers


def _batches(
    draw: np.random.Generator, count: int, batch: int, epochs: int
) -> Iterator[npt.NDArray[np.int64]]:
    for _ in range(epochs):
        order = draw.permutation(count)
        for begin in range(0, count - batch + 1, batch):
            yield order[begin : begin + batch]


def _eased(number: int, steps: int) -> float:
    """Up in the first tenth of the steps, then down along a cosine."""
    rise = max(1, steps // 10)
    if number <= rise:
        return number / rise
    return float(0.5 + 0.5 * np.cos(np.pi * (number - rise) / max(1, steps - rise)))


def _slopes(layers: dict[str, Floats], rows: Rows, draw: np.random.Generator) -> dict[str, Floats]:
    """The gradient of the mean loss of a batch."""
    n, width = len(rows.codes), rows.means.shape[1]
    sums = rows.sums.copy()
    sums[:, :-1] *= _kept(draw, (n, sums.shape[1] - 1), DROPPED_BELOW)
    start = sums @ layers["entry"]
    a = np.maximum(start @ layers["d0"], 0)
    b = np.maximum(start @ layers["p1"] + a @ layers["d1"], 0)
    c = np.maximum(b @ layers["d2"], 0)
    bent = np.tanh(b @ layers["p3"] + c @ layers["d3"])
    length = np.sqrt((bent * bent).sum(axis=1, keepdims=True) + np.float32(1e-12))
    whole = bent / length
    centred = whole - rows.means
    reach = np.sqrt((centred * centred).sum(axis=1, keepdims=True) + np.float32(1e-9))
    below = centred / reach
    mask = _kept(draw, (n, width + rows.cues.shape[1]), DROPPED)
    seen = np.concatenate([below * SPREAD, rows.cues * CUE_SPREAD], axis=1) * mask
    seen = np.concatenate([seen, np.ones((n, 1), np.float32)], axis=1)
    over = _kept(draw, (n, HIDDEN), DROPPED)
    hidden = np.maximum(seen @ layers["hidden"], 0) * over
    given = hidden @ layers["out"][:-1] + layers["out"][-1]

    d_given = _blame(given, rows.codes)
    d_hidden = (d_given @ layers["out"][:-1].T) * over * (hidden > 0)
    d_below = (d_hidden @ layers["hidden"][:width].T) * mask[:, :width] * SPREAD
    d_whole = (d_below - below * (below * d_below).sum(axis=1, keepdims=True)) / reach
    d_bent = (d_whole - whole * (whole * d_whole).sum(axis=1, keepdims=True)) / length
    d_end = d_bent * (1 - bent * bent)
    d_c = (d_end @ layers["d3"].T) * (c > 0)
    d_b = (d_end @ layers["p3"].T + d_c @ layers["d2"].T) * (b > 0)
    d_a = (d_b @ layers["d1"].T) * (a > 0)
    d_start = d_a @ layers["d0"].T + d_b @ layers["p1"].T
    return {
        "entry": sums.T @ d_start,
        "d0": start.T @ d_a,
        "d1": a.T @ d_b,
        "d2": b.T @ d_c,
        "d3": c.T @ d_end,
        "p1": start.T @ d_b,
        "p3": b.T @ d_end,
        "hidden": seen.T @ d_hidden,
        "out": np.concatenate([hidden.T @ d_given, d_given.sum(axis=0, keepdims=True)]),
    }


def _blame(given: Floats, codes: npt.NDArray[np.int64]) -> Floats:
    """The slope at the outputs: cross-entropy of the situations, and of danger or not in the last column."""
    count = len(CODES)
    wanted = np.full((len(codes), count), SMOOTHED / count, np.float32)
    wanted[np.arange(len(codes)), codes] += np.float32(1 - SMOOTHED)
    out = np.empty_like(given)
    out[:, :count] = np.exp(log_softmax(given[:, :count])) - wanted
    out[:, count] = 1 / (1 + np.exp(-np.clip(given[:, count], -30, 30))) - (codes < len(DANGER))
    return out / np.float32(len(codes))


def _kept(draw: np.random.Generator, shape: tuple[int, int], dropped: float) -> Floats:
    """Zero where a number is dropped, otherwise what keeps the sum."""
    kept = draw.random(shape, np.float32) >= np.float32(dropped)
    return kept.astype(np.float32) / np.float32(1 - dropped)
