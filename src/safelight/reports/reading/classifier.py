"""What a sentence states: a kernel classifier over sentence embeddings and cues, then calibrated; NumPy only.

Kernel ridge regression with the product of two Gaussian kernels, one over the embedding (centred per language, which
makes languages alike) and one over the cues of `cues.py`; it was clearly better than a linear classifier on the
same data (leaving languages out: AUC .959 against .924, macro F1 .71 against .62). Its scores become probabilities
through a logistic regression that was fitted on scores for languages left out of its training (`fit.py`), so that
they are no surer than new wording deserves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
import numpy.typing as npt

from safelight.reports.reading.cues import WIDTH as CUES
from safelight.reports.reading.cues import cues
from safelight.reports.reading.embedder import embed
from safelight.reports.reading.situations import CODES
from safelight.signals.models.card import card

Floats = npt.NDArray[np.float32]

FILE = "situations.npz"
RULES = "1"
"""Of the code in this folder: raised when a change of it changes readings."""
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Features:
    """What the kernels see of n sentences."""

    meaning: Floats
    """`(n, 512)`, centred by language, unit length."""
    cues: Floats
    """`(n, CUES)`, standardised."""


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted classifier, as `situations.npz` holds it."""

    means: Mapping[str, Floats]
    """Mean embedding by language; under "" that of all."""
    cue_mean: Floats
    cue_scale: Floats
    support: Features
    """The training sentences."""
    dual: Floats
    """`(training sentences, situations + 1)`; the last column is danger or not."""
    width: float
    cue_width: float
    weights: Floats
    """`(situations, scores + CUES + 1)`: scores to log-probabilities of situations."""
    danger_weights: Floats
    """`(scores + CUES + 1,)`: scores to the log-odds of danger."""
    report_weights: Floats
    """See `report.py`."""
    version: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What n sentences state."""

    situations: Floats
    """`(n, len(CODES))`, each row sums to 1."""
    danger: Floats
    """`(n,)` log-odds of danger."""


def features(
    sentences: Sequence[str],
    languages: Sequence[str | None],
    means: Mapping[str, Floats],
    mean: Floats,
    scale: Floats,
) -> Features:
    """What the kernels see, by the means and scales of the training sentences."""
    rows = embed(sentences, languages)
    rows = rows - np.stack([means.get(one or "", means[""]) for one in languages]) if len(rows) else rows
    return Features(unit(rows), ((cues(sentences, languages) - mean) / scale).astype(np.float32))


def unit(rows: Floats) -> Floats:
    """Rows of unit length."""
    norm = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.asarray(rows / np.maximum(norm, np.float32(1e-6)), np.float32)


def kernel(left: Features, right: Features, width: float, cue_width: float) -> Floats:
    """`(n, m)`: likeness 0..1 of sentences."""
    near = 2.0 - 2.0 * (left.meaning @ right.meaning.T)
    own = np.einsum("ij,ij->i", left.cues, left.cues)
    other = np.einsum("ij,ij->i", right.cues, right.cues)
    apart = own[:, None] + other - 2.0 * (left.cues @ right.cues.T)
    return np.asarray(np.exp(-width * np.maximum(near, 0) - cue_width * np.maximum(apart, 0)), np.float32)


def inputs(scores: Floats, cue_rows: Floats) -> Floats:
    """What the calibration sees: scores, cues, one."""
    return np.concatenate([scores, cue_rows * np.float32(0.1), np.ones((len(scores), 1), np.float32)], axis=1)


def softmax(logits: Floats) -> Floats:
    """Rows that sum to 1."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def judge(model: Model, sentences: Sequence[str], languages: Sequence[str | None]) -> Judged:
    """What each sentence states, in batches."""
    situations = np.zeros((len(sentences), len(CODES)), np.float32)
    danger = np.zeros(len(sentences), np.float32)
    for begin in range(0, len(sentences), _BATCH):
        part = slice(begin, begin + _BATCH)
        seen = features(sentences[part], languages[part], model.means, model.cue_mean, model.cue_scale)
        scores = kernel(seen, model.support, model.width, model.cue_width) @ model.dual
        seen_inputs = inputs(scores, seen.cues)
        situations[part] = softmax(seen_inputs @ model.weights.T)
        danger[part] = seen_inputs @ model.danger_weights
    return Judged(situations, danger)


@cache
def load() -> Model:
    """The model that is delivered, read once."""
    with as_file(files(__package__).joinpath(FILE)) as path, np.load(path, allow_pickle=False) as stored:
        return from_arrays({name: stored[name] for name in stored.files})


def from_arrays(arrays: Mapping[str, npt.NDArray[np.generic]]) -> Model:
    """The model of the arrays that `fit.py` makes."""
    full = {name: np.asarray(one, np.float32) for name, one in arrays.items() if one.dtype.kind == "f"}
    names = [str(one) for one in arrays["languages"]]
    return Model(
        means=dict(zip(names, full["means"], strict=True)),
        cue_mean=full["cue_mean"],
        cue_scale=full["cue_scale"],
        support=Features(
            from_bytes(np.asarray(arrays["support"], np.int8), full["support_step"]), full["support_cues"]
        ),
        dual=full["dual"],
        width=float(full["widths"][0]),
        cue_width=float(full["widths"][1]),
        weights=full["weights"],
        danger_weights=full["danger_weights"],
        report_weights=full["report_weights"],
        version=_version(arrays),
    )


def from_bytes(rows: npt.NDArray[np.int8], step: Floats) -> Floats:
    """Embeddings as they are kept, a byte a number: `step` is what one stands for in each row."""
    return rows.astype(np.float32) * step[:, None]


def _version(arrays: Mapping[str, npt.NDArray[np.generic]]) -> str:
    pins = [card(name).sha256 for name in ("sentence-encoder", "sentence-pieces", "text-language")]
    digest = hashlib.sha256(" ".join([RULES, str(CUES), *CODES, *pins]).encode())
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    for name in ("cues.toml", "romanised.toml", "ukrainian.toml"):
        digest.update(files(__package__).joinpath(name).read_bytes())
    return digest.hexdigest()[:16]
