"""PDQ of JPEGs as `screen` computes it, against Pillow's full RGB decode and `pdqhash`, on the same files.

    python bench/pdq_jpeg.py --count 120

Both sides take encoded bytes and run one after the other on one core, file by file; each side sees each file twice
and the better time counts. Ours is the whole way of a file that is only hashed: by `open_media` (markers walked,
EXIF orientation read, luma decoded) to the hash, its mirrored forms and the border; the reference gives the hash alone.

Pictures: the public photographs in ../shared/data/{pdq,faces}, cropped, lit, brought to the sizes of cameras, phones
and messengers, with the grain of a sensor, in qualities 75 to 95, a third of them progressive. Grain matters: without
it an enlarged photograph has little to decode, and the ratio rises. `12 MP` are those of 4000 × 3000 pixels.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import pdqhash
from PIL import Image, ImageEnhance

from safelight.media.open import open_media, prepare
from safelight.signals import pdq

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SIZES = ((4000, 3000), (1600, 1200), (3264, 2448), (2048, 1536), (1280, 960), (1024, 768), (640, 480))
RELIABLE = 50


@dataclass(frozen=True, slots=True)
class Sample:
    """One encoded picture."""

    data: bytes
    size: tuple[int, int]
    progressive: bool


def main() -> None:
    """Make the pictures, hash them both ways, print ratios and distances."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=120, help="how many pictures (120)")
    parser.add_argument(
        "--grain", type=float, default=4.0, help="the most noise, in units of brightness (4.0)"
    )
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    prepare()
    pdq.PdqSignal().prepare()
    plain_before = pdq.plain_pdq
    taken = {"plain": 0}

    def counted(rgb: np.ndarray) -> tuple[bytes, int]:
        taken["plain"] += 1
        return plain_before(rgb)

    pdq.plain_pdq = counted
    rows = []
    for sample in samples(options.count, options.grain, options.seed):
        taken["plain"] = 0
        ours, (code, quality) = timed(lambda one=sample.data: hashed(one))
        plain = taken["plain"] > 0
        theirs, (reference, reference_quality) = timed(lambda one=sample.data: referenced(one))
        bits = (int.from_bytes(code, "big") ^ int.from_bytes(reference, "big")).bit_count()
        rows.append((sample, ours, theirs, bits, min(quality, reference_quality), plain))
    print(f"{len(rows)} pictures, grain up to {options.grain:g}, seed {options.seed}, one core")
    print(f"{'':<28}{'files':>6}{'reference':>11}{'ours':>9}{'ratio':>8}{'plain way':>11}")
    groups: tuple[tuple[str, Callable[[Sample], bool]], ...] = (
        ("mixed", lambda one: True),
        ("  baseline", lambda one: not one.progressive),
        ("  progressive", lambda one: one.progressive),
        ("12 MP", lambda one: max(one.size) == 4000),
        ("  baseline, 12 MP", lambda one: max(one.size) == 4000 and not one.progressive),
        ("  progressive, 12 MP", lambda one: max(one.size) == 4000 and one.progressive),
        ("below 1.5 MP", lambda one: max(one.size) < 1600),
    )
    for title, wanted in groups:
        some = [row for row in rows if wanted(row[0])]
        if some:
            mine, other = sum(row[1] for row in some), sum(row[2] for row in some)
            share = sum(row[5] for row in some) / len(some)
            print(
                f"{title:<28}{len(some):>6}{1000 * other / len(some):>8.1f} ms{1000 * mine / len(some):>6.1f} ms"
                f"{other / mine:>7.1f}×{share:>11.1%}"
            )
    reliable = np.array([row[3] for row in rows if row[4] >= RELIABLE])
    print(
        f"distance to the reference, {len(reliable)} of quality 50 and more: mean {reliable.mean():.2f}, "
        f"p99 {np.percentile(reliable, 99):.1f}, most {reliable.max()} bits   (goal: 1, 4, 8)"
    )
    print("goal: mixed 9 ×, 12 MP 14 ×")


def hashed(data: bytes) -> tuple[bytes, int]:
    """As `screen` does it."""
    whole, _ = pdq.picture_hashes(open_media(data, sketch="grey").pictures[0])
    return whole.hash, whole.quality


def referenced(data: bytes) -> tuple[bytes, int]:
    """The usual way."""
    bits, quality = pdqhash.compute(np.asarray(Image.open(BytesIO(data)).convert("RGB")))
    return np.packbits(bits).tobytes(), quality


def timed(call: Callable[[], tuple[bytes, int]]) -> tuple[float, tuple[bytes, int]]:
    """The better of two runs, in seconds of CPU time, and what it gave."""
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        found = call()
        best = min(best, time.process_time() - start)
    return best, found


def samples(count: int, grain: float, seed: int) -> Iterator[Sample]:
    """Photographs, varied; the same for the same seed."""
    sources = sorted((DATA / "faces").rglob("*.jp*g")) + sorted((DATA / "pdq").glob("*-orig.jpg"))
    if not sources:
        sys.exit("../shared/data/{faces,pdq} is needed")
    rng = np.random.default_rng(seed)
    for number in range(count):
        size = SIZES[number % len(SIZES)]
        if number % 4 == 3:
            size = (size[1], size[0])
        with Image.open(sources[number % len(sources)]) as opened:
            image = opened.convert("RGB")
        edges = rng.uniform(0, 0.08, 4) * (image.width, image.height, image.width, image.height)
        box = (edges[0], edges[1], image.width - edges[2], image.height - edges[3])
        image = ImageEnhance.Brightness(image).enhance(float(rng.uniform(0.7, 1.3)))
        image = image.resize(size, Image.Resampling.BICUBIC, box=tuple(box))
        noise = rng.standard_normal((size[1], size[0], 1), np.float32) * np.float32(rng.uniform(0, grain))
        image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
        progressive = number % 3 == 2
        made = BytesIO()
        image.save(made, "JPEG", quality=int(rng.integers(75, 96)), progressive=progressive)
        yield Sample(made.getvalue(), size, progressive)


if __name__ == "__main__":
    main()
