"""Several photographs of a person: which weights, fused or best single score, and how many strangers are caught.

    python bench/persons_fuse.py

A simulation with drawn templates (`persons_search.Drawn`), because no photographs of enough people are at hand: scores
of strangers and of one person's photographs are spread as measured on adults, and the noise of a photograph grows as
its quality falls, by three laws (`persons_enrol.py` measures about one over quality). Quality is even between 0.2 and
1, the probe's too. The share of people who come first among 4,000, for the ways in which a person's photographs may be
used; then photographs put into the wrong album.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from persons_search import SAME, Drawn
from safelight.persons.compare.fuse import fuse

PEOPLE = 4000
Floats = NDArray[np.float32]
LAWS: dict[str, Callable[[Floats], Floats]] = {
    "the same for all": lambda quality: np.ones_like(quality),
    "one over quality": lambda quality: 1 / quality,
    "one over its square": lambda quality: 1 / quality**2,
}


def main() -> None:
    """Print the two tables."""
    print(f"the right one first among {PEOPLE:,}")
    names = ("fused", "unweighted", "squared", "best score", "best photo")
    print(f"{'noise':22}{'photos':>8}" + "".join(f"{name:>12}" for name in names))
    for law in LAWS:
        for photographs in (2, 3, 5):
            shares = first_places(law, photographs)
            print(f"{law:22}{photographs:8}" + "".join(f"{shares[name]:12.3f}" for name in names))
    for law in ("the same for all", "one over quality"):
        changing(law)
    for law in ("the same for all", "one over quality"):
        for photographs in (2, 3, 5):
            wrong_album(law, photographs)


def first_places(law: str, photographs: int) -> dict[str, float]:
    """The share of probes whose person comes first, by how the person's photographs are used."""
    drawn = Drawn(photographs)
    natures = drawn.natures(PEOPLE)
    albums, quality = _albums(drawn, [natures] * photographs, law)
    probes, _ = _albums(drawn, [natures], law)
    return _compared(albums, quality, probes[:, 0])


def changing(law: str) -> None:
    """The same for faces that change: three photographs, each time a part of what is a person's own is new."""
    for share in (0.13, 0.32):
        drawn = Drawn(3)
        natures = [drawn.natures(PEOPLE)]
        for _ in range(3):
            natures.append(natures[-1] * np.sqrt(1 - share) + drawn.natures(PEOPLE) * np.sqrt(share))
        albums, quality = _albums(drawn, natures[:3], law)
        probes, _ = _albums(drawn, natures[3:], law)
        shares = _compared(albums, quality, probes[:, 0])
        print(
            f"{share:.0%} of the face new each time, noise {law}: "
            + str({k: round(v, 3) for k, v in shares.items()})
        )


def wrong_album(law: str, photographs: int) -> None:
    """One photograph in ten albums is of the next person: how many are reported, and how many right ones are."""
    drawn = Drawn(photographs + 10)
    natures = drawn.natures(PEOPLE)
    albums, quality = _albums(drawn, [natures] * photographs, law)
    wrong = np.zeros((PEOPLE, photographs), np.bool_)
    wrong[::10, 0] = True
    albums[::10, 0] = albums[1::10, 0]
    person = np.repeat(np.arange(PEOPLE), photographs)
    made = fuse(albums.reshape(-1, albums.shape[2]), quality.reshape(-1), person)
    left = ~made.used.reshape(wrong.shape)
    touched = left.any(axis=1)
    print(
        f"{photographs} photographs, noise {law}: {touched[::10].mean():.1%} of the albums with a stranger reported"
        f" ({left[wrong].mean():.1%} leave out the stranger), and"
        f" {touched[~wrong.any(axis=1)].mean():.2%} of the others"
    )


def _albums(drawn: Drawn, natures: list[Floats], law: str) -> tuple[Floats, Floats]:
    """`(people, photographs, d)` templates and `(people, photographs)` qualities."""
    rng = np.random.default_rng(len(natures))
    quality = rng.uniform(0.2, 1, (PEOPLE, len(natures))).astype(np.float32)
    noise = (1 - SAME) * LAWS[law](quality)
    return np.stack([drawn.photographs(one, noise[:, at]) for at, one in enumerate(natures)], axis=1), quality


def _compared(albums: Floats, quality: Floats, probes: Floats) -> dict[str, float]:
    single = [probes @ albums[:, at].T for at in range(albums.shape[1])]
    best = albums[np.arange(len(albums)), quality.argmax(axis=1)]
    person = np.repeat(np.arange(len(albums)), albums.shape[1])
    rows = albums.reshape(-1, albums.shape[2])
    scores = {
        name: probes @ fuse(rows, (quality**power).reshape(-1), person, apart=-1.0).people.T
        for name, power in (("fused", 1), ("unweighted", 0), ("squared", 2))
    }
    scores |= {"best score": np.maximum.reduce(single), "best photo": probes @ best.T}
    own = np.arange(len(probes))
    return {name: float((table.argmax(axis=1) == own).mean()) for name, table in scores.items()}


if __name__ == "__main__":
    main()
