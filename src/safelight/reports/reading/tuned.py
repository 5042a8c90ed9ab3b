"""The encoder's uppermost layers, tuned to the situations, with a small network on top; NumPy only.

The encoder sums the states of a sentence's pieces; from there on it is a small net of seven matrices, which `tune.py`
trains further on the training sentences. The lower layers, which know the languages, stay as they come. It errs
on other sentences than the kernel over the untouched embedding does: alone it is no better, both together are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from safelight.reports.reading.situations import CODES

Floats = npt.NDArray[np.float32]

LAYERS = ("entry", "d0", "d1", "d2", "d3", "p1", "p3", "hidden", "out")
"""The matrices of a network, in this order; the last row of "hidden" and of "out" is for a column of ones."""
SPREAD, CUE_SPREAD = np.float32(2.0), np.float32(0.15)
"""Of the embedding (unit length) and the cues (standardised) before "hidden"."""


def log_situations(layers: Mapping[str, Floats], sums: Floats, means: Floats, cue_rows: Floats) -> Floats:
    """`(n, len(CODES))`: log-probabilities by a network, all situations being equally frequent.

    `sums` as in `Encoded`; `means` the mean embedding of the language of each; `cue_rows` standardised.
    """
    below = unit(turned(layers, sums) - means)
    seen = np.concatenate(
        [below * SPREAD, cue_rows * CUE_SPREAD, np.ones((len(sums), 1), np.float32)], axis=1
    )
    hidden = np.maximum(seen @ layers["hidden"], 0)
    return log_softmax((hidden @ layers["out"][:-1] + layers["out"][-1])[:, : len(CODES)])


def turned(layers: Mapping[str, Floats], sums: Floats) -> Floats:
    """`(n, 512)`: the embedding, of unit length, by these uppermost layers."""
    start = sums @ layers["entry"]
    first = np.maximum(start @ layers["d0"], 0)
    second = np.maximum(start @ layers["p1"] + first @ layers["d1"], 0)
    third = np.maximum(second @ layers["d2"], 0)
    return unit(np.tanh(second @ layers["p3"] + third @ layers["d3"]))


def unit(rows: Floats) -> Floats:
    """Rows of unit length."""
    norm = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.asarray(rows / np.maximum(norm, np.float32(1e-6)), np.float32)


def log_softmax(logits: Floats) -> Floats:
    """Rows whose exponentials sum to 1."""
    lowered = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(lowered - np.log(np.exp(lowered).sum(axis=1, keepdims=True)), np.float32)


def in_bytes(rows: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Rows as whole numbers -127..127, and for each row what one of them stands for."""
    step = np.maximum(np.abs(rows).max(axis=1) / np.float32(127), np.float32(1e-9)).astype(np.float32)
    return np.rint(rows / step[:, None]).astype(np.int8), step


def from_bytes(rows: npt.NDArray[np.int8], step: Floats) -> Floats:
    """Rows as they are kept, a byte a number: `step` is what one stands for in each row."""
    return rows.astype(np.float32) * step[:, None]
