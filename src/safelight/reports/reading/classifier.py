"""What a sentence states: a kernel classifier and a tuned network over sentence embeddings and cues; NumPy only.

Kernel ridge regression with the product of two Gaussian kernels, one over the embedding (centred per language, which
makes languages alike) and one over the cues of `cues.py`; it was clearly better than a linear classifier on the
same data (leaving languages out: AUC .959 against .924, macro F1 .71 against .62). Its scores become probabilities
through a logistic regression that was fitted on scores for languages left out of its training (`fit.py`), so that
they are no surer than new wording deserves. The network of `tuned.py` errs on other sentences: the log-probabilities of
both are averaged.

Danger is what the situations of danger weigh against the others, at the shares that they have among reports. A
danger score learnt beside the situations was worse: a weighted sum of twenty scores cannot say "one of these".
Leaving authors out, danger reports within the first 5 %: such a score .79, this .83, with a network and shares .89.
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
from safelight.reports.reading.embedder import encode
from safelight.reports.reading.situations import CODES, DANGER, DECOY_SHARE, DECOYS, OTHER
from safelight.reports.reading.tuned import LAYERS, Floats, from_bytes, log_situations, log_softmax, unit
from safelight.signals.models.card import card

FILE = "situations.npz"
RULES = "2"
"""Of the code in this folder: raised when a change of it changes readings."""
_BATCH = 256
NETWORK = 0.4
"""Weight of the network's log-probabilities; the kernel's have the rest. Chosen by leaving authors out."""
_SHARES = np.array(
    [
        0.5 / len(DANGER)
        if code in DANGER
        else 0.5 * DECOY_SHARE / len(DECOYS)
        if code in DECOYS
        else 0.5 * (1 - DECOY_SHARE) / (len(OTHER) - len(DECOYS))
        for code in CODES
    ]
)
"""Of each situation: danger as much as the rest, and the rest as among reports."""


@dataclass(frozen=True, slots=True)
class Features:
    """What the kernels see of n sentences."""

    meaning: Floats
    """`(n, 512)`, centred by language, unit length."""
    cues: Floats
    """`(n, CUES)`, standardised."""


@dataclass(frozen=True, slots=True)
class Seen(Features):
    """The same of sentences to be judged, and what the network sees beside the cues."""

    sums: Floats
    means: Floats


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
    network: Mapping[str, Floats]
    """See `tuned.py`."""
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
) -> Seen:
    """What kernels and network see of at least one sentence, by the scales of the training sentences."""
    encoded = encode(sentences, languages)
    middle = np.stack([means.get(one or "", means[""]) for one in languages])
    marks = ((cues(sentences, languages) - mean) / scale).astype(np.float32)
    return Seen(unit(encoded.meaning - middle), marks, encoded.sums, middle)


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


def together(kernel_says: Floats, network_says: Floats) -> Floats:
    """Log-probabilities of situations from those by the kernel and those by the network."""
    return log_softmax((1 - NETWORK) * kernel_says + NETWORK * network_says)


def danger_odds(logs: Floats) -> Floats:
    """`(n,)` log-odds of danger, of log-probabilities of situations."""
    weighed = np.exp(logs.astype(np.float64)) * _SHARES
    yes, no = weighed[:, : len(DANGER)].sum(axis=1), weighed[:, len(DANGER) :].sum(axis=1)
    return np.asarray(np.log(yes + 1e-9) - np.log(no + 1e-9), np.float32)


def judge(model: Model, sentences: Sequence[str], languages: Sequence[str | None]) -> Judged:
    """What each sentence states, in batches."""
    situations = np.zeros((len(sentences), len(CODES)), np.float32)
    danger = np.zeros(len(sentences), np.float32)
    for begin in range(0, len(sentences), _BATCH):
        part = slice(begin, begin + _BATCH)
        seen = features(sentences[part], languages[part], model.means, model.cue_mean, model.cue_scale)
        scores = kernel(seen, model.support, model.width, model.cue_width) @ model.dual
        by_network = log_situations(model.network, seen.sums, seen.means, seen.cues)
        logs = together(log_softmax(inputs(scores, seen.cues) @ model.weights.T), by_network)
        situations[part] = np.exp(logs)
        danger[part] = danger_odds(logs)
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
        network=_network(arrays),
        report_weights=full["report_weights"],
        version=_version(arrays),
    )


def _network(arrays: Mapping[str, npt.NDArray[np.generic]]) -> dict[str, Floats]:
    layers = {}
    for name in LAYERS:
        kept, step = arrays[f"network_{name}"], arrays[f"network_{name}_step"]
        layers[name] = from_bytes(np.asarray(kept, np.int8), np.asarray(step, np.float32))
    return layers


def _version(arrays: Mapping[str, npt.NDArray[np.generic]]) -> str:
    pins = [card(name).sha256 for name in ("sentence-encoder", "sentence-pieces", "text-language")]
    digest = hashlib.sha256(" ".join([RULES, str(CUES), *CODES, *pins]).encode())
    for name in sorted(arrays):
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    for name in ("cues.toml", "romanised.toml", "ukrainian.toml"):
        digest.update(files(__package__).joinpath(name).read_bytes())
    return digest.hexdigest()[:16]
