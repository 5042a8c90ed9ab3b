"""Fit the classifier from the training sentences: `python -m safelight.reports.reading.fit` writes `situations.npz`.

Some five minutes on one core. Deterministic on one machine: the same sentences give the same weights. Nothing is
chosen by the test wording. The kernel's scores are calibrated where it was trained without the languages of the
sentence; the report stage sees scores by models that were trained without the author of the sentence.
A file of another language is one more file in `sentences/`; run this again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.reading.classifier import (
    FILE,
    Features,
    Seen,
    danger_odds,
    features,
    from_arrays,
    inputs,
    kernel,
    together,
)
from safelight.reports.reading.cues import cues
from safelight.reports.reading.embedder import HELD, embed
from safelight.reports.reading.report import PRIOR, TERMS, danger_of, seen
from safelight.reports.reading.situations import CODES, DANGER, DECOY_SHARE, DECOYS
from safelight.reports.reading.tune import Rows, tune
from safelight.reports.reading.tuned import Floats, from_bytes, in_bytes, log_situations, log_softmax

WIDTH, CUE_WIDTH, RIDGE = 1.0, 0.005, 0.2
"""Chosen by leaving groups of languages out of the training sentences."""
GROUPS = (("en",), ("de", "nl"), ("fr", "it"), ("es", "pt"), ("pl", "ru", "uk"), ("tr", "ar", "zh"))
"""Languages left out together: close ones, written by the same hand."""
SEED = 0
"""Of the network. A second one, of another seed, added nothing."""
_L2_SITUATIONS, _L2_REPORT = 3.0, 1.0
_REPORTS = 6000


@dataclass(frozen=True, slots=True)
class Training:
    """The training sentences of the languages that are held."""

    sentences: tuple[str, ...]
    codes: npt.NDArray[np.int64]
    languages: tuple[str, ...]
    authors: tuple[str, ...]
    """By the endings of the files' names: "", "more" ..."""


def main() -> None:
    """Fit, say how well, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(FILE))
    options = parser.parse_args()
    training = read_sentences()
    arrays, said = fit(training, tuned(training))
    np.savez(options.out, allow_pickle=False, **arrays)
    print(said)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB, version {from_arrays(arrays).version}")


def read_sentences(wanted: Sequence[str] | None = None) -> Training:
    """The files of `sentences/` in the languages that are held, in a fixed order."""
    found: list[tuple[str, int, str, str]] = []
    for entry in sorted(files(__package__).joinpath("sentences").iterdir(), key=lambda one: one.name):
        stem, _, ending = entry.name.partition(".")
        language, _, author = stem.partition(
            "-"
        )  # `en.tsv`, `en-more.tsv`: as many files as there are authors
        if ending != "tsv" or language not in HELD or (wanted is not None and language not in wanted):
            continue
        for line in entry.read_text("utf-8").splitlines():
            code, _, sentence = line.partition("\t")
            found.append((sentence, CODES.index(code), language, author))
    return Training(
        tuple(one[0] for one in found),
        np.array([one[1] for one in found], np.int64),
        tuple(one[2] for one in found),
        tuple(one[3] for one in found),
    )


def tuned(training: Training) -> dict[str, npt.NDArray[Any]]:
    """The arrays of the network, and under "left_out" what networks say that saw none of a sentence's author."""
    found = see(training, scales_of(training))
    rows = Rows(found.sums, found.means, found.cues, training.codes)
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, layer in tune(rows, SEED).items():
        arrays[f"network_{name}"], arrays[f"network_{name}_step"] = in_bytes(layer)
    out = np.zeros((len(training.codes), len(CODES)), np.float16)
    author = authors(training)
    for number in sorted(set(author.tolist())):
        test = rows.at(author == number)
        layers = tune(rows.at(author != number), SEED)
        out[author == number] = log_situations(layers, test.sums, test.means, test.cues)
    return {**arrays, "left_out": out}


def authors(training: Training) -> npt.NDArray[np.int64]:
    """A number for the author of each sentence."""
    names = sorted(set(training.authors))
    return np.array([names.index(one) for one in training.authors], np.int64)


def scales_of(training: Training) -> dict[str, npt.NDArray[Any]]:
    """What makes languages and cues comparable: mean embeddings, means and deviations of the cues."""
    raw = embed(training.sentences, training.languages)
    names = sorted(set(training.languages))
    spoken = np.array(training.languages)
    means = {name: raw[spoken == name].mean(axis=0) for name in names}
    marks = cues(training.sentences, training.languages)
    return {
        "languages": np.array(["", *names]),
        "means": np.stack([np.mean(list(means.values()), axis=0), *means.values()]).astype(np.float16),
        "cue_mean": marks.mean(axis=0),
        "cue_scale": marks.std(axis=0) + np.float32(1e-6),
    }


def see(training: Training, scales: dict[str, npt.NDArray[Any]]) -> Seen:
    """The training sentences, as the classifier will see sentences."""
    means = dict(
        zip(scales["languages"].tolist(), scales["means"].astype(np.float32), strict=True)
    )  # as they are kept
    return features(training.sentences, training.languages, means, scales["cue_mean"], scales["cue_scale"])


def fit(training: Training, network: dict[str, npt.NDArray[Any]]) -> tuple[dict[str, npt.NDArray[Any]], str]:
    """All arrays of `situations.npz` from those of `tuned`, and a few lines on how well they do on authors left out."""
    scales = scales_of(training)
    seen_of = see(training, scales)
    meaning, step = in_bytes(seen_of.meaning)
    all_seen = Features(from_bytes(meaning, step), seen_of.cues)
    near = kernel(all_seen, all_seen, WIDTH, CUE_WIDTH)
    dual = solve(near, targets(training.codes))
    elsewhere = inputs(scores_left_out(near, training.codes, groups(training.languages)), all_seen.cues)
    weights = logistic(elsewhere, np.eye(len(CODES), dtype=np.float32)[training.codes], _L2_SITUATIONS)
    by_others = inputs(scores_left_out(near, training.codes, authors(training)), all_seen.cues)
    logs = together(log_softmax(by_others @ weights.T), network["left_out"].astype(np.float32))
    made, truth, share = made_reports(np.exp(logs), danger_odds(logs), training)
    report_weights = binary(made, truth, share, _L2_REPORT)
    arrays: dict[str, npt.NDArray[Any]] = {
        **scales,
        "support": meaning,
        "support_step": step,
        "support_cues": all_seen.cues,
        "dual": dual,
        "widths": np.array([WIDTH, CUE_WIDTH], np.float32),
        "weights": weights,
        "report_weights": report_weights,
        **network,
    }
    given = danger_of(made, report_weights)
    return arrays, told(
        logs, training, area(given, truth), float(np.average(given, weights=share)), report_weights
    )


def targets(codes: npt.NDArray[np.int64]) -> Floats:
    """`(n, situations + 1)`: one for the situation, and danger as 1 or -1."""
    out = np.zeros((len(codes), len(CODES) + 1), np.float32)
    out[np.arange(len(codes)), codes] = 1
    out[:, -1] = np.where(codes < len(DANGER), 1, -1)
    return out


def solve(near: Floats, wanted: Floats) -> Floats:
    """The dual weights of kernel ridge regression, in double precision, by Cholesky's method."""
    from scipy.linalg import solve as solution

    exact = near.astype(np.float64)
    exact[np.diag_indices_from(exact)] += RIDGE
    found = solution(exact, wanted.astype(np.float64), assume_a="pos", overwrite_a=True, check_finite=False)
    return np.asarray(found, np.float32)


def scores_left_out(near: Floats, codes: npt.NDArray[np.int64], group: npt.NDArray[np.int64]) -> Floats:
    """Scores of each sentence by a model that saw none of its group."""
    wanted = targets(codes)
    out = np.zeros_like(wanted)
    for number in sorted(set(group.tolist())):
        test, train = group == number, group != number
        out[test] = near[np.ix_(test, train)] @ solve(near[np.ix_(train, train)], wanted[train])
    return out


def groups(languages: Sequence[str]) -> npt.NDArray[np.int64]:
    """The group of each sentence; a language that no group names is one by itself."""
    place = {language: number for number, group in enumerate(GROUPS) for language in group}
    for language in sorted(set(languages)):
        place.setdefault(language, len(place) + len(GROUPS))
    return np.array([place[one] for one in languages], np.int64)


def made_reports(
    situations: Floats, danger: Floats, training: Training, count: int = _REPORTS
) -> tuple[Floats, npt.NDArray[np.bool_], Floats]:
    """Reports put together from training sentences: what `seen` sees, the truth, and weights at the usual shares."""
    draw = np.random.default_rng(7)
    spoken = np.array(training.languages)
    names = sorted(set(training.languages))
    dangers = list(range(len(DANGER)))
    decoys = [CODES.index(one) for one in DECOYS]
    plain = [CODES.index(one) for one in ("trade", "viral", "routine")]
    routine, trade = CODES.index("routine"), CODES.index("trade")
    place = {
        (name, code): np.flatnonzero((spoken == name) & (training.codes == code))
        for name in names
        for code in range(len(CODES))
    }
    rows, truth, share = [], [], []
    for number in range(count):
        language = names[int(draw.integers(len(names)))]
        kind = number % 3
        pool = (dangers, decoys, plain)[kind]
        codes = [int(draw.choice(pool))]
        if draw.random() < (0.35, 0.3, 0.5)[kind]:
            codes.append(codes[0] if kind == 1 else int(draw.choice(pool)))
        if kind < 2 and draw.random() < 0.25:
            codes.append(trade)
        codes += [routine] * int(draw.integers(0, 4))
        picked = [int(draw.choice(place[language, code])) for code in codes if len(place[language, code])]
        if not picked:
            continue
        at = np.array(picked)
        rows.append(seen(situations[at], danger[at]))
        truth.append(kind == 0)
        share.append((PRIOR, (1 - PRIOR) * DECOY_SHARE, (1 - PRIOR) * (1 - DECOY_SHARE))[kind])
    scale = len(share) / sum(share)
    return np.stack(rows), np.array(truth), np.array(share, np.float32) * np.float32(scale)


def logistic(rows: Floats, wanted: Floats, ridge: float) -> Floats:
    """Multinomial logistic regression by L-BFGS: `(classes, columns)`; the last column of `rows` is one."""
    from scipy.optimize import minimize

    x, y = rows.astype(np.float64), wanted.astype(np.float64)
    shape = (y.shape[1], x.shape[1])

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weight = flat.reshape(shape)
        logits = x @ weight.T
        logits -= logits.max(axis=1, keepdims=True)
        total = np.log(np.exp(logits).sum(axis=1, keepdims=True))
        kept = weight.copy()
        kept[:, -1] = 0
        slope = (np.exp(logits - total) - y).T @ x + ridge * kept
        return float(-((logits - total) * y).sum() + ridge / 2 * (kept**2).sum()), slope.ravel()

    done = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(done.x, np.float32).reshape(shape)


def binary(
    rows: Floats, truth: npt.NDArray[np.bool_], share: Floats, ridge: float, curvature: float = 0.0
) -> Floats:
    """Weighted ridge logistic regression by Newton's method: `(columns,)`; the last column of `rows` is one.

    A row counts for its curvature or for `curvature`, whichever is more: some where rows can be told apart wholly.
    """
    x, y, weight = rows.astype(np.float64), truth.astype(np.float64), share.astype(np.float64)
    keep = np.full(x.shape[1], ridge)
    keep[-1] = 1e-6
    found = np.zeros(x.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        slope = x.T @ (weight * (p - y)) + keep * found
        bend = np.maximum(weight * p * (1 - p), weight * curvature)
        curve = (x * bend[:, None]).T @ x + np.diag(keep)
        step = np.linalg.solve(curve, slope)
        found -= step
        if np.abs(step).max() < 1e-9:
            break
    return found.astype(np.float32)


def told(logs: Floats, training: Training, made_area: float, made_mean: float, report_weights: Floats) -> str:
    """How well sentences of authors left out are told apart."""
    truth = training.codes < len(DANGER)
    odds = danger_odds(logs)
    lines = [f"{len(training.codes)} sentences; figures for authors left out of training"]
    lines.append(
        f"danger or not: AUC {area(odds, truth):.3f}, found at 5 % false "
        f"{np.mean(odds[truth] > np.quantile(odds[~truth], 0.95)):.3f}; "
        f"right situation {np.mean(logs.argmax(axis=1) == training.codes):.3f}"
    )
    lines.append(f"made reports: AUC {made_area:.3f}, mean {made_mean:.4f}")
    lines += [f"  {term:13s} {weight:+.2f}" for term, weight in zip(TERMS, report_weights, strict=True)]
    return "\n".join(lines)


def area(score: Floats, truth: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve."""
    rank = np.empty(len(score))
    rank[np.argsort(score, kind="stable")] = np.arange(len(score))
    yes = int(truth.sum())
    return float((rank[truth].sum() - yes * (yes - 1) / 2) / (yes * (len(truth) - yes)))


if __name__ == "__main__":
    main()
