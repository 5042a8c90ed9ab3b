"""How many reports with a child in danger stand first: the report desk on invented reports in wording it never saw.

    .venv/bin/python bench/report_queue.py [--reports 4000] [--seeds 5] [--languages] [--each 30] [--wording test]

For each seed: make reports, take them in through the public verbs, rank, and count in the first 1, 2, 5 and 10 % by all
evidence, by the words alone, by structure alone (one report's own), and by structure with links. `--languages` goes on
with seeds in which all languages are spoken evenly until each has `--each` reports in danger that are told in words.
Everything is invented by one generator; its sentences are by another author than the training sentences. Real reports
are longer, dirtier and other: the figures compare versions of the desk and promise nothing about a unit's own reports.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from math import sqrt
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.demo.reports.folder import write_folder
from safelight.demo.reports.generate import generate
from safelight.demo.reports.made import Made
from safelight.demo.reports.telling import DECOYS
from safelight.demo.reports.wording import HELD, sentences
from safelight.governance.gate import Permit, verb
from safelight.model import Authority, Basis, Capability, HashSetKind
from safelight.progress import silent
from safelight.reports.desk.desk import Desk
from safelight.reports.desk.rank import TOLD, Ranked
from safelight.reports.words import free_texts
from safelight.settings import Settings
from safelight.workspace import Workspace

SHARES = (0.01, 0.02, 0.05, 0.10)
ORDERS = ("all evidence", "text alone", "structure alone", "structure and links")
_OF_LINKS = ("previous-reports", "several-providers", "linked-danger")
Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class Placed:
    """A made report and the share of all that stands before it, in each order (0: first)."""

    made: Made
    at: dict[str, float]
    log_odds: float
    text_part: float


@dataclass(slots=True)
class Run:
    """One seed."""

    seed: int
    placed: list[Placed]
    verb_recall: list[float] = field(default_factory=list)
    """As `reports evaluate` says it, where copies and waves are one line."""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def positives(self) -> list[Placed]:
        """Those in which a child is in danger."""
        return [one for one in self.placed if one.made.in_danger]


def run(seed: int, count: int, wording: Any, languages: Sequence[str] | None, until: datetime) -> Run:
    """Make, take in, rank and place the reports of one seed."""
    with tempfile.TemporaryDirectory() as folder:
        truth: dict[str, Made] = {}

        def kept() -> Iterator[Made]:
            for one in generate(count, seed, wording=wording, languages=languages, until=until):
                truth[one.report.report_id] = one
                yield one

        started = monotonic()
        written = write_folder(Path(folder) / "made", kept())
        config = Settings(workspace=Path(folder) / "w", key_folder=Path(folder) / "k")
        with Workspace(config.workspace, config, evaluation=True) as house:
            both = {Capability.REPORT_TRIAGE, Capability.TEXT_ANALYSIS}
            for name, allows in (("words", both), ("structure", {Capability.REPORT_TRIAGE})):
                ground = Authority(
                    Basis.STATUTE, "B", "bench", date(2020, 1, 1), date(2099, 1, 1), frozenset(allows)
                )
                house.open_case(name, ground)
            house.import_hashset(written.known, name="known", kind=HashSetKind.KNOWN_ILLEGAL)
            made = monotonic()
            taken = house.import_reports([written.inbox], case="words")
            assert taken["new"] == count, taken
            imported = monotonic()
            house.rank_reports(top=1, case="words")
            ranked = monotonic()
            house.import_reports([written.inbox], case="structure")
            values = {**_values(house, "words"), **_values(house, "structure")}
            found = house.evaluate_reports(written.labels, case="words")
        done = Run(seed, _placed(truth, values))
        done.verb_recall = [one["recall"] for one in found["top"]]
        done.seconds = {"make": made - started, "import": imported - made, "rank": ranked - imported}
    return done


def _values(house: Workspace, case: str) -> dict[str, dict[str, float]]:
    """By order: what each report is ranked by, by its number."""

    def look(self: Workspace, permit: Permit, *, case: str | None = None) -> dict[str, dict[str, float]]:
        desk = Desk(self, permit)
        ranked = desk.ranked(silent)
        numbers = np.flatnonzero(ranked.current).tolist()
        names = {number: report.report_id for number, report in desk.store.reports(ranked.segments, numbers)}

        def by_name(values: Any) -> dict[str, float]:
            return {names[number]: float(values[number]) for number in numbers}

        if permit.allows(Capability.TEXT_ANALYSIS):
            return {"all evidence": by_name(ranked.log_odds), "text alone": by_name(_words(ranked))}
        return {"structure and links": by_name(ranked.log_odds), "structure alone": by_name(_own(ranked))}

    found: dict[str, dict[str, float]] = verb("bench", needs=Capability.REPORT_TRIAGE, long=True)(look)(
        house, case=case
    )
    return found


def _words(ranked: Ranked) -> Any:
    """What the words add, with the ages and times that they tell."""
    made = ranked.text_part.astype(np.float64)
    for code in TOLD:
        made += ranked.dynamic[code] * (ranked.table.terms[code].weight / 255)
    return made


def _own(ranked: Ranked) -> Any:
    """The sum without what follows from other reports."""
    made = ranked.log_odds.astype(np.float64)
    for code in _OF_LINKS:
        made -= ranked.dynamic[code] * (ranked.table.terms[code].weight / 255)
    return made


def _placed(truth: dict[str, Made], values: dict[str, dict[str, float]]) -> list[Placed]:
    names = sorted(truth)
    at: dict[str, Floats] = {}
    for order in ORDERS:
        value = np.array([values[order][name] for name in names])
        # Ties share the middle of their places: an order that cannot tell reports apart gains nothing by their names.
        sort = np.sort(-value)
        at[order] = (
            (np.searchsorted(sort, -value) + np.searchsorted(sort, -value, "right") - 1) / 2 / len(names)
        )
    return [
        Placed(
            truth[name],
            {order: float(at[order][number]) for order in ORDERS},
            values["all evidence"][name],
            values["text alone"][name],
        )
        for number, name in enumerate(names)
    ]


def wilson(found: int, of: int) -> str:
    """A share with Wilson's 95 % interval."""
    if not of:
        return "–"
    z, share = 1.96, found / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{share:.2f} [{max(0.0, middle - half):.2f}–{min(1.0, middle + half):.2f}] ({found} of {of})"


def _within(some: Sequence[Placed], order: str, share: float) -> int:
    return sum(one.at[order] < share for one in some)


def print_recall(runs: Sequence[Run]) -> None:
    """The mean over seeds, for each order."""
    print("\nrecall of reports with a child in danger, mean over seeds (lowest–highest)")
    print(f"{'':22}" + "".join(f"{f'top {share:.0%}':>18}" for share in SHARES))
    for order in ORDERS:
        cells = []
        for share in SHARES:
            of_seeds = [_within(one.positives, order, share) / len(one.positives) for one in runs]
            cells.append(f"{sum(of_seeds) / len(of_seeds):.3f} ({min(of_seeds):.2f}–{max(of_seeds):.2f})")
        print(f"{order:22}" + "".join(f"{cell:>18}" for cell in cells))
    verb_ = [sum(one.verb_recall[n] for one in runs) / len(runs) for n in range(len(SHARES))]
    print(f"{'as reports evaluate':22}" + "".join(f"{one:>18.3f}" for one in verb_))
    told = [[one for one in run.positives if one.made.why == "text"] for run in runs]
    cells = [
        sum(_within(one, "text alone", share) / len(one) for one in told) / len(told) for share in SHARES
    ]
    print(f"{'text alone, if told':22}" + "".join(f"{one:>18.3f}" for one in cells))


def print_groups(runs: Sequence[Run], what: str) -> None:
    """Recall in the first 5 % by a property of the truth, pooled."""
    print(f"\nby {what}, top 5 %, pooled over {len(runs)} seeds: all evidence | text alone")
    groups: dict[str, list[Placed]] = {}
    for run in runs:
        for one in run.positives:
            groups.setdefault(str(getattr(one.made, what)), []).append(one)
    for name, some in sorted(groups.items()):
        both = [wilson(_within(some, order, 0.05), len(some)) for order in ("all evidence", "text alone")]
        print(f"  {name:18}{both[0]:38}{both[1]}")


def print_decoys(runs: Sequence[Run]) -> None:
    """How many of the others sound like a danger, and how many of those stand in the first 5 %."""
    others = [one for run in runs for one in run.placed if not one.made.in_danger]
    decoys = [one for one in others if one.made.situation in DECOYS]
    print(f"\ndecoys: {len(decoys) / len(others):.1%} of the others; in the first 5 % by all evidence:")
    for code in DECOYS:
        some = [one for one in decoys if one.made.situation == code]
        print(f"  {code:18}{_within(some, 'all evidence', 0.05) / max(1, len(some)):.1%} of {len(some)}")
    rest = [one for one in others if one.made.situation not in DECOYS]
    print(f"  {'all others':18}{_within(rest, 'all evidence', 0.05) / len(rest):.1%} of {len(rest)}")


def print_misses(runs: Sequence[Run], most: int = 10) -> None:
    """The reports in danger that stand last, with why."""
    missed = [(run.seed, one) for run in runs for one in run.positives]
    missed.sort(key=lambda pair: -pair[1].at["all evidence"])
    print(f"\nthe {most} worst misses (of {len(missed)})")
    for seed, one in missed[:most]:
        made = one.made
        said = " ".join(free_texts(made.report))
        print(
            f"  seed {seed} {made.report.report_id}: at {one.at['all evidence']:.1%}, log-odds {one.log_odds:+.2f} "
            f"(words {one.text_part:+.2f}); {made.language}, {made.situation}, {made.why}, {made.report.format}"
        )
        print(f"    {said[:300]}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reports", type=int, default=4_000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--languages", action="store_true", help="go on until each language has enough")
    parser.add_argument(
        "--each", type=int, default=30, help="so many told reports in danger for each language"
    )
    parser.add_argument("--wording", choices=("test", "training"), default="test")
    wanted = parser.parse_args()
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    runs = []
    for seed in range(wanted.first, wanted.first + wanted.seeds):
        runs.append(run(seed, wanted.reports, wanted.wording, None, until))
        times = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in runs[-1].seconds.items())
        print(
            f"seed {seed}: {len(runs[-1].placed):,} reports, {len(runs[-1].positives)} in danger; {times}",
            flush=True,
        )
    print_recall(runs)
    print_groups(runs, "why")
    print_groups(runs, "language")
    print_decoys(runs)
    print_misses(runs)
    if wanted.languages:
        print_languages(wanted, until)


def print_languages(wanted: argparse.Namespace, until: datetime) -> None:
    """Recall for each language on reports in which all are spoken evenly, the ones that are not read among them."""
    spoken = sorted(sentences(wanted.wording), key=lambda code: (code not in HELD, code))
    runs: list[Run] = []
    while not runs or min(_told(runs, code) for code in spoken if code in HELD) < wanted.each:
        seed = 100 + len(runs)
        runs.append(run(seed, wanted.reports, wanted.wording, spoken, until))
        print(f"even seed {seed}: {len(runs[-1].positives)} in danger", flush=True)
    print_recall(runs)
    print_groups(runs, "language")
    print_decoys(runs)
    print_misses(runs, 20)


def _told(runs: Sequence[Run], language: str) -> int:
    return sum(
        one.made.why == "text" and one.made.language == language for run in runs for one in run.positives
    )


if __name__ == "__main__":
    main()
