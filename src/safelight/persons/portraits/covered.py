"""Does something cover the eyes, the mouth and nose, or one side of a face? Log-odds for each, from its upright chip.

The chip is laid out in 7 rows of 3 pairs of cells, mirror images of each other. Four measures are taken of each cell:
its light and its detail against the whole face, its grain (do lines run along the brows and lips, or down?) and how
far its colour is from that of the middle. For eyes and mouth the mean of a pair counts, for a side the difference
within it. What each says stands in `covered.tsv`; the sum is above nought where a cover is likelier than none.

Measured (`bench/persons_covers.py`) on 16 photographs of 5 public adults, with covers of cloth, hair, skin, glass and
parts of other photographs painted on them; each person judged by weights that were fitted without them (cells chosen
anew each time):

| what was painted | seen |
| --- | --- |
| dark glasses, bars and other things over the eyes | 88 % of 191 (glasses 98 %, things of any colour 72 %) |
| masks, hands, scarves and other things over mouth and nose | 91 % of 256 |
| hair, scarves and other things over one side | 92 % of 186 |
| nothing, clear glasses, beards, fringes, hats, other light, small, JPEG 20 | taken for covered: none of 656 |

Of a *kind* of cover that it was not fitted on (left out in turn) it saw 33 % (scarves under the nose) to 91 % (hair).
Real covers were not measured, and five people are few: it advises a person, and keeps nobody out.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safelight.media.protocol import Pixels

PARTS = ("eyes", "mouth", "side")
_MEASURES = ("light", "detail", "grain", "colour")
_SIDE = 75
"""Pixels of the chip's sides that are looked at: finer detail depends on how sharp a photograph is."""
_TOP, _BOTTOM, _ROW = 10, 66, 8
_LEFT, _MIDDLE, _RIGHT = 11, 37, 64
_COLUMNS = (0, 9, 18, 26, 34, 43)
"""Where cells begin, from `_LEFT` on, the column in the middle left out."""
_CHEEKS = slice(20, 55)
_SIGNS, _COLOURS = 0.5, 6.0
"""Grey values and steps of colour that say nothing."""


def covered(chip: Pixels) -> tuple[float, float, float]:
    """Log-odds that the eyes, the mouth and nose, one side of the face in `(150, 150, 3) uint8` are covered."""
    mean, apart = measures(chip)
    weights, bias = _weights()
    eyes, mouth, side = (weights @ np.stack([mean, mean, apart], axis=1)).diagonal() + bias
    return float(eyes), float(mouth), float(side)


def measures(chip: Pixels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of 7 rows, 3 pairs from the outside in and 4 measures each: the mean of a pair, the difference within it."""
    cells = _cells(chip)
    left, right = cells[:, :3], cells[:, :2:-1]
    return ((left + right) / 2).ravel(), np.abs(left - right).ravel()


@cache
def _weights() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`(3, 7 * 3 * 4)` in the order of `PARTS` and of cells, and `(3,)`."""
    weights, bias = np.zeros((3, 7, 3, len(_MEASURES))), np.zeros(3)
    for line in files(__package__).joinpath("covered.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith(("#", "part\t")):
            continue
        part, row, pair, measure, weight = line.split("\t")
        if measure == "bias":
            bias[PARTS.index(part)] = float(weight)
        else:
            weights[PARTS.index(part), int(row) - 1, int(pair) - 1, _MEASURES.index(measure)] = float(weight)
    return weights.reshape(3, -1), bias


def _cells(chip: Pixels) -> NDArray[np.float64]:
    """`(7, 6, 4)`: the measures of each cell, rows from the top, cells from the left."""
    image = Image.fromarray(chip).convert("YCbCr").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    luma, blue, red = np.asarray(image, np.float64).transpose(2, 0, 1)
    face = luma[_TOP:_BOTTOM, _LEFT:_RIGHT]
    middle = (slice(_TOP, _BOTTOM), _CHEEKS)
    colour = np.hypot(blue - np.median(blue[middle]), red - np.median(red[middle]))
    down, across = (np.abs(slope) for slope in np.gradient(luma))
    means = _means(np.stack([luma, luma**2, across, down, colour]))
    spread = float(face.std()) + 3
    deviation = np.sqrt(np.maximum(means[1] - means[0] ** 2, 0))
    return np.stack(
        [
            (means[0] - face.mean()) / spread,
            np.log((deviation + 1) / spread),
            np.log((means[3] + _SIGNS) / (means[2] + _SIGNS)),
            np.log1p(means[4] / _COLOURS),
        ],
        axis=-1,
    )


def _means(planes: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(n, 75, 75)` to `(n, 7, 6)`: the mean over each cell."""
    inner = np.delete(planes[:, _TOP:_BOTTOM, _LEFT:_RIGHT], _MIDDLE - _LEFT, axis=2)
    rows = inner.reshape(len(planes), -1, _ROW, inner.shape[2]).mean(axis=2)
    widths = np.diff((*_COLUMNS, inner.shape[2]))
    made: NDArray[np.float64] = np.add.reduceat(rows, _COLUMNS, axis=2) / widths
    return made
