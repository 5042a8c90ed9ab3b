"""Fit the classifier from the training sentences: `python -m safelight.reports.reading.fit` writes `situations.npz`.

Deterministic: the same sentences give the same weights. Nothing is chosen by the test wording. Scores for calibration
come from models that were trained without the languages of the sentence, as a stand-in for wording of other authors.
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
    Floats,
    from_arrays,
    from_bytes,
    inputs,
    kernel,
    softmax,
    unit,
)
from safelight.reports.reading.cues import cues
from safelight.reports.reading.embedder import HELD, embed
from safelight.reports.reading.report import PRIOR, TERMS, danger_of, seen
from safelight.reports.reading.situations import CODES, DANGER

WIDTH, CUE_WIDTH, RIDGE = 1.0, 0.005, 0.2
"""Chosen by leaving groups of languages out of the training sentences."""
GROUPS = (("en",), ("de", "nl"), ("fr", "it"), ("es", "pt"), ("pl", "ru", "uk"), ("tr", "ar", "zh"))
"""Languages left out together: close ones, written by the same hand."""
DECOYS = ("past", "fiction", "commentary", "negated", "hypothetical")
_L2_SITUATIONS, _L2_DANGER, _L2_REPORT = 3.0, 30.0, 1.0
_REPORTS = 6000


@dataclass(frozen=True, slots=True)
class Training:
    """The training sentences of the languages that are held."""

    sentences: tuple[str, ...]
    codes: npt.NDArray[np.int64]
    languages: tuple[str, ...]


def main() -> None:
    """Fit, say how well, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(FILE))
    options = parser.parse_args()
    arrays, said = fit(read_sentences())
    np.savez(options.out, allow_pickle=False, **arrays)
    print(said)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB, version {from_arrays(arrays).version}")


def read_sentences(wanted: Sequence[str] | None = None) -> Training:
    """The files of `sentences/` in the languages that are held, in a fixed order."""
    found: list[tuple[str, int, str]] = []
    for entry in sorted(files(__package__).joinpath("sentences").iterdir(), key=lambda one: one.name):
        stem, _, ending = entry.name.partition(".")
        language = stem.partition("-")[0]  # `en.tsv`, `en-more.tsv`: as many files as there are authors
        if ending != "tsv" or language not in HELD or (wanted is not None and language not in wanted):
            continue
        for line in entry.read_text("utf-8").splitlines():
            code, _, sentence = line.partition("\t")
            found.append((sentence, CODES.index(code), language))
    return Training(
        tuple(one[0] for one in found),
        np.array([one[1] for one in found], np.int64),
        tuple(one[2] for one in found),
    )


def fit(training: Training) -> tuple[dict[str, npt.NDArray[Any]], str]:
    """All arrays of `situations.npz`, and a few lines on how well they do on languages left out."""
    raw = embed(training.sentences, training.languages)
    names = sorted(set(training.languages))
    spoken = np.array(training.languages)
    means = {name: raw[spoken == name].mean(axis=0) for name in names}
    means[""] = np.mean(list(means.values()), axis=0)
    means = {
        name: one.astype(np.float16).astype(np.float32) for name, one in means.items()
    }  # as they are kept
    marks = cues(training.sentences, training.languages)
    cue_mean, cue_scale = marks.mean(axis=0), marks.std(axis=0) + np.float32(1e-6)
    meaning, step = in_bytes(unit(raw - np.stack([means[one] for one in training.languages])))
    all_seen = Features(from_bytes(meaning, step), ((marks - cue_mean) / cue_scale).astype(np.float32))
    near = kernel(all_seen, all_seen, WIDTH, CUE_WIDTH)
    dual = solve(near, targets(training.codes))
    left_out = scores_left_out(near, training)
    stages = calibrate(left_out, all_seen.cues, training)
    arrays: dict[str, npt.NDArray[Any]] = {
        "languages": np.array(["", *names]),
        "means": np.stack([means[one] for one in ["", *names]]).astype(np.float16),
        "cue_mean": cue_mean,
        "cue_scale": cue_scale,
        "support": meaning,
        "support_step": step,
        "support_cues": all_seen.cues,
        "dual": dual,
        "widths": np.array([WIDTH, CUE_WIDTH], np.float32),
        **stages,
    }
    return arrays, told(left_out, all_seen.cues, stages, training)


def in_bytes(rows: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Rows as whole numbers -127..127, and for each row what one of them stands for."""
    step = np.maximum(np.abs(rows).max(axis=1) / np.float32(127), np.float32(1e-9)).astype(np.float32)
    return np.rint(rows / step[:, None]).astype(np.int8), step


def targets(codes: npt.NDArray[np.int64]) -> Floats:
    """`(n, situations + 1)`: one for the situation, and danger as 1 or -1."""
    out = np.zeros((len(codes), len(CODES) + 1), np.float32)
    out[np.arange(len(codes)), codes] = 1
    out[:, -1] = np.where(codes < len(DANGER), 1, -1)
    return out


def solve(near: Floats, wanted: Floats) -> Floats:
    """The dual weights of kernel ridge regression, in double precision."""
    exact = near.astype(np.float64) + RIDGE * np.eye(len(near))
    return np.linalg.solve(exact, wanted.astype(np.float64)).astype(np.float32)


def scores_left_out(near: Floats, training: Training) -> Floats:
    """Scores of each sentence by a model that saw none of its group of languages."""
    group = groups(training.languages)
    wanted = targets(training.codes)
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


def calibrate(scores: Floats, cue_rows: Floats, training: Training) -> dict[str, Floats]:
    """The two logistic regressions over scores of languages left out, and the one over made reports."""
    rows = inputs(scores, cue_rows)
    weights = logistic(rows, np.eye(len(CODES), dtype=np.float32)[training.codes], _L2_SITUATIONS)
    dangerous = training.codes < len(DANGER)
    danger_weights = binary(rows, dangerous, _balanced(training.codes), _L2_DANGER)
    made, truth, share = made_reports(softmax(rows @ weights.T), rows @ danger_weights, training)
    report_weights = binary(made, truth, share, _L2_REPORT)
    return {"weights": weights, "danger_weights": danger_weights, "report_weights": report_weights}


def _balanced(codes: npt.NDArray[np.int64]) -> Floats:
    """Weights: danger as much as the rest, decoys at the share that they have among real reports."""
    kind = np.where(
        codes < len(DANGER), 0, np.where(np.isin(codes, [CODES.index(one) for one in DECOYS]), 1, 2)
    )
    wanted = np.array([0.5, 0.25, 0.25]) * len(codes)
    return (wanted[kind] / np.bincount(kind, minlength=3)[kind]).astype(np.float32)


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
        share.append((PRIOR, (1 - PRIOR) * 0.22, (1 - PRIOR) * 0.78)[kind])
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


def binary(rows: Floats, truth: npt.NDArray[np.bool_], share: Floats, ridge: float) -> Floats:
    """Weighted logistic regression by Newton's method: `(columns,)`; the last column of `rows` is one."""
    x, y, weight = rows.astype(np.float64), truth.astype(np.float64), share.astype(np.float64)
    keep = np.full(x.shape[1], ridge)
    keep[-1] = 1e-6
    found = np.zeros(x.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        slope = x.T @ (weight * (p - y)) + keep * found
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(keep)
        step = np.linalg.solve(curve, slope)
        found -= step
        if np.abs(step).max() < 1e-9:
            break
    return found.astype(np.float32)


def told(scores: Floats, cue_rows: Floats, stages: dict[str, Floats], training: Training) -> str:
    """How well sentences of languages left out are told apart."""
    rows = inputs(scores, cue_rows)
    danger = rows @ stages["danger_weights"]
    truth = training.codes < len(DANGER)
    best = (rows @ stages["weights"].T).argmax(axis=1)
    made, told_danger, share = made_reports(softmax(rows @ stages["weights"].T), danger, training)
    given = danger_of(made, stages["report_weights"])
    lines = [f"{len(training.codes)} sentences; figures for languages left out of training"]
    lines.append(
        f"danger or not: AUC {area(danger, truth):.3f}; right situation {np.mean(best == training.codes):.3f}"
    )
    lines.append(
        f"made reports: AUC {area(given, told_danger):.3f}, mean {np.average(given, weights=share):.4f}"
    )
    lines += [
        f"  {term:13s} {weight:+.2f}" for term, weight in zip(TERMS, stages["report_weights"], strict=True)
    ]
    return "\n".join(lines)


def area(score: Floats, truth: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve."""
    rank = np.empty(len(score))
    rank[np.argsort(score, kind="stable")] = np.arange(len(score))
    yes = int(truth.sum())
    return float((rank[truth].sum() - yes * (yes - 1) / 2) / (yes * (len(truth) - yes)))


if __name__ == "__main__":
    main()
