"""Covered faces: how often `persons/portraits/covered.py` sees a cover, and takes a bare face for a covered one.

    python bench/persons_covers.py [FOLDER]          # ../shared/data/faces: photographs, a folder a person
    python bench/persons_covers.py [FOLDER] --write  # and fit the weights anew, on all, into covered.tsv

Covers (glasses, bars, masks, hands, hair, scarves, things of any cloth or cut from other photographs) and what is no
cover (clear glasses, beards, fringes, hats, light, size, JPEG) are painted on real photographs of adults, seeds fixed.
Each person is judged by weights that were fitted without them, cells chosen anew each time; each kind of cover once
more by weights that were fitted without that kind. A face that is turned far away (of its eyes one hidden) is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from face_covers import BARE, COVERS, DAMAGE, KINDS, Rgb, damaged, faces, painted
from safelight.media.open import open_media
from safelight.persons.portraits import covered, find
from safelight.reports.reading.fit import binary

FACES = Path(__file__).parents[2] / "shared" / "data" / "faces"
KEPT, RIDGE, TIMES = 24, 10.0, 4
"""Weights a part, the penalty on them, paintings of each kind a photograph."""


def chip(data: bytes) -> Rgb | None:
    """Of the face in the middle, as it is enrolled."""
    found = find.portrait_faces(open_media(data).pictures[0])
    middle = [
        abs(one.box[0] + one.box[2] / 2 - 0.5) + abs(one.box[1] + one.box[3] / 2 - 0.5) for one in found
    ]
    return found[int(np.argmin(middle))].within.chips.template if found else None


def model(values: Rgb, truth: Rgb, weight: Rgb) -> Rgb:
    """Weights of all columns and the constant: `KEPT` of them are not nought, those that stay largest as others go."""
    kept = np.arange(values.shape[1])
    while True:
        some = values[:, kept]
        mean, spread = some.mean(0), some.std(0) + 1e-3
        rows = np.c_[(some - mean) / spread, np.ones(len(some))]
        found = binary(rows, truth, weight, RIDGE, curvature=1e-5).astype(np.float64)
        if len(kept) <= KEPT:
            break
        order = np.argsort(-np.abs(found[:-1]))
        kept = np.sort(kept[order[: max(KEPT, int(0.8 * len(kept)))]])
    made = np.zeros(values.shape[1] + 1)
    made[kept] = found[:-1] / spread
    made[-1] = found[-1] - (found[:-1] * mean / spread).sum()
    return made


def odds(weights: Rgb, values: Rgb) -> Rgb:
    """Of each row, above nought where a cover is likelier than none."""
    return values @ weights[:-1] + weights[-1]


def main() -> None:
    """Paint, look, fit with each person left out, and print what was seen."""
    folder = next((Path(one) for one in sys.argv[1:] if not one.startswith("-")), FACES)
    several = list(faces(folder))
    jobs = [(one, "bare", damaged(one.rgb, how)) for one in several for how in DAMAGE]
    for one in several:
        for kind in (*BARE, *COVERS):
            for seed in range(TIMES):
                how = ("whole", "whole", "grey", "jpeg 20", "80 px")[(seed * 7 + len(kind)) % 5]
                jobs.append((one, kind, damaged(painted(one, kind, seed, several), how)))
    seen = [(one.who, kind, found) for one, kind, data in jobs if (found := chip(data)) is not None]
    who, kinds = (np.array([one[k] for one in seen]) for k in range(2))
    mean, apart = (np.array(some) for some in zip(*(covered.measures(one[2]) for one in seen), strict=True))
    bare = ~np.isin(kinds, COVERS)
    weight = np.where(bare, 2.0, 1.0)
    people = sorted(set(who))
    print(
        f"{len(several)} photographs of {len(people)} people; a face was found in {len(seen)} of {len(jobs)} paintings."
    )
    table = []
    for part in covered.PARTS:
        values, truth = apart if part == "side" else mean, np.isin(kinds, KINDS[part])

        def left_out(used: Rgb, values: Rgb = values, truth: Rgb = truth) -> Rgb:
            made = np.zeros(len(seen))
            for person in people:
                rows = (who != person) & used
                made[who == person] = odds(
                    model(values[rows], truth[rows], weight[rows]), values[who == person]
                )
            return made

        said = left_out(np.ones(len(seen), bool))
        shares = {kind: float(np.mean(said[kinds == kind] > 0)) for kind in ("bare", *BARE, *KINDS[part])}
        found, wrong = np.mean(said[truth] > 0), np.mean(said[bare] > 0)
        print(
            f"{part}: seen {found:.1%} of {truth.sum()}; taken for it {wrong:.2%} of {bare.sum()} bare ones"
        )
        for kind in KINDS[part]:
            without = np.mean(left_out(kinds != kind)[kinds == kind] > 0)
            print(f"  {kind:12} {shares[kind]:6.1%}   fitted without this kind {without:6.1%}")
        mistaken = [f"{kind} {shares[kind]:.1%}" for kind in ("bare", *BARE) if shares[kind]]
        print("  taken for it:", ", ".join(mistaken) or "none")
        table += rows_of(part, model(values, truth, weight))
    if "--write" in sys.argv:
        file = Path(covered.__file__).with_name("covered.tsv")
        head = [
            line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith(("#", "part\t"))
        ]
        file.write_text("\n".join([*head, *table]) + "\n", encoding="utf-8")


def rows_of(part: str, weights: Rgb) -> Iterator[str]:
    """Lines of `covered.tsv`."""
    yield f"{part}\t-\t-\tbias\t{weights[-1]:.3f}"
    for at in np.flatnonzero(weights[:-1]):
        row, pair, measure = at // 12 + 1, at // 4 % 3 + 1, covered._MEASURES[at % 4]
        yield f"{part}\t{row}\t{pair}\t{measure}\t{weights[at]:.3f}"


if __name__ == "__main__":
    main()
